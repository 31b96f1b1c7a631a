import { MMissingToken, MUnknownToken, MUserDeactivated } from "../../http/errors/codes.ts";
import { MatrixRequestError } from "../../http/errors/base.ts";
import { type FullRetryPolicy, isDenied } from "../../http/retry.ts";
import type { Log } from "../../http/observe.ts";

/**
 * What a failure means for a sync:
 *
 * - `final`: nothing that comes after can succeed;
 * - `refused`: the homeserver says no, and will say it again;
 * - `passing`: it may be gone the next time;
 * - `wrong`: it was not the homeserver that failed, but what it was asked with.
 */
export type Fault = "final" | "refused" | "passing" | "wrong";

/** Statuses among the refusals that cure themselves: time ran out, too many requests. */
const PASSING: readonly number[] = [408, 429];

/** The longest wait that a homeserver is granted, in milliseconds: it may have been mistaken by some zeros. */
const LONGEST_WAIT = 3_600_000;

/** After how many failures in a row a homeserver that asks for next to no wait is no longer taken at its word. */
const TRUSTED = 10;

/** Says what a failure means. */
export function faultOf(error: unknown): Fault {
  if (error instanceof MUnknownToken || error instanceof MMissingToken || error instanceof MUserDeactivated) {
    return "final";
  }
  if (isDenied(error)) return "final";
  if (error instanceof MatrixRequestError) {
    const { status, errcode } = error;
    const refused = status >= 400 && status < 500 && !PASSING.includes(status) &&
      errcode !== "M_LIMIT_EXCEEDED";
    return refused ? "refused" : "passing";
  }
  const wrong = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return wrong ? "wrong" : "passing";
}

/**
 * How long to wait after a number of failures, in milliseconds: it grows from time to time, and part of it is random, as
 * with `retry()` of `@std/async`.
 *
 * @param failures How many there were so far, this one included.
 */
export function backoffWait(backoff: FullRetryPolicy, failures: number): number {
  const { minTimeout, maxTimeout, multiplier, jitter } = backoff;
  const whole = minTimeout === 0 ? 0 : Math.min(maxTimeout, minTimeout * multiplier ** (failures - 1));
  return Math.round(whole * (1 - jitter * Math.random()));
}

/** How long to wait after a number of failures, in milliseconds: what the server asks for, else the backoff. */
export function waitAfter(error: unknown, backoff: FullRetryPolicy, failures: number): number {
  const asked = error instanceof MatrixRequestError ? error.retryAfter : undefined;
  if (asked === undefined) return backoffWait(backoff, failures);
  const least = failures > TRUSTED ? backoffWait(backoff, failures - TRUSTED) : 0;
  return Math.max(least, Math.min(asked, LONGEST_WAIT));
}

/**
 * Whether something failed because it was told to end.
 *
 * @param error What it failed with.
 * @param reason What it was told.
 */
export function isEndedBy(error: unknown, reason: unknown): boolean {
  const seen = new Set<unknown>();
  for (let link = error; !seen.has(link); link = (link as { cause?: unknown }).cause) {
    if (link === reason) return true;
    if (typeof link !== "object" || link === null) return false;
    if ((link as { name?: unknown }).name === "AbortError") return true;
    seen.add(link);
  }
  return false;
}

/**
 * Calls a function of the user's that only wants to be told: what it fails with must not end what goes on.
 *
 * @param log Where a failure goes.
 * @param what What the function is called, for the log.
 * @param call Calls it.
 * @returns When it has ended.
 */
export async function tell(log: Log, what: string, call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    log.error(`${what}() failed`, error);
  }
}
