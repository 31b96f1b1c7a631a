import { checkGiven, kindOf, numberOrKind } from "./validate.ts";

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
