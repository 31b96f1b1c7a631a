import { assertEquals, assertThrows } from "@std/assert";
import {
  type AtomicKeyValueOperation,
  type AtomicKeyValueStore,
  KvTransactionStore,
  MemoryTransactionStore,
  type TransactionStore,
} from "../../../client/appservice/mod.ts";

/** A key-value database in memory, with a version for each entry as Deno KV has it. */
class FakeKv implements AtomicKeyValueStore {
  readonly entries = new Map<string, { value: unknown; versionstamp: string }>();
  /** Called before each commit. */
  beforeCommit = () => {};
  #version = 0;

  get(key: unknown[]) {
    return Promise.resolve(this.entries.get(JSON.stringify(key)) ?? { value: null, versionstamp: null });
  }

  atomic(): AtomicKeyValueOperation {
    const checks: [string, string | null][] = [];
    const writes: [string, unknown][] = [];
    const operation: AtomicKeyValueOperation = {
      check({ key, versionstamp }) {
        checks.push([JSON.stringify(key), versionstamp]);
        return operation as never;
      },
      set(key, value, { expireIn }) {
        assertEquals(expireIn, 86_400_000);
        writes.push([JSON.stringify(key), structuredClone(value)]);
        return operation as never;
      },
      commit: () => {
        this.beforeCommit();
        const ok = checks.every(([key, version]) =>
          (this.entries.get(key)?.versionstamp ?? null) === version
        );
        if (ok) { for (const [key, value] of writes) this.#set(key, value); }
        return Promise.resolve({ ok });
      },
    };
    return operation;
  }

  #set(key: string, value: unknown) {
    this.entries.set(key, { value, versionstamp: `${++this.#version}` });
  }
}

const STORES: [name: string, make: () => TransactionStore][] = [
  ["MemoryTransactionStore", () => new MemoryTransactionStore()],
  ["KvTransactionStore", () => new KvTransactionStore(new FakeKv(), ["bot"])],
];

for (const [name, make] of STORES) {
  Deno.test(`${name}.claim() gives a transaction to one owner until it is completed`, async () => {
    const store = make();
    assertEquals(await store.claim("1", "a", 60_000), { state: "new", handled: [] });
    assertEquals(await store.claim("1", "b", 60_000), { state: "busy" });
    assertEquals(await store.claim("2", "b", 60_000), { state: "new", handled: [] });
    await store.complete("1", "a");
    assertEquals(await store.claim("1", "b", 60_000), { state: "done" });
    assertEquals(await store.claim("1", "a", 60_000), { state: "done" });
  });

  Deno.test(`${name}.claim() gives one of two owners the transaction at the same time`, async () => {
    const store = make();
    const claims = await Promise.all([store.claim("1", "a", 60_000), store.claim("1", "b", 60_000)]);
    assertEquals(claims.map(({ state }) => state).sort(), ["busy", "new"]);
  });

  Deno.test(`${name}.claim() gives the transaction to another owner after the lease, with what was handled`, async () => {
    const store = make();
    await store.claim("1", "a", 60_000);
    assertEquals(await store.save("1", "a", ["$1"], 0), true);
    assertEquals(await store.claim("1", "b", 60_000), { state: "new", handled: ["$1"] });
    assertEquals(await store.save("1", "a", ["$1", "$2"], 60_000), false);
    await store.release("1", "a", ["$9"]);
    await store.complete("1", "a");
    assertEquals(await store.claim("1", "c", 60_000), { state: "busy" });
    assertEquals(await store.save("1", "b", ["$1", "$2"], 60_000), true);
  });

  Deno.test(`${name}.release() lets another owner continue at once`, async () => {
    const store = make();
    await store.claim("1", "a", 60_000);
    await store.release("1", "a", ["$1", "$2"]);
    assertEquals(await store.claim("1", "b", 60_000), { state: "new", handled: ["$1", "$2"] });
  });

  Deno.test(`${name}.save() does not reopen a completed transaction`, async () => {
    const store = make();
    await store.claim("1", "a", 60_000);
    await store.complete("1", "a");
    assertEquals(await store.save("1", "a", ["$1"], 60_000), false);
    await store.release("1", "a", []);
    assertEquals(await store.claim("1", "b", 60_000), { state: "done" });
  });

  Deno.test(`${name} keeps its own copy of the handled events`, async () => {
    const store = make();
    await store.claim("1", "a", 60_000);
    const handled = ["$1"];
    await store.save("1", "a", handled, 0);
    handled.push("$2");
    const claim = await store.claim("1", "b", 60_000);
    assertEquals(claim, { state: "new", handled: ["$1"] });
  });
}

Deno.test("MemoryTransactionStore forgets the oldest transactions beyond its size", async () => {
  const store = new MemoryTransactionStore(2);
  for (const key of ["1", "2", "3"]) {
    await store.claim(key, "a", 60_000);
    await store.complete(key, "a");
  }
  assertEquals(await store.claim("3", "a", 1), { state: "done" });
  assertEquals(await store.claim("2", "a", 1), { state: "done" });
  assertEquals(await store.claim("1", "a", 1), { state: "new", handled: [] });
});

for (const size of [0, -1, 1.5, NaN]) {
  Deno.test(`MemoryTransactionStore() refuses the size ${size}`, () => {
    assertThrows(() => new MemoryTransactionStore(size), RangeError);
  });
}

Deno.test("KvTransactionStore.save() stores nothing if another process commits in between", async () => {
  const kv = new FakeKv();
  const store = new KvTransactionStore(kv, ["bot"]);
  await store.claim("1", "a", 0);
  kv.beforeCommit = () => {
    kv.beforeCommit = () => {};
    kv.entries.set('["bot","1"]', { value: { owner: "b", until: 1e15, handled: [] }, versionstamp: "other" });
  };
  assertEquals(await store.save("1", "a", ["$1"], 60_000), false);
  assertEquals(await store.claim("1", "a", 60_000), { state: "busy" });
});
