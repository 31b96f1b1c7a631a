import type { JsonArray, JsonObject } from "../types/json.ts";
import { MatrixResponseError } from "./errors/base.ts";
import { isJsonObject } from "./json_object.ts";

/** The types of JSON values, by the names that {@linkcode required} knows them by. */
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

/** Those members of a type that are of the named JSON type. */
export type OfJsonType<Value, Type extends keyof JsonTypeMap> = Type extends "array"
  ? Extract<Value, readonly unknown[]>
  : Type extends "object" ? Exclude<Extract<Value, object>, readonly unknown[]>
  : Extract<Value, JsonTypeMap[Type]>;

/** What {@linkcode required} gives: the field as the answer's type declares it, or any value of the JSON type. */
export type RequiredField<Answer, Field extends string, Type extends keyof JsonTypeMap> = Answer extends
  { readonly [K in Field]?: infer Value }
  ? unknown extends Value ? JsonTypeMap[Type] : OfJsonType<Value, Type>
  : JsonTypeMap[Type];

/**
 * Takes a field out of a server's answer.
 *
 * @example Checking presence and type
 * ```ts
 * import { MatrixResponseError, required } from "@mtx/client/http";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(required({ room_id: "!a:example.org" }, "room_id"), "!a:example.org");
 * assertThrows(() => required({}, "room_id"), MatrixResponseError, "`room_id` not in response.");
 * ```
 *
 * @param answer The answer, which should be a JSON object.
 * @param field The field's name.
 * @param type The JSON type that the field must have, a string by default.
 * @returns The field's value.
 * @throws {MatrixResponseError} If the answer is no JSON object, or the field is missing, `null` or of another type.
 */
export function required<Answer, const Field extends string, Type extends keyof JsonTypeMap = "string">(
  answer: Answer,
  field: Field,
  type?: Type,
): RequiredField<Answer, Field, Type>;
export function required(answer: unknown, field: string, type: keyof JsonTypeMap = "string"): unknown {
  const value = present(answer, field);
  if ((Array.isArray(value) ? "array" : typeof value) !== type) {
    throw new MatrixResponseError(`Invalid \`${field}\` in response: expected ${type}`);
  }
  return value;
}

/**
 * Takes a field of any type out of a server's answer.
 *
 * @throws {MatrixResponseError} If the answer is no JSON object, or the field is missing or `null`.
 */
export function present(answer: unknown, field: string): unknown {
  const object = objectAnswer(answer);
  const value = Object.hasOwn(object, field) ? object[field] : undefined;
  if (value !== undefined && value !== null) return value;
  throw new MatrixResponseError(`\`${field}\` not in response.`);
}

/**
 * Makes sure that a whole answer is a JSON object.
 *
 * @param answer The answer.
 * @returns The same answer.
 * @throws {MatrixResponseError} If it is anything else, an array or `null` included.
 */
export function objectAnswer<Answer extends object>(answer: Answer): Answer;
/**
 * Makes sure that a whole answer is a JSON object.
 *
 * @param answer The answer.
 * @returns The same answer.
 * @throws {MatrixResponseError} If it is anything else, an array or `null` included.
 */
export function objectAnswer<Answer extends object = JsonObject>(answer: unknown): Answer;
export function objectAnswer(answer: unknown): object {
  if (!isJsonObject(answer)) throw new MatrixResponseError("Invalid response: expected object");
  return answer;
}

/**
 * Checks that a value of a response is an array. Its elements are not checked, so that one bad event spoils no page.
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
