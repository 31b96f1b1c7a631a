/** Checks the rows of README.md that no other test covers: faults of mautrix-python that this library does not have. */
import { existsSync, readFileSync } from "node:fs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI, type CreateRoomOptions } from "../../client/mod.ts";
import { HTTPAPI, MatrixConnectionError, type MForbidden, MNotFound } from "../../http/mod.ts";
import { type ContentURI, isMessageEvent, isStateEvent, parseMatrixUri, type RoomID } from "../../mod.ts";
import type { Filter } from "../../types/mod.ts";
import { BASE_URL, exchange, fakeClient, MXID, sent } from "../support/contract_client.ts";
import { FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";
import { callRow, SENDING_ROWS } from "./methods/mod.ts";

const ROOM = "!room:example.org";
const EVENT = {
  type: "m.room.message",
  event_id: "$e",
  sender: MXID,
  origin_server_ts: 1,
  content: { msgtype: "m.text", body: "Tea" },
};

/** Freezes an object and everything in it. */
function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner) frozen(inner);
  return Object.freeze(value);
}

/** Methods that put the client's own user ID, or its server's name, into the path. */
const own = SENDING_ROWS.filter(({ name, line }) =>
  line.includes(encodeURIComponent(MXID)) || name === "addRoomAlias" || name === "removeRoomAlias"
);

Deno.test("ClientAPI's methods with the client's own ID in their path reject while mxid is unset", async () => {
  assert(own.length >= 17);
  for (const row of own) {
    const server = new FakeHomeserver().on("*", row.response ?? {});
    const client = new ClientAPI({ baseUrl: BASE_URL, token: "token", fetch: server.fetch });
    await assertRejects(() => callRow(client, row), TypeError, "mxid is unset", row.name);
    assertEquals(server.received.length, 0, row.name);
  }
});

Deno.test("ClientAPI does not modify its callers' objects", async () => {
  const { client } = fakeClient({ room_id: ROOM, event_id: "$e", filter_id: "1", one_time_key_counts: {} });
  const content = frozen({ reason: undefined, deep: { list: [{ a: 1 }] } });
  const extraContent = content as { reason?: string };
  await client.createRoom(frozen<CreateRoomOptions>({
    invitees: ["@bob:example.org"],
    initialState: [{ type: "m.x", content: {} }],
    creationContent: { room_version: "9", type: "m.space" },
    powerLevelOverride: { users: { [MXID]: 100 } },
    customRequestFields: { a: {} },
  }));
  await client.redact(ROOM, "$e", { reason: "x", extraContent });
  for (const name of ["inviteUser", "kickUser", "banUser", "unbanUser"] as const) {
    await client[name](ROOM, "@bob:example.org", { reason: "x", extraContent });
  }
  await client.leaveRoom(ROOM, { reason: "x", extraContent });
  await client.joinRoomById(ROOM, { reason: "x", extraContent });
  await client.setFullyReadMarker(ROOM, "$e", { extraContent });
  await client.sendText(
    ROOM,
    frozen({ text: "x", relatesTo: { rel_type: "m.replace", event_id: "$e" } as const }),
  );
  await client.sendImage(ROOM, "mxc://a/b", frozen({ info: { w: 1, thumbnail_info: { w: 1 } } }));
  await client.createFilter(frozen<Filter>({ room: { timeline: { types: ["a"] } } }));
  assertEquals(content, { reason: undefined, deep: { list: [{ a: 1 }] } });
});

Deno.test("HTTPAPI.request() does not modify the caller's headers, query and parameters", async () => {
  const server = new FakeHomeserver().on("*", {});
  const api = new HTTPAPI({ baseUrl: BASE_URL, token: "t", asUserId: MXID, fetch: server.fetch });
  const headers = new Headers({ authorization: "mine" });
  const query = new URLSearchParams("user_id=other&a=1&a=2");
  const params = Object.freeze({ list: Object.freeze(["x", "y"]) });
  await api.request("POST", "/x", { headers, query, params, body: Object.freeze({}) });
  assertEquals(server.last.headers.get("authorization"), "Bearer t");
  assertEquals(server.last.query.toString(), "user_id=%40alice%3Aexample.org&a=1&a=2&list=x&list=y");
  assertEquals([...headers], [["authorization", "mine"]]);
  assertEquals(query.toString(), "user_id=other&a=1&a=2");
});

