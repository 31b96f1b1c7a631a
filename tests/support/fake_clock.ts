/** A clock that tests turn by hand, in place of the host's timers and times. */

interface Timer {
  at: number;
  order: number;
  run: () => void;
}

/** The host's own, which some hosts have in the object itself and others in its prototype. */
const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  dateNow: Date.now,
  performanceNow: performance.now.bind(performance),
};

/** Turns of the event loop in which everything that waits for no timer comes to rest. */
const TURNS = 8;

/** Lets everything that waits for no timer come to rest. */
export async function settle(): Promise<void> {
  // Older hosts want to be called without a receiver.
  const { setTimeout } = real;
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A clock in place of the host's. */
export class FakeClock {
  /** Milliseconds since it was set up. */
  now = 0;
  readonly #begin = real.dateNow();
  readonly #timers = new Map<number, Timer>();
  #made = 0;

  /** Runs a test by a fake clock, and puts the real one back. */
  static async use(test: (clock: FakeClock) => Promise<void>): Promise<void> {
    const clock = new FakeClock();
    clock.#install();
    try {
      await test(clock);
    } finally {
      clock.#restore();
    }
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and every timer ring in its turn. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [id, timer] = next;
      this.#timers.delete(id);
      this.now = Math.max(this.now, timer.at);
      timer.run();
      await settle();
    }
    this.now = end;
  }

  #next(end: number): [number, Timer] | undefined {
    return [...this.#timers].filter(([, { at }]) => at <= end)
      .sort(([, a], [, b]) => a.at - b.at || a.order - b.order)[0];
  }

  #install(): void {
    const { setTimeout, clearTimeout } = this.#functions();
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Date.now = () => this.#begin + this.now;
    Object.defineProperty(performance, "now", { value: () => this.now, configurable: true, writable: true });
  }

  #restore(): void {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Date.now = real.dateNow;
    Object.defineProperty(performance, "now", {
      value: real.performanceNow,
      configurable: true,
      writable: true,
    });
  }

  #functions(): { setTimeout: (...args: never[]) => number; clearTimeout: (id?: unknown) => void } {
    return {
      setTimeout: (run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]) => {
        // As everywhere: what is too long for a timer rings at once.
        const wait = milliseconds > 2 ** 31 - 1 ? 1 : Math.max(milliseconds, 0);
        const order = ++this.#made;
        this.#timers.set(order, { at: this.now + wait, order, run: () => run(...args) });
        return order;
      },
      clearTimeout: (id) => void this.#timers.delete(Number(id)),
    };
  }
}
