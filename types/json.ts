/**
 * Types of JSON values, as `JSON.parse()` gives them.
 *
 * @module
 */

/**
 * A JSON value without parts.
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
 * A JSON object. A key that is read need not be there, so reading gives `undefined` too; a key that is set to
 * `undefined` is left out by `JSON.stringify()`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#api-standards
 */
export interface JsonObject {
  /** The value of a key. */
  [key: string]: JsonValue | undefined;
}

/**
 * A JSON object of which only some fields are known: all content is one, because anybody may add fields.
 *
 * Fields without a name in our types are `unknown` until somebody looks.
 */
export interface OpenObject {
  /** A field that our types do not name. */
  [key: string]: unknown;
}
