import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  HTTPAPI,
  type HTTPAPIOptions,
  MatrixConnectionError,
  MatrixResponseError,
  MatrixUnknownRequestError,
  MForbidden,
  MLimitExceeded,
  path,
  type Query,
} from "../../../http/mod.ts";
import { broken, chunks, FakeHomeserver, json, matrixError, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";

function make(
  server: FakeHomeserver,
  options: Partial<ConstructorParameters<typeof HTTPAPI>[0]> = {},
): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch: server.fetch, retry: { minTimeout: 0, maxTimeout: 0 }, ...options });
}

Deno.test("HTTPAPI.request() resolves with parsed JSON of any type", async () => {
  for (const value of [{ a: { b: [1] } }, [1, 2], null, "text", 0, false]) {
    const server = new FakeHomeserver().on("GET /x", json(value));
    assertEquals(await make(server).request("GET", "/x"), value);
  }
});

Deno.test("HTTPAPI.request() recognizes JSON by its content, not by the header", async () => {
  const server = new FakeHomeserver().on("GET /x", text('{"a":1}')).on("GET /bom", text('\ufeff{"a":2}'));
  assertEquals(await make(server).request("GET", "/x"), { a: 1 });
  assertEquals(await make(server).request("GET", "/bom"), { a: 2 });
});

Deno.test("HTTPAPI.request() reads a response without Content-Length", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(['{"a":', '"\u00e9', '"}']));
  assertEquals(await make(server).request("GET", "/x"), { a: "é" });
});

Deno.test("HTTPAPI.request() sends no body and no content type with GET", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  await make(server).request("GET", "/x", { body: { a: 1 } });
  assertEquals(server.last.text, "");
  assertEquals(server.last.headers.has("content-type"), false);
});

Deno.test("HTTPAPI.request() sends {} if the body is missing or empty", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH"] as const) {
    for (const body of [undefined, null, {}, [], "", new Uint8Array()]) {
      const server = new FakeHomeserver().on(`${method} /x`, {});
      await make(server).request(method, "/x", { body });
      assertEquals(server.last.text, "{}");
      assertEquals(server.last.headers.get("content-type"), "application/json");
    }
  }
});

Deno.test("HTTPAPI.request() sends objects as JSON, strings and bytes unchanged", async () => {
  const server = new FakeHomeserver().on("PUT /x", {});
  const api = make(server);
  await api.request("PUT", "/x", { body: { a: "é\ud800" } });
  assertEquals(server.last.text, '{"a":"é\ufffd"}');
  await api.request("PUT", "/x", { body: "plain", headers: { "Content-Type": "text/plain" } });
  assertEquals(server.last.text, "plain");
  assertEquals(server.last.headers.get("content-type"), "text/plain");
  await api.request("PUT", "/x", { body: new Uint8Array([1, 2]) });
  assertEquals([...server.last.bytes], [1, 2]);
  assertEquals(server.last.headers.get("content-type"), "application/octet-stream");
  await api.request("PUT", "/x", {
    body: { a: 1 },
    headers: { "content-type": "application/json; charset=utf-8" },
  });
  assertEquals(server.last.body, { a: 1 });
});

Deno.test("HTTPAPI.request() rejects a body that is not JSON before a request is sent", async () => {
  const server = new FakeHomeserver();
  const api = make(server);
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  for (const body of [circular, { n: 1n }, () => 1, Symbol("x")]) {
    await assertRejects(() => api.request("POST", "/x", { body }), TypeError);
  }
  await assertRejects(
    () => api.request("POST", "/x", { body: { a: 1 }, headers: { "content-type": "text/plain" } }),
    TypeError,
    "if its content type is not JSON",
  );
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.request() replaces the caller's Authorization header with the token", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  const headers = Object.freeze({ AUTHORIZATION: "Basic eA==", "X-Other": "1" });
  await make(server, { token: "secret" }).request("GET", "/x", { headers });
  assertEquals(server.last.headers.get("authorization"), "Bearer secret");
  assertEquals(server.last.headers.get("x-other"), "1");
  await make(server).request("GET", "/x", { headers });
  assertEquals(server.last.headers.get("authorization"), "Basic eA==");
  await make(server).request("GET", "/x", { headers: new Headers({ a: "1" }) });
  assertEquals(server.last.headers.get("a"), "1");
  await make(server).request("GET", "/x", { headers: [["b", "2"]] });
  assertEquals(server.last.headers.get("b"), "2");
});

