import { assertEquals, assertThrows } from "@std/assert";
import { autojoin, type ClientOptions, followUpgrades, MemorySyncStore } from "../../../client/mod.ts";
import { MForbidden } from "../../../http/mod.ts";
import { type Answer, matrixError, type Received, silence, text } from "../../support/fake_homeserver.ts";
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

Deno.test("autojoin() accepts invites through the inviter's server", async () => {
  const { server, client, store, told } = setUp(invites("@alice:hs.example:8448", "@bob:x"), {
    [join("!0:x")]: { room_id: "!0:x" },
    [join("!1:x")]: { room_id: "!1:x" },
  });
  autojoin(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(joins(server.received).sort(), [["!0:x", "hs.example:8448"], ["!1:x", "x"]]);
  assertEquals([await store.get(), told], ["s1", []]);
});

Deno.test("autojoin() accepts invites of a first sync", async () => {
  const { server, client } = setUp(invites("@a:x"), { [join("!0:x")]: { room_id: "!0:x" } }, {
    store: new MemorySyncStore(),
  });
  autojoin(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(joins(server.received).length, 1);
});

Deno.test("autojoin() accepts invites of certain users and servers only", async () => {
  const answer = invites("@a:good.example", "@b:bad.example", "@c:bad.example", "@d:not.good.example");
  for (const [from, rooms] of [[["good.example", "@c:bad.example"], ["!0:x", "!2:x"]], [[], []]] as const) {
    const { server, client } = setUp(answer, { "*": { room_id: "!x" } });
    autojoin(client, { from });
    await runUntil(client, () => polls(server).length === 2);
    assertEquals(joins(server.received).map(([room]) => room).sort(), [...rooms]);
  }
});

Deno.test("autojoin() refuses what is no list of users and servers", () => {
  const { client } = setUp({}, {});
  for (const from of ["good.example", 5, [5], {}]) {
    assertThrows(() => autojoin(client, { from: from as string[] }), TypeError, "must be a list");
  }
});

Deno.test("autojoin() ends when it is told so, and leaves other people's invites alone", async () => {
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

Deno.test("autojoin() tells of a refusal, and of a join that failed as often as is allowed", async () => {
  const { server, client, told, store } = setUp(invites("@a:x", "@b:x"), {
    [join("!0:x")]: matrixError(403, "M_FORBIDDEN"),
    [join("!1:x")]: text("", 502),
  }, { retries: 5 });
  autojoin(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(joins(server.received).map(([room]) => room).sort(), ["!0:x", "!1:x", "!1:x", "!1:x"]);
  assertEquals(told.length, 2);
  assertEquals(told.some((error) => error instanceof MForbidden), true);
  assertEquals(await store.get(), "s1");
});

Deno.test("autojoin() holds the batch until it has joined, and other rooms go on meanwhile", async () => {
  let let_in = (_: unknown) => {};
  const answer = {
    next_batch: "s1",
    rooms: { ...invites("@a:x").rooms, ...joined("s1", { timeline: { events: [message("hi")] } }).rooms },
  };
  const { server, client, store } = setUp(answer, {
    [join("!0:x")]: () =>
      new Promise((resolve) => let_in = () => resolve(Response.json({ room_id: "!0:x" }))),
  }, { handlerDeadline: 20 });
  autojoin(client);
  let heard = false;
  client.on("m.room.message", () => heard = true);
  client.start();
  await until(() => heard);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals([await store.get(), polls(server).length], ["s0", 1]);
  let_in(undefined);
  await until(() => polls(server).length === 2);
  assertEquals(await store.get(), "s1");
  await client.stop();
});

Deno.test("autojoin() keeps no other room waiting, however many invites lead nowhere", async () => {
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
  await until(() => heard && joins(server.received).length === 8);
  await client.stop();
});

Deno.test("autojoin() leaves an invite for another time when the client is stopped meanwhile", async () => {
  const { client, store, told, server } = setUp(invites("@a:x"), { [join("!0:x")]: silence() });
  autojoin(client);
  client.start();
  await until(() => joins(server.received).length === 1);
  await client.stop();
  assertEquals([await store.get(), told], ["s0", []]);
});

const tombstone = (successor: unknown, more = {}) =>
  message("tombstone", {
    type: "m.room.tombstone",
    sender: "@mod:mods.example",
    state_key: "",
    content: { body: "gone", replacement_room: successor },
    ...more,
  });

Deno.test("followUpgrades() joins the successor through the server of the tombstone's sender", async () => {
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

Deno.test("followUpgrades() follows what a gap has swallowed, but nothing from before the client", async () => {
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

Deno.test("followUpgrades() tells of a refusal", async () => {
  const answer = joined("s1", { timeline: { events: [tombstone("!new:x")] } });
  const { server, client, told } = setUp(answer, { [join("!new:x")]: matrixError(403, "M_FORBIDDEN") });
  followUpgrades(client);
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(told.map((error) => error instanceof MForbidden), [true]);
});
