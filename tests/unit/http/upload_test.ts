import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  FileTooLargeError,
  HTTPAPI,
  MatrixError,
  MLimitExceeded,
  type UploadData,
} from "../../../http/mod.ts";
import { broken, FakeHomeserver, matrixError, text } from "../../support/fake_homeserver.ts";

const done = { content_uri: "mxc://example.org/a" };

function make(server: FakeHomeserver): HTTPAPI {
  return new HTTPAPI({
    baseUrl: "https://hs.example.org",
    fetch: server.fetch,
    retry: { minTimeout: 0, maxTimeout: 0 },
  });
}

const bytes = (size: number) => new Uint8Array(size).map((_, i) => i % 251);

function stream(...parts: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  }, { highWaterMark: 0 });
}

async function* iterable(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

Deno.test("HTTPAPI.upload() sends every kind of content", async () => {
  const content = bytes(5);
  for (
    const [data, sent] of [
      [content, content],
      [content.buffer, content],
      [new Blob([content]), content],
      ["é€", new TextEncoder().encode("é€")],
      [stream(content, content), new Uint8Array([...content, ...content])],
      [iterable(content, content), new Uint8Array([...content, ...content])],
      [() => content, content],
      [() => Promise.resolve(stream(content)), content],
      [bytes(1_000_000), bytes(1_000_000)],
      [new Blob([bytes(1_000_000)]), bytes(1_000_000)],
      [bytes(10).subarray(2, 5), bytes(10).subarray(2, 5)],
      [new DataView(bytes(10).buffer, 2, 3), bytes(10).subarray(2, 5)],
      [new Uint16Array(bytes(1_000_000).buffer), bytes(1_000_000)],
    ] as [UploadData, Uint8Array][]
  ) {
    const server = new FakeHomeserver().on("POST /up", done);
    assertEquals(await make(server).upload("POST", "/up", data), done);
    assertEquals(server.received.length, 1);
    assertEquals(server.last.bytes, sent);
    assertEquals(server.last.headers.get("content-type"), "application/octet-stream");
  }
});

Deno.test("HTTPAPI.upload() sends zero bytes as zero bytes", async () => {
  for (const data of [new Uint8Array(), new Blob([]), "", stream(), iterable(), () => stream()]) {
    const server = new FakeHomeserver().on("POST /up", done);
    await make(server).upload("POST", "/up", data);
    assertEquals(server.last.bytes.length, 0);
  }
  const server = new FakeHomeserver().on("POST /up", done);
  await make(server).upload("POST", "/up", stream(), { size: 0 });
  assertEquals(server.last.bytes.length, 0);
});

Deno.test("HTTPAPI.upload() sends the content type of mimeType, the headers or the Blob", async () => {
  const blob = new Blob(["x"], { type: "image/png" });
  for (
    const [data, options, type] of [
      [blob, {}, "image/png"],
      [blob, { mimeType: "text/plain" }, "text/plain"],
      [blob, { mimeType: "" }, "image/png"],
      [blob, { headers: { "Content-Type": "text/css" } }, "text/css"],
      ["x", {}, "application/octet-stream"],
    ] as const
  ) {
    const server = new FakeHomeserver().on("POST /up", done);
    await make(server).upload("POST", "/up", data, options);
    assertEquals(server.last.headers.get("content-type"), type);
  }
});

Deno.test("HTTPAPI.upload() reads a stream of known size on demand", async () => {
  const server = new FakeHomeserver().on("POST /up", done);
  const content = bytes(300_000);
  assertEquals(await make(server).upload("POST", "/up", stream(content, content), { size: 600_000 }), done);
  assertEquals(server.last.bytes.length, 600_000);
  assert(server.last.raw instanceof Blob || server.last.raw instanceof ReadableStream);
});

Deno.test("HTTPAPI.upload() throws RangeError if a stream does not have its size", async () => {
  for (const size of [4, 9]) {
    const server = new FakeHomeserver().on("PUT /up", done);
    await assertRejects(
      () => make(server).upload("PUT", "/up", stream(bytes(5), bytes(2)), { size }),
      RangeError,
      `its size is ${size}`,
    );
    assert(server.received.length === 0);
  }
});

Deno.test("HTTPAPI.upload() rejects invalid content before a request is sent", async () => {
  const server = new FakeHomeserver().on("*", done);
  const api = make(server);
  const locked = stream();
  locked.getReader();
  for (const data of [null, undefined, 5, {}, [1, 2], locked]) {
    await assertRejects(() => api.upload("POST", "/up", data as unknown as UploadData), TypeError);
  }
  await assertRejects(() => api.upload("POST", "/up", (() => 5) as unknown as UploadData), TypeError);
  for (const size of [-1, 1.5, NaN, Infinity]) {
    await assertRejects(() => api.upload("POST", "/up", "x", { size }), RangeError);
  }
  await assertRejects(() => api.upload("POST", "/up", "abc", { size: 4 }), RangeError);
  await assertRejects(() => api.upload("POST", "/up", "x", { mimeType: "a\nb" }), TypeError);
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.upload() rejects content beyond maxSize", async () => {
  const server = new FakeHomeserver().on("POST /up", done);
  const api = make(server);
  for (
    const data of [bytes(5), new Blob([bytes(5)]), "12345", stream(bytes(5)), iterable(bytes(3), bytes(2))]
  ) {
    const error = await assertRejects(
      () => api.upload("POST", "/up", data, { maxSize: 4 }),
      FileTooLargeError,
    );
    assert(error instanceof MatrixError);
    assertEquals(error.maxSize, 4);
  }
  await assertRejects(
    () => api.upload("POST", "/up", stream(bytes(5)), { maxSize: 4, size: 5 }),
    FileTooLargeError,
  );
  assertEquals(server.received.length, 0);
  await api.upload("POST", "/up", bytes(5), { maxSize: 5 });
});

Deno.test("HTTPAPI.upload() throws the error of the caller's own stream", async () => {
  const reason = new Error("disk broken");
  const failing = () =>
    new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(reason) }, { highWaterMark: 0 });
  for (const options of [{}, { size: 10 }]) {
    const server = new FakeHomeserver().on("PUT /up", done);
    const error = await assertRejects(() => make(server).upload("PUT", "/up", failing(), options));
    assertStrictEquals(error, reason);
  }
  const server = new FakeHomeserver().on("PUT /up", done);
  const odd = stream("text" as unknown as Uint8Array);
  await assertRejects(
    () => make(server).upload("PUT", "/up", odd),
    TypeError,
    "must be a Uint8Array, received string",
  );
});

