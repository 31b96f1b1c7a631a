/**
 * JSON values, as `JSON.parse()` returns them, and functions that check them.
 *
 * @module
 */

/**
 * A JSON value that is neither an array nor an object.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export type JsonPrimitive = string | number | boolean | null;

/**
 * Any JSON value.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export type JsonValue = JsonPrimitive | JsonArray | JsonObject;

/**
 * A JSON array.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export type JsonArray = JsonValue[];

/**
 * A JSON object. Reading a key may return `undefined`, because the key may be absent. `JSON.stringify()`
 * omits keys with the value `undefined`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export interface JsonObject {
  /** Value of the key. */
  [key: string]: JsonValue | undefined;
}

/** A JSON object with some known fields, such as event content. Other fields are `unknown`. */
export interface OpenObject {
  /** A field that these types do not name. */
  [key: string]: unknown;
}

/**
 * Returns whether a value is a JSON object: neither an array nor `null`.
 *
 * @param value Any value.
 * @returns Whether the value is a JSON object.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns whether a value is a string. */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/**
 * Returns a string field of a value.
 *
 * @param value Any value.
 * @param key Name of the field.
 * @returns The field. `undefined` if the value is not an object or the field is not a string.
 */
export function stringField(value: unknown, key: string): string | undefined {
  const field = isJsonObject(value) ? value[key] : undefined;
  return typeof field === "string" ? field : undefined;
}

/** Returns a copy of the fields of a value. Returns an empty object if the value is not a JSON object. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? { ...value } : {};
}

/** Returns a value if it is a non-empty string, otherwise `undefined`. */
export function nonEmpty(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Levels of nesting beyond which {@linkcode isDeep} returns true. */
const MAX_DEPTH = 100;

/**
 * Returns whether a JSON value is nested more than 100 levels deep. `JSON.stringify()` overflows the stack of Node 20 on
 * 64 kB of brackets, which a server may send.
 *
 * @param value Any JSON value.
 * @returns Whether the value is nested too deeply.
 */
export function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    level = level.flatMap((one) => typeof one === "object" && one !== null ? Object.values(one) : []);
    if (level.length === 0) return false;
  }
  return true;
}