Deno.test("ClientAPI.getFilter() keeps empty objects and adds no defaults", async () => {
  const filter = { room: {}, presence: {} };
  assertEquals((await exchange(filter, (client) => client.getFilter("1"))).result, filter);
  assertEquals((await sent({ filter_id: "1" }, (client) => client.createFilter(filter)))[2], filter);
});

Deno.test("ClientAPI.getLoginFlows() and queryKeys() keep entries that are empty objects", async () => {
  const flows = { flows: [{}, { type: "m.login.password" }] };
  assertEquals<unknown>(
    (await exchange(flows, (client) => client.getLoginFlows(), { loose: true })).result,
    flows,
  );
  const keys = { device_keys: { [MXID]: { D: {} } } };
  const { result } = await exchange(keys, (client) => client.queryKeys([MXID]), { loose: true });
  assertEquals<unknown>(result, keys);
});

Deno.test("ClientAPI.login() keeps integrations and tokens of the response", async () => {
  const response = {
    user_id: MXID,
    device_id: "D",
    access_token: "t",
    refresh_token: "r",
    expires_in_ms: 5,
    well_known: {
      "m.homeserver": { base_url: "https://hs.example.org" },
      "m.integrations": { managers: [{ api_url: "https://i.example.org", ui_url: "https://i.example.org" }] },
    },
  };
  assertEquals<unknown>(
    (await exchange(response, (client) => client.login({ password: "x" }))).result,
    response,
  );
});

Deno.test("ClientAPI.createMxc() returns the time of expiry under the specification's name", async () => {
  const response = { content_uri: "mxc://example.org/a" as ContentURI, unused_expires_at: 5 };
  const { result } = await exchange(response, (client) => client.createMxc());
  assertEquals(result.unused_expires_at, 5);
});

Deno.test("ClientAPI.searchUsers() returns limited as a boolean", async () => {
  const { result } = await exchange({ results: [], limited: true }, (client) => client.searchUsers("a"));
  assertEquals(result.limited satisfies boolean, true);
});

Deno.test("ClientAPI.getRoomDirectory() returns all fields of a room", async () => {
  const room = {
    room_id: ROOM as RoomID,
    num_joined_members: 1,
    world_readable: false,
    guest_can_join: false,
    join_rule: "knock",
    room_type: "m.space",
  };
  const { result } = await exchange({ chunk: [room] }, (client) => client.getRoomDirectory());
  assertEquals([result.chunk[0]?.join_rule, result.chunk[0]?.room_type], ["knock", "m.space"]);
});

Deno.test("ClientAPI.getState() returns events whose unsigned data is missing or null", async () => {
  const state = { ...EVENT, type: "m.room.name", state_key: "", content: { name: "Tea" } };
  const events = [state, { ...state, unsigned: null, prev_content: {} }];
  assertEquals<unknown>(
    (await exchange(events, (client) => client.getState(ROOM), { loose: true })).result,
    events,
  );
});

const odd: Record<string, object> = {
  "an edit, with the old content in its place": {
    ...EVENT,
    content: {
      msgtype: "m.text",
      body: "* Coffee",
      "m.new_content": { msgtype: "m.text", body: "Coffee" },
      "m.relates_to": { rel_type: "m.replace", event_id: "$1" },
    },
  },
  "a call without content": { ...EVENT, type: "m.call.invite", content: {} },
  "a call whose version is a string": { ...EVENT, type: "m.call.reject", content: { version: "1" } },
  "a picture whose info is null": { ...EVENT, content: { msgtype: "m.image", body: "x", info: null } },
  "a redaction that names its event in the content": {
    ...EVENT,
    type: "m.room.redaction",
    content: { redacts: "$1" },
  },
  "custom state": { ...EVENT, type: "org.example.state", state_key: "x", content: { a: 1 } },
  "a message under a type of state": { ...EVENT, type: "m.room.topic", content: { topic: "x" } },
  "an event without room_id": EVENT,
  "a sticker, without msgtype": {
    ...EVENT,
    type: "m.sticker",
    content: { body: "x", url: "mxc://a/b", info: {} },
  },
};

