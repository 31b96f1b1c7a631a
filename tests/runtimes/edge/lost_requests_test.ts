/**
 * Calls that outlive the request to a Worker that started them. On Workers, their promises never settle and their timers
 * never fire. Awaiting them from another request hangs or throws, depending on the compatibility date.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { bundle, getWorkerd, serveOnWorkerd } from "./serve.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const workerd = await getWorkerd();
const bundled = workerd && await bundle(`${ROOT}tests/runtimes/edge/lost_requests.ts`);

const message = {
  type: "m.room.message",
  event_id: "$1",
  sender: "@alice:localhost",
  origin_server_ts: 1,
  content: { msgtype: "m.text", body: "Hello" },
};

/** Serves a homeserver that never responds to the first request of each path. */
function serve(): Deno.HttpServer<Deno.NetAddr> {
  const seen = new Set<string>();
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async ({ url, signal }) => {
    const { pathname, searchParams } = new URL(url);
    if (!seen.has(pathname)) {
      seen.add(pathname);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    if (pathname.endsWith("/versions")) return Response.json({ versions: ["v1.11"] });
    const events = searchParams.has("since") ? [message] : [];
    return Response.json({
      next_batch: "s1",
      rooms: { join: { "!room:localhost": { timeline: { events } } } },
    });
  });
}

for (const date of ["2024-01-01", "2025-05-01", "2026-11-01"]) {
  Deno.test(`Client works on workerd after a request that ended early, compatibility date ${date}`, async () => {
    if (!workerd || !bundled) return console.log("skipped: workerd does not run here");
    const homeserver = serve();
    const { url, stop } = await serveOnWorkerd(workerd, bundled, {
      HOMESERVER: `http://127.0.0.1:${homeserver.addr.port}`,
    }, date);
    const get = async (path: string) => await (await fetch(`${url}${path}`)).text();
    try {
      assertEquals(await get("lost/runOnce"), "lost");
      assertEquals(await get("lost/versions"), "lost");
      assertEquals(await get("await/versions"), "versions");
      assertStringIncludes(await get("await/runOnce"), "running already");
      await new Promise((resolve) => setTimeout(resolve, 2_200));
      assertEquals(await get("await/runOnce"), "0");
      assertEquals(await get("await/runOnce"), "1");
      assertEquals(await get("await/versions"), "versions");
    } finally {
      await stop();
      await homeserver.shutdown();
    }
  });
}
