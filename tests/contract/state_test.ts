import { assertEquals, assertRejects } from "@std/assert";
import type { ClientAPI } from "../../client/mod.ts";
import { MNotFound } from "../../http/mod.ts";
import type { OpenObject, RoomID, RoomTopicStateEventContent, StateEvent } from "../../types/mod.ts";
import { exchange, fakeClient, malformed, ODD, ODD_PATH, refused, sent } from "../support/contract_client.ts";
import { matrixError } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const ROOMS = "/_matrix/client/v3/rooms";
const PREFIX = `${ROOMS}/%21room%3Aexample.org`;
const EVENT = {
  type: "m.room.topic",
  state_key: "",
  content: { topic: "Tea" },
  room_id: ROOM,
  event_id: "$topic:example.org",
  sender: "@alice:example.org",
  origin_server_ts: 1,
  unsigned: { age: 1 },
};
const MEMBER = {
  ...EVENT,
  type: "m.room.member",
  state_key: "@alice:example.org",
  content: { membership: "join" },
};

Deno.test("ClientAPI.getStateEvent() returns the content under an empty state key", async () => {
  const { request, result } = await exchange(
    { topic: "Tea", "org.example.more": 1 },
    (client) => client.getStateEvent(ROOM, "m.room.topic"),
  );
  assertEquals(request.method, "GET");
  assertEquals(request.path, `${PREFIX}/state/m.room.topic/`);
  assertEquals([...request.query], []);
  assertEquals(request.text, "");
  assertEquals(result, { topic: "Tea", "org.example.more": 1 });
});

Deno.test("ClientAPI.getStateEvent() encodes state keys and types as one segment each", async () => {
  const { request } = await exchange(
    { membership: "join" },
    (client) => client.getStateEvent(ODD.room, "m.room.member", { stateKey: ODD.user }),
    { loose: true },
  );
  assertEquals(request.path, `${ROOMS}/${ODD_PATH.room}/state/m.room.member/${ODD_PATH.user}`);
  for (const stateKey of [undefined, null, ""]) {
    const [line] = await sent(
      {},
      (client) => client.getStateEvent(ROOM, "com.example.a/b", { stateKey: stateKey as string }),
    );
    assertEquals(line, `GET ${PREFIX}/state/com.example.a%2Fb/`);
  }
});

Deno.test("ClientAPI.getStateEvent() sends the format only when it is not content", async () => {
  for (const format of [undefined, null, "content"]) {
    const { request } = await exchange(
      {},
      (client) => client.getStateEvent(ROOM, "m.room.topic", { format: format as string }),
    );
    assertEquals([...request.query], []);
  }
  const { request, result } = await exchange(
    EVENT,
    (client) => client.getStateEvent(ROOM, "m.room.topic", { format: "event" }),
    { loose: true }, // An event matches both schemas of the `oneOf`, so it is invalid.
  );
  assertEquals([...request.query], [["format", "event"]]);
  assertEquals<StateEvent>(result, EVENT as StateEvent);
});

Deno.test("ClientAPI.getStateEvent() returns responses of unknown formats unchanged", async () => {
  const { request, result } = await exchange(
    [1],
    (client) => client.getStateEvent(ROOM, "m.room.topic", { format: "org.example.list" }),
    { unspecified: true },
  );
  assertEquals([...request.query], [["format", "org.example.list"]]);
  assertEquals<unknown>(result, [1]);
});

Deno.test("ClientAPI.getStateEvent() rejects values that are not content, and values that are not events", async () => {
  const message = "Invalid state event in response";
  for (const response of [null, [], "text", 1]) {
    await malformed(response, (client) => client.getStateEvent(ROOM, "m.room.topic"), message);
  }
  for (const response of [null, [], { topic: "Tea" }, { ...EVENT, content: null }, { ...EVENT, type: 1 }]) {
    await malformed(
      response,
      (client) => client.getStateEvent(ROOM, "m.room.topic", { format: "event" }),
      message,
    );
  }
});

