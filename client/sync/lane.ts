import { MatrixTimeoutError } from "../../http/errors/base.ts";

/** The longest time that a timer can wait. */
const LONGEST = 0x7fff_ffff;

/**
 * Where one handler runs after the other. It owns the signal that they get, and knows how long the present one may
 * take: one controller for many events, and no timer of its own.
 */
export class Lane {
  /** When the present handler's time is up, on the clock of `performance.now()`. */
  expires = Infinity;
  readonly #watch: LaneWatch;
  #controller: AbortController | undefined;
  #type = "";
  #deadline = 0;
  #expired: MatrixTimeoutError | undefined;
  #giveUp: ((error: unknown) => void) | undefined;

  constructor(watch: LaneWatch) {
    this.#watch = watch;
  }

  /** What handlers get. It is another one after a handler's time was up. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const { signal } = this.#watch;
      if (signal.aborted) this.#controller.abort(signal.reason);
    }
    return this.#controller.signal;
  }

  /**
   * Waits for a handler, up to its time.
   *
   * @param work What the handler gave.
   * @param deadline How long it may take, in milliseconds.
   * @param type The type of event, for the message.
   * @throws What the handler throws, or {@linkcode MatrixTimeoutError} when its time is up.
   */
  wait(work: PromiseLike<unknown>, deadline: number, type: string): PromiseLike<unknown> {
    if (deadline === Infinity) return work;
    return new Promise((resolve, reject) => {
      this.#type = type;
      this.#deadline = deadline;
      this.expires = performance.now() + deadline;
      this.#watch.expect(this.expires);
      this.#giveUp = reject;
      const end = () => {
        // One that ends long after it was given up must not stop the clock of another.
        if (this.#giveUp !== reject) return;
        this.#giveUp = undefined;
        this.expires = Infinity;
      };
      work.then((value) => {
        end();
        resolve(value);
      }, (error) => {
        end();
        reject(error);
      });
    });
  }

  /** Whether an error says that a handler's time was up. */
  hasExpired(error: unknown): boolean {
    return error !== undefined && error === this.#expired;
  }

  /** Gives the present handler up. */
  expire(): void {
    const giveUp = this.#giveUp;
    const controller = this.#controller;
    this.#giveUp = this.#controller = undefined;
    this.expires = Infinity;
    this.#expired = new MatrixTimeoutError(`Cannot handle ${this.#type}: no end within ${this.#deadline} ms`);
    controller?.abort(this.#expired);
    giveUp?.(this.#expired);
  }

  /** Tells the present handler to end. */
  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}

/** Watches over all lanes with one timer, which is set anew only when it has run out or comes too late. */
export class LaneWatch {
  /** Ends the run. */
  readonly signal: AbortSignal;
  readonly #lanes = new Set<Lane>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rings = Infinity;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener("abort", () => {
      for (const lane of this.#lanes) lane.abort(signal.reason);
    }, { once: true });
  }

  /** Runs work on a lane. */
  async run<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = new Lane(this);
    this.#lanes.add(lane);
    try {
      return await work(lane);
    } finally {
      this.#lanes.delete(lane);
    }
  }

  /** Makes sure that the timer rings when it has to. */
  expect(time: number): void {
    if (time >= this.#rings) return;
    this.stop();
    this.#rings = time;
    const wait = Math.min(Math.max(time - performance.now(), 0), LONGEST);
    this.#timer = setTimeout(() => this.#ring(), Math.ceil(wait));
  }

  /** Stops the timer. */
  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rings = Infinity;
  }

  #ring(): void {
    this.#timer = undefined;
    this.#rings = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const lane of this.#lanes) {
      if (lane.expires <= now) lane.expire();
      else next = Math.min(next, lane.expires);
    }
    if (next < Infinity) this.expect(next);
  }
}
