import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI, type SetPresenceOptions } from "../../client/mod.ts";
import type { EventID, RoomID, UserID } from "../../types/mod.ts";
import {
  BASE_URL,
  exchange,
  fakeClient,
  malformed,
  ODD,
  ODD_PATH,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const ROOMS = "/_matrix/client/v3/rooms";
const ME = "%40alice%3Aexample.org";

/** Creates a client without a user ID. */
function stranger(): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on("*", {});
  return { client: new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch }), server };
}

Deno.test("ClientAPI.setTyping() sends the timeout, or that the user stopped typing", async () => {
  for (
    const [timeout, expected] of [
      [5000, { typing: true, timeout: 5000 }],
      [0, { typing: false }],
      [-1, { typing: false }],
      [null, { typing: false }],
      [undefined, { typing: false }],
    ] as const
  ) {
    const { request, result } = await exchange(
      {},
      (client) => client.setTyping(ODD.room, { timeout: timeout! }),
    );
    assertEquals(`${request.method} ${request.path}`, `PUT ${ROOMS}/${ODD_PATH.room}/typing/${ME}`);
    assertEquals([...request.query], []);
    assertEquals<unknown>(request.body, expected);
    assertEquals(result, undefined);
  }
  assertEquals((await sent({}, (client) => client.setTyping(ROOM)))[2], { typing: false });
});

Deno.test("ClientAPI.setTyping() rejects a time that is not a number", async () => {
  for (const timeout of [NaN, Infinity, "5" as unknown as number]) {
    await refused((client) => client.setTyping(ROOM, { timeout }), RangeError);
  }
  await refused((client) => client.setTyping("" as RoomID), TypeError);
});

Deno.test("ClientAPI.setTyping() and setPresence() require a user ID", async () => {
  const { client, server } = stranger();
  await assertRejects(() => client.setTyping(ROOM), TypeError, "mxid is unset");
  await assertRejects(() => client.setPresence(), TypeError, "mxid is unset");
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.sendReceipt() sends the type before the event, and sends no body", async () => {
  for (
    const [receiptType, expected] of [
      [undefined, "m.read"],
      [null, "m.read"],
      ["m.read.private", "m.read.private"],
      ["m.fully_read", "m.fully_read"],
    ] as const
  ) {
    const { request, result } = await exchange(
      {},
      (client) => client.sendReceipt(ODD.room, ODD.event, { receiptType: receiptType! }),
    );
    assertEquals(
      `${request.method} ${request.path}`,
      `POST ${ROOMS}/${ODD_PATH.room}/receipt/${expected}/${ODD_PATH.event}`,
    );
    assertEquals(request.text, "{}");
    assertEquals(result, undefined);
  }
});

Deno.test("ClientAPI.sendReceipt() sends the thread ID", async () => {
  for (const threadId of ["main", "$thread"] as const) {
    const [, , body] = await sent({}, (client) => client.sendReceipt(ROOM, "$1", { threadId }));
    assertEquals(body, { thread_id: threadId });
  }
  for (const threadId of [undefined, null, ""]) {
    const [, , body] = await sent(
      {},
      (client) => client.sendReceipt(ROOM, "$1", { threadId: threadId as "main" }),
    );
    assertEquals(body, {});
  }
});

Deno.test("ClientAPI.sendReceipt() and setFullyReadMarker() are retried after a lost response", async () => {
  const { client, server } = fakeClient(broken(), {}, broken(), {});
  await client.sendReceipt(ROOM, "$1");
  await client.setFullyReadMarker(ROOM, "$1");
  assertEquals(server.received.length, 4);
});

Deno.test("ClientAPI.sendReceipt() rejects values that would change the path", async () => {
  for (const bad of ["", "..", null]) {
    await refused((client) => client.sendReceipt(ROOM, bad as EventID), TypeError);
    await refused((client) => client.sendReceipt(bad as RoomID, "$1"), TypeError);
  }
  await refused((client) => client.sendReceipt(ROOM, "$1", { receiptType: "" }), TypeError);
});

