import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import {
  FileTooLargeError,
  MatrixRequestError,
  MCannotOverwriteMedia,
  MNotFound,
  MNotYetUploaded,
  MUnrecognized,
  parseMxcUri,
  type UploadData,
} from "../../http/mod.ts";
import type { ContentURI } from "../../types/mod.ts";
import { makePng, pngSize } from "../support/png.ts";
import { newTestUser, online, type TestUser } from "./support.ts";

const MIB = 1024 * 1024;

/** Returns bytes in which each differs from the next. */
function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) % 251);
}

/** Returns a stream of chunks of one mebibyte, created on demand. */
function stream(pieces: number, onCancel = () => {}): ReadableStream<Uint8Array> {
  let left = pieces;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(MIB).fill(left));
      else controller.close();
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}

async function* generate(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

/** Downloads media with a plain request. */
async function plainDownload(user: TestUser, mxc: ContentURI, query = ""): Promise<Response> {
  const [server, id] = parseMxcUri(mxc);
  return await fetch(`${user.baseUrl}/_matrix/client/v1/media/download/${server}/${id}${query}`, {
    headers: { authorization: `Bearer ${user.token}` },
  });
}

online("ClientAPI.uploadMedia() uploads every type of content", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const large = bytes(MIB + 1);
  for (
    const [data, size, content] of [
      [large, undefined, large],
      [large.buffer, undefined, large],
      [large.subarray(5, 10), undefined, large.subarray(5, 10)],
      [new Blob([large]), undefined, large],
      ["é€", undefined, new TextEncoder().encode("é€")],
      [generate(large, bytes(3)), MIB + 4, new Uint8Array([...large, ...bytes(3)])],
      [generate(large, bytes(3)), undefined, new Uint8Array([...large, ...bytes(3)])],
      [new Blob([large]).stream(), MIB + 1, large],
      [new Blob([large]).stream(), undefined, large],
      [() => generate(large), undefined, large],
      [() => Promise.resolve(new Blob([large])), undefined, large],
      [new Uint8Array(), undefined, new Uint8Array()],
      ["", undefined, new Uint8Array()],
      [generate(), 0, new Uint8Array()],
      [generate(), undefined, new Uint8Array()],
    ] as [UploadData, number | undefined, Uint8Array][]
  ) {
    const mxc = await alice.client.uploadMedia(data, { size, mimeType: "application/x-test" });
    const response = await plainDownload(bob, mxc);
    assertEquals(response.headers.get("content-type"), "application/x-test");
    assertEquals(new Uint8Array(await response.arrayBuffer()), content);
    assertEquals(await bob.client.downloadMedia(mxc), content);
  }
});

online("ClientAPI.uploadMedia() keeps a File's type and Unicode name", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const file = new File(["hello"], "naïve – 日本 & 100%?#.txt", { type: "text/plain;charset=utf-8" });
  for (const [options, name] of [[{}, file.name], [{ filename: "b é.txt" }, "b é.txt"]] as const) {
    const mxc = await alice.client.uploadMedia(file, options);
    const { contentType, fileName, size, body } = await bob.client.streamMedia(mxc);
    assertEquals([contentType, fileName, size], ["text/plain;charset=utf-8", name, 5]);
    assertEquals(await new Response(body).text(), "hello");
  }
  const { fileName, body } = await bob.client.streamMedia(
    await alice.client.uploadMedia(file, { filename: "" }),
  );
  assertEquals(fileName, undefined);
  await body.cancel();
});

online("ClientAPI.uploadMedia() and streamMedia() report their progress", async () => {
  const { client } = await newTestUser();
  const up: number[] = [];
  const mxc = await client.uploadMedia(stream(8), {
    size: 8 * MIB,
    onProgress: (sent, total) => {
      assertEquals(total, 8 * MIB);
      up.push(sent);
    },
  });
  assertEquals(up, Array.from({ length: 8 }, (_, i) => (i + 1) * MIB));

  const down: number[] = [];
  const { size, body } = await client.streamMedia(mxc, {
    onProgress: (received, total) => {
      assertEquals(total, 8 * MIB);
      down.push(received);
    },
  });
  assertEquals(size, 8 * MIB);
  let read = 0;
  for await (const chunk of body) read += chunk.length;
  assertEquals(read, 8 * MIB);
  assertEquals(down.at(-1), 8 * MIB);
  assert(down.length > 1);
});