Deno.test("HTTPAPI rejects malformed tokens and headers without showing them", async () => {
  const api = make(new FakeHomeserver());
  for (const token of ["secret\n", "sec ret", "sécret", "secret\0", 5 as unknown as string]) {
    const error = assertThrows(() => new HTTPAPI({ baseUrl, token }), TypeError);
    assert(!error.message.includes(String(token).trim()));
    assertThrows(() => api.token = token, TypeError);
  }
  assertEquals(api.token, "");
  const error = await assertRejects(
    () => api.request("GET", "/x", { headers: { a: "hidden\r\nb: c" } }),
    TypeError,
  );
  assert(!error.message.includes("hidden"));
  await assertRejects(() => api.request("GET", "/x", { headers: { "a b": "c" } }), TypeError);
});

Deno.test("HTTPAPI.request() sends buffers and views, and rejects objects without JSON form", async () => {
  const server = new FakeHomeserver().on("POST /x", {});
  const api = make(server);
  const bytes = new TextEncoder().encode("[66]");
  for (const body of [bytes.buffer, new DataView(bytes.buffer), new Uint16Array(bytes.buffer)]) {
    await api.request("POST", "/x", { body });
    assertEquals(server.last.text, "[66]");
    assertEquals(server.last.headers.get("content-type"), "application/octet-stream");
  }
  await api.request("POST", "/x", { body: new ArrayBuffer(0) });
  assertEquals(server.last.text, "{}");
  const { length } = server.received;
  const bodies = [
    new Blob(["x"]),
    new URLSearchParams("a=b"),
    new Map([[1, 2]]),
    new Set([1]),
    Promise.resolve({}),
  ];
  for (const body of [...bodies, new ReadableStream(), new FormData(), new Error("x"), /x/]) {
    await assertRejects(() => api.request("POST", "/x", { body }), TypeError, "must be a JSON value");
  }
  assertEquals(server.received.length, length);
});

Deno.test("HTTPAPI treats null options as omitted", () => {
  const none = {
    token: null,
    fetch: null,
    retry: null,
    deadline: null,
    log: null,
    hooks: null,
    userAgent: null,
  };
  const api = new HTTPAPI({ baseUrl, ...none, txnId: null } as unknown as HTTPAPIOptions);
  assertEquals([api.hooks, api.token, api.deadline], [undefined, "", 60_000]);
});

Deno.test("HTTPAPI.request() encodes the query", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  const api = make(server);
  const query: Query = Object.freeze({
    a: "é &=+#",
    none: null,
    not: undefined,
    empty: "",
    zero: 0,
    no: false,
    list: ["x", 2, true],
    gone: [],
  });
  await api.request("GET", "/x", { query, params: { zero: 1 } });
  assertEquals([...server.last.query], [
    ["a", "é &=+#"],
    ["empty", ""],
    ["zero", "1"],
    ["no", "false"],
    ["list", "x"],
    ["list", "2"],
    ["list", "true"],
  ]);
  await api.request("GET", "/x", { query: new URLSearchParams("a=1&a=2&b=3"), params: { b: 4 } });
  assertEquals(server.last.query.toString(), "a=1&a=2&b=4");
  for (const bad of [{ a: {} }, { a: [null] }, { a: NaN }, { a: "\ud800" }, { a: 1n }]) {
    await assertRejects(() => api.request("GET", "/x", { query: bad as unknown as Query }), TypeError);
  }
  assertEquals(server.received.length, 2);
});

