/** The form of a row: everything that the tests know about one method of `ClientAPI`. */
import { ClientAPI } from "../../../client/mod.ts";
import type { RequestOptions } from "../../../http/mod.ts";
import type { Received } from "../../support/fake_homeserver.ts";
import type { Shape } from "../../support/shapes.ts";
import type { Kind } from "../../support/wrong_values.ts";

/** A valid argument, and the kind that determines which values are invalid in its place. */
export type Argument = readonly [value: unknown, kind: Kind];

/** Options of a call, by name. */
export type Options = Readonly<Record<string, unknown>>;

/**
 * When an option is sent. `undefined` and `null` always count as not given.
 *
 * - `non-null`: every given value, including the empty string, 0 and `false`
 * - `truthy`: values that are not empty
 * - `always`: the given value, otherwise the default
 */
export type Rule = "non-null" | "truthy" | "always";

/** An option, and when and where it is sent. */
export interface Option {
  /** A valid value, which is sent under every rule. */
  sample: unknown;
  /** The kind of its invalid values; `null` if the wrong-argument run skips the option. */
  kind: Kind | null;
  /** When the option is sent. Absent for options that only change what the client does. */
  rule?: Rule;
  /** The part of the request that holds it. */
  place?: "query" | "body" | "path";
  /** Reads the option from a request. */
  read?(request: Received): unknown;
  /** The value that is read for the sample, if that is not the sample itself. */
  sent?: unknown;
  /** The value that is read if the option is not given. */
  fallback?: unknown;
  /** Options that accompany this one, in place of the row's `given`. */
  with?: Options;
  /** Arguments that accompany this option, in place of the row's `args`. */
  args?: readonly unknown[];
  /** Empty values for which the rule does not hold: what is read, or the error that rejects them. */
  cases?: readonly (readonly [value: unknown, read: unknown])[];
  /** Whether the specification does not have the sample. */
  unspecified?: boolean;
  /** Whether the option excludes others, so that the fuzzer passes it in a call of its own. */
  apart?: boolean;
}

/** Makes a call in another way than by the method's name. */
export type Via = (client: ClientAPI, args: unknown[], fetch: typeof globalThis.fetch) => Promise<unknown>;

/** Another call of the method, for the fuzzer: other arguments, or responses that lead elsewhere. */
export interface FurtherCall {
  args?: readonly Argument[];
  options?: Readonly<Record<string, Argument>>;
  /** The status of each response, by the number of the request. */
  statuses?: readonly number[];
  resolves?: Shape;
  ignores?: readonly (keyof RequestOptions)[];
  via?: Via;
}

/** One call of a method: what it sends, what it returns, and which responses it rejects. */
export interface Row {
  /** The arguments before the options. */
  args?: readonly Argument[];
  /** Options of the sample call. */
  given?: Options;
  /** All options of the method but the request options. */
  options?: Readonly<Record<string, Option>>;
  /** Method and path of the request. Absent if the method sends nothing, or has tests of its own only. */
  line?: string;
  /** The query, if there is one. */
  query?: Readonly<Record<string, string | readonly string[]>>;
  /** The body, if there is one that is JSON. */
  body?: unknown;
  /** A sample response; `{}` by default. The fuzzer uses it for endpoints that the specification does not have. */
  response?: unknown;
  /** The result of the method for it; `undefined` by default. */
  result?: unknown;
  /** Responses that the method rejects, and the message. Without any, the method must accept every JSON value. */
  malformed?: readonly (readonly [response: unknown, message: string])[];
  /** The result for 404 `M_NOT_FOUND`, if that is not thrown. */
  notFound?: { readonly result: unknown };
  /** Describes the result of every successful call. By default the type of `result`. */
  resolves?: Shape;
  /** Whether the specification does not have the endpoint, or the sample exceeds it. */
  unspecified?: boolean;
  /**
   * Operations of the specification that the calls do not show: those of older homeservers, those that only make a URL,
   * and the one that is meant where two have the same path.
   */
  operations?: readonly string[];
  /** `false` if the request must not hold the access token. */
  token?: false;
  /**
   * The query parameter for the option `timestamp`: `ts`, `ts` of a member event, or none, because the endpoint's own `ts`
   * takes precedence. By default the method rejects it.
   */
  timestamp?: "ts" | "state" | "own";
  /** Whether the client requests the homeserver's versions first. */
  asksVersions?: boolean;
  /** Whether bytes go through the transport's `upload()` or `stream()` in place of `request()`. */
  bytes?: boolean;
  /** Whether the method has no request options. */
  plain?: boolean;
  /** Request options that the method ignores. */
  ignores?: readonly (keyof RequestOptions)[];
  /** Makes the call, if that is more than calling the method. */
  via?: Via;
  /** Further calls for the fuzzer. */
  calls?: readonly FurtherCall[];
}

