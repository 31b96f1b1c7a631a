import { delay } from "@std/async/delay";
import { retry, RetryError } from "@std/async/retry";
import type { StatusCode } from "@std/http/status";
import { isJsonObject } from "../types/json.ts";
import { MatrixConnectionError, MatrixRequestError } from "./errors/base.ts";
import { kindOf, numberOrKind } from "./validate.ts";

/** The longest time that `setTimeout()` can wait, in milliseconds. It fires at once if it is passed more. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * The time limit of one attempt, combined with the caller's signal. Holds one timer and one listener, both removed by
 * {@linkcode Deadline.prototype.clear}.
 */
export class Deadline {
  /**
   * The response that is being read. Deno and Bun may never end the body of a response that was garbage-collected
   * while its body was being read.
   */
  response: Response | undefined;
  /** Aborts when time is up or the caller's signal is aborted. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  readonly #timeoutError: (milliseconds: number) => unknown;
  readonly #outer: AbortSignal | undefined;
  readonly #follow: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #over = false;
  #extra = 0;

  /**
   * Starts the timer.
   *
   * @param milliseconds The limit; `Infinity` for none.
   * @param timeoutError Creates the error that the signal aborts with when time is up.
   * @param outer The caller's signal. Its reason is passed on unchanged.
   */
  constructor(milliseconds: number, timeoutError: (milliseconds: number) => unknown, outer?: AbortSignal) {
    this.signal = this.#controller.signal;
    this.#milliseconds = milliseconds;
    this.#timeoutError = timeoutError;
    if (outer !== undefined) {
      outer.throwIfAborted();
      // AbortSignal.any() would leave about 390 bytes on a long-lived signal for each call (Deno 2.9).
      this.#outer = outer;
      this.#follow = () => this.abort(outer.reason);
      outer.addEventListener("abort", this.#follow);
    }
    this.start();
  }

  /** Starts the timer from zero, unless the limit was cleared. */
  start(): void {
    this.pause();
    const time = this.#milliseconds + this.#extra;
    if (this.#over || time === Infinity) return;
    this.#timer = setTimeout(
      () => this.abort(this.#timeoutError(this.#milliseconds)),
      Math.min(time, MAX_TIMEOUT),
    );
  }

  /** Adds time and starts the timer from zero. */
  extend(milliseconds: number): void {
    this.#extra = milliseconds;
    this.start();
  }

  /** Stops the timer. The caller's signal is still followed. */
  pause(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Aborts everything that uses the signal. */
  abort(reason: unknown): void {
    this.clear();
    this.#controller.abort(reason);
    this.#reject?.(reason);
  }

  /**
   * Waits for a promise, but no longer than until the signal is aborted: a custom `fetch` may ignore the signal, and so
   * may the body of its response. There can be one such wait at a time.
   *
   * @param promise The promise.
   * @param late Called with the value if the promise resolves afterwards.
   * @returns What the promise resolves with.
   * @throws What the promise rejects with, or the signal's reason.
   */
  race<T>(promise: Promise<T>, late?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = this;
      if (signal.aborted) reject(signal.reason);
      this.#reject = reject;
      promise.then((value) => {
        if (signal.aborted) late?.(value);
        resolve(value);
      }, reject);
    });
  }

  /** Stops the timer for good and removes the listener from the caller's signal. */
  clear(): void {
    if (this.#over) return;
    this.#over = true;
    this.pause();
    if (this.#follow !== undefined) this.#outer?.removeEventListener("abort", this.#follow);
  }
}

/**
 * Waits for a promise, but no longer than until a signal is aborted. `abortable()` of `@std/async` needs
 * `Promise.withResolvers()`, which Node 20 does not have.
 *
 * @param promise The promise.
 * @param signal The signal; `undefined` for none.
 * @returns What the promise resolves with.
 * @throws What the promise rejects with, or the signal's reason.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Waits for a promise, but no longer than for a time.
 *
 * @param promise The promise.
 * @param milliseconds The time.
 * @param late What to return after that time.
 * @returns What the promise resolves with, or `late`.
 * @throws What the promise rejects with.
 */
export async function within<T, L>(promise: Promise<T>, milliseconds: number, late: L): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<L>((resolve) =>
    timer = setTimeout(() => resolve(late), Math.min(Math.max(0, milliseconds), MAX_TIMEOUT))
  );
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Determines which errors are retried, how often and when. The names are those of `retry()` in `@std/async`. */
export interface RetryPolicy {
  /**
   * The number of attempts after the first one; `Infinity` for no limit.
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
   * The factor by which the backoff grows from attempt to attempt.
   *
   * @default {2}
   */
  multiplier?: number | undefined;
  /**
   * The part of the backoff that is random, from 0 to 1.
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
   * Returns whether an error is retried. By default 429 is, for any method; lost connections, time-outs and 502, 503 and
   * 504 are if repeating the request is safe.
   */
  isRetriable?: ((error: unknown) => boolean) | undefined;
}

/** A policy with all fields but `isRetriable`. */
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
 * Merges a policy over another one and checks it.
 *
 * @throws {TypeError} If the policy is not an object, or `isRetriable` not a function.
 * @throws {RangeError} If a number is out of range.
 */
export function mergePolicy(
  policy: RetryPolicy | null | undefined,
  base: FullRetryPolicy = DEFAULT,
): FullRetryPolicy {
  if (policy === undefined || policy === null) return base;
  const given: RetryPolicy = policy;
  if (!isJsonObject(policy)) {
    throw new TypeError(`Cannot use the retry policy: it must be an object, received ${kindOf(policy)}`);
  }
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
    limit,
    limit === Infinity || (Number.isInteger(limit) && limit >= 0),
    "a whole number from 0",
  );
  checkRange("minTimeout", merged.minTimeout, 0, Number.MAX_VALUE, "0 ms or more");
  checkRange("maxTimeout", merged.maxTimeout, 0, Infinity, "0 ms or more");
  checkRange("multiplier", merged.multiplier, 1, Number.MAX_VALUE, "1 or more");
  checkRange("jitter", merged.jitter, 0, 1, "from 0 to 1");
  checkRange("maxRetryAfter", merged.maxRetryAfter, 0, Infinity, "0 ms or more");
  if (merged.isRetriable !== undefined && typeof merged.isRetriable !== "function") {
    throw new TypeError(
      `Cannot use the retry policy: isRetriable must be a function, received ${kindOf(merged.isRetriable)}`,
    );
  }
  if (merged.minTimeout > merged.maxTimeout) {
    if (given.minTimeout !== undefined && given.maxTimeout !== undefined) {
      throw new RangeError("Cannot use the retry policy: minTimeout must not be greater than maxTimeout");
    }
    // Only one of them was passed. It takes precedence over the default of the other.
    if (given.minTimeout === undefined) merged.minTimeout = merged.maxTimeout;
    else merged.maxTimeout = merged.minTimeout;
  }
  return merged;
}

function checkRange(name: string, value: number, min: number, max: number, range: string): void {
  check(name, value, typeof value === "number" && value >= min && value <= max, range);
}

function check(name: string, value: number, isValid: boolean, range: string): void {
  if (isValid) return;
  throw new RangeError(
    `Cannot use the retry policy: ${name} must be ${range}, received ${numberOrKind(value)}`,
  );
}

// The type checks the numbers against the table of status codes, without loading the table.
const TOO_MANY_REQUESTS: StatusCode = 429;
const GATEWAY_ERRORS: readonly StatusCode[] = [502, 503, 504];

/** Error codes that are the homeserver's own despite the status of a gateway error. */
const DEFINITE = ["M_TOO_LARGE", "M_NOT_YET_UPLOADED"];

/** The name of the error that Deno throws if `--allow-net` does not cover the address. */
const DENIED = "NotCapable";

/** Returns whether the program may not use the network, so that a retry is pointless. */
export function isDenied(error: unknown): boolean {
  return error instanceof MatrixConnectionError && error.cause instanceof Error &&
    error.cause.name === DENIED;
}

/** Returns whether an error is retried by default. */
function isRetriable(error: unknown, repeatable: boolean): boolean {
  if (error instanceof MatrixConnectionError) return repeatable && !isDenied(error);
  if (!(error instanceof MatrixRequestError)) return false;
  if (GATEWAY_ERRORS.includes(error.status as StatusCode)) {
    return repeatable && !DEFINITE.includes(error.errcode ?? "");
  }
  return error.status === TOO_MANY_REQUESTS || error.errcode === "M_LIMIT_EXCEEDED";
}

/** A call that {@linkcode withRetries} can repeat. */
export interface Repeatable {
  /** The policy. */
  readonly policy: FullRetryPolicy;
  /** Whether repeating the request is safe. */
  readonly repeatable: boolean;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  /** Returns whether the body can be sent again. */
  readonly replayable: () => boolean;
  /** The recovery after a refusal. Knows whether an attempt failed because there was no token. */
  readonly recovery?: { readonly withoutToken: boolean } | undefined;
  /** Called before the wait for the next attempt. */
  readonly onRetry?: (attempt: number, wait: number, error: unknown) => void;
}

/**
 * Makes attempts until one succeeds or the policy ends.
 *
 * @param call The call.
 * @param attempt Makes one attempt. Its argument is the number of the attempt, from 1.
 * @returns The result of the attempt that succeeded.
 * @throws The error of the last attempt, or the signal's reason.
 */
export function withRetries<T>(call: Repeatable, attempt: (n: number) => Promise<T>): Promise<T> {
  // retry() is set up only after a failure. It costs 1.5 µs a call on Bun 1.4.
  return attempt(1).catch((error) => retryAfter(call, attempt, error));
}

export async function retryAfter<T>(
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
        const repeatable = call.repeatable || call.recovery?.withoutToken === true;
        again = n <= policy.limit && !signal?.aborted && call.replayable() && wait <= policy.maxRetryAfter &&
          (policy.isRetriable?.(error) ?? isRetriable(error, repeatable));
        if (again) {
          call.onRetry?.(n, wait, error);
          // The server's wait comes first, then the jittered backoff of retry().
          if (wait > 0) await delay(wait, { signal });
        }
        throw error;
      }
    }, {
      // retry() requires an integer, so Infinity is not allowed.
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
 * Returns how long a server asks to wait: the `Retry-After` header (seconds or an HTTP date), else `retry_after_ms` of
 * the body.
 *
 * @param header The header, or `null`.
 * @param body The parsed body, of any type.
 * @returns Milliseconds, or `undefined` if the server does not ask.
 */
export function parseRetryAfter(header: string | null, body: unknown): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Date.parse() also accepts much that is not a date, such as "-5".
  if (/^[A-Za-z]{3,9},? /.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return Math.max(0, time - Date.now());
  }
  const wait = isJsonObject(body) ? body.retry_after_ms : undefined;
  return typeof wait === "number" && wait >= 0 ? wait : undefined;
}
