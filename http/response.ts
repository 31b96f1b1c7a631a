import * as codes from "./errors/codes.ts";
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue, stringField } from "../types/json.ts";
import {
  MatrixConnectionError,
  type MatrixRequestError,
  MatrixResponseError,
  MatrixUIARequired,
  MatrixUnknownRequestError,
  readErrcode,
  type RequestErrorInit,
  withoutQuery,
} from "./errors/base.ts";
import { connectionReason, copyError } from "./observe.ts";
import type { Deadline } from "./retry.ts";
import { isWellFormed } from "./validate.ts";

/**
 * Reading responses, checking what they contain, and errors by their code.
 *
 * @module
 */

/** Bytes of an error response that are read. */
const MAX_ERROR_SIZE = 64 * 1024;

/** About the longest string that V8 and JavaScriptCore can hold. */
const MAX_RESPONSE_SIZE = 2 ** 29;

/** The part of a body that was read. */
interface Read {
  /** The text so far. */
  text: string;
  /** Whether it is all of the body. */
  whole: boolean;
  /** The error that reading failed with. */
  error?: unknown;
}

/** Cancels an unread response body and ignores errors. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/**
 * Reads a body up to a number of bytes and cancels the rest. A reader costs Deno about 36 µs more than `text()`.
 *
 * @param signal Stops reading, even if the body ignores it. Returns what was read so far.
 */
