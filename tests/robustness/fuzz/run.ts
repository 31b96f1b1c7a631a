/** Makes single calls with a hostile homeserver, and describes faults of the results. */
import { Client } from "../../../client/mod.ts";
import { type Log, MatrixError, MatrixRequestError, MatrixUIARequired } from "../../../http/mod.ts";
import { type Argument, invoke as invokeMethod } from "../../contract/methods/row.ts";
import { WRONG, WRONG_REQUEST_OPTIONS } from "../../support/wrong_values.ts";
import type { MethodCall } from "./call.ts";
import type { HostileResponse } from "./mutate.ts";
import { sampleResponse } from "./sample.ts";

/** The maximum duration of a call in milliseconds. */
const PATIENCE = 5_000;

/** Returns a hostile response, or `undefined` for the valid one. */
export type Responding = (
  number: number,
  method: string,
  path: string,
  valid: unknown,
) => HostileResponse | undefined;

/** A request that the homeserver received, and its response. */
export interface Seen {
  method: string;
  path: string;
  status: number;
  response: unknown;
}

/** A client, the requests that it has sent, and its `fetch`. */
export interface HostileClient {
  client: Client;
  seen: Seen[];
  fetch: typeof globalThis.fetch;
}

/** Settings of the client. */
export interface ClientSettings {
  /** The number of retries. */
  limit?: number;
  /** Whether the log reads its arguments, and the client has hooks. */
  observed?: boolean;
}

const ignore = () => {};
const SILENT_LOG: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
/** A log that converts its first argument to a string, as real ones do. */
const READING_LOG: Log = { debug: String, info: String, warn: String, error: String };

const encoder = new TextEncoder();
const CONTENT = encoder.encode("content of a file");

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

function respond(response: HostileResponse): Response {
  const { status, body, headers } = response;
  return new Response(body, { status, headers });
}

/** Creates a client of a hostile homeserver. */
export function hostileClient(
  call: MethodCall,
  responding: Responding,
  settings: ClientSettings = {},
): HostileClient {
  const seen: Seen[] = [];
  const fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(String(input));
    const method = init.method ?? "GET";
    if (init.body) await new Response(init.body).arrayBuffer();
    const number = seen.length;
    if (number > 30) throw new Error("The client does not stop sending requests");
    const content = call.content?.[number] ?? false;
    const sample = sampleResponse(method, pathname) ?? call.response ?? {};
    // The client slows down syncs whose token does not change.
    const sync = pathname.endsWith("/sync") ? { ...sample as object, next_batch: `s${number + 1}` } : sample;
    const response = content ? "content" : sync;
    const status = call.statuses?.[number] ?? 200;
    seen.push({ method, path: pathname, status, response });
    const hostile = responding(number, method, pathname, response);
    if (hostile) return respond(hostile);
    if (content) return new Response(CONTENT, { headers: { "content-type": "text/plain" } });
    const errcode = status === 404 ? "M_NOT_FOUND" : "M_ROOM_IN_USE";
    return Response.json(status === 200 ? response : { errcode, error: "No" }, { status });
  };
  const client = new Client({
    baseUrl: "https://matrix.example.org",
    token: "token",
    mxid: "@alice:example.org",
    fetch,
    retry: { limit: settings.limit ?? 0, minTimeout: 0, maxTimeout: 0, maxRetryAfter: 2 },
    backoff: { minTimeout: 0, maxTimeout: 0 },
    log: settings.observed ? READING_LOG : SILENT_LOG,
    ...(settings.observed && { hooks: { onRequest: ignore, onRetry: ignore, onResponse: ignore } }),
  });
  return { client, seen, fetch };
}

const value = ([value]: Argument) => value;

/** Returns the valid arguments of a call, deeply frozen. */
export function validArguments({ args, options, plain }: MethodCall): unknown[] {
  const given = options && Object.fromEntries(Object.entries(options).map(([name, it]) => [name, value(it)]));
  return deepFreeze([...args.map(value), ...(plain ? [] : [given])]);
}

/** Makes a call, which must reject instead of throwing. */
export function invoke(
  { client, fetch }: HostileClient,
  call: MethodCall,
  args: unknown[],
): Promise<unknown> {
  return invokeMethod(client, call.method, call, args, fetch);
}

/** The result of a call. */
export type Outcome = { value: unknown } | { error: unknown };

