import { type KeyPart, whenFree } from "../stores.ts";
import { remember } from "./newest.ts";

/** Result of {@linkcode TransactionStore.claim}. */
export type TransactionClaim =
  /** The caller has the transaction now. `handled` lists the IDs of events that were handled before. */
  | { state: "new"; handled: string[] }
  /** All of the transaction was handled. */
  | { state: "done" }
  /** Another process has the transaction. */
  | { state: "busy" };

/**
 * Keeps which transactions an application service has handled, so that a homeserver can send one again.
 *
 * Each method is atomic, also between processes that share the store, and what it writes is durable when its promise
 * resolves. A call that does not settle within ten seconds counts as failed. Times are by the machine's clock, so machines
 * that share a store need clocks that differ by less than the lease.
 */
export interface TransactionStore {
  /**
   * Claims a transaction.
   *
   * @param key The transaction.
   * @param owner Identifies the process.
   * @param lease Milliseconds until another process may claim it.
   */
  claim(key: string, owner: string, lease: number): Promise<TransactionClaim>;
  /**
   * Stores which events were handled, and extends the claim.
   *
   * @param key The transaction.
   * @param owner Identifies the process.
   * @param handled IDs of the events that were handled so far, at most 30,000 characters.
   * @param lease Milliseconds from now until another process may claim it.
   * @returns `false` if another process has claimed the transaction meanwhile. Nothing is stored then.
   */
  save(key: string, owner: string, handled: string[], lease: number): Promise<boolean>;
  /**
   * Marks a transaction as handled.
   *
   * @param key The transaction.
   * @param owner Identifies the process.
   */
  complete(key: string, owner: string): Promise<void>;
  /**
   * Releases a claim, so that any process can continue at once.
   *
   * @param key The transaction.
   * @param owner Identifies the process. If it no longer has the transaction, nothing is stored.
   * @param handled IDs of the events that were handled so far, at most 30,000 characters.
   */
  release(key: string, owner: string, handled: string[]): Promise<void>;
}

/** Stored state of a transaction. */
interface TransactionRecord {
  readonly owner: string;
  /** When the claim ends, in milliseconds since 1970; `null` if the transaction is done. */
  readonly until: number | null;
  readonly handled: readonly string[];
}

/** Decides on a claim. Returns the response and, if the caller gets the transaction, the record to store. */
function decideClaim(
  record: TransactionRecord | undefined,
  owner: string,
  lease: number,
): [TransactionClaim, TransactionRecord?] {
  if (record?.until === null) return [{ state: "done" }];
  if (record !== undefined && record.owner !== owner && record.until > Date.now()) return [{ state: "busy" }];
  const handled = [...record?.handled ?? []];
  return [{ state: "new", handled }, { owner, until: Date.now() + lease, handled }];
}

/**
 * Keeps transactions in memory: right for one process. After a restart the transaction in flight is handled again.
 *
 * @example Usage
 * ```ts
 * import { MemoryTransactionStore } from "@mtx/client/appservice";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryTransactionStore();
 * assertEquals(await store.claim("1", "me", 10_000), { state: "new", handled: [] });
 * assertEquals(await store.claim("1", "you", 10_000), { state: "busy" });
 * await store.complete("1", "me");
 * assertEquals(await store.claim("1", "you", 10_000), { state: "done" });
 * ```
 */
export class MemoryTransactionStore implements TransactionStore {
  readonly #records = new Map<string, TransactionRecord>();
  readonly #size: number;

