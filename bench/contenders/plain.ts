import { countEvents, ROOM } from "../data.ts";
import type { Contender, Target } from "./contender.ts";

/** Plain `fetch` and `JSON.parse()`, with which everything else is compared. */
export function makePlain(_library: unknown, { url, token }: Target): Contender {
  const headers = { authorization: `Bearer ${token}` };
  const json = { ...headers, "content-type": "application/json" };
  const client = `${url}/_matrix/client/v3`;
  const download = `${url}/_matrix/client/v1/media/download/example.org`;
  const upload = `${url}/_matrix/media/v3/upload`;
  let n = 0;

  async function get(path: string) {
    const response = await fetch(client + path, { headers });
    if (!response.ok) throw new Error(`Cannot GET: status ${response.status}`);
    return JSON.parse(await response.text());
  }

  async function send(method: string, target: string, body: BodyInit, type = json) {
    const response = await fetch(target, { method, headers: type, body });
    if (!response.ok) throw new Error(`Cannot ${method}: status ${response.status}`);
    return JSON.parse(await response.text());
  }

  async function stream(batches: number) {
    let events = 0;
    let since = "";
    for (let batch = 0; batch < batches; batch++) {
      const answer = await get(`/sync?timeout=30000${since}`);
      since = `&since=${answer.next_batch}`;
      events += countEvents(answer);
    }
    return events;
  }

  const bytes = { ...headers, "content-type": "application/octet-stream" };
  return {
    whoami: () => get("/account/whoami"),
    send: () => {
      const path = `/rooms/${encodeURIComponent(ROOM)}/send/m.room.message/plain_${++n}`;
      return send("PUT", client + path, JSON.stringify({ msgtype: "m.text", body: "Hello, world" }));
    },
    sync: async () => countEvents(await get("/sync?timeout=0")),
    stream,
    handle: stream,
    promise: stream,
    members: async () => (await get(`/rooms/${encodeURIComponent(ROOM)}/members`)).chunk.length,
    uploadStream: async (stream, size) => {
      const init: RequestInit & { duplex: "half" } = {
        method: "POST",
        headers: { ...bytes, "content-length": String(size) },
        body: stream,
        duplex: "half",
      };
      const response = await fetch(upload, init);
      if (!response.ok) throw new Error(`Cannot POST: status ${response.status}`);
      return JSON.parse(await response.text());
    },
    uploadBytes: (body) => send("POST", upload, body, bytes),
    downloadStream: async (mediaId) => (await fetch(`${download}/${mediaId}`, { headers })).body!,
    downloadBytes: async (mediaId) => {
      return (await (await fetch(`${download}/${mediaId}`, { headers })).arrayBuffer()).byteLength;
    },
  };
}
