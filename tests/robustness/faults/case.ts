/** The cases of the matrix. */
import type { HTTPAPIOptions } from "../../../http/mod.ts";
import type { SecretCallName } from "./secret_calls.ts";
import type { Behaviour } from "./server.ts";

/** The runtimes that run the matrix. */
export type Runtime = "Deno" | "Bun" | "Node";

/** The name of a call, which is a column of the table. `ghost` is the PUT of an application service's user. */
export type CallName =
  | "GET"
  | "PUT"
  | "ghost"
  | "POST"
  | "bytes"
  | "Blob"
  | "stream"
  | "function"
  | "download"
  | SecretCallName;

/** The expected result of a call. */
export interface Expected {
  /** The number of attempts. */
  attempts: number;
  /** The number of requests that the server receives, or a range. By default the number of attempts. */
  requests?: number | [least: number, most: number];
  /** `response`, the name of an error, or `reason` for the reason of the caller's signal. */
  outcome: string;
  /** Whether an unused connection may stay open for a while. */
  held?: boolean;
}

/** A difference of a runtime that the library cannot remove. */
export interface Exception {
  runtimes: Runtime[];
  calls: CallName[];
  expect: Partial<Expected>;
  why: string;
}

/** A fault of the server, and the expected results. */
export interface FaultCase {
  name: string;
  /** The behaviour for each request; the last one is repeated. */
  serve: Behaviour[];
  /** The behaviour for each connection before its first request. */
  accept?: Behaviour[];
  /** The behaviour of the server that redirects point to. */
  other?: Behaviour[];
  /** The number of requests that the other server receives; 0 by default. */
  otherRequests?: Partial<Record<CallName, number>>;
  /** The delay in milliseconds before the server listens; `Infinity` for never. */
  late?: number;
  /** Whether to begin with a successful call, which puts a connection into the pool. */
  warm?: boolean;
  /** The scheme of the base URL, if it differs from that of the server. */
  scheme?: "https";
  /** Options of the client. */
  options?: Partial<HTTPAPIOptions>;
  /** When to abort the call: before it is made, or right after. Behaviours abort it later. */
  abort?: "before" | "after";
  /** The expected result of each call. That of `ghost` is by default that of `PUT`. */
  expect: Partial<Record<CallName, Expected>>;
  /** Differences of runtimes. */
  except?: Exception[];
  /** The minimum duration of a call in milliseconds, for waits that the server requests. */
  atLeast?: number;
  /** The maximum duration of a call in milliseconds. */
  within?: number;
}

/** The cases of a table. */
export interface FaultGroup {
  title: string;
  /** The text before the table. */
  about: string;
  cases: FaultCase[];
}

/** Returns the calls of a case. An application service makes each PUT, too. */
export function callsOf({ expect }: FaultCase): CallName[] {
  return [...new Set([...Object.keys(expect) as CallName[], ...expect.PUT ? ["ghost" as const] : []])];
}

/** Expects the same for all methods. */
export function all(outcome: string, attempts = 1): FaultCase["expect"] {
  return { GET: { outcome, attempts }, PUT: { outcome, attempts }, POST: { outcome, attempts } };
}

/** Expects one result for the methods that are retried, and another for POST, which is sent once. */
export function safe(outcome: string, attempts: number, post: string): FaultCase["expect"] {
  return {
    GET: { outcome, attempts },
    PUT: { outcome, attempts },
    POST: { outcome: post, attempts: 1 },
  };
}

/** Adds the number of requests that the server receives. */
export function seen(expect: FaultCase["expect"], requests: Expected["requests"]): FaultCase["expect"] {
  return Object.fromEntries(Object.entries(expect).map(([call, one]) => [call, { ...one, requests }]));
}

/** The size of uploads and downloads in bytes: more than socket buffers hold. */
export const UPLOAD_SIZE: number = 8 * 1024 * 1024;

/** The default maximum duration of a call in milliseconds. */
export const WITHIN = 5_000;
