import { assertEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import type { EventID, PaginatedMessages, RoomID } from "../../types/mod.ts";
import { BASE_URL, exchange, malformed, ODD, ODD_PATH, refused, sent } from "../support/contract_client.ts";
import { FakeHomeserver } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const ROOMS = "/_matrix/client/v3/rooms";
const MESSAGES = `${ROOMS}/%21room%3Aexample.org/messages`;
const EVENT = {
  type: "m.room.message",
  content: { msgtype: "m.text", body: "Tea?" },
  room_id: ROOM,
  event_id: "$1",
  sender: "@alice:example.org",
  origin_server_ts: 1,
};
const FILTER = Object.freeze({ types: ["m.room.message"], limit: 5, "org.example.a": "b&c" });

Deno.test("ClientAPI.getEvent() returns an event unchanged", async () => {
  const { request, result } = await exchange(EVENT, (client) => client.getEvent(ODD.room, ODD.event));
  assertEquals(
    `${request.method} ${request.path}`,
    `GET ${ROOMS}/${ODD_PATH.room}/event/${ODD_PATH.event}`,
  );
  assertEquals([...request.query], []);
  assertEquals<unknown>(result, EVENT);
});

Deno.test("ClientAPI.getEvent() returns events without room_id, and state under any type", async () => {
  const { room_id: _room, ...roomless } = EVENT;
  const custom = { ...EVENT, type: "com.example.custom", state_key: "" };
  const misplaced = { ...EVENT, type: "m.room.topic", content: { topic: "Tea" } };
  for (const event of [roomless, custom, misplaced]) {
    const { result } = await exchange(event, (client) => client.getEvent(ROOM, "$1"), { loose: true });
    assertEquals<unknown>(result, event);
  }
});

Deno.test("ClientAPI.getEvent() rejects values that are not events", async () => {
  for (const response of [null, [], {}, { ...EVENT, type: null }, { ...EVENT, content: [] }]) {
    await malformed(response, (client) => client.getEvent(ROOM, "$1"), "Invalid event in response");
  }
});

Deno.test("ClientAPI.getEvent() rejects values that would change the path", async () => {
  for (const bad of ["", ".", "..", undefined, null]) {
    await refused((client) => client.getEvent(bad as RoomID, "$1"), TypeError);
    await refused((client) => client.getEvent(ROOM, bad as EventID), TypeError);
  }
});

Deno.test("ClientAPI.getEventContext() requests ten events by default", async () => {
  const response = {
    event: EVENT,
    events_before: [],
    events_after: [EVENT],
    state: [],
    start: "s",
    end: "e",
  };
  const { request, result } = await exchange(
    response,
    (client) => client.getEventContext(ODD.room, ODD.event),
  );
  assertEquals(
    `${request.method} ${request.path}`,
    `GET ${ROOMS}/${ODD_PATH.room}/context/${ODD_PATH.event}`,
  );
  assertEquals([...request.query], [["limit", "10"]]);
  assertEquals<unknown>(result, response);
  for (const [limit, expected] of [[null, "10"], [0, "0"], [3, "3"]] as const) {
    const [, query] = await sent({}, (client) => client.getEventContext(ROOM, "$1", { limit: limit! }));
    assertEquals(query, { limit: expected });
  }
});

Deno.test("ClientAPI.getEventContext() sends a filter object as JSON, and a string unchanged", async () => {
  for (
    const [filter, expected] of [[FILTER, JSON.stringify(FILTER)], ['{"limit":1}', '{"limit":1}'], [{}, "{}"]]
  ) {
    const [, query] = await sent({}, (client) => client.getEventContext(ROOM, "$1", { filter }));
    assertEquals(query, { limit: "10", filter: expected as string });
  }
  for (const filter of [undefined, null]) {
    const [, query] = await sent({}, (client) => client.getEventContext(ROOM, "$1", { filter: filter! }));
    assertEquals(query, { limit: "10" });
  }
});

Deno.test("ClientAPI.getEventContext() accepts an empty object, and rejects values that are not objects", async () => {
  assertEquals((await exchange({}, (client) => client.getEventContext(ROOM, "$1"))).result, {});
  await malformed([], (client) => client.getEventContext(ROOM, "$1"), "Invalid response: expected object");
});

Deno.test("ClientAPI.getMessages() always sends the direction, and returns the whole page", async () => {
  const page = { start: "s", end: "e", chunk: [EVENT], state: [], "org.example.more": 1 };
  for (const direction of ["b", "f"] as const) {
    const { request, result } = await exchange(page, (client) => client.getMessages(ODD.room, direction));
    assertEquals(`${request.method} ${request.path}`, `GET ${ROOMS}/${ODD_PATH.room}/messages`);
    assertEquals([...request.query], [["dir", direction]]);
    assertEquals<unknown>(result, page);
  }
});

Deno.test("ClientAPI.getMessages() sends from and to if they are given, and limit if it is truthy", async () => {
  const page = { start: "s", chunk: [] };
  const options = (value: unknown) =>
    ({ from: value, to: value, limit: value }) as { from: string; to: string };
  for (
    const [given, expected] of [
      [{ from: "a", to: "b", limit: 5 }, { from: "a", to: "b", limit: "5" }],
      [options(undefined), {}],
      [options(null), {}],
      [options(""), { from: "", to: "" }],
      [{ limit: 0 }, {}],
    ] as const
  ) {
    const [, query] = await sent(page, (client) => client.getMessages(ROOM, "b", given));
    assertEquals<unknown>(query, { dir: "b", ...expected });
  }
});

Deno.test("ClientAPI.getMessages() sends a filter object as JSON, and a string unchanged", async () => {
  for (
    const [filter, expected] of [
      [FILTER, { filter: JSON.stringify(FILTER) }],
      [{}, { filter: "{}" }],
      ['{"limit":1}', { filter: '{"limit":1}' }],
      ["", { filter: "" }],
      [null, {}],
    ] as const
  ) {
    const [, query] = await sent(
      { start: "s", chunk: [] },
      (client) => client.getMessages(ROOM, "b", { filter: filter! }),
    );
    assertEquals<unknown>(query, { dir: "b", ...expected });
  }
});

Deno.test("ClientAPI.getMessages() returns malformed events unchanged, and accepts a missing end", async () => {
  const page = { start: "s", chunk: [{ type: "m.call.invite" }, { unsigned: null }, null] };
  const { result } = await exchange(page, (client) => client.getMessages(ROOM, "b"), { loose: true });
  assertEquals<unknown>(result, page);
  assertEquals(result.end, undefined);
});

Deno.test("ClientAPI.getMessages() rejects a missing start, then a missing or malformed chunk", async () => {
  const call = (client: ClientAPI) => client.getMessages(ROOM, "b");
  await malformed({}, call, "`start` not in response.");
  await malformed({ start: 1, chunk: [] }, call, "Invalid `start` in response: expected string");
  await malformed({ start: "s" }, call, "`chunk` not in response.");
  await malformed({ start: "s", chunk: null }, call, "`chunk` not in response.");
  await malformed({ start: "s", chunk: {} }, call, "Invalid events in response");
  await malformed(null, call, "Invalid response: expected object");
});

function pages(...responses: PaginatedMessages[]): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on(`GET ${MESSAGES}`, ...responses);
  return { client: new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch }), server };
}

