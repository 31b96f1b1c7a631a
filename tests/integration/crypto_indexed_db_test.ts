/** Compares the IndexedDB of the crypto store with npm's `fake-indexeddb`, which passes the web platform tests. */
import { assertEquals } from "@std/assert";
import { INDEXED_DB_CLASSES, IndexedDB } from "../../client/crypto/indexed_db.ts";
import { MemoryStringStore } from "../../client/crypto/mod.ts";
import * as fake from "npm:fake-indexeddb@6";

// deno-lint-ignore no-explicit-any
type Any = any;

interface Implementation {
  indexedDB: Any;
  IDBKeyRange: Any;
}

/** Random numbers that are the same for the same seed. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed * 2654435761 >>> 0 || 1;
  }
  next(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }
}

const settled = (request: Any): Promise<unknown> =>
  new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event: Any) => {
      event.preventDefault();
      resolve(`error ${request.error.name}`);
    };
  });

const ended = (transaction: Any): Promise<string> =>
  new Promise((resolve) => {
    transaction.oncomplete = () => resolve("complete");
    transaction.onabort = () => resolve(`abort ${transaction.error?.name}`);
  });

async function open(
  { indexedDB }: Implementation,
  version: number,
  upgrade: (db: Any, request: Any) => void,
) {
  const request = indexedDB.open("db", version);
  request.onupgradeneeded = () => upgrade(request.result, request);
  return await settled(request) as Any;
}

function schema(db: Any): void {
  db.createObjectStore("plain");
  const indexed = db.createObjectStore("indexed");
  indexed.createIndex("n", "n");
  indexed.createIndex("unique", "u", { unique: true });
  indexed.createIndex("both", ["n", "nested.s"]);
}

function query(random: Random, { IDBKeyRange }: Implementation, key: () => unknown): unknown {
  const [a, b] = [key(), key()];
  try {
    switch (random.next(7)) {
      case 0:
        return undefined;
      case 1:
        return a;
      case 2:
        return IDBKeyRange.only(a);
      case 3:
        return IDBKeyRange.lowerBound(a, random.next(2) === 1);
      case 4:
        return IDBKeyRange.upperBound(a, random.next(2) === 1);
      default:
        return IDBKeyRange.bound(a, b, random.next(2) === 1, random.next(2) === 1);
    }
  } catch (error) {
    return `threw ${(error as DOMException).name}`;
  }
}

/** Walks a cursor, changing some of the rows on the way. */
async function walk(random: Random, request: Any, writable: boolean, log: unknown[]): Promise<void> {
  await new Promise<void>((resolve) => {
    request.onerror = () => resolve();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve();
      log.push([cursor.key, cursor.primaryKey, cursor.value, cursor.request === request]);
      const action = writable ? random.next(4) : 3;
      if (action === 0) cursor.delete();
      if (action === 1) cursor.update({ ...cursor.value, seen: (cursor.value.seen ?? 0) + 1 });
      cursor.continue();
    };
  });
}

async function operate(random: Random, implementation: Implementation, transaction: Any, log: unknown[]) {
  const name = random.pick([...transaction.objectStoreNames]);
  const store = transaction.objectStore(name);
  const key = () => random.pick<unknown>(["a", "b", "c", "", "aa", "é", 1, 2, 10, -1, 1.5, "1"]);
  const value = () => ({
    n: random.pick([1, 2, "x", null, true, undefined]),
    u: random.next(3) === 0 ? random.next(5) : undefined,
    nested: random.pick([undefined, { s: "s" }, { s: 5 }, { s: null }]),
  });
  try {
    switch (random.next(9)) {
      case 0:
      case 1:
        return log.push(await settled(store.put(value(), key())));
      case 2:
        return log.push(await settled(store.add(value(), key())));
      case 3:
        return log.push(await settled(store.delete(query(random, implementation, key))));
      case 4:
        return log.push(random.next(8) === 0 ? await settled(store.clear()) : "kept");
      default: {
        const index = name === "indexed" && random.next(3) > 0
          ? random.pick(["n", "unique", "both"])
          : undefined;
        const source = index === undefined ? store : store.index(index);
        const part = () => random.pick<unknown>([1, 2, "x", "s", 5]);
        const indexKey = index === undefined ? key : index === "both" ? () => [part(), part()] : part;
        const method = random.pick(["get", "getAll", "getAllKeys", "count", "openCursor"]);
        const range = query(random, implementation, indexKey);
        if (typeof range === "string" && range.startsWith("threw")) return log.push(range);
        if (method === "openCursor") {
          return await walk(random, source.openCursor(range), transaction.mode === "readwrite", log);
        }
        const count = method.startsWith("getAll") && random.next(3) === 0 ? [1 + random.next(2)] : [];
        return log.push([method, await settled(source[method](range, ...count))]);
      }
    }
  } catch (error) {
    log.push(`threw ${(error as DOMException).name}`);
  }
}

