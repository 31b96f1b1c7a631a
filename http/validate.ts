/**
 * Checks of arguments. They run before a request is sent.
 *
 * @module
 */

import { isJsonObject } from "../types/json.ts";

/** The kinds of {@linkcode checkGiven}, as messages name them. */
const KINDS = {
  string: "a string",
  number: "a finite number",
  boolean: "true or false",
  object: "an object",
  array: "an array",
};

/**
 * Returns the kind of a value for an error message: `null`, `string`, `array`, `Map`. Never returns the value itself,
 * which may be secret.
 */
export function kindOf(value: unknown): string {
  if (typeof value !== "object") return typeof value;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return /^(?:Array|Null|Object)$/.test(tag) ? tag.toLowerCase() : tag;
}

/** Returns a number for an error message, and the kind of anything else. */
export function numberOrKind(value: unknown): string {
  return typeof value === "number" ? String(value) : kindOf(value);
}

/**
 * Returns the options of a call.
 *
 * @param options The options; `null` or `undefined` for none.
 * @returns The options, or an empty object.
 * @throws {TypeError} If they are not an object.
 */
export function given<T extends object>(options: T | null | undefined): Partial<T> {
  if (options === undefined || options === null) return {};
  if (isJsonObject(options)) return options;
  throw new TypeError(`Cannot use the options: they must be an object, received ${kindOf(options)}`);
}

/**
 * Checks optional arguments. Empty values (`""`, 0, `false`, `[]`, `{}`) of any kind pass: they are treated as
 * omitted.
 *
 * @param kind The kind that they must have.
 * @param values The arguments, by name.
 * @throws {TypeError} If one has another kind.
 */
export function checkGiven(kind: keyof typeof KINDS, values: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value !== undefined && !isEmpty(value) && !isOf(kind, value)) {
      throw new TypeError(`Cannot make a request: ${name} must be ${KINDS[kind]}, received ${kindOf(value)}`);
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
 * Checks that the content of an event, or another body, is an object.
 *
 * @param content The content.
 * @returns The same content.
 * @throws {TypeError} If it is not.
 */
export function checkContent<C extends object>(content: C): C {
  if (isJsonObject(content)) return content;
  throw new TypeError(`Cannot send the content: it must be an object, received ${kindOf(content)}`);
}

/**
 * Checks an identifier that is sent in a body, where the homeserver might not notice that it is missing.
 *
 * @param name The name for the message, such as `user ID`.
 * @param value The identifier.
 * @returns The same identifier.
 * @throws {TypeError} If it is not a non-empty string, contains a lone surrogate, or is an identifier of another kind.
 */
export function checkIdentifier<T extends string>(name: string, value: T): T {
  if (typeof value !== "string" || value === "") {
    const received = value === "" ? '""' : kindOf(value);
    throw new TypeError(
      `Cannot make a request: the ${name} must be a non-empty string, received ${received}`,
    );
  }
  if (!isWellFormed(value)) {
    throw new TypeError(`Cannot make a request: the ${name} must not contain a lone surrogate`);
  }
  checkKind(name, value);
  return value;
}

/** Kinds of identifiers, and the first characters that they may have. */
const SIGILS: Readonly<Record<string, string>> = {
  "user ID": "@",
  "room ID": "!",
  "room alias": "#",
  "room ID or alias": "!#",
  "event ID": "$",
};

/**
 * Checks that an identifier is not one of another kind, such as an alias in place of a room ID. Homeservers respond to
 * those with errors that do not name the mistake, or with a request to the wrong room.
 *
 * @param name The kind, such as `room ID`. Other names are not checked.
 * @param value The identifier.
 * @throws {TypeError} If the value starts with the first character of another kind.
 */
export function checkKind(name: string, value: string): void {
  const own = SIGILS[name];
  const first = value.charAt(0);
  if (own === undefined || own.includes(first)) return;
  const other = Object.keys(SIGILS).find((kind) => SIGILS[kind] === first);
  if (other === undefined) return;
  const hint = name === "room ID" && first === "#" ? "; resolveRoomAlias() returns its room ID" : "";
  const start = [...own].map((sigil) => `"${sigil}"`).join(" or ");
  throw new TypeError(
    `Cannot make a request: the ${name} must start with ${start}, received ${other}${hint}`,
  );
}

/**
 * Checks the local part of a room alias.
 *
 * @param localpart The local part.
 * @returns The same local part.
 * @throws {TypeError} If it is empty, or is a whole alias.
 */
export function checkAliasLocalpart(localpart: string): string {
  checkIdentifier("alias localpart", localpart);
  if (!/^#|:/.test(localpart)) return localpart;
  throw new TypeError(
    "Cannot make a request: the alias localpart must not contain the # and the server name, " +
      'such as "lobby" of the alias "#lobby:example.org"',
  );
}

/**
 * Checks the host name of an identity server. It is not a URL: with `https://` in front, homeservers do not find it.
 *
 * @param idServer The host name, perhaps with a port.
 * @returns The same host name.
 * @throws {TypeError} If it is empty or a URL.
 */
export function checkIdentityServer(idServer: string): string {
  checkIdentifier("identity server", idServer);
  if (!idServer.includes("/")) return idServer;
  throw new TypeError("Cannot make a request: the identity server must be a host name, without https://");
}

/** Returns whether a string contains no lone surrogate. Node 20 and Deno have `isWellFormed()`, ES2022 has not. */
export function isWellFormed(value: string): boolean {
  return !/\p{Cs}/u.test(value);
}

/**
 * Checks the caller's signal.
 *
 * @param signal The signal; `null` or `undefined` for none.
 * @returns The signal; `undefined` for none.
 * @throws {TypeError} If it is not an `AbortSignal`, but for example an `AbortController`.
 * @throws The signal's reason if it is aborted.
 */
export function checkSignal(signal: AbortSignal | null | undefined): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.throwIfAborted !== "function") {
    throw new TypeError(
      `Cannot make a request: the signal must be an AbortSignal, received ${kindOf(signal)}`,
    );
  }
  signal.throwIfAborted();
  return signal;
}

