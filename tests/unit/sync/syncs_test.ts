import { FakeClock } from "../../support/fake_clock.ts";
import { FakeKv } from "../../support/fake_kv.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { KvSyncStore, MemorySyncStore, WebStorageSyncStore } from "../../../client/mod.ts";
import { matrixError } from "../../support/fake_homeserver.ts";
import {
  batch,
  joined,
  ME,
  message,
  polls,
  runUntil,
  stateLog,
  syncClient,
  syncServer,
} from "../../support/sync_server.ts";

const FILTER = `POST /_matrix/client/v3/user/${encodeURIComponent(ME)}/filter`;

/** Returns the first values of an iteration. */
async function take<T>(answers: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const answer of answers) {
    taken.push(answer);
    if (taken.length === count) break;
  }
  return taken;
}

Deno.test("Client.syncs() polls with the token of the last response", async () => {
  const server = syncServer(batch("s1", "a"), batch("s2", "b"), batch("s3", "c"));
  const taken = await take(syncClient(server).syncs(), 3);
  assertEquals(taken.map(({ next_batch }) => next_batch), ["s1", "s2", "s3"]);
  assertEquals(polls(server).map(({ query }) => query.get("since")), [null, "s1", "s2"]);
  assertEquals(polls(server).map(({ query }) => query.get("timeout")), ["30000", "30000", "30000"]);
});

Deno.test("Client.syncs() commits a response when the next one is requested", async () => {
  const store = new MemorySyncStore("s0");
  const stream = syncClient(syncServer(batch("s1"), batch("s2")), { store }).syncs();
  await stream.next();
  assertEquals(await store.get(), "s0");
  await stream.next();
  assertEquals(await store.get(), "s1");
  await stream.return();
  assertEquals(await store.get(), "s1");
});

Deno.test("Client.syncs() does not commit the response with which the loop is left", async () => {
  const store = new MemorySyncStore("s0");
  const server = syncServer(batch("s1"), batch("s1"), batch("s1"));
  const client = syncClient(server, { store });
  await take(client.syncs(), 1);
  await assertRejects(
    async () => {
      for await (const _ of client.syncs()) throw new Error("no");
    },
    Error,
    "no",
  );
  await take(client.syncs(), 1);
  assertEquals(await store.get(), "s0");
  assertEquals(polls(server).map(({ query }) => query.get("since")), ["s0", "s0", "s0"]);
});

Deno.test("Client.syncs() resumes from memory without a store", async () => {
  const server = syncServer(batch("s1"), batch("s2"), batch("s2"));
  const client = syncClient(server);
  await take(client.syncs(), 2);
  await take(client.syncs(), 1);
  assertEquals(polls(server).map(({ query }) => query.get("since")), [null, "s1", "s1"]);
});

Deno.test("Client.syncs() starts at `since` and commits to the store", async () => {
  const store = new MemorySyncStore("old");
  const server = syncServer(batch("s6"), batch("s7"));
  await take(syncClient(server, { store }).syncs({ since: "s5" }), 2);
  assertEquals(polls(server).map(({ query }) => query.get("since")), ["s5", "s6"]);
  assertEquals(await store.get(), "s6");
});

Deno.test("Client.syncs() ignores the constructor's `since` after a commit", async () => {
  const server = syncServer(batch("s6"), batch("s7"), batch("s7"), batch("s3"));
  const client = syncClient(server, { since: "s5" });
  await take(client.syncs(), 2);
  await take(client.syncs(), 1);
  await take(client.syncs({ since: "s2" }), 1);
  assertEquals(polls(server).map(({ query }) => query.get("since")), ["s5", "s6", "s6", "s2"]);
});

Deno.test("Client.syncs() treats null and the empty string from a store as no token", async () => {
  for (const nothing of [null, "", undefined]) {
    const server = syncServer(batch("s1"));
    const store = { get: () => Promise.resolve(nothing), set: () => Promise.resolve() };
    await take(syncClient(server).syncs({ store }), 1);
    assertEquals(polls(server)[0]?.query.has("since"), false);
  }
});

