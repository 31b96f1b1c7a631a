import { isJsonObject } from "./json_object.ts";
import type { APIRequestOptions, Query, QueryValue } from "./options.ts";
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
    if (!isJsonObject(set)) throw new TypeError("Cannot make a request: the query must be an object");
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

/**
 * Builds the query of a call.
 *
 * @param options The caller's parameters and those of the endpoint, and the timestamp.
 * @param own Parameters that nothing replaces.
 * @returns The query with its leading `?`, or the empty string.
 * @throws {TypeError} If a value cannot be sent.
 * @throws {RangeError} If the timestamp is none.
 */
export function callQuery(
  { query, params, timestamp }: Pick<APIRequestOptions, "query" | "params" | "timestamp">,
  own?: Readonly<Record<string, string>>,
): string {
  const ts = timestamp === undefined || timestamp === null ? undefined : checkTimestamp(timestamp);
  if ((query ?? params ?? ts ?? own) === undefined) return "";
  return buildQuery([query, params, { ...own, ts }]);
}

function checkTimestamp(timestamp: number | Date): number {
  const time = timestamp instanceof Date ? timestamp.getTime() : timestamp;
  if (Number.isSafeInteger(time)) return time;
  throw new RangeError("Cannot use the timestamp: it must be a valid date or a whole number of milliseconds");
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