/**
 * Checks a time that the server is asked to wait.
 *
 * @param timeout The time in milliseconds; `null` or `undefined` for the default.
 * @param standard The default.
 * @returns The time.
 * @throws {RangeError} If it is not a whole number of milliseconds.
 */
export function checkTimeout(timeout: number | null | undefined, standard: number): number {
  const milliseconds = timeout ?? standard;
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new RangeError(
    `Cannot use the timeout: it must be a whole number of milliseconds, received ${numberOrKind(timeout)}`,
  );
}

/**
 * Checks a time limit.
 *
 * @param milliseconds The limit; `Infinity` for none.
 * @returns The limit.
 * @throws {RangeError} If it is not a positive number.
 */
export function checkDeadline(milliseconds: number): number {
  if (typeof milliseconds === "number" && milliseconds > 0) return milliseconds;
  throw new RangeError(
    "Cannot use the deadline: it must be a positive number of milliseconds, or Infinity, " +
      `received ${numberOrKind(milliseconds)}`,
  );
}

/**
 * Checks the time at which an event was sent.
 *
 * @param timestamp Milliseconds since the epoch, or a date.
 * @returns Milliseconds since the epoch.
 * @throws {RangeError} If it is neither.
 */
export function checkTimestamp(timestamp: number | Date): number {
  const time = timestamp instanceof Date ? timestamp.getTime() : timestamp;
  if (Number.isSafeInteger(time)) return time;
  throw new RangeError(
    "Cannot use the timestamp: it must be a valid date or a whole number of milliseconds, " +
      `received ${numberOrKind(time)}`,
  );
}

/**
 * Checks a number of bytes.
 *
 * @param action The action, for the message.
 * @param name The name of the option.
 * @param size The number; `null` or `undefined` for none.
 * @param unlimited Whether `Infinity` is allowed.
 * @throws {RangeError} If it is not a number of bytes.
 */
export function checkSize(action: string, name: string, size: number | undefined, unlimited = false): void {
  if (size === undefined || size === null || (unlimited && size === Infinity)) return;
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw new RangeError(`${action}: ${name} must be a number of bytes, received ${numberOrKind(size)}`);
}

/**
 * Checks an http or https URL.
 *
 * @param value The URL.
 * @param subject The action and the argument, for the message, such as `Cannot use the base URL: it`.
 * @returns The parsed URL.
 * @throws {TypeError} If it is not an http or https URL, or contains a user name or password. The message does not
 * contain the URL.
 */
export function checkUrl(value: string | URL, subject: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${subject} must begin with https:// or http://`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`${subject} must not contain a user name or password`);
  }
  return url;
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
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) if ((fields[name] ?? null) !== null) given[name] = fields[name];
  return given;
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
