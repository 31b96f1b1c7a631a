import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  type ClientOptions,
  type EventOrigin,
  type HandlerContext,
  MemorySyncStore,
} from "../../../client/mod.ts";
import type { RoomID } from "../../../types/mod.ts";
import {
  batch,
  joined,
  ME,
  member,
  message,
  polls,
  ROOM,
  runUntil,
  syncClient,
  syncServer,
} from "../../support/sync_server.ts";

/** A response with events of every origin. */
const EVERYTHING = {
  next_batch: "s1",
  to_device: { events: [{ type: "m.dummy", sender: "@a:x", content: {} }] },
  account_data: { events: [{ type: "m.direct", content: {} }] },
  presence: { events: [{ type: "m.presence", sender: "@a:x", content: { presence: "online" } }] },
  rooms: {
    join: {
      "!join:x": {
        state: { events: [{ ...member("@old:x", "join"), event_id: "$state" }] },
        state_after: { events: [{ ...member("@new:x", "join"), event_id: "$after" }] },
        timeline: { events: [message("timeline")] },
        ephemeral: { events: [{ type: "m.typing", content: { user_ids: [] } }] },
        account_data: { events: [{ type: "m.tag", content: { tags: {} } }] },
      },
    },
    invite: { "!invite:x": { invite_state: { events: [member(ME, "invite")] } } },
    knock: { "!knock:x": { knock_state: { events: [member(ME, "knock")] } } },
    leave: {
      "!leave:x": {
        timeline: { events: [message("left")] },
        state: { events: [{ ...member("@gone:x", "leave"), event_id: "$gone" }] },
        account_data: { events: [{ type: "m.fully_read", content: {} }] },
      },
    },
  },
};

interface Seen {
  type: string;
  from: EventOrigin;
  roomId: RoomID | undefined;
}

async function seen(
  answer: unknown,
  from: EventOrigin | EventOrigin[] | undefined,
  options = {},
): Promise<Seen[]> {
  const taken: Seen[] = [];
  const server = syncServer(answer);
  const client = syncClient(server, { since: "s0", ...options });
  client.on("*", (event, context) => {
    assertEquals(event.room_id, context.roomId);
    assertStrictEquals(context.client, client);
    taken.push({ type: event.type, from: context.from, roomId: context.roomId });
  }, { from });
  await runUntil(client, () => polls(server).length === 2);
  return taken;
}

Deno.test("Client.on() delivers all origins but state by default, to-device first, account data and presence last", async () => {
  const taken = await seen(EVERYTHING, undefined);
  assertEquals(taken[0], { type: "m.dummy", from: "toDevice", roomId: undefined });
  assertEquals(taken.slice(-2), [
    { type: "m.direct", from: "accountData", roomId: undefined },
    { type: "m.presence", from: "presence", roomId: undefined },
  ]);
  const rooms = taken.slice(1, -2).map(({ type, from, roomId }) => `${roomId} ${from} ${type}`).sort();
  assertEquals(rooms, [
    "!invite:x invite m.room.member",
    "!join:x accountData m.tag",
    "!join:x ephemeral m.typing",
    "!join:x timeline m.room.message",
    "!knock:x knock m.room.member",
    "!leave:x accountData m.fully_read",
    "!leave:x leave m.room.message",
  ]);
});

Deno.test("Client.on() delivers events of the origins in `from`", async () => {
  const all = await seen(EVERYTHING, [
    "timeline",
    "state",
    "ephemeral",
    "accountData",
    "toDevice",
    "presence",
    "invite",
    "knock",
    "leave",
  ]);
  assertEquals(all.length, 13);
  for (
    const from of [
      "timeline",
      "state",
      "ephemeral",
      "toDevice",
      "presence",
      "invite",
      "knock",
      "leave",
    ] as const
  ) {
    const sorted = (list: Seen[]) => list.map((one) => JSON.stringify(one)).sort();
    const expected = sorted(all.filter((event) => event.from === from));
    assert(expected.length > 0);
    assertEquals(sorted(await seen(EVERYTHING, from)), expected);
    assertEquals(sorted(await seen(EVERYTHING, undefined, { from: [from] })), expected);
  }
  assertEquals((await seen(EVERYTHING, "state")).length, 3);
});

