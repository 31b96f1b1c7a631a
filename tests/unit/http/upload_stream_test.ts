import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import {
  HTTPAPI,
  type HTTPAPIOptions,
  MatrixConnectionError,
  MatrixResponseError,
  MatrixTimeoutError,
  MatrixUnknownRequestError,
} from "../../../http/mod.ts";
import { uploadBody } from "../../../http/upload.ts";
import { broken, FakeHomeserver, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";
const done = { content_uri: "mxc://example.org/a" };

function make(fetch: HTTPAPIOptions["fetch"], options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch, token: "hush", retry: { minTimeout: 0, maxTimeout: 0 }, ...options });
}

const bytes = (size: number) => new Uint8Array(size).map((_, i) => i % 251);

/** Returns a stream whose pieces come after a wait. It may hang then. */
function slow(pieces: number, wait: number, hang = false, onCancel = (_: unknown) => {}) {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await delay(wait);
      if (pieces-- > 0) controller.enqueue(bytes(3));
      else if (!hang) controller.close();
      else await new Promise(() => {});
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}

Deno.test("HTTPAPI.upload() applies the deadline to each piece", async () => {
  const server = new FakeHomeserver().on("PUT /up", done);
  const api = make(server.fetch, { deadline: 250 });
  assertEquals(await api.upload("PUT", "/up", slow(6, 50), { size: 18 }), done);
  assertEquals(await api.upload("PUT", "/up", () => slow(6, 50)), done);
  assertEquals(server.received.map((request) => request.bytes.length), [18, 18]);
});

Deno.test("HTTPAPI.upload() throws MatrixTimeoutError if the content stalls", async () => {
  for (const size of [9, undefined]) {
    let cancelled: unknown;
    const data = () => slow(2, 0, true, (reason) => cancelled = reason);
    const server = new FakeHomeserver().on("PUT /up", done);
    const api = make(server.fetch, { deadline: 30, retry: { limit: 0 } });
    const error = await assertRejects(() => api.upload("PUT", "/up", data, { size }), MatrixTimeoutError);
    assertEquals(error.message, "Cannot PUT /up: no response from hs.example.org within 30 ms");
    assertStrictEquals(cancelled, error);
  }
});

Deno.test("HTTPAPI.upload() can be aborted while the content stalls", async () => {
  for (const size of [9, undefined]) {
    for (const form of ["stream", "iterable", "function"]) {
      let ended = false;
      const end = () => void (ended = true);
      const iterable = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<Uint8Array>>(() => {}),
          return: () => Promise.resolve({ done: true as const, value: end() }),
        }),
      };
      const data = form === "iterable"
        ? iterable
        : form === "stream"
        ? slow(1, 0, true, end)
        : () => slow(1, 0, true, end);
      const controller = new AbortController();
      const reason = new Error("enough");
      const server = new FakeHomeserver().on("PUT /up", done);
      setTimeout(() => controller.abort(reason), 20);
      const error = await assertRejects(() =>
        make(server.fetch).upload("PUT", "/up", data, { size, signal: controller.signal })
      );
      assertStrictEquals(error, reason);
      assert(ended);
      assertEquals(server.received.length, 0);
    }
  }
});

Deno.test("HTTPAPI.upload() rejects a stream that is longer than its size", async () => {
  const fetch = async (_: string, init: RequestInit): Promise<Response> => {
    const reader = (init.body instanceof Blob ? init.body.stream() : init.body as ReadableStream).getReader();
    // As Deno and Node do, stop reading after the length.
    for (let left = 6; left > 0;) left -= (await reader.read()).value.length;
    await reader.cancel();
    return Response.json(done);
  };
  await assertRejects(
    () => make(fetch).upload("PUT", "/up", slow(3, 0), { size: 6 }),
    RangeError,
    "Cannot upload: the content has 9 bytes or more, its size is 6",
  );
  assertEquals(await make(fetch).upload("PUT", "/up", slow(2, 0), { size: 6 }), done);
});

Deno.test("HTTPAPI.upload() cancels a stream that it could not send", async () => {
  for (const response of [broken(), text("", 403)]) {
    let cancelled = false;
    const fetch = () => response({} as Parameters<typeof response>[0]) as Promise<Response>;
    await assertRejects(() =>
      make(async () => await fetch()).upload("PUT", "/up", slow(2, 0, false, () => cancelled = true), {
        size: 6,
      })
    );
    assert(cancelled);
  }
});

Deno.test("HTTPAPI.upload() accepts streams that reuse their memory", async () => {
  const server = new FakeHomeserver().on("PUT /up", done);
  const memory = new Uint8Array(200_000);
  async function* content() {
    for (let i = 1; i <= 5; i++) yield await Promise.resolve(memory.fill(i));
  }
  await make(server.fetch).upload("PUT", "/up", content());
  const sent = server.last.bytes;
  assertEquals(sent.length, 1_000_000);
  assert([1, 2, 3, 4, 5].every((i) => sent[(i - 1) * 200_000] === i && sent[i * 200_000 - 1] === i));
});

