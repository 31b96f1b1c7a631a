import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  HTTPAPI,
  type HTTPAPIOptions,
  MatrixConnectionError,
  MatrixError,
  MatrixResponseError,
  MatrixTimeoutError,
  MatrixUnknownRequestError,
  MForbidden,
  MLimitExceeded,
  MNotYetUploaded,
  MTooLarge,
} from "../../../http/mod.ts";
import { parseRetryAfter } from "../../../http/retry.ts";
import { broken, FakeHomeserver, json, matrixError, silence, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";
const limited = (wait = 0, headers = {}) =>
  matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: wait }, headers);

function make(server: FakeHomeserver, options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch: server.fetch, retry: { minTimeout: 0, maxTimeout: 0 }, ...options });
}

Deno.test("HTTPAPI.request() retries 429 for any method", async () => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"] as const) {
    const server = new FakeHomeserver().on(`${method} /x`, limited(), limited(), { ok: true });
    assertEquals(await make(server).request(method, "/x"), { ok: true });
    assertEquals(server.received.length, 3);
  }
});

Deno.test("HTTPAPI.request() retries 429 of a proxy", async () => {
  const server = new FakeHomeserver().on("POST /x", text("slow down", 429), text("", 429), { ok: true });
  assertEquals(await make(server).request("POST", "/x"), { ok: true });
});

Deno.test("HTTPAPI.request() retries 502, 503 and 504 for GET, PUT and DELETE, not for POST and PATCH", async () => {
  for (const status of [502, 503, 504]) {
    for (const method of ["GET", "PUT", "DELETE", "POST", "PATCH"] as const) {
      const server = new FakeHomeserver().on(`${method} /x`, text("<html>", status), { ok: true });
      const api = make(server);
      if (method === "POST" || method === "PATCH") {
        const error = await assertRejects(() => api.request(method, "/x"), MatrixUnknownRequestError);
        assertEquals(error.status, status);
        assertEquals(server.received.length, 1);
      } else {
        assertEquals(await api.request(method, "/x"), { ok: true });
      }
    }
  }
});

Deno.test("HTTPAPI.request() retries a repeatable POST", async () => {
  const server = new FakeHomeserver().on("POST /x", text("", 502), broken(), { ok: true });
  assertEquals(await make(server).request("POST", "/x", { repeatable: true }), { ok: true });
});

Deno.test("HTTPAPI.request() does not retry if the program may not use the network", async () => {
  const denied = Object.assign(new Error("Requires net access"), { name: "NotCapable" });
  const server = new FakeHomeserver().on("GET /x", () => Promise.reject(denied));
  const error = await assertRejects(() => make(server).request("GET", "/x"), MatrixConnectionError);
  assertEquals((error.cause as Error).name, "NotCapable");
  assertEquals(error.message, "Cannot GET /x: no response from hs.example.org (network access denied)");
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.request() retries a lost connection if that is safe", async () => {
  const put = new FakeHomeserver().on("PUT /x", broken(), { ok: true });
  assertEquals(await make(put).request("PUT", "/x"), { ok: true });
  const post = new FakeHomeserver().on("POST /x", broken(), { ok: true });
  await assertRejects(() => make(post).request("POST", "/x"), MatrixConnectionError);
  assertEquals(post.received.length, 1);
});

Deno.test("HTTPAPI.request() retries a time-out if that is safe", async () => {
  const server = new FakeHomeserver().on("PUT /x", silence(), { ok: true });
  assertEquals(await make(server).request("PUT", "/x", { deadline: 200 }), { ok: true });
  const post = new FakeHomeserver().on("POST /x", silence(), { ok: true });
  await assertRejects(() => make(post).request("POST", "/x", { deadline: 10 }), MatrixTimeoutError);
  assertEquals(post.received.length, 1);
});