Deno.test("Client.syncs() rejects with the error of the store", async () => {
  const broken = new Error("disk full");
  const fails = () => Promise.reject(broken);
  const works = () => Promise.resolve(undefined);
  for (const store of [{ get: fails, set: works }, { get: works, set: fails }]) {
    const { states, onState } = stateLog();
    const client = syncClient(syncServer(batch("s1"), batch("s2")), { store, onState });
    assertStrictEquals(await assertRejects(() => take(client.syncs(), 2)), broken);
    assertStrictEquals(states.at(-1)?.error, broken);
    assertEquals(states.at(-1)?.state, "stopped");
  }
});

Deno.test("Client.syncs() rejects a stored token that is not a string", async () => {
  const server = syncServer(batch("s1"));
  const client = syncClient(server, { store: new KvSyncStore(kv([["sync"], 5]), ["sync"]) });
  await assertRejects(() => take(client.syncs(), 1), TypeError, "token");
  assertEquals(server.received.length, 0);
});

Deno.test("Client.syncs() uploads a filter once", async () => {
  const filter = { room: { timeline: { limit: 5 } } };
  const server = syncServer(batch("s1"), batch("s2"), batch("s3")).on(FILTER, { filter_id: "7" });
  const client = syncClient(server, { filter });
  await take(client.syncs(), 2);
  await take(client.syncs({ filter: { ...filter } }), 1);
  assertEquals(server.received.filter(({ method }) => method === "POST").map(({ body }) => body), [filter]);
  assertEquals(polls(server).map(({ query }) => query.get("filter")), ["7", "7", "7"]);
});

Deno.test("Client.syncs() sends a filter ID unchanged", async () => {
  const server = syncServer(batch("s1"));
  await take(syncClient(server).syncs({ filter: "12" }), 1);
  assertEquals(polls(server)[0]?.query.get("filter"), "12");
  assertEquals(server.received.length, 1);
});

Deno.test("Client.syncs() sends whoami before the upload of a filter, if mxid is unset", async () => {
  const server = syncServer(batch("s1"), batch("s2")).on(FILTER, { filter_id: "7" });
  const client = syncClient(server, { mxid: undefined, filter: {} });
  await take(client.syncs(), 1);
  await take(client.syncs({ filter: { presence: {} } }), 1);
  assertEquals(server.received.filter(({ path }) => path.endsWith("/whoami")).length, 1);
  assertEquals(client.mxid, ME);
});

Deno.test("Client.syncs() requests the full state until the first response", async () => {
  const server = syncServer(matrixError(502, "M_UNKNOWN"), batch("s1"), batch("s2"));
  const backoff = { minTimeout: 1, maxTimeout: 1 };
  await take(syncClient(server).syncs({ fullState: true, setPresence: "offline", backoff }), 2);
  assertEquals(polls(server).map(({ query }) => query.get("full_state")), ["true", "true", null]);
  assertEquals(polls(server).map(({ query }) => query.get("set_presence")), [
    "offline",
    "offline",
    "offline",
  ]);
});

Deno.test("Client.syncs() yields responses unchanged from the server", async () => {
  const answer = joined("s1", { timeline: { events: [message("old")], limited: true, prev_batch: "p" } });
  const [taken] = await take(syncClient(syncServer(answer)).syncs(), 1);
  assertEquals(taken, answer);
});

Deno.test("Client.syncs() rejects with the signal's reason", async () => {
  const reason = new Error("enough");
  const client = syncClient(syncServer());
  const { states, onState } = stateLog();
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 10);
  assertStrictEquals(
    await assertRejects(() => take(client.syncs({ signal: stop.signal, onState }), 1)),
    reason,
  );
  assertEquals(states.at(-1), { state: "stopped", since: undefined, failures: 0 });
  assertStrictEquals(
    await assertRejects(() => take(client.syncs({ signal: AbortSignal.abort(reason) }), 1)),
    reason,
  );
});

