import { parseMxcUri } from "../types/identifiers.ts";
import { isJsonObject } from "../types/json.ts";
import type { APIRequestOptions, HeadersLike, Query, QueryValue } from "./options.ts";
import { checkGiven, checkKind, checkTimestamp, kindOf, numberOrKind } from "./validate.ts";

/** Characters that `encodeURIComponent` leaves unescaped although they are not unreserved. */
const ESCAPES: Record<string, string> = { "!": "%21", "'": "%27", "(": "%28", ")": "%29", "*": "%2A" };

/**
 * Encodes a value as one segment of a path. Letters, digits and `_.-~` are kept.
 *
 * @throws {TypeError} If the value cannot be one segment.
 */
export function encodeSegment(value: string): string {
  if (typeof value !== "string" || value === "" || value === "." || value === "..") {
    // URL parsers remove dot segments, however they are escaped.
    const received = typeof value === "string" ? `"${value}"` : kindOf(value);
    throw new TypeError(
      `Cannot make a path: an identifier must be a string other than "", "." and "..", received ${received}`,
    );
  }
  return isPlain(value) ? value : encode(value).replace(/[!'()*]/g, (char) => ESCAPES[char]!);
}

/** Returns whether a value consists of characters that need no escape, as most do. */
function isPlain(value: string): boolean {
  return /^[\w.~-]*$/.test(value);
}

function encode(value: string): string {
  if (isPlain(value)) return value;
  try {
    return encodeURIComponent(value);
  } catch {
    throw new TypeError("Cannot encode a string for a URL: it must not contain a lone surrogate");
  }
}

/**
 * Makes a path in which each value is one percent-encoded segment.
 *
 * @example Usage
 * ```ts
 * import { path } from "@mtx/client/http";
 * import { assertEquals } from "@std/assert";
 *
 * const roomId = "!a/b:example.org";
 * assertEquals(path`/_matrix/client/v3/join/${roomId}`, "/_matrix/client/v3/join/%21a%2Fb%3Aexample.org");
 * ```
 *
 * @param strings The literal parts.
 * @param values The values: non-empty strings.
 * @returns The path.
 * @throws {TypeError} If a value is not a string, is empty, `.` or `..`, contains a lone surrogate, or is an identifier of
 * another kind than the one that the path requires, such as an alias after `/rooms/`.
 */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  let result = strings[0]!;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const literal = strings[i]!;
    const segment = encodeSegment(value);
    // The first character of an identifier with a kind is always escaped. Most are room IDs after `/rooms/`, and to look that up
    // would take longer than to encode them.
    const isUsual = segment === value || (value.startsWith("!") && literal.endsWith("/rooms/"));
    if (!isUsual) checkKind(kindAfter(literal), value);
    result += segment + strings[i + 1]!;
  }
  return result;
}

/** Kinds of identifiers by the segment before them in client-server paths. */
const KINDS: Readonly<Record<string, string>> = {
  rooms: "room ID",
  "list/room": "room ID",
  "room_keys/keys": "room ID",
  "directory/room": "room alias",
  join: "room ID or alias",
  room_summary: "room ID or alias",
  knock: "room ID or alias",
  profile: "user ID",
  presence: "user ID",
  user: "user ID",
  users: "user ID",
  typing: "user ID",
  whois: "user ID",
  lock: "user ID",
  suspend: "user ID",
  event: "event ID",
  context: "event ID",
  redact: "event ID",
  relations: "event ID",
  report: "event ID",
};

/** Returns the kind of the identifier after a literal part of a path; the empty string if it may be of any kind. */
function kindAfter(literal: string): string {
  // Other APIs, such as that of Synapse's administrators, accept aliases in place of room IDs.
  if (literal.startsWith("/_") && !literal.startsWith("/_matrix/client/")) return "";
  const end = literal.length - 1;
  const last = literal.lastIndexOf("/", end - 1);
  const word = literal.slice(last + 1, end);
  return KINDS[word] ?? KINDS[literal.slice(literal.lastIndexOf("/", last - 1) + 1, end)] ?? "";
}

