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

/** How deeply JSON may be nested that is to be shown. */
const MAX_DEPTH = 100;

/**
 * Says if a JSON value is nested more deeply than any that has a meaning: hosts fail to write such values.
 *
 * @param value The value.
 * @returns Whether it has more than 100 levels.
 */
export function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    level = level.flatMap((one) => typeof one === "object" && one !== null ? Object.values(one) : []);
    if (level.length === 0) return false;
  }
  return true;
}
