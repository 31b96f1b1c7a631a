import { isJsonObject } from "./json_object.ts";

/** What arguments are checked for, and how messages say it. */
const KINDS = {
  string: "a string",
  number: "a finite number",
  boolean: "true or false",
  object: "an object",
  array: "an array",
};

/**
 * Takes the options of a call.
 *
 * @param options The options; `null` for none.
 * @returns The options, or an empty object.
 * @throws {TypeError} If they are something else: a single option by its position, for one.
 */
export function given<T extends object>(options: T | null | undefined): Partial<T> {
  if (options === undefined || options === null) return {};
  if (isJsonObject(options)) return options;
  throw new TypeError("Cannot use the options: they must be an object");
}

/**
 * Checks arguments that may be left out. What is empty (`""`, 0, `false`, a list or object without content) passes
 * whatever its type: it is as good as not given.
 *
 * @param kind The kind that they must be of.
 * @param values The arguments, by their names.
 * @throws {TypeError} If one is of another kind.
 */
export function checkGiven(kind: keyof typeof KINDS, values: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value !== undefined && !isEmpty(value) && !isOf(kind, value)) {
      throw new TypeError(`Cannot make a request: ${name} must be ${KINDS[kind]}`);
    }
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object") return value === null || Object.keys(value).length === 0;
  return !value && !Number.isNaN(value);
}

function isOf(kind: keyof typeof KINDS, value: unknown): boolean {
  switch (kind) {
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    default:
      return typeof value === "string";
  }
}

/**
 * Looks at a caller's signal.
 *
 * @returns The signal; `undefined` for none.
 * @throws {TypeError} If it is none: its controller, for one.
 * @throws The signal's reason, if it is aborted.
 */
export function checkSignal(signal: AbortSignal | null | undefined): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.throwIfAborted !== "function") {
    throw new TypeError("Cannot make a request: the signal must be an AbortSignal");
  }
  signal.throwIfAborted();
  return signal;
}

/**
 * Checks a time that the server is asked to take.
 *
 * @returns The time; the default where there is none.
 * @throws {RangeError} If it is no whole number of milliseconds.
 */
export function checkTimeout(timeout: number | null | undefined, standard: number): number {
  const milliseconds = timeout ?? standard;
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new RangeError("Cannot use the timeout: it must be a whole number of milliseconds");
}
