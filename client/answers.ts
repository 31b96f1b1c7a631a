import { checkGiven } from "../http/validate.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import { isJsonObject } from "../http/json_object.ts";
import { present } from "../http/response_fields.ts";

/**
 * Makes sure that a value of an answer is a list. What the list holds is not looked at: one bad event spoils no page.
 *
 * @throws {MatrixResponseError} If it is not.
 */
export function listAnswer<T>(value: unknown, message: string): T[] {
  if (Array.isArray(value)) return value;
  throw new MatrixResponseError(message);
}

/**
 * Takes a list out of an answer.
 *
 * @throws {MatrixResponseError} If it is not there, or no list.
 */
export function requiredList<T>(answer: unknown, field: string, message: string): T[] {
  return listAnswer(present(answer, field), message);
}

/**
 * Makes sure that an answer is an event: without type and content nothing can be told of it.
 *
 * @throws {MatrixResponseError} If it is not.
 */
export function eventAnswer<E>(answer: unknown, message: string): E {
  if (isJsonObject(answer) && typeof answer.type === "string" && isJsonObject(answer.content)) {
    return answer as E;
  }
  throw new MatrixResponseError(message);
}

/**
 * Makes sure that what is to be sent as content is an object.
 *
 * @throws {TypeError} If it is not.
 */
export function checkContent<C extends object>(content: C): C {
  if (isJsonObject(content)) return content;
  throw new TypeError("Cannot send the content: it is no object");
}

/**
 * Leaves out what holds nothing: the empty string, 0, `false`, an empty list or object. What the contract calls truthy is
 * sent where this gives something.
 */
export function unlessEmpty<T>(value: T): NonNullable<T> | undefined {
  if (!value || (typeof value === "object" && Object.keys(value).length === 0)) return undefined;
  return value;
}

/** Leaves out the fields that are not given. */
export function onlyGiven(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => (value ?? null) !== null));
}

/** Puts a filter into a query: as JSON, unless it is text already. */
export function filterParameter(filter: object | string | null | undefined): string | undefined {
  if (filter === undefined || filter === null) return undefined;
  if (typeof filter !== "string") checkGiven("object", { filter });
  return typeof filter === "string" ? filter : JSON.stringify(filter);
}
