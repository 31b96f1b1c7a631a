import { countEvents, ROOM } from "../data.ts";
import type { Contender, Target } from "./contender.ts";

const USER_AGENT = "some-client/0.1.0 (+https://example.org/client)";

/**
 * Plain `fetch` with the minimum of a library: a time limit, a User-Agent, no redirects with the token, and a check of the
 * response's length.
 */
export function makeLimited(_library: unknown, { url, token }: Target): Contender {
  const client = `${url}/_matrix/client/v3`;
  let n = 0;

  async function call(method: string, path: string, body?: string) {
    const headers: Record<string, string> = { "user-agent": USER_AGENT, authorization: `Bearer ${token}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 60_000);
    try {
      const init: RequestInit = { method, headers, body, redirect: "manual", signal: controller.signal };
      const response = await fetch(client + path, init);
      if (!response.ok) throw new Error(`Cannot ${method}: status ${response.status}`);
      const length = response.headers.get("content-length");
      if (length === null || Number(length) > 2 ** 29) throw new Error(`Cannot ${method}: too large`);
      return JSON.parse(await response.text());
    } finally {
      clearTimeout(timer);
    }
  }

  async function stream(batches: number) {
    let events = 0;
    let since = "";
    for (let batch = 0; batch < batches; batch++) {
      const answer = await call("GET", `/sync?timeout=30000${since}`);
      since = `&since=${answer.next_batch}`;
      events += countEvents(answer);
    }
    return events;
  }

  return {
    whoami: () => call("GET", "/account/whoami"),
    send: () => {
      const path = `/rooms/${encodeURIComponent(ROOM)}/send/m.room.message/limited_${++n}`;
      return call("PUT", path, JSON.stringify({ msgtype: "m.text", body: "Hello, world" }));
    },
    sync: async () => countEvents(await call("GET", "/sync?timeout=0")),
    stream,
    handle: stream,
    promise: stream,
    members: async () => (await call("GET", `/rooms/${encodeURIComponent(ROOM)}/members`)).chunk.length,
  };
}