Deno.test("ClientAPI.setFullyReadMarker() sends truthy receipts, and merges extra content last", async () => {
  const extraContent = Object.freeze({ "m.fully_read": "$9", "m.read.private": "$8" });
  for (
    const [options, expected] of [
      [undefined, { "m.fully_read": "$1" }],
      [{ readReceipt: null, privateReadReceipt: null, extraContent: null }, { "m.fully_read": "$1" }],
      [{ readReceipt: "", privateReadReceipt: "", extraContent: {} }, { "m.fully_read": "$1" }],
      [{ readReceipt: "$2" }, { "m.fully_read": "$1", "m.read": "$2" }],
      [{ privateReadReceipt: "$3" }, { "m.fully_read": "$1", "m.read.private": "$3" }],
      [{ readReceipt: "$2", extraContent }, {
        "m.fully_read": "$9",
        "m.read": "$2",
        "m.read.private": "$8",
      }],
    ] as const
  ) {
    const { request, result } = await exchange(
      {},
      (client) => client.setFullyReadMarker(ODD.room, "$1", options as { readReceipt: EventID }),
    );
    assertEquals(`${request.method} ${request.path}`, `POST ${ROOMS}/${ODD_PATH.room}/read_markers`);
    assertEquals([...request.query], []);
    assertEquals<unknown>(request.body, expected);
    assertEquals(result, undefined);
  }
  for (const bad of ["", undefined, null]) {
    await refused((client) => client.setFullyReadMarker(ROOM, bad as EventID), TypeError);
  }
});

Deno.test("ClientAPI.setPresence() always sends the presence, and the status if it is given", async () => {
  for (
    const [options, expected] of [
      [undefined, { presence: "online" }],
      [{}, { presence: "online" }],
      [{ presence: null, status: null }, { presence: "online" }],
      [{ presence: "unavailable" }, { presence: "unavailable" }],
      [{ presence: "offline", status: "Away" }, { presence: "offline", status_msg: "Away" }],
    ] as const
  ) {
    const { request, result } = await exchange(
      {},
      (client) => client.setPresence(options as SetPresenceOptions),
    );
    assertEquals(`${request.method} ${request.path}`, `PUT /_matrix/client/v3/presence/${ME}/status`);
    assertEquals<unknown>(request.body, expected);
    assertEquals(result, undefined);
  }
});

Deno.test("ClientAPI.setPresence() clears the status with an empty string", async () => {
  const [, , body] = await sent({}, (client) => client.setPresence({ status: "" }));
  assertEquals(body, { presence: "online", status_msg: "" });
});

Deno.test("ClientAPI.getPresence() returns a user's presence unchanged", async () => {
  const response = {
    presence: "unavailable",
    last_active_ago: 5,
    status_msg: "Away",
    currently_active: false,
  };
  const { request, result } = await exchange(response, (client) => client.getPresence(ODD.user));
  assertEquals(
    `${request.method} ${request.path}`,
    `GET /_matrix/client/v3/presence/${ODD_PATH.user}/status`,
  );
  assertEquals<unknown>(result, response);
});

Deno.test("ClientAPI.getPresence() accepts an unknown presence state", async () => {
  const response = { presence: "org.matrix.msc3026.busy" };
  const { result } = await exchange(response, (client) => client.getPresence(ODD.user), { loose: true });
  assertEquals<unknown>(result, response);
});

Deno.test("ClientAPI.getPresence() rejects a response without a presence", async () => {
  for (const response of [null, [], {}, { presence: null }, { presence: 1 }]) {
    await malformed(
      response,
      (client) => client.getPresence("@bob:example.org"),
      "Invalid presence in response",
    );
  }
  await refused((client) => client.getPresence("" as UserID), TypeError);
});

Deno.test("ClientAPI.setTyping(), sendReceipt(), setFullyReadMarker() and setPresence() accept request options", async () => {
  const options = { headers: { "x-mark": "1" }, query: { "org.example.a": "b" } };
  for (
    const call of [
      (client: ClientAPI) => client.setTyping(ROOM, options),
      (client: ClientAPI) => client.sendReceipt(ROOM, "$1", options),
      (client: ClientAPI) => client.setFullyReadMarker(ROOM, "$1", options),
      (client: ClientAPI) => client.setPresence(options),
    ]
  ) {
    const { request } = await exchange({}, call);
    assertEquals(Object.fromEntries(request.query), { "org.example.a": "b" });
    assertEquals(request.headers.get("x-mark"), "1");
  }
});

Deno.test("ClientAPI.setTyping(), sendReceipt(), setFullyReadMarker() and setPresence() throw the homeserver's error", async () => {
  const { client } = fakeClient(matrixError(403, "M_FORBIDDEN"));
  const name = async (promise: Promise<void>) => (await assertRejects(() => promise) as Error).name;
  assertEquals(await name(client.setTyping(ROOM)), "MForbidden");
  assertEquals(await name(client.sendReceipt(ROOM, "$1")), "MForbidden");
  assertEquals(await name(client.setFullyReadMarker(ROOM, "$1")), "MForbidden");
  assertEquals(await name(client.setPresence()), "MForbidden");
});
