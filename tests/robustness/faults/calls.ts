/** The calls of the matrix. Everything that they send holds secrets. */
import type { ClientAPI } from "../../../client/mod.ts";
import { type CallName, UPLOAD_SIZE } from "./case.ts";
import { common, SECRET_CALLS, type SecretCallName } from "./secret_calls.ts";
import { SECRETS } from "./secrets.ts";

const UPLOAD = "/_matrix/media/v3/upload";
const DOWNLOAD = "/_matrix/client/v1/media/download/localhost/media";

/** Returns the byte of an upload at an index. */
export function contentByte(index: number): number {
  return (index * 31 + (index >> 11)) & 255;
}

const CONTENT = Uint8Array.from({ length: UPLOAD_SIZE }, (_, i) => contentByte(i));

function stream(): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= UPLOAD_SIZE) return controller.close();
      controller.enqueue(CONTENT.slice(at, at += 64 * 1024));
    },
  }, { highWaterMark: 0 });
}

type Call = (client: ClientAPI, signal: AbortSignal) => Promise<unknown>;

/** The calls by name. */
export const CALLS: Record<CallName, Call> = {
  GET: (client, signal) => client.whoami({ signal, ...common() }),
  PUT: (client, signal) => client.sendText("!room:localhost", "Hello", { signal, ...common() }),
  ghost: (client, signal) => client.sendText("!room:localhost", "Hello", { signal, ...common() }),
  POST: (client, signal) =>
    client.login({
      identifier: "alice",
      password: SECRETS.password,
      refresh_token: SECRETS.refreshToken,
      signal,
      ...common(),
    }),
  bytes: (client, signal) => client.api.upload("POST", UPLOAD, CONTENT, { signal, ...common() }),
  Blob: (client, signal) => client.api.upload("POST", UPLOAD, new Blob([CONTENT]), { signal, ...common() }),
  stream: (client, signal) =>
    client.api.upload("POST", UPLOAD, stream(), { size: UPLOAD_SIZE, signal, ...common() }),
  function: (client, signal) =>
    client.api.upload("PUT", UPLOAD, stream, { size: UPLOAD_SIZE, signal, ...common() }),
  download: async (client, signal) => {
    const { body } = await client.api.stream("GET", DOWNLOAD, { signal, ...common() });
    return (await new Response(body).arrayBuffer()).byteLength;
  },
  ...secretCalls(),
};

function secretCalls(): Record<SecretCallName, Call> {
  const entries = Object.entries(SECRET_CALLS).map(([name, { call }]) => [name, call]);
  return Object.fromEntries(entries) as Record<SecretCallName, Call>;
}
