/**
 * The transport: {@linkcode HTTPAPI} over the standard `fetch`, with retries, deadlines, uploads, downloads and
 * one tree of errors.
 *
 * @example Call an endpoint by its path
 * ```ts
 * import { HTTPAPI } from "@mtx/client/http";
 * import { assert } from "@std/assert";
 *
 * const api = new HTTPAPI({ baseUrl: "https://matrix.example.org" });
 * const { versions } = await api.request<{ versions: string[] }>("GET", "/_matrix/client/versions");
 * assert(versions.includes("v1.11"));
 * ```
 *
 * @module
 */
export { HTTPAPI, type HTTPAPIOptions, type UploadOptions } from "./http_api.ts";
export type { EndSessionOptions, OnRefusal, RefusedAttempt, TokenSender, TokenSource } from "./attempt.ts";
export type {
  APIRequestOptions,
  Fetch,
  HeadersLike,
  Method,
  Query,
  QueryValue,
  RequestOptions,
  RequestToOptions,
} from "./options.ts";
export {
  type AttemptEnd,
  type AttemptRetry,
  type AttemptStart,
  type HTTPHooks,
  type Log,
  silentLog,
} from "./observe.ts";
export { type DownloadUrlOptions, path } from "./request.ts";
export type { RetryPolicy } from "./retry.ts";
export type { DownloadBounds, DownloadResponse, StreamOptions, StreamResponse } from "./download.ts";
export type { UploadBodyOptions, UploadData, UploadSource } from "./upload.ts";
export {
  CryptoError,
  DecryptedPayloadError,
  DecryptionError,
  DeviceValidationError,
  DuplicateMessageIndex,
  EncryptionError,
  FileTooLargeError,
  GroupSessionWithheldError,
  IntentError,
  MatchingSessionDecryptionError,
  MatrixBadContent,
  MatrixBadRequest,
  MatrixConnectionError,
  MatrixError,
  MatrixInvalidToken,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixStandardRequestError,
  MatrixTimeoutError,
  MatrixUIARequired,
  MatrixUnknownRequestError,
  MismatchingRoomError,
  type RequestErrorInit,
  SessionNotFound,
  SessionShareError,
  type UIAFlow,
  VerificationError,
  WellKnownError,
  WellKnownInvalidVersionsResponse,
  WellKnownMissingHomeserver,
  WellKnownNotJSON,
  WellKnownNotURL,
  WellKnownUnexpectedStatus,
  WellKnownUnsupportedScheme,
} from "./errors/base.ts";
export * from "./errors/codes.ts";
export {
  type JsonTypeMap,
  makeRequestError,
  objectResponse,
  registerErrorCode,
  type RequestErrorClass,
  required,
} from "./response.ts";
export { parseMxcUri } from "../types/identifiers.ts";
export type { JsonArray, JsonObject, JsonPrimitive, JsonValue } from "../types/json.ts";