Deno.test("Client.on() delivers events of its type, to handlers in the order of registration", async () => {
  const calls: string[] = [];
  const server = syncServer(joined("s1", {
    timeline: {
      events: [message("1"), message("topic", { type: "m.room.topic", state_key: "" }), message("2")],
    },
  }));
  const client = syncClient(server, { since: "s0" });
  client.on("m.room.message", ({ event_id }) => calls.push(`a ${event_id}`));
  client.on("*", async ({ event_id }) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    calls.push(`b ${event_id}`);
  });
  client.on("m.room.message", ({ event_id }) => calls.push(`c ${event_id}`));
  client.on("constructor", () => calls.push("no"));
  client.on("__proto__", () => calls.push("no"));
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(calls, ["a $1", "b $1", "c $1", "b $topic", "a $2", "b $2", "c $2"]);
});

Deno.test("Client.on() returns a function that removes the handler at once", async () => {
  const calls: string[] = [];
  const server = syncServer(batch("s1", "1", "2", "3"), batch("s2", "4"));
  const client = syncClient(server, { since: "s0" });
  const handler = ({ event_id }: { event_id: string }) => void calls.push(`same ${event_id}`);
  client.on("m.room.message", handler);
  const off = client.on("m.room.message", handler);
  client.on("m.room.message", ({ event_id }) => {
    if (event_id !== "$2") return;
    off();
    off();
    client.on("m.room.message", (late) => calls.push(`late ${late.event_id}`));
  });
  await runUntil(client, () => polls(server).length === 3);
  assertEquals(calls, [
    "same $1",
    "same $1",
    "same $2",
    "same $2",
    "same $3",
    "late $3",
    "same $4",
    "late $4",
  ]);
});

Deno.test("Client.on() rejects invalid types, handlers and options", () => {
  const client = syncClient(syncServer());
  const refused = (type: unknown, handler: unknown, options?: unknown) => {
    try {
      client.on(type as string, handler as () => void, options as { retries: number });
      return false;
    } catch (error) {
      return error instanceof TypeError || error instanceof RangeError;
    }
  };
  for (const type of ["", 5, null, undefined]) assert(refused(type, () => {}));
  assert(refused("a", undefined));
  for (
    const options of [{ retries: -1 }, { retries: 0.5 }, { handlerDeadline: -1 }, { from: "moon" }, {
      from: ["state", "x"],
    }]
  ) {
    assert(refused("a", () => {}, options), JSON.stringify(options));
  }
});

Deno.test("Client.on() skips messages of the client's own user, unless `own` is true", async () => {
  const mine = (id: string, more = {}) => message(id, { sender: ME, ...more });
  const response = {
    ...joined("s1", {
      timeline: {
        events: [message("theirs"), mine("message"), mine("state", { type: "m.x", state_key: "" })],
      },
      ephemeral: { events: [{ type: "m.typing", content: { user_ids: [ME] } }] },
    }),
    account_data: { events: [{ type: "m.direct", content: {} }] },
    presence: { events: [{ type: "m.presence", sender: ME, content: { presence: "online" } }] },
    to_device: { events: [{ type: "m.dummy", sender: ME, content: {} }] },
  };
  Object.assign(response.rooms, { leave: { "!left:x": { timeline: { events: [mine("left")] } } } });
  const deliver = async (own: boolean | undefined, options: Partial<ClientOptions> = {}) => {
    const delivered: string[] = [];
    const server = syncServer(response);
    const client = syncClient(server, { since: "s0", mxid: undefined, concurrency: 1, ...options });
    client.on("*", ({ type, event_id }) => delivered.push(event_id ?? type), { own });
    await runUntil(client, () => polls(server).length === 2);
    assertEquals(server.received.filter(({ path }) => path.endsWith("whoami")).length, 1);
    assertEquals(client.mxid, ME);
    return delivered;
  };
  const others = ["m.dummy", "$theirs", "$state", "m.typing", "m.direct", "m.presence"];
  const all = ["m.dummy", "$theirs", "$message", "$state", "m.typing", "$left", "m.direct", "m.presence"];
  assertEquals(await deliver(undefined), others);
  assertEquals(await deliver(false, { own: true }), others);
  assertEquals(await deliver(true), all);
  assertEquals(await deliver(undefined, { own: true }), all);
});