online("ClientAPI.uploadMedia() and streamMedia() stop when aborted during the transfer", async () => {
  const { client } = await newTestUser();
  for (const size of [64 * MIB, undefined]) {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    let cancelled: unknown;
    const error = await assertRejects(() =>
      client.uploadMedia(stream(64, () => cancelled = true), {
        size,
        signal: controller.signal,
        onProgress: (sent) => {
          if (sent === 4 * MIB) controller.abort(reason);
        },
      })
    );
    assertStrictEquals(error, reason);
    assert(cancelled);
  }

  const mxc = await client.uploadMedia(stream(16), { size: 16 * MIB });
  const controller = new AbortController();
  const reason = new Error("enough");
  const { body } = await client.streamMedia(mxc, { signal: controller.signal });
  const reader = body.getReader();
  await reader.read();
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => reader.read()), reason);
});

online("ClientAPI.downloadMedia() and uploadMedia() reject if the file is larger than maxSize", async () => {
  const { client } = await newTestUser();
  const mxc = await client.uploadMedia(bytes(1000));
  await assertRejects(() => client.downloadMedia(mxc, { maxSize: 999 }), FileTooLargeError);
  assertEquals(await client.downloadMedia(mxc, { maxSize: 1000 }), bytes(1000));
  await assertRejects(() => client.uploadMedia(bytes(1000), { maxSize: 999 }), FileTooLargeError);
});

online("ClientAPI.downloadMedia() rejects with the class of the errcode", async () => {
  const { client, baseUrl } = await newTestUser();
  await assertRejects(() => client.downloadMedia("mxc://localhost/missing"), MNotFound);
  const mxc = await client.uploadMedia("x");
  const stranger = new ClientAPI({ baseUrl });
  const error = await assertRejects(() => stranger.downloadMedia(mxc), MatrixRequestError);
  assertEquals(error.status, 401);
});

online("ClientAPI.downloadThumbnail() returns a smaller image", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const mxc = await alice.client.uploadMedia(await makePng(800, 400), { mimeType: "image/png" });
  const cropped = await bob.client.downloadThumbnail(mxc, { width: 96, height: 96, resizeMethod: "crop" });
  assertEquals(pngSize(cropped), [96, 96]);
  const scaled = await bob.client.downloadThumbnail(mxc, {
    width: 320,
    height: 240,
    resizeMethod: "scale",
    animated: false,
    allowRemote: false,
  });
  assertEquals(pngSize(scaled), [320, 160]);
  // @ts-expect-error: Synapse responds M_MISSING_PARAM without width and height.
  await assertRejects(() => bob.client.downloadThumbnail(mxc), MatrixRequestError);
});

online("ClientAPI.createMxc() creates a URI for one upload", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const { content_uri: mxc, unused_expires_at } = await alice.client.createMxc();
  assert(unused_expires_at! > Date.now());
  await assertRejects(() => bob.client.downloadMedia(mxc, { timeoutMs: 0 }), MNotYetUploaded);

  assertEquals(await alice.client.uploadMedia("first", { mxc, filename: "é.txt" }), mxc);
  const response = await plainDownload(bob, mxc);
  assert(response.headers.get("content-disposition")?.includes("%C3%A9.txt"));
  assertEquals(await response.text(), "first");
  await assertRejects(() => alice.client.uploadMedia("second", { mxc }), MCannotOverwriteMedia);
});

online("ClientAPI.uploadMedia() returns the URI before the upload ends if asyncUpload is true", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const content = async function* () {
    yield bytes(10);
    await gate;
    yield bytes(10);
  };
  let transfer: Promise<void> | undefined;
  const mxc = await alice.client.uploadMedia(content(), {
    size: 20,
    asyncUpload: true,
    onTransfer: (promise) => transfer = promise,
  });
  const download = bob.client.downloadMedia(mxc, { timeoutMs: 20_000 });
  await assertRejects(() => bob.client.downloadMedia(mxc, { timeoutMs: 0 }), MNotYetUploaded);
  release();
  await transfer;
  assertEquals(await download, new Uint8Array([...bytes(10), ...bytes(10)]));
});

online("ClientAPI.getMediaRepoConfig() returns the maximum upload size", async () => {
  const { client } = await newTestUser();
  assert((await client.getMediaRepoConfig())["m.upload.size"]! >= MIB);
});