Deno.test("HTTPAPI.request() replaces the caller's identity and timestamp parameters", async () => {
  const server = new FakeHomeserver().on("PUT /x", {});
  const api = make(server, { asUserId: "@_a:example.org", asDeviceId: "DEV" });
  await api.request("PUT", "/x", { query: { user_id: "@other:example.org" }, timestamp: 5 });
  assertEquals(Object.fromEntries(server.last.query), {
    user_id: "@_a:example.org",
    "org.matrix.msc3202.device_id": "DEV",
    device_id: "DEV",
    ts: "5",
  });
  api.asUserId = api.asDeviceId = undefined;
  await api.request("PUT", "/x", { timestamp: new Date(7) });
  assertEquals(server.last.query.toString(), "ts=7");
  await api.request("PUT", "/x", { timestamp: 0 });
  assertEquals(server.last.query.toString(), "ts=0");
  for (const timestamp of [NaN, 1.5, new Date(NaN), "1" as unknown as number]) {
    await assertRejects(() => api.request("PUT", "/x", { timestamp }), RangeError);
  }
});

Deno.test("path encodes each value as one segment", () => {
  assertEquals(path`/a/${"!foo:example.org"}/b/${"5"}`, "/a/%21foo%3Aexample.org/b/5");
  assertEquals(path`/${"#$'()*+/:=@% é?&~_.-"}`, "/%23%24%27%28%29%2A%2B%2F%3A%3D%40%25%20%C3%A9%3F%26~_.-");
  assertEquals(path`/${"..."}/${"%2e"}/${"a.."}`, "/.../%252e/a..");
  for (const bad of ["", ".", "..", "\ud800", null, undefined, {}, 5]) {
    assertThrows(() => path`/x/${bad as string}`, TypeError);
  }
});

Deno.test("HTTPAPI.request() rejects a path that a URL parser would change", async () => {
  const server = new FakeHomeserver().on("*", {});
  const api = make(server);
  for (
    const bad of ["/a/../b", "/a/%2e%2E/b", "/./a", "/a?b=1", "/a#b", "/a\\b", "/a b", "/a\nb", "", "/.."]
  ) {
    await assertRejects(() => api.request("GET", bad), TypeError);
  }
  assertEquals(server.received.length, 0);
  await api.request("GET", "_matrix/x");
  assertEquals(server.last.url, `${baseUrl}/_matrix/x`);
  await assertRejects(() => api.request("TRACE" as "GET", "/x"), TypeError);
});

Deno.test("HTTPAPI.baseUrl keeps a sub-path and drops slashes, query and fragment", async () => {
  for (
    const [given, expected] of [
      ["https://h", "https://h/_matrix/x"],
      ["https://h/", "https://h/_matrix/x"],
      ["https://h:8448//", "https://h:8448/_matrix/x"],
      ["https://h/pre", "https://h/pre/_matrix/x"],
      ["https://h/pre%2Fx/?a=b#c", "https://h/pre%2Fx/_matrix/x"],
    ] as const
  ) {
    for (const value of [given, new URL(given)]) {
      const server = new FakeHomeserver().on("*", {});
      await make(server, { baseUrl: value }).request("GET", "/_matrix/x");
      assertEquals(server.last.url, expected);
    }
  }
});

Deno.test("HTTPAPI.baseUrl accepts only http and https, and can be assigned", async () => {
  const server = new FakeHomeserver().on("*", {});
  const api = make(server);
  for (
    const bad of [
      "",
      "hs.example.org",
      "hs.example.org:8448",
      "ftp://h",
      "https://u:secret@h",
      "/x",
      undefined,
    ]
  ) {
    const error = assertThrows(() => api.baseUrl = bad as string, TypeError);
    assert(!error.message.includes("secret"));
    assertThrows(() => new HTTPAPI({ baseUrl: bad as string }), TypeError);
  }
  assertEquals(api.baseUrl, baseUrl);
  api.baseUrl = new URL("http://other/sub/");
  assertEquals(api.baseUrl, "http://other/sub");
  await api.request("GET", "/x");
  assertEquals(server.last.url, "http://other/sub/x");
});

