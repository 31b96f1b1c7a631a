import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { HTTPAPI, type HTTPAPIOptions, MatrixTimeoutError } from "../../../http/mod.ts";
import { chunks, FakeHomeserver, matrixError, silence, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";

function make(server: FakeHomeserver, options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch: server.fetch, retry: { limit: 0 }, ...options });
}

/** Milliseconds within which a call ends at once, even on a busy machine. */
const AT_ONCE = 1_000;

/** Aborts a call after some milliseconds. Returns its reason, and how long it took to reject. */
async function abortAfter(ms: number, call: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const reason = { any: "value" };
  const controller = new AbortController();
  let aborted = 0;
  const timer = setTimeout(() => {
    aborted = performance.now();
    controller.abort(reason);
  }, ms);
  let caught: unknown;
  await call(controller.signal).catch((error) => caught = error);
  clearTimeout(timer);
  assertStrictEquals(caught, reason);
  return performance.now() - aborted;
}

Deno.test("HTTPAPI.request() rejects with the caller's reason before a request is sent", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  for (const reason of [new Error("no"), "text", 0]) {
    let caught: unknown;
    await make(server).request("GET", "/x", { signal: AbortSignal.abort(reason) }).catch((error) =>
      caught = error
    );
    assertStrictEquals(caught, reason);
  }
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.request() rejects with the caller's reason while the server is silent", async () => {
  const server = new FakeHomeserver().on("GET /x", silence());
  assert(await abortAfter(20, (signal) => make(server).request("GET", "/x", { signal })) < AT_ONCE);
});

Deno.test("HTTPAPI.request() rejects with the caller's reason while a body is read", async () => {
  for (const status of [200, 500]) {
    const server = new FakeHomeserver().on("GET /x", chunks(['{"a":'], "hang", {}, status));
    assert(await abortAfter(20, (signal) => make(server).request("GET", "/x", { signal })) < AT_ONCE);
  }
});

Deno.test("HTTPAPI.request() rejects with the caller's reason between attempts", async () => {
  for (const response of [text("", 502), matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 50_000 })]) {
    const server = new FakeHomeserver().on("GET /x", response);
    const retry = { limit: 3, minTimeout: 50_000, maxTimeout: 50_000, jitter: 0 };
    assert(await abortAfter(20, (signal) => make(server).request("GET", "/x", { signal, retry })) < AT_ONCE);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("HTTPAPI.request() leaves no listener on the caller's signal", async () => {
  const server = new FakeHomeserver().on("GET /x", text("", 502), {}).on(
    "GET /no",
    matrixError(403, "M_FORBIDDEN"),
  );
  const signal = new AbortController().signal;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
  const api = make(server, { retry: { minTimeout: 0, maxTimeout: 0 } });
  await api.request("GET", "/x", { signal });
  await api.request("GET", "/no", { signal }).catch(() => {});
  assertEquals(listeners, 0);
});

Deno.test("HTTPAPI.request() throws MatrixTimeoutError if the server does not respond", async () => {
  const server = new FakeHomeserver().on("GET /x", silence());
  const error = await assertRejects(
    () => make(server, { deadline: 20 }).request("GET", "/x", { query: { a: "hush" } }),
    MatrixTimeoutError,
  );
  assertEquals(error.message, "Cannot GET /x: no response from hs.example.org within 20 ms");
});

Deno.test("HTTPAPI.request() throws MatrixTimeoutError if a response is too slow", async () => {
  const drops = Array.from({ length: 5_000 }, () => [5, " "]).flat();
  const server = new FakeHomeserver().on("GET /x", chunks([...drops, "{}"]));
  const start = performance.now();
  await assertRejects(() => make(server).request("GET", "/x", { deadline: 50 }), MatrixTimeoutError);
  assert(performance.now() - start < 5_000);
});

Deno.test("HTTPAPI.request() accepts Infinity and very long deadlines", async () => {
  for (const deadline of [Infinity, 2 ** 31, Number.MAX_VALUE]) {
    const server = new FakeHomeserver().on(
      "GET /x",
      () => new Promise((resolve) => setTimeout(resolve, 20)).then(() => new Response("{}")),
    );
    assertEquals(await make(server).request("GET", "/x", { deadline }), {});
  }
});

Deno.test("HTTPAPI.request() adds serverTimeout to the deadline", async () => {
  const server = new FakeHomeserver().on("GET /x", silence());
  const error = await assertRejects(
    () => make(server).request("GET", "/x", { deadline: 10, serverTimeout: 15 }),
    MatrixTimeoutError,
  );
  assertEquals(error.message, "Cannot GET /x: no response from hs.example.org within 25 ms");
});

Deno.test("HTTPAPI.stream() applies the deadline to the head and to each chunk", async () => {
  const server = new FakeHomeserver().on("GET /silent", silence())
    .on("GET /slow", chunks([200, "a", 200, "b", 200, "c", 200, "d"])).on(
      "GET /stuck",
      chunks(["a"], "hang"),
    );
  const api = make(server, { deadline: 500 });
  await assertRejects(() => api.stream("GET", "/silent"), MatrixTimeoutError);
  const slow = await api.stream("GET", "/slow");
  assertEquals(await new Response(slow.body).text(), "abcd");
  const stuck = await api.stream("GET", "/stuck");
  await assertRejects(() => new Response(stuck.body).text(), MatrixTimeoutError);
});

Deno.test("HTTPAPI.stream() does not apply the deadline to a slow reader", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(["a", "b"]));
  const { body } = await make(server, { deadline: 300 }).stream("GET", "/x");
  const reader = body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 600));
  assertEquals(new TextDecoder().decode((await reader.read()).value), "b");
  assertEquals((await reader.read()).done, true);
});

