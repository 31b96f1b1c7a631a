import { checkTimeout, given } from "../http/validate.ts";
import { MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import type { HTTPAPI } from "../http/http_api.ts";
import { downloadPath, type DownloadUrlOptions } from "../http/mxc.ts";
import type { QueryValue, RequestOptions } from "../http/options.ts";
import { callQuery } from "../http/query.ts";
import { checkBounds, type StreamResponse } from "../http/download.ts";
import type { ContentURI } from "../types/identifiers.ts";
import { refuseTimestamp } from "./base.ts";
import { supportsAtLeast, supportsVersion, type VersionsResponse } from "./content/versions.ts";
import type { DownloadMediaOptions } from "./media_options.ts";

/** What choosing between the paths takes of a client. */
interface Client {
  readonly api: HTTPAPI;
  versions(options?: RequestOptions): Promise<VersionsResponse>;
}

/**
 * Makes a request on the path that the homeserver should know, the present one or the one before v1.11; if it does not
 * know it, once on the other.
 *
 * @param client Who asks.
 * @param options The request options.
 * @param go Makes the request: on the present path or not.
 */
export async function onMediaPath<T>(
  client: Client,
  options: RequestOptions | undefined,
  go: (present: boolean) => Promise<T>,
): Promise<T> {
  const { signal, deadline, retry, headers, ...rest } = given(options);
  callQuery(rest);
  const versions = await client.versions({ signal, deadline, retry, headers });
  const present = supportsAtLeast(versions, "v1.11") ||
    supportsVersion(versions, "org.matrix.msc3916.stable") === true;
  try {
    return await go(present);
  } catch (error) {
    if (!isUnknownPath(error)) throw error;
    return await go(!present);
  }
}

function isUnknownPath(error: unknown): boolean {
  return error instanceof MatrixRequestError && error.status === 404 && error.errcode === "M_UNRECOGNIZED";
}

/** Downloads content, or a picture of it. All arguments are checked before anything is sent. */
export async function streamContent(
  client: Client,
  downloadType: DownloadUrlOptions["downloadType"],
  url: ContentURI,
  options: DownloadMediaOptions | undefined,
  params?: Readonly<Record<string, QueryValue>>,
): Promise<StreamResponse> {
  const { timeoutMs, allowRemote, ...rest } = given(options);
  const path = (authenticated: boolean) => downloadPath(url, { downloadType, authenticated });
  path(true);
  refuseTimestamp(rest, "downloads have no `ts` parameter");
  checkBounds(rest);
  callQuery({ params });
  const timeout = timeoutMs ?? undefined;
  const serverTimeout = checkTimeout(timeout, 0);
  return await onMediaPath(client, options, (present) =>
    client.api.stream("GET", path(present), {
      ...options,
      authenticated: present,
      serverTimeout,
      params: {
        ...params,
        timeout_ms: timeout,
        ...(present ? {} : { allow_redirect: true, allow_remote: allowRemote }),
      },
    }));
}

/**
 * Reads a download to its end, without a second copy where its size is known.
 */
export async function readBytes({ body, size }: StreamResponse): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  if (size === undefined) return await readChunks(reader);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(size);
  } catch (cause) {
    await reader.cancel();
    throw new MatrixResponseError(`Cannot download: ${size} bytes do not fit into memory`, { cause });
  }
  let offset = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return bytes;
    bytes.set(value, offset);
    offset += value.length;
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

async function readChunks(reader: Reader): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    size += next.value.length;
  }
  if (chunks.length === 1 && chunks[0]!.buffer.byteLength === size) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (let i = 0; i < chunks.length; i++) {
    const chunk = chunks[i]!;
    // Each chunk may go as soon as it is copied.
    chunks[i] = undefined;
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