Deno.test("HTTPAPI.request() throws the class of the errcode with all fields", async () => {
  const server = new FakeHomeserver().on(
    "POST /x",
    json({ errcode: "M_FORBIDDEN", error: "You are banned", extra: 1 }, 403, { "retry-after": "3" }),
  );
  const error = await assertRejects(
    () => make(server).request("POST", "/x", { query: { a: "secret" } }),
    MForbidden,
  );
  assertEquals(error.message, "Cannot POST /x: M_FORBIDDEN 403: You are banned");
  assertEquals(
    [error.status, error.errcode, error.body, error.text, error.retryAfter, error.method, error.path],
    [
      403,
      "M_FORBIDDEN",
      { errcode: "M_FORBIDDEN", error: "You are banned", extra: 1 },
      undefined,
      3000,
      "POST",
      "/x",
    ],
  );
});

Deno.test("HTTPAPI.request() throws MatrixRequestError for any error body", async () => {
  for (
    const body of [
      "null",
      "[]",
      "[{}]",
      '"text"',
      "5",
      "{}",
      '{"error":5}',
      "<html>",
      "",
      '{"errcode":5}',
      "{",
    ]
  ) {
    const server = new FakeHomeserver().on("GET /x", text(body, 500));
    const error = await assertRejects(() => make(server).request("GET", "/x"), MatrixUnknownRequestError);
    assertEquals([error.status, error.errcode], [500, undefined]);
  }
  for (const errcode of ["constructor", "__proto__", "M_SOMETHING_NEW"]) {
    const server = new FakeHomeserver().on("GET /x", matrixError(400, errcode));
    const error = await assertRejects(() => make(server).request("GET", "/x"), MatrixUnknownRequestError);
    assertEquals(error.errcode, errcode);
  }
});

Deno.test("HTTPAPI.request() reads at most 64 KiB of an error page and keeps at most 1 KiB", async () => {
  let sent = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(16 * 1024).fill(120));
      sent += 16 * 1024;
    },
    cancel: () => void (cancelled = true),
  }, { highWaterMark: 0 });
  const server = new FakeHomeserver().on("GET /x", () => new Response(body, { status: 500 }));
  const error = await assertRejects(() => make(server).request("GET", "/x"), MatrixUnknownRequestError);
  assert(cancelled);
  assert(sent <= 96 * 1024);
  assertEquals(error.text?.length, 1024);
});

Deno.test("HTTPAPI.request() keeps the status if an error page ends early", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(["<html"], "error", {}, 500));
  const error = await assertRejects(() => make(server).request("GET", "/x"), MatrixUnknownRequestError);
  assertEquals([error.status, error.text], [500, "<html"]);
});

Deno.test("HTTPAPI.request() redacts a token that an error page repeats", async () => {
  const server = new FakeHomeserver().on("GET /x", text("you sent Bearer hush", 500));
  const error = await assertRejects(
    () => make(server, { token: "hush" }).request("GET", "/x"),
    MatrixUnknownRequestError,
  );
  assert(!JSON.stringify(error).includes("hush") && !error.message.includes("hush"));
});

Deno.test("HTTPAPI.request() rejects a 2xx response that is not JSON without a retry", async () => {
  for (
    const [body, says] of [["", "is empty"], ["<html>", "is not JSON (text/html)"], ['{"a":', "is not JSON"]]
  ) {
    const server = new FakeHomeserver().on("GET /x", text(body!));
    await assertRejects(
      () => make(server).request("GET", "/x"),
      MatrixResponseError,
      `Cannot GET /x: the response ${says}`,
    );
    assertEquals(server.received.length, 1);
  }
  const server = new FakeHomeserver().on("GET /x", () => new Response(null, { status: 204 }));
  await assertRejects(() => make(server).request("GET", "/x"), MatrixResponseError, "the response is empty");
});

Deno.test("HTTPAPI.request() rejects a response larger than maxResponseSize", async () => {
  const server = new FakeHomeserver().on("GET /a", json("x".repeat(100))).on(
    "GET /b",
    chunks(["x".repeat(100)]),
  );
  const api = make(server, { maxResponseSize: 99 });
  await assertRejects(() => api.request("GET", "/a"), MatrixResponseError, "larger than 99 bytes");
  await assertRejects(() => api.request("GET", "/b"), MatrixResponseError, "larger than 99 bytes");
});

