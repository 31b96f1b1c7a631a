import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  FileTooLargeError,
  HTTPAPI,
  MatrixConnectionError,
  MatrixResponseError,
  MatrixTimeoutError,
  MNotFound,
} from "../../../http/mod.ts";
import { parseFileName } from "../../../http/download.ts";
import { chunks, FakeHomeserver, matrixError, text } from "../../support/fake_homeserver.ts";

function make(server: FakeHomeserver): HTTPAPI {
  return new HTTPAPI({
    baseUrl: "https://hs.example.org",
    fetch: server.fetch,
    retry: { minTimeout: 0, maxTimeout: 0 },
  });
}

Deno.test("HTTPAPI.stream() resolves with head and body", async () => {
  const server = new FakeHomeserver().on(
    "GET /x",
    text("12345", 200, { "content-type": "image/png", "content-disposition": 'inline; filename="a.png"' }),
  );
  const { status, contentType, fileName, size, headers, body } = await make(server).stream("GET", "/x");
  assertEquals([status, contentType, fileName, size], [200, "image/png", "a.png", 5]);
  assertEquals(headers.get("content-length"), "5");
  assertEquals(await new Response(body).text(), "12345");
});

Deno.test("HTTPAPI.stream() resolves with an empty body, and with a size only if it is known", async () => {
  const server = new FakeHomeserver().on("GET /x", () => new Response(null, { status: 200 }))
    .on("GET /gzip", text("abc", 200, { "content-encoding": "gzip", "content-length": "2" }));
  const empty = await make(server).stream("GET", "/x");
  assertEquals([empty.size, empty.contentType, empty.fileName], [undefined, undefined, undefined]);
  assertEquals(await new Response(empty.body).text(), "");
  const encoded = await make(server).stream("GET", "/gzip");
  assertEquals(encoded.size, undefined);
  assertEquals(await new Response(encoded.body).text(), "abc");
});

Deno.test("HTTPAPI.stream() fails if the body does not have the size of Content-Length", async () => {
  for (const promised of ["2", "9"]) {
    const server = new FakeHomeserver().on(
      "GET /x",
      chunks(["123"], "close", { "content-length": promised }),
    );
    const { body } = await make(server).stream("GET", "/x");
    const error = await assertRejects(() => new Response(body).text(), MatrixResponseError);
    assertEquals(error.message, `Cannot GET /x: the body has 3 bytes, Content-Length is ${promised}`);
  }
});

Deno.test("HTTPAPI.stream() fails if the connection is lost", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(["123"], "error", {}));
  const { body } = await make(server).stream("GET", "/x");
  await assertRejects(() => new Response(body).text(), MatrixConnectionError, "the body ended after 3 bytes");
});

Deno.test("HTTPAPI.stream() retries until there is a head, and throws error responses", async () => {
  const server = new FakeHomeserver().on("GET /x", text("", 503), text("ok")).on(
    "GET /no",
    matrixError(404, "M_NOT_FOUND"),
  );
  assertEquals(await new Response((await make(server).stream("GET", "/x")).body).text(), "ok");
  await assertRejects(() => make(server).stream("GET", "/no"), MNotFound);
});

Deno.test("HTTPAPI.stream() cancels the source when its body is cancelled", async () => {
  let cancelled: unknown;
  const source = new ReadableStream({ cancel: (reason) => void (cancelled = reason) });
  const server = new FakeHomeserver().on("GET /x", () => new Response(source));
  const { body } = await make(server).stream("GET", "/x");
  await body.cancel("enough");
  assertEquals(cancelled, "enough");
});

Deno.test("HTTPAPI.stream() passes chunks without copying them", async () => {
  const chunk = new Uint8Array([1, 2, 3]);
  const server = new FakeHomeserver().on("GET /x", chunks([chunk]));
  const { body } = await make(server).stream("GET", "/x");
  const { value } = await body.getReader().read();
  assert(value!.buffer === chunk.buffer);
});

