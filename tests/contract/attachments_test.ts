import { assert, assertEquals, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import {
  type AttachmentDecryptor,
  type AttachmentEncryptor,
  ClientAPI,
  type FileContent,
  type SendFileOptions,
  type StreamMediaOptions,
} from "../../client/mod.ts";
import { decryptAttachment, encryptAttachment } from "../../client/crypto/mod.ts";
import {
  DecryptionError,
  EncryptionError,
  FileTooLargeError,
  MatrixConnectionError,
  MForbidden,
  MTooLarge,
} from "../../http/mod.ts";
import type { ContentURI, EncryptedFile, JsonObject, RoomID } from "../../types/mod.ts";
import { BASE_URL } from "../support/contract_client.ts";
import { type Answer, broken, chunks, FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";

const ROOM = "!room:example.org";
const URI: ContentURI = "mxc://example.org/file";
const UPLOAD = "POST /_matrix/media/v3/upload";
const SEND = "/_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.room.message/";
const TEXT = "Tea at five";
const NULL = null as unknown as undefined;
const BYTES = new TextEncoder().encode(TEXT);

/** Encrypts attachments in all rooms, as a client with `crypto` does. */
class EncryptingClient extends ClientAPI {
  /** The rooms that it was asked about. */
  readonly asked: RoomID[] = [];

  protected override attachmentEncryptor(roomId: RoomID): Promise<AttachmentEncryptor | undefined> {
    this.asked.push(roomId);
    return Promise.resolve(encryptAttachment);
  }

  protected override attachmentDecryptor(): AttachmentDecryptor {
    return decryptAttachment;
  }
}

interface Answers {
  upload?: Answer[];
  message?: Answer[];
}

function make<C extends ClientAPI>(
  Client: new (options: ConstructorParameters<typeof ClientAPI>[0]) => C,
  { upload = [{ content_uri: URI }], message = [{ event_id: "$event" }] }: Answers = {},
): { client: C; server: FakeHomeserver } {
  const server = new FakeHomeserver().on(UPLOAD, ...upload).on("*", ...message);
  const retry = { minTimeout: 0, maxTimeout: 0 };
  return { client: new Client({ baseUrl: BASE_URL, token: "token", fetch: server.fetch, retry }), server };
}

/** Sends a file, and returns the upload and the content of the message. */
async function sendFile(
  content: FileContent,
  options?: SendFileOptions,
  Client: new (options: ConstructorParameters<typeof ClientAPI>[0]) => ClientAPI = ClientAPI,
) {
  const { client, server } = make(Client);
  assertEquals(await client.sendFile(ROOM, content, options), "$event");
  const [upload, message, ...more] = server.received;
  assertEquals(more, []);
  assertEquals(`${upload!.method} ${upload!.path}`, UPLOAD);
  assert(message!.path.startsWith(SEND));
  await checkRequest({ ...upload!, body: undefined });
  await checkRequest(message!);
  return { upload: upload!, content: message!.body as JsonObject };
}

function stream(...parts: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) {
        controller.enqueue(typeof part === "string" ? new TextEncoder().encode(part) : part);
      }
      controller.close();
    },
  });
}

async function* iterable(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(new TextEncoder().encode(part));
}

/** Encrypts content, and returns the encrypted bytes and the description of the file. */
async function encrypt(
  content: Uint8Array,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; file: EncryptedFile }> {
  const encryption = encryptAttachment();
  const bytes = await new Response(stream(content).pipeThrough(encryption)).arrayBuffer();
  return { bytes: new Uint8Array(bytes), file: { ...await encryption.file, url: URI } };
}

async function decrypt(bytes: Uint8Array, file: EncryptedFile): Promise<string> {
  return await new Response(stream(bytes).pipeThrough(decryptAttachment(file))).text();
}

/** All kinds of content with the same bytes. */
const KINDS: Record<string, () => FileContent> = {
  Uint8Array: () => BYTES.slice(),
  ArrayBuffer: () => BYTES.slice().buffer,
  Blob: () => new Blob([BYTES]),
  ReadableStream: () => stream("Tea ", "at five"),
  "async iterable": () => iterable("Tea ", "at five"),
  "function that returns a Blob": () => () => new Blob([BYTES]),
  "function that resolves with a stream": () => () => Promise.resolve(stream("Tea ", "at five")),
};

