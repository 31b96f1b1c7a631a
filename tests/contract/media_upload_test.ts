import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type UploadMediaOptions } from "../../client/mod.ts";
import {
  FileTooLargeError,
  type Log,
  MatrixResponseError,
  MatrixTimeoutError,
  MatrixUnknownRequestError,
  MCannotOverwriteMedia,
  MForbidden,
  MLimitExceeded,
  MTooLarge,
  type UploadData,
} from "../../http/mod.ts";
import type { ContentURI } from "../../types/mod.ts";
import { BASE_URL, malformed, refused, sent } from "../support/contract_client.ts";
import {
  type Answer,
  broken,
  FakeHomeserver,
  json,
  matrixError,
  type Received,
  text,
} from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";
import { skipWaits } from "../support/waits.ts";

const UPLOAD = "/_matrix/media/v3/upload";
const CREATE = "/_matrix/media/v1/create";
const MXC: ContentURI = "mxc://example.org:8448/AQwafuaFswefuhsfAFAgsw";
const PLACE = `${UPLOAD}/example.org%3A8448/AQwafuaFswefuhsfAFAgsw`;
const STORE = "https://store.example.com/bucket/a%20b?X-Signature=se%2Bcret";
const STORED = "/bucket/a%20b";
const COMPLETE =
  "/_matrix/media/unstable/com.beeper.msc3870/upload/example.org%3A8448/AQwafuaFswefuhsfAFAgsw/complete";

/** Creates a log that records errors. */
function keepErrors(): Log & { errors: string[] } {
  const errors: string[] = [];
  const ignore = () => {};
  return { errors, debug: ignore, info: ignore, warn: ignore, error: (line) => errors.push(String(line)) };
}

function make(routes: Record<string, Answer[]>, log?: Log): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver();
  for (const [route, responses] of Object.entries(routes)) server.on(route, ...responses);
  const { fetch } = server;
  const retry = { minTimeout: 0, maxTimeout: 0 };
  return { client: new ClientAPI({ baseUrl: BASE_URL, token: "token", fetch, retry, log }), server };
}

/** Creates a homeserver that returns a content URI, and stores the content itself or at an external URL. */
function makePlaces(upload: Record<string, Answer[]>, url?: unknown, log?: Log) {
  const place = { content_uri: MXC, unused_expires_at: 5, "com.beeper.msc3870.upload_url": url };
  return make({ [`POST ${CREATE}`]: [place], [`POST ${COMPLETE}`]: [{}], ...upload }, log);
}

/** Uploads in the background. Resolves with the URI after the upload, or rejects with its error. */
async function uploadAsync(client: ClientAPI, data: UploadData, options?: UploadMediaOptions) {
  let transfer: Promise<void> | undefined;
  const onTransfer = (promise: Promise<void>) => void (transfer = promise);
  const mxc = await client.uploadMedia(data, { ...options, asyncUpload: true, onTransfer });
  await transfer;
  return mxc;
}

/** Uploads, and returns the one request that it sent. */
async function upload(data: UploadData, options?: UploadMediaOptions): Promise<Received> {
  const { client, server } = make({ [`POST ${UPLOAD}`]: [{ content_uri: MXC }] });
  assertEquals(await client.uploadMedia(data, options), MXC);
  assertEquals(server.received.length, 1);
  await checkRequest({ ...server.last, body: undefined });
  return server.last;
}

Deno.test("ClientAPI.createMxc() creates a content URI", async () => {
  const place = { content_uri: MXC, unused_expires_at: 1647257217083, more: true };
  assertEquals(await sent(place, (client) => client.createMxc()), [`POST ${CREATE}`, {}, {}]);
  const { client } = make({ [`POST ${CREATE}`]: [place] });
  assertEquals(await client.createMxc({}), place);
  const refusing = make({ [`POST ${CREATE}`]: [matrixError(403, "M_FORBIDDEN")] });
  await assertRejects(() => refusing.client.createMxc(), MForbidden);
});

