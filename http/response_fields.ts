/**
 * Checks of responses.
 *
 * @module
 */

import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "../types/json.ts";
import { MatrixResponseError } from "./errors/base.ts";
import { isWellFormed } from "./validate.ts";

/** The types of JSON values, by the names that {@linkcode required} takes. */
export interface JsonTypeMap {
  /** A string. */
  string: string;
  /** A number. */
  number: number;
  /** `true` or `false`. */
  boolean: boolean;
  /** An object, neither an array nor `null`. */
  object: JsonObject;
  /** An array. */
  array: JsonArray;
}

/**
 * Returns a field of a response, after checking its presence and type.
 *
 * @example Usage
 * ```ts
 * import { MatrixResponseError, required } from "@mtx/client/http";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(required({ room_id: "!a:example.org" }, "room_id"), "!a:example.org");
 * assertThrows(() => required({}, "room_id"), MatrixResponseError, "`room_id` not in response.");
 * ```
 *
 * @param response The response, whose type declares the field.
 * @param field The field's name.
 * @param type The JSON type that the field must have; a string by default.
 * @returns The field's value.
 * @throws {MatrixResponseError} If the response is not a JSON object, or the field is missing, `null` or of another type.
 */
export function required<
  Response extends object,
  Field extends keyof Response & string,
  Type extends keyof JsonTypeMap = "string",
>(
  response: Response,
  field: Field,
  type?: Type,
): JsonValue extends Response[Field] ? JsonTypeMap[Type] : NonNullable<Response[Field]>;
/**
 * Returns a field of a response, after checking its presence and type.
 *
 * @param response The response, of an unknown type.
 * @param field The field's name.
 * @param type The JSON type that the field must have; a string by default.
 * @returns The field's value.
 * @throws {MatrixResponseError} If the response is not a JSON object, or the field is missing, `null` or of another type.
 */
export function required<Type extends keyof JsonTypeMap = "string">(
  response: unknown,
  field: string,
  type?: Type,
): JsonTypeMap[Type];
export function required(response: unknown, field: string, type: keyof JsonTypeMap = "string"): unknown {
  const value = present(response, field);
  if ((Array.isArray(value) ? "array" : typeof value) !== type) {
    throw new MatrixResponseError(`Invalid \`${field}\` in response: expected ${type}`);
  }
  return value;
}

/**
 * Returns a field of a response, of any type.
 *
 * @throws {MatrixResponseError} If the response is not a JSON object, or the field is missing or `null`.
 */
export function present(response: unknown, field: string): unknown {
  const object = objectResponse(response);
  const value = Object.hasOwn(object, field) ? object[field] : undefined;
  if (value !== undefined && value !== null) return value;
  throw new MatrixResponseError(`\`${field}\` not in response.`);
}

/**
 * Checks that a response is a JSON object.
 *
 * @param response The response.
 * @returns The same response.
 * @throws {MatrixResponseError} If it is anything else, such as an array or `null`.
 */
export function objectResponse<Response extends object>(response: Response): Response;
/**
 * Checks that a response is a JSON object.
 *
 * @param response The response, of an unknown type.
 * @returns The same response.
 * @throws {MatrixResponseError} If it is anything else, such as an array or `null`.
 */
export function objectResponse<Response extends object = JsonObject>(response: unknown): Response;
export function objectResponse(response: unknown): object {
  if (isJsonObject(response)) return response;
  throw new MatrixResponseError("Invalid response: expected object");
}

/**
 * Checks that a value of a response is an array. Its elements are not checked, so that one bad event does not spoil a page.
 *
 * @throws {MatrixResponseError} If it is not.
 */
export function listResponse<T>(value: unknown, message: string): T[] {
  if (Array.isArray(value)) return value;
  throw new MatrixResponseError(message);
}

/**
 * Returns an array field of a response.
 *
 * @throws {MatrixResponseError} If it is missing, or is not an array.
 */
export function requiredList<T>(response: unknown, field: string, message: string): T[] {
  return listResponse(present(response, field), message);
}

/**
 * Checks that a response is an event: an object with a type and content.
 *
 * @throws {MatrixResponseError} If it is not.
 */
export function eventResponse<E>(response: unknown, message: string): E {
  if (isJsonObject(response) && typeof response.type === "string" && isJsonObject(response.content)) {
    return response as E;
  }
  throw new MatrixResponseError(message);
}

/**
 * Yields the pages of a listing, one request after the other. Ends at a page whose token is missing, `null`, empty, or
 * the same as one before: a server that leads back to an earlier page would otherwise be asked for ever.
 *
 * @param field The field of a page that holds the token of the next one, such as `next_batch`.
 * @param first The token to start from; `undefined` for the first page.
 * @param getPage Requests the page of a token, with all other options the same as before.
 * @returns The pages. Each is requested when the caller is done with the one before it.
 * @throws {MatrixResponseError} If a token is not a string.
 */
export async function* iteratePages<Page extends object, Token extends string>(
  field: keyof Page & string,
  first: Token | undefined,
  getPage: (token: Token | undefined) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<unknown>([first]);
  let token = first;
  while (true) {
    const page = await getPage(token);
    yield page;
    const next: unknown = page[field] ?? "";
    if (next === "" || seen.has(next)) return;
    if (typeof next !== "string" || !isWellFormed(next)) {
      throw new MatrixResponseError(`Invalid \`${field}\` in response: expected string`);
    }
    seen.add(next);
    token = next as Token;
  }
}
