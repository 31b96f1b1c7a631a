import type { JsonObject } from "../types/json.ts";

/**
 * Says if a value is a JSON object: neither an array nor `null`.
 *
 * @param value Any value.
 * @returns Whether it is a JSON object.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Says if a value is a string.
 *
 * @param value Any value.
 * @returns Whether it is a string.
 */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/**
 * Reads a field that should hold a string.
 *
 * @param value What should be an object with the field.
 * @param key The field's name.
 * @returns The field, or `undefined` if there is none or it is no string.
 */
export function stringField(value: unknown, key: string): string | undefined {
  const field = isJsonObject(value) ? value[key] : undefined;
  return isString(field) ? field : undefined;
}
