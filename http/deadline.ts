import { MatrixTimeoutError } from "./errors/base.ts";
import type { Timer, Timers } from "./timer.ts";

/** The longest time that a timer can wait; beyond it timers fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Checks a time limit.
 *
 * @throws {RangeError} If it is not a positive number of milliseconds.
 */
export function checkDeadline(milliseconds: number): number {
  if (typeof milliseconds === "number" && milliseconds > 0) return milliseconds;
  throw new RangeError("Cannot use the deadline: it must be a positive number of milliseconds, or Infinity");
}

/**
 * The time limit of one attempt, joined with the caller's signal: one timer, one listener, both taken off by
 * {@linkcode Deadline.prototype.clear}.
 */
export class Deadline {
  /** The answer that is being read, kept here because some hosts forget to end the body of one that is let go. */
  response: Response | undefined;
  readonly #controller = new AbortController();
  readonly #timers: Timers;
  readonly #milliseconds: number;
  readonly #label: string;
  readonly #outer: AbortSignal | undefined;
  readonly #follow: (() => void) | undefined;
  #timer: Timer | undefined;
  #over = false;
  #extra = 0;

  /**
   * Starts the clock.
   *
   * @param timers Where the timer comes from.
   * @param milliseconds The limit; `Infinity` for none.
   * @param label The action, for the error that the signal aborts with.
   * @param outer The caller's signal, whose reason is passed on as it is.
   */
  constructor(timers: Timers, milliseconds: number, label: string, outer?: AbortSignal) {
    this.#timers = timers;
    this.#milliseconds = milliseconds;
    this.#label = label;
    if (outer !== undefined) {
      outer.throwIfAborted();
      // A listener that is taken off again leaves nothing behind on a long-lived signal; AbortSignal.any would.
      this.#outer = outer;
      this.#follow = () => this.abort(outer.reason);
      outer.addEventListener("abort", this.#follow);
    }
    this.start();
  }

  /** Aborts when time is up or the caller says so. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the clock anew, unless it has been stopped for good. */
  start(): void {
    const time = this.#milliseconds + this.#extra;
    if (this.#over || time === Infinity) return this.pause();
    this.#timer = this.#timers.start(Math.min(time, LONGEST), this, this.#timer);
  }

  /** Time is up. */
  ring(): void {
    this.#timer = undefined;
    this.abort(new MatrixTimeoutError(`${this.#label}: no answer within ${this.#milliseconds} ms`));
  }

  /** Adds time, and starts the clock anew. */
  extend(milliseconds: number): void {
    this.#extra = milliseconds;
    this.start();
  }

  /** Stops the clock; the caller's signal is still followed. */
  pause(): void {
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
  }

  /** Aborts what runs under this limit. */
  abort(reason: unknown): void {
    this.clear();
    this.#controller.abort(reason);
  }

  /** Stops the clock for good and forgets the caller's signal. */
  clear(): void {
    this.#over = true;
    this.pause();
    if (this.#follow !== undefined) this.#outer?.removeEventListener("abort", this.#follow);
  }
}

/**
 * Waits for a promise, but no longer than until a signal is aborted. (That of `@std/async` needs
 * `Promise.withResolvers`, which not all hosts have that this library runs on.)
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
