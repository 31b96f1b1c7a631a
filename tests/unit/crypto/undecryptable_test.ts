/** Events that cannot be decrypted, and what happens when their keys arrive. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemorySyncStore, type UndecryptableDetails } from "../../../client/mod.ts";
import { MemoryStringStore, Undecryptable } from "../../../client/crypto/mod.ts";
import type { UndecryptableReason } from "../../../client/crypto/mod.ts";
import type { RoomID } from "../../../types/mod.ts";
import {
  ALICE,
  cryptoClient,
  cryptoServer,
  encrypted,
  FakeEngine,
  roomKey,
} from "../../support/fake_engine.ts";
import { joined, message, polls, ROOM, runUntil, until } from "../../support/sync_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const timeline = (next: string, ...events: Json[]) => joined(next, { timeline: { events } });
const keys = (next: string, ...sessions: string[]) => ({
  next_batch: next,
  to_device: { events: sessions.map((session) => roomKey(session)) },
});
const resumed = (since = "s0") => ({ store: new MemorySyncStore(since) });

/** Returns an engine that lacks the keys of sessions. */
function lacking(...sessions: string[]): FakeEngine {
  const engine = new FakeEngine();
  sessions.forEach((session) => engine.missing.add(session));
  return engine;
}

Deno.test("Client passes an undecryptable event to handlers of m.room.encrypted and to onUndecryptable, and commits", async () => {
  const event = encrypted("a", { session: "s", withheld: "m.unverified" });
  const reported: [Json, UndecryptableDetails][] = [];
  const { client, texts } = cryptoClient(cryptoServer({}, timeline("s1", event)), {
    ...resumed(),
    engine: lacking("s"),
    onUndecryptable: (event, details) => void reported.push([event, details]),
  });
  const handled: Json[] = [];
  client.on("m.room.encrypted", (event, { encryption }) => void handled.push([event, encryption]));
  await client.runOnce();
  assertEquals([texts, client.syncState.since], [[], "s1"]);
  assertEquals(handled, [[{ ...event, room_id: ROOM }, undefined]]);
  assertEquals(reported, [[{ ...event, room_id: ROOM }, {
    roomId: ROOM,
    reason: "missingKey",
    withheld: "m.unverified",
  }]]);
});

Deno.test("Client continues after onUndecryptable() throws, rejects or does not end", async () => {
  const failing = [
    () => {
      throw new Error("x");
    },
    () => Promise.reject(new Error("x")),
  ];
  for (const onUndecryptable of failing) {
    const errors: unknown[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (text: unknown) => errors.push(text) };
    const server = cryptoServer({}, timeline("s1", encrypted("a", { session: "s" }), message("b")));
    const { client, texts } = cryptoClient(server, {
      ...resumed(),
      engine: lacking("s"),
      onUndecryptable,
      log,
    });
    await client.runOnce();
    assertEquals([texts, errors], [["b"], ["onUndecryptable() failed"]]);
  }
});

Deno.test("Client delivers late events when their key has arrived, before newer ones of the room, once", async () => {
  const server = cryptoServer(
    {},
    timeline("s1", encrypted("a", { session: "s" }), message("b"), encrypted("c", { session: "s" })),
    timeline("s2", encrypted("d", { session: "other" })),
    { ...timeline("s3", message("e")), ...keys("s3", "s") },
    { ...timeline("s4", message("f")), ...keys("s4", "s") },
  );
  const { client, texts, undecryptable } = cryptoClient(server, {
    ...resumed(),
    engine: lacking("s", "other"),
  });
  const handled: unknown[] = [];
  client.on("m.room.message", ({ event_id, room_id }, context) => {
    handled.push([event_id, room_id, context.from, context.encryption?.sender]);
  });
  await runUntil(client, () => polls(server).length === 5);
  assertEquals(texts, ["b", "a", "c", "e", "f"]);
  assertEquals(undecryptable.map(([id]) => id), ["$a", "$c", "$d"]);
  assertEquals(handled[1], ["$a", ROOM, "timeline", ALICE]);
});

Deno.test("Client delivers late events in a sync without events of the room, with the transaction IDs of the event", async () => {
  const server = cryptoServer({}, timeline("s1", encrypted("a", { session: "s" })), keys("s2", "s"));
  const { client, texts } = cryptoClient(server, { ...resumed(), engine: lacking("s") });
  client.on("m.room.message", (_, { reply }) => reply("late"));
  await client.runOnce();
  assertEquals(await client.runOnce(), 1);
  assertEquals(texts, ["a"]);
  assert(server.received.some(({ path }) => path.endsWith("/send/m.room.encrypted/%24a_1_0")));
});

