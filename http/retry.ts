import { delay } from "@std/async/delay";
import { retry, RetryError } from "@std/async/retry";
import type { StatusCode } from "@std/http/status";
import { MatrixConnectionError, MatrixRequestError } from "./errors/base.ts";
import { isJsonObject } from "./json_object.ts";

/** What is tried again, how often and when. The words are those of `retry()` in `@std/async`. */
export interface RetryPolicy {
  /**
   * How many times to try after the first attempt; `Infinity` for ever.
   *
   * @default {4}
   */
  limit?: number | undefined;
  /**
   * The backoff before the second attempt, in milliseconds.
   *
   * @default {500}
   */
  minTimeout?: number | undefined;
  /**
   * The longest backoff, in milliseconds.
   *
   * @default {30000}
   */
  maxTimeout?: number | undefined;
  /**
   * What the backoff is multiplied by from attempt to attempt.
   *
   * @default {2}
   */
  multiplier?: number | undefined;
  /**
   * How much of the backoff is random, from 0 to 1.
   *
   * @default {1}
   */
  jitter?: number | undefined;
  /**
   * The longest wait that a server may ask for, in milliseconds. If it asks for more, the error is thrown at once.
   *
   * @default {60000}
   */
  maxRetryAfter?: number | undefined;
  /**
   * Decides which errors are tried again, in place of the default: 429 for any method; lost connections, time-outs
   * and 502, 503 and 504 where sending twice is safe.
   */
  isRetriable?: ((error: unknown) => boolean) | undefined;
}

/** A policy in which everything but `isRetriable` is set. */
export type FullRetryPolicy = Required<Omit<RetryPolicy, "isRetriable">> & Pick<RetryPolicy, "isRetriable">;

const DEFAULT: FullRetryPolicy = {
  limit: 4,
  minTimeout: 500,
  maxTimeout: 30_000,
  multiplier: 2,
  jitter: 1,
  maxRetryAfter: 60_000,
};

/**
 * Merges a policy over another and checks it.
 *
 * @throws {RangeError} If a number is out of its range.
 */
export function mergePolicy(
  policy: RetryPolicy | null | undefined,
  base: FullRetryPolicy = DEFAULT,
): FullRetryPolicy {
  if (policy === undefined || policy === null) return base;
  const given: RetryPolicy = policy;
  if (!isJsonObject(policy)) throw new TypeError("Cannot use the retry policy: it must be an object");
  const merged: FullRetryPolicy = {
    limit: given.limit ?? base.limit,
    minTimeout: given.minTimeout ?? base.minTimeout,
    maxTimeout: given.maxTimeout ?? base.maxTimeout,
    multiplier: given.multiplier ?? base.multiplier,
    jitter: given.jitter ?? base.jitter,
    maxRetryAfter: given.maxRetryAfter ?? base.maxRetryAfter,
    isRetriable: given.isRetriable ?? base.isRetriable,
  };
  const { limit } = merged;
  check(
    "limit",
    limit === Infinity || Number.isInteger(limit) ? limit : NaN,
    0,
    Infinity,
    "a whole number from 0",
  );
  check("minTimeout", merged.minTimeout, 0, Number.MAX_VALUE, "0 ms or more");
  check("maxTimeout", merged.maxTimeout, 0, Infinity, "0 ms or more");
  check("multiplier", merged.multiplier, 1, Number.MAX_VALUE, "1 or more");
  check("jitter", merged.jitter, 0, 1, "from 0 to 1");
  check("maxRetryAfter", merged.maxRetryAfter, 0, Infinity, "0 ms or more");
  if (merged.isRetriable !== undefined && typeof merged.isRetriable !== "function") {
    throw new TypeError("Cannot use the retry policy: isRetriable must be a function");
  }
  if (merged.minTimeout > merged.maxTimeout) {
    if (given.minTimeout !== undefined && given.maxTimeout !== undefined) {
      throw new RangeError("Cannot use the retry policy: minTimeout must not be greater than maxTimeout");
    }
    // Only one of the two was given: the other is a default that has to make room.
    if (given.minTimeout === undefined) merged.minTimeout = merged.maxTimeout;
    else merged.maxTimeout = merged.minTimeout;
  }
  return merged;
}

function check(name: string, value: number, least: number, most: number, range: string): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new RangeError(`Cannot use the retry policy: ${name} must be ${range}`);
}

