import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { ClientAPI, JoinRoomOptions } from "../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixResponseError,
  MForbidden,
  MLimitExceeded,
  MNotFound,
} from "../../http/mod.ts";
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
import { skipWaits } from "../support/waits.ts";

const ROOM = "!room:example.org";
const SEGMENT = "%21room%3Aexample.org";
const V3 = "/_matrix/client/v3";
const STATE = `${V3}/rooms/${SEGMENT}/state/m.room.member/%40alice%3Aexample.org`;
const RESPONSE = { room_id: ROOM };
const SIGNED = {
  sender: "@bob:example.org",
  mxid: MXID,
  token: "random8nonce",
  signatures: { "example.org": { "ed25519:0": "some9signature" } },
} as const;

Deno.test("ClientAPI.joinRoomById() joins through the room's own endpoint", async () => {
  const { request, result } = await exchange(RESPONSE, (client) => client.joinRoomById(ROOM));
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/rooms/${SEGMENT}/join`);
  assertEquals(request.text, "{}");
  assertEquals(result, ROOM);
  const odd = await exchange({ room_id: ODD.room }, (client) => client.joinRoomById(ODD.room));
  assertEquals(odd.request.path, `${V3}/rooms/${ODD_PATH.room}/join`);
});

Deno.test("ClientAPI.joinRoomById() sends a signed invitation and a reason if they are given", async () => {
  const [, , body] = await sent(
    RESPONSE,
    (client) => client.joinRoomById(ROOM, { thirdPartySigned: SIGNED, reason: "Tea" }),
  );
  assertEquals<unknown>(body, { third_party_signed: SIGNED, reason: "Tea" });
  for (const none of [undefined, null]) {
    const [, , body] = await sent(
      RESPONSE,
      (client) =>
        client.joinRoomById(ROOM, { thirdPartySigned: none as undefined, reason: none as undefined }),
    );
    assertEquals(body, {});
  }
  const [, , empty] = await sent(RESPONSE, (client) => client.joinRoomById(ROOM, { reason: "" }));
  assertEquals(empty, {});
});

Deno.test("ClientAPI.joinRoomById() sends the member event if there is extra content", async () => {
  const extraContent = Object.freeze({ displayname: "Alice at work" });
  const { request, result } = await exchange(
    { event_id: "$event" },
    (client) => client.joinRoomById(ROOM, { extraContent, reason: "Tea", thirdPartySigned: SIGNED }),
  );
  assertEquals(`${request.method} ${request.path}`, `PUT ${STATE}`);
  assertEquals(request.body, {
    membership: "join",
    is_direct: false,
    displayname: "Alice at work",
    reason: "Tea",
  });
  assertEquals(result, ROOM);
  for (const none of [undefined, null, {}, { displayname: undefined }]) {
    const [line] = await sent(
      RESPONSE,
      (client) => client.joinRoomById(ROOM, { extraContent: none as undefined }),
    );
    assertEquals(line, `POST ${V3}/rooms/${SEGMENT}/join`);
  }
});

Deno.test("ClientAPI.joinRoom() accepts room IDs and aliases, each as one segment", async () => {
  const { request, result } = await exchange(RESPONSE, (client) => client.joinRoom(ROOM));
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/join/${SEGMENT}`);
  assertEquals([...request.query], []);
  assertEquals(request.text, "{}");
  assertEquals(result, ROOM);
  const [line] = await sent(RESPONSE, (client) => client.joinRoom("#a/b?é:example.org"));
  assertEquals(line, `POST ${V3}/join/%23a%2Fb%3F%C3%A9%3Aexample.org`);
});

Deno.test("ClientAPI.joinRoom() sends servers as via and server_name", async () => {
  const servers = Object.freeze(["a.example", "b.example:8448"]);
  const { request } = await exchange(RESPONSE, (client) => client.joinRoom("#room:example.org", { servers }));
  assertEquals([...request.query], [
    ["via", "a.example"],
    ["via", "b.example:8448"],
    ["server_name", "a.example"],
    ["server_name", "b.example:8448"],
  ]);
  for (const none of [undefined, null, []]) {
    const { request } = await exchange(
      RESPONSE,
      (client) => client.joinRoom(ROOM, { servers: none as string[] }),
    );
    assertEquals([...request.query], []);
  }
});

