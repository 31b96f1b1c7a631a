/** Decryption of what a client receives. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { inspect } from "node:util";
import { Client, type EventEncryption, MemorySyncStore } from "../../../client/mod.ts";
import { CryptoStoreOutdated, MemoryStringStore, type StringStore } from "../../../client/crypto/mod.ts";
import { CryptoError, MatrixResponseError, MUnknownToken } from "../../../http/mod.ts";
import type { RoomID, SyncResponse, UserID } from "../../../types/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  ALICE,
  ciphertext,
  cryptoClient,
  cryptoServer,
  encrypted,
  FakeEngine,
  requestsOf,
  roomKey,
} from "../../support/fake_engine.ts";
import { broken, matrixError } from "../../support/fake_homeserver.ts";
import {
  joined,
  ME,
  message,
  MESSAGES,
  polls,
  ROOM,
  runUntil,
  syncClient,
} from "../../support/sync_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const timeline = (next: string, ...events: Json[]) => joined(next, { timeline: { events } });
const resumed = () => ({ store: new MemorySyncStore("s0") });

Deno.test("Client.run() receives, tracks senders, sends, decrypts, delivers and commits, in this order", async () => {
  const steps: string[] = [];
  const store = {
    get: () => Promise.resolve("s0"),
    set: () => Promise.resolve(void steps.push("commit")),
  };
  const response = { ...timeline("s1", encrypted("hello")), to_device: { events: [roomKey("session")] } };
  const server = cryptoServer({
    query: (request) => {
      steps.push("query");
      return new Response('{"device_keys":{}}', { headers: { "x-path": request.path } });
    },
  }, response);
  const { client, engine } = cryptoClient(server, { store });
  engine.missing.add("session");
  engine.requests.push(engine.request("keysUpload", {}));
  engine.before = (call) => {
    if (["receive", "track", "decrypt"].includes(call)) steps.push(call);
  };
  client.on("m.room.message", () => void steps.push("deliver"));
  await client.runOnce();
  assertEquals(steps, ["receive", "track", "query", "decrypt", "deliver", "commit"]);
  const sent = engine.sentRequests.map(([{ kind }]) => kind);
  assertEquals(sent, ["keysQuery", "keysUpload"]);
});

Deno.test("HandlerContext.encryption describes how an event was encrypted", async () => {
  const server = cryptoServer(
    {},
    timeline(
      "s1",
      encrypted("a"),
      encrypted("b", { verified: false }),
      message("c"),
      encrypted("d", {}, { sender: ME }),
    ),
  );
  const { client } = cryptoClient(server, resumed());
  const seen: [unknown, EventEncryption | undefined][] = [];
  client.on("m.room.message", ({ content }, { encryption }) => void seen.push([content.body, encryption]));
  await client.runOnce();
  const encryption = { sender: ALICE, device: "ADEVICE", verified: true, shield: undefined };
  assertEquals(seen, [
    ["a", encryption],
    ["b", { ...encryption, verified: false, shield: "Not verified" }],
    ["c", undefined],
  ]);
});

Deno.test("Client passes the required trust to the engine, crossSigned by default", async () => {
  for (const trust of [undefined, "crossSigned", "any"] as const) {
    const passed: unknown[] = [];
    class Engine extends FakeEngine {
      override decrypt(...args: Json[]) {
        passed.push(args[2]);
        return super.decrypt(args[0], args[1]);
      }
    }
    const { client } = cryptoClient(cryptoServer({}, timeline("s1", encrypted("a"))), {
      ...resumed(),
      engine: new Engine(),
      ...trust === undefined ? {} : { trust },
    });
    await client.runOnce();
    assertEquals(passed, [trust ?? "crossSigned"]);
  }
});

Deno.test("Client.run() passes only what is new to the engine", async () => {
  const counts = { device_one_time_keys_count: { signed_curve25519: 50 } };
  const server = cryptoServer(
    {},
    { next_batch: "s1", ...counts },
    { next_batch: "s2", ...counts },
    { ...timeline("s3", encrypted("a")), ...counts },
    { next_batch: "s4", device_one_time_keys_count: { signed_curve25519: 49 } },
    {
      next_batch: "s5",
      device_one_time_keys_count: { signed_curve25519: 49 },
      device_lists: { left: [ALICE] },
    },
    { next_batch: "s6", device_unused_fallback_key_types: ["signed_curve25519"] },
    { next_batch: "s7", device_unused_fallback_key_types: ["signed_curve25519"] },
  );
  const { client, engine } = cryptoClient(server, resumed());
  const news: number[] = [];
  for (let i = 0; i < 7; i++) {
    await client.runOnce();
    news.push(engine.received.length);
  }
  assertEquals(news, [1, 1, 1, 2, 3, 4, 4]);
  assertEquals(engine.calls.filter((call) => call === "outgoing").length < 15, true);
});

Deno.test("Client.run() ignores malformed parts of a response", async () => {
  const parts: Json[] = [
    {
      to_device: 5,
      device_lists: [],
      device_one_time_keys_count: null,
      device_unused_fallback_key_types: {},
    },
    { to_device: { events: [5, null, "x", {}] }, device_lists: { changed: "x", left: [5, "alice", ALICE] } },
    {
      device_one_time_keys_count: { a: "5", b: -1, c: 1.5, d: 2 },
      device_unused_fallback_key_types: [5, "x"],
    },
    { rooms: 5 },
    {
      rooms: {
        join: { [ROOM]: 5, "!b:c": { timeline: { events: [5, null, { type: "m.room.encrypted" }] } } },
      },
    },
    { rooms: { join: { [ROOM]: { state: { events: [{ type: "m.room.member", state_key: 5 }, 5] } } } } },
    { rooms: { join: { room: { timeline: { events: [encrypted("x")] } } } } },
  ];
  for (const part of parts) {
    const { client, engine } = cryptoClient(cryptoServer({}, { next_batch: "s1", ...part }), resumed());
    await client.runOnce();
    for (const { changed, left, counts, fallback } of engine.received) {
      assert([...changed, ...left].every((user) => user === ALICE));
      assert(Object.keys(counts).every((name) => name === "d"));
      assert(fallback?.every((name) => name === "x") ?? true);
    }
  }
});

Deno.test("Client.syncs() yields the response unchanged, after the engine has received it", async () => {
  const response = {
    ...timeline("s1", encrypted("a")),
    to_device: { events: [roomKey("other"), { type: "m.x", sender: ALICE, content: {} }] },
  };
  const { client, engine } = cryptoClient(cryptoServer({}, response), resumed());
  const responses: SyncResponse[] = [];
  for await (const one of client.syncs()) {
    responses.push(one);
    break;
  }
  assertEquals<unknown[]>(responses, [response]);
  assertEquals(engine.received.length, 1);
  assertEquals(engine.tracked, [ALICE]);
});

Deno.test("Client delivers messages to the device as the engine decrypts them, without keys", async () => {
  const to_device = {
    events: [
      roomKey("a"),
      { type: "m.forwarded_room_key", sender: ALICE, content: { session_key: "secret" } },
      { type: "m.secret.send", sender: ALICE, content: { secret: "secret" } },
      { type: "com.example.ping", sender: ALICE, content: { n: 1 } },
    ],
  };
  const { client } = cryptoClient(cryptoServer({}, { next_batch: "s1", to_device }), resumed());
  const seen: string[] = [];
  client.on("*", ({ type }) => void seen.push(type), { from: "toDevice" });
  await client.runOnce();
  assertEquals(seen, ["com.example.ping"]);
});

Deno.test("Client delivers a decrypted event never as state, of any type", async () => {
  const clear = {
    type: "m.room.member",
    content: { membership: "invite" },
    more: { state_key: ME, sender: "@eve:example.org", event_id: "$other", room_id: "!other:example.org" },
  };
  const { client } = cryptoClient(cryptoServer({}, timeline("s1", encrypted("a", clear))), resumed());
  const seen: Json[] = [];
  client.on("*", (event) => void seen.push(event));
  await client.runOnce();
  assertEquals(
    seen.map(({ type, content, sender, event_id, room_id }) => [type, content, sender, event_id, room_id]),
    [
      ["m.room.member", { membership: "invite" }, ALICE, "$a", ROOM],
    ],
  );
  assert(!("state_key" in seen[0]));
});

Deno.test("Client does not decrypt encrypted events that are state, redactions or encrypted again", async () => {
  const server = cryptoServer(
    {},
    timeline(
      "s1",
      encrypted("state", {}, { state_key: "" }),
      encrypted("redaction", { type: "m.room.redaction" }),
      encrypted("nested", { type: "m.room.encrypted" }),
      encrypted("text", { content: "text" }),
      encrypted("empty", {}, { content: {} }),
    ),
  );
  const { client, undecryptable } = cryptoClient(server, resumed());
  const types: string[] = [];
  client.on("*", ({ type }) => void types.push(type));
  await client.runOnce();
  assertEquals(
    undecryptable,
    ["state", "redaction", "nested", "text", "empty"].map((id) => [`$${id}`, "malformed"]),
  );
  assertEquals(types, Array(5).fill("m.room.encrypted"));
});

Deno.test("Client reports a sender who is not the one who encrypted, with any trust", async () => {
  const forged = encrypted("a", { sender: "@eve:example.org" });
  const { client, undecryptable, texts } = cryptoClient(cryptoServer({}, timeline("s1", forged)), {
    ...resumed(),
    trust: "any",
  });
  await client.runOnce();
  assertEquals([undecryptable, texts], [[["$a", "forgedSender"]], []]);
});

Deno.test("Client refuses the same ciphertext under a second event ID, also after a restart", async () => {
  const keys = new MemoryStringStore();
  const original = encrypted("a", { session: "s" });
  const replayed = { ...original, event_id: "$replayed" };
  const first = cryptoClient(cryptoServer({}, timeline("s1", original, original, replayed)), {
    ...resumed(),
    keys,
  });
  await first.client.runOnce();
  assertEquals([first.texts, first.undecryptable], [["a", "a"], [["$replayed", "replayed"]]]);

  const { content } = original;
  const others = [
    { ...original, event_id: "$room" },
    { ...original, event_id: "$session", content: { ...content, session_id: "other" } },
  ];
  const response = {
    next_batch: "s2",
    rooms: {
      join: {
        [ROOM]: { timeline: { events: [replayed, others[1]] } },
        "!other:example.org": { timeline: { events: [others[0]] } },
      },
    },
  };
  const second = cryptoClient(cryptoServer({}, response), { ...resumed(), keys });
  await second.client.runOnce();
  assertEquals([second.texts, second.undecryptable], [["a", "a"], [["$replayed", "replayed"]]]);
});

Deno.test("Client stores what it has decrypted before handlers are called", async () => {
  const rows = new MemoryStringStore();
  let stored = 0;
  const { client } = cryptoClient(cryptoServer({}, timeline("s1", encrypted("a"))), {
    ...resumed(),
    keys: rows,
  });
  client.on("m.room.message", async () => {
    for await (const [key, value] of rows.load()) if (key.includes("seen") && value.includes("$a")) stored++;
  });
  await client.runOnce();
  assertEquals(stored, 1);
});

Deno.test("Client forgets the oldest messages and sessions that it has decrypted", async () => {
  const keys = new MemoryStringStore();
  const { client } = cryptoClient(cryptoServer({}), { keys });
  const page = (session: string, count: number) =>
    Array.from({ length: count }, (_, index) => encrypted(`${session}${index}`, { session, index }));
  await client.crypto!.decrypt(ROOM, page("long", 2_010));
  await client.crypto!.decrypt(
    ROOM,
    Array.from({ length: 1_990 }, (_, i) => encrypted(`x${i}`, { session: `x${i}` })),
  );
  const seen = async () => {
    const rows = new Map<string, string>();
    for await (const [key, value] of keys.load()) if (key.includes("seen:")) rows.set(key, value);
    return rows;
  };
  const before = await seen();
  assertEquals(before.size, 1_991);
  const [long] = [...before].filter(([key]) => key.includes("long")).map(([, value]) =>
    Object.keys(JSON.parse(value))
  );
  assertEquals([long!.length, long![0]], [2_000, "10"]);
  await client.crypto!.decrypt(
    ROOM,
    Array.from({ length: 10 }, (_, i) => encrypted(`y${i}`, { session: `y${i}` })),
  );
  const after = await seen();
  assertEquals([after.size, [...after.keys()].some((key) => key.includes("long"))], [2_000, false]);
});

Deno.test("Client.getMessages() and similar methods return decrypted events", async () => {
  const [a, b, c] = [encrypted("a"), encrypted("b", { reason: "missingKey" }), message("c")];
  const server = cryptoServer({
    get: {
      "/messages": { start: "s", chunk: [a, b, c], end: "e" },
      "/event/$a": a,
      "/context/$a": { event: a, events_before: [b], events_after: [a], start: "s", end: "e" },
      "/relations/$a": { chunk: [a] },
      "/threads": { chunk: [a] },
    },
  });
  const { client, undecryptable } = cryptoClient(server);
  const bodies = (events: Json[]) => events.map(({ content }) => content.body);
  const { chunk, end } = await client.getMessages(ROOM, "b");
  assertEquals([bodies(chunk), end], [["a", undefined, "c"], "e"]);
  assertEquals(client.crypto!.encryptionOf(chunk[0]!)?.device, "ADEVICE");
  assertEquals(client.crypto!.encryptionOf(chunk[1]!), undefined);
  assertEquals<Json>(chunk[1], b);
  assertEquals(bodies([await client.getEvent(ROOM, "$a")]), ["a"]);
  const context = await client.getEventContext(ROOM, "$a");
  assertEquals(bodies([context.event, ...context.events_before!, ...context.events_after!]), [
    "a",
    undefined,
    "a",
  ]);
  assertEquals(bodies((await client.getRelations(ROOM, "$a")).chunk), ["a"]);
  assertEquals(bodies((await client.getThreads(ROOM)).chunk), ["a"]);
  const pages = [];
  for await (const page of client.iterateMessages(ROOM, "b")) {
    pages.push(bodies(page.chunk));
    break;
  }
  assertEquals(pages, [["a", undefined, "c"]]);
  assertEquals(undecryptable, []);
});

Deno.test("Client.getThreads() decrypts the latest reply and the latest edit in an event", async () => {
  const latest_event = encrypted("reply");
  const edit = encrypted("edit", { reason: "missingKey" });
  const root = encrypted("root", {}, {
    unsigned: { age: 5, "m.relations": { "m.replace": edit, "m.thread": { count: 1, latest_event } } },
  });
  const { client } = cryptoClient(cryptoServer({ get: { "/threads": { chunk: [root] } } }));
  const { chunk: [event] } = await client.getThreads(ROOM) as Json;
  const { age, "m.relations": { "m.thread": thread, "m.replace": replace } } = event.unsigned;
  assertEquals([event.content.body, age, thread.count], ["root", 5, 1]);
  assertEquals([thread.latest_event.type, thread.latest_event.content.body], ["m.room.message", "reply"]);
  assertEquals(replace, edit);
});

Deno.test("Client decrypts its own messages only if a handler takes them", async () => {
  const own = encrypted("own", { sender: ME, reason: "missingKey" }, { sender: ME });
  const warnings: unknown[] = [];
  const log = { debug() {}, info() {}, warn: (text: unknown) => warnings.push(text), error() {} };
  const options = { ...resumed(), log, onUndecryptable: undefined };
  const { client, engine } = cryptoClient(cryptoServer({}, timeline("s1", own, encrypted("a"))), options);
  await client.runOnce();
  assertEquals([engine.calls.filter((call) => call === "decrypt").length, warnings], [1, []]);

  const taking = cryptoClient(cryptoServer({}, timeline("s1", own)), resumed());
  taking.client.on("m.room.topic", () => {}, { own: true });
  await taking.client.runOnce();
  assertEquals(taking.undecryptable, [["$own", "missingKey"]]);
});

Deno.test("Client decrypts the events of a gap", async () => {
  const events = [encrypted("b")];
  const server = cryptoServer({}, joined("s1", { timeline: { events, limited: true, prev_batch: "p" } }));
  server.on(MESSAGES, { start: "p", chunk: [encrypted("a"), encrypted("0", { reason: "missingKey" })] });
  const { client, texts, undecryptable } = cryptoClient(server, resumed());
  await client.runOnce();
  assertEquals([texts, undecryptable], [["a", "b"], [["$0", "missingKey"]]]);
});

Deno.test("Client.run() continues if the devices of senders cannot be requested, and requests them again", async () => {
  const warnings: unknown[] = [];
  const failing = [matrixError(403, "M_FORBIDDEN"), broken(), broken(), broken()];
  const server = cryptoServer(
    { query: (request) => (failing.shift() ?? (() => new Response("{}")))(request) },
    timeline("s1", encrypted("a")),
    timeline("s2", encrypted("b")),
    timeline("s3", encrypted("c")),
  );
  const log = { debug() {}, info() {}, warn: (...data: unknown[]) => warnings.push(data[0]), error() {} };
  const { client, texts, engine } = cryptoClient(server, { ...resumed(), log });
  await runUntil(client, () => texts.length === 3);
  assertEquals(texts, ["a", "b", "c"]);
  assertEquals(engine.sentRequests.map(([{ kind }]) => kind), ["keysQuery"]);
  assert(warnings.every((text) => text === "Cannot send a request of the encryption (keysQuery)"));
});

Deno.test("Client.run() continues after malformed responses to requests of the encryption", async () => {
  const page = () => new Response("<html>", { headers: { "content-type": "text/html" } });
  const server = cryptoServer(
    { query: page },
    timeline("s1", encrypted("a")),
    timeline("s2", encrypted("b")),
  );
  const { client, texts, engine } = cryptoClient(server, resumed());
  await client.runOnce();
  engine.before = (call) => {
    if (call === "sent") throw new MatrixResponseError("Invalid response");
  };
  server.on("POST /_matrix/client/v3/keys/query", {});
  await client.runOnce();
  assertEquals([texts, client.syncState.since], [["a", "b"], "s2"]);
});

Deno.test("Client.run() ends with an error of the session from a request of the encryption", async () => {
  const server = cryptoServer({ query: matrixError(401, "M_UNKNOWN_TOKEN") }, timeline("s1", encrypted("a")));
  const { client, texts } = cryptoClient(server, resumed());
  await assertRejects(() => client.run(), MUnknownToken);
  assertEquals([texts, client.syncState.since], [[], "s0"]);
});

Deno.test("Client.run() ends with the error of a crypto store that fails, before the event is delivered", async () => {
  const full = new Error("disk full");
  const memory = new MemoryStringStore();
  let fails = false;
  const keys: StringStore = {
    load: () => memory.load(),
    write: (...args) => fails ? Promise.reject(full) : memory.write(...args),
  };
  const server = cryptoServer(
    {},
    timeline("s1"),
    timeline("s2", encrypted("a")),
    timeline("s2", encrypted("a")),
  );
  const { client, texts } = cryptoClient(server, { ...resumed(), keys });
  await client.runOnce();
  fails = true;
  const error = await assertRejects(() => client.run(), CryptoError, "Cannot write to the crypto store");
  assertEquals([error.cause, texts, client.syncState.since], [full, [], "s1"]);
  fails = false;
  await client.runOnce();
  assertEquals([texts, client.syncState.since], [["a"], "s2"]);
});

for (const call of ["receive", "outgoing", "track", "decrypt", "sent"]) {
  Deno.test(`Client.run() ends if ${call}() of the engine fails or does not respond`, async () => {
    const response = { ...timeline("s1", encrypted("a")), to_device: { events: [{ type: "m.x" }] } };
    const failing = cryptoClient(cryptoServer({}, response), resumed());
    failing.engine.before = (name) => {
      if (name === call) throw new Error("panicked");
    };
    await assertRejects(() => failing.client.run(), CryptoError, "the crypto engine failed");
    assertEquals([failing.texts, failing.client.syncState.since], [[], "s0"]);
    await FakeClock.use(async (clock) => {
      const hanging = cryptoClient(cryptoServer({}, response), resumed());
      hanging.engine.before = (name) => name === call ? new Promise(() => {}) : undefined;
      const run = assertRejects(() => hanging.client.run(), CryptoError, "did not respond within 30000 ms");
      await clock.advance(31_000);
      await run;
    });
  });
}

Deno.test("Client.run() ends with CryptoStoreOutdated if the homeserver has another one-time key, and sends nothing", async () => {
  const refusal = matrixError(400, "M_UNKNOWN", {
    error:
      'One time key signed_curve25519:AAAAHg already exists. Old key: {"key":"secret"}; new key: {"key":"secret2"}',
  });
  const server = cryptoServer({ upload: refusal }, timeline("s1", encrypted("a")));
  const { client, engine, texts } = cryptoClient(server, resumed());
  engine.requests.push(engine.request("keysUpload", { one_time_keys: { "signed_curve25519:AAAAHg": {} } }));
  const error = await assertRejects(() => client.run(), CryptoStoreOutdated, "Sign in again as a new device");
  assert(!inspect(error).includes("secret"));
  assertEquals([texts, client.syncState.since], [[], "s0"]);
  await assertRejects(() => client.sendText(ROOM, "secret"), CryptoStoreOutdated);
  assert(!requestsOf(server).some((path) => path.startsWith("send")));
});

Deno.test("Client requests the devices of users again after an initial sync, which does not say whose have changed", async () => {
  const response = timeline("s1");
  const server = cryptoServer({}, response);
  const { client, engine } = cryptoClient(server);
  await client.runOnce();
  await client.sendText(ROOM, "x");
  assertEquals(engine.received.map(({ changed }) => changed), [[ME, ALICE]]);
});

Deno.test("Client passes the number of one-time keys when it requests devices again, so that no more are uploaded", async () => {
  const response = { ...timeline("s1"), device_one_time_keys_count: { signed_curve25519: 50 } };
  const { client, engine } = cryptoClient(cryptoServer({}, response));
  await client.runOnce();
  await client.sendText(ROOM, "x");
  assertEquals(engine.received.map(({ counts }) => counts.signed_curve25519), [50, 50]);
});

Deno.test("Client warns once of encrypted events, without encryption and without onUndecryptable", async () => {
  const cases: [Partial<Parameters<typeof cryptoClient>[1]>, string][] = [
    [
      { crypto: undefined },
      `Cannot read encrypted messages, for example $a in ${ROOM}: there is no option crypto, and no handler takes ` +
      "m.room.encrypted",
    ],
    [
      { onUndecryptable: undefined },
      `Cannot decrypt the event: its key has not arrived ($a in ${ROOM})`,
    ],
  ];
  for (const [options, warning] of cases) {
    const warnings: unknown[] = [];
    const log = { debug() {}, info() {}, warn: (text: unknown) => warnings.push(text), error() {} };
    const redacted = { ...encrypted("r"), content: {}, unsigned: { redacted_because: {} } };
    const events = [
      redacted,
      encrypted("a", { reason: "missingKey" }),
      encrypted("b", { reason: "missingKey" }),
    ];
    const server = cryptoServer({}, timeline("s1", ...events));
    const { client } = cryptoClient(server, { ...resumed(), log, ...options });
    await client.runOnce();
    assertEquals(warnings, [warning]);
  }
});

Deno.test("Client delivers redacted encrypted events as they are, and reports nothing", async () => {
  const redacted = {
    ...encrypted("r"),
    content: {},
    unsigned: { redacted_because: { type: "m.room.redaction" } },
  };
  const { client, undecryptable, engine } = cryptoClient(
    cryptoServer({}, timeline("s1", redacted)),
    resumed(),
  );
  const seen: string[] = [];
  client.on("m.room.encrypted", ({ event_id }) => void seen.push(event_id));
  await client.runOnce();
  assertEquals([seen, undecryptable, engine.calls.includes("decrypt")], [["$r"], [], false]);
});

Deno.test("Client.runOnce() does not decrypt what it does not deliver", async () => {
  const server = cryptoServer({}, timeline("s1", encrypted("a")));
  const { client, engine, texts } = cryptoClient(server);
  await client.runOnce();
  assertEquals([texts, engine.calls.includes("decrypt"), engine.tracked], [[], false, []]);
});

Deno.test("Client decrypts for several rooms at the same time", async () => {
  const rooms = Object.fromEntries(["a", "b", "c"].map((name) => [
    `!${name}:example.org` as RoomID,
    { timeline: { events: [encrypted(name)] } },
  ]));
  const { client, texts } = cryptoClient(
    cryptoServer({}, { next_batch: "s1", rooms: { join: rooms } }),
    resumed(),
  );
  await client.runOnce();
  assertEquals(texts.sort(), ["a", "b", "c"]);
});

Deno.test("CryptoDriver serves no client before it is passed to one", async () => {
  const { crypto } = cryptoClient(cryptoServer({}));
  assertEquals([crypto.userId, crypto.deviceId], [ME, "MYDEVICE"]);
  const { CryptoDriver } = await import("../../../client/crypto/mod.ts");
  const alone = new CryptoDriver(new FakeEngine(), new MemoryStringStore());
  const event = { type: "m.x", content: {} };
  await assertRejects(() => alone.encrypt(ROOM, event), TypeError, "pass it to a Client");
  await alone.close();
});

Deno.test("Client without encryption sends and delivers as before", async () => {
  const server = cryptoServer({}, timeline("s1", message("a")));
  const client = syncClient(server, resumed());
  const users: UserID[] = [];
  client.on("m.room.message", ({ sender }, { encryption }) => void (encryption ?? users.push(sender)));
  await client.runOnce();
  await client.sendText(ROOM, "x");
  assertEquals([users, requestsOf(server), polls(server).length], [[ALICE], ["send/m.room.message"], 1]);
  assert(client instanceof Client);
  assertEquals(ciphertext({}).session_id, "session");
});