Deno.test("ClientAPI.createMxc() rejects a response without a content URI", async () => {
  await malformed({}, (client) => client.createMxc(), "`content_uri` not in response.");
  const wrong = "Invalid `content_uri` in response: expected string";
  await malformed({ content_uri: 5 }, (client) => client.createMxc(), wrong);
  await malformed([], (client) => client.createMxc(), "Invalid response: expected object");
});

Deno.test("ClientAPI.uploadMedia() sends the content unchanged", async () => {
  for (const data of ["é", new TextEncoder().encode("é"), new Blob(["é"]), () => "é"]) {
    const request = await upload(data, { mimeType: "text/plain" });
    assertEquals(request.text, "é");
    assertEquals(request.headers.get("content-type"), "text/plain");
    assertEquals(request.headers.get("authorization"), "Bearer token");
    assertEquals([...request.query], []);
  }
});

Deno.test("ClientAPI.uploadMedia() sends empty content as zero bytes, not as {}", async () => {
  for (const data of [new Uint8Array(), "", new Blob([])]) {
    assertEquals((await upload(data)).bytes.length, 0);
  }
});

Deno.test("ClientAPI.uploadMedia() sends bytes without a type as application/octet-stream", async () => {
  for (const mimeType of [undefined, null as unknown as undefined, ""]) {
    const request = await upload(new Uint8Array(3), { mimeType });
    assertEquals(request.headers.get("content-type"), "application/octet-stream");
  }
  const png = new Blob(["x"], { type: "image/png" });
  assertEquals((await upload(png)).headers.get("content-type"), "image/png");
  assertEquals((await upload(png, { mimeType: "image/gif" })).headers.get("content-type"), "image/gif");
});

Deno.test("ClientAPI.uploadMedia() sends the file name if there is one", async () => {
  for (const filename of [undefined, null as unknown as undefined, ""]) {
    assertEquals([...(await upload("x", { filename })).query], []);
  }
  const filename = "a b/é&=?#%+日本.png";
  assertEquals([...(await upload("x", { filename })).query], [["filename", filename]]);
  const file = new File(["x"], filename);
  assertEquals([...(await upload(file)).query], [["filename", filename]]);
  assertEquals([...(await upload(file, { filename: "b" })).query], [["filename", "b"]]);
  assertEquals([...(await upload(file, { filename: "" })).query], []);
});

Deno.test("ClientAPI.uploadMedia() rejects a stream that does not have its size", async () => {
  const stream = () => new Blob(["12345"]).stream();
  for (const size of [5, undefined, null as unknown as undefined]) {
    assertEquals((await upload(stream(), { size })).text, "12345");
  }
  const { client } = make({ [`POST ${UPLOAD}`]: [{ content_uri: MXC }] });
  for (const size of [0, 4, 6]) {
    await assertRejects(() => client.uploadMedia(stream(), { size }), RangeError);
  }
});

Deno.test("ClientAPI.uploadMedia() rejects content larger than maxSize, and reports its progress", async () => {
  await refused(
    (client) => client.uploadMedia("123", { maxSize: 2 }),
    FileTooLargeError as unknown as typeof TypeError,
  );
  const told: unknown[] = [];
  await upload("123", { maxSize: 3, onProgress: (...progress) => told.push(progress) });
  assertEquals(told, [[3, 3]]);
});

Deno.test("ClientAPI.uploadMedia() sends further query parameters and headers", async () => {
  const request = await upload("x", {
    filename: "f",
    query: { "org.example.a": "b", filename: "g" },
    headers: { "X-A": "1" },
  });
  assertEquals([...request.query], [["org.example.a", "b"], ["filename", "f"]]);
  assertEquals(request.headers.get("x-a"), "1");
});