Deno.test("Client delivers late events when a key comes from elsewhere, for example from a backup", async () => {
  const server = cryptoServer({}, timeline("s1", encrypted("a", { session: "s" })), { next_batch: "s2" });
  const { client, texts, engine } = cryptoClient(server, { ...resumed(), engine: lacking("s") });
  await client.runOnce();
  engine.arrive("s");
  await client.runOnce();
  assertEquals(texts, ["a"]);
});

Deno.test("Client delivers events of untrusted devices late, when the devices of their senders were requested again", async () => {
  const server = cryptoServer(
    {},
    timeline("s1", encrypted("a", { reason: "untrusted" })),
    { next_batch: "s2", device_lists: { changed: [ALICE] } },
  );
  class Engine extends FakeEngine {
    override async decrypt(...args: Parameters<FakeEngine["decrypt"]>) {
      if (this.sentRequests.length < 2) throw new Undecryptable("untrusted");
      const { content } = encrypted("a");
      return await super.decrypt(args[0], { ...args[1], content });
    }
  }
  const { client, texts, undecryptable } = cryptoClient(server, { ...resumed(), engine: new Engine() });
  await client.runOnce();
  assertEquals([texts, undecryptable], [[], [["$a", "untrusted"]]]);
  await client.runOnce();
  assertEquals(texts, ["a"]);
});

Deno.test("Client keeps undecryptable events over a restart, and delivers them in the order of their arrival", async () => {
  const store = new MemoryStringStore();
  const first = cryptoClient(
    cryptoServer(
      {},
      timeline("s1", ...Array.from({ length: 11 }, (_, i) => encrypted(String(i), { session: "s" }))),
      timeline("s2", encrypted("x", { session: "s" })),
    ),
    { ...resumed(), keys: store, engine: lacking("s") },
  );
  await first.client.runOnce();
  await first.client.runOnce();
  const second = cryptoClient(cryptoServer({}, { next_batch: "s3" }, keys("s4", "s"), keys("s5", "s")), {
    ...resumed("s2"),
    keys: store,
    engine: lacking("s"),
  });
  await second.client.runOnce();
  assertEquals([second.texts, second.undecryptable], [[], []]);
  await second.client.runOnce();
  await second.client.runOnce();
  assertEquals(second.texts, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "x"]);

  // The key arrived, but the process ended before the events were delivered.
  const third = cryptoClient(cryptoServer({}, timeline("s1", encrypted("a", { session: "t" }))), {
    ...resumed(),
    keys: store,
    engine: lacking("t"),
  });
  await third.client.runOnce();
  const fourth = cryptoClient(cryptoServer({}, { next_batch: "s2" }), { ...resumed("s1"), keys: store });
  await fourth.client.runOnce();
  assertEquals(fourth.texts, ["a"]);
});

Deno.test("Client delivers late events again if the sync ends before they are committed", async () => {
  const server = cryptoServer({}, timeline("s1", encrypted("a", { session: "s" })), keys("s2", "s"), {
    next_batch: "s2",
  });
  const { client, texts } = cryptoClient(server, { ...resumed(), engine: lacking("s") });
  let stops = true;
  client.on("m.room.message", async (_, { signal }) => {
    if (!stops) return;
    const stopped = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    client.stop();
    await stopped;
  });
  await client.run();
  assertEquals([texts, client.syncState.since], [["a"], "s1"]);
  stops = false;
  await client.runOnce();
  assertEquals(texts, ["a", "a"]);
});

Deno.test("Client delivers an event once if its key arrived before its batch is delivered again", async () => {
  const store = new MemoryStringStore();
  const response = timeline("s1", encrypted("a", { session: "s" }), encrypted("b", { session: "s" }));
  const first = cryptoClient(cryptoServer({}, response), { ...resumed(), keys: store, engine: lacking("s") });
  await first.client.runOnce();
  const second = cryptoClient(cryptoServer({}, response, { next_batch: "s2" }), {
    ...resumed(),
    keys: store,
  });
  await second.client.runOnce();
  await second.client.runOnce();
  assertEquals(second.texts, ["a", "b"]);

  // The key arrives after the attempt to decrypt what was kept.
  const third = cryptoClient(cryptoServer({}, timeline("s1", encrypted("c", { session: "t" }))), {
    ...resumed(),
    keys: store,
    engine: lacking("t"),
  });
  await third.client.runOnce();
  const events = [encrypted("c", { session: "t" })];
  const fourth = cryptoClient(
    cryptoServer({}, { next_batch: "s0" }, timeline("s1", ...events), { next_batch: "s2" }),
    {
      ...resumed(),
      keys: store,
      engine: lacking("t"),
    },
  );
  await fourth.client.runOnce();
  fourth.engine.missing.clear();
  await fourth.client.runOnce();
  fourth.engine.arrive("t");
  await fourth.client.runOnce();
  assertEquals(fourth.texts, ["c"]);
});