Deno.test("ClientAPI.getStateEvent() throws MNotFound if there is no such state", async () => {
  const { client } = fakeClient(matrixError(404, "M_NOT_FOUND"));
  await assertRejects(() => client.getStateEvent(ROOM, "m.room.topic"), MNotFound);
});

Deno.test("ClientAPI.getStateEvent() rejects values that would change the path", async () => {
  for (const bad of ["", ".", "..", undefined, null, {}]) {
    await refused((client) => client.getStateEvent(bad as RoomID, "m.room.topic"), TypeError);
    await refused((client) => client.getStateEvent(ROOM, bad as string), TypeError);
  }
  for (const bad of [".", "..", {}]) {
    await refused((client) => client.getStateEvent(ROOM, "x", { stateKey: bad as string }), TypeError);
  }
});

Deno.test("ClientAPI.getStateEvent() infers content from its type, and accepts a type parameter for other types", () => {
  interface Poll {
    question: string;
  }
  // Checks types only; never called.
  const _typed = async (client: ClientAPI, format: string) => {
    const topic: RoomTopicStateEventContent = await client.getStateEvent(ROOM, "m.room.topic");
    const event: StateEvent<RoomTopicStateEventContent, "m.room.topic"> = await client.getStateEvent(
      ROOM,
      "m.room.topic",
      { format: "event" },
    );
    const poll: Poll = await client.getStateEvent<Poll>(ROOM, "com.example.poll", { stateKey: "1" });
    const pollEvent: StateEvent<Poll> = await client.getStateEvent<Poll>(ROOM, "com.example.poll", {
      format: "event",
    });
    const unknown: OpenObject = await client.getStateEvent(ROOM, "com.example.poll");
    const raw: OpenObject = await client.getStateEvent(ROOM, "com.example.poll", { format });
    // @ts-expect-error Topics have no field `question`.
    topic.question satisfies string;
    // @ts-expect-error Content of a known type is checked.
    const _wrong: StateEvent<Poll> = await client.getStateEvent(ROOM, "m.room.topic", { format: "event" });
    return [topic, event, poll, pollEvent, unknown, raw];
  };
  assertEquals(typeof _typed, "function");
});

Deno.test("ClientAPI.getState() returns the state events unchanged", async () => {
  const odd = { type: 1, unsigned: null };
  const { request, result } = await exchange(
    [EVENT, odd],
    (client) => client.getState(ODD.room),
    { loose: true },
  );
  assertEquals(`${request.method} ${request.path}`, `GET ${ROOMS}/${ODD_PATH.room}/state`);
  assertEquals([...request.query], []);
  assertEquals<unknown>(result, [EVENT, odd]);
  assertEquals((await exchange([EVENT, MEMBER], (client) => client.getState(ROOM))).result.length, 2);
});

Deno.test("ClientAPI.getState() rejects values that are not arrays", async () => {
  for (const response of [null, {}, { chunk: [] }, "text"]) {
    await malformed(response, (client) => client.getState(ROOM), "Invalid state events in response");
  }
});

Deno.test("ClientAPI.getMembers() sends truthy at, membership and not_membership", async () => {
  const { request, result } = await exchange(
    { chunk: [MEMBER] },
    (client) => client.getMembers(ODD.room, { at: "t1", membership: "join", notMembership: "leave" }),
  );
  assertEquals(`${request.method} ${request.path}`, `GET ${ROOMS}/${ODD_PATH.room}/members`);
  assertEquals([...request.query], [["at", "t1"], ["membership", "join"], ["not_membership", "leave"]]);
  assertEquals<unknown>(result, [MEMBER]);
  for (const value of [undefined, null, "", 0, false]) {
    const options = { at: value, membership: value, notMembership: value } as Record<string, string>;
    const [, query] = await sent({ chunk: [] }, (client) => client.getMembers(ROOM, options));
    assertEquals(query, {});
  }
});

Deno.test("ClientAPI.getMembers() rejects a chunk that is missing or not an array", async () => {
  const call = (client: ClientAPI) => client.getMembers(ROOM);
  await malformed({}, call, "`chunk` not in response.");
  await malformed({ chunk: null }, call, "`chunk` not in response.");
  await malformed({ chunk: {} }, call, "Invalid state events in response");
  await malformed([], call, "Invalid response: expected object");
});