for (const [kind, content] of Object.entries(KINDS)) {
  Deno.test(`ClientAPI.sendFile() uploads content that is a ${kind}`, async () => {
    const sent = await sendFile(content());
    assertEquals(sent.upload.text, TEXT);
    assertEquals(sent.upload.headers.get("content-type"), "application/octet-stream");
    assertEquals(sent.upload.query.size, 0);
    assertEquals(sent.content, { msgtype: "m.file", body: "file", url: URI, info: { size: 11 } });
  });

  Deno.test(`ClientAPI.sendFile() encrypts content that is a ${kind}`, async () => {
    const { upload, content: { file, ...rest } } = await sendFile(content(), {}, EncryptingClient);
    assertEquals(upload.bytes.length, 11);
    assertNotEquals(upload.text, TEXT);
    assertEquals((file as EncryptedFile).url, URI);
    assertEquals(await decrypt(upload.bytes, file as EncryptedFile), TEXT);
    assertEquals(rest, { msgtype: "m.file", body: "file", info: { size: 11 } });
  });
}

Deno.test("ClientAPI.sendFile() uses the name and the type of a File", async () => {
  const file = new File([BYTES], "tea.pdf", { type: "application/pdf" });
  const { upload, content } = await sendFile(file);
  assertEquals([upload.headers.get("content-type"), upload.query.get("filename")], [
    "application/pdf",
    "tea.pdf",
  ]);
  assertEquals(content, {
    msgtype: "m.file",
    body: "tea.pdf",
    url: URI,
    info: { mimetype: "application/pdf", size: 11 },
  });
});

Deno.test("ClientAPI.sendFile() prefers given name and information", async () => {
  const file = new File([BYTES], "tea.pdf", { type: "application/pdf" });
  const info = Object.freeze({ mimetype: "text/html", size: 5, duration: null });
  const { upload, content } = await sendFile(
    file,
    Object.freeze({
      info: info as SendFileOptions["info"],
      fileName: "a.html",
      fileType: "m.audio",
      caption: "Tea",
    }),
  );
  assertEquals([upload.headers.get("content-type"), upload.query.get("filename")], ["text/html", "a.html"]);
  assertEquals(content, {
    msgtype: "m.audio",
    body: "Tea",
    filename: "a.html",
    url: URI,
    info: { mimetype: "text/html", size: 5 },
  });
});

Deno.test("ClientAPI.sendFile() uses the type of a Blob that a function makes", async () => {
  const { content } = await sendFile(() => new Blob([BYTES], { type: "application/pdf" }));
  assertEquals(content.info, { mimetype: "application/pdf", size: 11 });
});

Deno.test("ClientAPI.sendFile() sends empty content and content of several chunks", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    assertEquals((await sendFile(new Uint8Array(), {}, Client)).content.info, { size: 0 });
    assertEquals((await sendFile(stream(), {}, Client)).content.info, { size: 0 });
    const large = new Uint8Array(600_000);
    const sent = await sendFile(stream(large), { size: large.length }, Client);
    assertEquals([sent.upload.bytes.length, sent.content.info], [600_000, { size: 600_000 }]);
  }
});

Deno.test("ClientAPI.sendImage() uploads a picture", async () => {
  const { client, server } = make(ClientAPI);
  await client.sendImage(ROOM, new File([BYTES], "a.png", { type: "image/png" }), { info: { w: 1, h: 2 } });
  assertEquals(server.last.body, {
    msgtype: "m.image",
    body: "a.png",
    url: URI,
    info: { mimetype: "image/png", size: 11, w: 1, h: 2 },
  });
});

Deno.test("ClientAPI.sendFile() replaces the file of a message", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    const relatesTo = { rel_type: "m.replace", event_id: "$old" } as const;
    const { content } = await sendFile(BYTES, { relatesTo }, Client);
    assertEquals(content["m.relates_to"], relatesTo);
    const { url, file } = content["m.new_content"] as { url?: string; file?: EncryptedFile };
    assertEquals(url ?? file?.url, URI);
    assertEquals(url === undefined, Client === EncryptingClient);
  }
});

Deno.test("ClientAPI.sendFile() sends the homeserver neither type nor name of an encrypted file", async () => {
  const file = new File([BYTES], "tea.pdf", { type: "application/pdf" });
  const { upload, content } = await sendFile(file, { info: { duration: 5 } }, EncryptingClient);
  assertEquals(upload.headers.get("content-type"), "application/octet-stream");
  assertEquals(upload.query.size, 0);
  assertEquals(content.body, "tea.pdf");
  assertEquals(content.info, { mimetype: "application/pdf", size: 11, duration: 5 });
});

Deno.test("ClientAPI.sendFile() sends a content URI unchanged, also where attachments are encrypted", async () => {
  const { client, server } = make(EncryptingClient);
  await client.sendFile(ROOM, URI);
  assertEquals(client.asked, []);
  assertEquals(server.received.map(({ body }) => body), [{ msgtype: "m.file", body: "file", url: URI }]);
});