Deno.test("ClientAPI.joinRoom() sends a signed invitation and a reason if they are given", async () => {
  const [, , body] = await sent(
    RESPONSE,
    (client) => client.joinRoom(ROOM, { thirdPartySigned: SIGNED, reason: "Tea" }),
  );
  assertEquals<unknown>(body, { third_party_signed: SIGNED, reason: "Tea" });
  const [, , none] = await sent(RESPONSE, (client) =>
    client.joinRoom(ROOM, {
      thirdPartySigned: null as unknown as undefined,
      reason: "",
    }));
  assertEquals(none, {});
});

for (
  const [name, join] of [
    ["ClientAPI.joinRoomById()", (client: ClientAPI) => client.joinRoomById(ROOM)],
    ["ClientAPI.joinRoom()", (client: ClientAPI) => client.joinRoom(ROOM)],
    ["ClientAPI.joinRoom() with maxRetries", (client: ClientAPI) => client.joinRoom(ROOM, { maxRetries: 3 })],
    ["ClientAPI.knockRoom()", (client: ClientAPI) => client.knockRoom(ROOM)],
  ] as const
) {
  Deno.test(`${name} rejects a response without a room ID`, async () => {
    for (const response of [{}, { room_id: null }, { roomId: ROOM }]) {
      await malformed(response, join, "`room_id` not in response.");
    }
    await malformed({ room_id: 1 }, join, "Invalid `room_id` in response: expected string");
    await malformed([], join, "Invalid response: expected object");
    await assertRejects(() => join(fakeClient(() => new Response("<html>")).client), MatrixResponseError);
  });
}

Deno.test("ClientAPI.joinRoom() throws error responses without a retry", async () => {
  for (const status of [400, 403, 404, 500]) {
    const { client, server } = fakeClient(matrixError(status, "M_FORBIDDEN"), RESPONSE);
    await assertRejects(() => client.joinRoom(ROOM), MForbidden);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("ClientAPI.joinRoom() is retried after lost connections, gateway faults and 429, as joinRoomById() is", async () => {
  const faults = [
    broken(),
    json({}, 502),
    json({}, 504),
    matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }),
  ];
  for (const join of [(c: ClientAPI) => c.joinRoom(ROOM), (c: ClientAPI) => c.joinRoomById(ROOM)]) {
    const { client, server } = fakeClient(...faults, RESPONSE);
    assertEquals(await join(client), ROOM);
    assertEquals(server.received.length, 5);
  }
});

/** Joins with `maxRetries`, and returns the waits, the number of requests and the result. */
async function joinWithRetries(
  responses: unknown[],
  options: JoinRoomOptions,
): Promise<{ waits: number[]; requests: number; result: unknown }> {
  const { client, server } = fakeClient(...responses);
  let result: unknown;
  const waits = await skipWaits(async () => {
    result = await client.joinRoom(ROOM, { deadline: Infinity, ...options }).catch((error) => error);
  });
  return { waits, requests: server.received.length, result };
}

Deno.test("ClientAPI.joinRoom() with maxRetries retries after every error response, each time 10 s later", async () => {
  const responses = [
    matrixError(403, "M_FORBIDDEN"),
    matrixError(404, "M_NOT_FOUND"),
    json({}, 500),
    json({}, 502),
    RESPONSE,
  ];
  const { waits, requests, result } = await joinWithRetries(responses, { maxRetries: 4 });
  assertEquals(waits, [10_000, 20_000, 30_000, 40_000]);
  assertEquals(requests, 5);
  assertEquals(result, ROOM);
});

Deno.test("ClientAPI.joinRoom() with maxRetries throws the last error", async () => {
  const responses = [
    matrixError(403, "M_FORBIDDEN"),
    matrixError(403, "M_FORBIDDEN"),
    matrixError(404, "M_NOT_FOUND"),
  ];
  const { waits, requests, result } = await joinWithRetries(responses, { maxRetries: 2 });
  assertEquals(waits, [10_000, 20_000]);
  assertEquals(requests, 3);
  assertEquals(result instanceof MNotFound, true);
});

Deno.test("ClientAPI.joinRoom() with maxRetries of 0 or less sends one request, also after 429", async () => {
  for (const maxRetries of [0, -1, -Infinity]) {
    const { waits, requests, result } = await joinWithRetries(
      [matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }), RESPONSE],
      { maxRetries, retry: { limit: 5 } },
    );
    assertEquals([waits, requests], [[], 1]);
    assertEquals(result instanceof MLimitExceeded, true);
  }
});

