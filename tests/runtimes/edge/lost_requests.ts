/**
 * A worker whose requests end before what they have started, for lost_requests_test.ts. Its client outlives them.
 *
 * `/lost/<call>` starts a call and responds at once; `/await/<call>` responds with the result of a call.
 */
import { Client } from "../../../client/mod.ts";

let client: Client | undefined;

function makeClient(baseUrl: string): Client {
  const made = new Client({
    baseUrl,
    token: "secret",
    mxid: "@bot:localhost",
    deadline: 1_000,
    handlerDeadline: 1_000,
    retry: { limit: 0 },
  });
  made.on("m.room.message", async (_event, { signal }) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    signal.throwIfAborted();
  });
  return made;
}

export default {
  async fetch(request: Request, env: { HOMESERVER: string }): Promise<Response> {
    const [, mode, call] = new URL(request.url).pathname.split("/");
    if (mode === "") return new Response("ready");
    client ??= makeClient(env.HOMESERVER);
    const result = call === "versions" ? client.versions() : client.runOnce();
    if (mode === "lost") {
      result.catch(() => {});
      // Give the request time to reach the homeserver.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return new Response("lost");
    }
    try {
      const value = await result;
      return new Response(typeof value === "number" ? `${value}` : "versions");
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
