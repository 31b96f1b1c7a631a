import { checkBounds, type DownloadBounds, type StreamOptions } from "../http/download.ts";
import { MatrixConnectionError, MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import { makeRequestError } from "../http/errors/request_error.ts";
import { buildHeaders } from "../http/headers.ts";
import type { HTTPAPI, UploadOptions } from "../http/http_api.ts";
import { callQuery, downloadPath, type DownloadUrlOptions, path } from "../http/path.ts";
import { type ContentURI, parseMxcUri } from "../types/identifiers.ts";
import type { APIRequestOptions, QueryValue, RequestOptions } from "../http/options.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { UploadData } from "../http/upload/body.ts";
import { checkGiven, checkTimeout, given, parseServerUrl, unlessEmpty } from "../http/validate.ts";
import type { MediaCreateResponse } from "../types/media.ts";
import type { AttachmentDecryptor } from "./attachments.ts";
import { refuseTimestamp } from "./base.ts";
import { supportsAtLeast, supportsVersion, type VersionsResponse } from "./content/versions.ts";
import type { VersionsOptions } from "./discovery.ts";

/** Options of {@linkcode MediaMethods.prototype.downloadMedia}. */
export interface DownloadMediaOptions extends RequestOptions, DownloadBounds {
  /**
   * The file name that the homeserver sends in `Content-Disposition`. Defaults to the one of the upload. An empty name, and
   * empty parts between slashes, are ignored.
   */
  fileName?: string | undefined;
  /**
   * The time in milliseconds that the homeserver may wait for content that is not uploaded yet. Defaults to the
   * homeserver's own, usually 20 seconds. `deadline` starts after it.
   */
  timeoutMs?: number | undefined;
  /**
   * Whether the homeserver may fetch the content from another homeserver. Sent only on the paths that the specification
   * deprecated in v1.11.
   *
   * @default {true}
   */
  allowRemote?: boolean | undefined;
  /**
   * Decrypts an `EncryptedFile`: `decryptAttachment` of `@mtx/client/crypto`. Defaults to the decryption of the client, which
   * a `Client` with `crypto` has.
   */
  decrypt?: AttachmentDecryptor | undefined;
}

/** The members of a client that the choice between the media paths needs. */
interface Client {
  readonly api: HTTPAPI;
  versions(options?: VersionsOptions): Promise<VersionsResponse>;
}

/**
 * Sends a request on the media path that the homeserver supports: the authenticated path since v1.11, or the deprecated
 * path. If the homeserver does not know the path, the other one is used once.
 *
 * A homeserver that is upgraded while the client runs responds 404 `M_NOT_FOUND` to new content on the deprecated path.
 * So any 404 on that path requests the versions again, once.
 *
 * @param client The client that sends the request.
 * @param options The request options.
 * @param send Sends the request on the authenticated path, or on the deprecated path.
 */
export async function onMediaPath<T>(
  client: Client,
  options: RequestOptions | undefined,
  send: (authenticated: boolean) => Promise<T>,
): Promise<T> {
  const { signal, deadline, retry, headers, ...rest } = given(options);
  callQuery(rest);
  const request = { signal, deadline, retry, headers };
  const authenticated = hasAuthenticatedMedia(await client.versions(request));
  try {
    return await send(authenticated);
  } catch (error) {
    if (!(error instanceof MatrixRequestError) || error.status !== 404) throw error;
    const upgraded = !authenticated && await wasUpgraded(client, request);
    if (!upgraded && error.errcode !== "M_UNRECOGNIZED") throw error;
    return await send(!authenticated);
  }
}

function hasAuthenticatedMedia(versions: VersionsResponse): boolean {
  return supportsAtLeast(versions, "v1.11") ||
    supportsVersion(versions, "org.matrix.msc3916.stable") === true;
}

/** Returns whether the homeserver supports the authenticated paths by now. A failed request counts as no. */
async function wasUpgraded(client: Client, request: RequestOptions): Promise<boolean> {
  try {
    return hasAuthenticatedMedia(await client.versions({ ...request, noCache: true }));
  } catch {
    request.signal?.throwIfAborted();
    return false;
  }
}

/**
 * Requests content or its thumbnail. Checks all arguments before the first request.
 *
 * @param client The client that sends the request.
 * @param downloadType The content itself, or a thumbnail.
 * @param url The content URI.
 * @param options The caller's options.
 * @param params The query parameters of a thumbnail.
 * @param send Sends the request.
 */
export async function requestContent<T>(
  client: Client,
  downloadType: DownloadUrlOptions["downloadType"],
  url: ContentURI,
  options: DownloadMediaOptions | undefined,
  params: Readonly<Record<string, QueryValue>> | undefined,
  send: (path: string, options: StreamOptions) => Promise<T>,
): Promise<T> {
  const { timeoutMs, allowRemote, fileName, ...rest } = given(options);
  checkGiven("string", { fileName });
  const path = (authenticated: boolean) =>
    downloadPath(url, { downloadType, authenticated, fileName: unlessEmpty(fileName) });
  path(true);
  refuseTimestamp(rest, "downloads have no `ts` parameter");
  checkBounds(rest);
  callQuery({ params });
  const timeout = timeoutMs ?? undefined;
  const serverTimeout = checkTimeout(timeout, 0);
  return await onMediaPath(client, options, (authenticated) =>
    send(path(authenticated), {
      ...options,
      authenticated,
      serverTimeout,
      params: {
        ...params,
        timeout_ms: timeout,
        ...(authenticated ? {} : { allow_redirect: true, allow_remote: allowRemote }),
      },
    }));
}

const UPLOAD_URL = "com.beeper.msc3870.upload_url";
const EXTERNAL_ERROR = "COM.BEEPER.EXTERNAL_UPLOAD_ERROR";

/** The retry policy of uploads to external storage, where any error response may be temporary. */
const EXTERNAL_RETRY: RetryPolicy = {
  minTimeout: 2_000,
  multiplier: 2,
  jitter: 0,
  isRetriable: (error) => error instanceof MatrixRequestError || error instanceof MatrixConnectionError,
};

/** Uploads to a content URI that exists already. The response must be JSON, and is ignored. */
export async function uploadToPlace(
  api: HTTPAPI,
  mxc: ContentURI,
  data: UploadData,
  options: UploadOptions,
): Promise<void> {
  const [serverName, mediaId] = parseMxcUri(mxc);
  await api.upload("PUT", path`/_matrix/media/v3/upload/${serverName}/${mediaId}`, data, options);
}

/**
 * Checks the response of `createMxc()` for an upload.
 *
 * @returns The URI of the content.
 * @throws {MatrixResponseError} If its URI or its upload URL is malformed.
 */
export function checkPlace(place: MediaCreateResponse): ContentURI {
  const { content_uri: mxc, [UPLOAD_URL]: url } = place;
  try {
    parseMxcUri(mxc);
  } catch (cause) {
    throw new MatrixResponseError("Invalid `content_uri` in response: expected content URI", { cause });
  }
  if (url === undefined || url === null || parseServerUrl(url).url) return mxc;
  throw new MatrixResponseError(`Invalid \`${UPLOAD_URL}\` in response: expected URL`);
}

/**
 * Uploads to the content URI that `createMxc()` has returned. If the response names external storage, the content is
 * uploaded there and the homeserver is notified afterwards.
 */
export async function transferContent(
  api: HTTPAPI,
  place: MediaCreateResponse,
  data: UploadData,
  options: UploadOptions,
): Promise<void> {
  const { content_uri: mxc, [UPLOAD_URL]: url } = place;
  if (url === undefined || url === null) return await uploadToPlace(api, mxc, data, options);
  try {
    await api.uploadTo(url, data, { ...options, retry: { ...EXTERNAL_RETRY, ...options.retry } });
  } catch (error) {
    throw options.signal?.aborted ? error : externalError(error, url);
  }
  const [serverName, mediaId] = parseMxcUri(mxc);
  const complete = path`/_matrix/media/unstable/com.beeper.msc3870/upload/${serverName}/${mediaId}/complete`;
  await api.request("POST", complete, { ...plainOptions(options), params: options.params });
}

function externalError(error: unknown, url: string): unknown {
  const responded = error instanceof MatrixRequestError;
  if (!responded && !(error instanceof MatrixConnectionError)) return error;
  const { origin, pathname } = new URL(url);
  return makeRequestError({
    status: responded ? error.status : -1,
    errcode: EXTERNAL_ERROR,
    text: responded ? error.text ?? (error.body && JSON.stringify(error.body)) : undefined,
    method: "PUT",
    path: origin + pathname,
    cause: error,
  });
}

/** Returns the request options of an upload for a request without content, so without its content type. */
export function plainOptions(options: RequestOptions): APIRequestOptions {
  const { signal, deadline, retry, query } = options;
  const { "content-type": _, ...headers } = buildHeaders(options.headers, undefined);
  return { signal, deadline, retry, query, headers };
}

/** Describes an error for the log. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
