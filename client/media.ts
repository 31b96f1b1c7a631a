import {
  checkBounds,
  type DownloadBounds,
  type StreamOptions,
  type StreamResponse,
} from "../http/download.ts";
import { MatrixConnectionError, MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import { makeRequestError, required } from "../http/response.ts";
import type { HTTPAPI, UploadOptions } from "../http/http_api.ts";
import type { APIRequestOptions, QueryValue, RequestOptions } from "../http/options.ts";
import { buildHeaders, callQuery, downloadPath, type DownloadUrlOptions, path } from "../http/request.ts";
import type { RetryPolicy } from "../http/retry.ts";
import {
  checkUpload,
  checkUploadCall,
  isOneShot,
  isUploadSource,
  knownSize,
  streamOf,
  type UploadBodyOptions,
  type UploadData,
  type UploadSource,
} from "../http/upload.ts";
import {
  checkGiven,
  checkIdentifier,
  checkTimeout,
  given,
  kindOf,
  parseServerUrl,
  unlessEmpty,
} from "../http/validate.ts";
import type { EncryptedFile, MediaInfo } from "../types/events/mod.ts";
import { type ContentURI, parseMxcUri, type RoomID } from "../types/identifiers.ts";
import { isJsonObject } from "../types/json.ts";
import type { MediaCreateResponse, MediaRepoConfig, MXOpenGraph } from "../types/media.ts";
import { type EndpointInput, refuseTimestamp } from "./base.ts";
import {
  supportsAtLeast,
  supportsVersion,
  type VersionsOptions,
  type VersionsResponse,
} from "./discovery.ts";
import type { AttachmentEncryption, DecryptAttachmentOptions } from "./crypto/attachments.ts";
import { RelationMethods } from "./events.ts";

export type {
  AttachmentEncryption,
  DecryptAttachmentOptions,
  EncryptedFileInfo,
} from "./crypto/attachments.ts";

/** Content of a file. A string is not content, because it is a content URI. */
export type FileSource = Exclude<UploadSource, string>;

/** Content of a file, or a function that makes it for every attempt to upload it. */
export type FileContent = FileSource | (() => FileSource | Promise<FileSource>);

/** Encrypts an attachment with a new key, as `encryptAttachment()` of `@mtx/client/crypto` does. */
export type AttachmentEncryptor = () => AttachmentEncryption;

/** Decrypts an attachment, as `decryptAttachment()` of `@mtx/client/crypto` does. */
export type AttachmentDecryptor = (
  file: EncryptedFile,
  options?: DecryptAttachmentOptions,
) => TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>;

/** An uploaded file: where it is, and what is known about its content. */
export interface UploadedFile {
  /** The part of a message's content that refers to the file. */
  readonly source: { readonly url: ContentURI } | { readonly file: EncryptedFile };
  /** The size of the content, and its media type if the content has one. */
  readonly info: MediaInfo;
}

/** The functions of a client that {@linkcode uploadFile} needs. */
export interface FileUploader {
  /** Uploads content. */
  upload(
    data: UploadData,
    options: UploadFileOptions & { mimeType?: string; filename?: string },
  ): Promise<ContentURI>;
  /** Returns what encrypts the content; `undefined` to upload it as it is. Called after the checks. */
  encryptor(): Promise<AttachmentEncryptor | undefined>;
}

/** Options of {@linkcode uploadFile}. */
export interface UploadFileOptions extends RequestOptions, UploadBodyOptions {
}

/**
 * Uploads the content of a file, encrypted if the client says so. Each attempt encrypts with a key of its own.
 *
 * @param client The functions of the client.
 * @param content The content, or a function that makes it for every attempt.
 * @param options Size, progress and request options of the upload.
 * @param names The media type and the file name. The homeserver receives them only if the content is not encrypted.
 */
export async function uploadFile(
  client: FileUploader,
  content: FileContent,
  options: UploadFileOptions,
  names: { mimeType?: string; filename?: string },
): Promise<UploadedFile> {
  if (typeof content !== "function") checkFileContent(content);
  const checked = await checkUploadCall(content, { ...options, ...names });
  const encryptor = await client.encryptor();
  let size = typeof checked === "function" ? undefined : knownSize(checked);
  let type = typeof content === "function" ? undefined : ownType(content);
  let encryption: AttachmentEncryption | undefined;
  const encrypted = (source: UploadSource) => {
    if (encryptor === undefined) return source;
    encryption = encryptor();
    return streamOf(source).pipeThrough(encryption);
  };
  const made = async () => {
    const source = await (content as () => FileSource | Promise<FileSource>)();
    checkFileContent(source);
    type = ownType(source);
    return encrypted(await checkUpload(source, options));
  };
  const data = typeof checked === "function"
    ? made
    : encryptor === undefined || isOneShot(checked)
    ? encrypted(checked)
    : () => encrypted(checked);
  const { onProgress } = options;
  const count = (sent: number, total?: number) => {
    size = sent;
    onProgress?.(sent, total);
  };
  const url = await client.upload(data, {
    ...options,
    size: size ?? options.size,
    onProgress: size === undefined ? count : onProgress,
    ...(encryptor === undefined ? names : { mimeType: "application/octet-stream", filename: "" }),
  });
  const info = { ...(type === undefined ? {} : { mimetype: type }), size: size ?? 0 };
  return { source: encryption === undefined ? { url } : { file: { ...await encryption.file, url } }, info };
}

/** Returns the name of a `File`. The name of a `Bun.file()` is not used, because it is the path of the file. */
export function ownName(data: unknown): string | undefined {
  return data instanceof File ? data.name : undefined;
}

function ownType(data: UploadSource): string | undefined {
  return data instanceof Blob && data.type !== "" ? data.type : undefined;
}

function checkFileContent(content: unknown): void {
  if (isUploadSource(content) && typeof content !== "string") return;
  throw new TypeError(
    `Cannot send a file: the content must be a content URI, Blob, buffer, stream or async iterable, received ${
      kindOf(content)
    }`,
  );
}

/** Decrypts bytes in their own memory. */
export async function decryptBytes(
  bytes: Uint8Array<ArrayBuffer>,
  decryption: TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = streamOf(bytes).pipeThrough(decryption).getReader();
  let decrypted = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    // Decrypted content has the size of the encrypted content, so this never overtakes the reading.
    bytes.set(next.value, decrypted);
    decrypted += next.value.length;
  }
  return bytes.subarray(0, decrypted);
}

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