Deno.test("ClientAPI.sendFile() checks once whether attachments are encrypted, before the upload", async () => {
  const { client, server } = make(EncryptingClient, {
    upload: [matrixError(429, "M_LIMIT_EXCEEDED"), { content_uri: URI }],
  });
  await client.sendFile(ROOM, BYTES);
  assertEquals(client.asked, [ROOM]);
  client.asked.push = () => {
    throw new EncryptionError("unknown");
  };
  const before = server.received.length;
  await assertRejects(() => client.sendFile(ROOM, BYTES), EncryptionError);
  assertEquals(server.received.length, before);
});

Deno.test("ClientAPI.sendFile() encrypts each attempt with its own key", async () => {
  for (const content of [BYTES, new Blob([BYTES]), () => stream(TEXT), stream(TEXT)]) {
    const upload = [matrixError(429, "M_LIMIT_EXCEEDED"), { content_uri: URI }];
    const { client, server } = make(EncryptingClient, { upload });
    await client.sendFile(ROOM, content);
    const [first, second, message, ...more] = server.received;
    assertEquals(more, []);
    // A stream of unknown size is collected after its encryption, and sent again as it is.
    assertEquals(first!.text === second!.text, content instanceof ReadableStream);
    assertEquals(await decrypt(second!.bytes, (message!.body as { file: EncryptedFile }).file), TEXT);
  }
});

Deno.test("ClientAPI.sendFile() uploads once if the message is retried", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    const { client, server } = make(Client, {
      message: [broken(), matrixError(502, "M_UNKNOWN"), { event_id: "$event" }],
    });
    await client.sendFile(ROOM, BYTES);
    const [upload, ...messages] = server.received;
    assertEquals(`${upload!.method} ${upload!.path}`, UPLOAD);
    assertEquals(messages.length, 3);
    assertEquals(new Set(messages.map(({ path, text }) => path + text)).size, 1);
  }
});

Deno.test("ClientAPI.sendFile() does not repeat an upload whose response was lost, and sends no message", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    const { client, server } = make(Client, { upload: [broken()] });
    await assertRejects(() => client.sendFile(ROOM, BYTES), MatrixConnectionError);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("ClientAPI.sendFile() rejects with the error of upload or message", async () => {
  const refused = make(ClientAPI, { upload: [matrixError(413, "M_TOO_LARGE")] });
  await assertRejects(() => refused.client.sendFile(ROOM, BYTES), MTooLarge);
  assertEquals(refused.server.received.length, 1);
  const forbidden = make(ClientAPI, { message: [matrixError(403, "M_FORBIDDEN")] });
  await assertRejects(() => forbidden.client.sendFile(ROOM, BYTES), MForbidden);
});

Deno.test("ClientAPI.sendFile() passes request options to upload and message", async () => {
  const { client, server } = make(ClientAPI);
  const signal = new AbortController().signal;
  await client.sendFile(ROOM, BYTES, {
    signal,
    txnId: "mine",
    timestamp: 5,
    headers: { "x-test": "1" },
    query: { user_id: "@ghost:example.org" },
  });
  for (const { headers, query } of server.received) {
    assertEquals([headers.get("x-test"), query.get("user_id")], ["1", "@ghost:example.org"]);
  }
  assertEquals(server.received.map(({ query }) => query.get("ts")), [null, "5"]);
  assertEquals(server.last.path, `${SEND}mine`);
});

Deno.test("ClientAPI.sendFile() sends no message after an abort during the upload", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    const controller = new AbortController();
    const upload = () => {
      controller.abort(new Error("enough"));
      return new Promise<Response>(() => {});
    };
    const { client, server } = make(Client, { upload: [upload] });
    await assertRejects(() => client.sendFile(ROOM, BYTES, { signal: controller.signal }), Error, "enough");
    assertEquals(server.received.length, 1);
  }
});

Deno.test("ClientAPI.sendFile() reports the progress of the upload", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    for (const kind of Object.values(KINDS)) {
      const progress: number[] = [];
      const onProgress = (sent: number) => void progress.push(sent);
      await sendFile(kind(), { onProgress }, Client);
      assertEquals(progress.at(-1), 11);
    }
  }
});

Deno.test("ClientAPI.sendFile() rejects content larger than maxSize", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    for (const kind of Object.values(KINDS)) {
      const { client, server } = make(Client);
      await assertRejects(() => client.sendFile(ROOM, kind(), { maxSize: 10 }), FileTooLargeError);
      assertEquals(server.received.length, 0);
    }
  }
  // The key of an encryption that was not needed is still being made.
  await delay(50);
});