type Names<T> = { [K in keyof T]-?: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];

/** The methods that need a row. */
export type MethodName = Names<ClientAPI> | Exclude<Names<typeof ClientAPI>, "parseUserId">;

type Method<M extends MethodName> = M extends keyof ClientAPI ? ClientAPI[M]
  : M extends keyof typeof ClientAPI ? (typeof ClientAPI)[M]
  : never;
type Last<F> = F extends (...args: infer A extends unknown[]) => unknown
  ? Required<A> extends [...unknown[], infer L] ? L : never
  : never;
type Declared<T> = T extends unknown ? keyof { [K in keyof T as string extends K ? never : K]: T[K] } : never;
/** Names of a method's own options. A row that leaves one out does not compile. */
type OptionName<M extends MethodName> = "signal" extends Declared<Last<Method<M>>>
  ? Exclude<Declared<Last<Method<M>>>, Declared<RequestOptions>>
  : never;

type RowOf<M extends MethodName> =
  & Omit<Row, "options">
  & ([OptionName<M>] extends [never] ? { options?: { timestamp: Option } }
    : { options: Readonly<Record<OptionName<M>, Option>> });

/** Returns the rows of a theme. Its type checks that each row lists all options of its method. */
export function rows<M extends MethodName>(rows: { readonly [K in M]: RowOf<K> }): Readonly<Record<M, Row>> {
  return rows;
}

/** Collects up to three pages of a generator; returns everything else unchanged. */
async function collect(result: unknown): Promise<unknown> {
  if (typeof result !== "object" || result === null || !(Symbol.asyncIterator in result)) return await result;
  const pages: unknown[] = [];
  for await (const page of result as AsyncIterable<unknown>) {
    if (pages.push(page) === 3) break;
  }
  return pages;
}

/** Calls a method by its name; a static method gets `fetch` as an option. Generators are read for up to three pages. */
export function invoke(
  client: ClientAPI,
  name: string,
  { via }: Pick<Row, "via">,
  args: unknown[],
  fetch: typeof globalThis.fetch,
): Promise<unknown> {
  if (via) return via(client, args, fetch);
  const own = Reflect.get(client, name);
  if (own) return collect(Reflect.apply(own, client, args));
  return collect(Reflect.apply(Reflect.get(ClientAPI, name), ClientAPI, withOption(args, "fetch", fetch)));
}

/** Adds an option to the last argument, unless that is not an object. */
export function withOption(args: unknown[], name: string, value: unknown): unknown[] {
  const options = args.at(-1) ?? {};
  if (typeof options !== "object" || Array.isArray(options)) return args;
  return [...args.slice(0, -1), { ...options, [name]: value }];
}

/** A row with the name of its method. */
export interface NamedRow extends Row {
  name: string;
}

/** Makes a row's sample call, with further options. */
export function callRow(
  client: ClientAPI,
  row: NamedRow,
  options?: Options | RequestOptions,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<unknown> {
  const { name, args = [], given } = row;
  const all = given || options ? { ...given, ...options } : undefined;
  return invoke(client, name, row, [...args.map(([value]) => value), all], fetch);
}
