import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  KvStringStore,
  MemoryStringStore,
  StoreTakenOver,
  type StringStore,
  WebStorageStringStore,
} from "../../../client/crypto/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";

type Entry = { value: unknown; versionstamp: string };

/** A key-value database with the limits of Deno KV, which can end at any commit. */
class FakeKv {
  entries = new Map<string, Entry>();
  commits = 0;
  /** The commit that fails, as if the process had ended. */
  failAt = Infinity;
  /** Number of operations to reject, as Deno 2.9 does while another process writes. */
  busy = 0;
  #version = 0;

  #checkBusy(): Promise<void> {
    return this.busy-- > 0 ? Promise.reject(new TypeError("database is locked")) : Promise.resolve();
  }

  async get(key: unknown[]): Promise<Entry | { value: null; versionstamp: null }> {
    await this.#checkBusy();
    return this.entries.get(JSON.stringify(key)) ?? { value: null, versionstamp: null };
  }

  async *list({ prefix }: { prefix: unknown[] }) {
    await this.#checkBusy();
    for (const [text, { value }] of [...this.entries]) {
      const key = JSON.parse(text);
      if (prefix.every((part, at) => key[at] === part)) yield { key, value };
    }
  }

  atomic() {
    const checks: [string, string | null][] = [];
    const changes: [string, unknown][] = [];
    const operation = {
      check({ key, versionstamp }: { key: unknown[]; versionstamp: string | null }) {
        checks.push([JSON.stringify(key), versionstamp]);
        return operation as never;
      },
      set(key: unknown[], value: unknown) {
        assert(new TextEncoder().encode(JSON.stringify(value)).length < 65536, "a value of more than 64 KiB");
        changes.push([JSON.stringify(key), structuredClone(value)]);
        return operation as never;
      },
      delete(key: unknown[]) {
        changes.push([JSON.stringify(key), undefined]);
        return operation as never;
      },
      commit: async () => {
        await this.#checkBusy();
        assert(changes.length <= 1000, "more than 1,000 changes");
        assert(JSON.stringify(changes).length < 800 * 1024, "more than 800 KiB");
        if (this.commits++ >= this.failAt) throw new Error("killed");
        const ok = checks.every(([key, version]) =>
          (this.entries.get(key)?.versionstamp ?? null) === version
        );
        for (const [key, value] of ok ? changes : []) {
          if (value === undefined) this.entries.delete(key);
          else this.entries.set(key, { value, versionstamp: `${++this.#version}` });
        }
        return { ok };
      },
    };
    return operation;
  }
}

/** A `Storage` that can end at any change. */
class FakeStorage {
  items = new Map<string, string>();
  changes = 0;
  failAt = Infinity;

  get length() {
    return this.items.size;
  }
  key(index: number) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.#change(() => this.items.set(key, value));
  }
  removeItem(key: string) {
    this.#change(() => this.items.delete(key));
  }
  #change(apply: () => void) {
    if (this.changes++ >= this.failAt) throw new Error("killed");
    apply();
  }
}

async function entries(store: StringStore): Promise<Record<string, string>> {
  const result: [string, string][] = [];
  for await (const [key, value] of store.load()) result.push([key, value]);
  return Object.fromEntries(result.sort());
}

const long = (size: number) => "é".repeat(size);

/** Makes stores over the same data, one for each start of a process. */
const KINDS: [name: string, make: () => () => StringStore][] = [
  ["MemoryStringStore", () => {
    const store = new MemoryStringStore();
    return () => store;
  }],
  ["KvStringStore", () => {
    const kv = new FakeKv();
    return () => new KvStringStore(kv, ["bot"]);
  }],
  ["WebStorageStringStore", () => {
    const storage = new FakeStorage();
    storage.items.set("other", "kept apart");
    return () => new WebStorageStringStore(storage, "bot:");
  }],
];