/** Matches what a URL parser would change in a path or treat as its end: a dot segment, `?`, `#`, backslashes, white space. */
const NO_PATH = /[^!-\uffff]|[?#\\]|\/(?:\.|%2[eE]){1,2}(?:\/|$)/;

/**
 * Checks a path that was not made by {@linkcode path}. A URL parser must leave it unchanged.
 *
 * @returns The path with one leading slash.
 * @throws {TypeError} If it contains a query, a fragment, a backslash, white space or a dot segment.
 */
export function checkPath(value: string): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(
      `Cannot make a request: the path must be a non-empty string, received ${
        value === "" ? '""' : kindOf(value)
      }`,
    );
  }
  const path = value.startsWith("/") ? value : `/${value}`;
  if (NO_PATH.test(path)) {
    throw new TypeError(
      "Cannot make a request: the path must not contain a query, a fragment, a backslash, white space or a dot segment",
    );
  }
  return path;
}

/** Options of {@linkcode HTTPAPI.prototype.getDownloadUrl}. */
export interface DownloadUrlOptions {
  /**
   * The content itself, or a thumbnail of it.
   *
   * @default {"download"}
   */
  downloadType?: "download" | "thumbnail" | undefined;
  /** The file name that the server gives to the content. Omitted if it is empty. */
  fileName?: string | undefined;
  /**
   * Whether the path is the one that requires an access token.
   *
   * @default {false}
   */
  authenticated?: boolean | undefined;
}

/**
 * Makes the path of content on the homeserver.
 *
 * @throws {SyntaxError} If the URI is not a content URI.
 * @throws {TypeError} If the file name contains a dot segment.
 */
export function downloadPath(uri: string, options?: DownloadUrlOptions): string {
  const { downloadType, fileName, authenticated } = options ?? {};
  const [serverName, mediaId] = parseMxcUri(uri);
  const prefix = authenticated ? "/_matrix/client/v1/media" : "/_matrix/media/v3";
  // The colon of a port stays unescaped, as do slashes in a file name.
  const server = encodeSegment(serverName).replace("%3A", ":");
  const name = (fileName ?? "").split("/").filter((part) => part !== "").map(encodeSegment);
  return [prefix, encodeSegment(downloadType ?? "download"), server, mediaId, ...name].join("/");
}

/**
 * Makes a query. A key of a later set replaces the same key of an earlier one.
 *
 * @param sets The sets of parameters, in ascending order of precedence.
 * @returns The query with its leading `?`, or the empty string.
 * @throws {TypeError} If a value is not a string, number, boolean or array of these.
 */
export function buildQuery(sets: readonly (Query | undefined | null)[]): string {
  const parts = new Map<string, string>();
  const add = (key: string, value: QueryValue) => {
    if (value === undefined || value === null) return;
    parts.set(key, Array.isArray(value) ? value.map((one) => part(key, one)).join("&") : part(key, value));
  };
  for (const set of sets) {
    if (set === undefined || set === null) continue;
    if (!isJsonObject(set)) {
      throw new TypeError(`Cannot make a request: the query must be an object, received ${kindOf(set)}`);
    }
    if (set instanceof URLSearchParams) { for (const key of new Set(set.keys())) add(key, set.getAll(key)); }
    else for (const key of Object.keys(set)) add(key, set[key]);
  }
  let result = "";
  for (const part of parts.values()) if (part !== "") result += `${result === "" ? "?" : "&"}${part}`;
  return result;
}

/**
 * Makes the query of a call.
 *
 * @param options The caller's parameters, those of the endpoint, and the timestamp.
 * @param own Parameters that nothing replaces.
 * @returns The query with its leading `?`, or the empty string.
 * @throws {TypeError} If a value cannot be sent.
 * @throws {RangeError} If the timestamp is invalid.
 */
export function callQuery(
  { query, params, timestamp }: Pick<APIRequestOptions, "query" | "params" | "timestamp">,
  own?: Readonly<Record<string, string>>,
): string {
  const ts = timestamp === undefined || timestamp === null ? undefined : checkTimestamp(timestamp);
  if ((query ?? params ?? ts ?? own) === undefined) return "";
  return buildQuery([query, params, ts === undefined ? own : { ...own, ts }]);
}

function part(key: string, value: unknown): string {
  if (
    typeof value === "string" || typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  ) {
    return `${encode(key)}=${encode(String(value))}`;
  }
  throw new TypeError(
    `Cannot send query parameter "${key}": it must be a string, a finite number or a boolean, received ${
      typeof value === "number" ? value : kindOf(value)
    }`,
  );
}

/** The User-Agent header of this library. */
export const DEFAULT_USER_AGENT = "mtx-client/0.1.0 (+https://jsr.io/@mtx/client)";

