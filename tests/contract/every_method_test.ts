/** Checks on every method what must hold for all of them. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";
import {
  MatrixRequestError,
  MatrixResponseError,
  MForbidden,
  MUnrecognized,
  type RequestOptions,
} from "../../http/mod.ts";
import { BASE_URL, MXID } from "../support/contract_client.ts";
import { type Answer, FakeHomeserver, matrixError, text } from "../support/fake_homeserver.ts";
import { checkRequest, checkResponse } from "../support/specification.ts";
import { callRow, type NamedRow, SENDING_ROWS } from "./methods/mod.ts";

const VERSIONS = { versions: ["v1.11"] };

function make(row: NamedRow, ...responses: Answer[]): {
  server: FakeHomeserver;
  call: (options?: RequestOptions) => Promise<unknown>;
} {
  const server = new FakeHomeserver().on("*", ...(row.asksVersions ? [VERSIONS, ...responses] : responses));
  const options: ClientAPIOptions = {
    baseUrl: BASE_URL,
    token: "token",
    mxid: MXID,
    fetch: server.fetch,
    retry: { limit: 0 },
  };
  const client = new ClientAPI(options);
  client.api.getTxnId = () => "txn";
  return { server, call: (options) => callRow(client, row, options, server.fetch) };
}

/** Returns the query as an object, with an array for a repeated key. */
function shown(query: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries([...new Set(query.keys())].map((key) => {
    const values = query.getAll(key);
    return [key, values.length === 1 ? values[0]! : values];
  }));
}

for (const row of SENDING_ROWS) {
  const { name } = row;
  Deno.test(`ClientAPI.${name}() sends one request and returns its result`, async () => {
    const response = row.response ?? {};
    const { call, server } = make(row, response);
    const result = await call();
    assertEquals(result, row.result);
    assertEquals(server.received.length, row.asksVersions ? 2 : 1);
    const request = server.last;
    assertEquals(`${request.method} ${request.path}`, row.line);
    assertEquals(shown(request.query), row.query ?? {});
    if (!row.bytes) assertEquals(request.body, row.body);
    assertEquals(request.headers.get("authorization"), row.token === false ? null : "Bearer token");
    const type = request.method === "GET"
      ? null
      : row.bytes
      ? "application/octet-stream"
      : "application/json";
    assertEquals(request.headers.get("content-type"), type);
    const checked = await checkRequest(request);
    // Downloads are not JSON, so no schema applies.
    const json = request.method === "GET" && row.bytes ? undefined : response;
    const answered = json === undefined
      ? checked
      : await checkResponse(request.method, request.path, 200, json);
    if (row.unspecified) assertEquals([checked, answered], ["unknown", "unknown"]);
    else assert(checked !== "unknown" && answered !== "unknown", `no operation for ${row.line}`);
  });

  Deno.test(`ClientAPI.${name}() rejects malformed and non-JSON responses`, async () => {
    for (const [response, message] of row.malformed ?? []) {
      const { call } = make(row, response);
      const error = await assertRejects(
        () => call(),
        MatrixResponseError,
        undefined,
        JSON.stringify(response),
      );
      assertEquals(error.message, message, JSON.stringify(response));
    }
    const download = row.bytes && row.line.startsWith("GET");
    // A method without a result accepts any JSON.
    if (!row.malformed && !download) {
      for (const response of [null, [], "text", 5, { more: 1 }]) {
        assertEquals(await make(row, response).call(), undefined);
      }
    }
    for (const response of ["<html>", "", '{"event_id":'].map((body) => text(body, 200))) {
      if (!download) await assertRejects(() => make(row, response).call(), MatrixResponseError);
    }
  });

  Deno.test(`ClientAPI.${name}() accepts request options`, async () => {
    const { call, server } = make(row, row.response ?? {});
    const options: RequestOptions = Object.freeze({
      headers: Object.freeze({ "x-trace": "1" }),
      query: Object.freeze({
        "org.example.more": "a b",
        ...Object.fromEntries(Object.keys(row.query ?? {}).map((key) => [key, "no"])),
      }),
      deadline: 5_000,
      retry: Object.freeze({ limit: 0 }),
    });
    await call(options);
    const { query, headers } = server.last;
    assertEquals(shown(query), { "org.example.more": "a b", ...row.query });
    assertEquals(headers.get("x-trace"), "1");

    const reason = new Error("enough");
    const stopped = make(row, row.response ?? {});
    const error = await assertRejects(() => stopped.call({ signal: AbortSignal.abort(reason) }));
    assertStrictEquals(error, reason);
    assertEquals(stopped.server.received.length, 0);
  });

  const verb = { ts: "sends", state: "sends", own: "takes its argument in place of" };
  Deno.test(`ClientAPI.${name}() ${row.timestamp ? verb[row.timestamp] : "rejects"} a timestamp`, async () => {
    const { call, server } = make(row, row.timestamp === "state" ? { event_id: "$e" } : row.response ?? {});
    if (!row.timestamp) {
      await assertRejects(() => call({ timestamp: 5 }), TypeError, "Cannot use the option timestamp: ");
      return assertEquals(server.received.length, 0);
    }
    await call({ timestamp: row.timestamp === "own" ? 6 : 5 });
    assertEquals(server.last.query.get("ts"), "5");
    if (row.timestamp === "state") {
      assert(server.last.path.includes("/state/m.room.member/"), server.last.path);
    }
  });

  Deno.test(`ClientAPI.${name}() throws the error class of the errcode`, async () => {
    const { call } = make(row, matrixError(403, "M_FORBIDDEN", { error: "You may not" }));
    const error = await assertRejects(() => call(), MForbidden);
    assertEquals([error.status, error.serverMessage], [403, "You may not"]);
    assertEquals(`${error.method} ${error.path}`, row.line);
  });

  const { notFound } = row;
  if (!notFound) continue;
  Deno.test(`ClientAPI.${name}() resolves with ${JSON.stringify(notFound.result)} after 404 M_NOT_FOUND only`, async () => {
    assertEquals(await make(row, matrixError(404, "M_NOT_FOUND")).call(), notFound.result);
    await assertRejects(make(row, matrixError(404, "M_UNRECOGNIZED")).call, MUnrecognized);
    await assertRejects(make(row, text("<html>", 404)).call, MatrixRequestError);
  });
}
