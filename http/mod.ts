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
export type { EndSessionOptions, OnRefusal, RefusedAttempt, TokenSender, TokenSource } from "./auth.ts";
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
export { type DownloadUrlOptions, path } from "./path.ts";
export type { RetryPolicy } from "./retry.ts";
export type { DownloadBounds, DownloadResponse, StreamOptions, StreamResponse } from "./download.ts";
export type { UploadBodyOptions, UploadData, UploadSource } from "./upload/body.ts";
export {
  FileTooLargeError,
  IntentError,
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
  type RequestErrorInit,
  type UIAFlow,
} from "./errors/base.ts";
export * from "./errors/codes.ts";
export * from "./errors/crypto.ts";
export * from "./errors/discovery.ts";
export { makeRequestError, registerErrorCode, type RequestErrorClass } from "./errors/request_error.ts";
export { type JsonTypeMap, objectResponse, required } from "./response_fields.ts";
export { parseMxcUri } from "../types/identifiers.ts";
export type { JsonArray, JsonObject, JsonPrimitive, JsonValue } from "../types/json.ts";
