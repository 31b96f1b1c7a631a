import { assert, assertEquals, assertRejects } from "@std/assert";
import { FileTooLargeError, HTTPAPI } from "../../../http/mod.ts";
import { FakeHomeserver } from "../../support/fake_homeserver.ts";

const done = { content_uri: "mxc://example.org/a" };
const bytes = (size: number) => new Uint8Array(size).map((_, i) => i % 251);

function make(server: FakeHomeserver): HTTPAPI {
  return new HTTPAPI({ baseUrl: "https://hs.example.org", fetch: server.fetch, retry: { limit: 0 } });
}

/** A file as Bun 1.4's `Bun.file()` returns it: its size is what it is claimed to be, its content is read late. */
class LateFile extends Blob {
  constructor(readonly claimed: number, readonly read: () => Uint8Array<ArrayBuffer>, readonly start = 0) {
    super();
  }

  override get size(): number {
    return this.claimed;
  }

  override slice(start = 0, end = Infinity): Blob {
    return new LateFile(end - start, () => this.read().subarray(start, end), start);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return new Promise((resolve) => resolve(this.read().slice().buffer));
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new Blob([this.read()]).stream();
  }
}

Deno.test("HTTPAPI.upload() reads a Blob of size 0 to make sure", async () => {
  for (const size of [0, 3, 256 * 1024, 700_000]) {
    const server = new FakeHomeserver().on("POST /up", done);
    assertEquals(await make(server).upload("POST", "/up", new LateFile(0, () => bytes(size))), done);
    assertEquals(server.last.bytes, bytes(size));
  }
  const server = new FakeHomeserver().on("POST /up", done);
  const large = new LateFile(0, () => bytes(5));
  await assertRejects(() => make(server).upload("POST", "/up", large, { maxSize: 4 }), FileTooLargeError);
  await assertRejects(() => make(server).upload("POST", "/up", large, { size: 4 }), RangeError, "5 bytes");
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.upload() throws RangeError if the size of a Blob is wrong", async () => {
  for (
    const [claimed, actual] of [
      [10, 3],
      [3, 10],
      [4503599627370489, 990],
      [300_000, 3],
      [300_000, 0],
      [4503599627370489, 600_000],
      [600_000, 300_000],
    ] as const
  ) {
    const server = new FakeHomeserver().on("POST /up", done);
    const file = new LateFile(claimed, () => bytes(actual));
    await assertRejects(() => make(server).upload("POST", "/up", file), RangeError, "Cannot upload");
  }
});

Deno.test("HTTPAPI.upload() throws RangeError if a file shrinks while it is read", async () => {
  let size = 700_000;
  const file = new LateFile(size, () => bytes(size));
  const server = new FakeHomeserver().on("POST /up", done);
  const shrink = () => void (size = 300_000);
  const upload = () => make(server).upload("POST", "/up", file, { onProgress: shrink });
  await assertRejects(upload, RangeError, "Cannot upload");
});

Deno.test("HTTPAPI.upload() throws RangeError if an empty Blob is of a file that has content", async () => {
  class File extends LateFile {
    stat(): Promise<{ size: number }> {
      return Promise.resolve({ size: 11 });
    }
  }
  const server = new FakeHomeserver().on("POST /up", done);
  const file = new File(0, () => bytes(0));
  await assertRejects(() => make(server).upload("POST", "/up", file), RangeError, "11 bytes");
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.upload() throws the runtime's own error for a missing file", async () => {
  const missing = Object.assign(new Error("no such file"), { code: "ENOENT" });
  const file = new LateFile(0, () => {
    throw missing;
  });
  const server = new FakeHomeserver().on("POST /up", done);
  const error = await assertRejects(() => make(server).upload("POST", "/up", file), Error, "no such file");
  assertEquals(error, missing);
  await assertRejects(() => make(server).upload("POST", "/up", () => file), Error, "no such file");
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.upload() sends files of Bun.file() completely or not at all", async () => {
  interface BunLike {
    file(path: string): Blob & { delete(): Promise<void> };
    write(path: string, content: string | Blob): Promise<unknown>;
  }
  const { Bun } = globalThis as { Bun?: BunLike };
  if (Bun === undefined) return console.log("skipped: Bun.file(): not on Bun");
  const path = `/tmp/mtx-client-upload-${crypto.randomUUID()}`;
  const server = new FakeHomeserver().on("POST /up", done);
  const api = make(server);
  await assertRejects(() => api.upload("POST", "/up", Bun.file(path)), Error, "ENOENT");
  assertEquals(server.received.length, 0);
  await api.upload("POST", "/up", Bun.file("/proc/version"));
  assert(server.last.text.startsWith("Linux"), server.last.text);

  await Bun.write(path, "x".repeat(1000));
  await api.upload("POST", "/up", Bun.file(path));
  assertEquals(server.last.bytes.length, 1000);
  const sent = server.received.length;
  await assertRejects(() => api.upload("POST", "/up", Bun.file(path).slice(10)), RangeError, "990 bytes");
  const shrunk = Bun.file(path);
  assertEquals(shrunk.size, 1000);
  await Bun.write(path, "y");
  await assertRejects(() => api.upload("POST", "/up", shrunk), RangeError, "1 bytes");
  await Bun.write(path, new Blob());
  const [grown, removed] = [Bun.file(path), Bun.file(path)];
  assertEquals([grown.size, removed.size], [0, 0]);
  await Bun.write(path, "x".repeat(1000));
  await assertRejects(() => api.upload("POST", "/up", grown), RangeError, "1000 bytes");
  await removed.delete();
  await assertRejects(() => api.upload("POST", "/up", removed), Error, "ENOENT");
  assertEquals(server.received.length, sent);
});
