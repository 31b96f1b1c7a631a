import { assertEquals } from "@std/assert";
import { ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";

const VERSIONS = { versions: ["v1.11"] };

/** Downloads six bytes in two chunks; says what came, and what is left of the chunks. */
async function download(given: boolean): Promise<[bytes: number[], left: number[]]> {
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
  const host = globalThis.fetch;
  if (!given) globalThis.fetch = fetch as typeof globalThis.fetch;
  try {
    const client = new ClientAPI(given ? { ...options, fetch } : options);
    const bytes = await client.downloadMedia("mxc://example.org/abc");
    return [[...bytes], chunks.map((chunk) => chunk.length)];
  } finally {
    globalThis.fetch = host;
  }
}

Deno.test("ClientAPI.downloadMedia() leaves the chunks that it reads alone, whose fetch it may be", async () => {
  for (const given of [true, false]) assertEquals(await download(given), [[1, 2, 3, 4, 5, 6], [3, 3]]);
});
