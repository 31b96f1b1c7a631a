import { CryptoError } from "../../http/errors/base.ts";
import { Lock } from "./lock.ts";
import { StoreTakenOver, type StringStore } from "./string_store.ts";

/** The beginning of the keys of a driver's rows in the store, which it shares with the engine. */
const PREFIX = "driver:";
/** The key of the row that names the process which opened the store last. */
const OWNER = `${PREFIX}owner`;

/** Strings by key that a driver stores: held in memory and written together. */
export class Rows {
  readonly #store: StringStore;
  readonly #rows = new Map<string, string>();
  readonly #lock = new Lock();
  #owner: readonly [key: string, value: string] | undefined;
  #changes = new Map<string, string | undefined>();

  /**
   * Creates the rows. Nothing is read yet.
   *
   * @param store The store.
   */
  constructor(store: StringStore) {
    this.#store = store;
  }

  /** Reads the rows once, and takes the store over: a process that opened it before can no longer write. */
  async load(): Promise<void> {
    if (this.#owner !== undefined) return;
    await this.#lock.run(async () => {
      if (this.#owner !== undefined) return;
      const owner = [OWNER, crypto.randomUUID()] as const;
      try {
        await this.#store.write(new Map([owner]));
        for await (const [key, value] of this.#store.load()) {
          if (key.startsWith(PREFIX) && key !== OWNER) this.#rows.set(key.slice(PREFIX.length), value);
        }
      } catch (error) {
        throw failure("read", error);
      }
      this.#owner = owner;
    });
  }

  /** Returns the value of a key. */
  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  /** Returns the keys that begin with a prefix. */
  keys(prefix: string): string[] {
    return [...this.#rows.keys()].filter((key) => key.startsWith(prefix));
  }

  /** Sets a value; `undefined` removes it. Stored by the next {@linkcode Rows.save}. */
  set(key: string, value: string | undefined): void {
    if (value === undefined ? !this.#rows.delete(key) : this.#rows.get(key) === value) return;
    if (value !== undefined) this.#rows.set(key, value);
    this.#changes.set(PREFIX + key, value);
  }

  /**
   * Stores all changes.
   *
   * @throws {StoreTakenOver} If another process has opened the store.
   */
  async save(): Promise<void> {
    if (this.#changes.size > 0) await this.#write();
  }

  /**
   * Makes sure that the store is still that of this process.
   *
   * @throws {StoreTakenOver} If another process has opened the store.
   */
  async check(): Promise<void> {
    await this.#write();
  }

  async #write(): Promise<void> {
    await this.load();
    await this.#lock.run(async () => {
      const changes = this.#changes;
      this.#changes = new Map();
      try {
        await this.#store.write(changes, this.#owner);
      } catch (error) {
        this.#changes = new Map([...changes, ...this.#changes]);
        throw failure("write to", error);
      }
    });
  }
}

function failure(action: string, cause: unknown): CryptoError {
  return cause instanceof StoreTakenOver
    ? cause
    : new CryptoError(`Cannot ${action} the crypto store`, { cause });
}
