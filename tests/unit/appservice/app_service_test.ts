import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import {
  AppService,
  type AppServiceOptions,
  createRegistration,
  MemoryTransactionStore,
} from "../../../client/appservice/mod.ts";
import { ClientAPI } from "../../../client/mod.ts";
import { HTTPAPI, MatrixRequestError, silentLog } from "../../../http/mod.ts";
import type { Registration, UserID } from "../../../types/mod.ts";
import { FakeHomeserver, matrixError, type Received } from "../../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const ALICE = "@alice:example.org";
const BOT = "@_irc_bot:example.org";
const GHOST = "@_irc_carol:example.org";

function registrationOf(options: Partial<Parameters<typeof createRegistration>[0]> = {}): Registration {
  return createRegistration({
    id: "irc",
    url: "https://bridge.example.org/irc",
    senderLocalpart: "_irc_bot",
    users: ["@_irc_.*:example\\.org"],
    aliases: ["#_irc_.*:example\\.org"],
    ...options,
  });
}

function start(options: Partial<AppServiceOptions> = {}) {
  const server = new FakeHomeserver().on("*", { event_id: "$sent", duration_ms: 0, room_id: ROOM });
  const registration = options.registration ?? registrationOf();
  const errors: unknown[] = [];
  const log = { ...silentLog, error: (...data: unknown[]) => errors.push(data), warn: () => {} };
  const service = new AppService({
    baseUrl: "https://matrix.example.org",
    serverName: "example.org",
    registration,
    fetch: server.fetch,
    retry: { limit: 0 },
    backoff: { minTimeout: 0, maxTimeout: 0 },
    log,
    ...options,
  });
  let txnId = 0;
  const push = async (events: unknown[], more: object = {}, id = `${++txnId}`): Promise<number> => {
    const response = await service.fetch(
      new Request(`https://bridge.example.org/irc/_matrix/app/v1/transactions/${id}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${registration.hs_token}` },
        body: JSON.stringify({ events, ...more }),
      }),
    );
    await response.body?.cancel();
    return response.status;
  };
  const query = async (path: string): Promise<number> => {
    const response = await service.fetch(
      new Request(`https://bridge.example.org/irc/_matrix/app/v1/${path}`, {
        headers: { authorization: `Bearer ${registration.hs_token}` },
      }),
    );
    await response.body?.cancel();
    return response.status;
  };
  return { service, server, registration, errors, push, query };
}

let events = 0;
const message = (body: string, sender = ALICE, roomId = ROOM, more: object = {}) => ({
  type: "m.room.message",
  event_id: `$${++events}`,
  sender,
  room_id: roomId,
  origin_server_ts: 1,
  content: { msgtype: "m.text", body, ...more },
});

Deno.test("AppService delivers events and replies as its own user, once for a repeated event", async () => {
  const { service, server, push } = start();
  service.on("m.room.message", async (event, context) => {
    assertStrictEquals(context.service, service);
    assertStrictEquals(context.bot, service.bot);
    assertEquals([context.roomId, context.from, context.txnId], [ROOM, "event", "1"]);
    await context.reply(`${event.content.body}!`);
    await context.send("Done");
  });
  const event = message("Hello");
  assertEquals(await push([event]), 200);
  assertEquals(
    server.received.map((
      { path, query },
    ) => [decodeURIComponent(path.split("/").at(-1)!), query.get("user_id")]),
    [
      [`_irc_bot:${event.event_id}_0_0`, BOT],
      [`_irc_bot:${event.event_id}_0_1`, BOT],
    ],
  );
});

