/** What `encodeURIComponent` leaves as it is. */
const ESCAPES: Record<string, string> = { "!": "%21", "'": "%27", "(": "%28", ")": "%29", "*": "%2A" };

/**
 * Encodes a value as one segment of a path: letters, digits and `_.-~` stay, all else is percent-encoded.
 *
 * @throws {TypeError} If the value would not arrive as the one segment that it is.
 */
export function encodeSegment(value: string): string {
  if (typeof value !== "string" || value === "" || value === "." || value === "..") {
    // A URL has no way to say these: parsers drop them, however they are escaped.
    throw new TypeError(`Cannot make a path: an identifier is ${describe(value)}`);
  }
  return encode(value).replace(/[!'()*]/g, (char) => ESCAPES[char]!);
}

/** `encodeURIComponent`, with an error that says what is wrong. */
export function encode(value: string): string {
  // Most are nothing but what stays.
  if (/^[\w.~-]*$/.test(value)) return value;
  try {
    return encodeURIComponent(value);
  } catch {
    throw new TypeError("Cannot encode a string for a URL: it holds a lone surrogate");
  }
}

/** Tells whether a URL can hold a string: whether it has no lone surrogate. */
export function isWellFormed(value: string): boolean {
  return !/\p{Cs}/u.test(value);
}

function describe(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : value === null ? "null" : typeof value;
}

/**
 * Checks an identifier that goes into a body, where nothing else would notice that it is missing.
 *
 * @param name What it is, for the message: `user ID`, say.
 * @param value The identifier.
 * @returns The identifier.
 * @throws {TypeError} If it is no string, is empty, or holds a lone surrogate.
 */
export function checkIdentifier<T extends string>(name: string, value: T): T {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`Cannot make a request: the ${name} is ${describe(value)}`);
  }
  if (!isWellFormed(value)) throw new TypeError(`Cannot make a request: the ${name} holds a lone surrogate`);
  return value;
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
 * @param strings The fixed parts.
 * @param values The values: non-empty strings.
 * @returns The path.
 * @throws {TypeError} If a value is no string, is empty, `.` or `..`, or holds a lone surrogate.
 */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  let result = strings[0]!;
  for (let i = 0; i < values.length; i++) result += encodeSegment(values[i]!) + strings[i + 1]!;
  return result;
}

/**
 * Checks a path made by hand: a URL parser must keep it as it stands.
 *
 * @returns The path, with exactly one leading slash.
 * @throws {TypeError} If it holds a query, a fragment, a backslash, white space or a dot segment.
 */
export function checkPath(value: string): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError("Cannot make a request: the path is empty");
  }
  // White space and control characters are what is not above U+0020.
  if (/[?#\\]|[^!-\u{10ffff}]|(?:^|\/)(?:\.|%2[eE]){1,2}(?:\/|$)/u.test(value)) {
    throw new TypeError(
      "Cannot make a request: the path holds a query, a fragment, a backslash, white space or a dot segment",
    );
  }
  return value.startsWith("/") ? value : `/${value}`;
}