Deno.test("HTTPAPI.request() does not retry permanent errors", async () => {
  for (
    const [response, type] of [
      [matrixError(403, "M_FORBIDDEN"), MForbidden],
      [matrixError(500, "M_UNKNOWN"), MatrixError],
      [text("", 500), MatrixUnknownRequestError],
      [matrixError(502, "M_TOO_LARGE"), MTooLarge],
      [matrixError(504, "M_NOT_YET_UPLOADED"), MNotYetUploaded],
      [text("<html>"), MatrixResponseError],
      [text("", 408), MatrixUnknownRequestError],
    ] as const
  ) {
    const server = new FakeHomeserver().on("GET /x", response, { ok: true });
    await assertRejects(() => make(server).request("GET", "/x"), type);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("HTTPAPI.request() throws the last error after limit + 1 attempts", async () => {
  const server = new FakeHomeserver().on("GET /x", text("", 502), text("last", 503));
  for (const limit of [0, 1, 3]) {
    server.received.length = 0;
    server.on("GET /x", ...Array(limit).fill(text("", 502)), text("last", 503));
    const error = await assertRejects(
      () => make(server).request("GET", "/x", { retry: { limit } }),
      MatrixError,
    );
    assertEquals((error as MatrixUnknownRequestError).status, 503);
    assertEquals(server.received.length, limit + 1);
  }
});

Deno.test("HTTPAPI.request() makes 5 attempts by default, and any number with Infinity", async () => {
  const server = new FakeHomeserver().on("GET /x", text("", 502));
  await assertRejects(() => make(server).request("GET", "/x"));
  assertEquals(server.received.length, 5);
  server.on("GET /x", ...Array(40).fill(text("", 502)), { ok: true });
  assertEquals(await make(server).request("GET", "/x", { retry: { limit: Infinity } }), { ok: true });
});

Deno.test("HTTPAPI.request() waits as long as the server asks", async () => {
  const waits: number[] = [];
  const server = new FakeHomeserver().on(
    "GET /x",
    limited(20),
    limited(999_999, { "retry-after": "0" }),
    limited(15, { "retry-after": "later" }),
    json({}, 503, { "retry-after": "0.02" }),
    { ok: true },
  );
  const start = performance.now();
  await make(server, { hooks: { onRetry: ({ wait }) => waits.push(wait) } }).request("GET", "/x");
  assertEquals(waits, [20, 0, 15, 20]);
  assert(performance.now() - start >= 50);
});

Deno.test("HTTPAPI.request() throws at once if the server asks for more than maxRetryAfter", async () => {
  for (const headers of [{ "retry-after": "61" }, { "retry-after": "9".repeat(400) }, {}]) {
    const server = new FakeHomeserver().on("PUT /x", limited(60_001, headers), { ok: true });
    const error = await assertRejects(() => make(server).request("PUT", "/x"), MLimitExceeded);
    assert(error.retryAfter! > 60_000);
    assertEquals(server.received.length, 1);
  }
  const server = new FakeHomeserver().on("PUT /x", limited(11), { ok: true });
  await assertRejects(
    () => make(server).request("PUT", "/x", { retry: { maxRetryAfter: 10 } }),
    MLimitExceeded,
  );
});

Deno.test("parseRetryAfter() reads seconds, dates and retry_after_ms", () => {
  const soon = new Date(Date.now() + 30_000).toUTCString();
  const wait = parseRetryAfter(soon, undefined)!;
  assert(wait > 28_000 && wait <= 30_000);
  assertEquals(parseRetryAfter("Wed, 21 Oct 2015 07:28:00 GMT", { retry_after_ms: 5 }), 0);
  assertEquals(parseRetryAfter(" 2 ", { retry_after_ms: 5 }), 2000);
  assertEquals(parseRetryAfter("1.5", undefined), 1500);
  for (const bad of ["", "-5", "soon", "1e3", "Infinity", "0x10", null]) {
    assertEquals(parseRetryAfter(bad, { retry_after_ms: 5 }), 5);
    assertEquals(parseRetryAfter(bad, undefined), undefined);
  }
  for (
    const body of [null, [], "x", { retry_after_ms: "5" }, { retry_after_ms: -1 }, { retry_after_ms: null }]
  ) {
    assertEquals(parseRetryAfter(null, body), undefined);
  }
});

Deno.test("RetryPolicy.isRetriable replaces the default", async () => {
  const server = new FakeHomeserver().on("POST /x", text("", 500), text("", 500), { ok: true });
  const seen: unknown[] = [];
  const isRetriable = (error: unknown) => seen.push(error) > 0;
  assertEquals(await make(server).request("POST", "/x", { retry: { isRetriable } }), { ok: true });
  assertEquals(seen.length, 2);
  const never = new FakeHomeserver().on("GET /x", limited(), { ok: true });
  await assertRejects(
    () => make(never).request("GET", "/x", { retry: { isRetriable: () => false } }),
    MLimitExceeded,
  );
});

Deno.test("RetryPolicy is checked when it is passed, and merged over the client's", async () => {
  const server = new FakeHomeserver().on("GET /x", { ok: true });
  for (
    const retry of [
      { limit: -1 },
      { limit: 1.5 },
      { limit: NaN },
      { limit: "1" as unknown as number },
      { minTimeout: -1 },
      { minTimeout: Infinity },
      { maxTimeout: -1 },
      { maxTimeout: NaN },
      { multiplier: 0.5 },
      { jitter: 2 },
      { maxRetryAfter: -1 },
      { minTimeout: 5, maxTimeout: 4 },
    ]
  ) {
    assertThrows(() => new HTTPAPI({ baseUrl, retry }), RangeError, "Cannot use the retry policy");
    await assertRejects(() => make(server).request("GET", "/x", { retry }), RangeError);
  }
  assertThrows(
    () => new HTTPAPI({ baseUrl, retry: { isRetriable: 1 as unknown as () => boolean } }),
    TypeError,
  );
  assertEquals(server.received.length, 0);
  const api = make(server, { retry: Object.freeze({ minTimeout: 0, maxTimeout: 2, limit: 1 }) });
  assertEquals(await api.request("GET", "/x", { retry: { minTimeout: 9 } }), { ok: true });
  assertEquals(await api.request("GET", "/x", { retry: { limit: undefined } }), { ok: true });
  assertEquals(await make(server, { retry: {} }).request("GET", "/x", { retry: { maxTimeout: 1 } }), {
    ok: true,
  });
  server.on("GET /x", text("", 502));
  server.received.length = 0;
  await assertRejects(() => api.request("GET", "/x"));
  assertEquals(server.received.length, 2);
});

Deno.test("HTTPAPI.request() does not retry after the caller has aborted", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const server = new FakeHomeserver().on("GET /x", () => {
    controller.abort(reason);
    return new Response("", { status: 502 });
  });
  const error = await assertRejects(() => make(server).request("GET", "/x", { signal: controller.signal }));
  assertStrictEquals(error, reason);
  assertEquals(server.received.length, 1);
});
