import type { SyncToken } from "../../types/identifiers.ts";

/**
 * Stores the position of a sync: one token, which is written after each batch that was handled.
 *
 * The promise of `set()` must resolve after the token is written, and the write must be atomic. An error of a store ends
 * the sync and is thrown unchanged.
 */
export interface SyncStore {
  /** Returns the token; `undefined`, `null` or `""` if there is none. */
  get(): Promise<SyncToken | null | undefined>;
  /** Stores a token, in place of the last one. */
  set(token: SyncToken): Promise<void>;
}

/**
 * Stores the token in memory. After a restart, the sync starts with an initial sync.
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
   * Creates a store.
   *
   * @param token The token to start from.
   */
  constructor(token?: SyncToken) {
    this.#token = token;
  }

  /** Returns the token; `undefined` if there is none. */
  get(): Promise<SyncToken | undefined> {
    return Promise.resolve(this.#token);
  }

  /** Stores a token. */
  set(token: SyncToken): Promise<void> {
    this.#token = token;
    return Promise.resolve();
  }
}

/** Part of a key of a {@linkcode KeyValueStore}. */
export type KeyPart = string | number | bigint | boolean | Uint8Array;

/** The methods of a key-value database that {@linkcode KvSyncStore} uses. Deno KV has them. */
export interface KeyValueStore {
  /** Returns an entry, whose value is `null` if the key is not set. */
  get(key: KeyPart[]): Promise<{ readonly value: unknown }>;
  /** Sets the value of a key. */
  set(key: KeyPart[], value: unknown): Promise<unknown>;
}

/** Stores the token in a key-value database, such as Deno KV. */
export class KvSyncStore implements SyncStore {
  readonly #kv: KeyValueStore;
  readonly #key: readonly KeyPart[];

  /**
   * Creates a store.
   *
   * @param kv The database.
   * @param key The key of the token.
   */
  constructor(kv: KeyValueStore, key: readonly KeyPart[]) {
    this.#kv = kv;
    this.#key = [...key];
  }

  /** Returns the token; `undefined` if there is none. */
  async get(): Promise<SyncToken | undefined> {
    const { value } = await whenFree(() => this.#kv.get([...this.#key]));
    // Other values are returned unchanged, and rejected by the sync. Treating them as "no token" would skip events.
    return (value ?? undefined) as SyncToken | undefined;
  }

  /** Stores a token. */
  async set(token: SyncToken): Promise<void> {
    await whenFree(() => this.#kv.set([...this.#key], token));
  }
}

/** The methods of a `Storage` that {@linkcode WebStorageSyncStore} uses. */
export interface StorageLike {
  /** Returns the value of a key, or `null`. */
  getItem(key: string): string | null;
  /** Sets the value of a key. */
  setItem(key: string, value: string): void;
}

/**
 * Stores the token in a `Storage`, such as `localStorage`.
 *
 * @see https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface
 */
export class WebStorageSyncStore implements SyncStore {
  readonly #storage: StorageLike;
  readonly #key: string;

  /**
   * Creates a store.
   *
   * @param storage The storage.
   * @param key The key of the token.
   */
  constructor(storage: StorageLike, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** Returns the token; `undefined` if there is none. */
  async get(): Promise<SyncToken | undefined> {
    return await this.#storage.getItem(this.#key) ?? undefined;
  }

  /** Stores a token. */
  async set(token: SyncToken): Promise<void> {
    await this.#storage.setItem(this.#key, token);
  }
}

/** Attempts of an operation while another process is writing, and the milliseconds between them. */
const BUSY_ATTEMPTS = 100;
const BUSY_WAIT = 50;

/**
 * Repeats an operation of Deno KV while another process is writing to the database. Deno 2.9 rejects with "database is
 * locked" then, except on Deno Deploy.
 *
 * @param operate The operation.
 * @returns Its result.
 * @throws The error of the last attempt, after about five seconds.
 */
export async function whenFree<T>(operate: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await operate();
    } catch (error) {
      const busy = error instanceof Error && error.message.includes("database is locked");
      if (!busy || attempt === BUSY_ATTEMPTS) throw error;
      await pause(BUSY_WAIT);
    }
  }
}

/** Waits for about so many milliseconds. Processes that began to wait together must not continue together. */
export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds * (0.5 + Math.random())));
}
