import { delay } from "@std/async/delay";
import { MatrixTimeoutError } from "../../http/errors/base.ts";
import type { FullRetryPolicy, RetryPolicy } from "../../http/retry.ts";
import { type Timer, Timers } from "../../http/timer.ts";
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
const LONGEST = 0x7fff_ffff;

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
  readonly #timers = new Timers();
  readonly #waits = new Set<Wait>();

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
    signal.addEventListener("abort", () => this.#waits.forEach((wait) => wait.tidy()), { once: true });
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
        const answer = await this.#inTime(attempt(), time + GRACE);
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

  /**
   * Waits for a promise, but neither longer than its time nor long after the signal, whatever becomes of it.
   *
   * @throws What the promise rejects with, {@linkcode MatrixTimeoutError}, or the signal's reason.
   */
  #inTime<T>(promise: Promise<T>, time: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait = new Wait(this.signal, this.#timers, time, reject);
      this.#waits.add(wait);
      const end = () => {
        this.#waits.delete(wait);
        wait.end();
      };
      promise.then((value) => {
        end();
        resolve(value);
      }, (error) => {
        end();
        reject(error);
      });
    });
  }
}

/** The time of a promise that is waited for. */
class Wait {
  readonly #signal: AbortSignal;
  readonly #timers: Timers;
  readonly #time: number;
  #giveUp: ((error: unknown) => void) | undefined;
  #timer: Timer | undefined;

  constructor(signal: AbortSignal, timers: Timers, time: number, giveUp: (error: unknown) => void) {
    this.#signal = signal;
    this.#timers = timers;
    this.#time = time;
    this.#giveUp = giveUp;
    if (time < Infinity) this.#timer = timers.start(Math.min(time, LONGEST), this);
  }

  /** Gives what has heard of the signal as well a little time to put things away. */
  tidy(): void {
    this.#stop();
    if (this.#giveUp !== undefined) this.#timer = this.#timers.start(TIDYING, this);
  }

  /** Time is up. */
  ring(): void {
    this.#timer = undefined;
    this.#giveUp?.(
      this.#signal.aborted
        ? this.#signal.reason
        : new MatrixTimeoutError(`Cannot sync: a request did not end within ${this.#time} ms`),
    );
  }

  /** It is no longer waited for. Whoever still knows this must not keep what came of it. */
  end(): void {
    this.#giveUp = undefined;
    this.#stop();
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
  }
}
