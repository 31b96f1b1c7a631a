import { delay } from "@std/async/delay";
import { MatrixConnectionError, MatrixRequestError } from "../../http/errors/base.ts";
import { MMissingToken, MUnknownToken, MUserDeactivated } from "../../http/errors/codes.ts";
import { type FullRetryPolicy, isDenied, type RetryPolicy } from "../../http/retry.ts";
import { isRenewalFailure } from "../session/session.ts";

/** Growth of the waits between attempts. The words are those of `retry()` in `@std/async`. */
export interface Backoff extends Pick<RetryPolicy, "multiplier"> {
  /**
   * The wait after the first failure, in milliseconds.
   *
   * @default {1000}
   */
  minTimeout?: number | undefined;
  /**
   * The longest wait, in milliseconds.
   *
   * @default {60000}
   */
  maxTimeout?: number | undefined;
  /**
   * The share of a wait that is random, from 0 to 1.
   *
   * @default {0.5}
   */
  jitter?: number | undefined;
}

/** The default backoff. The jitter is 0.5 so that a wait is never close to zero. */
export const BACKOFF: FullRetryPolicy = {
  limit: Infinity,
  minTimeout: 1_000,
  maxTimeout: 60_000,
  multiplier: 2,
  jitter: 0.5,
  maxRetryAfter: Infinity,
};

/**
 * Classifies a failed request of a sync:
 *
 * - `final`: no later request can succeed;
 * - `refused`: the homeserver rejects this request, and will reject it again;
 * - `passing`: the next attempt may succeed;
 * - `wrong`: the request was never sent, because an argument is invalid.
 */
export type Fault = "final" | "refused" | "passing" | "wrong";

/** Statuses in the 4xx range after which a retry can succeed: request timeout, too many requests. */
const PASSING_REFUSALS: readonly number[] = [408, 429];

/** Statuses that say that the homeserver cannot be reached right now. */
const UNREACHABLE: readonly number[] = [429, 502, 503, 504];

/** Error codes that are definite although they come with the status of a gateway. */
const DEFINITE: readonly unknown[] = ["M_TOO_LARGE", "M_NOT_YET_UPLOADED"];

/** Upper bound in milliseconds for a wait that the server asks for, in case it is wrong by orders of magnitude. */
const LONGEST_WAIT = 3_600_000;

/** Consecutive failures after which a very short `Retry-After` is raised to our own backoff. */
const TRUSTED = 10;

/** Returns what a failed request means for a sync. */
export function faultOf(error: unknown): Fault {
  if (sessionError(error) !== undefined || isDenied(error)) return "final";
  if (isRenewalFailure(error)) return "passing";
  if (error instanceof MatrixRequestError) {
    const { status, errcode } = error;
    const refused = status >= 400 && status < 500 && !PASSING_REFUSALS.includes(status);
    return refused && errcode !== "M_LIMIT_EXCEEDED" ? "refused" : "passing";
  }
  const wrong = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return wrong ? "wrong" : "passing";
}

/** Returns the one of an error and its causes that says that the access token or the account is no longer valid. */
export function sessionError(error: unknown): Error | undefined {
  return findCause(
    error,
    (cause) =>
      cause instanceof MUnknownToken || cause instanceof MMissingToken || cause instanceof MUserDeactivated,
  ) as Error | undefined;
}

/** Whether an error, or one of its causes, says that the homeserver cannot be reached right now. */
export function isOutage(error: unknown): boolean {
  return findCause(error, (cause) => {
    if (isRenewalFailure(cause)) return true;
    if (cause instanceof MatrixConnectionError) return !isDenied(cause);
    if (!(cause instanceof MatrixRequestError) || DEFINITE.includes(cause.errcode)) return false;
    return UNREACHABLE.includes(cause.status) || cause.errcode === "M_LIMIT_EXCEEDED";
  }) !== undefined;
}

/**
 * Whether an error is the consequence of an abort.
 *
 * @param error The error.
 * @param reason The reason of the abort.
 */
export function isAbort(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  return findCause(
    error,
    (cause) => cause === reason || (cause as { name?: unknown }).name === "AbortError",
  ) !==
    undefined;
}

/** Returns the first of an error and its causes that fits. */
function findCause(error: unknown, fits: (cause: object) => boolean): object | undefined {
  const seen = new Set<unknown>();
  let cause = error;
  while (typeof cause === "object" && cause !== null && !seen.has(cause)) {
    if (fits(cause)) return cause;
    seen.add(cause);
    cause = (cause as { cause?: unknown }).cause;
  }
  return undefined;
}

/**
 * Returns the wait before the next attempt in milliseconds: what the server asks for, else an exponential backoff with
 * jitter, as `retry()` of `@std/async` has it.
 *
 * @param error What the last attempt failed with.
 * @param backoff How waits grow.
 * @param failures The number of consecutive failures, from 1.
 */
export function waitAfter(error: unknown, backoff: FullRetryPolicy, failures: number): number {
  const asked = error instanceof MatrixRequestError ? error.retryAfter : undefined;
  if (asked === undefined) return backoffWait(backoff, failures);
  const least = failures > TRUSTED ? backoffWait(backoff, failures - TRUSTED) : 0;
  return Math.max(least, Math.min(asked, LONGEST_WAIT));
}

function backoffWait(backoff: FullRetryPolicy, failures: number): number {
  const { minTimeout, maxTimeout, multiplier, jitter } = backoff;
  const whole = minTimeout === 0 ? 0 : Math.min(maxTimeout, minTimeout * multiplier ** (failures - 1));
  return Math.round(whole * (1 - jitter * Math.random()));
}

/**
 * Attempts something until it succeeds.
 *
 * @param attempt Makes one attempt.
 * @param next Returns the wait before the next attempt in milliseconds, or `undefined` to stop. It may throw.
 * @param signal Ends a wait.
 * @returns The result of the first attempt that succeeds.
 * @throws The last attempt's error, what `next` throws, or the signal's reason.
 */
export async function retry<T>(
  attempt: () => T | PromiseLike<T>,
  next: (error: unknown, failures: number) => number | undefined,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 1;; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const wait = next(error, failures);
      if (wait === undefined) throw error;
      await delay(wait, { signal });
    }
  }
}
