import type { SyncToken } from "../../types/identifiers.ts";

/**
 * Where the place that a sync has come to is kept: one token, written after each batch that was handled.
 *
 * Whatever keeps a string does. `set()` has to be done when its promise resolves, and has to write the token whole or
 * not at all: a store that fails ends the sync with its own error.
 */
export interface SyncStore {
  /** Gets the token. `undefined`, `null` and `""` mean that there is none yet. */
  get(): Promise<SyncToken | null | undefined>;
  /** Keeps a token in place of the last one. */
  set(token: SyncToken): Promise<void>;
}

/**
 * Keeps the token in memory: after a restart the sync begins anew.
 *
 * @example Usage
 * ```ts
 * import { MemorySyncStore } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemorySyncStore();
 * await store.set("s72594_4483_1934");
 * assertEquals(await store.get(), "s72594_4483_1934");
 * ```
 */
export class MemorySyncStore implements SyncStore {
  #token: SyncToken | undefined;

  /**
   * Makes a store.
   *
   * @param token The token to begin with.
   */
  constructor(token?: SyncToken) {
    this.#token = token;
  }

  /**
   * Gets the token.
   *
   * @returns The token, if there is one.
   */
  get(): Promise<SyncToken | undefined> {
    return Promise.resolve(this.#token);
  }

  /**
   * Keeps a token.
   *
   * @param token The token.
   */
  set(token: SyncToken): Promise<void> {
    this.#token = token;
    return Promise.resolve();
  }
}

/** A part of a key of a {@linkcode KeyValueStore}. */
export type KeyPart = string | number | bigint | boolean | Uint8Array;

/** What {@linkcode KvSyncStore} needs of a key-value database: keys of several parts, and any values. */
export interface KeyValueStore {
  /** Gets an entry, whose value is `null` where there is none. */
  get(key: KeyPart[]): Promise<{ readonly value: unknown }>;
  /** Sets a value. */
  set(key: KeyPart[], value: unknown): Promise<unknown>;
}

/** Keeps the token in a key-value database. */
export class KvSyncStore implements SyncStore {
  readonly #kv: KeyValueStore;
  readonly #key: readonly KeyPart[];

  /**
   * Makes a store.
   *
   * @param kv The database.
   * @param key Where in it the token is.
   */
  constructor(kv: KeyValueStore, key: readonly KeyPart[]) {
    this.#kv = kv;
    this.#key = [...key];
  }

  /**
   * Gets the token.
   *
   * @returns The token, if there is one.
   */
  async get(): Promise<SyncToken | undefined> {
    const { value } = await this.#kv.get([...this.#key]);
    // What is no token is told of by who asked, not taken for none: a sync that begins anew would skip what was missed.
    return (value ?? undefined) as SyncToken | undefined;
  }

  /**
   * Keeps a token.
   *
   * @param token The token.
   */
  async set(token: SyncToken): Promise<void> {
    await this.#kv.set([...this.#key], token);
  }
}

/** What {@linkcode WebStorageSyncStore} needs of a `Storage`. */
export interface StorageLike {
  /** Gets the value of a key, or `null`. */
  getItem(key: string): string | null;
  /** Sets the value of a key. */
  setItem(key: string, value: string): void;
}

/**
 * Keeps the token in a `Storage`, such as `localStorage`.
 *
 * @see https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface
 */
export class WebStorageSyncStore implements SyncStore {
  readonly #storage: StorageLike;
  readonly #key: string;

  /**
   * Makes a store.
   *
   * @param storage The storage.
   * @param key Under which key the token is.
   */
  constructor(storage: StorageLike, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /**
   * Gets the token.
   *
   * @returns The token, if there is one.
   */
  async get(): Promise<SyncToken | undefined> {
    return await this.#storage.getItem(this.#key) ?? undefined;
  }

  /**
   * Keeps a token.
   *
   * @param token The token.
   */
  async set(token: SyncToken): Promise<void> {
    await this.#storage.setItem(this.#key, token);
  }
}