Deno.test("ClientAPI.iterateMessages() reads pages until there is no end", async () => {
  const { client, server } = pages(
    { start: "1", end: "2", chunk: [] },
    { start: "2", end: "3", chunk: [] },
    { start: "3", chunk: [] },
  );
  const starts: string[] = [];
  for await (const page of client.iterateMessages(ROOM, "b", { from: "1", limit: 2, to: "9" })) {
    starts.push(page.start);
    assertEquals(server.received.length, starts.length);
  }
  assertEquals(starts, ["1", "2", "3"]);
  assertEquals(server.received.map(({ query }) => query.toString()), [
    "dir=b&from=1&to=9&limit=2",
    "dir=b&from=2&to=9&limit=2",
    "dir=b&from=3&to=9&limit=2",
  ]);
});

Deno.test("ClientAPI.iterateMessages() stops at a repeated token, and if its consumer stops", async () => {
  const circle = pages({ start: "1", end: "2", chunk: [] }, { start: "2", end: "2", chunk: [] });
  let count = 0;
  for await (const _page of circle.client.iterateMessages(ROOM, "f")) count++;
  assertEquals([count, circle.server.received.length], [2, 2]);

  const endless = pages({ start: "1", end: "2", chunk: [] });
  for await (const _page of endless.client.iterateMessages(ROOM, "f")) break;
  assertEquals(endless.server.received.length, 1);
});