  /**
   * Creates a store.
   *
   * @param size Number of transactions to remember; the oldest are forgotten.
   * @throws {RangeError} If it is not a positive integer.
   */
  constructor(size = 10_000) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Cannot create the store: size must be a positive integer, received ${size}`);
    }
    this.#size = size;
  }

  /** Claims a transaction, see {@linkcode TransactionStore}. */
  claim(key: string, owner: string, lease: number): Promise<TransactionClaim> {
    const [claim, record] = decideClaim(this.#records.get(key), owner, lease);
    if (record !== undefined) this.#set(key, record);
    return Promise.resolve(claim);
  }

  /** Stores which events were handled, and extends the claim, see {@linkcode TransactionStore}. */
  save(key: string, owner: string, handled: string[], lease: number): Promise<boolean> {
    return Promise.resolve(this.#update(key, { owner, until: Date.now() + lease, handled: [...handled] }));
  }

  /** Marks a transaction as handled, see {@linkcode TransactionStore}. */
  complete(key: string, owner: string): Promise<void> {
    this.#update(key, { owner, until: null, handled: [] });
    return Promise.resolve();
  }

  /** Releases a claim, see {@linkcode TransactionStore}. */
  release(key: string, owner: string, handled: string[]): Promise<void> {
    this.#update(key, { owner, until: 0, handled: [...handled] });
    return Promise.resolve();
  }

  #update(key: string, record: TransactionRecord): boolean {
    const current = this.#records.get(key);
    if (current?.owner !== record.owner || current.until === null) return false;
    this.#set(key, record);
    return true;
  }

  #set(key: string, record: TransactionRecord): void {
    remember(this.#records, key, record, this.#size);
  }
}

/** A key-value database that {@linkcode KvTransactionStore} can use, such as Deno KV. */
export interface AtomicKeyValueStore {
  /** Gets an entry, with `null` as value and version if there is none. */
  get(key: KeyPart[]): Promise<{ readonly value: unknown; readonly versionstamp: string | null }>;
  /** Starts an atomic operation. */
  atomic(): AtomicKeyValueOperation;
}

/** An atomic operation of an {@linkcode AtomicKeyValueStore}. */
export interface AtomicKeyValueOperation {
  /** Makes the operation fail unless an entry still has a version. */
  check(entry: { key: KeyPart[]; versionstamp: string | null }): this;
  /** Sets a value, which expires after a number of milliseconds. */
  set(key: KeyPart[], value: unknown, options: { expireIn: number }): this;
  /** Executes the operation. `ok` is `false` if a check failed. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/** Milliseconds for which transactions are kept: a day. */
const EXPIRE_IN = 24 * 60 * 60 * 1000;

/**
 * Keeps transactions in a key-value database such as Deno KV, for processes that come and go or run side by side.
 * Entries expire after a day. The database must have atomic operations: Workers KV and the Cache API have none.
 */
export class KvTransactionStore implements TransactionStore {
  readonly #kv: AtomicKeyValueStore;
  readonly #prefix: readonly KeyPart[];

  /**
   * Creates a store.
   *
   * @param kv The database.
   * @param prefix Beginning of the keys.
   */
  constructor(kv: AtomicKeyValueStore, prefix: readonly KeyPart[]) {
    this.#kv = kv;
    this.#prefix = [...prefix];
  }

  /** Claims a transaction, see {@linkcode TransactionStore}. */
  async claim(key: string, owner: string, lease: number): Promise<TransactionClaim> {
    const [current, versionstamp] = await this.#get(key);
    const [claim, record] = decideClaim(current, owner, lease);
    if (record === undefined || await this.#commit(key, versionstamp, record)) return claim;
    return { state: "busy" };
  }

  /** Stores which events were handled, and extends the claim, see {@linkcode TransactionStore}. */
  async save(key: string, owner: string, handled: string[], lease: number): Promise<boolean> {
    return await this.#update(key, { owner, until: Date.now() + lease, handled });
  }

  /** Marks a transaction as handled, see {@linkcode TransactionStore}. */
  async complete(key: string, owner: string): Promise<void> {
    await this.#update(key, { owner, until: null, handled: [] });
  }

  /** Releases a claim, see {@linkcode TransactionStore}. */
  async release(key: string, owner: string, handled: string[]): Promise<void> {
    await this.#update(key, { owner, until: 0, handled });
  }

  async #update(key: string, record: TransactionRecord): Promise<boolean> {
    const [current, versionstamp] = await this.#get(key);
    if (current?.owner !== record.owner || current.until === null) return false;
    return await this.#commit(key, versionstamp, record);
  }

  async #get(key: string): Promise<[TransactionRecord | undefined, string | null]> {
    const { value, versionstamp } = await whenFree(() => this.#kv.get([...this.#prefix, key]));
    return [(value ?? undefined) as TransactionRecord | undefined, versionstamp];
  }

  async #commit(key: string, versionstamp: string | null, record: TransactionRecord): Promise<boolean> {
    const path = [...this.#prefix, key];
    const { ok } = await whenFree(() =>
      this.#kv.atomic()
        .check({ key: path, versionstamp })
        .set(path, record, { expireIn: EXPIRE_IN })
        .commit()
    );
    return ok;
  }
}
