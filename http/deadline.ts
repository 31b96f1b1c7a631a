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
