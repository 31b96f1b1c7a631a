import { assertEquals, assertThrows } from "@std/assert";
import {
  type AtomicKeyValueOperation,
  type AtomicKeyValueStore,
  KvTransactionStore,
  MemoryTransactionStore,
  type TransactionStore,
} from "../../../client/appservice/mod.ts";
import { STORE_TESTS } from "../../support/transaction_stores.ts";

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
  for (const [does, test] of Object.entries(STORE_TESTS)) Deno.test(`${name}${does}`, () => test(make()));
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
