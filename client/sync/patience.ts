import { delay } from "@std/async/delay";
import { MatrixTimeoutError } from "../../http/errors.ts";
import type { FullRetryPolicy, RetryPolicy } from "../../http/retry.ts";
import { faultOf, waitAfter } from "./faults.ts";
import type { SyncState } from "./state.ts";

/** How many times a homeserver may refuse the same thing until it is believed. */
const REFUSALS = 3;

/**
 * How long after its time a call is given up that does not end by itself, in milliseconds. The transport ends it in
 * time, unless a `fetch` of the user's own does not listen to its signal.
 */
const GRACE = 100;

/** How long a call may take to end after its signal, in milliseconds. */
const TIDYING = 50;

/** The longest time that a timer can wait. */
const LONGEST = 2 ** 31 - 1;

/** The calls make one attempt each: it is here that they are tried again. */
export const ONE_ATTEMPT: RetryPolicy = { limit: 0 };

/** Asks a homeserver as often as it takes. */
export class Patience {
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly #backoff: FullRetryPolicy;
  readonly #limit: number;
  readonly #onFailure: (failure: Pick<SyncState, "failures" | "error" | "wait">) => void;
  readonly #onRecovery: () => void;

  /**
   * @param signal Ends everything.
   * @param backoff How waits grow.
   * @param limit How many times to try again, of what can cure itself.
   * @param onFailure Told of each failure that is tried again.
   * @param onRecovery Told of a success after failures.
   */
  constructor(
    signal: AbortSignal,
    backoff: FullRetryPolicy,
    limit: number,
    onFailure: (failure: Pick<SyncState, "failures" | "error" | "wait">) => void,
    onRecovery: () => void,
  ) {
    this.signal = signal;
    this.#backoff = backoff;
    this.#limit = limit;
    this.#onFailure = onFailure;
    this.#onRecovery = onRecovery;
  }

  /**
   * Asks until there is an answer.
   *
   * @param time How long one attempt may take, in milliseconds.
   * @param attempt Makes an attempt.
   * @param refusals How many refusals it takes to be believed.
   * @throws What cannot cure itself, a refusal that was repeated, or the signal's reason.
   */
  async ask<T>(time: number, attempt: () => Promise<T>, refusals: number = REFUSALS): Promise<T> {
    const { signal } = this;
    let refused = 0;
    for (let failures = 1;; failures++) {
      signal.throwIfAborted();
      try {
        const answer = await inTime(attempt(), time + GRACE, signal);
        if (failures > 1) this.#onRecovery();
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        const fault = faultOf(error);
        if (fault === "final" || fault === "wrong" || failures > this.#limit) throw error;
        if (fault === "refused" && ++refused >= refusals) throw error;
        const wait = waitAfter(error, this.#backoff, failures);
        this.#onFailure({ failures, error, wait });
        await delay(wait, { signal });
      }
    }
  }
}

/**
 * Waits for a promise, but neither longer than its time nor long after a signal, whatever becomes of it.
 *
 * @throws What the promise rejects with, {@linkcode MatrixTimeoutError}, or the signal's reason.
 */
function inTime<T>(promise: Promise<T>, time: number, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => fail(new MatrixTimeoutError(`Cannot sync: a request did not end within ${time} ms`));
    let timer = time === Infinity ? undefined : setTimeout(late, Math.min(time, LONGEST));
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const abort = () => {
      // It has heard of the signal, too, and has things to put away first.
      clearTimeout(timer);
      timer = setTimeout(() => fail(signal.reason), TIDYING);
    };
    signal.addEventListener("abort", abort);
    promise.then((value) => {
      end();
      resolve(value);
    }, fail);
  });
}
