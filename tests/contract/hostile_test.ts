import { assert, assertEquals, assertRejects } from "@std/assert";
import { Client, ClientAPI } from "../../client/mod.ts";
import { MatrixRequestError, MatrixResponseError } from "../../http/mod.ts";
import { fakeClient, malformed } from "../support/contract_client.ts";
import { FakeHomeserver, text } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const LEVELS = 25_000;
const DEEP = "[".repeat(LEVELS) + "]".repeat(LEVELS);
const OBJECT = { toString: 5, valueOf: 5 };

Deno.test("ClientAPI.iterateMessages() rejects pages whose end is not a token", async () => {
  for (const end of [5, true, {}, [], ["t1"], OBJECT, "\ud800"]) {
    const { client } = fakeClient({ start: "t0", chunk: [], end });
    const pages = client.iterateMessages(ROOM, "b");
    await pages.next();
    await assertRejects(() => pages.next(), MatrixResponseError, "Invalid `end` in response");
  }
});

Deno.test("ClientAPI.iterateMessages() ends with a page whose end is null or empty", async () => {
  for (const end of [null, "", undefined]) {
    const { client } = fakeClient({ start: "t0", chunk: [], end });
    assertEquals((await Array.fromAsync(client.iterateMessages(ROOM, "b"))).length, 1);
  }
});

Deno.test("ClientAPI.login() rejects a response whose user ID cannot be encoded", async () => {
  const response = { user_id: "@a\ud800:example.org", access_token: "secret", device_id: "A" };
  await malformed(
    response,
    (client) => client.login({ identifier: "alice", password: "secret" }),
    "Invalid `user_id` in response: expected user ID",
  );
});

Deno.test("ClientAPI.getRoomDirectoryVisibility() omits deeply nested values from its error message", async () => {
  const { client } = fakeClient(text(`{"visibility":${DEEP}}`));
  await assertRejects(
    () => client.getRoomDirectoryVisibility(ROOM),
    MatrixResponseError,
    "Invalid value for `visibility` in response: …",
  );
});

Deno.test("MatrixRequestError omits a deeply nested body", async () => {
  const { client } = fakeClient(text(`{"errcode":"M_FORBIDDEN","error":"No","more":${DEEP}}`, 403));
  const error = await assertRejects(() => client.whoami(), MatrixRequestError);
  assertEquals([error.errcode, error.body, error.status], ["M_FORBIDDEN", undefined, 403]);
  assert(error.message.endsWith(": M_FORBIDDEN 403: No"), error.message);
  assert(JSON.stringify(error).length < 2_000);
});

Deno.test("MatrixRequestError keeps a body of ordinary depth", async () => {
  const more = JSON.parse("[".repeat(50) + "]".repeat(50));
  const body = { errcode: "M_FORBIDDEN", error: "No", more };
  const { client } = fakeClient(text(JSON.stringify(body), 403));
  const error = await assertRejects(() => client.whoami(), MatrixRequestError);
  assertEquals(error.body, body);
});

/** Returns a sync response with a gap in a room's timeline. */
function gap(nextBatch: string, event: object): object {
  const timeline = { limited: true, prev_batch: "p1", events: [event] };
  return { next_batch: nextBatch, rooms: { join: { [ROOM]: { timeline } } } };
}

function syncing(end: unknown): { client: Client; gaps: unknown[] } {
  const event = {
    type: "m.room.message",
    event_id: "$1",
    sender: "@bob:example.org",
    content: { body: "Hi" },
  };
  const server = new FakeHomeserver()
    .on("GET /_matrix/client/v3/sync", gap("s1", event))
    .on("*", { start: "p1", chunk: [{ ...event, event_id: "$0" }], end });
  const gaps: unknown[] = [];
  const client = new Client({
    baseUrl: "https://matrix.example.org",
    token: "token",
    mxid: "@alice:example.org",
    since: "s0",
    fetch: server.fetch,
    onGap: (...gap) => gaps.push(gap),
  });
  return { client, gaps };
}

Deno.test("Client.runOnce() continues after a page of history whose end is not a token, and reports the gap", async () => {
  for (const end of [5, OBJECT, ["p0"], "\ud800", JSON.parse(DEEP)]) {
    const { client, gaps } = syncing(end);
    const seen: unknown[] = [];
    client.on("m.room.message", (event) => seen.push(event.event_id));
    await client.runOnce();
    assertEquals(seen, ["$0", "$1"]);
    assertEquals(gaps, [[ROOM, "s0", "p1"]]);
  }
});

Deno.test("Client.runOnce() does not deliver events whose content is an array", async () => {
  const events = [{ type: "a", content: [] }, { type: "b", content: {} }];
  const server = new FakeHomeserver().on("*", { next_batch: "s1", account_data: { events } });
  const client = new Client({ baseUrl: "https://matrix.example.org", token: "token", fetch: server.fetch });
  const seen: unknown[] = [];
  client.on("*", (event) => seen.push(event.type));
  await client.runOnce();
  assertEquals(seen, ["b"]);
});

Deno.test("ClientAPI.whoami() ignores a __proto__ key in the response", async () => {
  const { client } = fakeClient(text('{"__proto__":{"user_id":"@alice:example.org","polluted":true}}'));
  await assertRejects(() => client.whoami(), MatrixResponseError, "`user_id` not in response.");
  assertEquals(({} as { polluted?: boolean }).polluted, undefined);
  assert(client instanceof ClientAPI);
});
