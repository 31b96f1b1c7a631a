import { parseMxcUri } from "../types/identifiers.ts";
import { isJsonObject } from "../types/json.ts";
import type { APIRequestOptions, Query, QueryValue } from "./options.ts";
import { checkKind, checkTimestamp, kindOf } from "./validate.ts";

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

/** Matches a path without `?`, `#`, backslashes, white space and control characters, which are all up to U+0020. */
const PATH = /^[!"$->@-[\]-\uffff]*$/;

const DOT_SEGMENT = /\/(?:\.|%2[eE]){1,2}(?:\/|$)/;

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
  // Most paths contain none of the three strings, and to search for them is faster than the expression.
  const mayHaveDots = path.includes("/.") || path.includes("/%2e") || path.includes("/%2E");
  if (!PATH.test(path) || (mayHaveDots && DOT_SEGMENT.test(path))) {
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
