/** What a call is described by. */
import type { Client } from "../../../client/mod.ts";
import type { Shape } from "./shapes.ts";
import type { Kind } from "./wrong.ts";

/** An argument or option that is right, and the kind of what would be wrong. */
export type Argument = readonly [value: unknown, kind: Kind];

/** A call. */
export interface MethodCall {
  /** The method; several calls may be of one. */
  method: string;
  /** Arguments before the options. */
  args: readonly Argument[];
  /** The method's own options. */
  options?: Readonly<Record<string, Argument>>;
  /** Request options that it does not look at. */
  ignores?: readonly string[];
  /** Where it takes no request options, or they do not come last. */
  plain?: boolean;
  /** What it resolves with. */
  promises: Shape;
  /** Answers by the number of the request, where they are no ordinary ones: a status. */
  statuses?: readonly number[];
  /** Whether answers are content rather than JSON, by the number of the request. */
  content?: readonly boolean[];
  /** Makes the call in another way than by its name. */
  via?: (client: Client, args: unknown[]) => Promise<unknown>;
}

/** Describes a call. */
export const call = (
  method: string,
  args: readonly Argument[],
  promises: Shape,
  more: Partial<MethodCall> = {},
): MethodCall => ({ method, args, promises, ...more });