/** Options of {@linkcode MediaMethods.prototype.uploadMedia}. */
export interface UploadMediaOptions extends RequestOptions, UploadBodyOptions {
  /**
   * The media type. Defaults to the type of a `Blob`.
   *
   * @default {"application/octet-stream"}
   */
  mimeType?: string | undefined;
  /**
   * The file name, which is public. Called `filename` as in the reference; `sendFile()` has `fileName`. Defaults to the name
   * of a `File`. Pass `""` to send none.
   */
  filename?: string | undefined;
  /** The content URI to upload to, from `createMxc()`. By default the homeserver creates one. */
  mxc?: ContentURI | undefined;
  /**
   * Whether to return the content URI at once and to upload in the background. Downloads of the content wait until the
   * upload is complete. `signal`, `deadline` and `retry` apply to the background upload too.
   *
   * @default {false}
   */
  asyncUpload?: boolean | undefined;
  /**
   * Receives the promise of the background upload, which rejects as an ordinary upload does. Edge runtimes stop a
   * program after its response, so pass the promise to their `waitUntil()`. Without this option a failure is logged.
   */
  onTransfer?: ((transfer: Promise<void>) => void) | undefined;
}

/** Options of {@linkcode MediaMethods.prototype.streamMedia}. */
export interface StreamMediaOptions extends DownloadMediaOptions {
  /**
   * When the hash of an `EncryptedFile` is checked. With `"end"` the content is passed on as it arrives, and reading
   * fails at its end if the hash does not match. With `"before"` nothing is passed on until the hash has been checked;
   * `maxSize`, by default 100 MiB, limits the memory.
   *
   * @default {"end"}
   */
  verify?: "end" | "before" | undefined;
}

/** The method of making a thumbnail: cropped to the requested aspect ratio, or scaled to fit within it. */
export type ThumbnailMethod = "crop" | "scale" | (string & Record<never, never>);

/** Options of {@linkcode MediaMethods.prototype.downloadThumbnail}. */
export interface DownloadThumbnailOptions extends Omit<DownloadMediaOptions, "fileName" | "decrypt"> {
  /** The desired width in pixels. The thumbnail may be larger or smaller. */
  width: number;
  /** The desired height in pixels. The thumbnail may be larger or smaller. */
  height: number;
  /**
   * The method of making the thumbnail.
   *
   * @default {"scale"}
   */
  resizeMethod?: ThumbnailMethod | undefined;
  /** Whether to get an animated thumbnail if there is one. The homeserver chooses by default. */
  animated?: boolean | undefined;
}