online("ClientAPI.getUrlPreview() returns the Open Graph data of a page", async () => {
  const { client } = await newTestUser();
  const picture = await makePng(40, 30);
  const page = `<html><head><title>Ignored</title><meta property="og:title" content="Tea &amp; é">
    <meta property="og:image" content="/picture.png"></head><body>Text</body></html>`;
  const handler = (request: Request) =>
    new URL(request.url).pathname === "/picture.png"
      ? new Response(picture, { headers: { "content-type": "image/png" } })
      : new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  await serving(handler, async (origin) => {
    try {
      const preview = await client.getUrlPreview(`${origin}/a?b=c&d=é`, { timestamp: Date.now() });
      assertEquals(preview["og:title"], "Tea & é");
      assertEquals([preview["og:image:width"], preview["og:image:height"]], [40, 30]);
      assertEquals(await client.downloadMedia(preview["og:image"]!), picture);
    } catch (error) {
      if (!(error instanceof MUnrecognized)) throw error;
      console.log("This homeserver makes no previews of pages");
    }
  });
});

/** Runs a function with a local server. */
async function serving(
  handler: (request: Request, origin: string) => Response | Promise<Response>,
  work: (origin: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => handler(request, new URL(request.url).origin),
  );
  try {
    await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("ClientAPI.uploadMedia() sends the length but no token to an external upload URL", async () => {
  const seen: string[] = [];
  const handler = async (request: Request, origin: string) => {
    const { pathname, search } = new URL(request.url);
    const size = (await request.arrayBuffer()).byteLength;
    const { headers } = request;
    const token = headers.get("authorization") ?? "no token";
    seen.push(`${request.method} ${pathname}${search} ${size} ${headers.get("content-length")} ${token}`);
    if (!pathname.endsWith("/create")) return Response.json({});
    const content_uri = "mxc://example.org/abc";
    return Response.json({ content_uri, "com.beeper.msc3870.upload_url": `${origin}/store?sig=a%2Fb` });
  };
  await serving(handler, async (baseUrl) => {
    const client = new ClientAPI({ baseUrl, token: "secret" });
    for (
      const [data, size] of [[bytes(5), undefined], [stream(3), 3 * MIB], [stream(3), undefined]] as [
        UploadData,
        number | undefined,
      ][]
    ) {
      let transfer: Promise<void> | undefined;
      const mxc = await client.uploadMedia(data, {
        size,
        asyncUpload: true,
        onTransfer: (promise) => void (transfer = promise),
      });
      await transfer;
      assertEquals(mxc, "mxc://example.org/abc");
    }
  });
  const large = 3 * MIB;
  assertEquals(
    seen,
    [5, large, large].flatMap((size) => [
      "POST /_matrix/media/v1/create 2 2 Bearer secret",
      `PUT /store?sig=a%2Fb ${size} ${size} no token`,
      "POST /_matrix/media/unstable/com.beeper.msc3870/upload/example.org/abc/complete 2 2 Bearer secret",
    ]),
  );
});

Deno.test("ClientAPI.downloadMedia() follows a redirect to another server without the token", async () => {
  const tokens: (string | null)[] = [];
  const cdn = ({ headers }: Request) => {
    tokens.push(headers.get("authorization"));
    return new Response(bytes(100_000));
  };
  await serving(cdn, async (there) => {
    const homeserver = ({ url, headers }: Request) => {
      if (url.endsWith("/versions")) return Response.json({ versions: ["v1.11"] });
      tokens.push(headers.get("authorization"));
      return new Response(null, { status: 307, headers: { location: `${there}/file` } });
    };
    await serving(homeserver, async (baseUrl) => {
      const client = new ClientAPI({ baseUrl, token: "secret" });
      assertEquals(await client.downloadMedia("mxc://example.org/abc"), bytes(100_000));
    });
  });
  assertEquals(tokens, ["Bearer secret", null]);
});

Deno.test("ClientAPI.downloadMedia() sends no token to a homeserver without authenticated media", async () => {
  const seen: string[] = [];
  const handler = ({ url, headers }: Request) => {
    const { pathname, search } = new URL(url);
    if (pathname.endsWith("/versions")) return Response.json({ versions: ["v1.10"] });
    seen.push(`${pathname}${search} ${headers.get("authorization")}`);
    return new Response("old");
  };
  await serving(handler, async (baseUrl) => {
    const client = new ClientAPI({ baseUrl, token: "secret" });
    assertEquals(await client.downloadMedia("mxc://example.org/abc"), new TextEncoder().encode("old"));
  });
  assertEquals(seen, ["/_matrix/media/v3/download/example.org/abc?allow_redirect=true null"]);
});