/** Waits for a call for a limited time. */
export async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begun = performance.now();
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Hangs: no result within ${PATIENCE} ms`)), PATIENCE);
    });
    const result = await Promise.race([work(), late]);
    const time = performance.now() - begun;
    return time < PATIENCE ? { value: result } : { error: new Error(`It took ${Math.round(time)} ms`) };
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

const PROTOTYPES = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Promise.prototype,
];
const contents = () =>
  PROTOTYPES.map((of) => Reflect.ownKeys(of).map((key) => Reflect.getOwnPropertyDescriptor(of, key)));
const clean = contents();

/** Returns a description of a change of a built-in prototype. */
export function pollution(): string | undefined {
  const now = contents();
  const same = now.every((properties, i) =>
    properties.length === clean[i]!.length &&
    properties.every((property, j) =>
      property?.value === clean[i]![j]!.value && property?.get === clean[i]![j]!.get
    )
  );
  return same ? undefined : "A built-in prototype was changed";
}

const say = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : `threw ${typeof error}`;

/** Returns the fault of an error: it must be a MatrixError with readable fields. */
export function errorFault(error: unknown): string | undefined {
  // Methods that change content send the rest of it back: the number -1e400 is -Infinity, which JSON cannot represent.
  if (error instanceof TypeError && /^Cannot send the body: .*Infinity$/.test(error.message)) {
    return undefined;
  }
  if (!(error instanceof MatrixError)) {
    return `raw ${say(error)}\n${error instanceof Error ? error.stack : ""}`;
  }
  try {
    if (typeof JSON.stringify(error) !== "string" || !String(error).startsWith(error.name)) {
      return "the error has no readable string";
    }
    if (!(error instanceof MatrixRequestError)) return undefined;
    const { status, errcode, retryAfter, serverMessage, body, text } = error;
    const fits = Number.isInteger(status) && (retryAfter === undefined || retryAfter >= 0) &&
      [errcode, serverMessage, text].every((one) => one === undefined || typeof one === "string") &&
      (body === undefined || Object.getPrototypeOf(body) === Object.prototype);
    if (!fits) return `the fields of ${error.name} are invalid`;
    if (!(error instanceof MatrixUIARequired)) return undefined;
    const { flows, params, session, completed } = error;
    const strings = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === "string");
    if (!flows.every(({ stages }) => strings(stages)) || !strings(completed)) return "the flows are invalid";
    if (typeof params !== "object" || !["string", "undefined"].includes(typeof session)) {
      return "the params are invalid";
    }
  } catch (fault) {
    return `reading the error failed: ${say(fault)}`;
  }
}

/** Returns the fault of a call with valid arguments. */
export function fault(call: MethodCall, outcome: Outcome): string | undefined {
  const wrong = "error" in outcome ? errorFault(outcome.error) : call.resolves(outcome.value);
  return wrong ?? pollution();
}

/** Error messages of engines, which a missing check causes. */
const NATIVE =
  /is not a function|is not an object|not iterable|not an iterator|Cannot read prop|Cannot convert|Cannot destructure|Cannot set prop|Cannot mix|null is not|undefined is not|Invalid URL/;

/** A call with an invalid argument. */
export interface InvalidCall {
  /** Describes the invalid argument. */
  how: string;
  args: unknown[];
}

function show(value: unknown): string {
  if (typeof value === "symbol" || typeof value === "function" || typeof value === "bigint") {
    return typeof value;
  }
  return value instanceof Date || value instanceof AbortController
    ? value.constructor.name
    : Number.isNaN(value)
    ? "NaN"
    : JSON.stringify(value) ?? String(value);
}

/** Returns all calls of a method with one invalid argument or option. */
export function invalidCalls(call: MethodCall): InvalidCall[] {
  const good = validArguments(call);
  const bad: InvalidCall[] = [];
  for (const [i, [, kind]] of call.args.entries()) {
    for (const value of WRONG[kind]) {
      bad.push({ how: `argument ${i + 1} is ${show(value)}`, args: good.with(i, value) });
    }
  }
  if (call.plain) return bad;
  const own = Object.entries(call.options ?? {}).map(([name, [, kind]]) => [name, WRONG[kind]] as const);
  const common = Object.entries(WRONG_REQUEST_OPTIONS)
    .filter(([name]) => !call.ignores?.some((ignored) => ignored === name));
  for (const options of [5, "text", true, [30_000], Symbol("a"), () => ({})]) {
    bad.push({ how: `options are ${show(options)}`, args: [...good.slice(0, -1), options] });
  }
  for (const [name, values] of [...own, ...common]) {
    for (const value of values) {
      const options = { ...good.at(-1) as object, [name]: value };
      bad.push({ how: `option ${name} is ${show(value)}`, args: [...good.slice(0, -1), options] });
    }
  }
  return bad;
}

/** Returns the fault of a call with an invalid argument, which must reject clearly before anything is sent. */
export async function invalidCallFault(call: MethodCall, { args }: InvalidCall): Promise<string | undefined> {
  const hostile = hostileClient(call, () => undefined);
  const { seen } = hostile;
  let promise: Promise<unknown>;
  try {
    promise = invoke(hostile, call, args);
  } catch (error) {
    return `thrown, not rejected: ${say(error)}`;
  }
  const outcome = await outcomeOf(() => promise);
  const sent = seen.length ? `, after ${seen.length} requests` : "";
  if (!("error" in outcome)) return `not rejected${sent}`;
  const { error } = outcome;
  if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) {
    return `rejected with ${say(error)}${sent}`;
  }
  if (NATIVE.test(error.message)) return `no clear message: ${say(error)}${sent}`;
  return sent ? `rejected${sent}` : undefined;
}