Deno.test("Client.run() handles the events of a room one after another, and `concurrency` rooms at the same time", async () => {
  const rooms = Object.fromEntries(
    Array.from(
      { length: 20 },
      (_, i) => [`!${i}:x`, { timeline: { events: [1, 2, 3].map((n) => message(`${i}-${n}`)) } }],
    ),
  );
  const server = syncServer({ next_batch: "s1", rooms: { join: rooms } });
  for (const concurrency of [undefined, 1, 3]) {
    const order = new Map<string, string[]>();
    let now = 0;
    let most = 0;
    const client = syncClient(syncServer({ next_batch: "s1", rooms: { join: rooms } }), {
      since: "s0",
      concurrency,
    });
    client.on("m.room.message", async ({ event_id }, { roomId }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      order.set(roomId, [...order.get(roomId) ?? [], event_id]);
      now--;
    });
    assertEquals(await client.runOnce(), 60);
    assertEquals(most, concurrency ?? 8);
    for (const [i, ids] of [...order].map(([room, ids]) => [room.slice(1, -2), ids] as const)) {
      assertEquals(ids, [1, 2, 3].map((n) => `$${i}-${n}`));
    }
  }
  assertEquals(server.received.length, 0);
});

Deno.test("Client.run() requests the next batch after the last handler has ended", async () => {
  const store = new MemorySyncStore("s0");
  const server = syncServer(batch("s1", "a"), batch("s2", "b"));
  const client = syncClient(server, { store });
  const ends: (() => void)[] = [];
  client.on("m.room.message", () => new Promise<void>((end) => ends.push(end)));
  const run = client.run();
  for (const n of [1, 2]) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([polls(server).length, ends.length, await store.get()], [n, n, `s${n - 1}`]);
    ends[n - 1]!();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals([polls(server).length, await store.get()], [3, "s2"]);
  await client.stop();
  await run;
});

Deno.test("Client.run() handles the events of a room in two sections one after another", async () => {
  const answer = {
    next_batch: "s1",
    rooms: {
      join: { [ROOM]: { timeline: { events: [message("a")] } } },
      leave: { [ROOM]: { timeline: { events: [message("b")] } } },
    },
  };
  const server = syncServer(answer);
  const client = syncClient(server, { since: "s0" });
  let now = 0;
  let most = 0;
  client.on("m.room.message", async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now--;
  });
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(most, 1);
});

Deno.test("Client.run() passes the token of the request to handlers", async () => {
  const server = syncServer(batch("s1", "a"), batch("s2", "b"));
  const client = syncClient(server, { catchUp: "all" });
  const contexts: HandlerContext[] = [];
  client.on("m.room.message", (_, context) => contexts.push(context));
  await runUntil(client, () => polls(server).length === 3);
  assertEquals(contexts.map(({ since, roomId, from }) => ({ since, roomId, from })), [
    { since: undefined, roomId: ROOM, from: "timeline" },
    { since: "s1", roomId: ROOM, from: "timeline" },
  ]);
});

Deno.test("Client.run() delivers no timeline events of the initial sync, unless catchUp is all", async () => {
  const rest = (await seen(EVERYTHING, undefined)).filter(({ from }) =>
    from !== "timeline" && from !== "leave"
  );
  const sorted = (list: Seen[]) => list.map((one) => JSON.stringify(one)).sort();
  assertEquals(sorted(await seen(EVERYTHING, undefined, { since: undefined })), sorted(rest));
  assertEquals((await seen(EVERYTHING, "state", { since: undefined })).length, 3);
  const all = await seen(EVERYTHING, undefined, { since: undefined, catchUp: "all" });
  assertEquals(all.filter(({ from }) => from === "timeline" || from === "leave").length, 2);
});

