import type { Query, QueryValue } from "./options.ts";
import { encode } from "./path.ts";

/**
 * Builds a query string. A key of a later set replaces the same key of an earlier one.
 *
 * @param sets The sets of parameters, in rising order of precedence.
 * @returns The query with its leading `?`, or the empty string.
 * @throws {TypeError} If a value is no string, number, boolean or array of these.
 */
export function buildQuery(sets: readonly (Query | undefined | null)[]): string {
  const parts = new Map<string, string>();
  for (const set of sets) {
    if (set === undefined || set === null) continue;
    for (const [key, value] of entries(set)) {
      if (value === undefined || value === null) continue;
      const name = encode(key);
      const values = Array.isArray(value) ? value : [value];
      parts.set(key, values.map((one) => `${name}=${encode(text(key, one))}`).join("&"));
    }
  }
  let result = "";
  for (const part of parts.values()) if (part !== "") result += `${result === "" ? "?" : "&"}${part}`;
  return result;
}

function entries(set: Query): Iterable<[string, QueryValue]> {
  if (!(set instanceof URLSearchParams)) return Object.entries(set);
  return [...new Set(set.keys())].map((key) => [key, set.getAll(key)]);
}

function text(key: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) {
    return String(value);
  }
  throw new TypeError(
    `Cannot send query parameter "${key}": it must be a string, a finite number or a boolean`,
  );
}
