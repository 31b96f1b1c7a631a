import { type KeyPart, type StorageLike, whenFree } from "../stores.ts";
import { StoreTakenOver, type StringStore } from "./string_store.ts";

/** A key-value database for {@linkcode KvStringStore}, such as Deno KV. */
export interface KeyValueDatabase {
  /** Gets an entry, with `null` as value and version if there is none. */
  get(key: KeyPart[]): Promise<{ readonly value: unknown; readonly versionstamp: string | null }>;
  /** Lists the entries whose keys begin with a prefix. */
  list(
    selector: { prefix: KeyPart[] },
  ): AsyncIterable<{ readonly key: readonly unknown[]; readonly value: unknown }>;
  /** Starts an atomic operation. */
  atomic(): KeyValueOperation;
}

/** An atomic operation of a {@linkcode KeyValueDatabase}. */
export interface KeyValueOperation {
  /** Makes the operation fail unless an entry still has a version. */
  check(entry: { key: KeyPart[]; versionstamp: string | null }): this;
  /** Sets a value. */
  set(key: KeyPart[], value: unknown): this;
  /** Removes an entry. */
  delete(key: KeyPart[]): this;
  /** Executes the operation. `ok` is `false` if a check failed. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/** An entry of a {@linkcode KeyValueDatabase}. */
type Entry = { readonly key: readonly unknown[]; readonly value: unknown };

/** The change of an entry; `undefined` removes it. */
type Mutation = readonly [key: KeyPart[], value: unknown];

/** Characters in one entry. Deno KV takes 64 KiB, and a character has at most three bytes. */
const PART = 20_000;
/** Changes and characters in one atomic operation. Deno KV takes 1,000 changes and 800 KiB. */
const MAX_CHANGES = 500;
const MAX_CHARACTERS = 200_000;

/**
 * Keeps strings in a key-value database such as Deno KV.
 *
 * What exceeds an atomic operation of the database is written to a journal first, which the next start repeats if the
 * process ends in between.
 */
export class KvStringStore implements StringStore {
  readonly #kv: KeyValueDatabase;
  readonly #prefix: readonly KeyPart[];
  /** Number of entries of values that take more than one. */
  readonly #parts = new Map<string, number>();

  /**
   * Creates a store.
   *
   * @param kv The database.
   * @param prefix Beginning of the keys.
   */
  constructor(kv: KeyValueDatabase, prefix: readonly KeyPart[]) {
    this.#kv = kv;
    this.#prefix = [...prefix];
  }

  /** Yields all entries, after repeating what an interrupted write left in the journal. */
  async *load(): AsyncGenerator<readonly [key: string, value: string]> {
    const { value: length } = await whenFree(() => this.#kv.get(this.#key("journal length")));
    if (typeof length === "number") {
      const journal: Mutation[] = [];
      for (const { key, value } of await this.#list("journal")) {
        journal[key.at(-1) as number] = value as Mutation;
      }
      await this.#applyJournal(journal.slice(0, length));
    }
    const values = new Map<string, string[]>();
    for (const { key, value } of await this.#list("row")) {
      const [name, part] = key.slice(this.#prefix.length + 1) as [string, number];
      const parts = values.get(name) ?? [];
      values.set(name, parts);
      parts[part] = value as string;
    }
    for (const [name, parts] of values) {
      if (parts.length > 1) this.#parts.set(name, parts.length);
      yield [name, parts.join("")];
    }
  }

  /** Applies changes, see {@linkcode StringStore}. */
  async write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    const mutations = [...changes].flatMap(([name, value]) => this.#mutations(name, value));
    if ([...groups(mutations)].length <= 1) {
      await this.#commit(mutations, expect);
    } else {
      await this.#commitAll(mutations.map((mutation, at) => [this.#key("journal", at), mutation]));
      await this.#commit([[this.#key("journal length"), mutations.length]], expect);
      await this.#applyJournal(mutations);
    }
    for (const [name, value] of changes) {
      if (value !== undefined && value.length > PART) this.#parts.set(name, Math.ceil(value.length / PART));
      else this.#parts.delete(name);
    }
  }

  /** Returns the changes of entries that a change of a value takes. */
  #mutations(name: string, value: string | undefined): Mutation[] {
    const before = this.#parts.get(name) ?? 1;
    const after = value === undefined ? 0 : Math.max(1, Math.ceil(value.length / PART));
    return Array.from({ length: Math.max(before, after) }, (_, part) => {
      const text = part < after ? value!.slice(part * PART, (part + 1) * PART) : undefined;
      return [this.#key("row", name, part), text];
    });
  }

  /** Executes what the journal says, then removes the journal. */
  async #applyJournal(journal: readonly Mutation[]): Promise<void> {
    await this.#commitAll(journal);
    await this.#commit([[this.#key("journal length"), undefined]]);
    await this.#commitAll(journal.map((_, at) => [this.#key("journal", at), undefined]));
  }

  async #commitAll(mutations: readonly Mutation[]): Promise<void> {
    for (const group of groups(mutations)) await this.#commit(group);
  }

