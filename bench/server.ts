/**
 * A homeserver that responds to the benchmarks immediately. It runs in another process, so that its CPU time is not
 * counted. The access token, such as `sync_50000`, selects the size of the responses.
 */

import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { largeSync, memberChunk, syncAnswer, syncBatch } from "./data.ts";

const PIECE = Buffer.alloc(256 * 1024, 120);
const kept = new Map<string, Buffer>();

/** Large responses are made once. */
function made(key: string, make: () => unknown): Buffer {
  let answer = kept.get(key);
  if (answer === undefined) kept.set(key, answer = Buffer.from(JSON.stringify(make())));
  return answer;
}

function answerTo(method: string, path: string, query: string, token: string): unknown {
  const size = Number(/\d+$/.exec(token)?.[0] ?? 0);
  if (path.endsWith("/account/whoami")) return { user_id: "@alice:example.org", device_id: "ABCDEFG" };
  if (method === "PUT") return { event_id: "$Woq2vwLy8mNukf7e8oz61GxT5gpMmr_asojhb56-wU" };
  if (path.endsWith("/members")) return made("members", () => ({ chunk: memberChunk(50_000) }));
  if (path.endsWith("/versions")) return { versions: ["v1.1", "v1.11", "v1.15"], unstable_features: {} };
  if (path.endsWith("/filter")) return { filter_id: "1" };
  if (path.endsWith("/pushrules/")) {
    return { global: { override: [], content: [], room: [], sender: [], underride: [] } };
  }
  if (path.endsWith("/sync")) return answerSync(token, size, /(?:^|&)since=s(\d+)/.exec(query)?.[1]);
  return {};
}

function answerSync(token: string, size: number, since: string | undefined): unknown {
  if (token.startsWith("stream")) {
    const batch = Number(since ?? 0);
    return batch < size ? syncBatch(batch) : undefined;
  }
  // The second poll waits forever.
  if (since !== undefined) return undefined;
  return made(token, () => token.startsWith("rooms") ? largeSync(size, size) : syncAnswer(size));
}

/** Writes this number of bytes as fast as they are read. */
function writeMedia(response: ServerResponse, size: number): void {
  let left = size;
  const more = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (!response.write(piece)) {
        response.once("drain", more);
        return;
      }
    }
    response.end();
  };
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
  more();
}

function respond(request: IncomingMessage, response: ServerResponse, received: number): void {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const method = request.method ?? "GET";
  const media = /\/download\/[^/]+\/bytes_(\d+)/.exec(path);
  if (media) return writeMedia(response, Number(media[1]));
  const token = request.headers.authorization?.split(" ")[1] ?? "";
  const answer = path.endsWith("/upload")
    ? { content_uri: `mxc://example.org/bytes_${received}` }
    : answerTo(method, path, query, token);
  if (answer === undefined) return;
  let body = answer instanceof Buffer ? answer : Buffer.from(JSON.stringify(answer));
  const headers: Record<string, string | number> = { "content-type": "application/json" };
  // Compresses as a proxy does.
  if (token === "gzip") {
    body = gzipSync(body);
    headers["content-encoding"] = "gzip";
  }
  response.writeHead(200, { ...headers, "content-length": body.length });
  response.end(body);
}

if (import.meta.main) {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    let received = 0;
    request.on("data", (chunk: Uint8Array) => received += chunk.length);
    request.on("end", () => respond(request, response, received));
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 }, () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

/** Starts the server. Returns its address and a function that stops it. */
export async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "-A", import.meta.filename!],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const url = new TextDecoder().decode((await reader.read()).value).trim();
  return {
    url,
    stop: async () => {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}
