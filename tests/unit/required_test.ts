import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { MatrixResponseError } from "../../http/errors/base.ts";
import { type JsonTypeMap, objectResponse, required } from "../../http/response.ts";
import type { RoomID } from "../../types/identifiers.ts";
import type { JsonArray, JsonObject, JsonValue } from "../../types/json.ts";

/** A value of each JSON type. */
const VALUES: { [Type in keyof JsonTypeMap]: JsonTypeMap[Type][] } = {
  string: ["a", ""],
  number: [1, 0],
  boolean: [true, false],
  object: [{ a: 1 }, {}],
  array: [["a"], []],
};

const TYPES = Object.keys(VALUES) as (keyof JsonTypeMap)[];

Deno.test("required() returns a field of the right JSON type", () => {
  for (const type of TYPES) {
    for (const value of VALUES[type]) assertStrictEquals(required({ field: value }, "field", type), value);
  }
});

Deno.test("required() expects a string by default", () => {
  assertEquals(required({ room_id: "!a:b" }, "room_id"), "!a:b");
  assertThrows(
    () => required({ room_id: 1 }, "room_id"),
    MatrixResponseError,
    "Invalid `room_id` in response: expected string",
  );
});

Deno.test("required() names a field that is missing or null", () => {
  for (const response of [{}, { room_id: null }, { room_id: undefined }, { roomId: "!a:b" }]) {
    for (const type of TYPES) {
      const error = assertThrows(() => required(response, "room_id", type), MatrixResponseError);
      assertEquals(error.message, "`room_id` not in response.");
    }
  }
});

Deno.test("required() names a field of a wrong JSON type", () => {
  for (const type of TYPES) {
    for (const other of TYPES.filter((other) => other !== type)) {
      for (const value of VALUES[other]) {
        const error = assertThrows(() => required({ chunk: value }, "chunk", type), MatrixResponseError);
        assertEquals(error.message, `Invalid \`chunk\` in response: expected ${type}`);
      }
    }
  }
});

Deno.test("required() rejects a response that is not a JSON object", () => {
  for (const response of [null, undefined, "a", 1, true, [], [{ room_id: "!a:b" }]]) {
    assertThrows(
      () => required(response, "room_id"),
      MatrixResponseError,
      "Invalid response: expected object",
    );
  }
});

Deno.test("required() ignores inherited fields", () => {
  for (const field of ["constructor", "toString", "__proto__"]) {
    assertThrows(() => required({}, field), MatrixResponseError, `\`${field}\` not in response.`);
  }
  assertEquals(required(JSON.parse(`{"__proto__": "a"}`), "__proto__"), "a");
});

Deno.test("required() has the type that the response declares", () => {
  const response: { room_id: RoomID; via?: string[]; extra?: { a: number } | null; count?: number } = {
    room_id: "!a:b",
    via: ["b"],
    extra: { a: 1 },
    count: 1,
  };
  const roomId: RoomID = required(response, "room_id");
  const via: string[] = required(response, "via", "array");
  const extra: { a: number } = required(response, "extra", "object");
  const count: number = required(response, "count", "number");
  // @ts-expect-error A number is not a string.
  const wrong: string = required(response, "count", "number");
  assertEquals([roomId, via, extra, count, wrong], ["!a:b", ["b"], { a: 1 }, 1, 1]);
});

Deno.test("required() has the JSON type if the response declares none", () => {
  const value: unknown = { a: "a", b: [1], c: { d: true } };
  const object = value as JsonObject;
  const fromUnknown: [string, JsonArray, JsonObject] = [
    required(value, "a"),
    required(value, "b", "array"),
    required(value, "c", "object"),
  ];
  const fromObject: [string, JsonValue[], JsonObject, boolean] = [
    required(object, "a"),
    required(object, "b", "array"),
    required(object, "c", "object"),
    required(required(object, "c", "object"), "d", "boolean"),
  ];
  // @ts-expect-error An array is not an object.
  const wrong: string = required(value, "b", "array");
  assertEquals(fromUnknown, ["a", [1], { d: true }]);
  assertEquals(fromObject, ["a", [1], { d: true }, true]);
  assertEquals(wrong as unknown, [1]);
});

Deno.test("objectResponse() returns the same object with its type", () => {
  const typed: { a: number } = { a: 1 };
  const same: { a: number } = objectResponse(typed);
  assertStrictEquals(same, typed);
  const untyped: unknown = typed;
  const json: JsonObject = objectResponse(untyped);
  const named = objectResponse<{ a: number }>(untyped);
  assertEquals([json.a, named.a], [1, 1]);
});

Deno.test("objectResponse() rejects everything else", () => {
  for (const response of [null, undefined, "a", "", 1, false, [], [1]]) {
    const error = assertThrows(() => objectResponse(response), MatrixResponseError);
    assertEquals(error.message, "Invalid response: expected object");
  }
});
