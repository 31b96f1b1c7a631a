/** The calls that the matrix makes, each with secrets in all that it sends. */
import type { ClientAPI } from "../../../client/mod.ts";
import { type CallName, UPLOAD_SIZE } from "./case.ts";
import { COOKIE, PASSWORD, PRIVATE_KEY, QUERY_SECRET, REFRESH_TOKEN, SIGNATURE } from "./secrets.ts";

const UPLOAD = "/_matrix/media/v3/upload";
const DOWNLOAD = "/_matrix/client/v1/media/download/localhost/media";

/** What an upload carries at a place. */
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

/** Makes a call. */
export const CALLS: Record<CallName, (client: ClientAPI, signal: AbortSignal) => Promise<unknown>> = {
  GET: (client, signal) => client.whoami({ signal, ...common() }),
  PUT: (client, signal) => client.sendText("!room:localhost", "Hello", { signal, ...common() }),
  POST: (client, signal) =>
    client.login({
      identifier: "alice",
      password: PASSWORD,
      refresh_token: REFRESH_TOKEN,
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
  refresh: (client, signal) =>
    client.api.request("POST", "/_matrix/client/v3/refresh", {
      body: { refresh_token: REFRESH_TOKEN },
      signal,
      ...common(),
    }),
  password: (client, signal) =>
    client.api.request("POST", "/_matrix/client/v3/account/password", {
      body: { new_password: PASSWORD, auth: { type: "m.login.password", password: PASSWORD } },
      signal,
      ...common(),
    }),
  keys: (client, signal) =>
    client.sendToOneDevice("m.secret.send", "@alice:localhost", "DEVICE", {
      request_id: "1",
      secret: PRIVATE_KEY,
    }, { signal, ...common() }),
  uploadTo: (client, signal) =>
    client.api.uploadTo(`${client.api.baseUrl}/bucket?signature=${SIGNATURE}`, CONTENT.slice(0, 1000), {
      signal,
    }),
};

function common() {
  return { headers: { cookie: `session=${COOKIE}` }, query: { extra: QUERY_SECRET } };
}