/** Runs a random program and returns what it saw. */
async function run(implementation: Implementation, seed: number): Promise<unknown[]> {
  const random = new Random(seed);
  const log: unknown[] = [];
  const db = await open(implementation, 1, schema);
  for (let i = 0; i < 12; i++) {
    const mode = random.pick(["readonly", "readwrite", "readwrite"]);
    const transaction = db.transaction(random.pick([["plain"], ["indexed"], ["plain", "indexed"]]), mode);
    const end = ended(transaction);
    for (let j = random.next(8); j >= 0; j--) await operate(random, implementation, transaction, log);
    const how = random.next(4);
    if (how === 0) transaction.abort();
    if (how === 1) transaction.commit();
    log.push(await end);
  }
  const all = db.transaction(["plain", "indexed"]);
  for (const name of ["plain", "indexed"]) {
    log.push(
      await settled(all.objectStore(name).getAllKeys()),
      await settled(all.objectStore(name).getAll()),
    );
  }
  await ended(all);
  db.close();
  // Values are JSON here, so what is undefined is missing.
  return JSON.parse(JSON.stringify(log));
}

const reference = (): Implementation => ({ indexedDB: new fake.IDBFactory(), IDBKeyRange: fake.IDBKeyRange });

async function ours(store = new MemoryStringStore()): Promise<Implementation> {
  return { indexedDB: await IndexedDB.load(store), IDBKeyRange: INDEXED_DB_CLASSES.IDBKeyRange };
}

Deno.test("IndexedDB behaves as fake-indexeddb in 300 random programs", async () => {
  for (let seed = 1; seed <= 300; seed++) {
    assertEquals(await run(await ours(), seed), await run(reference(), seed), `seed ${seed}`);
  }
});

Deno.test("IndexedDB is the same after it is loaded again", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const store = new MemoryStringStore();
    const log = await run(await ours(store), seed);
    const implementation = await ours(store);
    const db = await open(implementation, 1, () => {
      throw new Error("upgraded again");
    });
    const again: unknown[] = [];
    const all = db.transaction(["plain", "indexed"]);
    const end = ended(all);
    for (const name of ["plain", "indexed"]) {
      again.push(
        await settled(all.objectStore(name).getAllKeys()),
        await settled(all.objectStore(name).getAll()),
      );
    }
    await end;
    assertEquals(again, log.slice(-4), `seed ${seed}`);
  }
});

Deno.test("IndexedDB upgrades as fake-indexeddb does, and undoes an upgrade that fails", async () => {
  const scenario = async (implementation: Implementation) => {
    const log: unknown[] = [];
    let db = await open(implementation, 1, (db, request) => {
      schema(db);
      request.transaction.objectStore("indexed").put({ n: 1 }, "kept");
    });
    log.push([...db.objectStoreNames], db.version);
    db.close();
    log.push(
      await open(implementation, 2, (db, request) => {
        db.deleteObjectStore("plain");
        db.createObjectStore("new");
        request.transaction.objectStore("indexed").put({ n: 2 }, "undone");
        request.transaction.abort();
      }),
    );
    db = await open(implementation, 3, (db, request) => {
      log.push([...db.objectStoreNames]);
      const store = request.transaction.objectStore("indexed");
      store.deleteIndex("unique");
      store.createIndex("later", "n");
      db.deleteObjectStore("plain");
    });
    const store = db.transaction("indexed").objectStore("indexed");
    log.push(
      [...db.objectStoreNames],
      [...store.indexNames],
      await settled(store.index("later").getAllKeys()),
    );
    db.close();
    log.push(await open(implementation, 2, () => {}));
    return log;
  };
  assertEquals(await scenario(await ours()), await scenario(reference()));
});