Deno.test("HTTPAPI.upload() does not send a stream of known size twice", async () => {
  const server = new FakeHomeserver().on("PUT /up", matrixError(429, "M_LIMIT_EXCEEDED"), done);
  await assertRejects(() => make(server).upload("PUT", "/up", stream(bytes(5)), { size: 5 }), MLimitExceeded);
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.upload() retries content that can be sent again", async () => {
  let made = 0;
  for (
    const data of [
      bytes(5),
      new Blob([bytes(5)]),
      "12345",
      stream(bytes(5)),
      () => {
        made++;
        return stream(bytes(5));
      },
    ]
  ) {
    const server = new FakeHomeserver().on("PUT /up", broken(), text("", 502), done);
    assertEquals(await make(server).upload("PUT", "/up", data), done);
    assertEquals(server.received.map((request) => request.bytes.length), [5, 5, 5]);
  }
  assertEquals(made, 3);
});

Deno.test("HTTPAPI.upload() does not repeat a POST after a lost connection", async () => {
  const server = new FakeHomeserver().on("POST /up", broken(), done);
  await assertRejects(
    () => make(server).upload("POST", "/up", bytes(5)),
    MatrixError,
    "no response from hs.example.org",
  );
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.upload() reports its progress", async () => {
  for (const [data, size] of [[bytes(600_000), 600_000], [new Blob([bytes(600_000)]), 600_000]] as const) {
    const told: [number, number | undefined][] = [];
    const server = new FakeHomeserver().on("POST /up", done);
    await make(server).upload("POST", "/up", data, { onProgress: (sent, total) => told.push([sent, total]) });
    assertEquals(told.at(-1), [size, size]);
    assert(told.every(([sent], i) => i === 0 || sent >= told[i - 1]![0]));
  }
  const told: [number, number | undefined][] = [];
  const server = new FakeHomeserver().on("POST /up", done);
  await make(server).upload("POST", "/up", stream(bytes(5), bytes(2)), {
    onProgress: (sent, total) => told.push([sent, total]),
  });
  assertEquals(told, [[5, undefined], [7, undefined]]);
});

Deno.test("HTTPAPI.upload() cancels the caller's stream when it is aborted", async () => {
  let cancelled = false;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes(10)),
    cancel: () => void (cancelled = true),
  }, { highWaterMark: 0 });
  const controller = new AbortController();
  const reason = new Error("enough");
  const server = new FakeHomeserver();
  const fetch = async (_: string, init: RequestInit) => {
    const body = init.body instanceof Blob ? init.body.stream() : init.body as ReadableStream<Uint8Array>;
    const reader = body.getReader();
    await reader.read();
    controller.abort(reason);
    await reader.cancel(reason);
    throw reason;
  };
  const api = new HTTPAPI({ baseUrl: "https://hs.example.org", fetch });
  const error = await assertRejects(() =>
    api.upload("PUT", "/up", source, { size: 1e9, signal: controller.signal })
  );
  assertStrictEquals(error, reason);
  assert(cancelled);
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.parseMxcUri() splits content URIs and rejects everything else", () => {
  assertEquals(HTTPAPI.parseMxcUri("mxc://example.org:8448/a-_B1"), ["example.org:8448", "a-_B1"]);
  assertEquals(HTTPAPI.parseMxcUri("mxc://[::1]:8448/a"), ["[::1]:8448", "a"]);
  for (
    const bad of [
      "",
      "https://example.org/a",
      "mxc://",
      "mxc:///a",
      "mxc://example.org",
      "mxc://example.org/",
      "mxc://example.org/a/b",
      "mxc://example.org/a?b",
      "mxc://example.org/a#b",
      "mxc://example.org/..",
      "mxc://../..",
      "mxc://../a",
      "mxc://exa mple/a",
      "mxc://example.org/é",
      null,
    ]
  ) {
    let error: unknown;
    try {
      HTTPAPI.parseMxcUri(bad as string);
    } catch (caught) {
      error = caught;
    }
    assert(error instanceof SyntaxError);
  }
});

Deno.test("HTTPAPI.getDownloadUrl() returns both kinds of URL", () => {
  const api = new HTTPAPI({ baseUrl: "https://h/pre/?q=1", token: "hush" });
  const uri = "mxc://example.org:8448/abc";
  assertEquals(api.getDownloadUrl(uri).href, "https://h/pre/_matrix/media/v3/download/example.org:8448/abc");
  assertEquals(
    api.getDownloadUrl(uri, { authenticated: true, downloadType: "thumbnail", fileName: "" }).href,
    "https://h/pre/_matrix/client/v1/media/thumbnail/example.org:8448/abc",
  );
  assertEquals(
    api.getDownloadUrl(uri, { fileName: "a b/é?#%.png" }).href,
    "https://h/pre/_matrix/media/v3/download/example.org:8448/abc/a%20b/%C3%A9%3F%23%25.png",
  );
});
