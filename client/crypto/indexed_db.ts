/**
 * The part of IndexedDB that the crypto engine uses, over a {@linkcode StringStore}.
 *
 * Deno, Bun, Node.js and Workers have no IndexedDB, and the engine keeps its keys nowhere else. All rows are held in
 * memory, as JSON. A transaction that changed something is written to the store as a whole before it completes. Keys are
 * out of line. What the engine does not use throws a `NotSupportedError`, so that a new version of the engine cannot miss
 * something unnoticed.
 *
 * @see https://w3c.github.io/IndexedDB/
 * @module
 */
import type { StringStore } from "./string_store.ts";

/** A key: a string, a number, or an array of keys, as a compound index has it. */
type Key = string | number | readonly Key[];
type KeyPath = string | readonly string[];
type Mode = "readonly" | "readwrite" | "versionchange";
type Handler = ((event: DBEvent) => void) | null;

/** The key of the row that names the process which opened the store last. */
const OWNER = "owner";

function failure(name: string, message: string): DOMException {
  return new DOMException(message, name);
}

function notSupported(what: string): DOMException {
  return failure("NotSupportedError", `The IndexedDB of the crypto store does not support ${what}`);
}

function isKey(value: unknown): value is Key {
  if (typeof value === "string") return true;
  return typeof value === "number" ? !Number.isNaN(value) : Array.isArray(value) && value.every(isKey);
}

function checkKey(value: unknown): Key {
  if (isKey(value)) return value;
  throw failure("DataError", "The parameter is not a valid key");
}

