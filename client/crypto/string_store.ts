import { CryptoError } from "../../http/errors/base.ts";

/**
 * Durable storage of strings by key, in which the state of a crypto engine is kept.
 *
 * Everything is read once, when the engine opens. Afterwards there are writes only.
 */
export interface StringStore {
  /** Yields all entries. */
  load(): AsyncIterable<readonly [key: string, value: string]>;
  /**
   * Applies changes, all of them or none. They are durable when the promise resolves.
   *
   * @param changes New values by key; `undefined` removes a key.
   * @param expect If given, nothing changes unless the key has the value. It may be among the changes.
   * @throws {StoreTakenOver} If the key of `expect` has another value.
   */
  write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void>;
}

/** Thrown by a {@linkcode StringStore} that another process has opened: the process that opened it first must end. */
export class StoreTakenOver extends CryptoError {
  /** Name of the class. */
  static override get name(): string {
    return "StoreTakenOver";
  }

  /**
   * Creates an error.
   *
   * @param options Its cause.
   */
  constructor(options?: ErrorOptions) {
    super("Cannot write to the crypto store: another process has opened it", options);
  }
}

/**
 * Keeps strings in memory. After a restart the device has lost its keys, so this is for tests and for devices that are
 * signed in again each time.
 *
 * @example Usage
 * ```ts
 * import { MemoryStringStore } from "@mtx/client/crypto";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryStringStore();
 * await store.write(new Map([["a", "1"]]));
 * assertEquals(await Array.fromAsync(store.load()), [["a", "1"]]);
 * ```
 */
export class MemoryStringStore implements StringStore {
  readonly #entries = new Map<string, string>();

  /** Yields all entries. */
  async *load(): AsyncGenerator<readonly [key: string, value: string]> {
    yield* [...this.#entries];
  }

  /** Applies changes, see {@linkcode StringStore}. */
  write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    if (expect !== undefined && this.#entries.get(expect[0]) !== expect[1]) {
      return Promise.reject(new StoreTakenOver());
    }
    for (const [key, value] of changes) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
    return Promise.resolve();
  }
}