Deno.test("HTTPAPI.request() counts the bytes of a compressed response only with maxResponseSize", async () => {
  for (const maxResponseSize of [undefined, 8192]) {
    for (const encoding of ["gzip", "deflate", "br", "gzip, gzip", undefined]) {
      const headers: Record<string, string> = { "content-length": "9" };
      if (encoding !== undefined) headers["content-encoding"] = encoding;
      const response = new Response('{"a": 1}', { headers });
      let whole = false;
      response.text = () => (whole = true, Promise.resolve('{"a": 1}'));
      const api = new HTTPAPI({ baseUrl, fetch: () => Promise.resolve(response), maxResponseSize });
      assertEquals(await api.request("GET", "/x"), { a: 1 });
      assertEquals(whole, maxResponseSize === undefined || encoding === undefined, encoding);
    }
  }
});

Deno.test("HTTPAPI.request() cancels a response whose Content-Length exceeds maxResponseSize", async () => {
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  const headers = { "content-length": "100" };
  const server = new FakeHomeserver().on("GET /x", () => new Response(body, { headers }));
  await assertRejects(
    () => make(server, { maxResponseSize: 99 }).request("GET", "/x"),
    MatrixResponseError,
    "larger than 99 bytes",
  );
  assert(cancelled);
});

Deno.test("HTTPAPI.request() throws MatrixConnectionError without the query", async () => {
  const url = `${baseUrl}/x?access=hush`;
  const cause = Object.assign(
    new TypeError(`error sending request for url (${url})`, { cause: new Error(url) }),
    {
      path: url,
      code: "ECONNRESET",
    },
  );
  const server = new FakeHomeserver().on("GET /x", () => Promise.reject(cause));
  const error = await assertRejects(
    () => make(server).request("GET", "/x", { query: { access: "hush" }, retry: { limit: 0 } }),
    MatrixConnectionError,
  );
  assertEquals(error.message, "Cannot GET /x: no response from hs.example.org (connection closed)");
  assertInstanceOf(error.cause, Error);
  assertEquals((error.cause as Error & { code: string }).code, "ECONNRESET");
  const shown = `${error.stack}${JSON.stringify(error.cause)}${error.cause.stack}${error.cause.message}${
    (error.cause.cause as Error).message
  }`;
  assert(!shown.includes("hush"));
});

Deno.test("HTTPAPI.request() throws MatrixConnectionError if a response ends early", async () => {
  const server = new FakeHomeserver().on("POST /x", chunks(['{"a'], "error"));
  await assertRejects(
    () => make(server).request("POST", "/x"),
    MatrixConnectionError,
    "the response ended early",
  );
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.getTxnId() never returns the same ID twice", () => {
  const [a, b] = [make(new FakeHomeserver()), make(new FakeHomeserver(), { txnId: 7 })];
  const ids = [a.getTxnId(), a.getTxnId(), b.getTxnId(), b.getTxnId()];
  a.txnId = 0;
  ids.push(a.getTxnId(), a.getTxnId());
  assertEquals(new Set(ids).size, 6);
  assert(ids.every((id) => /^mtx_\d+_\d+_\d+$/.test(id)));
  assertEquals([a.txnId, b.txnId], [2, 9]);
});

Deno.test("HTTPAPI.request() calls a custom fetch without a receiver", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  let receiver: unknown = "unset";
  const api = new HTTPAPI({
    baseUrl,
    fetch: function (this: unknown, url, init) {
      receiver = this;
      return server.fetch(url, init);
    },
  });
  await api.request("GET", "/x");
  assertEquals(receiver, undefined);
});

Deno.test("HTTPAPI sends its User-Agent only with the global fetch, and a custom one always", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  await make(server).request("GET", "/x");
  assertEquals(server.last.headers.has("user-agent"), false);
  await make(server, { userAgent: "bot/1" }).request("GET", "/x");
  assertEquals(server.last.headers.get("user-agent"), "bot/1");
  const original = globalThis.fetch;
  globalThis.fetch = server.fetch;
  try {
    await new HTTPAPI({ baseUrl }).request("GET", "/x");
  } finally {
    globalThis.fetch = original;
  }
  assertEquals(server.last.headers.get("user-agent"), HTTPAPI.defaultUserAgent);
});