/** Compares keys: numbers before strings before arrays. */
function compare(a: Key, b: Key): number {
  const [rankA, rankB] = [rank(a), rank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compare(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(key: Key): number {
  return typeof key === "number" ? 0 : typeof key === "string" ? 1 : 2;
}

/** A range of keys. */
class KeyRange {
  readonly lower: Key | undefined;
  readonly upper: Key | undefined;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;

  private constructor(
    lower: Key | undefined,
    upper: Key | undefined,
    lowerOpen: boolean,
    upperOpen: boolean,
  ) {
    this.lower = lower;
    this.upper = upper;
    this.lowerOpen = lowerOpen;
    this.upperOpen = upperOpen;
  }

  static only(key: unknown): KeyRange {
    return new KeyRange(checkKey(key), checkKey(key), false, false);
  }

  static lowerBound(key: unknown, open = false): KeyRange {
    return new KeyRange(checkKey(key), undefined, open, true);
  }

  static upperBound(key: unknown, open = false): KeyRange {
    return new KeyRange(undefined, checkKey(key), true, open);
  }

  static bound(lower: unknown, upper: unknown, lowerOpen = false, upperOpen = false): KeyRange {
    const order = compare(checkKey(lower), checkKey(upper));
    if (order > 0 || (order === 0 && (lowerOpen || upperOpen))) {
      throw failure("DataError", "The lower key is greater than the upper key");
    }
    return new KeyRange(checkKey(lower), checkKey(upper), lowerOpen, upperOpen);
  }

  includes(key: unknown): boolean {
    const order = (bound: Key | undefined) => bound === undefined ? undefined : compare(checkKey(key), bound);
    const [above, below] = [order(this.lower), order(this.upper)];
    return (above === undefined || above > 0 || (above === 0 && !this.lowerOpen)) &&
      (below === undefined || below < 0 || (below === 0 && !this.upperOpen));
  }
}

function toRange(query: unknown): KeyRange | undefined {
  if (query === undefined || query === null) return undefined;
  return query instanceof KeyRange ? query : KeyRange.only(query);
}

/** A row of an index, or of a store, where both keys are the same. */
interface Entry {
  readonly key: Key;
  readonly primaryKey: Key;
}

function compareEntries(a: Entry, b: Entry): number {
  return compare(a.key, b.key) || compare(a.primaryKey, b.primaryKey);
}

/** Entries in their order. */
class SortedEntries {
  readonly #entries: Entry[] = [];

  add(entry: Entry): void {
    this.#entries.splice(this.#position(entry), 0, entry);
  }

  remove(entry: Entry): void {
    const at = this.#position(entry);
    const found = this.#entries[at];
    if (found !== undefined && compareEntries(found, entry) === 0) this.#entries.splice(at, 1);
  }

  /** Returns the entries in a range, at most a number of them. */
  select(range: KeyRange | undefined, count = Infinity): Entry[] {
    const selected: Entry[] = [];
    const { lower } = range ?? {};
    const from = lower === undefined ? 0 : this.#position({ key: lower, primaryKey: -Infinity });
    for (let at = from; at < this.#entries.length && selected.length < count; at++) {
      const entry = this.#entries[at]!;
      if (range?.includes(entry.key) ?? true) selected.push(entry);
      else if (range?.upper !== undefined && compare(entry.key, range.upper) > 0) break;
    }
    return selected;
  }

  /** Returns the first entry in a range after another entry. */
  after(entry: Entry, range: KeyRange | undefined): Entry | undefined {
    let at = this.#position(entry);
    const found = this.#entries[at];
    if (found !== undefined && compareEntries(found, entry) === 0) at++;
    const next = this.#entries[at];
    return next !== undefined && (range?.includes(next.key) ?? true) ? next : undefined;
  }

  #position(entry: Entry): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareEntries(this.#entries[middle]!, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** An index: where in a value its key is, and the entries. */
class IndexData {
  readonly keyPath: KeyPath;
  readonly unique: boolean;
  readonly entries = new SortedEntries();
  readonly #keys = new Map<Key, Key>();

  constructor(keyPath: KeyPath, unique: boolean) {
    this.keyPath = keyPath;
    this.unique = unique;
  }

  /** Returns the index key of a value; `undefined` if the value is not in the index. */
  keyOf(value: unknown): Key | undefined {
    const at = (path: string) =>
      path.split(".").reduce<unknown>(
        (object, name) => (object as Record<string, unknown> | null)?.[name],
        value,
      );
    const key = typeof this.keyPath === "string" ? at(this.keyPath) : this.keyPath.map(at);
    return isKey(key) ? key : undefined;
  }

  set(primaryKey: Key, value: unknown): void {
    this.remove(primaryKey);
    const key = this.keyOf(value);
    if (key === undefined) return;
    this.#keys.set(primaryKey, key);
    this.entries.add({ key, primaryKey });
  }

  remove(primaryKey: Key): void {
    const key = this.#keys.get(primaryKey);
    if (key === undefined) return;
    this.#keys.delete(primaryKey);
    this.entries.remove({ key, primaryKey });
  }
}

/** The rows of an object store, as JSON, and its indexes. */
class StoreData {
  readonly rows = new Map<Key, string>();
  readonly entries = new SortedEntries();
  readonly indexes = new Map<string, IndexData>();

  set(key: Key, json: string): void {
    if (!this.rows.has(key)) this.entries.add({ key, primaryKey: key });
    this.rows.set(key, json);
    if (this.indexes.size === 0) return;
    const value: unknown = JSON.parse(json);
    for (const index of this.indexes.values()) index.set(key, value);
  }

  remove(key: Key): void {
    if (!this.rows.delete(key)) return;
    this.entries.remove({ key, primaryKey: key });
    for (const index of this.indexes.values()) index.remove(key);
  }
}

/** The schema of a database, which is stored beside its rows. */
interface Schema {
  version: number;
  stores: Record<string, Record<string, { keyPath: KeyPath; unique: boolean }>>;
}

/** A database: its object stores, its transactions, and how they are written. */
class DatabaseData {
  readonly name: string;
  version = 0;
  stores = new Map<string, StoreData>();
  readonly #factory: IndexedDB;
  #transactions: Transaction[] = [];

  constructor(name: string, factory: IndexedDB) {
    this.name = name;
    this.#factory = factory;
  }

  schemaKey(): string {
    return `schema:${this.name}`;
  }

  rowKey(store: string, key: Key): string {
    return `row:${JSON.stringify([this.name, store, key])}`;
  }

  schema(): Schema {
    const stores = [...this.stores].map((
      [name, { indexes }],
    ) => [
      name,
      Object.fromEntries([...indexes].map(([index, { keyPath, unique }]) => [index, { keyPath, unique }])),
    ]);
    return { version: this.version, stores: Object.fromEntries(stores) };
  }

  /** Starts a transaction once no transaction before it overlaps. */
  enter(transaction: Transaction): void {
    this.#transactions.push(transaction);
    this.#startAll();
  }

  leave(transaction: Transaction): void {
    this.#transactions = this.#transactions.filter((one) => one !== transaction);
    this.#startAll();
  }

  write(changes: ReadonlyMap<string, string | undefined>): Promise<void> {
    return this.#factory.commit(changes);
  }

  #startAll(): void {
    this.#transactions.forEach((transaction, at) => {
      const blocked = this.#transactions.slice(0, at).some((before) => transaction.overlaps(before));
      if (!blocked) transaction.start();
    });
  }
}

/** An event at a request or a transaction. */
class DBEvent {
  readonly type: string;
  readonly target: unknown;
  readonly currentTarget: unknown;
  readonly oldVersion: number | undefined;
  readonly newVersion: number | undefined;
  defaultPrevented = false;

  constructor(type: string, target: unknown, versions?: readonly [oldVersion: number, newVersion: number]) {
    this.type = type;
    this.target = target;
    this.currentTarget = target;
    [this.oldVersion, this.newVersion] = versions ?? [];
  }

  preventDefault(): void {
    this.defaultPrevented = true;
  }

  stopPropagation(): void {}
}

/** A list of names, as `DOMStringList` is. */
class Names extends Array<string> {
  static sorted(names: Iterable<string>): Names {
    return Names.from([...names].sort()) as Names;
  }

  item(index: number): string | null {
    return this[index] ?? null;
  }

  contains(name: string): boolean {
    return this.includes(name);
  }
}

/** A request. Its handlers are called in a microtask. */
class DBRequest {
  onsuccess: Handler = null;
  onerror: Handler = null;
  readonly source: unknown;
  readyState: "pending" | "done" = "pending";
  transaction: Transaction | null;
  #result: unknown;
  #error: DOMException | null = null;

  constructor(source: unknown, transaction: Transaction | null) {
    this.source = source;
    this.transaction = transaction;
  }

  get result(): unknown {
    if (this.readyState === "pending") throw failure("InvalidStateError", "The request is pending");
    return this.#result;
  }

  get error(): DOMException | null {
    if (this.readyState === "pending") throw failure("InvalidStateError", "The request is pending");
    return this.#error;
  }

  succeed(result: unknown): void {
    this.readyState = "done";
    this.#result = result;
    this.#error = null;
    this.onsuccess?.(new DBEvent("success", this));
  }

  /** Returns whether a handler has dealt with the error. */
  fail(error: DOMException): boolean {
    this.readyState = "done";
    this.#result = undefined;
    this.#error = error;
    const event = new DBEvent("error", this);
    this.onerror?.(event);
    return event.defaultPrevented;
  }

  /** Makes a cursor's request pending again. */
  repeat(): void {
    this.readyState = "pending";
  }
}

class OpenDBRequest extends DBRequest {
  onupgradeneeded: Handler = null;
  onblocked: Handler = null;

  constructor() {
    super(null, null);
  }

  upgrade(database: Database, transaction: Transaction, versions: readonly [number, number]): void {
    this.transaction = transaction;
    this.succeedQuietly(database);
    this.onupgradeneeded?.(new DBEvent("upgradeneeded", this, versions));
  }

  private succeedQuietly(result: unknown): void {
    const handler = this.onsuccess;
    this.onsuccess = null;
    this.succeed(result);
    this.onsuccess = handler;
  }
}

/** A transaction: executes its requests in their order, and writes what they changed. */
class Transaction {
  oncomplete: Handler = null;
  onabort: Handler = null;
  onerror: Handler = null;
  /** Called when the transaction has ended, before the handlers of the engine. */
  onEnd: ((isComplete: boolean) => void) | undefined;
  readonly db: Database;
  readonly mode: Mode;
  readonly durability = "strict";
  error: DOMException | null = null;
  readonly #scope: ReadonlySet<string> | undefined;
  readonly #data: DatabaseData;
  readonly #requests: [DBRequest, () => unknown][] = [];
  readonly #changes = new Map<string, string | undefined>();
  readonly #undo: (() => void)[] = [];
  #state: "waiting" | "active" | "committing" | "finished" = "waiting";
  #commitRequested = false;
  #executing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: Database, data: DatabaseData, mode: Mode, scope?: readonly string[]) {
    this.db = db;
    this.#data = data;
    this.mode = mode;
    this.#scope = scope && new Set(scope);
    data.enter(this);
  }

  get objectStoreNames(): Names {
    return Names.sorted(this.#scope ?? this.#data.stores.keys());
  }

  objectStore(name: string): ObjectStore {
    const store = this.#data.stores.get(name);
    if (store === undefined || this.#scope?.has(name) === false) {
      throw failure("NotFoundError", `There is no object store ${name} in the transaction`);
    }
    return new ObjectStore(name, this, store);
  }

  commit(): void {
    this.#checkOpen();
    this.#commitRequested = true;
    this.#continue();
  }

  abort(): void {
    this.#checkOpen();
    this.#end(null);
  }

  overlaps(other: Transaction): boolean {
    if (this.mode === "readonly" && other.mode === "readonly") return false;
    if (this.#scope === undefined || other.#scope === undefined) return true;
    return [...this.#scope].some((name) => other.#scope!.has(name));
  }

  start(): void {
    if (this.#state !== "waiting") return;
    this.#state = "active";
    this.#continue();
  }

  /** Adds a request. */
  request(source: unknown, execute: () => unknown, request = new DBRequest(source, this)): DBRequest {
    this.#checkOpen();
    if (this.#commitRequested) {
      throw failure("TransactionInactiveError", "The transaction is being committed");
    }
    this.#requests.push([request, execute]);
    this.#continue();
    return request;
  }

  /** Changes a row, so that the change is written at the commit and undone at an abort. */
  change(name: string, store: StoreData, key: Key, json: string | undefined): void {
    const before = store.rows.get(key);
    const apply = (value: string | undefined) =>
      value === undefined ? store.remove(key) : store.set(key, value);
    apply(json);
    this.#undo.push(() => apply(before));
    this.#changes.set(this.#data.rowKey(name, key), json);
  }

  /** Changes the schema. */
  changeSchema(apply: () => void, undo: () => void): void {
    if (this.mode !== "versionchange") {
      throw failure("InvalidStateError", "Only an upgrade can change object stores");
    }
    apply();
    this.#undo.push(undo);
  }

  checkWritable(): void {
    if (this.mode === "readonly") throw failure("ReadOnlyError", "The transaction is read-only");
  }

  #checkOpen(): void {
    if (this.#state === "committing" || this.#state === "finished") {
      throw failure("InvalidStateError", "The transaction has finished");
    }
  }

  #continue(): void {
    if (this.#state !== "active" || this.#executing) return;
    clearTimeout(this.#timer);
    this.#executing = true;
    queueMicrotask(() => this.#execute());
  }

  #execute(): void {
    this.#executing = false;
    if (this.#state !== "active") return;
    const next = this.#requests.shift();
    if (next !== undefined) {
      const [request, execute] = next;
      this.#run(request, execute);
      this.#continue();
    } else if (this.#commitRequested) {
      void this.#commit();
    } else {
      // A transaction without a request commits by itself, but not before code that waits for a request has run.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#commit());
    }
  }

  #run(request: DBRequest, execute: () => unknown): void {
    let result: unknown;
    try {
      result = execute();
    } catch (error) {
      const exception = error instanceof DOMException ? error : failure("UnknownError", `${error}`);
      if (!request.fail(exception) && this.#state === "active") this.#end(exception);
      return;
    }
    request.succeed(result);
  }

  async #commit(): Promise<void> {
    clearTimeout(this.#timer);
    this.#state = "committing";
    if (this.mode === "versionchange") {
      this.#changes.set(this.#data.schemaKey(), JSON.stringify(this.#data.schema()));
    }
    try {
      if (this.#changes.size > 0) await this.#data.write(this.#changes);
    } catch (error) {
      this.#end(failure("UnknownError", `Cannot write to the crypto store: ${(error as Error)?.message}`));
      return;
    }
    this.#state = "finished";
    this.#data.leave(this);
    this.onEnd?.(true);
    this.oncomplete?.(new DBEvent("complete", this));
  }

  #end(error: DOMException | null): void {
    clearTimeout(this.#timer);
    this.#state = "finished";
    this.error = error;
    for (const undo of this.#undo.reverse()) undo();
    for (const [request] of this.#requests.splice(0)) {
      request.fail(failure("AbortError", "The transaction was aborted"));
    }
    this.#data.leave(this);
    queueMicrotask(() => {
      this.onEnd?.(false);
      this.onabort?.(new DBEvent("abort", this));
    });
  }
}

/** An object store or an index, for queries. */
abstract class Source {
  abstract readonly name: string;
  abstract readonly store: ObjectStore;
  protected abstract entries(): SortedEntries;

  get(query: unknown): DBRequest {
    const range = toRange(query) ?? KeyRange.only(query);
    return this.#request(() => {
      const [entry] = this.entries().select(range, 1);
      return entry && this.store.value(entry.primaryKey);
    });
  }

  getKey(query: unknown): DBRequest {
    const range = toRange(query) ?? KeyRange.only(query);
    return this.#request(() => this.entries().select(range, 1)[0]?.primaryKey);
  }

  getAll(query?: unknown, count?: number): DBRequest {
    const range = toRange(query);
    return this.#request(() =>
      this.entries().select(range, count || Infinity).map(({ primaryKey }) => this.store.value(primaryKey))
    );
  }

  getAllKeys(query?: unknown, count?: number): DBRequest {
    const range = toRange(query);
    return this.#request(() =>
      this.entries().select(range, count || Infinity).map(({ primaryKey }) => primaryKey)
    );
  }

  count(query?: unknown): DBRequest {
    const range = toRange(query);
    return this.#request(() => this.entries().select(range).length);
  }

  openCursor(query?: unknown, direction: string = "next"): DBRequest {
    if (direction !== "next") throw notSupported(`cursors of direction ${direction}`);
    const range = toRange(query);
    const request: DBRequest = this.#request(() => {
      const [entry] = this.entries().select(range, 1);
      return entry === undefined ? null : new CursorWithValue(this, this.entries(), range, request, entry);
    });
    return request;
  }

  openKeyCursor(): never {
    throw notSupported("key cursors");
  }

  #request(execute: () => unknown): DBRequest {
    return this.store.transaction.request(this, execute);
  }
}