// Typed by the list of status codes, whose table would be a tenth of this library.
const TOO_MANY_REQUESTS: StatusCode = 429;
const GATEWAY_FAULTS: readonly StatusCode[] = [502, 503, 504];

/** Error codes under a gateway's status that are definite answers. */
const DEFINITE = ["M_TOO_LARGE", "M_NOT_YET_UPLOADED"];

/** What hosts call it that the program may not use the network. */
const DENIED = "NotCapable";

/** Tells whether no answer came because the program may not use the network, which no further attempt can change. */
export function isDenied(error: unknown): boolean {
  return error instanceof MatrixConnectionError && error.cause instanceof Error &&
    error.cause.name === DENIED;
}

/** Decides what is tried again by default. */
function isRetriable(error: unknown, repeatable: boolean): boolean {
  if (error instanceof MatrixConnectionError) return repeatable && !isDenied(error);
  if (!(error instanceof MatrixRequestError)) return false;
  if (GATEWAY_FAULTS.includes(error.status as StatusCode)) {
    return repeatable && !DEFINITE.includes(error.errcode ?? "");
  }
  return error.status === TOO_MANY_REQUESTS || error.errcode === "M_LIMIT_EXCEEDED";
}

/** What {@linkcode withRetries} needs to know of a call. */
export interface Repeatable {
  /** The policy. */
  readonly policy: FullRetryPolicy;
  /** Whether sending twice is safe. */
  readonly repeatable: boolean;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  /** Whether the body is still there to be sent again. */
  readonly replayable: () => boolean;
  /** What can be done after a refusal; knows whether an attempt failed before it was sent. */
  readonly recovery?: { readonly withoutToken: boolean } | undefined;
  /** Told of each further attempt. */
  readonly onRetry?: (attempt: number, wait: number, error: unknown) => void;
}

/**
 * Makes attempts until one succeeds or the policy says stop.
 *
 * @param call What to know of the call.
 * @param attempt Makes one attempt; it is given the attempt's number, from 1.
 * @throws The last attempt's own error, or the signal's reason.
 */
export function withRetries<T>(call: Repeatable, attempt: (n: number) => Promise<T>): Promise<T> {
  // A call that succeeds does not pay for what comes else.
  return attempt(1).catch((error) => tryAgain(call, attempt, error));
}

async function tryAgain<T>(
  call: Repeatable,
  attempt: (n: number) => Promise<T>,
  first: unknown,
): Promise<T> {
  const { policy, signal } = call;
  let n = 0;
  let again = false;
  try {
    return await retry(async () => {
      again = false;
      try {
        if (++n === 1) throw first;
        return await attempt(n);
      } catch (error) {
        const wait = error instanceof MatrixRequestError ? error.retryAfter ?? 0 : 0;
        again = n <= policy.limit && !signal?.aborted && call.replayable() && wait <= policy.maxRetryAfter &&
          (policy.isRetriable?.(error) ??
            isRetriable(error, call.repeatable || call.recovery?.withoutToken === true));
        if (again) {
          call.onRetry?.(n, wait, error);
          // The server's wait is slept here; the jittered backoff of retry() comes on top.
          if (wait > 0) await delay(wait, { signal });
        }
        throw error;
      }
    }, {
      maxAttempts: Math.min(policy.limit + 1, Number.MAX_SAFE_INTEGER),
      minTimeout: policy.minTimeout,
      maxTimeout: policy.maxTimeout || 1,
      multiplier: policy.multiplier,
      jitter: policy.jitter,
      isRetriable: () => again,
      signal,
    });
  } catch (error) {
    throw error instanceof RetryError ? error.cause : error;
  }
}

/**
 * Reads how long a server asks to wait: the `Retry-After` header (seconds or an HTTP date), else `retry_after_ms` of
 * the body.
 *
 * @param header The header, or `null`.
 * @param body The parsed body, of any kind.
 * @returns Milliseconds, or `undefined` when the server does not say.
 */
export function parseRetryAfter(header: string | null, body: unknown): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Date.parse takes much that is no date ("-5"), so only what looks like one gets there.
  if (/^[A-Za-z]{3,9},? /.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return Math.max(0, time - Date.now());
  }
  if (typeof body !== "object" || body === null || !("retry_after_ms" in body)) return undefined;
  const wait = body.retry_after_ms;
  return typeof wait === "number" && wait >= 0 ? wait : undefined;
}