Deno.test("ClientAPI.getJoinedMembers() returns joined unchanged", async () => {
  const joined = {
    "@alice:example.org": { display_name: "Alice", avatar_url: "mxc://example.org/a" },
    "@bob:example.org": { display_name: null },
    "@carol:example.org": {},
  };
  const { request, result } = await exchange(
    { joined },
    (client) => client.getJoinedMembers(ODD.room),
    { loose: true },
  );
  assertEquals(`${request.method} ${request.path}`, `GET ${ROOMS}/${ODD_PATH.room}/joined_members`);
  assertEquals<unknown>(result, joined);
});

Deno.test("ClientAPI.getJoinedMembers() rejects joined that is missing or not an object", async () => {
  const call = (client: ClientAPI) => client.getJoinedMembers(ROOM);
  await malformed({}, call, "`joined` not in response.");
  await malformed({ joined: null }, call, "`joined` not in response.");
  await malformed({ joined: [] }, call, "Invalid `joined` in response: expected object");
});

Deno.test("ClientAPI.sendStateEvent() sends the content under type and state key", async () => {
  const content = Object.freeze({ topic: "Tea" });
  const { request, result } = await exchange(
    { event_id: "$1" },
    (client) => client.sendStateEvent(ROOM, "m.room.topic", content),
  );
  assertEquals(`${request.method} ${request.path}`, `PUT ${PREFIX}/state/m.room.topic/`);
  assertEquals([...request.query], []);
  assertEquals(request.body, { topic: "Tea" });
  assertEquals(result, "$1");

  for (
    const [stateKey, end] of [[undefined, ""], [null, ""], ["", ""], ["0", "0"], [ODD.user, ODD_PATH.user]]
  ) {
    const [line] = await sent(
      { event_id: "$1" },
      (client) =>
        client.sendStateEvent(ODD.room, "m.room.member", { membership: "join" }, {
          stateKey: stateKey as string,
        }),
    );
    assertEquals(line, `PUT ${ROOMS}/${ODD_PATH.room}/state/m.room.member/${end}`);
  }
});

Deno.test("ClientAPI.sendStateEvent() sends an empty object for empty content", async () => {
  const [, , body] = await sent(
    { event_id: "$1" },
    (client) => client.sendStateEvent(ROOM, "com.example", {}),
  );
  assertEquals(body, {});
});

Deno.test("ClientAPI.sendStateEvent() ignores ensureJoined, and uses request options", async () => {
  for (const ensureJoined of [undefined, true, false]) {
    const { request } = await exchange(
      { event_id: "$1" },
      (client) =>
        client.sendStateEvent(ROOM, "m.room.topic", { topic: "" }, {
          ensureJoined,
          timestamp: 5,
          headers: { "x-mark": "1" },
        }),
    );
    assertEquals([...request.query], [["ts", "5"]]);
    assertEquals(request.headers.get("x-mark"), "1");
    assertEquals(request.body, { topic: "" });
  }
});

Deno.test("ClientAPI.sendStateEvent() rejects a response without an event ID", async () => {
  const call = (client: ClientAPI) => client.sendStateEvent(ROOM, "com.example", {});
  await malformed({}, call, "`event_id` not in response.");
  await malformed({ event_id: null }, call, "`event_id` not in response.");
  await malformed({ event_id: 1 }, call, "Invalid `event_id` in response: expected string");
  await malformed([], call, "Invalid response: expected object");
});

Deno.test("ClientAPI.sendStateEvent() rejects content that is not an object, and invalid identifiers", async () => {
  for (const bad of [undefined, null, "text", 5, []]) {
    await refused((client) => client.sendStateEvent(ROOM, "com.example", bad as object), TypeError);
  }
  for (const bad of ["", "..", null]) {
    await refused((client) => client.sendStateEvent(bad as RoomID, "com.example", {}), TypeError);
    await refused((client) => client.sendStateEvent(ROOM, bad as string, {}), TypeError);
  }
});