class ObjectStore extends Source {
  readonly name: string;
  readonly transaction: Transaction;
  readonly keyPath = null;
  readonly autoIncrement = false;
  readonly #data: StoreData;

  constructor(name: string, transaction: Transaction, data: StoreData) {
    super();
    this.name = name;
    this.transaction = transaction;
    this.#data = data;
  }

  get store(): ObjectStore {
    return this;
  }

  get indexNames(): Names {
    return Names.sorted(this.#data.indexes.keys());
  }

  put(value: unknown, key?: unknown): DBRequest {
    return this.#write(value, key, false);
  }

  add(value: unknown, key?: unknown): DBRequest {
    return this.#write(value, key, true);
  }

  delete(query: unknown): DBRequest {
    this.transaction.checkWritable();
    const range = toRange(query) ?? KeyRange.only(query);
    return this.transaction.request(this, () => this.#remove(range));
  }

  clear(): DBRequest {
    this.transaction.checkWritable();
    return this.transaction.request(this, () => this.#remove(undefined));
  }

  index(name: string): Index {
    const index = this.#data.indexes.get(name);
    if (index === undefined) throw failure("NotFoundError", `There is no index ${name}`);
    return new Index(name, this, index);
  }

  createIndex(name: string, keyPath: KeyPath, options?: { unique?: boolean; multiEntry?: boolean }): Index {
    if (options?.multiEntry) throw notSupported("indexes with several entries for a row");
    const { indexes, rows } = this.#data;
    if (indexes.has(name)) throw failure("ConstraintError", `There is an index ${name}`);
    const index = new IndexData(
      typeof keyPath === "string" ? keyPath : [...keyPath],
      options?.unique === true,
    );
    for (const [key, json] of rows) index.set(key, JSON.parse(json));
    this.transaction.changeSchema(() => indexes.set(name, index), () => indexes.delete(name));
    return new Index(name, this, index);
  }

  deleteIndex(name: string): void {
    const { indexes, rows } = this.#data;
    const index = indexes.get(name);
    if (index === undefined) throw failure("NotFoundError", `There is no index ${name}`);
    this.transaction.changeSchema(() => indexes.delete(name), () => {
      const { keyPath, unique } = index;
      const restored = new IndexData(keyPath, unique);
      for (const [key, json] of rows) restored.set(key, JSON.parse(json));
      indexes.set(name, restored);
    });
  }

  value(key: Key): unknown {
    const json = this.#data.rows.get(key);
    return json === undefined ? undefined : JSON.parse(json);
  }

  protected override entries(): SortedEntries {
    return this.#data.entries;
  }

  #write(value: unknown, key: unknown, isNew: boolean): DBRequest {
    this.transaction.checkWritable();
    const primaryKey = checkKey(key);
    if (typeof primaryKey === "object") throw notSupported("arrays as keys of rows");
    const json = JSON.stringify(value);
    if (json === undefined) throw failure("DataCloneError", "The value is not JSON");
    return this.transaction.request(this, () => {
      if (isNew && this.#data.rows.has(primaryKey)) {
        throw failure("ConstraintError", "The key is in the object store already");
      }
      const stored: unknown = JSON.parse(json);
      for (const [name, index] of this.#data.indexes) {
        const indexKey = index.unique ? index.keyOf(stored) : undefined;
        if (indexKey === undefined) continue;
        const [other] = index.entries.select(KeyRange.only(indexKey), 1);
        if (other !== undefined && compare(other.primaryKey, primaryKey) !== 0) {
          throw failure("ConstraintError", `The key is in the index ${name} already`);
        }
      }
      this.transaction.change(this.name, this.#data, primaryKey, json);
      return primaryKey;
    });
  }

  #remove(range: KeyRange | undefined): void {
    for (const { primaryKey } of this.#data.entries.select(range)) {
      this.transaction.change(this.name, this.#data, primaryKey, undefined);
    }
  }
}

class Index extends Source {
  readonly name: string;
  readonly objectStore: ObjectStore;
  readonly multiEntry = false;
  readonly #data: IndexData;

  constructor(name: string, objectStore: ObjectStore, data: IndexData) {
    super();
    this.name = name;
    this.objectStore = objectStore;
    this.#data = data;
  }

  get keyPath(): KeyPath {
    return this.#data.keyPath;
  }

  get unique(): boolean {
    return this.#data.unique;
  }

  get store(): ObjectStore {
    return this.objectStore;
  }

  protected override entries(): SortedEntries {
    return this.#data.entries;
  }
}

class Cursor {
  readonly source: Source;
  readonly request: DBRequest;
  readonly direction = "next";
  key: Key;
  primaryKey: Key;
  readonly #entries: SortedEntries;
  readonly #range: KeyRange | undefined;

  constructor(
    source: Source,
    entries: SortedEntries,
    range: KeyRange | undefined,
    request: DBRequest,
    { key, primaryKey }: Entry,
  ) {
    this.source = source;
    this.request = request;
    this.key = key;
    this.primaryKey = primaryKey;
    this.#entries = entries;
    this.#range = range;
  }

  get value(): unknown {
    return this.source.store.value(this.primaryKey);
  }

  continue(to?: unknown): void {
    if (to !== undefined) throw notSupported("cursors that continue at a key");
    this.request.repeat();
    this.source.store.transaction.request(this.source, () => {
      const next = this.#entries.after(this, this.#range);
      if (next === undefined) return null;
      ({ key: this.key, primaryKey: this.primaryKey } = next);
      return this;
    }, this.request);
  }

  advance(): never {
    throw notSupported("cursors that advance");
  }

  update(value: unknown): DBRequest {
    return this.source.store.put(value, this.primaryKey);
  }

  delete(): DBRequest {
    return this.source.store.delete(this.primaryKey);
  }
}

class CursorWithValue extends Cursor {}

/** A connection to a database. */
class Database {
  onversionchange: Handler = null;
  onclose: Handler = null;
  onabort: Handler = null;
  onerror: Handler = null;
  readonly #data: DatabaseData;
  #upgrade: Transaction | undefined;
  #closed = false;

  constructor(data: DatabaseData) {
    this.#data = data;
  }

  get name(): string {
    return this.#data.name;
  }

  get version(): number {
    return this.#data.version;
  }

  get objectStoreNames(): Names {
    return Names.sorted(this.#data.stores.keys());
  }

  close(): void {
    this.#closed = true;
  }

  transaction(names: string | readonly string[], mode: Mode = "readonly"): Transaction {
    if (this.#closed) throw failure("InvalidStateError", "The connection is closed");
    const scope = typeof names === "string" ? [names] : [...names];
    const missing = scope.find((name) => !this.#data.stores.has(name));
    if (missing !== undefined) throw failure("NotFoundError", `There is no object store ${missing}`);
    if (mode !== "readonly" && mode !== "readwrite") throw new TypeError(`${mode} is not a transaction mode`);
    return new Transaction(this, this.#data, mode, scope);
  }

  createObjectStore(name: string, options?: { keyPath?: unknown; autoIncrement?: boolean }): ObjectStore {
    if ((options?.keyPath ?? null) !== null || options?.autoIncrement) {
      throw notSupported("keys inside of values");
    }
    const { stores } = this.#data;
    if (stores.has(name)) throw failure("ConstraintError", `There is an object store ${name}`);
    const data = new StoreData();
    const transaction = this.#upgrading();
    transaction.changeSchema(() => stores.set(name, data), () => stores.delete(name));
    return new ObjectStore(name, transaction, data);
  }

  deleteObjectStore(name: string): void {
    const { stores } = this.#data;
    const data = stores.get(name);
    if (data === undefined) throw failure("NotFoundError", `There is no object store ${name}`);
    const transaction = this.#upgrading();
    for (const { primaryKey } of data.entries.select(undefined)) {
      transaction.change(name, data, primaryKey, undefined);
    }
    transaction.changeSchema(() => stores.delete(name), () => stores.set(name, data));
  }

  /** Starts the upgrade to a version. */
  upgrade(version: number): Transaction {
    const before = this.#data.version;
    const transaction = new Transaction(this, this.#data, "versionchange");
    transaction.changeSchema(() => this.#data.version = version, () => this.#data.version = before);
    this.#upgrade = transaction;
    return transaction;
  }

  /** Ends the upgrade, after which object stores cannot be changed. */
  upgraded(): void {
    this.#upgrade = undefined;
  }

  #upgrading(): Transaction {
    if (this.#upgrade !== undefined) return this.#upgrade;
    throw failure("InvalidStateError", "Only an upgrade can change object stores");
  }
}

/** An `indexedDB` over a store of strings. */
export class IndexedDB {
  /** The error of the last write. The engine loses the cause of a failed operation. */
  failure: unknown;
  /** Entries of the store that are not rows of databases. */
  readonly others: (readonly [key: string, value: string])[] = [];
  readonly #databases = new Map<string, DatabaseData>();
  readonly #store: StringStore;
  readonly #owner: readonly [key: string, value: string];
  #writing: Promise<unknown> = Promise.resolve();
  #held = new Map<string, string | undefined>();
  #isHeld = false;

  private constructor(store: StringStore) {
    this.#store = store;
    this.#owner = [OWNER, crypto.randomUUID()];
  }

  /**
   * Reads everything from a store and takes it over: a process that opened it before can no longer write.
   *
   * @param store The store.
   * @returns The databases in it.
   */
  static async load(store: StringStore): Promise<IndexedDB> {
    const factory = new IndexedDB(store);
    await store.write(new Map([factory.#owner]));
    const rows: [name: string, store: string, key: Key, json: string][] = [];
    for await (const [key, value] of store.load()) {
      if (key.startsWith("schema:")) factory.#restore(key.slice("schema:".length), JSON.parse(value));
      else if (key.startsWith("row:")) rows.push([...JSON.parse(key.slice("row:".length)), value] as never);
      else factory.others.push([key, value]);
    }
    for (const [name, storeName, key, json] of rows) {
      factory.#databases.get(name)?.stores.get(storeName)?.set(key, json);
    }
    return factory;
  }

  /** Opens a database, and upgrades it if it is older. */
  open(name: string, version?: number): OpenDBRequest {
    const data = this.#databases.get(name) ?? new DatabaseData(name, this);
    this.#databases.set(name, data);
    const request = new OpenDBRequest();
    const database = new Database(data);
    queueMicrotask(() => {
      const target = version ?? (data.version || 1);
      if (target < data.version) {
        request.fail(failure("VersionError", `The version is ${data.version}, not ${target}`));
      } else if (target === data.version) {
        request.succeed(database);
      } else {
        this.#upgrade(request, database, data.version, target);
      }
    });
    return request;
  }

  cmp(a: unknown, b: unknown): number {
    return Math.sign(compare(checkKey(a), checkKey(b)));
  }

  deleteDatabase(): never {
    throw notSupported("deleting a database");
  }

  /** Holds the changes of transactions until {@linkcode IndexedDB.flush}, so that they are written together. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Writes the changes that are held. If that fails they are held until the next time. */
  async flush(): Promise<void> {
    const changes = this.#held;
    this.#isHeld = false;
    if (changes.size === 0) return;
    this.#held = new Map();
    try {
      await this.write(changes);
    } catch (error) {
      this.#held = new Map([...changes, ...this.#held]);
      throw error;
    }
  }

  /** Writes the changes of a transaction, or holds them. */
  async commit(changes: ReadonlyMap<string, string | undefined>): Promise<void> {
    if (!this.#isHeld) return await this.write(changes);
    for (const [key, value] of changes) this.#held.set(key, value);
  }

  /** Writes changes, one transaction after another. */
  write(changes: ReadonlyMap<string, string | undefined>): Promise<void> {
    const written = this.#writing.then(() => this.#store.write(changes, this.#owner));
    this.#writing = written.catch((error) => this.failure = error);
    return written;
  }

  #upgrade(request: OpenDBRequest, database: Database, from: number, to: number): void {
    const transaction = database.upgrade(to);
    // The first request of the transaction, so that it starts when no other transaction runs.
    transaction.request(null, () => request.upgrade(database, transaction, [from, to]));
    transaction.onEnd = (isComplete) => {
      database.upgraded();
      request.transaction = null;
      // After the event of the transaction.
      queueMicrotask(() => {
        if (isComplete) request.succeed(database);
        else request.fail(transaction.error ?? failure("AbortError", "The upgrade was aborted"));
      });
    };
  }

  #restore(name: string, { version, stores }: Schema): void {
    const data = new DatabaseData(name, this);
    data.version = version;
    for (const [storeName, indexes] of Object.entries(stores)) {
      const store = new StoreData();
      for (const [index, { keyPath, unique }] of Object.entries(indexes)) {
        store.indexes.set(index, new IndexData(keyPath, unique));
      }
      data.stores.set(storeName, store);
    }
    this.#databases.set(name, data);
  }
}

/** The globals that the engine looks up by name. */
export const INDEXED_DB_CLASSES: Readonly<Record<string, unknown>> = {
  IDBCursor: Cursor,
  IDBCursorWithValue: CursorWithValue,
  IDBDatabase: Database,
  IDBFactory: IndexedDB,
  IDBIndex: Index,
  IDBKeyRange: KeyRange,
  IDBObjectStore: ObjectStore,
  IDBOpenDBRequest: OpenDBRequest,
  IDBRequest: DBRequest,
  IDBTransaction: Transaction,
};