Deno.test("AppService delivers to no handler what its own users sent, unless it has own: true", async () => {
  const { service, push } = start();
  const seen: [string, string][] = [];
  service.on("*", (event) => void seen.push(["others", event.sender!]));
  service.on("*", (event) => void seen.push(["all", event.sender!]), { own: true });
  await push([
    message("a"),
    message("b", BOT),
    message("c", GHOST),
    { ...message("d", GHOST), type: "m.room.name", state_key: "", content: { name: "x" } },
  ]);
  assertEquals(seen, [["others", ALICE], ["all", ALICE], ["all", BOT], ["all", GHOST], ["all", GHOST]]);
  const own = start({ own: true });
  let count = 0;
  own.service.on("m.room.message", () => void count++);
  await own.push([message("b", BOT)]);
  assertEquals(count, 1);
});

Deno.test("AppService delivers other users' events in a namespace that is not exclusive", async () => {
  const registration = registrationOf({
    users: ["@_irc_.*:example\\.org", { regex: "@[a-z]+:example\\.org", exclusive: false }],
  });
  const { service, push } = start({ registration });
  const seen: string[] = [];
  service.on("m.room.message", (event) => void seen.push(event.sender));
  await push([message("a"), message("b", GHOST)]);
  assertEquals(seen, [ALICE]);
});

Deno.test("AppService recognizes marked events of its double puppets, and no other marks", async () => {
  const { service, push, server } = start();
  const puppet = service.puppet(ALICE, { token: "alices_token" });
  await puppet.sendText(ROOM, "Hello");
  const { body, headers, query } = server.last;
  assertEquals([headers.get("authorization"), query.get("user_id")], ["Bearer alices_token", null]);
  const mark = { "fi.mau.double_puppet_source": "irc" };
  assertEquals(body, { msgtype: "m.text", body: "Hello", ...mark });
  const seen: string[] = [];
  service.on("m.room.message", (event) => void seen.push(event.content.body!));
  await push([
    message("marked", ALICE, ROOM, mark),
    message("another mark", ALICE, ROOM, { "fi.mau.double_puppet_source": "other" }),
    message("none"),
    message("not a puppet", "@bob:example.org", ROOM, mark),
  ]);
  assertEquals(seen, ["another mark", "none", "not a puppet"]);
});

Deno.test("AppService.puppet() acts as a user of the namespace without a token, and never registers them", async () => {
  const registration = registrationOf({ users: [{ regex: "@.*:example\\.org", exclusive: false }] });
  const { service, server } = start({ registration });
  const puppet = service.puppet(ALICE, { mark: "mine" });
  assertStrictEquals(service.puppet(ALICE, { mark: "mine" }), puppet);
  await puppet.ensureRegistered();
  await puppet.sendText(ROOM, "Hello");
  assertEquals(server.received.map(({ query }) => query.get("user_id")), [ALICE]);
  assertThrows(() => start().service.puppet(ALICE), TypeError, "token");
  assertThrows(() => service.puppet(ALICE, { baseUrl: "https://evil.example" }), TypeError, "baseUrl");
  assertThrows(() => service.puppet("alice" as UserID), SyntaxError);
});

Deno.test("AppService.intent() returns the same client, and rejects users outside the namespace", () => {
  const { service } = start();
  assertStrictEquals(service.intent(GHOST), service.intent(GHOST));
  assertStrictEquals(service.intent(BOT), service.bot);
  assertThrows(() => service.intent(ALICE), TypeError, "namespace");
  assertThrows(() => service.intent("@_irc_carol:other.org"), TypeError, "namespace");
  assertThrows(() => service.intent("" as UserID), TypeError);
  assertThrows(() => service.intent("_irc_carol" as UserID), SyntaxError);
  const first = service.intent("@_irc_0:example.org");
  for (let i = 1; i <= 10_000; i++) service.intent(`@_irc_${i}:example.org`);
  assert(service.intent("@_irc_0:example.org") !== first);
});

