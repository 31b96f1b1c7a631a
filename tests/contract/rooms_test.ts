import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { CreateRoomOptions } from "../../client/mod.ts";
import { MatrixConnectionError, MatrixRequestError, MRoomInUse } from "../../http/mod.ts";
import {
  exchange,
  fakeClient,
  malformed,
  MXID,
  ODD,
  ODD_PATH,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, json, matrixError } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const V3 = "/_matrix/client/v3";
const RESPONSE = { room_id: ROOM };
const DEFAULTS = { visibility: "private", preset: "private_chat", is_direct: false };
const BOB = "@bob:example.org";

/** Returns the body that `createRoom()` sends for options. */
async function bodyOf(options?: CreateRoomOptions): Promise<unknown> {
  return (await sent(RESPONSE, (client) => client.createRoom(options)))[2];
}

Deno.test("ClientAPI.createRoom() creates a private room by default", async () => {
  const { request, result } = await exchange(RESPONSE, (client) => client.createRoom());
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/createRoom`);
  assertEquals([...request.query], []);
  assertEquals(request.body, DEFAULTS);
  assertEquals(result, ROOM);
});

Deno.test("ClientAPI.createRoom() sends all given options", async () => {
  const options = Object.freeze(
    {
      aliasLocalpart: "tea",
      visibility: "public",
      preset: "public_chat",
      name: "Tea é",
      topic: "All about tea",
      isDirect: true,
      invitees: Object.freeze([BOB, "@carol:example.org"] as const),
      initialState: Object.freeze([
        Object.freeze({ type: "m.room.guest_access", state_key: "", content: { guest_access: "forbidden" } }),
        { type: "org.example.a", content: {} },
      ]),
      roomVersion: "11",
      creationContent: Object.freeze({ "m.federate": false, type: "m.space" }),
      powerLevelOverride: Object.freeze({ events_default: 50 }),
      beeperAutoJoinInvites: true,
      customRequestFields: Object.freeze({ "org.example.b": [1] }),
    } as const,
  );
  const body = await bodyOf(options);
  assertEquals<unknown>(body, {
    "org.example.b": [1],
    room_alias_name: "tea",
    visibility: "public",
    preset: "public_chat",
    name: "Tea é",
    topic: "All about tea",
    is_direct: true,
    invite: [BOB, "@carol:example.org"],
    "com.beeper.auto_join_invites": true,
    initial_state: options.initialState,
    room_version: "11",
    creation_content: { "m.federate": false, type: "m.space" },
    power_level_content_override: { events_default: 50 },
  });
});

Deno.test("ClientAPI.createRoom() omits null, undefined and empty options except those with defaults", async () => {
  const names = [
    "aliasLocalpart",
    "visibility",
    "preset",
    "name",
    "topic",
    "isDirect",
    "invitees",
    "initialState",
    "roomVersion",
    "creationContent",
    "powerLevelOverride",
    "beeperAutoJoinInvites",
    "customRequestFields",
  ];
  for (const none of [null, undefined]) {
    assertEquals(await bodyOf(Object.fromEntries(names.map((name) => [name, none]))), DEFAULTS);
  }
  assertEquals(
    await bodyOf({
      aliasLocalpart: "",
      name: "",
      topic: "",
      isDirect: false,
      invitees: [],
      initialState: [],
      roomVersion: "",
      creationContent: {},
      powerLevelOverride: {},
      beeperAutoJoinInvites: false,
      customRequestFields: {},
    }),
    DEFAULTS,
  );
});

Deno.test("ClientAPI.createRoom() sends com.beeper.auto_join_invites only with invitees", async () => {
  assertEquals(await bodyOf({ beeperAutoJoinInvites: true }), DEFAULTS);
  assertEquals(await bodyOf({ beeperAutoJoinInvites: true, invitees: [] }), DEFAULTS);
  assertEquals(await bodyOf({ beeperAutoJoinInvites: false, invitees: [BOB] }), {
    ...DEFAULTS,
    invite: [BOB],
  });
});

Deno.test("ClientAPI.createRoom() does not send a room version in creation_content, or modify the caller's object", async () => {
  const creationContent = Object.freeze({ room_version: "1", type: "m.space" });
  assertEquals(await bodyOf({ creationContent }), { ...DEFAULTS, creation_content: { type: "m.space" } });
  assertEquals<unknown>(creationContent, { room_version: "1", type: "m.space" });
  assertEquals(
    await bodyOf({ creationContent: { room_version: "1" }, roomVersion: "2" }),
    { ...DEFAULTS, room_version: "2", creation_content: {} },
  );
});

Deno.test("ClientAPI.createRoom() sends only the given power levels", async () => {
  assertEquals(
    await bodyOf({ powerLevelOverride: { users: { [BOB]: 50 }, invite: 0 } }),
    { ...DEFAULTS, power_level_content_override: { users: { [BOB]: 50 }, invite: 0 } },
  );
});

Deno.test("ClientAPI.createRoom() removes creators from the power levels since room version 12", async () => {
  const users = { [MXID]: 100, [BOB]: 50 };
  const powerLevelOverride = Object.freeze({ users: Object.freeze(users), invite: 0 });
  const levels = async (options: CreateRoomOptions) => {
    const body = await bodyOf({ powerLevelOverride, ...options });
    return (body as Record<string, unknown>).power_level_content_override;
  };
  for (const roomVersion of ["1", "11"]) assertEquals(await levels({ roomVersion }), powerLevelOverride);
  for (const roomVersion of ["12", "13", "org.example.future"]) {
    assertEquals(await levels({ roomVersion }), { users: { [BOB]: 50 }, invite: 0 });
  }
  assertEquals(
    await levels({ roomVersion: "12", creationContent: { additional_creators: [BOB] } }),
    { users: {}, invite: 0 },
  );
  assertEquals(
    await levels({ roomVersion: "12", preset: "trusted_private_chat", invitees: [BOB] }),
    { users: {}, invite: 0 },
  );
});

Deno.test("ClientAPI.createRoom() requests the default room version only if the power levels name a creator", async () => {
  const capabilities = (version: unknown) => ({ capabilities: { "m.room_versions": { default: version } } });
  const powerLevelOverride = { users: { [MXID]: 100, [BOB]: 50 } };
  for (
    const [response, users] of [
      [capabilities("12"), { [BOB]: 50 }],
      [capabilities("11"), powerLevelOverride.users],
      [capabilities(12), powerLevelOverride.users],
      [{}, powerLevelOverride.users],
    ] as const
  ) {
    const { client, server } = fakeClient(response, RESPONSE);
    await client.createRoom({ powerLevelOverride });
    assertEquals(server.received.map(({ method, path }) => `${method} ${path}`), [
      "GET /_matrix/client/v3/capabilities",
      "POST /_matrix/client/v3/createRoom",
    ]);
    assertEquals((server.last.body as Record<string, unknown>).power_level_content_override, { users });
  }
  const { client, server } = fakeClient(RESPONSE);
  await client.createRoom({ powerLevelOverride: { users: { [BOB]: 50 } } });
  await client.createRoom({ powerLevelOverride: { invite: 0 } });
  assertEquals(server.received.length, 2);
});

Deno.test("ClientAPI.createRoom() prefers options and defaults to custom fields", async () => {
  const customRequestFields = {
    name: "Custom",
    topic: "Custom",
    preset: "public_chat",
    visibility: "public",
  };
  assertEquals(
    await bodyOf({ customRequestFields, name: "Own" }),
    { ...DEFAULTS, name: "Own", topic: "Custom" },
  );
  assertEquals(customRequestFields.name, "Custom");
});

Deno.test("ClientAPI.createRoom() keeps request options out of the body", async () => {
  const { request } = await exchange(
    RESPONSE,
    (client) =>
      client.createRoom({
        name: "Tea",
        headers: { "x-test": "1" },
        query: { "org.example.a": "5" },
        retry: { limit: 0 },
      }),
  );
  assertEquals(request.body, { ...DEFAULTS, name: "Tea" });
  assertEquals(request.headers.get("x-test"), "1");
  assertEquals([...request.query], [["org.example.a", "5"]]);
});

Deno.test("ClientAPI.createRoom() rejects options of wrong types, and malformed user IDs", async () => {
  const wrong: Record<string, unknown>[] = [
    { invitees: BOB },
    { invitees: [BOB, ""] },
    { invitees: [null] },
    { initialState: { type: "a" } },
    { creationContent: "x" },
    { creationContent: [1] },
    { powerLevelOverride: 5 },
    { customRequestFields: "x" },
  ];
  for (const options of wrong) await refused((client) => client.createRoom(options), TypeError);
});

Deno.test("ClientAPI.createRoom() rejects a response without a room ID", async () => {
  for (const response of [{}, { room_id: null }]) {
    await malformed(response, (client) => client.createRoom(), "`room_id` not in response.");
  }
  await malformed(
    { room_id: [] },
    (client) => client.createRoom(),
    "Invalid `room_id` in response: expected string",
  );
  await malformed(null, (client) => client.createRoom(), "Invalid response: expected object");
});

Deno.test("ClientAPI.createRoom() is retried after 429, but not after a lost response", async () => {
  for (const fault of [broken(), json({}, 502), json({}, 503), json({}, 504)]) {
    const { client, server } = fakeClient(fault, RESPONSE);
    await assertRejects(() => client.createRoom());
    assertEquals(server.received.length, 1);
    assertEquals(server.last.raw instanceof Blob, true, "a body that no host sends twice");
  }
  const { client } = fakeClient(matrixError(429, "M_LIMIT_EXCEEDED"), RESPONSE);
  assertEquals(await client.createRoom(), ROOM);
});

Deno.test("ClientAPI.createRoom() throws MRoomInUse if the alias exists", async () => {
  const { client } = fakeClient(matrixError(400, "M_ROOM_IN_USE"));
  await assertRejects(() => client.createRoom({ aliasLocalpart: "tea" }), MRoomInUse);
});

Deno.test("ClientAPI.getJoinedRooms() returns the list", async () => {
  for (const rooms of [[], [ROOM, "!other"]]) {
    const { request, result } = await exchange({ joined_rooms: rooms }, (client) => client.getJoinedRooms());
    assertEquals(`${request.method} ${request.path}`, `GET ${V3}/joined_rooms`);
    assertEquals(request.text, "");
    assertEquals<string[]>(result, rooms);
  }
});

Deno.test("ClientAPI.getJoinedRooms() rejects a response without joined_rooms", async () => {
  for (const response of [{}, { joined_rooms: null }]) {
    await malformed(response, (client) => client.getJoinedRooms(), "`joined_rooms` not in response.");
  }
  await malformed(
    { joined_rooms: {} },
    (client) => client.getJoinedRooms(),
    "Invalid `joined_rooms` in response: expected array",
  );
  await malformed([], (client) => client.getJoinedRooms(), "Invalid response: expected object");
});

Deno.test("ClientAPI.forgetRoom() sends an empty body", async () => {
  const { request, result } = await exchange({}, (client) => client.forgetRoom(ODD.room));
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/rooms/${ODD_PATH.room}/forget`);
  assertEquals(request.text, "{}");
  assertStrictEquals(result, undefined);
  for (const room of ["", ".", "..", null]) {
    await refused((client) => client.forgetRoom(room as "!a"), TypeError);
  }
});

Deno.test("ClientAPI.forgetRoom() throws error responses, and is not retried after a lost response", async () => {
  const refusing = fakeClient(matrixError(400, "M_UNKNOWN"));
  const error = await assertRejects(() => refusing.client.forgetRoom(ROOM), MatrixRequestError);
  assertEquals(error.status, 400);
  const lost = fakeClient(broken(), {});
  await assertRejects(() => lost.client.forgetRoom(ROOM), MatrixConnectionError);
  assertEquals(lost.server.received.length, 1);
});
