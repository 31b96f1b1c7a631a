import type { SyncToken } from "../types/identifiers.ts";
import type { Session } from "./session/session.ts";

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

/**
 * Stores a session. `set()` must have stored it completely when its promise resolves: the new tokens are used right
 * afterwards, and the old ones are invalid from then on.
 */
export interface SessionStore {
  /**
   * Returns the session.
   *
   * @returns The session, or `null` if there is none.
   */
  get(): Promise<Session | null>;
  /**
   * Stores a session in place of the last one, whole or not at all.
   *
   * @param session The session.
   */
  set(session: Session): Promise<void>;
  /** Removes the session. */
  remove(): Promise<void>;
  /**
   * Runs work that nobody else who shares the session may run at the same time. Without it, only one process may use
   * the session.
   *
   * @param work The work.
   * @returns The work's result.
   */
  lock?<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Stores a session in memory. It is lost when the process ends.
 *
 * @example Usage
 * ```ts
 * import { MemorySessionStore } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemorySessionStore();
 * assertEquals(await store.get(), null);
 * ```
 */
export class MemorySessionStore implements SessionStore {
  #session: Session | null;

  /**
   * Creates a store.
   *
   * @param session The session to begin with.
   */
  constructor(session?: Session | null) {
    this.#session = session ?? null;
  }

  /**
   * Returns the session.
   *
   * @returns The session, or `null` if there is none.
   */
  get(): Promise<Session | null> {
    return Promise.resolve(this.#session);
  }

  /**
   * Stores a session.
   *
   * @param session The session.
   */
  set(session: Session): Promise<void> {
    this.#session = session;
    return Promise.resolve();
  }

  /** Removes the session. */
  remove(): Promise<void> {
    this.#session = null;
    return Promise.resolve();
  }
}

/** An entry whose version a {@linkcode KvTransaction} checks. */
export interface KvCheck {
  /** The key. */
  key: KeyPart[];
  /** The version that the entry must have; `null` if it must not exist. */
  versionstamp: string | null;
}

/** A transaction of a {@linkcode KvDatabase}, such as `Deno.AtomicOperation`. */
export interface KvTransaction {
  /** Makes the transaction fail unless an entry has a version. */
  check(...checks: KvCheck[]): KvTransaction;
  /** Sets a value. */
  set(key: KeyPart[], value: unknown): KvTransaction;
  /** Deletes an entry. */
  delete(key: KeyPart[]): KvTransaction;
  /** Commits the transaction; `ok` is `false` if a check has failed. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/** A key-value database with versions and transactions, such as `Deno.Kv`. */
export interface KvDatabase {
  /** Returns an entry, whose value and version are `null` if it does not exist. */
  get(key: KeyPart[]): Promise<{ readonly value: unknown; readonly versionstamp: string | null }>;
  /** Sets a value. */
  set(key: KeyPart[], value: unknown): Promise<unknown>;
  /** Deletes an entry. */
  delete(key: KeyPart[]): Promise<unknown>;
  /** Begins a transaction. */
  atomic(): KvTransaction;
}

/** A lease as it is stored. */
interface Lease {
  readonly owner: string;
  /** When it ends, in milliseconds since 1970. */
  readonly until: number;
}

/** Milliseconds that a lease lasts. Longer than a renewal can take. */
const LEASE = 60_000;

/** Milliseconds between attempts to acquire a lease. */
const POLL = 200;

/**
 * Stores a session in a key-value database such as Deno KV. Processes can share it: `lock()` holds a lease of 60 s,
 * which other processes take over if its owner was killed.
 */
export class KvSessionStore implements SessionStore {
  readonly #kv: KvDatabase;
  readonly #key: readonly KeyPart[];
  readonly #owner = crypto.randomUUID();
  /** Whether this store holds the lease. */
  #locked = false;

  /**
   * Creates a store.
   *
   * @param kv The database.
   * @param key The key of the session. The lease has the same key with `"lease"` appended.
   */
  constructor(kv: KvDatabase, key: readonly KeyPart[]) {
    this.#kv = kv;
    this.#key = [...key];
  }

