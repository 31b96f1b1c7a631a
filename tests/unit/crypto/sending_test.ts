/** Encryption of what a client sends. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Client, MemorySyncStore } from "../../../client/mod.ts";
import { MemoryStringStore, StoreTakenOver } from "../../../client/crypto/mod.ts";
import { CryptoError, EncryptionError, MatrixConnectionError, MForbidden } from "../../../http/mod.ts";
import type { UserID } from "../../../types/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  ALICE,
  cryptoClient,
  cryptoServer,
  DEVICE,
  encrypted,
  FakeEngine,
  MEGOLM,
  requestsOf,
  sentEvents,
} from "../../support/fake_engine.ts";
import { type Answering, broken, json, matrixError } from "../../support/fake_homeserver.ts";
import {
  batch,
  joined,
  ME,
  member,
  message,
  polls,
  ROOM,
  runUntil,
  until,
} from "../../support/sync_server.ts";

const BOB: UserID = "@bob:example.org";
const notFound = matrixError(404, "M_NOT_FOUND");
const encryption = (content: object = { algorithm: MEGOLM }) => ({
  type: "m.room.encryption",
  state_key: "",
  event_id: "$encryption",
  sender: ALICE,
  content,
});

Deno.test("Client.sendText() encrypts before the initial sync: members, track, query, claim, share, encrypt", async () => {
  const server = cryptoServer({});
  const { client, engine } = cryptoClient(server);
  engine.claims = true;
  const eventId = await client.sendText(ROOM, "secret");
  assertEquals(eventId, "$sent1");
  assertEquals(requestsOf(server), [
    "state/m.room.encryption",
    "members",
    "state/m.room.history_visibility",
    "keys/query",
    "keys/claim",
    "sendToDevice/m.room.encrypted",
    "send/m.room.encrypted",
  ]);
  assertEquals(engine.tracked, [ME, ALICE]);
  const [[type, content]] = sentEvents(server) as [[string, { algorithm: string }]];
  assertEquals([type, content.algorithm], ["m.room.encrypted", MEGOLM]);
});

Deno.test("Client.sendText() skips track, query and claim while nothing has changed, but shares always", async () => {
  const server = cryptoServer({}, joined("s1", {}));
  const { client, engine } = cryptoClient(server);
  await client.runOnce();
  for (const text of ["1", "2", "3"]) await client.sendText(ROOM, text);
  const count = (name: string) => engine.calls.filter((call) => call === name).length;
  assertEquals(["track", "claim", "share", "encrypt"].map(count), [1, 1, 3, 3]);
  const sent = requestsOf(server).filter((path) => !path.startsWith("send"));
  assertEquals(sent, ["state/m.room.encryption", "members", "state/m.room.history_visibility", "keys/query"]);
});

Deno.test("Client.sendText() sends plain text only after 404 M_NOT_FOUND", async () => {
  const plain = cryptoServer({ encryption: notFound });
  await cryptoClient(plain).client.sendText(ROOM, "open");
  assertEquals(sentEvents(plain), [["m.room.message", { msgtype: "m.text", body: "open" }]]);

  const refusals: Answering[] = [
    matrixError(404, "M_UNRECOGNIZED"),
    matrixError(403, "M_NOT_FOUND"),
    matrixError(403, "M_FORBIDDEN"),
    matrixError(500, "M_UNKNOWN"),
    matrixError(502, "M_UNKNOWN"),
    broken(),
    json([]),
    json("m.megolm.v1.aes-sha2"),
    json(null),
    json({}),
    json({ algorithm: "m.olm.v1" }),
    json({ algorithm: 5 }),
    json({ algorithm: null }),
  ];
  for (const encryption of refusals) {
    const server = cryptoServer({ encryption });
    const { client } = cryptoClient(server);
    await assertRejects(() => client.sendText(ROOM, "secret"));
    await assertRejects(() => client.sendText(ROOM, "secret"));
    assertEquals(sentEvents(server), []);
    assert(!server.received.some(({ text }) => text.includes("secret")));
  }
});

Deno.test("Client.sendText() throws an EncryptionError for content {} and unknown algorithms, also after a restart", async () => {
  const keys = new MemoryStringStore();
  for (const content of [{}, { algorithm: "org.example.rot13" }]) {
    const { client } = cryptoClient(cryptoServer({ encryption: json(content) }), { keys });
    await assertRejects(() => client.sendText(ROOM, "secret"), EncryptionError, "not supported");
    // The homeserver claims now that the room was never encrypted.
    const later = cryptoServer({ encryption: notFound });
    const { client: restarted } = cryptoClient(later, { keys });
    await assertRejects(() => restarted.sendText(ROOM, "secret"), EncryptionError);
    assertEquals(later.received, []);
  }
});

Deno.test("Client.sendText() encrypts in a room that was encrypted once, even if the state changes later", async () => {
  const keys = new MemoryStringStore();
  const engine = new FakeEngine();
  const server = cryptoServer(
    { encryption: notFound },
    joined("s1", { timeline: { events: [encryption()] } }),
  );
  const { client } = cryptoClient(server, { keys, engine, store: new MemorySyncStore("s0") });
  await client.runOnce();
  await client.sendText(ROOM, "secret");
  assertEquals(sentEvents(server).map(([type]) => type), ["m.room.encrypted"]);
  assert(!requestsOf(server).includes("state/m.room.encryption"));

  const restarted = new FakeEngine();
  engine.rooms.forEach((how, room) => restarted.rooms.set(room, how));
  const later = cryptoServer(
    { encryption: notFound },
    joined("s2", { timeline: { events: [encryption({}), encryption({ algorithm: "none" })] } }),
  );
  const second = cryptoClient(later, { keys, engine: restarted, store: new MemorySyncStore("s1") });
  await second.client.runOnce();
  await second.client.sendText(ROOM, "secret");
  assertEquals(sentEvents(later).map(([type]) => type), ["m.room.encrypted"]);
});

Deno.test("Client.sendText() asks again whether a room is encrypted unless syncs follow the room", async () => {
  const answers: Answering[] = [notFound, notFound, json({ algorithm: MEGOLM })];
  const encryption: Answering = (request) => answers.shift()!(request);
  const server = cryptoServer({ encryption });
  const { client } = cryptoClient(server);
  for (const text of ["1", "2", "3"]) await client.sendText(ROOM, text);
  assertEquals(sentEvents(server).map(([type]) => type), [
    "m.room.message",
    "m.room.message",
    "m.room.encrypted",
  ]);

  const followed = cryptoServer({ encryption: notFound }, joined("s1", {}));
  const second = cryptoClient(followed);
  await second.client.runOnce();
  for (const text of ["1", "2", "3"]) await second.client.sendText(ROOM, text);
  assertEquals(requestsOf(followed).filter((path) => path === "state/m.room.encryption").length, 1);

  // A sync that omits rooms does not follow them.
  const filtered = cryptoServer({ encryption: notFound }, joined("s1", {}));
  const filter = { room: { rooms: ["!other:example.org" as const] } };
  filtered.on(`POST /_matrix/client/v3/user/${encodeURIComponent(ME)}/filter`, { filter_id: "1" });
  const third = cryptoClient(filtered, { filter });
  await third.client.runOnce();
  for (const text of ["1", "2"]) await third.client.sendText(ROOM, text);
  assertEquals(requestsOf(filtered).filter((path) => path === "state/m.room.encryption").length, 2);
});

Deno.test("Client.sendText() encrypts from the sync on that brings the encryption of a room", async () => {
  const server = cryptoServer(
    { encryption: notFound },
    joined("s1", {}),
    joined("s2", { timeline: { events: [encryption({ algorithm: MEGOLM, rotation_period_msgs: 5 })] } }),
  );
  const { client, engine } = cryptoClient(server);
  await client.runOnce();
  await client.sendText(ROOM, "open");
  await client.runOnce();
  await client.sendText(ROOM, "secret");
  assertEquals(sentEvents(server).map(([type]) => type), ["m.room.message", "m.room.encrypted"]);
  assertEquals(engine.rooms.get(ROOM)?.rotationMessages, 5);
});

Deno.test("Client sends reactions as they are, in encrypted rooms too", async () => {
  const server = cryptoServer({});
  const { client } = cryptoClient(server);
  await client.react(ROOM, "$1", "👍");
  assertEquals(requestsOf(server), ["send/m.reaction"]);
});

Deno.test("Client encrypts what every sender sends, with the caller's transaction ID", async () => {
  const server = cryptoServer({});
  const { client } = cryptoClient(server);
  await client.sendText(ROOM, "secret", { txnId: "mine" });
  await client.sendNotice(ROOM, "secret");
  await client.sendEmote(ROOM, "secret");
  await client.sendMessage(ROOM, { msgtype: "m.text", body: "secret" });
  await client.sendMessageEvent(ROOM, "com.example.poll", { secret: 1 });
  await client.sendSticker(ROOM, "mxc://example.org/secret");
  await client.sendFile(ROOM, "mxc://example.org/secret", { fileName: "secret" });
  assertEquals(sentEvents(server).map(([type]) => type), Array(7).fill("m.room.encrypted"));
  assert(server.received.some(({ path }) => path.endsWith("/send/m.room.encrypted/mine")));
});

Deno.test("Client.sendMessageEvent() checks its arguments as without encryption, before any request", async () => {
  const server = cryptoServer({});
  const { client } = cryptoClient(server);
  // deno-lint-ignore no-explicit-any
  const call = client.sendMessageEvent.bind(client) as any;
  await assertRejects(() => call("", "m.x", {}), TypeError, "Room ID not given");
  await assertRejects(() => call(ROOM, "", {}), TypeError, "Event type not given");
  await assertRejects(() => call(ROOM, "m.x", "text"), TypeError, "must be an object");
  await assertRejects(() => call(ROOM, "m.x", { n: NaN }), TypeError, "must be a JSON value");
  await assertRejects(() => call(ROOM, "m.x", { n: new Map() }), TypeError, "must be a JSON value");
  assertEquals(server.received, []);
  await call(ROOM, "m.x", { text: "\ud800", skipped: undefined }, null);
  assertEquals(JSON.parse(sentEvents(server)[0]![1].ciphertext).content, { text: "\ufffd" });
});

Deno.test("Client encrypts for joined and invited users, and follows members through syncs", async () => {
  const leave = { ...member(ALICE, "leave", "join") };
  const server = cryptoServer(
    { members: [ME, ALICE], invited: [BOB] },
    joined("s1", {}),
    joined("s2", { timeline: { events: [leave] } }),
    joined("s3", { state_after: { events: [member("@carol:example.org", "join")] } }),
  );
  const { client, engine } = cryptoClient(server);
  await client.runOnce();
  await client.sendText(ROOM, "1");
  await client.runOnce();
  await client.sendText(ROOM, "2");
  await client.runOnce();
  await client.sendText(ROOM, "3");
  assertEquals(engine.shared, [[ME, ALICE, BOB], [ME, BOB], [ME, BOB, "@carol:example.org"]]);
  assertEquals(requestsOf(server).filter((path) => path === "members").length, 1);
});

Deno.test("Client does not encrypt for invited users if they may not see the history", async () => {
  const server = cryptoServer({ invited: [BOB], visibility: "joined" });
  const { client, engine } = cryptoClient(server);
  await client.sendText(ROOM, "1");
  assertEquals(engine.shared, [[ME, ALICE]]);
});

Deno.test("Client loads members again after a limited timeline, after the user left, and after a missing sync", async () => {
  const server = cryptoServer(
    {},
    joined("s1", {}),
    joined("s2", { timeline: { events: [message("x")], limited: true, prev_batch: "p" } }),
    {
      next_batch: "s3",
      rooms: { leave: { [ROOM]: { timeline: { events: [member(ME, "leave", "join")] } } } },
    },
    joined("s4", {}),
  );
  const { client } = cryptoClient(server);
  const loads = () => requestsOf(server).filter((path) => path === "members").length;
  const counts: number[] = [];
  for (let i = 0; i < 4; i++) {
    await client.runOnce(i === 3 ? { since: "elsewhere" } : undefined);
    await client.sendText(ROOM, "x");
    counts.push(loads());
  }
  assertEquals(counts, [1, 2, 3, 4]);
});

Deno.test("Client keeps a change of membership that arrives while the members are loaded", async () => {
  let load = () => {};
  const loading = new Promise<void>((resolve) => load = resolve);
  const server = cryptoServer(
    { members: [ME, ALICE] },
    joined("s1", {}),
    joined("s2", { timeline: { events: [member(ALICE, "leave", "join")] } }),
  );
  const route = `GET /_matrix/client/v3/rooms/${encodeURIComponent(ROOM).replace("!", "%21")}/members`;
  server.on(route, async (request: Parameters<Answering>[0]) => {
    await loading;
    const chunk = [ME, ALICE].map((user) => member(user, "join"));
    return json({ chunk })(request);
  });
  const { client, engine } = cryptoClient(server);
  await client.runOnce();
  const sending = client.sendText(ROOM, "x");
  await until(() => requestsOf(server).includes("members"));
  await client.runOnce();
  load();
  await sending;
  assertEquals(engine.shared, [[ME]]);
});

Deno.test("Client sends nothing to a room if members, devices, one-time keys or room keys fail", async () => {
  const failures: Parameters<typeof cryptoServer>[0][] = [
    { get: { "/members": matrixError(403, "M_FORBIDDEN") } },
    { get: { "/state/m.room.history_visibility/": matrixError(403, "M_FORBIDDEN") } },
    { query: matrixError(403, "M_FORBIDDEN") },
    { claim: matrixError(403, "M_FORBIDDEN") },
    { toDevice: matrixError(403, "M_FORBIDDEN") },
  ];
  for (const answers of failures) {
    const server = cryptoServer(answers);
    const { client, engine } = cryptoClient(server);
    engine.claims = true;
    await assertRejects(() => client.sendText(ROOM, "secret"), MForbidden);
    assertEquals(sentEvents(server), []);
  }
});

Deno.test("Client encrypts one message of a room after the other, and those of two rooms at the same time", async () => {
  const server = cryptoServer({});
  const { client, engine } = cryptoClient(server);
  let running = 0;
  engine.before = async (call) => {
    if (call === "share") assertEquals(++running, 1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (call === "encrypt") running--;
  };
  await Promise.all(["1", "2", "3", "4"].map((text) => client.sendText(ROOM, text)));
  assertEquals(sentEvents(server).length, 4);
});

Deno.test("Client waits for the devices of users that are being requested for another room", async () => {
  let respond = () => {};
  const responding = new Promise<void>((resolve) => respond = resolve);
  const server = cryptoServer({
    query: async (request) => {
      await responding;
      return await json({ device_keys: {} })(request);
    },
  });
  const { client, engine } = cryptoClient(server);
  const first = client.sendText(ROOM, "1");
  await until(() => requestsOf(server).includes("keys/query"));
  const second = client.sendText("!other:example.org", "2");
  await until(() => requestsOf(server).filter((path) => path === "members").length === 2);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(engine.calls.includes("share"), false);
  respond();
  await Promise.all([first, second]);
  assertEquals(engine.calls.filter((call) => call === "share").length, 2);
});

Deno.test("Client does not repeat a claim of one-time keys", async () => {
  const server = cryptoServer({ claim: broken() });
  const { client, engine } = cryptoClient(server);
  engine.claims = true;
  await assertRejects(() => client.sendText(ROOM, "secret"), MatrixConnectionError);
  assertEquals(requestsOf(server).filter((path) => path === "keys/claim").length, 1);
});

Deno.test("Client claims one-time keys again after five minutes, for devices that had none", async () => {
  await FakeClock.use(async (clock) => {
    const server = cryptoServer({}, joined("s1", {}), joined("s2", {}), joined("s3", {}));
    const { client, engine } = cryptoClient(server);
    const send = async () => {
      await client.runOnce();
      await client.sendText(ROOM, "x");
      return engine.calls.filter((call) => call === "claim").length;
    };
    assertEquals(await send(), 1);
    assertEquals(await send(), 1);
    await clock.advance(300_001);
    assertEquals(await send(), 2);
  });
});

Deno.test("Client.sendText() rejects if the engine does not respond, and the sync ends", async () => {
  await FakeClock.use(async (clock) => {
    const server = cryptoServer({}, joined("s1", { timeline: { events: [encrypted("hello")] } }));
    const { client, engine } = cryptoClient(server, {
      store: new MemorySyncStore("s0"),
      handlerDeadline: Infinity,
    });
    engine.before = (call) => call === "encrypt" ? new Promise(() => {}) : undefined;
    client.on("m.room.message", (_, { reply }) => reply("secret"));
    const run = assertRejects(() => client.run(), CryptoError, "did not respond within 30000 ms");
    await clock.advance(31_000);
    await run;
    assertEquals([sentEvents(server), client.syncState.since], [[], "s0"]);
  });
});

Deno.test("Client.run() ends if a handler cannot send because the store fails, and delivers the event again", async () => {
  const full = new Error("disk full");
  const server = cryptoServer({}, joined("s1", { timeline: { events: [encrypted("hello")] } }));
  const { client, engine } = cryptoClient(server, { store: new MemorySyncStore("s0") });
  engine.before = (call) => {
    if (call === "encrypt") throw full;
  };
  let handled = 0;
  client.on("m.room.message", async (_, { reply }) => {
    handled++;
    await reply("secret").catch(() => {});
  });
  const error = await assertRejects(() => client.run(), CryptoError, "Cannot encrypt an event");
  assertEquals([error.cause, client.syncState.since, handled], [full, "s0", 1]);
});

Deno.test("Client of a store that another process has opened sends nothing any more", async () => {
  const keys = new MemoryStringStore();
  const server = cryptoServer({}, joined("s1", { timeline: { events: [encrypted("hello")] } }));
  const older = cryptoClient(server, { keys, store: new MemorySyncStore("s0") });
  await older.client.sendText(ROOM, "1");
  const newer = cryptoClient(cryptoServer({}), { keys });
  await newer.client.sendText(ROOM, "2");
  await assertRejects(() => older.client.sendText(ROOM, "3"), StoreTakenOver);
  assertEquals(sentEvents(server).length, 1);
  await assertRejects(() => older.client.run(), StoreTakenOver);
  assertEquals(older.client.syncState.since, "s0");
  await newer.client.sendText(ROOM, "4");
});

Deno.test("Client adopts the user and the device of its engine, and refuses others before any request", async () => {
  const server = cryptoServer({});
  const { client } = cryptoClient(server, { mxid: undefined, deviceId: undefined });
  assertEquals([client.mxid, client.deviceId], [ME, DEVICE]);
  await client.sendText(ROOM, "x");
  for (const wrong of [{ mxid: ALICE }, { deviceId: "OTHER" }]) {
    assertThrows(() => cryptoClient(server, wrong), TypeError, "Cannot use the option crypto");
  }
  const { client: first, crypto } = cryptoClient(server);
  assertThrows(() => cryptoClient(server, { crypto }), TypeError, "another client");
  assertInstanceOf(first, Client);

  const moved = cryptoClient(cryptoServer({}, batch("s1")));
  moved.client.deviceId = "OTHER";
  await assertRejects(() => moved.client.sendText(ROOM, "x"), TypeError, "belongs to");
  await assertRejects(() => moved.client.runOnce(), TypeError, "belongs to");
  assertEquals(sentEvents(server).length, 1);
});

Deno.test("Client refuses invalid options of encryption", () => {
  const server = cryptoServer({});
  for (const wrong of [{ crypto: {} }, { trust: "all" }, { onUndecryptable: 5 }]) {
    // deno-lint-ignore no-explicit-any
    assertThrows(() => cryptoClient(server, wrong as any), TypeError, "Cannot use the options:");
  }
  // deno-lint-ignore no-explicit-any
  const { client } = cryptoClient(server, { trust: null, onUndecryptable: null } as any);
  assert(client.crypto !== undefined);
  // deno-lint-ignore no-explicit-any
  assertEquals(cryptoClient(server, { crypto: null } as any).client.crypto, undefined);
});

Deno.test("HandlerContext.reply() encrypts with the same transaction ID when an event is delivered again", async () => {
  const response = joined("s1", { timeline: { events: [encrypted("hello")] } });
  const server = cryptoServer({}, response, response);
  for (let run = 0; run < 2; run++) {
    const { client } = cryptoClient(server, { store: new MemorySyncStore("s0") });
    client.on("m.room.message", (_, { reply }) => reply("secret"));
    await client.runOnce();
  }
  const paths = server.received.filter(({ path }) => path.includes("/send/")).map(({ path }) => path);
  assertEquals(paths.length, 2);
  assertEquals(paths[0], paths[1]);
  assert(paths[0]!.includes("/send/m.room.encrypted/%24hello_1_0"));
});

Deno.test("Client.run() sends and receives with one handler per room at a time", async () => {
  const server = cryptoServer({}, joined("s1", { timeline: { events: [encrypted("a"), encrypted("b")] } }));
  const { client, texts } = cryptoClient(server, { store: new MemorySyncStore("s0") });
  client.on("m.room.message", (event, { send }) => send(`re ${event.content.body}`));
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(texts, ["a", "b"]);
  assertEquals(sentEvents(server).length, 2);
});
