import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  KvSessionStore,
  MemorySessionStore,
  RefreshingTokens,
  type Session,
  sessionOf,
  type SessionStore,
  WebStorageSessionStore,
} from "../../../client/mod.ts";
import { ClientAPI } from "../../../mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeKv } from "../../support/fake_kv.ts";
import { BASE_URL, FakeIssuer } from "../../support/issuer.ts";

const SESSION: Session = {
  baseUrl: BASE_URL,
  userId: "@alice:example.org",
  deviceId: "DEVICE",
  accessToken: "ACCESSTOKENOFALICE",
  refreshToken: "REFRESHTOKENOFALICE",
  expiresAt: 1_700_000_000_000,
};
const KEY = ["bot", "session"];

class FakeStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
  removeItem = (key: string) => void this.items.delete(key);
}

const STORES: [name: string, make: () => SessionStore][] = [
  ["MemorySessionStore", () => new MemorySessionStore()],
  ["KvSessionStore", () => new KvSessionStore(new FakeKv(), KEY)],
  ["WebStorageSessionStore", () => new WebStorageSessionStore(new FakeStorage(), "session")],
];

for (const [name, make] of STORES) {
  Deno.test(`${name} returns null, then the last session, then null after its removal`, async () => {
    const store = make();
    assertEquals(await store.get(), null);
    await store.set({ ...SESSION, accessToken: "old" });
    await store.set(SESSION);
    assertEquals(await store.get(), SESSION);
    await store.remove();
    assertEquals(await store.get(), null);
  });

  Deno.test(`${name} shows no token in inspection`, async () => {
    const { inspect } = await import("node:util");
    const store = make();
    if (name === "MemorySessionStore") await store.set(SESSION);
    const source = new RefreshingTokens(store);
    const client = new ClientAPI({ baseUrl: BASE_URL, auth: source, fetch: new FakeIssuer().server.fetch });
    await client.whoami().catch(() => {});
    const shown = [store, source, client].map((value) =>
      JSON.stringify(value) + inspect(value, { depth: 9, showHidden: true })
    ).join();
    assert(!shown.includes("TOKENOFALICE"));
  });
}

Deno.test("WebStorageSessionStore rejects text that is not JSON without quoting it", async () => {
  const storage = new FakeStorage();
  storage.setItem("session", '{"accessToken":"SECRET"');
  const error = await assertRejects(() => new WebStorageSessionStore(storage, "session").get(), TypeError);
  assertEquals([error.message.includes("SECRET"), error.cause], [false, undefined]);
});

Deno.test("WebStorageSessionStore.lock() uses the Web Locks API if it exists", async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const names: string[] = [];
  const locks = {
    request: (name: string, work: () => Promise<unknown>) => (names.push(name), work()),
  };
  try {
    const store = new WebStorageSessionStore(new FakeStorage(), "session");
    for (const navigator of [{ locks }, {}, undefined]) {
      Object.defineProperty(globalThis, "navigator", {
        value: navigator,
        configurable: true,
        writable: true,
      });
      assertEquals(await store.lock(() => Promise.resolve(5)), 5);
    }
    assertEquals(names, ["@mtx/client session"]);
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else Reflect.deleteProperty(globalThis, "navigator");
  }
});

Deno.test("KvSessionStore.lock() runs one process at a time", async () => {
  await FakeClock.use(async (clock) => {
    const kv = new FakeKv();
    let running = 0;
    let most = 0;
    const work = Array.from({ length: 5 }, () =>
      new KvSessionStore(kv, KEY).lock(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        running--;
      }));
    await clock.advance(10_000);
    await Promise.all(work);
    assertEquals([most, running, kv.size], [1, 0, 0]);
  });
});

Deno.test("KvSessionStore.lock() releases the lease after a failure", async () => {
  const kv = new FakeKv();
  const failure = new Error("no");
  const store = new KvSessionStore(kv, KEY);
  assertEquals(await assertRejects(() => store.lock(() => Promise.reject(failure))), failure);
  assertEquals(kv.size, 0);
});