  async #commit(
    mutations: readonly Mutation[],
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    const { ok } = await whenFree(async () => {
      const operation = this.#kv.atomic();
      if (expect !== undefined) {
        const key = this.#key("row", expect[0], 0);
        const { value, versionstamp } = await this.#kv.get(key);
        if (value !== expect[1]) throw new StoreTakenOver();
        operation.check({ key, versionstamp });
      }
      for (const [key, value] of mutations) {
        if (value === undefined) operation.delete([...key]);
        else operation.set([...key], value);
      }
      return await operation.commit();
    });
    if (!ok) throw new StoreTakenOver();
  }

  async #list(name: string): Promise<Entry[]> {
    return await whenFree(async () => {
      const entries: Entry[] = [];
      for await (const entry of this.#kv.list({ prefix: this.#key(name) })) entries.push(entry);
      return entries;
    });
  }

  #key(...parts: KeyPart[]): KeyPart[] {
    return [...this.#prefix, ...parts];
  }
}

/** Divides mutations into groups that fit into an atomic operation. */
function* groups(mutations: readonly Mutation[]): Generator<Mutation[]> {
  let group: Mutation[] = [];
  let characters = 0;
  for (const mutation of mutations) {
    const size = JSON.stringify(mutation).length;
    if (group.length === MAX_CHANGES || (group.length > 0 && characters + size > MAX_CHARACTERS)) {
      yield group;
      [group, characters] = [[], 0];
    }
    group.push(mutation);
    characters += size;
  }
  if (group.length > 0) yield group;
}

/**
 * Keeps strings in a `Storage`, such as `localStorage`, for runtimes without IndexedDB that have one, such as Deno. A
 * `Storage` has room for 5 to 10 MB, which a device in large rooms exceeds.
 *
 * Each write goes to a journal in one item first, which the next start repeats if the process ends in between.
 *
 * @see https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface
 */
export class WebStorageStringStore implements StringStore {
  readonly #storage: EnumerableStorage;
  readonly #prefix: string;

  /**
   * Creates a store.
   *
   * @param storage The storage.
   * @param prefix Beginning of the keys.
   */
  constructor(storage: EnumerableStorage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** Yields all entries, after repeating what an interrupted write left in the journal. */
  async *load(): AsyncGenerator<readonly [key: string, value: string]> {
    const journal = this.#storage.getItem(this.#journalKey());
    if (journal !== null) this.#apply(JSON.parse(journal));
    const start = this.#rowKey("");
    const keys = Array.from({ length: this.#storage.length }, (_, at) => this.#storage.key(at) ?? "");
    for (const key of keys) {
      const value = key.startsWith(start) ? this.#storage.getItem(key) : null;
      if (value !== null) yield [key.slice(start.length), value];
    }
  }

  /** Applies changes, see {@linkcode StringStore}. */
  write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    try {
      if (expect !== undefined && this.#storage.getItem(this.#rowKey(expect[0])) !== expect[1]) {
        throw new StoreTakenOver();
      }
      const journal = [...changes].map(([key, value]): [string, string | null] => [key, value ?? null]);
      this.#storage.setItem(this.#journalKey(), JSON.stringify(journal));
      this.#apply(journal);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #apply(journal: readonly (readonly [key: string, value: string | null])[]): void {
    for (const [key, value] of journal) {
      if (value === null) this.#storage.removeItem(this.#rowKey(key));
      else this.#storage.setItem(this.#rowKey(key), value);
    }
    this.#storage.removeItem(this.#journalKey());
  }

  #journalKey(): string {
    return `${this.#prefix}journal`;
  }

  #rowKey(key: string): string {
    return `${this.#prefix}row:${key}`;
  }
}

/** A `Storage` for {@linkcode WebStorageStringStore}. */
export interface EnumerableStorage extends StorageLike {
  /** Number of items. */
  readonly length: number;
  /** Returns the key of an item, or `null`. */
  key(index: number): string | null;
  /** Removes an item. */
  removeItem(key: string): void;
}