Deno.test("Client.run() skips values that are not events", async () => {
  const events = [
    null,
    5,
    "x",
    [],
    {},
    { type: "m.room.message" },
    { type: 5, content: {} },
    { content: {} },
    message("good"),
  ];
  const answer = {
    next_batch: "s1",
    to_device: 5,
    presence: [],
    account_data: { events: "x" },
    rooms: {
      join: {
        [ROOM]: { timeline: { events }, state: 1, ephemeral: null, account_data: { events: {} } },
        "!b:x": 5,
      },
      invite: [],
      leave: { "!c:x": { timeline: 7 } },
      knock: "no",
    },
  };
  assertEquals(await seen(answer, undefined), [{
    type: "m.room.message",
    from: "timeline",
    roomId: ROOM as RoomID,
  }]);
  for (const rooms of [5, [], "x", null, { join: null }]) {
    assertEquals(await seen({ next_batch: "s1", rooms }, undefined), []);
  }
});

Deno.test("Client.run() rejects while the client is running, and works again after its end", async () => {
  const server = syncServer(batch("s1", "a"));
  const client = syncClient(server);
  const run = client.run();
  await assertRejects(() => client.run(), TypeError, "running already");
  await assertRejects(() => client.runOnce(), TypeError, "running already");
  try {
    client.start();
    throw new Error("started twice");
  } catch (error) {
    assert(error instanceof TypeError);
  }
  await client.stop();
  await run;
  const stop = new AbortController();
  const again = client.run({ signal: stop.signal });
  stop.abort();
  await again;
  assertEquals(client.syncState.state, "stopped");
});

Deno.test("Client.start() returns at once and reports its end, Client.stop() waits for it", async () => {
  const server = syncServer(batch("s1", "a"));
  let told: unknown;
  const client = syncClient(server, {
    since: "s0",
    onState: ({ state, error }) => {
      if (state === "stopped") told = error ?? "no error";
    },
  });
  let ended = false;
  client.on("m.room.message", async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    ended = true;
  });
  assertEquals(client.start(), undefined);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await client.stop();
  assertEquals([ended, told], [true, "no error"]);
  await client.stop();

  const failing = new Error("no store");
  const store = { get: () => Promise.reject(failing), set: () => Promise.resolve() };
  const end = new Promise((resolve) =>
    client.start({ store, onState: ({ state, error }) => state === "stopped" && resolve(error) })
  );
  assertStrictEquals(await end, failing);
});

Deno.test("Client.run() works when it is called by onState() at the end", async () => {
  const server = syncServer(batch("s1"));
  const client = syncClient(server);
  let second: Promise<void> | undefined;
  const run = client.run({
    onState: ({ state }) => state === "stopped" ? void (second = client.run()) : undefined,
  });
  await client.stop();
  await run;
  await client.stop();
  await second;
  assert(second !== undefined);
});

Deno.test("Client.runOnce() polls once, commits, and returns the number of handled events", async () => {
  const store = new MemorySyncStore();
  const server = syncServer(batch("s1", "old"), batch("s2", "a", "b"), { next_batch: "s3" });
  const client = syncClient(server, { store, timeout: 5_000, onHandlerError: () => {} });
  client.on("m.room.message", ({ event_id }) => {
    if (event_id === "$b") throw new Error("no");
  });
  client.on("m.room.topic", () => {});
  assertEquals(await client.runOnce(), 0);
  assertEquals(await client.runOnce(), 1);
  assertEquals(await client.runOnce(), 0);
  assertEquals(await store.get(), "s3");
  assertEquals(polls(server).map(({ query }) => [query.get("since"), query.get("timeout")]), [
    [null, "0"],
    ["s1", "0"],
    ["s2", "0"],
  ]);
});