Deno.test("AppService delivers events of a room in order, over transactions, and rooms side by side", async () => {
  const { service, push } = start({ concurrency: 4, acknowledge: "received" });
  const seen: Record<string, string[]> = {};
  let running = 0;
  let most = 0;
  service.on("m.room.message", async (event, { roomId }) => {
    most = Math.max(most, ++running);
    await delay(Math.random() * 3);
    running--;
    (seen[roomId] ??= []).push(event.content.body!);
  });
  const rooms = ["a", "b", "c", "d", "e", "f"];
  for (let i = 0; i < 20; i++) {
    assertEquals(
      await push(rooms.map((room) => message(String(i).padStart(2, "0"), ALICE, `!${room}`))),
      200,
    );
  }
  while (Object.values(seen).flat().length < 120) await delay(2);
  for (const list of Object.values(seen)) assertEquals(list, list.toSorted());
  assertEquals([Object.keys(seen).length, most], [6, 4]);
});

Deno.test("AppService retries a handler three times, reports the error, and continues", async () => {
  const reported: unknown[] = [];
  const { service, push } = start({ onHandlerError: (error, event) => reported.push(error, event.event_id) });
  const seen: string[] = [];
  service.on("m.room.message", (event) => {
    seen.push(event.content.body!);
    if (event.content.body === "bad") throw new Error("bad event");
  });
  const bad = message("bad");
  assertEquals(await push([message("a"), bad, message("b")]), 200);
  assertEquals(seen, ["a", "bad", "bad", "bad", "bad", "b"]);
  assertEquals([(reported[0] as Error).message, reported[1]], ["bad event", bad.event_id]);
});

Deno.test("AppService skips values that are not events", async () => {
  const { service, push } = start();
  const seen: string[] = [];
  service.on("m.room.message", (event) => void seen.push(event.content.body!));
  const odd = [null, 7, "x", [], {}, { type: 1 }, { type: "m.room.message", room_id: 5, content: null }];
  assertEquals(await push([message("a"), ...odd, message("b")]), 200);
  assertEquals(seen, ["a", "b"]);
});

Deno.test("AppService handles to-device messages and ephemeral events first, whose failures do not fail a transaction", async () => {
  const reported: unknown[] = [];
  const { service, push, server } = start({
    retries: 0,
    onDeviceLists: (lists) => void seen.push(["lists", lists]),
    onKeyCounts: (counts, unused) => void seen.push(["counts", counts, unused]),
    onHandlerError: (error) => reported.push(error),
  });
  const seen: unknown[] = [];
  server.on("*", matrixError(401, "M_UNKNOWN_TOKEN"));
  service.on("m.room_key_request", async (event, { from, roomId, bot }) => {
    seen.push([from, roomId, event.type]);
    await bot.whoami();
  });
  service.on("m.typing", (_, { roomId, from }) => {
    seen.push([from, roomId]);
    throw new Error("failed");
  });
  service.on("m.presence", (event, { roomId }) => void seen.push([event.type, roomId]));
  service.on("m.room.message", (event) => void seen.push(event.content.body));
  const status = await push([message("a")], {
    to_device: [{ type: "m.room_key_request", sender: BOT, content: {}, to_user_id: BOT }],
    ephemeral: [
      { type: "m.typing", room_id: ROOM, content: { user_ids: [] } },
      { type: "m.presence", sender: ALICE, content: {} },
    ],
    "org.matrix.msc3202.device_lists": { changed: [ALICE], left: [] },
    "org.matrix.msc3202.device_one_time_keys_count": { [BOT]: {} },
  });
  assertEquals(seen.slice(0, 5), [
    ["toDevice", undefined, "m.room_key_request"],
    ["lists", { changed: [ALICE], left: [] }],
    ["counts", { [BOT]: {} }, {}],
    ["ephemeral", ROOM],
    ["m.presence", undefined],
  ]);
  assertEquals([status, reported.length, seen.at(-1)], [200, 1, "a"]);
});

