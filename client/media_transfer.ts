import { buildHeaders } from "../http/headers.ts";
import { MatrixConnectionError, MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import { makeRequestError } from "../http/errors/codes.ts";
import type { HTTPAPI, UploadOptions } from "../http/http_api.ts";
import { parseMxcUri } from "../http/mxc.ts";
import type { APIRequestOptions, RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { UploadData } from "../http/upload/body.ts";
import type { ContentURI } from "../types/identifiers.ts";
import type { MediaCreateResponse } from "../types/media.ts";
import { parseServerUrl } from "./server_url.ts";

const UPLOAD_URL = "com.beeper.msc3870.upload_url";
const EXTERNAL_ERROR = "COM.BEEPER.EXTERNAL_UPLOAD_ERROR";

/** Storage elsewhere fails now and then, in ways of its own: it is given time, whatever it says. */
const PATIENCE: RetryPolicy = {
  minTimeout: 2_000,
  multiplier: 2,
  jitter: 0,
  isRetriable: (error) => error instanceof MatrixRequestError || error instanceof MatrixConnectionError,
};

/** Uploads to a place that is there already. The answer says nothing, but has to be one. */
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
 * Makes sure that something can be uploaded to a new place.
 *
 * @returns The URI that the content is going to have.
 * @throws {MatrixResponseError} If nothing can.
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

/** Uploads to a new place: to the homeserver, or to where it has its content kept, and tells it when that is done. */
export async function transferContent(
  api: HTTPAPI,
  place: MediaCreateResponse,
  data: UploadData,
  options: UploadOptions,
): Promise<void> {
  const { content_uri: mxc, [UPLOAD_URL]: url } = place;
  if (url === undefined || url === null) return await uploadToPlace(api, mxc, data, options);
  try {
    await api.uploadTo(url, data, { ...options, retry: { ...PATIENCE, ...options.retry } });
  } catch (error) {
    throw options.signal?.aborted ? error : externalError(error, url);
  }
  const [serverName, mediaId] = parseMxcUri(mxc);
  const complete = path`/_matrix/media/unstable/com.beeper.msc3870/upload/${serverName}/${mediaId}/complete`;
  await api.request("POST", complete, { ...plainOptions(options), params: options.params });
}

function externalError(error: unknown, url: string): unknown {
  const answered = error instanceof MatrixRequestError;
  if (!answered && !(error instanceof MatrixConnectionError)) return error;
  const { origin, pathname } = new URL(url);
  return makeRequestError({
    status: answered ? error.status : -1,
    errcode: EXTERNAL_ERROR,
    text: answered ? error.text ?? (error.body && JSON.stringify(error.body)) : undefined,
    method: "PUT",
    path: origin + pathname,
    cause: error,
  });
}

/** The request options of an upload for a request without content: without what describes the content. */
export function plainOptions(options: RequestOptions): APIRequestOptions {
  const { signal, deadline, retry, query, timestamp } = options;
  const { "content-type": _, ...headers } = buildHeaders(options.headers, undefined);
  return { signal, deadline, retry, query, timestamp, headers };
}

/** What a log may say of an error. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
