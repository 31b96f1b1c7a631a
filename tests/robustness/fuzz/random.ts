/** A pseudo-random number generator with the same numbers for a seed on every runtime. */
export class Random {
  #state: number;

  /** Creates a generator with an integer as seed. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
    // The first numbers of neighbouring seeds are similar.
    for (let i = 0; i < 3; i++) this.next();
  }

  /** Returns a number from 0 to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Returns an integer below a limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Returns `true` with a probability. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** Returns an element of an array. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