  /**
   * Returns the session.
   *
   * @returns The session, or `null` if there is none.
   */
  async get(): Promise<Session | null> {
    const { value } = await whenFree(() => this.#kv.get([...this.#key]));
    return (value ?? null) as Session | null;
  }

  /**
   * Stores a session. Within `lock()` it also checks and renews the lease.
   *
   * @param session The session.
   * @throws {Error} If the lease has been taken over by another process. Nothing is stored then.
   */
  async set(session: Session): Promise<void> {
    const entry = [...this.#key];
    if (!this.#locked) {
      await whenFree(() => this.#kv.set(entry, session));
      return;
    }
    const key = this.#leaseKey;
    const { value, versionstamp } = await whenFree(() => this.#kv.get(key));
    const done = this.#isOwn(value) &&
      await this.#commit(
        key,
        versionstamp,
        (transaction) => transaction.set(entry, session).set(key, this.#lease()),
      );
    if (!done) throw new Error("Cannot store the session: another process has taken over its lease");
  }

  /** Removes the session. */
  async remove(): Promise<void> {
    await whenFree(() => this.#kv.delete([...this.#key]));
  }

  /**
   * Runs work while no other process does, by means of a lease in the database.
   *
   * @param work The work.
   * @returns The work's result.
   */
  async lock<T>(work: () => Promise<T>): Promise<T> {
    while (!await this.#acquire()) await pause(POLL);
    this.#locked = true;
    try {
      return await work();
    } finally {
      this.#locked = false;
      await this.#release();
    }
  }

  get #leaseKey(): KeyPart[] {
    return [...this.#key, "lease"];
  }

  #lease(): Lease {
    return { owner: this.#owner, until: Date.now() + LEASE };
  }

  #isOwn(value: unknown): boolean {
    return (value as Partial<Lease> | null)?.owner === this.#owner;
  }

  async #acquire(): Promise<boolean> {
    const key = this.#leaseKey;
    const { value, versionstamp } = await whenFree(() => this.#kv.get(key));
    const { until } = (value ?? {}) as Partial<Lease>;
    if (typeof until === "number" && until > Date.now()) return false;
    return await this.#commit(key, versionstamp, (transaction) => transaction.set(key, this.#lease()));
  }

  async #release(): Promise<void> {
    const key = this.#leaseKey;
    const { value, versionstamp } = await whenFree(() => this.#kv.get(key));
    if (this.#isOwn(value)) await this.#commit(key, versionstamp, (transaction) => transaction.delete(key));
  }

  /** Commits changes if an entry has not changed; returns whether it has not. */
  async #commit(
    key: KeyPart[],
    versionstamp: string | null,
    change: (transaction: KvTransaction) => KvTransaction,
  ): Promise<boolean> {
    const { ok } = await whenFree(() => change(this.#kv.atomic().check({ key, versionstamp })).commit());
    return ok;
  }
}

/** The part of `Storage` that {@linkcode WebStorageSessionStore} uses. */
export interface SessionStorageLike extends StorageLike {
  /** Removes a key. */
  removeItem(key: string): void;
}

/** The part of the Web Locks API that is used. */
interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Stores a session in a `Storage` such as `localStorage`. The tabs of a browser can share it, by means of the Web Locks
 * API. In Deno 2.9 these locks hold within one process only, and Bun 1.4 and Node.js 20 do not have them: a session that
 * several processes use there needs another store.
 *
 * @see https://developer.mozilla.org/docs/Web/API/Web_Locks_API
 */
export class WebStorageSessionStore implements SessionStore {
  readonly #storage: SessionStorageLike;
  readonly #key: string;

  /**
   * Creates a store.
   *
   * @param storage The storage.
   * @param key The key of the session.
   */
  constructor(storage: SessionStorageLike, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /**
   * Returns the session.
   *
   * @returns The session, or `null` if there is none.
   * @throws {TypeError} If the key holds something else.
   */
  async get(): Promise<Session | null> {
    const text = await this.#storage.getItem(this.#key);
    if (text === null || text === undefined) return null;
    try {
      return JSON.parse(text);
    } catch {
      // The parser's own error quotes the text, and with it the tokens.
      throw new TypeError("Cannot use the stored session: it must be JSON");
    }
  }

  /**
   * Stores a session.
   *
   * @param session The session.
   */
  async set(session: Session): Promise<void> {
    await this.#storage.setItem(this.#key, JSON.stringify(session));
  }

  /** Removes the session. */
  async remove(): Promise<void> {
    await this.#storage.removeItem(this.#key);
  }

  /**
   * Runs work while no other tab or worker does, by means of the Web Locks API. Without that API it just runs the work.
   *
   * @param work The work.
   * @returns The work's result.
   */
  async lock<T>(work: () => Promise<T>): Promise<T> {
    const { locks } = (globalThis.navigator ?? {}) as { locks?: Locks };
    return locks ? await locks.request(`@mtx/client ${this.#key}`, work) : await work();
  }
}