/**
 * Options of {@linkcode MediaMethods.prototype.getUrlPreview}. `timestamp` is the preferred point in time of the preview,
 * in milliseconds since 1970 or as a date. The homeserver may return a newer or older one.
 */
export interface GetUrlPreviewOptions extends RequestOptions {
}

/** The content repository. */
export abstract class MediaMethods extends RelationMethods {
  /**
   * Creates a content URI without content. Upload to it later with the option `mxc` of `uploadMedia()`. The homeserver
   * discards the URI if nothing is uploaded in time.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create
   * @param options Request options.
   * @returns The response with `content_uri` and `unused_expires_at`, unchanged from the server.
   * @throws {MLimitExceeded} If too many URIs have no content yet.
   * @throws {MatrixResponseError} If the response has no `content_uri`.
   */
  async createMxc(options?: RequestOptions): Promise<MediaCreateResponse> {
    const response = await this.request<MediaCreateResponse>("POST", "/_matrix/media/v1/create", options);
    required(response, "content_uri");
    return response;
  }

  /**
   * Uploads content to the content repository.
   *
   * Content of a known size is streamed. A stream of unknown size is read into memory first, because homeservers require
   * the size. Some homeservers close the connection if the content is too large: pass the `m.upload.size` of
   * `getMediaRepoConfig()` as `maxSize` to get an error instead.
   *
   * An upload without `mxc` is not retried after a lost connection, and a stream of known size is never sent twice. Pass
   * a function that creates the content to make retries possible. `deadline` limits the time between two chunks.
   *
   * @example Uploading and downloading
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const url = await client.uploadMedia("Hello", { mimeType: "text/plain", filename: "hello.txt" });
   * const { contentType, fileName, body } = await client.streamMedia(url);
   * assertEquals([contentType, fileName], ["text/plain", "hello.txt"]);
   * assertEquals(await new Response(body).text(), "Hello");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav3upload
   * @param data The content, or a function that creates it for every attempt.
   * @param options The type, name and size of the content, the URI to upload to, and request options.
   * @returns The content URI.
   * @throws {MTooLarge} If the content is larger than the homeserver accepts.
   * @throws {MCannotOverwriteMedia} If `mxc` has content already, perhaps from an earlier attempt.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   * @throws {RangeError} If a stream is longer or shorter than `size`.
   * @throws {TypeError} If the content cannot be sent, or both `mxc` and `asyncUpload` are given.
   * @throws {SyntaxError} If `mxc` is not a content URI.
   */
  async uploadMedia(data: UploadData, options?: UploadMediaOptions): Promise<ContentURI> {
    const { mxc, asyncUpload, filename, size, mimeType, onTransfer, ...rest } = given(options);
    checkGiven("string", { filename, mimeType });
    refuseTimestamp(rest, "uploads have no `ts` parameter");
    const place = mxc ?? undefined;
    const upload: UploadOptions = {
      ...rest,
      // For a stream, 0 means that it is empty. For content with a size of its own it means "not given".
      size: size === 0 && !hasSize(data) ? 0 : unlessEmpty(size),
      mimeType: unlessEmpty(mimeType),
      params: { filename: unlessEmpty(filename ?? ownName(data)) },
    };
    if (asyncUpload) {
      if (place !== undefined) {
        throw new TypeError("Cannot upload: asyncUpload and mxc can't be provided simultaneously");
      }
      return await this.#uploadLater(data, upload, onTransfer);
    }
    if (place === undefined) {
      const route = "/_matrix/media/v3/upload";
      const response = await this.api.upload<{ content_uri: ContentURI }>("POST", route, data, upload);
      return required(response, "content_uri");
    }
    await uploadToPlace(this.api, place, data, upload);
    return place;
  }

