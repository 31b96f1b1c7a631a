import { assertEquals, assertThrows } from "@std/assert";
import { autojoin, type ClientOptions, followUpgrades, MemorySyncStore } from "../../../client/mod.ts";
import { MForbidden, MNotFound } from "../../../http/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  type Answer,
  json,
  matrixError,
  type Received,
  silence,
  text,
} from "../../support/fake_homeserver.ts";
import {
  joined,
  ME,
  member,
  message,
  polls,
  runUntil,
  syncClient,
  syncServer,
  until,
} from "../../support/sync_server.ts";

const QUICK = { limit: 2, minTimeout: 0, maxTimeout: 1 };
const join = (room: string) => `POST /_matrix/client/v3/join/${encodeURIComponent(room).replace("!", "%21")}`;
const joins = (received: Received[]) =>
  received.filter(({ path }) => path.includes("/join/"))
    .map(({ path, query }) => [decodeURIComponent(path.split("/").at(-1)!), ...query.getAll("via")]);

function invites(...from: string[]) {
  const invite = Object.fromEntries(from.map((sender, i) => [`!${i}:x`, {
    invite_state: {
      events: [
        { type: "m.room.name", state_key: "", sender, content: { name: "x" } },
        { ...member(sender, "join"), sender },
        { ...member(ME, "invite"), sender },
      ],
    },
  }]));
  return { next_batch: "s1", rooms: { invite } };
}

function setUp(answer: unknown, answers: Record<string, Answer>, options: Partial<ClientOptions> = {}) {
  const server = syncServer(answer);
  for (const [route, value] of Object.entries(answers)) {
    server.on(route, ...Array.isArray(value) ? value : [value]);
  }
  const store = new MemorySyncStore("s0");
  const told: unknown[] = [];
  const client = syncClient(server, {
    store,
    mxid: undefined,
    retry: QUICK,
    onHandlerError: (error) => told.push(error),
    ...options,
  });
  return { server, store, told, client };
}

