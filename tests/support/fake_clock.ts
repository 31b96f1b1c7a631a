interface Timer {
  at: number;
  order: number;
  run: () => void;
}

/** The originals. Bun has `performance.now` in the object itself, Deno in its prototype. */
const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  dateNow: Date.now,
  performanceNow: performance.now.bind(performance),
};

/** Event loop turns after which everything that does not wait for a timer has settled. */
const TURNS = 8;

/** Waits until everything that does not wait for a timer has settled. */
export async function settle(): Promise<void> {
  // Deno 2.5 throws if setTimeout() has another receiver than globalThis.
  const { setTimeout } = real;
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Replaces timers and the current time. Time passes only in {@linkcode FakeClock.advance}. */
export class FakeClock {
  /** Milliseconds since the clock was installed. */
  now = 0;
  readonly #begin = real.dateNow();
  readonly #timers = new Map<number, Timer>();
  #made = 0;

  /** Runs a test with a fake clock. */
  static async use(test: (clock: FakeClock) => Promise<void>): Promise<void> {
    const clock = new FakeClock();
    clock.#install();
    try {
      await test(clock);
    } finally {
      clock.#restore();
    }
  }

  /** The number of pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Advances the time and runs timers in order. */
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
        // As on every runtime, a timer that is too long fires at once.
        const wait = milliseconds > 2 ** 31 - 1 ? 1 : Math.max(milliseconds, 0);
        const order = ++this.#made;
        this.#timers.set(order, { at: this.now + wait, order, run: () => run(...args) });
        return order;
      },
      clearTimeout: (id) => void this.#timers.delete(Number(id)),
    };
  }
}