Deno.test("ClientAPI.uploadMedia() throws the homeserver's error", async () => {
  for (
    const [status, errcode, type] of [
      [413, "M_TOO_LARGE", MTooLarge],
      [403, "M_FORBIDDEN", MForbidden],
    ] as const
  ) {
    const { client } = make({ [`POST ${UPLOAD}`]: [matrixError(status, errcode)] });
    await assertRejects(() => client.uploadMedia("x"), type);
  }
});

Deno.test("ClientAPI.uploadMedia() rejects a response without a URI", async () => {
  for (
    const [response, message] of [
      [{}, "`content_uri` not in response."],
      [{ content_uri: null }, "`content_uri` not in response."],
      [{ content_uri: 1 }, "Invalid `content_uri` in response: expected string"],
      ["x", "Invalid response: expected object"],
    ]
  ) {
    await malformed(response, (client) => client.uploadMedia("x"), message as string);
  }
});

Deno.test("ClientAPI.uploadMedia() to a given URI accepts the empty response of the specification", async () => {
  const { client, server } = make({ [`PUT ${PLACE}`]: [{}] });
  assertEquals(await client.uploadMedia("x", { mxc: MXC, filename: "é", mimeType: "a/b" }), MXC);
  assertEquals([server.last.method, server.last.path, server.last.text], ["PUT", PLACE, "x"]);
  assertEquals([...server.last.query], [["filename", "é"]]);
  assertEquals(server.last.headers.get("content-type"), "a/b");
  await checkRequest({ ...server.last, body: undefined });

  const taken = make({ [`PUT ${PLACE}`]: [matrixError(409, "M_CANNOT_OVERWRITE_MEDIA")] });
  await assertRejects(() => taken.client.uploadMedia("x", { mxc: MXC }), MCannotOverwriteMedia);
});

Deno.test("ClientAPI.uploadMedia() to a given URI is retried, and treats null as not given", async () => {
  const { client, server } = make({
    [`PUT ${PLACE}`]: [broken(), text("", 502), {}],
    [`POST ${UPLOAD}`]: [{ content_uri: "mxc://a/b" }],
  });
  await client.uploadMedia("x", { mxc: MXC, asyncUpload: false });
  assertEquals(server.received.length, 3);
  assertEquals(await client.uploadMedia("x", { mxc: null as unknown as undefined }), "mxc://a/b");
});

Deno.test("ClientAPI.uploadMedia() rejects an invalid URI, mxc together with asyncUpload, and invalid content", async () => {
  for (const mxc of ["", "https://a/b", "mxc://a", "mxc://a/b/c", "mxc://a/..", "mxc:///b"]) {
    await refused((client) => client.uploadMedia("x", { mxc: mxc as ContentURI }), SyntaxError);
  }
  await refused(
    (client) => client.uploadMedia("x", { mxc: MXC, asyncUpload: true }),
    TypeError,
    "asyncUpload and mxc can't be provided simultaneously",
  );
  for (const asyncUpload of [true, false]) {
    await refused((client) => client.uploadMedia(5 as unknown as string, { asyncUpload }), TypeError);
    await refused((client) => client.uploadMedia("x", { asyncUpload, mimeType: "a\n" }), TypeError);
    await refused((client) => client.uploadMedia("x", { asyncUpload, size: 5 }), RangeError);
  }
});

Deno.test("ClientAPI.uploadMedia() with asyncUpload creates a content URI first", async () => {
  let response = (_: Response) => {};
  const waiting = new Promise<Response>((resolve) => response = resolve);
  const { client, server } = makePlaces({ [`PUT ${PLACE}`]: [() => waiting] });
  let ended = false;
  let transfer: Promise<void> | undefined;
  const mxc = await client.uploadMedia("x", {
    asyncUpload: true,
    filename: "f",
    mimeType: "a/b",
    headers: { "x-a": "1", "content-type": "c/d" },
    onTransfer: (promise) => void (transfer = promise),
  });
  assertEquals(mxc, MXC);
  transfer!.then(() => ended = true);
  assertEquals(ended, false);
  response(Response.json({}));
  assertEquals(await transfer, undefined);

  const [create, put] = server.received;
  assertEquals([create?.method, create?.path, create?.body], ["POST", CREATE, {}]);
  assertEquals([...create!.query], []);
  assertEquals([create?.headers.get("content-type"), create?.headers.get("x-a")], ["application/json", "1"]);
  assertEquals([put?.method, put?.path, put?.text], ["PUT", PLACE, "x"]);
  assertEquals([...put!.query], [["filename", "f"]]);
  assertEquals([put?.headers.get("content-type"), put?.headers.get("x-a")], ["a/b", "1"]);
  assertEquals(put?.headers.get("authorization"), "Bearer token");
});