/**
 * Returns whether this is a browser, where a custom `User-Agent` would have to pass a CORS preflight. All browsers begin
 * theirs with `Mozilla/`. Deno, Bun, Node and Workers do not.
 */
export function isBrowser(): boolean {
  return globalThis.navigator?.userAgent?.startsWith("Mozilla/") ?? false;
}

/** Returns whether a value can be sent as an access token. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/**
 * Checks an access token when it is set. The error that Deno's and Node's `fetch` throws for a malformed header contains
 * the header's value.
 *
 * @param token The token; empty, `null` or `undefined` for none.
 * @returns The token; empty for none.
 * @throws {TypeError} If it cannot be sent. The message does not contain it.
 */
export function checkToken(token: string | null | undefined): string {
  if (token === undefined || token === null || token === "") return "";
  if (isToken(token)) return token;
  throw new TypeError(
    "Cannot use the access token: it must consist of printable ASCII characters without spaces",
  );
}

/**
 * Builds a request's headers, except for the access token, which is added for each attempt. Names are lower-cased.
 *
 * @throws {TypeError} If a name or value cannot be sent. The message does not contain the value.
 */
export function buildHeaders(
  given: HeadersLike | undefined | null,
  userAgent: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (userAgent !== undefined) headers["user-agent"] = userAgent;
  if (given === undefined || given === null) return headers;
  if (typeof given !== "object") {
    throw new TypeError(`Cannot send the headers: they must be an object, received ${kindOf(given)}`);
  }
  for (const pair of Symbol.iterator in given ? given : Object.entries(given)) {
    if (!Array.isArray(pair)) {
      throw new TypeError("Cannot send the headers: each must be a pair of name and value");
    }
    const [name, value] = pair;
    headers[checkHeaderName(name)] = checkHeaderValue(name, value);
  }
  return headers;
}

function checkHeaderName(name: string): string {
  if (typeof name === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(name) && name !== "__proto__") {
    return name.toLowerCase();
  }
  throw new TypeError("Cannot send a header: its name must be a token of RFC 9110");
}

/**
 * Checks a header's value.
 *
 * @throws {TypeError} If it cannot be sent. The message does not contain it.
 */