Deno.test("HTTPAPI.stream() ends with the caller's reason, also while it is not read", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(["a"], "hang"));
  const reason = new Error("enough");
  for (const reading of [true, false]) {
    const controller = new AbortController();
    const { body } = await make(server).stream("GET", "/x", { signal: controller.signal });
    const reader = body.getReader();
    await reader.read();
    const pending = reading ? reader.read() : undefined;
    pending?.catch(() => {});
    controller.abort(reason);
    assertStrictEquals(await (pending ?? reader.read()).catch((error) => error), reason);
  }
});

/** A fetch that ignores the signal, as do the bodies of its responses. */
function unaware(respond: (body: ReadableStream<Uint8Array>) => Response | undefined) {
  const state = { cancelled: 0, respond: (): void => {} };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"errcode":"M_UNKNOWN"}')),
    cancel: () => {
      state.cancelled++;
      return new Promise(() => {});
    },
  });
  const response = respond(body);
  const fetch = () =>
    new Promise<Response>((resolve) => {
      state.respond = () => resolve(new Response(body));
      if (response) resolve(response);
    });
  return { state, fetch };
}

Deno.test("HTTPAPI.request() ends in time if a custom fetch ignores the signal", async () => {
  const cases: [
    name: string,
    error: string,
    respond: (body: ReadableStream<Uint8Array>) => Response | undefined,
  ][] = [
    ["silence", "MatrixTimeoutError", () => undefined],
    [
      "a body of known size",
      "MatrixTimeoutError",
      (body) => new Response(body, { headers: { "content-length": "99" } }),
    ],
    ["a body of unknown size", "MatrixTimeoutError", (body) => new Response(body)],
    ["a refusal", "MUnknown", (body) => new Response(body, { status: 500 })],
    [
      "a redirect",
      "MatrixTimeoutError",
      (body) => new Response(body, { status: 302, headers: { location: "/y" } }),
    ],
  ];
  for (const [name, error, respond] of cases) {
    for (const method of ["GET", "PUT"] as const) {
      if (name === "a redirect" && method === "PUT") continue;
      const api = new HTTPAPI({ baseUrl, fetch: unaware(respond).fetch, retry: { limit: 0 }, deadline: 20 });
      const caught = await assertRejects(() => api.request(method, "/x"), Error);
      assertEquals(caught.name, error, `${name}, ${method}`);
    }
    const api = new HTTPAPI({ baseUrl, fetch: unaware(respond).fetch, retry: { limit: 0 } });
    assert(await abortAfter(20, (signal) => api.request("GET", "/x", { signal })) < AT_ONCE, name);
  }
});

Deno.test("HTTPAPI.request() ends in time if a replaced globalThis.fetch ignores the signal", async () => {
  const original = globalThis.fetch;
  globalThis.fetch = unaware(() => undefined).fetch;
  try {
    const api = new HTTPAPI({ baseUrl, retry: { limit: 0 }, deadline: 10 });
    await assertRejects(() => api.request("GET", "/x"), MatrixTimeoutError);
  } finally {
    globalThis.fetch = original;
  }
});

Deno.test("HTTPAPI.upload() and HTTPAPI.stream() end in time if a custom fetch ignores the signal", async () => {
  const { fetch } = unaware(() => undefined);
  const api = new HTTPAPI({ baseUrl, fetch, retry: { limit: 0 }, deadline: 20 });
  await assertRejects(() => api.upload("POST", "/x", new Uint8Array(3)), MatrixTimeoutError);
  await assertRejects(() => api.stream("GET", "/x"), MatrixTimeoutError);
  const { body } = await new HTTPAPI({
    baseUrl,
    fetch: unaware((body) => new Response(body)).fetch,
    deadline: 20,
  })
    .stream("GET", "/x");
  const reader = body.getReader();
  assert((await reader.read()).value !== undefined);
  await assertRejects(() => reader.read(), MatrixTimeoutError);
});

Deno.test("HTTPAPI.request() cancels a response that arrives too late", async () => {
  const { state, fetch } = unaware(() => undefined);
  const api = new HTTPAPI({ baseUrl, fetch, retry: { limit: 0 }, deadline: 20 });
  await assertRejects(() => api.request("GET", "/x"), MatrixTimeoutError);
  assertEquals(state.cancelled, 0);
  state.respond();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(state.cancelled, 1);
});