  /**
   * Downloads content as a stream, which needs little memory.
   *
   * Uses the authenticated path if `versions()` lists v1.11 or later, and the deprecated path otherwise. Redirects are
   * followed; the access token is not sent to another origin.
   *
   * An encrypted file is decrypted while it is read. Treat the content as unchecked until the end of the stream, where
   * reading fails if it was changed, or pass `verify: "before"`.
   *
   * @example Reading an encrypted file without a client that encrypts
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { decryptAttachment, encryptAttachment } from "@mtx/client/crypto";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const encryption = encryptAttachment();
   * const url = await client.uploadMedia(new Blob(["Tea"]).stream().pipeThrough(encryption), { size: 3 });
   * const file = { ...await encryption.file, url };
   *
   * const { body } = await client.streamMedia(file, { decrypt: decryptAttachment });
   * assertEquals(await new Response(body).text(), "Tea");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
   * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
   * @param source The content URI, or the `file` of an encrypted message.
   * @param options Limits, when to check the hash, and request options. `deadline` limits the wait for the head, then for
   * each chunk.
   * @returns The content type, file name, size and headers from the server, and the body. Read the body to its end or
   * cancel it. Do not trust type and name: another user has chosen them. An encrypted file has neither; they are in the
   * message.
   * @throws {MNotFound} If the content does not exist.
   * @throws {MNotYetUploaded} If the content was not uploaded in time.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`. Reading the body throws it if the server did not
   * send the size.
   * @throws {DecryptionError} If the encrypted file is malformed. Reading the body throws it if the hash does not match.
   * @throws {SyntaxError} If the URL is not a content URI.
   * @throws {TypeError} If the file is encrypted, and neither the client nor `decrypt` can decrypt it.
   * @throws {RangeError} If `timeoutMs` or `maxSize` is out of range.
   */
  async streamMedia(
    source: ContentURI | EncryptedFile,
    options?: StreamMediaOptions,
  ): Promise<StreamResponse> {
    const { verify, maxSize } = given(options);
    const { url, decryption } = this.#decryption(source, options, { verify, maxSize });
    const response = await requestContent(
      this,
      "download",
      url,
      options,
      undefined,
      (path, all) => this.api.stream("GET", path, all),
    );
    return decryption === undefined ? response : { ...response, body: response.body.pipeThrough(decryption) };
  }

  /**
   * Downloads content into memory. Use `streamMedia()` to get its type and name too.
   *
   * @example Saving the file of any message
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { decryptAttachment } from "@mtx/client/crypto";
   * import type { MediaMessageEventContent } from "@mtx/client/types";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const url = await client.uploadMedia("Tea");
   *
   * const content: MediaMessageEventContent = { msgtype: "m.file", body: "tea.txt", url };
   * const file = content.file ?? content.url!;
   * const bytes = await client.downloadMedia(file, { maxSize: 10e6, decrypt: decryptAttachment });
   * assertEquals(new TextDecoder().decode(bytes), "Tea");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
   * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
   * @param source The content URI, or the `file` of an encrypted message, whose hash is checked.
   * @param options Limits and request options. Set `maxSize`, because the content of other users may be large.
   * @returns The content.
   * @throws {MNotFound} If the content does not exist.
   * @throws {MNotYetUploaded} If the content was not uploaded in time.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   * @throws {MatrixConnectionError} If the connection is lost.
   * @throws {MatrixResponseError} If the content is shorter than the server has announced.
   * @throws {DecryptionError} If the encrypted file is malformed, or its hash does not match.
   * @throws {SyntaxError} If the URL is not a content URI.
   * @throws {TypeError} If the file is encrypted, and neither the client nor `decrypt` can decrypt it.
   * @throws {RangeError} If `timeoutMs` or `maxSize` is out of range.
   */
  async downloadMedia(
    source: ContentURI | EncryptedFile,
    options?: DownloadMediaOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { url, decryption } = this.#decryption(source, options);
    const bytes = await this.#download("download", url, options);
    return decryption === undefined ? bytes : await decryptBytes(bytes, decryption);
  }

  /**
   * Downloads a thumbnail of content into memory. Homeservers cannot make thumbnails of encrypted content: download the
   * `info.thumbnail_file` of the message with `downloadMedia()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediathumbnailservernamemediaid
   * @param url The content URI.
   * @param options The size of the thumbnail, which homeservers require, how to make it, limits and request options.
   * @returns The thumbnail, usually a PNG or JPEG.
   * @throws {MNotFound} If the content does not exist.
   * @throws {MatrixRequestError} If the homeserver cannot make the thumbnail.
   * @throws {MatrixError} As {@linkcode MediaMethods.prototype.downloadMedia} does.
   * @throws {SyntaxError} If the URL is not a content URI.
   * @throws {RangeError} If `timeoutMs` or `maxSize` is out of range.
   */
  async downloadThumbnail(
    url: ContentURI,
    options: DownloadThumbnailOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { width, height, resizeMethod, animated } = given(options);
    checkGiven("number", { width, height });
    checkGiven("string", { resizeMethod });
    const params = { width, height, method: resizeMethod, animated };
    return await this.#download("thumbnail", url, options, params);
  }