Deno.test("Client does not deliver late events twice while detached work of their batch is running", async () => {
  const server = cryptoServer(
    {},
    timeline("s1", encrypted("a", { session: "s" })),
    keys("s2", "s"),
    keys("s3", "s"),
    keys("s4", "s"),
  );
  const { client, texts } = cryptoClient(server, { ...resumed(), engine: lacking("s") });
  let end = () => {};
  client.on("m.room.message", (_, { waitUntil }) => waitUntil(new Promise<void>((resolve) => end = resolve)));
  const run = client.run();
  await until(() => polls(server).length === 5);
  end();
  await client.stop();
  await run;
  assertEquals([texts, client.syncState.since], [["a"], "s4"]);
});

Deno.test("Client keeps only events that a key can make decryptable", async () => {
  const reasons: UndecryptableReason[] = [
    "missingKey",
    "unknownIndex",
    "untrusted",
    "forgedSender",
    "malformed",
  ];
  const store = new MemoryStringStore();
  const events = reasons.map((reason) => encrypted(reason, { reason }));
  const { client, undecryptable } = cryptoClient(cryptoServer({}, timeline("s1", ...events)), {
    ...resumed(),
    keys: store,
  });
  await client.runOnce();
  assertEquals(undecryptable.map(([, reason]) => reason), reasons);
  const kept: string[] = [];
  for await (const [key, value] of store.load()) {
    if (key.includes("kept:")) kept.push(JSON.parse(value).event.event_id);
  }
  assertEquals(kept, ["$missingKey", "$unknownIndex", "$untrusted"]);
});

Deno.test("Client drops a kept event that turns out to be undecryptable for good", async () => {
  const store = new MemoryStringStore();
  const event = encrypted("a", { session: "s", sender: "@eve:example.org" });
  const server = cryptoServer({}, timeline("s1", event), keys("s2", "s"));
  const { client, texts } = cryptoClient(server, { ...resumed(), keys: store, engine: lacking("s") });
  await client.runOnce();
  await client.runOnce();
  const kept = (await Array.fromAsync(store.load())).filter(([key]) => key.includes("kept:"));
  assertEquals([kept, texts], [[], []]);
});

Deno.test("Client keeps at most 1,000 events of a room, and drops the oldest", async () => {
  const store = new MemoryStringStore();
  const events = Array.from({ length: 1_005 }, (_, i) => encrypted(String(i), { session: "s" }));
  const other: RoomID = "!other:example.org";
  const response = {
    next_batch: "s1",
    rooms: {
      join: {
        [ROOM]: { timeline: { events: [...events, events[1_004]] } },
        [other]: { timeline: { events: [encrypted("x", { session: "s" })] } },
      },
    },
  };
  const { client, texts, engine } = cryptoClient(cryptoServer({}, response, { next_batch: "s2" }), {
    ...resumed(),
    keys: store,
    engine: lacking("s"),
  });
  await client.runOnce();
  engine.arrive("s");
  engine.arrive("s", other);
  assertEquals(await client.runOnce(), 1_001);
  assertEquals(texts.filter((text) => text !== "x"), events.slice(5).map((_, i) => String(i + 5)));
  const kept = (await Array.fromAsync(store.load())).filter(([key]) => key.includes("kept:"));
  assertEquals(kept, []);
});

Deno.test("Client stores an undecryptable event before its batch is committed", async () => {
  const memory = new MemoryStringStore();
  const failing = {
    load: () => memory.load(),
    write: (changes: ReadonlyMap<string, string | undefined>, expect?: readonly [string, string]) =>
      [...changes.keys()].some((key) => key.includes("kept:"))
        ? Promise.reject(new Error("disk full"))
        : memory.write(changes, expect),
  };
  const server = cryptoServer({}, timeline("s1", encrypted("a", { session: "s" })));
  const { client } = cryptoClient(server, { ...resumed(), keys: failing, engine: lacking("s") });
  await assertRejects(() => client.run(), Error, "Cannot write to the crypto store");
  assertEquals(client.syncState.since, "s0");
});