Deno.test("KvSessionStore.lock() acquires the lease of a killed process after 60 s", async () => {
  await FakeClock.use(async (clock) => {
    const kv = new FakeKv();
    void new KvSessionStore(kv, KEY).lock(() => new Promise(() => {}));
    let worked = false;
    const second = new KvSessionStore(kv, KEY).lock(() => Promise.resolve(void (worked = true)));
    await clock.advance(1_000);
    clock.now += 58_000;
    await clock.advance(500);
    assertEquals(worked, false);
    await clock.advance(2_000);
    await second;
    assertEquals(worked, true);
  });
});

Deno.test("KvSessionStore.set() stores nothing after another process has taken over the lease", async () => {
  await FakeClock.use(async (clock) => {
    const kv = new FakeKv();
    await new KvSessionStore(kv, KEY).set(SESSION);
    const frozen = new KvSessionStore(kv, KEY);
    let thaw = () => {};
    const late = frozen.lock(async () => {
      await new Promise<void>((resolve) => thaw = resolve);
      await frozen.set({ ...SESSION, accessToken: "late" });
    });
    const failed = assertRejects(() => late, Error, "another process has taken over its lease");
    const other = new KvSessionStore(kv, KEY);
    const second = other.lock(() => other.set({ ...SESSION, accessToken: "new" }));
    await clock.advance(0);
    clock.now += 61_000;
    await clock.advance(1_000);
    await second;
    thaw();
    await failed;
    assertEquals((await other.get())?.accessToken, "new");
  });
});

Deno.test("KvSessionStore repeats operations while another process writes to the database", async () => {
  await FakeClock.use(async (clock) => {
    const kv = new FakeKv();
    const store = new KvSessionStore(kv, KEY);
    kv.busy = 3;
    const done = store.lock(async () => {
      kv.busy = 3;
      await store.set(SESSION);
      kv.busy = 3;
      assertEquals(await store.get(), SESSION);
      kv.busy = 3;
    });
    await clock.advance(2_000);
    await done;
    assertEquals(kv.size, 1);
    kv.busy = Infinity;
    const failed = assertRejects(() => store.get(), TypeError, "database is locked");
    await clock.advance(10_000);
    await failed;
  });
});

Deno.test("KvSessionStore lets two processes renew one after the other", async () => {
  await FakeClock.use(async (clock) => {
    const issuer = new FakeIssuer();
    const kv = new FakeKv();
    await new KvSessionStore(kv, KEY).set(issuer.session({ expiresAt: 0 }));
    const clients = [1, 2, 3].map(() =>
      new ClientAPI({
        baseUrl: BASE_URL,
        fetch: issuer.server.fetch,
        auth: new RefreshingTokens(new KvSessionStore(kv, KEY)),
      })
    );
    const done = Promise.all(clients.map((client) => client.whoami()));
    await clock.advance(5_000);
    await done;
    assertEquals([issuer.sentRenewals.length, kv.size], [1, 1]);
  });
});

Deno.test("sessionOf() returns the session of a login", () => {
  const client = new ClientAPI({ baseUrl: `${BASE_URL}/` });
  const response = { user_id: "@alice:example.org", device_id: "D", access_token: "a" } as const;
  const session: Session = {
    baseUrl: BASE_URL,
    userId: "@alice:example.org",
    deviceId: "D",
    accessToken: "a",
  };
  assertEquals(sessionOf(client, response), session);
  const before = Date.now();
  const { expiresAt = 0, ...rest } = sessionOf(client, {
    ...response,
    refresh_token: "r",
    expires_in_ms: 1_000,
  });
  assertEquals(rest, { ...session, refreshToken: "r" });
  assert(expiresAt >= before + 1_000 && expiresAt <= Date.now() + 1_000);
});