Deno.test("ClientAPI.sendFile() rejects a stream of another size, and one that fails", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    const { client, server } = make(Client);
    for (const size of [10, 12]) {
      await assertRejects(() => client.sendFile(ROOM, stream(TEXT), { size }), RangeError, "its size is");
    }
    const failure = new Error("out of tea");
    const failing = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.error(failure),
      });
    for (const size of [undefined, 11]) {
      const error = await assertRejects(() => client.sendFile(ROOM, failing(), { size }));
      assertStrictEquals(error, failure);
    }
    assertEquals(server.received.length, 0);
  }
});

Deno.test("ClientAPI.sendFile() cancels a stream whose upload fails", async () => {
  for (const Client of [ClientAPI, EncryptingClient]) {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => void (cancelled = true),
    });
    const { client } = make(Client);
    await assertRejects(() => client.sendFile(ROOM, endless, { maxSize: 1e6 }), FileTooLargeError);
    assert(cancelled);
  }
});

Deno.test("ClientAPI.sendFile() uploads nothing for a message that cannot be sent", async () => {
  const { client, server } = make(EncryptingClient);
  const wrong = (value: unknown) => value as never;
  for (const roomId of ["", ".", "#alias:example.org", undefined]) {
    await assertRejects(() => client.sendFile(wrong(roomId), BYTES), TypeError);
  }
  for (
    const options of [
      { txnId: ".." },
      { caption: 5 },
      { mentions: "@bob:example.org" },
      { relatesTo: "$event" },
      { info: "text/plain" },
      { info: { mimetype: 5 } },
      { info: { duration: 1n } },
      { fileName: 5 },
      { timestamp: "now" },
      { query: { a: {} } },
      { maxSize: "5" },
      { size: -1 },
      5,
    ]
  ) {
    const error = await assertRejects(() => client.sendFile(ROOM, BYTES, wrong(options)));
    assert(error instanceof TypeError || error instanceof RangeError, String(error));
  }
  assertEquals(server.received, []);
  assertEquals(client.asked, []);
});

Deno.test("ClientAPI.sendFile() rejects text, and values that are not content", async () => {
  const { client, server } = make(EncryptingClient);
  const wrong = (value: unknown) => value as never;
  for (const text of ["Tea", "https://example.org/tea", "/tmp/tea.txt", "", "mxc:"]) {
    for (const method of ["sendFile", "sendImage"] as const) {
      await assertRejects(() => client[method](ROOM, wrong(text)), TypeError, "content URI");
    }
  }
  for (const content of [5, true, {}, [], [5], Symbol("a"), undefined, null, () => "Tea", () => 5]) {
    await assertRejects(() => client.sendFile(ROOM, wrong(content)), TypeError, "content URI");
  }
  const locked = stream(TEXT);
  locked.getReader();
  await assertRejects(() => client.sendFile(ROOM, locked), TypeError, "locked");
  assertEquals(server.received, []);
});

/** Creates a client of a homeserver that has an encrypted file. */
function makeStored(body: Answer, Client = ClientAPI) {
  const server = new FakeHomeserver().on("*", body);
  const client = new Client({ baseUrl: BASE_URL, token: "token", fetch: server.fetch });
  client.versionsCache = { versions: ["v1.11"] };
  return { client, server };
}

const part = (bytes: Uint8Array): Answer => () =>
  new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: { "content-type": "application/octet-stream", "content-length": String(bytes.length) },
  });

for (const size of [0, 11, 256 * 1024, 600_001]) {
  Deno.test(`ClientAPI.downloadMedia() and streamMedia() decrypt a file of ${size} bytes`, async () => {
    const content = new Uint8Array(size).map((_, i) => i * 7);
    const { bytes, file } = await encrypt(content);
    for (
      const [Client, options] of [
        [EncryptingClient, {}],
        [ClientAPI, { decrypt: decryptAttachment }],
        [EncryptingClient, { decrypt: NULL, verify: NULL, maxSize: size } as StreamMediaOptions],
      ] as const
    ) {
      const { client, server } = makeStored(part(bytes), Client);
      assertEquals(await client.downloadMedia(file, options), content);
      assertEquals(server.last.path, "/_matrix/client/v1/media/download/example.org/file");
      for (const verify of ["end", "before", undefined] as const) {
        const { body, ...head } = await client.streamMedia(file, { verify, ...options });
        assertEquals(new Uint8Array(await new Response(body).arrayBuffer()), content);
        assertEquals([head.size, head.contentType], [size, "application/octet-stream"]);
      }
    }
  });
}

