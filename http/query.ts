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
  const add = (key: string, value: QueryValue) => {
    if (value === undefined || value === null) return;
    parts.set(key, Array.isArray(value) ? value.map((one) => part(key, one)).join("&") : part(key, value));
  };
  for (const set of sets) {
    if (set === undefined || set === null) continue;
    if (!isJsonObject(set)) throw new TypeError("Cannot make a request: the query must be an object");
    if (set instanceof URLSearchParams) { for (const key of new Set(set.keys())) add(key, set.getAll(key)); }
    else for (const key of Object.keys(set)) add(key, set[key]);
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
  return buildQuery([query, params, ts === undefined ? own : { ...own, ts }]);
}

function checkTimestamp(timestamp: number | Date): number {
  const time = timestamp instanceof Date ? timestamp.getTime() : timestamp;
  if (Number.isSafeInteger(time)) return time;
  throw new RangeError("Cannot use the timestamp: it must be a valid date or a whole number of milliseconds");
}

function part(key: string, value: unknown): string {
  if (
    typeof value === "string" || typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  ) {
    return `${encode(key)}=${encode(String(value))}`;
  }
  throw new TypeError(
    `Cannot send query parameter "${key}": it must be a string, a finite number or a boolean`,
  );
}