for (const [name, make] of KINDS) {
  Deno.test(`${name} keeps what was written`, async () => {
    const start = make();
    const store = start();
    assertEquals(await entries(store), {});
    await store.write(new Map([["a", "1"], ["b", ""], ["c", long(50_000)]]));
    await store.write(new Map([["a", undefined], ["d", "4"], ["missing", undefined]]));
    assertEquals(await entries(start()), { b: "", c: long(50_000), d: "4" });
    await store.write(new Map([["c", "short"]]));
    await store.write(new Map([["d", long(20_001)], ["b", undefined]]));
    assertEquals(await entries(start()), { c: "short", d: long(20_001) });
  });

  Deno.test(`${name} takes 5,000 changes in one write`, async () => {
    const start = make();
    const changes = new Map(Array.from({ length: 5000 }, (_, i) => [`key ${i}`, long(i % 100)]));
    await start().write(changes);
    assertEquals(await entries(start()), Object.fromEntries([...changes].sort()));
  });

  Deno.test(`${name}.write() changes nothing if the expected value is another`, async () => {
    const start = make();
    const [first, second] = [start(), start()];
    await first.write(new Map([["owner", "first"]]));
    await first.write(new Map([["a", "1"]]), ["owner", "first"]);
    await second.write(new Map([["owner", "second"]]));
    await assertRejects(() => first.write(new Map([["a", "2"]]), ["owner", "first"]), StoreTakenOver);
    const many = new Map(Array.from({ length: 2000 }, (_, i) => [`${i}`, "x"]));
    await assertRejects(() => first.write(many, ["owner", "first"]), StoreTakenOver);
    await assertRejects(() => first.write(new Map(), ["missing", "x"]), StoreTakenOver);
    assertEquals(await entries(start()), { a: "1", owner: "second" });
  });
}

Deno.test("KvStringStore applies all of a write or nothing, whichever commit the process ends at", async () => {
  const before = { 0: "old", gone: "x", long: long(30_000) };
  const changes = new Map<string, string | undefined>(
    Array.from({ length: 1200 }, (_, i) => [`${i}`, "new"]),
  );
  changes.set("gone", undefined).set("long", "short");
  const after = Object.fromEntries([...changes].filter(([, value]) => value !== undefined).sort());
  const outcomes = new Set<string>();
  for (let failAt = 0; failAt < 20; failAt++) {
    const kv = new FakeKv();
    const store = new KvStringStore(kv, ["bot"]);
    await store.write(new Map(Object.entries(before)));
    kv.failAt = kv.commits + failAt;
    const outcome = await store.write(changes).then(() => "written", () => "killed");
    kv.failAt = Infinity;
    const found = await entries(new KvStringStore(kv, ["bot"]));
    const isAfter = found["1"] === "new";
    assertEquals(found, isAfter ? after : before, `killed at commit ${failAt}`);
    outcomes.add(`${outcome} ${isAfter}`);
  }
  assertEquals([...outcomes].sort(), ["killed false", "killed true", "written true"]);
});

Deno.test("KvStringStore repeats operations while another process writes to the database", async () => {
  await FakeClock.use(async (clock) => {
    const kv = new FakeKv();
    const store = new KvStringStore(kv, ["bot"]);
    const whileBusy = async <T>(operate: () => Promise<T>): Promise<T> => {
      kv.busy = 3;
      const done = operate();
      await clock.advance(2_000);
      return await done;
    };
    await whileBusy(() => store.write(new Map([["a", "1"]])));
    await whileBusy(() => store.write(new Map([["a", "2"]]), ["a", "1"]));
    assertEquals(await whileBusy(() => entries(store)), { a: "2" });
    kv.busy = Infinity;
    const failed = assertRejects(() => store.write(new Map([["a", "3"]])), TypeError, "database is locked");
    await clock.advance(10_000);
    await failed;
  });
});

Deno.test("WebStorageStringStore applies all of a write or nothing, whichever change the process ends at", async () => {
  const changes = new Map<string, string | undefined>([["a", "2"], ["b", undefined], ["c", "3"]]);
  for (let failAt = 0; failAt < 6; failAt++) {
    const storage = new FakeStorage();
    const store = new WebStorageStringStore(storage, "");
    await store.write(new Map([["a", "1"], ["b", "1"]]));
    storage.failAt = storage.changes + failAt;
    await store.write(changes).catch(() => {});
    storage.failAt = Infinity;
    const found = await entries(new WebStorageStringStore(storage, ""));
    assertEquals(found, failAt === 0 ? { a: "1", b: "1" } : { a: "2", c: "3" }, `killed at change ${failAt}`);
  }
});