Deno.test("HTTPAPI.upload() sends empty content as bytes", async () => {
  for (const data of [new Uint8Array(), new Blob([]), "", () => new Blob([]), slow(0, 0)]) {
    const server = new FakeHomeserver().on("PUT /up", done);
    await make(server.fetch).upload("PUT", "/up", data, { onProgress: () => {} });
    assert(server.last.raw instanceof Uint8Array);
    assertEquals(server.last.raw.length, 0);
  }
});

Deno.test("HTTPAPI.upload() does not let the runtime keep a stream for a redirect", async () => {
  const server = new FakeHomeserver().on("PUT /up", done);
  const api = make(server.fetch);
  await api.upload("PUT", "/up", slow(2, 0), { size: 6 });
  const lazy = server.last.raw instanceof Blob;
  assertEquals(server.last.redirect, lazy ? "error" : "manual");
  await api.upload("PUT", "/up", "small");
  assertEquals(server.last.redirect, "manual");
  if (!lazy) return;

  const words = "Fetch failed: Encountered redirect while redirect mode is set to 'error'";
  for (
    const error of [new TypeError(words), new TypeError("no", { cause: new Error("unexpected redirect") })]
  ) {
    let calls = 0;
    const redirecting = () => {
      calls++;
      return Promise.reject(error);
    };
    await assertRejects(
      () => make(redirecting).upload("PUT", "/up", bytes(300_000)),
      MatrixResponseError,
      "Cannot PUT /up: the response is a redirect",
    );
    assertEquals(calls, 1);
  }
  const lost = () => Promise.reject(new TypeError("no response from https://redirect.example.org/up"));
  await assertRejects(() => make(lost).upload("PUT", "/up", bytes(300_000)), MatrixConnectionError);
});

Deno.test("HTTPAPI.upload() applies the deadline to a function that makes the content", async () => {
  const server = new FakeHomeserver().on("PUT /up", done);
  const never = () => new Promise<Uint8Array>(() => {});
  const api = make(server.fetch, { deadline: 30, retry: { limit: 0 } });
  await assertRejects(() => api.upload("PUT", "/up", never), MatrixTimeoutError, "within 30 ms");
  for (const reason of [null, { mine: true }]) {
    const controller = new AbortController();
    let cancelledWith: unknown = "no";
    const late = async () => {
      await delay(20);
      return slow(1, 0, false, (why) => cancelledWith = why);
    };
    const call = api.upload("PUT", "/up", late, { signal: controller.signal, deadline: Infinity });
    setTimeout(() => controller.abort(reason), 5);
    assertStrictEquals(await call.catch((error) => error), reason);
    await delay(40);
    assertStrictEquals(cancelledWith, reason);
  }
  assertEquals(server.received.length, 0);
});

/** Runs a function as on a runtime that does not read a Blob through its methods. */
async function onOtherRuntime(globals: Record<string, unknown>, work: () => Promise<void>): Promise<void> {
  const { Response } = globalThis;
  class UnawareResponse extends Response {
    constructor(body?: BodyInit | null, init?: ResponseInit) {
      super(body instanceof Blob ? new Uint8Array() : body, init);
    }
  }
  const stub = { Response: UnawareResponse, ...globals };
  const before = Object.keys(stub).map((key) =>
    [key, Object.getOwnPropertyDescriptor(globalThis, key)] as const
  );
  for (const [key, value] of Object.entries(stub)) {
    Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
  }
  try {
    await work();
  } finally {
    for (const [key, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, key, descriptor);
      else delete (globalThis as Record<string, unknown>)[key];
    }
  }
}

/** A request that ignores Content-Length, as in browsers. */
class BrowserRequest {
  readonly headers = new Headers();
}

/** A request that keeps Content-Length, as on Bun. */
class BunRequest {
  readonly headers = new Headers({ "content-length": "1" });
}

