import type { HeadersLike } from "./options.ts";

/** The library's own User-Agent. */
export const DEFAULT_USER_AGENT = "mtx-client/0.1.0 (+https://jsr.io/@mtx/client)";

/** Tells whether this host says its own name, as pages do: a header of ours would need CORS's consent there. */
export function namesItself(): boolean {
  return globalThis.navigator?.userAgent?.startsWith("Mozilla/") ?? false;
}

/** Tells whether a string can be sent as an access token. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/**
 * Checks an access token as it is set, so that `fetch` never gets to print a bad one.
 *
 * @returns The token; empty when there is none.
 * @throws {TypeError} If it cannot be sent. The message does not hold it.
 */
export function checkToken(token: string | null | undefined): string {
  if (token === undefined || token === null || token === "") return "";
  if (isToken(token)) return token;
  throw new TypeError("Cannot use the access token: it holds characters that no header can carry");
}

/**
 * Builds a request's headers, except for the access token, which is added for each attempt. Names are lower-cased.
 *
 * @throws {TypeError} If a name or value cannot be sent. The message does not hold the value.
 */
export function buildHeaders(
  given: HeadersLike | undefined | null,
  userAgent: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (userAgent !== undefined) headers["user-agent"] = userAgent;
  if (given !== undefined && given !== null) {
    if (typeof given !== "object") throw new TypeError("Cannot send the headers: they must be an object");
    const pairs = Symbol.iterator in given ? given : Object.entries(given);
    for (const pair of pairs) {
      if (!Array.isArray(pair)) {
        throw new TypeError("Cannot send the headers: one is no pair of name and value");
      }
      const [name, value] = pair;
      headers[checkHeaderName(name)] = checkHeaderValue(name, value);
    }
  }
  return headers;
}

function checkHeaderName(name: string): string {
  if (typeof name === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(name) && name !== "__proto__") {
    return name.toLowerCase();
  }
  throw new TypeError("Cannot send a header: its name holds characters that no header can carry");
}

/** Checks a header's value. */
export function checkHeaderValue(name: string, value: string): string {
  if (typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new TypeError(`Cannot send header "${name}": its value holds characters that no header can carry`);
}
