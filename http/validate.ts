import { isJsonObject } from "./json_object.ts";

/** What arguments are checked for, and how messages say it. */
const KINDS = {
  string: "a string",
  number: "a finite number",
  boolean: "true or false",
  object: "an object",
  array: "an array",
};

/**
 * Takes the options of a call.
 *
 * @param options The options; `null` for none.
 * @returns The options, or an empty object.
 * @throws {TypeError} If they are something else: a single option by its position, for one.
 */
export function given<T extends object>(options: T | null | undefined): Partial<T> {
  if (options === undefined || options === null) return {};
  if (isJsonObject(options)) return options;
  throw new TypeError("Cannot use the options: they must be an object");
}

/**
 * Checks arguments that may be left out. What is empty (`""`, 0, `false`, a list or object without content) passes
 * whatever its type: it is as good as not given.
 *
 * @param kind The kind that they must be of.
 * @param values The arguments, by their names.
 * @throws {TypeError} If one is of another kind.
 */
export function checkGiven(kind: keyof typeof KINDS, values: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value !== undefined && !isEmpty(value) && !isOf(kind, value)) {
      throw new TypeError(`Cannot make a request: ${name} must be ${KINDS[kind]}`);
    }
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object") return value === null || Object.keys(value).length === 0;
  return !value && !Number.isNaN(value);
}

function isOf(kind: keyof typeof KINDS, value: unknown): boolean {
  switch (kind) {
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    default:
      return typeof value === "string";
  }
}

/**
 * Looks at a caller's signal.
 *
 * @returns The signal; `undefined` for none.
 * @throws {TypeError} If it is none: its controller, for one.
 * @throws The signal's reason, if it is aborted.
 */
export function checkSignal(signal: AbortSignal | null | undefined): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.throwIfAborted !== "function") {
    throw new TypeError("Cannot make a request: the signal must be an AbortSignal");
  }
  signal.throwIfAborted();
  return signal;
}

/**
 * Checks a time that the server is asked to take.
 *
 * @returns The time; the default where there is none.
 * @throws {RangeError} If it is no whole number of milliseconds.
 */
export function checkTimeout(timeout: number | null | undefined, standard: number): number {
  const milliseconds = timeout ?? standard;
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new RangeError("Cannot use the timeout: it must be a whole number of milliseconds");
}

/**
 * Checks that the content of an event, or another body, is an object.
 *
 * @returns The same content.
 * @throws {TypeError} If it is not.
 */
export function checkContent<C extends object>(content: C): C {
  if (isJsonObject(content)) return content;
  throw new TypeError("Cannot send the content: it must be an object");
}

/**
 * Returns the value, or `undefined` for `""`, 0, `false`, `[]` and `{}`: for parameters that are sent only if not empty.
 * The contract calls such values truthy.
 */
export function unlessEmpty<T>(value: T): NonNullable<T> | undefined {
  if (!value || (typeof value === "object" && Object.keys(value).length === 0)) return undefined;
  return value;
}

/** Returns the fields that are neither `undefined` nor `null`. */
export function onlyGiven(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => (value ?? null) !== null));
}

/**
 * Returns a filter as a query parameter: JSON text. A string is returned unchanged.
 *
 * @throws {TypeError} If the filter is neither an object nor a string.
 */
export function filterParameter(filter: object | string | null | undefined): string | undefined {
  if (filter === undefined || filter === null || typeof filter === "string") return filter ?? undefined;
  checkGiven("object", { filter });
  return JSON.stringify(filter);
}

/**
 * Matches an absolute URL with a host. The URL parser would guess a host where there is none (`https:host`), and read
 * `host:8448` as a scheme.
 */
const URL_WITH_HOST = /^(?:([a-z][a-z\d+.-]*):)?\/\/[^/?#\\\s]/i;

/**
 * Parses a URL that a server names, such as the base URL of its homeserver.
 *
 * @param value The value that the server sent.
 * @returns The URL and its scheme, `https` or `http`. A scheme alone, which may be empty, means that the URL has a host
 * but another scheme, or cannot be used. An empty object means that the value is not an absolute URL.
 */
export function parseServerUrl(value: unknown): { url?: URL; scheme?: string } {
  const match = typeof value === "string" ? URL_WITH_HOST.exec(value) : null;
  if (match === null) return {};
  const scheme = (match[1] ?? "").toLowerCase();
  if (scheme !== "https" && scheme !== "http") return { scheme };
  if (!URL.canParse(match.input)) return {};
  const url = new URL(match.input);
  // A public address holds neither a name nor a password.
  return url.username === "" && url.password === "" ? { url, scheme } : {};
}

/** Returns the base URL of the homeserver in a well-known document, of any type; `undefined` or `null` for none. */
export function baseUrlIn(wellKnown: unknown): unknown {
  const homeserver = isJsonObject(wellKnown) ? wellKnown["m.homeserver"] : undefined;
  return isJsonObject(homeserver) ? homeserver.base_url : undefined;
}
