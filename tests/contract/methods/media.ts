import type { ClientAPI } from "../../../client/mod.ts";
import { either, fields, instance, nullish, number, string } from "../../support/shapes.ts";
import { flag, inBody, inPath, inQuery, TIME } from "./options.ts";
import { type Argument, type Option, rows, withOption } from "./row.ts";
import { invalid, lacking, URI, whole } from "./samples.ts";

const MEDIA: Argument = [URI, "mxc"];
const PLACE = "example.org:8448/AQ_aw-1";
const CONTENT: Argument = ["data", "content"];

const timeoutMs = inQuery("timeout_ms", "non-null", 5, { cases: TIME });
const download = {
  timeoutMs,
  allowRemote: { ...inQuery("allow_remote", "non-null", true), kind: null } as Option,
  maxSize: flag(1e6, "number?"),
  onProgress: flag(),
};
const content = {
  ...download,
  fileName: inPath(1, "truthy", "tea.txt", {
    read: ({ path }) => path.split("/download/")[1]?.split("/")[2],
    kind: "text?",
  }),
  decrypt: flag(),
};

/** Reads the whole body of a stream. */
async function readStream(client: ClientAPI, args: unknown[]): Promise<unknown> {
  const { body, headers: _headers, ...head } = await client.streamMedia(
    ...args as Parameters<ClientAPI["streamMedia"]>,
  );
  const { length } = await new Response(body).bytes();
  return { ...head, length };
}

/** Uploads in the background, and waits for that. */
async function uploadLater(client: ClientAPI, args: unknown[]): Promise<unknown> {
  let transfer: Promise<void> | undefined;
  const onTransfer = (promise: Promise<void>) => transfer = promise;
  const given = withOption(withOption(args, "asyncUpload", true), "onTransfer", onTransfer);
  const uri = await client.uploadMedia(...given as Parameters<ClientAPI["uploadMedia"]>);
  await transfer;
  return uri;
}

export const media = rows({
  createMxc: {
    line: "POST /_matrix/media/v1/create",
    body: {},
    ...whole({ content_uri: URI, unused_expires_at: 5 }),
    malformed: lacking("content_uri"),
    resolves: fields({ content_uri: string }),
  },
  uploadMedia: {
    args: [CONTENT],
    options: {
      mimeType: inBody([], "truthy", "text/plain", {
        read: ({ headers }) => headers.get("content-type"),
        fallback: "application/octet-stream",
      }),
      filename: inQuery("filename", "truthy", "a.txt"),
      size: inBody([], "truthy", 4, { read: ({ bytes }) => bytes.length, fallback: 4, kind: null }),
      mxc: flag(),
      asyncUpload: flag(),
      onTransfer: flag(),
      onProgress: flag(),
      maxSize: flag(),
    },
    given: { filename: "a é.txt" },
    line: "POST /_matrix/media/v3/upload",
    query: { filename: "a é.txt" },
    response: { content_uri: URI },
    result: URI,
    malformed: lacking("content_uri"),
    bytes: true,
    calls: [{ options: { mxc: [URI, "mxc?"] } }, { via: uploadLater }],
  },
  downloadMedia: {
    args: [MEDIA],
    options: content,
    given: { timeoutMs: 5 },
    line: `GET /_matrix/client/v1/media/download/${PLACE}`,
    query: { timeout_ms: "5" },
    result: new TextEncoder().encode("{}"),
    resolves: instance(Uint8Array),
    operations: ["getContent", "getContentAuthed", "getContentOverrideName"],
    asksVersions: true,
    bytes: true,
  },
  downloadThumbnail: {
    args: [MEDIA],
    options: {
      ...download,
      width: inQuery("width", "non-null", 5, { with: { height: 5 } }),
      height: inQuery("height", "non-null", 5, { with: { width: 5 } }),
      resizeMethod: inQuery("method", "non-null", "crop"),
      animated: { ...inQuery("animated", "non-null", true), kind: null },
    },
    given: { width: 32, height: 0 },
    line: `GET /_matrix/client/v1/media/thumbnail/${PLACE}`,
    query: { width: "32", height: "0" },
    result: new TextEncoder().encode("{}"),
    resolves: instance(Uint8Array),
    operations: ["getContentThumbnail"],
    asksVersions: true,
    bytes: true,
  },
  streamMedia: {
    args: [MEDIA],
    options: { ...content, verify: flag() },
    line: `GET /_matrix/client/v1/media/download/${PLACE}`,
    result: { status: 200, contentType: "application/json", fileName: undefined, size: 2, length: 2 },
    resolves: fields({ status: number, length: number }),
    operations: ["getContent", "getContentAuthed", "getContentOverrideName"],
    asksVersions: true,
    bytes: true,
    via: readStream,
  },
  getUrlPreview: {
    args: [["https://example.org/?a=b&c#d", "id"]],
    options: { timestamp: { ...inQuery("ts", "non-null", 5, { cases: TIME }), kind: null } },
    timestamp: "ts",
    line: "GET /_matrix/client/v1/media/preview_url",
    query: { url: "https://example.org/?a=b&c#d" },
    ...whole({ "og:title": "Tea", "og:image:width": 1, "og:image:height": 2 }),
    malformed: invalid("Invalid MXOpenGraph in response.", null, [], "text", 5),
    operations: ["getUrlPreview"],
    asksVersions: true,
  },
  getMediaRepoConfig: {
    line: "GET /_matrix/client/v1/media/config",
    ...whole({ "m.upload.size": 5 }),
    malformed: invalid("Invalid MediaRepoConfig in response", null, [], "text", { "m.upload.size": "5" }),
    operations: ["getConfig"],
    asksVersions: true,
    resolves: fields({ "m.upload.size": either(number, nullish) }),
  },
});