Deno.test("Client.syncs() commits the last response when the signal is aborted", async () => {
  const stop = new AbortController();
  const store = new MemorySyncStore();
  const stream = syncClient(syncServer(batch("s1"))).syncs({ store, signal: stop.signal });
  await stream.next();
  stop.abort();
  await assertRejects(() => stream.next(), DOMException);
  assertEquals(await store.get(), "s1");
});

Deno.test("Client.syncs() removes its listener from the caller's signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
  await take(syncClient(syncServer(batch("s1"), batch("s2"))).syncs({ signal }), 2);
  assertEquals(listeners, 0);
});

Deno.test("Client rejects invalid options before any request", async () => {
  const server = syncServer();
  const client = syncClient(server);
  for (
    const wrong of [
      { timeout: -1 },
      { timeout: 0.5 },
      { concurrency: 0 },
      { gapLimit: -1 },
      { retries: -1 },
      {
        handlerDeadline: 0,
      },
      { backoff: { minTimeout: -1 } },
    ]
  ) {
    await assertRejects(() => client.run(wrong), RangeError);
    await assertRejects(() => client.runOnce(wrong), RangeError);
    await assertRejects(() => client.syncs(wrong).next(), RangeError);
  }
  for (
    const wrong of [{ catchUp: "some" }, { store: {} }, { from: "nowhere" }, { onGap: 5 }, { own: "no" }]
  ) {
    await assertRejects(() => client.run(wrong as never), TypeError);
  }
  assertEquals(server.received.length, 0);
});

function kv(...entries: [unknown[], unknown][]) {
  const values = new Map(entries.map(([key, value]) => [JSON.stringify(key), value]));
  return {
    values,
    get: (key: unknown[]) => Promise.resolve({ key, value: values.get(JSON.stringify(key)) ?? null }),
    set: (key: unknown[], value: unknown) => {
      values.set(JSON.stringify(key), value);
      return Promise.resolve({ ok: true });
    },
  };
}

Deno.test("KvSyncStore stores the token under its key", async () => {
  const database = kv();
  const store = new KvSyncStore(database, ["bot", "sync"]);
  assertEquals(await store.get(), undefined);
  await store.set("s1");
  assertEquals([...database.values], [['["bot","sync"]', "s1"]]);
  assertEquals(await store.get(), "s1");
});

Deno.test("WebStorageSyncStore stores the token under its key, and rejects when the storage is full", async () => {
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (value === "too much") throw new DOMException("full", "QuotaExceededError");
      items.set(key, value);
    },
  };
  const store = new WebStorageSyncStore(storage, "sync");
  assertEquals(await store.get(), undefined);
  await store.set("s1");
  assertEquals(await store.get(), "s1");
  const failing = store.set("too much");
  assert(failing instanceof Promise);
  await assertRejects(() => failing, DOMException);
});

Deno.test("Client.run() works without Promise.withResolvers(), which Node.js 20 lacks", async () => {
  const server = syncServer(joined("s1", { timeline: { events: [message("a")] } }), batch("s2"));
  const client = syncClient(server, { store: new MemorySyncStore("s0") });
  const heard: unknown[] = [];
  client.on("m.room.message", (event) => void heard.push(event.content.body));
  const { withResolvers } = Promise;
  Reflect.deleteProperty(Promise, "withResolvers");
  try {
    await runUntil(client, () => heard.length > 0);
  } finally {
    Object.defineProperty(Promise, "withResolvers", {
      value: withResolvers,
      configurable: true,
      writable: true,
    });
  }
  assertEquals(heard, ["a"]);
});

Deno.test("KvSyncStore repeats operations while another process writes to the database", async () => {
  await FakeClock.use(async (clock) => {
    const database = new FakeKv();
    const store = new KvSyncStore(database, ["sync"]);
    database.busy = 3;
    const done = store.set("s1");
    await clock.advance(1_000);
    await done;
    database.busy = 3;
    const token = store.get();
    await clock.advance(1_000);
    assertEquals(await token, "s1");
  });
});