Deno.test("HTTPAPI.request() reports each attempt to hooks and log, and survives a failing hook", async () => {
  const lines: string[] = [];
  const told: unknown[] = [];
  const note = (...data: unknown[]) => void lines.push(data.map(String).join(" "));
  const server = new FakeHomeserver().on(
    "PUT /x",
    matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }),
    {},
  );
  const api = make(server, {
    token: "hush",
    log: { debug: note, info: note, warn: note, error: note },
    hooks: {
      onRequest(attempt) {
        told.push(["request", attempt.call, attempt.method, attempt.path, attempt.attempt]);
        throw new Error("broken");
      },
      onResponse: (attempt) =>
        told.push(["response", attempt.status, attempt.errcode, attempt.milliseconds >= 0]),
      onRetry: (attempt) => told.push(["retry", attempt.wait, attempt.error instanceof MLimitExceeded]),
    },
  });
  await api.request("PUT", "/x", { body: { body: "hello" }, query: { q: "hush" } });
  assertEquals(told, [
    ["request", 1, "PUT", "/x", 1],
    ["response", 429, "M_LIMIT_EXCEEDED", true],
    ["retry", 1, true],
    ["request", 1, "PUT", "/x", 2],
    ["response", 200, undefined, true],
  ]);
  assertEquals(
    lines.filter((line) => line.startsWith("req #1: ")),
    Array(2).fill('req #1: PUT /x {"body":"hello"}'),
  );
  assertEquals(lines.filter((line) => line.includes("completed")).length, 2);
  assertEquals(lines.filter((line) => line.startsWith("A hook failed")).length, 2);
  assert(!lines.join().includes("hush"));
});

Deno.test("HTTPAPI.request() logs only the size of bodies with secrets", async () => {
  const lines: string[] = [];
  const note = (...data: unknown[]) => void lines.push(data.join(" "));
  const server = new FakeHomeserver().on("POST /x", {});
  const api = make(server, { log: { debug: note, info: note, warn: note, error: note } });
  await api.request("POST", "/x", { body: { password: "hush" } });
  await api.request("POST", "/x", { body: { refresh_token: "hush" } });
  await api.request("POST", "/x", { body: { auth: { password: "hush" } } });
  await api.request("POST", "/x", { body: { any: "hush" }, sensitive: true });
  await api.request("POST", "/x", { body: '{"any":"hush"}' });
  assert(!lines.join().includes("hush"));
  assertEquals(lines[0], "req #1: POST /x <19 characters>");
});

Deno.test("HTTPAPI shows no token in inspection and JSON", () => {
  const api = make(new FakeHomeserver(), { token: "hush" });
  assert(!JSON.stringify(api).includes("hush"));
  assert(!JSON.stringify(Object.entries(api)).includes("hush"));
});

Deno.test("HTTPAPI.request() rejects invalid arguments before a request is sent", async () => {
  const server = new FakeHomeserver().on("*", {});
  const api = make(server);
  for (const deadline of [0, -1, NaN, "1" as unknown as number]) {
    await assertRejects(() => api.request("GET", "/x", { deadline }), RangeError);
  }
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.request() throws MatrixConnectionError if fetch fails", async () => {
  const server = new FakeHomeserver().on("POST /x", broken());
  await assertRejects(() => make(server).request("POST", "/x"), MatrixConnectionError);
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.request() copies the error of fetch to the cause", async () => {
  const cause = new TypeError("fetch failed", {
    cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
  });
  const server = new FakeHomeserver().on("POST /x", () => Promise.reject(cause));
  const error = await assertRejects(
    () => make(server).request("POST", "/x", { query: { a: "hush" } }),
    MatrixConnectionError,
  );
  assertInstanceOf(error.cause, Error);
  assertEquals([error.cause.name, error.cause.message], ["TypeError", "fetch failed"]);
  assertEquals((error.cause.cause as { code: string }).code, "ECONNREFUSED");
  assertEquals(error.message, "Cannot POST /x: no response from hs.example.org (connection refused)");
});