for (const [name, event] of Object.entries(odd)) {
  Deno.test(`ClientAPI.getEvent() and getMessages() return ${name} unchanged`, async () => {
    const copy = structuredClone(event);
    const checks = { loose: true };
    const { result } = await exchange(event, (client) => client.getEvent(ROOM, "$e"), checks);
    assertEquals<unknown>(result, copy);
    const page = { start: "s", chunk: [event, EVENT] };
    const { result: messages } = await exchange(page, (client) => client.getMessages(ROOM, "b"), checks);
    assertEquals<unknown>(messages.chunk, [copy, EVENT]);
    assertEquals(isStateEvent(result), "state_key" in event);
    assertEquals(isMessageEvent(result), !("state_key" in event));
  });
}

Deno.test("ClientAPI.downloadMedia() sends no Authorization header without a token", async () => {
  const server = new FakeHomeserver().on("*", { versions: ["v1.11"] }, {});
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await client.downloadMedia("mxc://example.org/a");
  assert(server.received.every(({ headers }) => !headers.has("authorization")));
});

Deno.test("ClientAPI.downloadMedia() throws the homeserver's own error", async () => {
  const { client } = fakeClient({ versions: ["v1.11"] }, matrixError(404, "M_NOT_FOUND", { error: "Gone" }));
  const error = await assertRejects(() => client.downloadMedia("mxc://example.org/a"), MNotFound);
  assertEquals([error.status, error.serverMessage], [404, "Gone"]);
});

Deno.test("HTTPAPI counts transaction IDs from one without any options", () => {
  for (const txnId of [undefined, null as unknown as undefined, 0]) {
    const api = new HTTPAPI({ baseUrl: BASE_URL, txnId });
    assertEquals(api.getTxnId().split("_").at(-1), "1");
  }
});

Deno.test("ClientAPI.leaveRoom() throws an error response that is not a JSON object", async () => {
  for (const body of ["[]", "null", '"text"', "<html>"]) {
    const { client } = fakeClient(() => new Response(body, { status: 403 }));
    const error = await assertRejects(() => client.leaveRoom(ROOM));
    assertEquals((error as MForbidden).status, 403);
  }
});

Deno.test("ClientAPI.versions() throws without a response, and keeps its cache", async () => {
  const { client } = fakeClient({ versions: ["v1.1"] }, () => Promise.reject(new TypeError("lost")));
  await client.versions();
  const options = { noCache: true, retry: { limit: 0 } };
  await assertRejects(() => client.versions(options), MatrixConnectionError);
  assertEquals(client.versionsCache, { versions: ["v1.1"] });
});

Deno.test("parseMatrixUri() reads a matrix.to link with an action", () => {
  const link = parseMatrixUri("https://matrix.to/#/@alice:example.org?action=chat");
  assertEquals([link.userId, link.action], ["@alice:example.org", "chat"]);
});

interface Listed {
  file: string;
  name: string;
}

/** Returns the tests that README.md names. */
function listed(): Listed[] {
  const page = readFileSync(new URL("README.md", import.meta.url), "utf8");
  return page.split("\n").filter((line) => /^\| (?:client-api|http-api|types) /.test(line)).flatMap(
    (line) => {
      const tests = line.split(" | ").at(-1)!;
      const found = [...tests.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)];
      assert(found.length > 0, `no test: ${line}`);
      return found.map(([, name, file]) => ({ name: name!, file: file! }));
    },
  );
}

/** Returns the names of the tests in a file as patterns, in which a placeholder matches any text. */
function patterns(file: string): RegExp[] {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  return [...source.matchAll(/Deno\.test\(\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g)].map(
    ([, plain, template]) => {
      const text = plain?.replaceAll('\\"', '"') ?? template!;
      const parts = plain === undefined ? text.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/) : [text];
      return new RegExp(`^${parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".+")}$`);
    },
  );
}

Deno.test("tests/contract/README.md names an existing test in each row", () => {
  const tests = listed();
  assert(tests.length >= 50, `${tests.length} lines`);
  const known = new Map<string, RegExp[]>();
  for (const { file, name } of tests) {
    assert(existsSync(new URL(file, import.meta.url)), file);
    if (!known.has(file)) known.set(file, patterns(file));
    assert(known.get(file)!.some((pattern) => pattern.test(name)), `${file} has no test “${name}”`);
  }
});
