/** What holds for every method, tried on each. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";
import { MatrixResponseError, MForbidden, type RequestOptions } from "../../http/mod.ts";
import { BASE_URL, MXID } from "../support/contract_client.ts";
import { type Answer, FakeHomeserver, matrixError, text } from "../support/fake_homeserver.ts";
import { type MethodRow, METHODS } from "../support/methods/mod.ts";
import { PARAMETERS } from "../support/optional_parameters.ts";
import { checkAnswer, checkRequest } from "../support/specification.ts";

const VERSIONS = { versions: ["v1.11"] };
/** Methods for subclasses, which send nothing of their own. */
const PROTECTED = ["ownUserId", "request", "transactionId"];
/** Methods whose endpoint has a `ts` parameter. */
const WITH_TS = new Set([
  "sendMessageEvent",
  "sendMessage",
  "sendText",
  "sendNotice",
  "sendEmote",
  "sendFile",
  "sendImage",
  "sendSticker",
  "react",
  "sendStateEvent",
  "sendMemberEvent",
  "getUrlPreview",
]);
/** Methods that send the member event as state if there is a timestamp. */
const THROUGH_STATE = new Set([
  "joinRoomById",
  "inviteUser",
  "leaveRoom",
  "kickUser",
  "banUser",
  "unbanUser",
]);

function make(row: MethodRow, ...answers: Answer[]): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on("*", ...(row.asksVersions ? [VERSIONS, ...answers] : answers));
  const options: ClientAPIOptions = {
    baseUrl: BASE_URL,
    token: "token",
    mxid: MXID,
    fetch: server.fetch,
    retry: { limit: 0 },
  };
  const client = new ClientAPI(options);
  client.api.getTxnId = () => "txn";
  return { client, server };
}

/** The query, several values of a key in a list. */
function shown(query: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries([...new Set(query.keys())].map((key) => {
    const values = query.getAll(key);
    return [key, values.length === 1 ? values[0]! : values];
  }));
}

for (const [name, row] of Object.entries(METHODS)) {
  Deno.test(`ClientAPI.${name}() sends one request and makes its result of the answer`, async () => {
    const answer = row.answer ?? {};
    const { client, server } = make(row, answer);
    const result = await row.call(client);
    assertEquals(result, row.result);
    assertEquals(server.received.length, row.asksVersions ? 2 : 1);
    const request = server.last;
    assertEquals(`${request.method} ${request.path}`, row.line);
    assertEquals(shown(request.query), row.query ?? {});
    if (!row.bytes) assertEquals(request.body, row.body);
    assertEquals(request.headers.get("authorization"), "Bearer token");
    const type = request.method === "GET"
      ? null
      : row.bytes
      ? "application/octet-stream"
      : "application/json";
    assertEquals(request.headers.get("content-type"), type);
    const checked = await checkRequest(request);
    // Thumbnails and downloads are no JSON: there is nothing to check.
    const json = request.method === "GET" && row.bytes ? undefined : answer;
    const answered = json === undefined
      ? checked
      : await checkAnswer(request.method, request.path, 200, json);
    if (row.unspecified) assertEquals([checked, answered], ["unknown", "unknown"]);
    else assert(checked !== "unknown" && answered !== "unknown", `no operation for ${row.line}`);
  });

  Deno.test(`ClientAPI.${name}() finds fault with answers that it cannot use, and with what is no JSON`, async () => {
    for (const [answer, message] of row.malformed ?? []) {
      const { client } = make(row, answer);
      const error = await assertRejects(
        () => row.call(client),
        MatrixResponseError,
        undefined,
        JSON.stringify(answer),
      );
      assertEquals(error.message, message, JSON.stringify(answer));
    }
    const download = row.bytes && row.line.startsWith("GET");
    // Where nothing is made of the answer, any JSON will do.
    if (!row.malformed && !download) {
      for (const answer of [null, [], "text", 5, { more: 1 }]) {
        assertEquals(await row.call(make(row, answer).client), undefined);
      }
    }
    for (const answer of ["<html>", "", '{"event_id":'].map((body) => text(body, 200))) {
      if (!download) await assertRejects(() => row.call(make(row, answer).client), MatrixResponseError);
    }
  });

  Deno.test(`ClientAPI.${name}() takes request options`, async () => {
    const { client, server } = make(row, row.answer ?? {});
    const options: RequestOptions = Object.freeze({
      headers: Object.freeze({ "x-trace": "1" }),
      query: Object.freeze({
        "org.example.more": "a b",
        ...Object.fromEntries(Object.keys(row.query ?? {}).map((key) => [key, "no"])),
      }),
      deadline: 5_000,
      retry: Object.freeze({ limit: 0 }),
    });
    await row.call(client, options);
    const { query, headers } = server.last;
    assertEquals(shown(query), { "org.example.more": "a b", ...row.query });
    assertEquals(headers.get("x-trace"), "1");

    const reason = new Error("enough");
    const stopped = make(row, row.answer ?? {});
    const error = await assertRejects(() => row.call(stopped.client, { signal: AbortSignal.abort(reason) }));
    assertStrictEquals(error, reason);
    assertEquals(stopped.server.received.length, 0);
  });

  Deno.test(`ClientAPI.${name}() sends or refuses a timestamp`, async () => {
    const { client, server } = make(row, THROUGH_STATE.has(name) ? { event_id: "$e" } : row.answer ?? {});
    const call = row.call(client, { timestamp: 5 });
    if (!WITH_TS.has(name) && !THROUGH_STATE.has(name)) {
      await assertRejects(() => call, TypeError, "Cannot use the option timestamp: ");
      return assertEquals(server.received.length, 0);
    }
    await call;
    assertEquals(server.last.query.get("ts"), "5");
    if (THROUGH_STATE.has(name)) assert(server.last.path.includes("/state/m.room.member/"), server.last.path);
  });

  Deno.test(`ClientAPI.${name}() says no by the class of the error`, async () => {
    const { client } = make(row, matrixError(403, "M_FORBIDDEN", { error: "You may not" }));
    const error = await assertRejects(() => row.call(client), MForbidden);
    assertEquals([error.status, error.serverMessage], [403, "You may not"]);
    assertEquals(`${error.method} ${error.path}`, row.line);
  });
}

Deno.test("ClientAPI's methods each have a row of what they send and make of the answer", () => {
  const names = new Set(PARAMETERS.map(([method]) => method));
  for (let it = ClientAPI.prototype; it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(it))) {
      if (typeof value === "function") names.add(name);
    }
  }
  // They send nothing, or have tests of their own.
  for (const name of [...PROTECTED, "constructor", "fillMemberEvent", "iterateMessages", "streamMedia"]) {
    names.delete(name);
  }
  assertEquals(Object.keys(METHODS).toSorted(), [...names].sort());
});
