import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { SyncOptions } from "../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MatrixTimeoutError,
  MLimitExceeded,
} from "../../http/mod.ts";
import type { Filter } from "../../types/mod.ts";
import { exchange, fakeClient, malformed, refused, sent } from "../support/contract_client.ts";
import { type Answer, broken, matrixError, silence } from "../support/fake_homeserver.ts";

const SYNC = "GET /_matrix/client/v3/sync";
const RESPONSE = { next_batch: "s1", rooms: { join: {} }, "org.example.more": [] };

/** Returns the query of a sync with these options. */
async function queryOf(options?: unknown): Promise<Record<string, string>> {
  const [line, query] = await sent(RESPONSE, (client) => client.sync(options as SyncOptions));
  assertEquals(line, SYNC);
  return query;
}

Deno.test("ClientAPI.sync() has a timeout of 30 s by default and returns the response unchanged", async () => {
  const { request, result } = await exchange(RESPONSE, (client) => client.sync());
  assertEquals(`${request.method} ${request.path}`, SYNC);
  assertEquals([...request.query], [["timeout", "30000"]]);
  assertEquals(request.text, "");
  assertEquals<unknown>(result, RESPONSE);
});

Deno.test("ClientAPI.sync() sends all given options", async () => {
  assertEquals(
    await queryOf({
      since: "s0/+%",
      timeout: 5,
      filterId: "7",
      fullState: true,
      setPresence: "unavailable",
      useStateAfter: true,
    }),
    {
      since: "s0/+%",
      timeout: "5",
      filter: "7",
      full_state: "true",
      set_presence: "unavailable",
      use_state_after: "true",
    },
  );
});

Deno.test("ClientAPI.sync() always sends the timeout, and truthy options", async () => {
  assertEquals(await queryOf({ timeout: 0 }), { timeout: "0" });
  for (const name of ["since", "filterId", "fullState", "setPresence", "useStateAfter", "timeout"]) {
    for (const value of [undefined, null]) {
      assertEquals(await queryOf({ [name]: value }), { timeout: "30000" });
    }
  }
  for (const name of ["since", "filterId", "setPresence"]) {
    assertEquals(await queryOf({ [name]: "" }), { timeout: "30000" });
  }
  for (const name of ["fullState", "useStateAfter"]) {
    assertEquals(await queryOf({ [name]: false }), { timeout: "30000" });
  }
});

Deno.test("ClientAPI.sync() sends an inline filter as JSON", async () => {
  const filter: Filter = Object.freeze({ room: Object.freeze({ timeline: { limit: 1 } }), "org.é": "&" });
  assertEquals(await queryOf({ filter }), { timeout: "30000", filter: JSON.stringify(filter) });
  assertEquals(await queryOf({ filter: {}, filterId: "" }), { timeout: "30000", filter: "{}" });
  for (const none of [null, undefined]) {
    assertEquals(await queryOf({ filter: none, filterId: "7" }), { timeout: "30000", filter: "7" });
  }
});

Deno.test("ClientAPI.sync() rejects two filters, invalid filters and invalid timeouts", async () => {
  await refused((client) => client.sync({ filter: {}, filterId: "7" }), TypeError, "only one");
  for (const filter of ["7", "{}", 0, false, []]) {
    await refused((client) => client.sync({ filter: filter as unknown as Filter }), TypeError, "filterId");
  }
  for (const timeout of [-1, 0.5, NaN, Infinity, "5"]) {
    await refused((client) => client.sync({ timeout: timeout as number }), RangeError, "whole number");
  }
});

Deno.test("ClientAPI.sync() is never retried, also not by the client's retry policy", async () => {
  const rows: [Answer, typeof MatrixRequestError | typeof MatrixConnectionError][] = [
    [matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }, { "retry-after": "0" }), MLimitExceeded],
    [matrixError(502, "M_UNKNOWN"), MatrixRequestError],
    [matrixError(503, "M_UNKNOWN"), MatrixRequestError],
    [broken(), MatrixConnectionError],
  ];
  for (const [response, type] of rows) {
    for (const options of [{}, { retry: { limit: 5, isRetriable: () => true } }]) {
      const { client, server } = fakeClient(response, RESPONSE);
      await assertRejects(() => client.sync(options), type as typeof MatrixRequestError);
      assertEquals(server.received.length, 1);
    }
  }
});

Deno.test("ClientAPI.sync() adds its timeout to the deadline", async () => {
  const { client } = fakeClient(silence());
  const error = await assertRejects(
    () => client.sync({ timeout: 20, deadline: 10 }),
    MatrixTimeoutError,
  );
  assert(error.message.includes("within 30 ms"), error.message);
});

Deno.test("ClientAPI.sync() rejects with the signal's reason while it waits", async () => {
  const { client, server } = fakeClient(silence());
  const controller = new AbortController();
  const call = client.sync({ signal: controller.signal });
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 5);
  assertStrictEquals(await call.catch((error) => error), reason);
  assertEquals(server.last.signal?.aborted, true);
});

Deno.test("ClientAPI.sync() requires an object and does not validate its content", async () => {
  for (const response of [[], null, "x", 5]) {
    await malformed(response, (client) => client.sync(), "Invalid response: expected object");
  }
  for (
    const response of [{}, { next_batch: 5, rooms: { join: { "!a:b": { timeline: { events: [null] } } } } }]
  ) {
    const { result } = await exchange(response, (client) => client.sync(), { loose: true });
    assertEquals<unknown>(result, response);
  }
});

Deno.test("ClientAPI.sync() does not let query replace its own parameters", async () => {
  const { client, server } = fakeClient(RESPONSE);
  await client.sync({ query: { timeout: "1", q: "2" }, timeout: 3 });
  assertEquals(Object.fromEntries(server.last.query), { timeout: "3", q: "2" });
});