export function checkHeaderValue(name: string, value: string): string {
  if (typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new TypeError(
    `Cannot send header "${name}": its value must be a string without line breaks and other control characters`,
  );
}

/** A body that is ready to be sent. */
export interface RequestBody {
  /** The body as text; `undefined` if there is none, or it is bytes. */
  readonly text: string | undefined;
  /** The body for `fetch`. */
  readonly data: string | Blob | Uint8Array<ArrayBuffer> | undefined;
  /** The content type, if the caller has not set one. */
  readonly contentType: string | undefined;
}

/**
 * Makes a request body: JSON of a value; strings and bytes unchanged; `{}` if it is missing or empty.
 *
 * @param method The HTTP method. A GET has no body.
 * @param body The caller's body.
 * @param contentType The caller's content type.
 * @param once Whether the body must not be sent twice.
 * @throws {TypeError} If the body is not a JSON value, or is an object and the content type is not JSON.
 */
export function requestBody(
  method: string,
  body: unknown,
  contentType: string | undefined,
  once: boolean,
): RequestBody {
  if (method === "GET") return { text: undefined, data: undefined, contentType: undefined };
  const bytes = bytesOf(body);
  if (bytes !== undefined && bytes.length > 0) {
    return {
      text: undefined,
      data: once ? new Blob([bytes]) : bytes,
      contentType: "application/octet-stream",
    };
  }
  const text = bytes !== undefined || isEmpty(body)
    ? "{}"
    : typeof body === "string"
    ? body
    : stringify(body, contentType);
  // Deno 2.9 sends the body of a POST again, unasked, if a pooled connection is closed before the response. A Blob is
  // sent once.
  return { text, data: once ? new Blob([text]) : text, contentType: "application/json" };
}

/** Returns the bytes of a buffer or a view of one, without copying; `undefined` for anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}

function isEmpty(body: unknown): boolean {
  if (body === undefined || body === null || body === "") return true;
  if (Array.isArray(body)) return body.length === 0;
  return typeof body === "object" && hasNoFields(body) && kindOf(body) === "object" && !hasToJSON(body);
}

function hasNoFields(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

/** FormData, Headers and URLSearchParams have a `toJSON()` on Bun only, so that they would be sent as JSON there. */
function hasToJSON(value: object): value is { toJSON(key: string): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function" &&
    !/^(?:FormData|Headers|URLSearchParams)$/.test(kindOf(value));
}

function stringify(body: unknown, contentType: string | undefined): string {
  if (contentType !== undefined && !/^application\/(?:[^;]+\+)?json\s*(?:;|$)/i.test(contentType)) {
    throw new TypeError(
      "Cannot send the body: if its content type is not JSON, it must be a string or bytes",
    );
  }
  if (body === undefined) throw notJson(body, ["content"]);
  return toJson("content", body);
}

/** Writes a value as JSON. */
function toJson(name: string, value: unknown): string {
  checkJson(value, [name], []);
  return toWellFormed(JSON.stringify(value));
}

/**
 * Returns a filter as a query parameter: JSON text. A string is returned unchanged.
 *
 * @throws {TypeError} If the filter is neither an object nor a string, or a part is not a JSON value.
 */
export function filterParameter(filter: object | string | null | undefined): string | undefined {
  if (filter === undefined || filter === null || typeof filter === "string") return filter ?? undefined;
  checkGiven("object", { filter });
  return toJson("filter", filter);
}

/** Levels of nesting beyond which a body is refused. */
const MAX_DEPTH = 2_000;

/**
 * Checks that JSON can represent a value and all of its parts. `JSON.stringify()` silently writes `null` for NaN and
 * `{}` for a Map, and omits functions.
 *
 * @param value The value.
 * @param keys The name of the whole, and the keys that lead to the value.
 * @param parents The objects that contain the value.
 * @param isJson Whether the value is the result of `toJSON()`.
 * @throws {TypeError} If a part is not a JSON value. The message names its place.
 */
function checkJson(value: unknown, keys: (string | number)[], parents: object[], isJson = false): void {
  const type = typeof value;
  if (value === null || type === "string" || type === "boolean" || type === "undefined") return;
  if (type === "number" && Number.isFinite(value)) return;
  if (typeof value !== "object") throw notJson(value, keys);
  if (value instanceof Date && Number.isNaN(value.getTime())) throw notJson(value, keys, "an invalid Date");
  if (value instanceof Number) return checkJson(value.valueOf(), keys, parents);
  if (hasToJSON(value) && !isJson) {
    // JSON.stringify() calls toJSON() of the value, but not of its result.
    return checkJson(value.toJSON(keys.length > 1 ? String(keys.at(-1)) : ""), keys, parents, true);
  }
  if (!isContainer(value)) throw notJson(value, keys);
  if (parents.includes(value)) throw notJson(value, keys, "a circular reference");
  // Servers refuse such content, and recursion without a limit overflows the stack.
  if (parents.length === MAX_DEPTH) {
    throw new TypeError(`Cannot send the ${partOf(keys)}: it is nested deeper than ${MAX_DEPTH}`);
  }
  parents.push(value);
  for (const key of Object.keys(value)) {
    keys.push(Array.isArray(value) ? Number(key) : key);
    checkJson((value as Record<string, unknown>)[key], keys, parents);
    keys.pop();
  }
  parents.pop();
}

function isContainer(value: object): boolean {
  if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) return true;
  const kind = kindOf(value);
  if (/^(?:object|array|String|Number|Boolean)$/.test(kind)) return true;
  return !ArrayBuffer.isView(value) && kind !== "Map" && kind !== "Set" && !hasNoFields(value);
}

function notJson(value: unknown, keys: (string | number)[], received?: string): TypeError {
  const place = keys.slice(1).map((key) =>
    typeof key === "number" ? `[${key}]` : /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
  ).join("");
  return new TypeError(
    `Cannot send the ${partOf(keys)}: ${keys[0]}${place} must be a JSON value, received ${
      received ?? numberOrKind(value)
    }`,
  );
}

/** Returns the part of a request that a value is sent in. */
function partOf([name]: (string | number)[]): string | number | undefined {
  return name === "content" ? "body" : name;
}

/**
 * Replaces lone surrogates, which UTF-8 cannot represent, with U+FFFD, as `TextEncoder` does. In JSON they are escapes
 * (`\ud800`), which servers refuse.
 */
export function toWellFormed(json: string): string {
  if (!/\\ud[89a-f]/.test(json)) return json;
  return json.replace(/\\(?:ud[89a-f]..|.)/gs, (escape) => /^\\ud/.test(escape) ? "\ufffd" : escape);
}