Deno.test("uploadBody() sends a stream with its length on every kind of runtime", async () => {
  await onOtherRuntime({ Request: BunRequest }, async () => {
    const { data, size, explicitLength } = await uploadBody(slow(2, 0), { size: 6 }, {});
    assert(data instanceof ReadableStream);
    assertEquals([size, explicitLength], [6, true]);
    await data.cancel();
  });

  class FixedLengthStream extends TransformStream {
    constructor(readonly size: number) {
      super();
    }
  }
  await onOtherRuntime({ FixedLengthStream }, async () => {
    const { data, explicitLength } = await uploadBody(slow(2, 0), { size: 6 }, {});
    assert(data instanceof ReadableStream);
    assertEquals(explicitLength, false);
    await data.cancel();
  });

  await onOtherRuntime({ Request: BrowserRequest }, async () => {
    for (const content of [slow(2, 0), bytes(6), new Blob([bytes(6)])]) {
      const reported: unknown[] = [];
      const onProgress = (...progress: unknown[]) => reported.push(progress);
      const { data, explicitLength, allowance, done } = await uploadBody(
        content,
        { size: 6, onProgress },
        {},
      );
      assert(data instanceof Blob);
      assertEquals([data.size, explicitLength], [6, false]);
      assert(allowance > 0);
      done();
      assertEquals(reported.at(-1), [6, 6]);
    }
  });
});

Deno.test("HTTPAPI.upload() extends the deadline if the runtime reports no progress", async () => {
  await onOtherRuntime({ Request: BrowserRequest }, async () => {
    const fetch = async (_: string, init: RequestInit): Promise<Response> => {
      await delay(80, { signal: init.signal! });
      return new Response(new TextEncoder().encode('{"ok":true}'));
    };
    const api = make(fetch, { deadline: 40, retry: { limit: 0 } });
    assertEquals(await api.upload("PUT", "/up", bytes(300_000)), { ok: true });
    await assertRejects(() => api.upload("PUT", "/up", bytes(5)), MatrixTimeoutError);
  });
});

Deno.test("HTTPAPI.request() and stream() send no identity with authenticated: false", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  const api = make(server.fetch, { asUserId: "@a:example.org", asDeviceId: "D" });
  await api.request("GET", "/x", { authenticated: false, params: { a: 1 }, timestamp: 5 });
  assertEquals(server.last.headers.get("authorization"), null);
  assertEquals(Object.fromEntries(server.last.query), { a: "1", ts: "5" });
  const { body } = await api.stream("GET", "/x", { authenticated: false });
  await body.cancel();
  assertEquals(server.last.headers.get("authorization"), null);
  await api.request("GET", "/x", { authenticated: true });
  assertEquals(server.last.headers.get("authorization"), "Bearer hush");
  assertEquals(server.last.query.get("user_id"), "@a:example.org");
});

Deno.test("HTTPAPI.uploadTo() sends only the content and its type", async () => {
  const server = new FakeHomeserver().on("PUT /a%20b/c", text("<ok/>"));
  const api = make(server.fetch, { asUserId: "@a:example.org", userAgent: "test/1" });
  await api.uploadTo("https://store.example.org/a b/c?sig=x%2By+z#f", "hello", {
    mimeType: "text/plain",
    headers: { "x-secret": "1" },
    query: { b: "c" },
    params: { d: "e" },
  });
  assertEquals(server.last.url, "https://store.example.org/a%20b/c?sig=x%2By+z");
  assertEquals([...server.last.headers], [["content-type", "text/plain"]]);
  assertEquals(server.last.text, "hello");
  assertEquals(server.last.redirect, "manual");
});

Deno.test("HTTPAPI.uploadTo() omits the query in errors", async () => {
  const server = new FakeHomeserver().on("PUT /a", text("<Error>no</Error>", 403));
  const api = make(server.fetch);
  const error = await assertRejects(
    () => api.uploadTo(new URL("https://store.example.org/a?signature=secret"), "x"),
    MatrixUnknownRequestError,
  );
  assertEquals(error.message, "Cannot PUT https://store.example.org/a: 403: <Error>no</Error>");
  assertEquals([error.status, error.text, error.path], [
    403,
    "<Error>no</Error>",
    "https://store.example.org/a",
  ]);
});

Deno.test("HTTPAPI.uploadTo() follows no redirect", async () => {
  const server = new FakeHomeserver().on("PUT /a", text("", 307, { location: "https://evil.example.org/" }));
  const error = await assertRejects(
    () => make(server.fetch).uploadTo("https://store.example.org/a", "x"),
    MatrixUnknownRequestError,
  );
  assertEquals(error.status, 307);
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.uploadTo() retries content that can be sent again", async () => {
  const server = new FakeHomeserver().on("PUT /a", broken(), text("", 503), text(""));
  await make(server.fetch).uploadTo("https://store.example.org/a", "x");
  assertEquals(server.received.length, 3);
});

Deno.test("HTTPAPI.uploadTo() rejects other URLs than http and https before a request is sent", async () => {
  const server = new FakeHomeserver().on("*", {});
  for (
    const url of [
      "",
      "/a",
      "ftp://x.example.org/",
      "file:///etc",
      "javascript:1",
      "https://u:p@x.example.org/",
    ]
  ) {
    await assertRejects(() => make(server.fetch).uploadTo(url, "x"), TypeError);
  }
  assertEquals(server.received.length, 0);
});
