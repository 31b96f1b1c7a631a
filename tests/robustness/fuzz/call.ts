/** Calls of the fuzzer. Those of ClientAPI come from the rows of the contract tests. */
import type { RequestOptions } from "../../../http/mod.ts";
import { ROWS } from "../../contract/methods/mod.ts";
import type { Argument, NamedRow, Option, Via } from "../../contract/methods/row.ts";
import { list, nothing, number, object, type Shape, string } from "../../support/shapes.ts";

/** A call of a method. */
export interface MethodCall {
  /** The name of the method. */
  method: string;
  /** Arguments before the options. */
  args: readonly Argument[];
  /** The method's own options. */
  options?: Readonly<Record<string, Argument>>;
  /** Request options that the method ignores. */
  ignores?: readonly (keyof RequestOptions)[];
  /** Whether the method has no request options, or they are not the last argument. */
  plain?: boolean;
  /** The response for an endpoint that the specification does not have. */
  response?: unknown;
  /** Describes its result. */
  resolves: Shape;
  /** The status of each response, by the number of the request; 200 by default. */
  statuses?: readonly number[];
  /** Whether each response is content instead of JSON, by the number of the request. */
  content?: readonly boolean[];
  /** Makes the call in another way than by the method's name. */
  via?: Via;
}

function shapeOf(result: unknown): Shape {
  if (Array.isArray(result)) return list();
  switch (typeof result) {
    case "undefined":
      return nothing;
    case "string":
      return string;
    case "number":
      return number;
    default:
      return object;
  }
}

function tried(options: Readonly<Record<string, Option>>): [string, Option & { kind: Argument[1] }][] {
  return Object.entries(options).flatMap(([name, option]) =>
    option.kind === null ? [] : [[name, { ...option, kind: option.kind }]]
  );
}

/** Returns the calls of a row: one with all options, one for each option that excludes others, and the further calls. */
export function callsOf(row: NamedRow): MethodCall[] {
  const { name, args = [], options = {}, bytes, line, ignores, plain, via } = row;
  const base: MethodCall = {
    method: name,
    args,
    resolves: row.resolves ?? shapeOf(row.result),
    ...("response" in row && { response: row.response }),
    ...(ignores && { ignores }),
    ...(plain && { plain }),
    ...(via && { via }),
    ...(bytes && line?.startsWith("GET ") && { content: [...(row.asksVersions ? [false] : []), true] }),
  };
  const all = tried(options);
  const together = all.filter(([, { apart }]) => !apart).map((
    [name, { sample, kind }],
  ): [string, Argument] => [name, [sample, kind]]);
  const apart = all.filter(([, { apart }]) => apart).map(([name, { sample, kind, with: others = {} }]) => ({
    ...base,
    options: {
      ...Object.fromEntries(
        Object.entries(others).map(([name, value]): [string, Argument] => [name, [value, "any"]]),
      ),
      [name]: [sample, kind] as Argument,
    },
  }));
  const further = (row.calls ?? []).map((call) => ({ ...base, ...call }));
  return [
    { ...base, ...(together.length && { options: Object.fromEntries(together) }) },
    ...apart,
    ...further,
  ];
}

/** Calls of every method of ClientAPI. */
export const API_CALLS: readonly MethodCall[] = ROWS.flatMap(callsOf);
