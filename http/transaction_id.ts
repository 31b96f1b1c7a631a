/**
 * Makes transaction IDs that no other process and no later run makes again: the time and random bytes, both taken at the
 * first use and whenever the counter is set, and a counter.
 */
export class TransactionIDs {
  #counter: number;
  #prefix: string | undefined;

  /** Starts counting after a number. */
  constructor(counter: number) {
    this.#counter = counter;
  }

  /** The number inside the last ID. */
  get counter(): number {
    return this.#counter;
  }

  set counter(value: number) {
    this.#counter = value;
    this.#prefix = undefined;
  }

  /** Makes the next ID. */
  next(): string {
    // Some hosts allow no random bytes while modules load.
    this.#prefix ??= `mtx_${Date.now()}_${crypto.getRandomValues(new Uint32Array(3)).join("")}_`;
    return this.#prefix + ++this.#counter;
  }
}