  /**
   * Gets a preview of a URL (Open Graph data) from the homeserver. The homeserver learns the URL, so do not preview links
   * from encrypted rooms.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
   * @param url The URL of the page.
   * @param options The preferred point in time as `timestamp`, and request options.
   * @returns The Open Graph data; an empty object if there is none.
   * @throws {MatrixResponseError} If the response is not an object.
   * @throws {TypeError} If the URL is empty.
   */
  async getUrlPreview(url: string | URL, options?: GetUrlPreviewOptions): Promise<MXOpenGraph> {
    const params = { url: asciiUrl(checkIdentifier("URL", url instanceof URL ? url.href : url)) };
    const response = await this.#get("preview_url", options, { params, takesTimestamp: true });
    if (isJsonObject(response)) return response as MXOpenGraph;
    throw new MatrixResponseError("Invalid MXOpenGraph in response.");
  }

  /**
   * Gets the configuration of the content repository.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediaconfig
   * @param options Request options.
   * @returns The response with `m.upload.size` in bytes, unchanged from the server. Without it the limit is unknown.
   * @throws {MatrixResponseError} If the response is not an object, or the size is not a number.
   */
  async getMediaRepoConfig(options?: RequestOptions): Promise<MediaRepoConfig> {
    const response = await this.#get("config", options);
    if (isJsonObject(response) && typeof (response["m.upload.size"] ?? 0) === "number") {
      return response as MediaRepoConfig;
    }
    throw new MatrixResponseError("Invalid MediaRepoConfig in response");
  }

  /**
   * Returns what encrypts the files that are sent to a room; `undefined` for a room that is not encrypted. Subclasses that
   * encrypt override it.
   *
   * @param _roomId The room.
   * @param _options Request options, in case the homeserver must be asked.
   */
  protected attachmentEncryptor(
    _roomId: RoomID,
    _options?: RequestOptions,
  ): Promise<AttachmentEncryptor | undefined> {
    return Promise.resolve(undefined);
  }

  /** Returns what decrypts encrypted files; `undefined` if the client has none. Subclasses that decrypt override it. */
  protected attachmentDecryptor(): AttachmentDecryptor | undefined {
    return undefined;
  }

  /** Returns the URI of content, and its decryption if it is encrypted. */
  #decryption(
    source: ContentURI | EncryptedFile,
    options: DownloadMediaOptions | undefined,
    how?: DecryptAttachmentOptions,
  ): { url: ContentURI; decryption?: ReturnType<AttachmentDecryptor> } {
    if (typeof source !== "object" || source === null) return { url: source };
    const decryptor = given(options).decrypt ?? this.attachmentDecryptor();
    if (typeof decryptor === "function") return { url: source.url, decryption: decryptor(source, how) };
    throw new TypeError(
      "Cannot download an encrypted file: the client has no crypto; pass the option decrypt with decryptAttachment of " +
        "@mtx/client/crypto",
    );
  }

  async #download(
    type: DownloadUrlOptions["downloadType"],
    url: ContentURI,
    options: DownloadMediaOptions | undefined,
    params?: Readonly<Record<string, QueryValue>>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const send = (path: string, all: StreamOptions) => this.api.download("GET", path, all);
    return (await requestContent(this, type, url, options, params, send)).bytes;
  }

  async #get(what: string, options: RequestOptions | undefined, input?: EndpointInput): Promise<unknown> {
    if (!input?.takesTimestamp) refuseTimestamp(options, `GET …/media/${what} has no \`ts\` parameter`);
    return await onMediaPath(this, options, (authenticated) => {
      const prefix = authenticated ? "/_matrix/client/v1/media" : "/_matrix/media/v3";
      return this.request("GET", `${prefix}/${what}`, options, input);
    });
  }

  async #uploadLater(
    data: UploadData,
    upload: UploadOptions,
    onTransfer: UploadMediaOptions["onTransfer"],
  ): Promise<ContentURI> {
    // Create no URI for content that cannot be sent.
    const content = await checkUploadCall(data, upload);
    const place = await this.createMxc(plainOptions(upload));
    const mxc = checkPlace(place);
    const transfer = transferContent(this.api, place, content, upload);
    transfer.catch((error) => {
      if (!onTransfer) this.log.error(`Cannot upload ${mxc}: ${describe(error)}`);
    });
    onTransfer?.(transfer);
    return mxc;
  }
}

/** Returns a URL in ASCII, because homeservers refuse other characters. */
function asciiUrl(url: string): string {
  return /[^\0-\x7f]/.test(url) && URL.canParse(url) ? new URL(url).href : url;
}

function hasSize(data: UploadData): boolean {
  return typeof data === "string" || data instanceof Blob || data instanceof ArrayBuffer ||
    ArrayBuffer.isView(data);
}
