import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  FileTooLargeError,
  HTTPAPI,
  type HTTPAPIOptions,
  MatrixConnectionError,
  MatrixResponseError,
  MatrixTimeoutError,
} from "../../../http/mod.ts";
import { Deadline } from "../../../http/retry.ts";
import { downloadResponse } from "../../../http/download.ts";
import { chunks, FakeHomeserver, matrixError, text } from "../../support/fake_homeserver.ts";

const bytes = (size: number) => new Uint8Array(size).map((_, i) => i % 251);

function make(server: FakeHomeserver, options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({
    baseUrl: "https://hs.example.org",
    fetch: server.fetch,
    retry: { minTimeout: 0, maxTimeout: 0 },
    ...options,
  });
}

/** Returns a body, which a reader of its own buffer can read or not. */
function body(parts: Uint8Array<ArrayBuffer>[], type?: "bytes"): ReadableStream<Uint8Array<ArrayBuffer>> {
  const queue = [...parts];
  const source = {
    pull(controller: { enqueue(chunk: Uint8Array<ArrayBuffer>): void; close(): void }) {
      const part = queue.shift();
      if (part !== undefined) return controller.enqueue(part);
      controller.close();
      (controller as Partial<ReadableByteStreamController>).byobRequest?.respond(0);
    },
  };
  return type === undefined
    ? new ReadableStream(source)
    : new ReadableStream({ ...source, type } as UnderlyingByteSource) as ReadableStream<
      Uint8Array<ArrayBuffer>
    >;
}

Deno.test("HTTPAPI.download() resolves with head and content", async () => {
  const headers = { "content-type": "image/png", "content-disposition": 'inline; filename="a.png"' };
  const server = new FakeHomeserver().on("GET /x", text("12345", 200, headers)).on(
    "GET /empty",
    text("", 200),
  );
  const { bytes, status, size, contentType, fileName } = await make(server).download("GET", "/x");
  assertEquals(new TextDecoder().decode(bytes), "12345");
  assertEquals([status, size, contentType, fileName], [200, 5, "image/png", "a.png"]);
  assertEquals((await make(server).download("GET", "/empty")).bytes, new Uint8Array());
});

Deno.test("HTTPAPI.download() reads chunks of every kind of body, with and without a size", async () => {
  const content = bytes(300_000);
  const parts = () =>
    [1, 999, 70_000, 228_999, 1].map((length, i, all) => {
      const start = all.slice(0, i).reduce((sum, one) => sum + one, 0);
      return content.slice(start, start + length);
    });
  for (const type of [undefined, "bytes"] as const) {
    for (const length of [true, false]) {
      const headers: Record<string, string> = length ? { "content-length": "300000" } : {};
      const server = new FakeHomeserver().on("GET /x", () => new Response(body(parts(), type), { headers }));
      const progress: unknown[] = [];
      const onProgress = (...state: unknown[]) => progress.push(state);
      const download = await make(server).download("GET", "/x", { onProgress });
      assertEquals(download.bytes, content);
      assertEquals(progress.at(-1), [300_000, length ? 300_000 : undefined]);
    }
  }
});

Deno.test("downloadResponse() copies all chunks of the runtime's own fetch before it frees them", async () => {
  for (const size of [6, undefined]) {
    const parts = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5), Uint8Array.of(6)];
    const response = new Response(body(parts), { headers: size ? { "content-length": String(size) } : {} });
    const limit = new Deadline(1000, () => new Error("late"));
    const call = { label: "Cannot GET /x", fetch: globalThis.fetch };
    const download = await downloadResponse(response, call, limit, {});
    assertEquals([...download.bytes], [1, 2, 3, 4, 5, 6]);
  }
});

Deno.test("HTTPAPI.download() fails if the content does not have its size", async () => {
  for (const type of [undefined, "bytes"] as const) {
    for (const length of ["2", "9"]) {
      const response = () =>
        new Response(body([Uint8Array.of(1, 2, 3)], type), { headers: { "content-length": length } });
      const server = new FakeHomeserver().on("GET /x", response);
      const error = await assertRejects(() => make(server).download("GET", "/x"), MatrixResponseError);
      assertEquals(error.message, `Cannot GET /x: the body has 3 bytes, Content-Length is ${length}`);
      assertEquals(server.received.length, 1);
    }
  }
});

Deno.test("HTTPAPI.download() stops at maxSize", async () => {
  let cancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1000)),
        cancel: () => void (cancelled = true),
      }),
    );
  const server = new FakeHomeserver().on("GET /x", endless).on("GET /y", text("12345"));
  const api = make(server);
  await assertRejects(() => api.download("GET", "/x", { maxSize: 9999 }), FileTooLargeError);
  assert(cancelled);
  await assertRejects(() => api.download("GET", "/y", { maxSize: 4 }), FileTooLargeError);
  await assertRejects(() => api.download("GET", "/y", { maxSize: -1 }), RangeError, "maxSize");
});

Deno.test("HTTPAPI.download() retries until there is a head, and not afterwards", async () => {
  const server = new FakeHomeserver()
    .on("GET /x", text("", 502), matrixError(429, "M_LIMIT_EXCEEDED"), text("ok"))
    .on("GET /y", chunks(["12"], "error"));
  assertEquals((await make(server).download("GET", "/x")).bytes.length, 2);
  const error = await assertRejects(() => make(server).download("GET", "/y"), MatrixConnectionError);
  assert(error.message.startsWith("Cannot GET /y: the body ended after 2 bytes"), error.message);
  assertEquals(server.received.length, 4);
});

Deno.test("HTTPAPI.download() applies the deadline to each chunk, and ends with the caller's reason", async () => {
  const server = new FakeHomeserver()
    .on("GET /slow", chunks([20, "a", 20, "b", 20, "c"], "close", {}))
    .on("GET /stuck", chunks(["a"], "hang", {}));
  const api = make(server, { retry: { limit: 0 } });
  assertEquals((await api.download("GET", "/slow", { deadline: 500 })).bytes.length, 3);
  await assertRejects(() => api.download("GET", "/stuck", { deadline: 20 }), MatrixTimeoutError);
  const controller = new AbortController();
  setTimeout(() => controller.abort("enough"), 10);
  const aborted = api.download("GET", "/stuck", { signal: controller.signal });
  assertEquals(await aborted.catch((reason) => reason), "enough");
});
