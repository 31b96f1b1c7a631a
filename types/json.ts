/**
 * JSON values, as `JSON.parse()` returns them.
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