Deno.test("AppService responds with 500 if the access token is unknown, and delivers the event again", async () => {
  const { service, push, server } = start();
  let calls = 0;
  service.on("m.room.message", async (_, { send }) => {
    calls++;
    await send("Hello");
  });
  server.on("*", matrixError(401, "M_UNKNOWN_TOKEN"));
  const event = message("a");
  assertEquals(await push([event], {}, "7"), 500);
  server.on("*", { event_id: "$sent" });
  assertEquals(await push([event], {}, "7"), 200);
  assertEquals(calls, 2);
});

for (
  const [what, code, status] of [
    ["a double puppet has signed out", "M_UNKNOWN_TOKEN", 401],
    ["a user is deactivated", "M_USER_DEACTIVATED", 403],
    ["the token of another client is unknown", "M_UNKNOWN_TOKEN", 401],
  ] as const
) {
  Deno.test(`AppService reports the error and acknowledges the transaction if ${what}`, async () => {
    for (const joins of [false, true]) {
      const errors: unknown[] = [];
      const { service, push, server } = start({
        retries: 0,
        onHandlerError: (error) => void errors.push(error),
      });
      const { fetch } = server;
      const client = what.includes("puppet")
        ? service.puppet("@alice:example.org", { token: "own" })
        : what.includes("client")
        ? new ClientAPI({ baseUrl: "https://other.example.org", token: "other", fetch })
        : service.intent(GHOST);
      service.on("m.room.message", async () => void await client.sendText(ROOM, "Hello"));
      const isOver = matrixError(status, code);
      // The token may also be refused when the user joins.
      server.on(
        "*",
        (request: Received) =>
          joins && request.path.includes("/send/")
            ? matrixError(403, "M_FORBIDDEN", { error: "not in room" })(request)
            : isOver(request),
      );
      assertEquals(await push([message("a")]), 200);
      assertEquals(errors.length, 1);
    }
  });
}

Deno.test("AppService acknowledges a transaction when detached work has ended", async () => {
  const store = new MemoryTransactionStore();
  const { service, push } = start({ store });
  let end = () => {};
  service.on(
    "m.room.message",
    (_, { waitUntil }) => waitUntil(new Promise<void>((resolve) => end = resolve)),
  );
  let status: number | undefined;
  const pushed = push([message("a")]).then((value) => status = value);
  await delay(5);
  assertEquals(status, undefined);
  end();
  assertEquals(await pushed, 200);
});

Deno.test("AppService continues with the events that another process has not handled", async () => {
  const store = new MemoryTransactionStore();
  const registration = registrationOf();
  const [first, second] = [start({ store, registration }), start({ store, registration })];
  const seen: string[] = [];
  first.server.on("*", matrixError(401, "M_UNKNOWN_TOKEN"));
  first.service.on("m.room.message", async (event, { bot }) => {
    if (event.content.body === "b") await bot.whoami();
    seen.push(event.content.body!);
  });
  second.service.on("m.room.message", (event) => void seen.push(event.content.body!));
  const batch = [message("a"), message("b"), message("c")];
  assertEquals(await first.push(batch, {}, "1"), 500);
  assertEquals(await second.push(batch, {}, "1"), 200);
  assertEquals(seen, ["a", "b", "c"]);
});

Deno.test("AppService registers a user that onUser finds, before it responds", async () => {
  const asked: string[] = [];
  const { query, server } = start({
    onUser: (userId) => {
      asked.push(userId);
      return userId === GHOST;
    },
    onAlias: (alias) => Promise.resolve(alias === "#_irc_a:example.org"),
  });
  assertEquals(await query(`users/${encodeURIComponent(GHOST)}`), 200);
  assertEquals(server.received.map(({ path, body }) => [path, (body as { username: string }).username]), [
    ["/_matrix/client/v3/register", "_irc_carol"],
  ]);
  assertEquals(await query("users/@_irc_dave:example.org"), 404);
  for (const userId of ["@alice:example.org", "nobody", "@_irc_carol", "@_irc_carol:", "__proto__"]) {
    assertEquals(await query(`users/${userId}`), 404);
  }
  assertEquals(await query("rooms/%23_irc_a:example.org"), 200);
  for (const alias of ["%23_irc_b:example.org", "_irc_a:example.org", "%23_irc_a"]) {
    assertEquals(await query(`rooms/${alias}`), 404);
  }
  assertEquals(asked, [GHOST, "@_irc_dave:example.org"]);
});