Deno.test("parseFileName() reads the forms of a Content-Disposition header", () => {
  for (
    const [header, name] of [
      ['attachment; filename="a b.txt"', "a b.txt"],
      ['inline; filename="a\\"b.txt"', 'a"b.txt'],
      ["attachment; filename=plain.txt", "plain.txt"],
      ["attachment; filename=x.txt; filename*=utf-8''%C3%A9.txt", "é.txt"],
      ["attachment; filename*=UTF-8'en'%E2%82%AC", "€"],
      ["attachment; filename*=utf-8''%FF; filename=ok", "ok"],
      [`attachment; filename="x; filename*=utf-8''evil.exe"`, "x; filename*=utf-8''evil.exe"],
      [`attachment; filename*="UTF-8''a%20b.txt"`, "a b.txt"],
      ['attachment; filename="a b.txt', "a b.txt"],
      ['attachment; filename="a b.txt; size=3', "a b.txt"],
      ['attachment; filename="a;b.txt"; size=3', "a;b.txt"],
      ['attachment; name="filename=evil.exe"; filename=ok.txt', "ok.txt"],
      ["attachment; FileName=a; filename=b", "a"],
      ["attachment; filename*=iso-8859-1'en'%A3.txt", "£.txt"],
      ["attachment; filename*=koi8-r''%FF; filename=ok", "ok"],
      ['attachment;filename = "a.txt" ; x=y', "a.txt"],
      ['attachment; filename="a\\\\b.txt"', "a\\b.txt"],
      ['attachment; filename=""', undefined],
      ["filename=a.txt", undefined],
      ["attachment", undefined],
      ["", undefined],
      [null, undefined],
    ] as const
  ) assertEquals(parseFileName(header), name);
});

Deno.test("HTTPAPI.stream() reads nothing if Content-Length exceeds maxSize", async () => {
  let cancelled = false;
  const source = new ReadableStream({ cancel: () => void (cancelled = true) });
  const server = new FakeHomeserver().on(
    "GET /x",
    () => new Response(source, { headers: { "content-length": "5" } }),
  );
  const error = await assertRejects(
    () => make(server).stream("GET", "/x", { maxSize: 4 }),
    FileTooLargeError,
  );
  assertEquals(error.maxSize, 4);
  assert(cancelled);
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.stream() stops reading at maxSize", async () => {
  let cancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(3)),
        cancel: () => void (cancelled = true),
      }),
    );
  const server = new FakeHomeserver().on("GET /x", endless).on("GET /five", text("12345"));
  const { body } = await make(server).stream("GET", "/x", { maxSize: 7 });
  const reader = body.getReader();
  assertEquals((await reader.read()).value?.length, 3);
  assertEquals((await reader.read()).value?.length, 3);
  await assertRejects(() => reader.read(), FileTooLargeError);
  assert(cancelled);
  for (const maxSize of [5, Infinity, null as unknown as undefined]) {
    const five = await make(server).stream("GET", "/five", { maxSize });
    assertEquals(await new Response(five.body).text(), "12345");
  }
});

Deno.test("HTTPAPI.stream() rejects a maxSize that is not a number of bytes", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  for (const maxSize of [-1, 0.5, NaN, "5" as unknown as number]) {
    await assertRejects(() => make(server).stream("GET", "/x", { maxSize }), RangeError);
  }
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.stream() reports its progress and throws the listener's error", async () => {
  const server = new FakeHomeserver().on("GET /x", chunks(["123", "45"], "close", { "content-length": "5" }))
    .on("GET /y", chunks(["123", "45"], "close", {}));
  for (const [path, total] of [["/x", 5], ["/y", undefined]] as const) {
    const told: unknown[] = [];
    const { body } = await make(server).stream("GET", path, {
      onProgress: (...progress) => told.push(progress),
    });
    assertEquals(await new Response(body).text(), "12345");
    assertEquals(told, [[3, total], [5, total]]);
  }
  const reason = new Error("listener");
  const { body } = await make(server).stream("GET", "/x", {
    onProgress: () => {
      throw reason;
    },
  });
  assertStrictEquals(await assertRejects(() => new Response(body).text()), reason);
});

Deno.test("HTTPAPI.stream() cancels a body that a custom fetch continues after the abort", async () => {
  for (const deadline of [20, Infinity]) {
    let cancelled: unknown;
    const never = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
      cancel: (reason) => void (cancelled = reason),
    });
    const controller = new AbortController();
    const server = new FakeHomeserver().on("GET /x", () => new Response(never));
    const { body } = await make(server).stream("GET", "/x", { deadline, signal: controller.signal });
    const reading = body.getReader().read().then(() => undefined, (error) => error);
    if (deadline === Infinity) controller.abort(new Error("enough"));
    const error = await reading;
    assert(deadline === Infinity ? error.message === "enough" : error instanceof MatrixTimeoutError);
    assertEquals(cancelled, error);
  }
});