Deno.test("autojoin() joins through the server of the inviting user", async () => {
  const { server, client, store, told } = setUp(invites("@alice:hs.example:8448", "@bob:x"), {
    [join("!0:x")]: { room_id: "!0:x" },
    [join("!1:x")]: { room_id: "!1:x" },
  });
  autojoin(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(joins(server.received).sort(), [["!0:x", "hs.example:8448"], ["!1:x", "x"]]);
  assertEquals([await store.get(), told], ["s1", []]);
});

Deno.test("autojoin() accepts invitations of the initial sync", async () => {
  const { server, client } = setUp(invites("@a:x"), { [join("!0:x")]: { room_id: "!0:x" } }, {
    store: new MemorySyncStore(),
  });
  autojoin(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(joins(server.received).length, 1);
});

Deno.test("autojoin() accepts only invitations from the users and servers in `from`", async () => {
  const answer = invites("@a:good.example", "@b:bad.example", "@c:bad.example", "@d:not.good.example");
  for (const [from, rooms] of [[["good.example", "@c:bad.example"], ["!0:x", "!2:x"]], [[], []]] as const) {
    const { server, client } = setUp(answer, { "*": { room_id: "!x" } });
    autojoin(client, { from });
    await runUntil(client, () => polls(server).length === 2);
    assertEquals(joins(server.received).map(([room]) => room).sort(), [...rooms]);
  }
});

Deno.test("autojoin() rejects a `from` that is not a list of strings", () => {
  const { client } = setUp({}, {});
  for (const from of ["good.example", 5, [5], {}]) {
    assertThrows(() => autojoin(client, { from: from as string[] }), TypeError, "must be a list");
  }
  assertThrows(() => autojoin(client, { direct: "no" as never }), TypeError, "direct must be a boolean");
});

Deno.test("autojoin() ignores invitations of other users, and all after its removal", async () => {
  const answer = invites("@a:x");
  answer.rooms.invite["!0:x"]!.invite_state.events = [{ ...member("@other:x", "invite"), sender: "@a:x" }];
  const { server, client } = setUp(answer, { "*": { room_id: "!x" } });
  autojoin(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(joins(server.received), []);

  const other = setUp(invites("@a:x"), { "*": { room_id: "!x" } });
  autojoin(other.client)();
  await runUntil(other.client, () => polls(other.server).length === 2);
  assertEquals(joins(other.server.received), []);
});

Deno.test("autojoin() retries a refused join after 1, 5, 20 and 60 seconds, then reports the error", () =>
  FakeClock.use(async (clock) => {
    for (
      const [status, code, type] of [[403, "M_FORBIDDEN", MForbidden], [
        404,
        "M_NOT_FOUND",
        MNotFound,
      ]] as const
    ) {
      const { server, client, told, store } = setUp(invites("@a:x"), {
        [join("!0:x")]: matrixError(status, code),
      });
      const times: number[] = [];
      const begin = clock.now;
      const joinRoom = client.joinRoom.bind(client);
      client.joinRoom = (...args) => (times.push(clock.now - begin), joinRoom(...args));
      autojoin(client);
      client.start();
      await clock.advance(85_999);
      assertEquals([told.length, await store.get()], [0, "s0"]);
      await clock.advance(1);
      assertEquals(times, [0, 1_000, 6_000, 26_000, 86_000]);
      assertEquals(told.map((error) => error instanceof type), [true]);
      assertEquals([await store.get(), joins(server.received).length], ["s1", 5]);
      const stopped = client.stop();
      await clock.advance(0);
      await stopped;
    }
  }));

Deno.test("autojoin() joins when a later attempt is accepted", () =>
  FakeClock.use(async (clock) => {
    const { server, client, told, store } = setUp(invites("@a:x"), {
      [join("!0:x")]: [matrixError(403, "M_FORBIDDEN"), matrixError(404, "M_NOT_FOUND"), { room_id: "!0:x" }],
    });
    autojoin(client);
    client.start();
    await clock.advance(6_000);
    assertEquals([joins(server.received).length, told, await store.get()], [3, [], "s1"]);
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
  }));

Deno.test("autojoin() reports other errors at once, and connection errors after the client's retries", async () => {
  const { server, client, told, store } = setUp(invites("@a:x", "@b:x"), {
    [join("!0:x")]: matrixError(400, "M_UNKNOWN"),
    [join("!1:x")]: text("", 502),
  }, { retries: 5 });
  autojoin(client);
  await runUntil(client, () => told.length === 2);
  assertEquals(joins(server.received).map(([room]) => room).sort(), ["!0:x", "!1:x", "!1:x", "!1:x"]);
  assertEquals(await store.get(), "s1");
});

Deno.test("autojoin() holds the token until it has joined, but no poll and no other room", async () => {
  let letIn = (_: unknown) => {};
  const answer = {
    next_batch: "s1",
    rooms: { ...invites("@a:x").rooms, ...joined("s1", { timeline: { events: [message("hi")] } }).rooms },
  };
  const { server, client, store } = setUp(answer, {
    [join("!0:x")]: () => new Promise((resolve) => letIn = () => resolve(Response.json({ room_id: "!0:x" }))),
  }, { handlerDeadline: 20 });
  autojoin(client);
  let heard = false;
  client.on("m.room.message", () => heard = true);
  client.start();
  await until(() => heard && polls(server).length === 2);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals([await store.get(), polls(server)[1]?.query.get("since")], ["s0", "s1"]);
  letIn(undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(await store.get(), "s1");
  await client.stop();
});

Deno.test("autojoin() delays no other room, however many joins hang", async () => {
  const senders = Array.from({ length: 20 }, (_, i) => `@user${i}:x`);
  const answer = {
    next_batch: "s1",
    rooms: { ...invites(...senders).rooms, ...joined("s1", { timeline: { events: [message("hi")] } }).rooms },
  };
  const { client, server } = setUp(answer, { "*": silence() });
  autojoin(client);
  let heard = false;
  client.on("m.room.message", () => heard = true);
  client.start();
  await until(() => heard && joins(server.received).length === 20 && polls(server).length === 2);
  await client.stop();
});

Deno.test("autojoin() does not commit an invitation whose join was interrupted by a stop", async () => {
  const { client, store, told, server } = setUp(invites("@a:x"), { [join("!0:x")]: silence() });
  autojoin(client);
  client.start();
  await until(() => joins(server.received).length === 1);
  await client.stop();
  assertEquals([await store.get(), told], ["s0", []]);
});

const DIRECT = `/_matrix/client/v3/user/${encodeURIComponent(ME)}/account_data/m.direct`;

/** Serves the `m.direct` account data, with a delay that makes two changes overlap. */
function directChats(server: ReturnType<typeof syncServer>, content: unknown) {
  const data = { content };
  const late = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 5));
  server.on(`GET ${DIRECT}`, async (request: Received) => {
    const { content } = data;
    await late(undefined);
    return await (content === undefined ? matrixError(404, "M_NOT_FOUND") : json(content))(request);
  });
  server.on(`PUT ${DIRECT}`, async (request: Received) => {
    await late(undefined);
    data.content = request.body;
    return await json({})(request);
  });
  return data;
}

const puts = ({ received }: { received: Received[] }) =>
  received.filter(({ method, path }) => method === "PUT" && path === DIRECT).length;

function directInvites(...from: string[]) {
  const response = invites(...from);
  for (const { invite_state: { events } } of Object.values(response.rooms.invite)) {
    Object.assign(events.at(-1)!.content, { is_direct: true });
  }
  return response;
}

Deno.test("autojoin() adds direct rooms to m.direct after the join, two at the same time, too", async () => {
  for (
    const before of [undefined, { "@a:x": ["!old:x"], "@other:x": ["!other:x"] }, { "@a:x": "malformed" }]
  ) {
    const { server, client, store, told } = setUp(directInvites("@a:x", "@b:x", "@a:x"), {
      "*": { room_id: "!x" },
    });
    const data = directChats(server, before);
    autojoin(client);
    await client.runOnce();
    assertEquals(puts(server), 3);
    const rooms = Array.isArray(before?.["@a:x"]) ? before["@a:x"] : [];
    assertEquals(data.content, { ...before, "@a:x": [...rooms, "!0:x", "!2:x"], "@b:x": ["!1:x"] });
    assertEquals([told, await store.get()], [[], "s1"]);
  }
});

Deno.test("autojoin() does not change m.direct with `direct: false`, for other invitations, and for known rooms", async () => {
  const cases = [
    [directInvites("@a:x"), { direct: false }, undefined],
    [invites("@a:x"), {}, undefined],
    [directInvites("@a:x"), {}, { "@a:x": ["!0:x"] }],
  ] as const;
  for (const [response, options, before] of cases) {
    const { server, client, told } = setUp(response, { "*": { room_id: "!x" } });
    directChats(server, before);
    autojoin(client, options);
    await client.runOnce();
    assertEquals([puts(server), joins(server.received).length, told], [0, 1, []]);
  }
});

Deno.test("autojoin() reports an m.direct that cannot be changed", async () => {
  const { server, client, told } = setUp(directInvites("@a:x"), { "*": { room_id: "!x" } });
  server.on(`GET ${DIRECT}`, matrixError(403, "M_FORBIDDEN"));
  autojoin(client);
  await runUntil(client, () => told.length === 1);
  assertEquals(told[0] instanceof MForbidden, true);
});

const tombstone = (successor: unknown, more = {}) =>
  message("tombstone", {
    type: "m.room.tombstone",
    sender: "@mod:mods.example",
    state_key: "",
    content: { body: "gone", replacement_room: successor },
    ...more,
  });

Deno.test("followUpgrades() joins the replacement once, through the server of the tombstone's sender", async () => {
  const { server, client, told } = setUp(
    joined("s1", {
      timeline: {
        events: [
          tombstone("!new:x"),
          tombstone("!other:x", { state_key: "a" }),
          tombstone(5),
          tombstone(undefined),
        ],
      },
      state: { events: [tombstone("!new:x")] },
    }),
    { "*": { room_id: "!new:x" } },
  );
  followUpgrades(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals([joins(server.received), told], [[["!new:x", "mods.example"]], []]);
});

Deno.test("followUpgrades() follows tombstones in state, except in the initial sync", async () => {
  const answer = joined("s1", {
    state: { events: [tombstone("!new:x")] },
    timeline: { events: [tombstone("!new:x")] },
  });
  for (const [token, count] of [["s0", 1], [undefined, 0]] as const) {
    const { server, client } = setUp(answer, { "*": { room_id: "!new:x" } }, {
      store: new MemorySyncStore(token),
    });
    const end = followUpgrades(client);
    await runUntil(client, () => polls(server).length === 2);
    assertEquals(joins(server.received).length, count);
    end();
  }
});

Deno.test("followUpgrades() retries a refused join, then reports the error", () =>
  FakeClock.use(async (clock) => {
    const answer = joined("s1", { timeline: { events: [tombstone("!new:x")] } });
    const no = matrixError(403, "M_FORBIDDEN");
    for (const [answers, count, errors] of [[[no, { room_id: "!new:x" }], 2, []], [no, 5, [true]]] as const) {
      const { server, client, told } = setUp(answer, { [join("!new:x")]: answers });
      followUpgrades(client);
      client.start();
      await clock.advance(100_000);
      assertEquals(joins(server.received).length, count);
      assertEquals(told.map((error) => error instanceof MForbidden), [...errors]);
      const stopped = client.stop();
      await clock.advance(0);
      await stopped;
    }
  }));
