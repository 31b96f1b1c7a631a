import { within } from "../../http/retry.ts";
import type { TransactionClaim, TransactionStore } from "./transaction_store.ts";

const LATE = Symbol("late");

/** A transaction store whose methods reject if the store does not respond in time. */
export class LimitedStore {
  readonly #store: TransactionStore;
  readonly #deadline: number;

  /**
   * Wraps a store.
   *
   * @param store The store.
   * @param deadline The time limit of each call in milliseconds.
   */
  constructor(store: TransactionStore, deadline: number) {
    this.#store = store;
    this.#deadline = deadline;
  }

  /** Claims a transaction, see {@linkcode TransactionStore}. */
  async claim(key: string, owner: string, lease: number): Promise<TransactionClaim> {
    return await this.#inTime(this.#store.claim(key, owner, lease));
  }

  /** Stores which events were handled within a time limit, see {@linkcode TransactionStore}. */
  async save(
    key: string,
    owner: string,
    handled: string[],
    lease: number,
    deadline: number,
  ): Promise<boolean> {
    return await this.#inTime(this.#store.save(key, owner, handled, lease), deadline);
  }

  /** Marks a transaction as handled, see {@linkcode TransactionStore}. */
  async complete(key: string, owner: string): Promise<void> {
    await this.#inTime(this.#store.complete(key, owner));
  }

  /** Releases a claim, see {@linkcode TransactionStore}. */
  async release(key: string, owner: string, handled: string[]): Promise<void> {
    await this.#inTime(this.#store.release(key, owner, handled));
  }

  async #inTime<T>(call: Promise<T>, deadline: number = this.#deadline): Promise<T> {
    const result = await within(call, deadline, LATE);
    if (result === LATE) throw new Error("Cannot use the transaction store: it does not respond");
    return result;
  }
}
