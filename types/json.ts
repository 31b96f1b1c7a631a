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