Deno.test("AppService.ping() sends no device, and returns 0 for 0 ms", async () => {
  const { service, server } = start({ deviceId: "BRIDGE" });
  assertEquals(await service.ping({ txnId: "1" }), 0);
  const { path, query, body } = server.last;
  assertEquals(path, "/_matrix/client/v1/appservice/irc/ping");
  assertEquals([query.get("device_id"), query.get("user_id")], [null, BOT]);
  assertEquals(body, { transaction_id: "1" });
  server.on("*", matrixError(400, "M_URL_NOT_SET"));
  await assertRejects(() => service.ping(), MatrixRequestError);
});

Deno.test("AppService.requestRetry() refuses one transaction", async () => {
  const { service, push } = start();
  service.requestRetry();
  assertEquals([await push([]), await push([])], [503, 200]);
});

Deno.test("AppService.on() returns a function that removes the handler", async () => {
  const { service, push } = start();
  let calls = 0;
  const remove = service.on("m.room.message", () => void calls++);
  await push([message("a")]);
  remove();
  await push([message("b")]);
  assertEquals(calls, 1);
});

Deno.test("new AppService() sends nothing, sets no timer, and uses no random values", () => {
  const { getRandomValues, randomUUID } = crypto;
  const original = globalThis.setTimeout;
  const registration = registrationOf();
  const forbidden = () => {
    throw new Error("not while a module is loaded");
  };
  try {
    Object.assign(globalThis, { setTimeout: forbidden });
    Object.defineProperty(crypto, "getRandomValues", { value: forbidden, configurable: true });
    Object.defineProperty(crypto, "randomUUID", { value: forbidden, configurable: true });
    const { server, service } = start({ registration, deviceId: "BRIDGE" });
    service.on("m.room.message", () => {});
    service.intent(GHOST);
    assertEquals(server.received, []);
  } finally {
    Object.assign(globalThis, { setTimeout: original });
    Object.defineProperty(crypto, "getRandomValues", { value: getRandomValues, configurable: true });
    Object.defineProperty(crypto, "randomUUID", { value: randomUUID, configurable: true });
  }
});

Deno.test("new AppService() rejects invalid options, and shows no token", () => {
  const registration = registrationOf();
  for (
    const options of [
      { registration: { ...registration, as_token: "a b" } },
      { registration: { ...registration, hs_token: "" } },
      { registration: { ...registration, id: 1 } },
      { registration: null },
      { registration, serverName: "" },
      { registration, store: {} },
      { registration, onUser: 1 },
      { registration, onDeviceLists: {} },
      { registration, baseUrl: "nowhere" },
    ]
  ) {
    const error = assertThrows(() => start(options as never), TypeError);
    assert(!error.message.includes(registration.as_token) && !error.message.includes(registration.hs_token));
  }
  const users = [{ regex: "(", exclusive: true }];
  assertThrows(() => start({ registration: { ...registration, namespaces: { users } } }), SyntaxError);
  assertThrows(() => start({ registration, retries: -1 }), RangeError);
});

Deno.test("AppService shows no token when it is inspected or written as JSON", () => {
  const { service, registration } = start();
  service.puppet(ALICE, { token: "alices_token" });
  const inspected = typeof Deno.inspect === "function" ? Deno.inspect(service, { depth: 20 }) : "";
  for (const text of [JSON.stringify(service), inspected, String(service)]) {
    for (const secret of [registration.as_token, registration.hs_token, "alices_token"]) {
      assert(!text.includes(secret));
    }
  }
  assert(service.bot.api instanceof HTTPAPI);
});
