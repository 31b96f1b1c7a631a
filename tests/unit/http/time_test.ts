import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { HTTPAPI, type HTTPAPIOptions, MatrixTimeoutError } from "../../../http/mod.ts";
import { chunks, FakeHomeserver, matrixError, silence, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";

function make(server: FakeHomeserver, options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch: server.fetch, retry: { limit: 0 }, ...options });
}

/** What is at once even where a machine is busy: what would come otherwise takes far longer. */
const AT_ONCE = 1_000;

/** Runs a call, aborts it after some milliseconds, and tells how long after that it took to reject. */
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

Deno.test("HTTPAPI.request() rejects with the caller's reason before anything is sent", async () => {
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
  for (const answer of [text("", 502), matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 50_000 })]) {
    const server = new FakeHomeserver().on("GET /x", answer);
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

Deno.test("HTTPAPI.request() rejects with MatrixTimeoutError when the server stays silent", async () => {
  const server = new FakeHomeserver().on("GET /x", silence());
  const error = await assertRejects(
    () => make(server, { deadline: 20 }).request("GET", "/x", { query: { a: "hush" } }),
    MatrixTimeoutError,
  );
  assertEquals(error.message, "Cannot GET /x: no response from hs.example.org within 20 ms");
});

Deno.test("HTTPAPI.request() rejects with MatrixTimeoutError when an answer drips", async () => {
  const drops = Array.from({ length: 5_000 }, () => [5, " "]).flat();
  const server = new FakeHomeserver().on("GET /x", chunks([...drops, "{}"]));
  const start = performance.now();
  await assertRejects(() => make(server).request("GET", "/x", { deadline: 50 }), MatrixTimeoutError);
  assert(performance.now() - start < 5_000);
});

Deno.test("HTTPAPI.request() waits for ever with deadline Infinity, and long with a huge one", async () => {
  for (const deadline of [Infinity, 2 ** 31, Number.MAX_VALUE]) {
    const server = new FakeHomeserver().on(
      "GET /x",
      () => new Promise((resolve) => setTimeout(resolve, 20)).then(() => new Response("{}")),
    );
    assertEquals(await make(server).request("GET", "/x", { deadline }), {});
  }
});

Deno.test("HTTPAPI.request() gives the server the time it was asked to take, on top", async () => {
  const server = new FakeHomeserver().on("GET /x", silence());
  const error = await assertRejects(
    () => make(server).request("GET", "/x", { deadline: 10, serverTimeout: 15 }),
    MatrixTimeoutError,
  );
  assertEquals(error.message, "Cannot GET /x: no response from hs.example.org within 25 ms");
});

Deno.test("HTTPAPI.stream() limits the wait for the head and for each chunk, not the whole", async () => {
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

Deno.test("HTTPAPI.stream() lets the reader take its time", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(["a", "b"]));
  const { body } = await make(server, { deadline: 300 }).stream("GET", "/x");
  const reader = body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 600));
  assertEquals(new TextDecoder().decode((await reader.read()).value), "b");
  assertEquals((await reader.read()).done, true);
});

Deno.test("HTTPAPI.stream() ends with the caller's reason, also while nobody reads", async () => {
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

/** A fetch that has no ear for its signal, and the streams of its answers neither. */
function deaf(answer: (body: ReadableStream<Uint8Array>) => Response | undefined) {
  const state = { cancelled: 0, answer: (): void => {} };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"errcode":"M_UNKNOWN"}')),
    cancel: () => {
      state.cancelled++;
      return new Promise(() => {});
    },
  });
  const response = answer(body);
  const fetch = () =>
    new Promise<Response>((resolve) => {
      state.answer = () => resolve(new Response(body));
      if (response) resolve(response);
    });
  return { state, fetch };
}

Deno.test("HTTPAPI.request() ends in time where the caller's fetch has no ear for its signal", async () => {
  const cases: [
    name: string,
    error: string,
    answer: (body: ReadableStream<Uint8Array>) => Response | undefined,
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
  for (const [name, error, answer] of cases) {
    for (const method of ["GET", "PUT"] as const) {
      if (name === "a redirect" && method === "PUT") continue;
      const api = new HTTPAPI({ baseUrl, fetch: deaf(answer).fetch, retry: { limit: 0 }, deadline: 20 });
      const caught = await assertRejects(() => api.request(method, "/x"), Error);
      assertEquals(caught.name, error, `${name}, ${method}`);
    }
    const api = new HTTPAPI({ baseUrl, fetch: deaf(answer).fetch, retry: { limit: 0 } });
    assert(await abortAfter(20, (signal) => api.request("GET", "/x", { signal })) < AT_ONCE, name);
  }
});

Deno.test("HTTPAPI.upload() and HTTPAPI.stream() end in time where the caller's fetch has no ear for its signal", async () => {
  const { fetch } = deaf(() => undefined);
  const api = new HTTPAPI({ baseUrl, fetch, retry: { limit: 0 }, deadline: 20 });
  await assertRejects(() => api.upload("POST", "/x", new Uint8Array(3)), MatrixTimeoutError);
  await assertRejects(() => api.stream("GET", "/x"), MatrixTimeoutError);
  const { body } = await new HTTPAPI({
    baseUrl,
    fetch: deaf((body) => new Response(body)).fetch,
    deadline: 20,
  })
    .stream("GET", "/x");
  const reader = body.getReader();
  assert((await reader.read()).value !== undefined);
  await assertRejects(() => reader.read(), MatrixTimeoutError);
});

Deno.test("HTTPAPI.request() lets go of an answer that comes too late", async () => {
  const { state, fetch } = deaf(() => undefined);
  const api = new HTTPAPI({ baseUrl, fetch, retry: { limit: 0 }, deadline: 20 });
  await assertRejects(() => api.request("GET", "/x"), MatrixTimeoutError);
  assertEquals(state.cancelled, 0);
  state.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(state.cancelled, 1);
});
