import { encodeBase64Url } from "@std/encoding/base64url";

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
    this.#random ??= encodeBase64Url(crypto.getRandomValues(new Uint8Array(9)));
    return `mtx_${Date.now()}_${this.#random}_${++this.counter}`;
  }
}
