import { assertEquals } from "@std/assert";
import { ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";

const VERSIONS = { versions: ["v1.11"] };

/** Downloads six bytes in two chunks. Returns the downloaded bytes and the lengths of the chunks afterwards. */
async function download(customFetch: boolean): Promise<[bytes: number[], left: number[]]> {
  const chunks = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];
  const fetch = (url: unknown) =>
    Promise.resolve(
      String(url).endsWith("/versions") ? Response.json(VERSIONS) : new Response(
        new ReadableStream({
          start(controller) {
            for (const chunk of chunks) controller.enqueue(chunk);
            controller.close();
          },
        }),
        { headers: { "content-length": "6" } },
      ),
    );
  const options: ClientAPIOptions = { baseUrl: "https://matrix.example.org", token: "token" };
  const original = globalThis.fetch;
  if (!customFetch) globalThis.fetch = fetch as typeof globalThis.fetch;
  try {
    const client = new ClientAPI(customFetch ? { ...options, fetch } : options);
    const bytes = await client.downloadMedia("mxc://example.org/abc");
    return [[...bytes], chunks.map((chunk) => chunk.length)];
  } finally {
    globalThis.fetch = original;
  }
}

Deno.test("ClientAPI.downloadMedia() does not detach or modify chunks, with and without a custom fetch", async () => {
  for (const customFetch of [true, false]) {
    assertEquals(await download(customFetch), [[1, 2, 3, 4, 5, 6], [3, 3]]);
  }
});