Deno.test("ClientAPI.joinRoom() with maxRetries waits for the server's retry time if that is longer", async () => {
  const responses = [
    matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 12_345 }),
    matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 100 }),
    RESPONSE,
  ];
  const { waits, result } = await joinWithRetries(responses, { maxRetries: 2 });
  assertEquals(waits, [12_345, 20_000]);
  assertEquals(result, ROOM);
  const capped = await joinWithRetries(responses.slice(0, 1), {
    maxRetries: 2,
    retry: { maxRetryAfter: 12_000 },
  });
  assertEquals([capped.waits, capped.requests], [[], 1]);
  assertEquals(capped.result instanceof MLimitExceeded, true);
});

Deno.test("ClientAPI.joinRoom() with maxRetries does not retry after lost connections and malformed responses", async () => {
  const lost = await joinWithRetries([broken(), RESPONSE], { maxRetries: 3 });
  assertEquals([lost.waits, lost.requests], [[], 1]);
  assertEquals(lost.result instanceof MatrixConnectionError, true);
  const unusable = await joinWithRetries([{}, RESPONSE], { maxRetries: 3 });
  assertEquals([unusable.waits, unusable.requests], [[], 1]);
  assertEquals(unusable.result instanceof MatrixResponseError, true);
});

Deno.test("ClientAPI.joinRoom() with maxRetries ends the wait if the signal aborts", async () => {
  const { client, server } = fakeClient(matrixError(403, "M_FORBIDDEN"));
  const controller = new AbortController();
  const reason = new Error("enough");
  const joined = client.joinRoom(ROOM, { maxRetries: 3, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  assertStrictEquals(await joined.catch((error) => error), reason);
  assertEquals(server.received.length, 1);
});

Deno.test("ClientAPI.joinRoom() rejects maxRetries that is not a number, and treats null as not given", async () => {
  for (const wrong of [NaN, "3", {}]) {
    await refused((client) => client.joinRoom(ROOM, { maxRetries: wrong as number }), RangeError);
  }
  const { client, server } = fakeClient(matrixError(403, "M_FORBIDDEN"));
  await assertRejects(() => client.joinRoom(ROOM, { maxRetries: null as unknown as undefined }), MForbidden);
  assertEquals(server.received.length, 1);
});

Deno.test("ClientAPI.knockRoom() sends servers as via and server_name", async () => {
  const { request, result } = await exchange(
    RESPONSE,
    (client) => client.knockRoom("#room:example.org", { servers: ["a.example", "b.example"], reason: "Tea" }),
  );
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/knock/%23room%3Aexample.org`);
  assertEquals([...request.query], [
    ["via", "a.example"],
    ["via", "b.example"],
    ["server_name", "a.example"],
    ["server_name", "b.example"],
  ]);
  assertEquals(request.body, { reason: "Tea" });
  assertEquals(result, ROOM);
});

Deno.test("ClientAPI.knockRoom() sends neither servers nor reason if they are not given", async () => {
  for (const none of [undefined, null, ""]) {
    const { request } = await exchange(
      RESPONSE,
      (client) =>
        client.knockRoom(ROOM, { servers: none === "" ? [] : none as undefined, reason: none as undefined }),
    );
    assertEquals(`${request.method} ${request.path}`, `POST ${V3}/knock/${SEGMENT}`);
    assertEquals([...request.query], []);
    assertEquals(request.text, "{}");
  }
});

Deno.test("ClientAPI.knockRoom() is retried after 429, but not after a lost response", async () => {
  const lost = fakeClient(broken(), RESPONSE);
  await assertRejects(() => lost.client.knockRoom(ROOM), MatrixConnectionError);
  assertEquals(lost.server.received.length, 1);
  const limited = fakeClient(matrixError(429, "M_LIMIT_EXCEEDED"), RESPONSE);
  assertEquals(await limited.client.knockRoom(ROOM), ROOM);
});

Deno.test("ClientAPI.joinRoom() and similar methods reject identifiers that are not one path segment", async () => {
  for (const id of ["", ".", "..", null, undefined, {}]) {
    await refused((client) => client.joinRoom(id as "!a"), TypeError);
    await refused((client) => client.joinRoom(id as "!a", { maxRetries: 1 }), TypeError);
    await refused((client) => client.joinRoomById(id as "!a"), TypeError);
    await refused((client) => client.joinRoomById(id as "!a", { extraContent: { a: 1 } }), TypeError);
    await refused((client) => client.knockRoom(id as "!a"), TypeError);
  }
});