Deno.test("ClientAPI.uploadMedia() with asyncUpload throws if the content URI cannot be created", async () => {
  const refusing = make({ [`POST ${CREATE}`]: [matrixError(429, "M_LIMIT_EXCEEDED")] });
  await assertRejects(() => uploadAsync(refusing.client, "x", { retry: { limit: 0 } }), MLimitExceeded);
  for (
    const place of [{}, { content_uri: 5 }, { content_uri: "https://a/b" }, { content_uri: "mxc://a/../b" }]
  ) {
    const { client, server } = make({ [`POST ${CREATE}`]: [place] });
    await assertRejects(() => uploadAsync(client, "x"), MatrixResponseError, "`content_uri`");
    assertEquals(server.received.length, 1);
  }
});

Deno.test("ClientAPI.uploadMedia() logs a failed background upload if there is no onTransfer", async () => {
  const log = keepErrors();
  const failing = { [`PUT ${PLACE}`]: [matrixError(413, "M_TOO_LARGE", { error: "Too large" })] };
  const { client } = makePlaces(failing, undefined, log);
  assertEquals(await client.uploadMedia("x", { asyncUpload: true }), MXC);
  while (log.errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(log.errors, [
    `Cannot upload ${MXC}: MTooLarge: Cannot PUT ${PLACE}: M_TOO_LARGE 413: Too large`,
  ]);

  const quiet = keepErrors();
  const other = makePlaces(failing, undefined, quiet);
  await assertRejects(() => uploadAsync(other.client, "x"), MTooLarge);
  // A transfer that `onTransfer` ignores must not become an unhandled rejection.
  await other.client.uploadMedia("x", { asyncUpload: true, onTransfer: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(quiet.errors, []);

  const odd = keepErrors();
  const content = () => Promise.reject("text");
  await makePlaces({}, undefined, odd).client.uploadMedia(content, { asyncUpload: true });
  while (odd.errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(odd.errors, [`Cannot upload ${MXC}: string`]);
});

Deno.test("ClientAPI.uploadMedia() aborts a background upload", async () => {
  const { client } = makePlaces({ [`PUT ${PLACE}`]: [() => new Promise<Response>(() => {})] });
  const controller = new AbortController();
  const reason = new Error("enough");
  const hanging = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }, { highWaterMark: 0 });
  const transfer = uploadAsync(client, hanging, { signal: controller.signal, size: 5 });
  setTimeout(() => controller.abort(reason), 5);
  assertStrictEquals(await assertRejects(() => transfer), reason);
});

Deno.test("ClientAPI.uploadMedia() uploads to an external URL without the token, and completes the upload", async () => {
  const { client, server } = makePlaces({ [`PUT ${STORED}`]: [text("")] }, STORE);
  const options = { mimeType: "a/b", filename: "é", headers: { "x-a": "1" }, query: { b: "c" } };
  assertEquals(await uploadAsync(client, "x", options), MXC);
  const [, put, complete] = server.received;
  assertEquals([put?.method, put?.url, put?.text], ["PUT", STORE, "x"]);
  assertEquals([...put!.headers], [["content-type", "a/b"]]);
  assertEquals([complete?.method, complete?.path, complete?.body], ["POST", COMPLETE, {}]);
  assertEquals(Object.fromEntries(complete!.query), { filename: "é", b: "c" });
  assertEquals(complete?.headers.get("authorization"), "Bearer token");
  assertEquals(complete?.headers.get("x-a"), "1");
  assertEquals(server.received.length, 3);
});

Deno.test("ClientAPI.uploadMedia() retries an external URL after every failure, 2, 4, 8 and 16 s later", async () => {
  const failures = [text("", 400), broken(), matrixError(403, "M_FORBIDDEN"), text("", 501)];
  const { client, server } = makePlaces({ [`PUT ${STORED}`]: [...failures, text("")] }, STORE);
  client.api.log = keepErrors();
  const waits = await skipWaits(async () => {
    await uploadAsync(client, "x", { deadline: Infinity, retry: { maxTimeout: 30_000 } });
  });
  assertEquals(server.received.filter((request) => request.path === STORED).length, 5);
  assertEquals(waits, [2_000, 4_000, 8_000, 16_000]);
});

Deno.test("ClientAPI.uploadMedia() throws an error with the status and text of an external URL", async () => {
  for (
    const [response, status, words] of [
      [text("<Error>AccessDenied</Error>", 403), 403, "<Error>AccessDenied</Error>"],
      [json({ code: 5 }, 500), 500, '{"code":5}'],
      [text("", 307, { location: "https://evil.example.org/" }), 307, ""],
      [broken(), -1, undefined],
    ] as const
  ) {
    const { client, server } = makePlaces({ [`PUT ${STORED}`]: [response] }, STORE);
    const retry = { limit: 1, minTimeout: 0, maxTimeout: 0 };
    const error = await assertRejects(() => uploadAsync(client, "x", { retry }), MatrixUnknownRequestError);
    assertEquals(error.errcode, "COM.BEEPER.EXTERNAL_UPLOAD_ERROR");
    assertEquals([error.status, error.text], [status, words]);
    assertEquals([error.method, error.path], ["PUT", "https://store.example.com/bucket/a%20b"]);
    assert(!error.message.includes("X-Signature"));
    assert(error.cause instanceof Error);
    // Two attempts, and no request that completes the upload.
    assertEquals(server.received.map((request) => request.path), [CREATE, STORED, STORED]);
  }
});

Deno.test("ClientAPI.uploadMedia() to an external URL rejects with the error of the content or the signal", async () => {
  const { client } = makePlaces({ [`PUT ${STORED}`]: [text("")] }, STORE);
  const reason = new Error("disk broken");
  const content = () => Promise.reject(reason);
  assertStrictEquals(await assertRejects(() => uploadAsync(client, content)), reason);
  await assertRejects(() => uploadAsync(client, () => "12345", { maxSize: 4 }), FileTooLargeError);

  const slow = makePlaces({ [`PUT ${STORED}`]: [() => new Promise<Response>(() => {})] }, STORE);
  const controller = new AbortController();
  const timeout = new MatrixTimeoutError("a reason that looks like ours");
  const { signal } = controller;
  const hanging = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }, { highWaterMark: 0 });
  const transfer = uploadAsync(slow.client, hanging, { signal, size: 3 });
  setTimeout(() => controller.abort(timeout), 5);
  assertStrictEquals(await assertRejects(() => transfer), timeout);
});

Deno.test("ClientAPI.uploadMedia() rejects a response with an invalid external URL", async () => {
  for (
    const url of [5, "", "/a", "ftp://a.example.org/", "file:///etc/passwd", "https://u:p@a.example.org/", {}]
  ) {
    const { client, server } = makePlaces({}, url);
    await assertRejects(
      () => uploadAsync(client, "x"),
      MatrixResponseError,
      "Invalid `com.beeper.msc3870.upload_url` in response: expected URL",
    );
    assertEquals(server.received.length, 1);
  }
  const { client, server } = makePlaces({ [`PUT ${PLACE}`]: [{}] }, null);
  await uploadAsync(client, "x");
  assertEquals(server.last.path, PLACE);
});