async function readBounded(response: Response, limit: number, signal: AbortSignal): Promise<Read> {
  const reader = response.body?.getReader();
  if (reader === undefined) return { text: "", whole: true };
  const decoder = new TextDecoder();
  let text = "";
  let left = limit;
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return { text: text + decoder.decode(), whole: true };
      text += decoder.decode(value.length > left ? value.subarray(0, left) : value, { stream: true });
      left -= value.length;
      if (left < 0) break;
    }
    stop();
    return { text, whole: false };
  } catch (error) {
    return { text, whole: false, error };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Reads the body of an error response, at most 64 KiB of it. If the connection is lost or time runs out, returns what was
 * read so far: the status alone shows that the request failed.
 */
export async function readErrorText(
  response: Response,
  signal: AbortSignal,
  outer: AbortSignal | undefined,
): Promise<string> {
  const { text } = await readBounded(response, MAX_ERROR_SIZE, signal);
  outer?.throwIfAborted();
  return text;
}

/**
 * Reads a JSON response.
 *
 * @param response The response.
 * @param limit The attempt's time limit.
 * @param call The action, for messages, and the largest response that is read, in bytes.
 * @returns The parsed JSON.
 * @throws {MatrixConnectionError} If the connection is lost.
 * @throws {MatrixResponseError} If it is not JSON, or too large.
 */
export async function readJson(
  response: Response,
  limit: Deadline,
  { label, maxSize }: { readonly label: string; readonly maxSize: number | undefined },
): Promise<unknown> {
  const { headers } = response;
  const max = maxSize ?? MAX_RESPONSE_SIZE;
  const size = Number(headers.get("content-length") ?? NaN);
  const tooLarge = () => new MatrixResponseError(`${label}: the response is larger than ${max} bytes`);
  if (size > max) {
    await discard(response);
    throw tooLarge();
  }
  // Compressed content expands to an unknown size. That matters only if the caller has set a limit.
  const isBounded = size <= max && (maxSize === undefined || !headers.has("content-encoding"));
  let text: string;
  try {
    if (isBounded) text = await response.text();
    else {
      const read = await readBounded(response, max, limit.signal);
      limit.signal.throwIfAborted();
      if (read.error !== undefined) throw read.error;
      if (!read.whole) throw tooLarge();
      text = read.text;
    }
  } catch (cause) {
    limit.signal.throwIfAborted();
    if (cause instanceof MatrixResponseError) throw cause;
    throw lostConnection(`${label}: the response ended early`, cause);
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which may contain a token.
    const type = (headers.get("content-type") ?? "no content type").slice(0, 100);
    throw new MatrixResponseError(
      text.trim() === "" ? `${label}: the response is empty` : `${label}: the response is not JSON (${type})`,
    );
  }
}

/** Creates the error for a connection that was lost while a body was read. */
export function lostConnection(message: string, error: unknown): MatrixConnectionError {
  const reason = connectionReason(error);
  return new MatrixConnectionError(reason ? `${message} (${reason})` : message, { cause: copyError(error) });
}

/** The types of JSON values, by the names that {@linkcode required} takes. */
export interface JsonTypeMap {
  /** A string. */
  string: string;
  /** A number. */
  number: number;
  /** `true` or `false`. */
  boolean: boolean;
  /** An object, neither an array nor `null`. */
  object: JsonObject;
  /** An array. */
  array: JsonArray;
}

/**
 * Returns a field of a response, after checking its presence and type.
 *
 * @example Usage
 * ```ts
 * import { MatrixResponseError, required } from "@mtx/client/http";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(required({ room_id: "!a:example.org" }, "room_id"), "!a:example.org");
 * assertThrows(() => required({}, "room_id"), MatrixResponseError, "`room_id` not in response.");
 * ```
 *
 * @param response The response, whose type declares the field.
 * @param field The field's name.
 * @param type The JSON type that the field must have; a string by default.
 * @returns The field's value.
 * @throws {MatrixResponseError} If the response is not a JSON object, or the field is missing, `null` or of another type.
 */
export function required<
  Response extends object,
  Field extends keyof Response & string,
  Type extends keyof JsonTypeMap = "string",
>(
  response: Response,
  field: Field,
  type?: Type,
): JsonValue extends Response[Field] ? JsonTypeMap[Type] : NonNullable<Response[Field]>;
/**
 * Returns a field of a response, after checking its presence and type.
 *
 * @param response The response, of an unknown type.
 * @param field The field's name.
 * @param type The JSON type that the field must have; a string by default.
 * @returns The field's value.
 * @throws {MatrixResponseError} If the response is not a JSON object, or the field is missing, `null` or of another type.
 */
export function required<Type extends keyof JsonTypeMap = "string">(
  response: unknown,
  field: string,
  type?: Type,
): JsonTypeMap[Type];
export function required(response: unknown, field: string, type: keyof JsonTypeMap = "string"): unknown {
  const value = present(response, field);
  if ((Array.isArray(value) ? "array" : typeof value) !== type) {
    throw new MatrixResponseError(`Invalid \`${field}\` in response: expected ${type}`);
  }
  return value;
}

/**
 * Returns a field of a response, of any type.
 *
 * @throws {MatrixResponseError} If the response is not a JSON object, or the field is missing or `null`.
 */
export function present(response: unknown, field: string): unknown {
  const object = objectResponse(response);
  const value = Object.hasOwn(object, field) ? object[field] : undefined;
  if (value !== undefined && value !== null) return value;
  throw new MatrixResponseError(`\`${field}\` not in response.`);
}

/**
 * Checks that a response is a JSON object.
 *
 * @param response The response.
 * @returns The same response.
 * @throws {MatrixResponseError} If it is anything else, such as an array or `null`.
 */
export function objectResponse<Response extends object>(response: Response): Response;
/**
 * Checks that a response is a JSON object.
 *
 * @param response The response, of an unknown type.
 * @returns The same response.
 * @throws {MatrixResponseError} If it is anything else, such as an array or `null`.
 */
export function objectResponse<Response extends object = JsonObject>(response: unknown): Response;
export function objectResponse(response: unknown): object {
  if (isJsonObject(response)) return response;
  throw new MatrixResponseError("Invalid response: expected object");
}

/**
 * Checks that a value of a response is an array. Its elements are not checked, so that one bad event does not spoil a page.
 *
 * @throws {MatrixResponseError} If it is not.
 */
export function listResponse<T>(value: unknown, message: string): T[] {
  if (Array.isArray(value)) return value;
  throw new MatrixResponseError(message);
}

/**
 * Returns an array field of a response.
 *
 * @throws {MatrixResponseError} If it is missing, or is not an array.
 */
export function requiredList<T>(response: unknown, field: string, message: string): T[] {
  return listResponse(present(response, field), message);
}

/**
 * Checks that a response is an event: an object with a type and content.
 *
 * @throws {MatrixResponseError} If it is not.
 */
export function eventResponse<E>(response: unknown, message: string): E {
  if (isJsonObject(response) && typeof response.type === "string" && isJsonObject(response.content)) {
    return response as E;
  }
  throw new MatrixResponseError(message);
}

/**
 * Yields the pages of a listing, one request after the other. Ends at a page whose token is missing, `null`, empty, or
 * the same as one before: a server that leads back to an earlier page would otherwise be asked for ever.
 *
 * @param field The field of a page that holds the token of the next one, such as `next_batch`.
 * @param first The token to start from; `undefined` for the first page.
 * @param getPage Requests the page of a token, with all other options the same as before.
 * @returns The pages. Each is requested when the caller is done with the one before it.
 * @throws {MatrixResponseError} If a token is not a string.
 */
export async function* iteratePages<Page extends object, Token extends string>(
  field: keyof Page & string,
  first: Token | undefined,
  getPage: (token: Token | undefined) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<unknown>([first]);
  let token = first;
  while (true) {
    const page = await getPage(token);
    yield page;
    const next: unknown = page[field] ?? "";
    if (next === "" || seen.has(next)) return;
    if (typeof next !== "string" || !isWellFormed(next)) {
      throw new MatrixResponseError(`Invalid \`${field}\` in response: expected string`);
    }
    seen.add(next);
    token = next as Token;
  }
}

/** The field of the codes of MSC3848, which servers send beside an `errcode` that older clients know. */
const UNSTABLE_FIELD = "org.matrix.msc3848.unstable.errcode";

/** A class of errors that can represent an error code. */
export interface RequestErrorClass {
  /** The error code of the class. */
  readonly errcode: string | undefined;
  /** Creates an error. */
  new (message: string, init: RequestErrorInit): MatrixRequestError;
}

/** Maps error codes to classes. Maps, because `"constructor"` and `"__proto__"` are strings that a server may send. */
interface Tables {
  stable: Map<string, RequestErrorClass>;
  unstable: Map<string, RequestErrorClass>;
}

/** Created on first use, so that importing this module does nothing. */
let tables: Tables | undefined;

function getTables(): Tables {
  if (tables !== undefined) return tables;
  const { MAlreadyJoined, MNotJoined, MInsufficientPower } = codes;
  return tables = {
    stable: new Map(Object.values(codes).map((type) => [type.errcode, type])),
    unstable: new Map([MAlreadyJoined, MNotJoined, MInsufficientPower].map((type) => [
      type.errcode.replace("M_", "ORG.MATRIX.MSC3848."),
      type,
    ])),
  };
}

/**
 * Registers a class for an error code, in place of the class that the code has. Responses with the code are then thrown
 * as this class, by all clients of the program.
 *
 * @example Register an error code of your own server
 * ```ts
 * import { makeRequestError, MatrixStandardRequestError, registerErrorCode } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * class QuotaError extends MatrixStandardRequestError {
 *   static override readonly errcode: string = "COM.EXAMPLE_QUOTA";
 * }
 * registerErrorCode("COM.EXAMPLE_QUOTA", QuotaError);
 *
 * const body = { errcode: "COM.EXAMPLE_QUOTA", error: "No room left" };
 * const error = makeRequestError({ status: 403, body, method: "POST", path: "/_matrix/client/v3/createRoom" });
 *
 * assert(error instanceof QuotaError);
 * assertEquals(
 *   error.message,
 *   "Cannot POST /_matrix/client/v3/createRoom: COM.EXAMPLE_QUOTA 403: No room left",
 * );
 * ```
 *
 * @param code The error code.
 * @param type The class. Its static `errcode` should be the code.
 * @param unstableCode The code that servers send as `org.matrix.msc3848.unstable.errcode` with the same meaning.
 * @throws {TypeError} If the code is not a non-empty string.
 */
export function registerErrorCode(code: string, type: RequestErrorClass, unstableCode?: string): void {
  if (typeof code !== "string" || !code) {
    throw new TypeError("Cannot register error code: it must be a non-empty string");
  }
  const { stable, unstable } = getTables();
  stable.set(code, type);
  if (unstableCode) unstable.set(unstableCode, type);
}

/**
 * Creates the error for an error response. A 401 response with `flows` is a {@linkcode MatrixUIARequired}, with any
 * error code. Otherwise the error code decides on the class, never the status.
 *
 * @example Usage
 * ```ts
 * import { makeRequestError, MForbidden } from "@mtx/client/http";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const body = { errcode: "M_FORBIDDEN", error: "You are banned" };
 * const error = makeRequestError({ status: 403, body, method: "POST", path: "/_matrix/client/v3/join/!a%3Ab" });
 *
 * assert(error instanceof MForbidden);
 * assertEquals(error.message, "Cannot POST /_matrix/client/v3/join/!a%3Ab: M_FORBIDDEN 403: You are banned");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 * @param init The request and its response.
 * @returns The error, for the caller to throw.
 */
export function makeRequestError(init: RequestErrorInit): MatrixRequestError {
  const { body, method, path, status, text = "" } = init;
  const type = selectClass(init);
  const code = type.errcode ?? readErrcode(init);
  return new type(
    [
      method && path && `Cannot ${method} ${withoutQuery(path)}`,
      [code && oneLine(code, 100), status].filter(Boolean).join(" "),
      // The text of a MatrixUIARequired is JSON with the session in it.
      oneLine(stringField(body, "error") ?? "", 500) ||
      (type === MatrixUIARequired ? "" : oneLine(text, 200)),
    ].filter(Boolean).join(": "),
    init,
  );
}

function selectClass(init: RequestErrorInit): RequestErrorClass {
  const { body, status } = init;
  if (status === 401 && isJsonObject(body) && Array.isArray(body.flows)) return MatrixUIARequired;
  const { stable, unstable } = getTables();
  return unstable.get(stringField(body, UNSTABLE_FIELD) ?? "") ?? stable.get(readErrcode(init) ?? "") ??
    MatrixUnknownRequestError;
}

/** Returns the beginning of a server's text as one line without control characters, so that it cannot forge log lines. */
function oneLine(text: string, length: number): string {
  return text.slice(0, length).replace(/[\p{Cc}\p{Cs}\p{Z}\p{Bidi_C}]+/gu, " ").trim();
}