Deno.test("ClientAPI.streamMedia() decrypts while the file arrives, unless it is to be verified before", async () => {
  const { bytes, file } = await encrypt(new Uint8Array(600_000).fill(1));
  const { client } = makeStored(chunks([bytes.subarray(0, 300_000)], "hang", {}), EncryptingClient);
  const { body } = await client.streamMedia(file);
  const reader = body.getReader();
  const { value } = await reader.read();
  assertEquals(value, new Uint8Array(256 * 1024).fill(1));
  await reader.cancel();

  const early = await client.streamMedia(file, { verify: "before", deadline: 50 });
  await assertRejects(() => new Response(early.body).arrayBuffer(), MatrixConnectionError);
});

Deno.test("ClientAPI.downloadMedia() and streamMedia() reject a file that was changed", async () => {
  const { bytes, file } = await encrypt(new Uint8Array(300_000));
  bytes[5]! ^= 1;
  const { client } = makeStored(part(bytes), EncryptingClient);
  await assertRejects(() => client.downloadMedia(file), DecryptionError, "hash");
  const read = async (verify: "end" | "before") => {
    let size = 0;
    const reader = (await client.streamMedia(file, { verify })).body.getReader();
    const error = await assertRejects(async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.length;
    }, DecryptionError);
    assert(error.message.includes("hash"));
    return size;
  };
  assertEquals(await read("end"), 300_000);
  assertEquals(await read("before"), 0);
});

Deno.test("ClientAPI.downloadMedia() and streamMedia() limit and report the size of an encrypted file", async () => {
  const { bytes, file } = await encrypt(new Uint8Array(300_000));
  const { client } = makeStored(part(bytes), EncryptingClient);
  await assertRejects(() => client.downloadMedia(file, { maxSize: 299_999 }), FileTooLargeError);
  await assertRejects(() => client.streamMedia(file, { maxSize: 299_999 }), FileTooLargeError);
  const unsized = makeStored(chunks([bytes], "close", {}), EncryptingClient).client;
  const { body } = await unsized.streamMedia(file, { maxSize: 299_999 });
  await assertRejects(() => new Response(body).arrayBuffer(), FileTooLargeError);
  let last: unknown;
  const onProgress = (...progress: unknown[]) => void (last = progress);
  await client.downloadMedia(file, { onProgress });
  assertEquals(last, [300_000, 300_000]);
});

Deno.test("ClientAPI.downloadMedia() and streamMedia() name what decrypts, before any request", async () => {
  const { file } = await encrypt(BYTES);
  const { client, server } = makeStored({});
  for (const method of ["downloadMedia", "streamMedia"] as const) {
    await assertRejects(() => client[method](file), TypeError, "decryptAttachment of @mtx/client/crypto");
  }
  assertEquals(server.received, []);
});

Deno.test("ClientAPI.downloadMedia() and streamMedia() reject malformed files before any request", async () => {
  const { file } = await encrypt(BYTES);
  const { client, server } = makeStored({}, EncryptingClient);
  for (const method of ["downloadMedia", "streamMedia"] as const) {
    for (const change of [{ v: "v1" }, { iv: "AA" }, { hashes: {} }, { key: {} }]) {
      const malformed = { ...file, ...change } as EncryptedFile;
      await assertRejects(() => client[method](malformed), DecryptionError);
    }
    for (const url of ["https://example.org/a", "", undefined]) {
      const malformed = { ...file, url } as EncryptedFile;
      const error = await assertRejects(() => client[method](malformed));
      assert(error instanceof SyntaxError || error instanceof TypeError, String(error));
    }
    await assertRejects(() => client[method]([] as never), Error);
  }
  await assertRejects(() => client.streamMedia(file, { verify: "never" as "end" }), TypeError, "verify");
  assertEquals(server.received, []);
});

Deno.test("ClientAPI.downloadMedia() rejects an encrypted file whose connection is lost", async () => {
  const { bytes, file } = await encrypt(new Uint8Array(300_000));
  for (const end of ["close", "error"] as const) {
    const lost = chunks([bytes.subarray(0, 200_000)], end, { "content-length": "300000" });
    const { client } = makeStored(lost, EncryptingClient);
    await assertRejects(() => client.downloadMedia(file), Error, "200000 bytes");
    const { body } = await client.streamMedia(file);
    await assertRejects(() => new Response(body).arrayBuffer(), Error, "200000 bytes");
  }
});
