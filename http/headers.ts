import type { HeadersLike } from "./options.ts";
import { kindOf } from "./validate.ts";

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
