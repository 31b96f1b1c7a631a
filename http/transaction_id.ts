/**
 * Makes transaction IDs that no other process and no later run makes again: the time, random bytes drawn once, and a
 * counter.
 */
export class TransactionIDs {
  /** The number inside the last ID. */
  counter: number;
  #random: string | undefined;

  /** Starts counting after a number. */
  constructor(counter: number) {
    this.counter = counter;
  }

  /** Makes the next ID. */
  next(): string {
    // Drawn at the first use: some hosts allow no random bytes while modules load.
    this.#random ??= crypto.getRandomValues(new Uint32Array(3)).join("");
    return `mtx_${Date.now()}_${this.#random}_${++this.counter}`;
  }
}
