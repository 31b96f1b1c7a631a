/** What a case of the matrix is. */
import type { HTTPAPIOptions } from "../../../http/mod.ts";
import type { Behaviour } from "./server.ts";

/** The runtimes that the matrix is run on. */
export type Runtime = "Deno" | "Bun" | "Node";

/** What is called; a column of the table. */
export type CallName =
  | "GET"
  | "PUT"
  | "POST"
  | "bytes"
  | "Blob"
  | "stream"
  | "function"
  | "download"
  | "refresh"
  | "password"
  | "keys"
  | "uploadTo";

/** What has to come of a call. */
export interface Expected {
  /** The attempts that the library makes. */
  attempts: number;
  /** The requests that the server sees; the attempts, unless said otherwise. Two numbers are a range. */
  requests?: number | [least: number, most: number];
  /** `answer`, the name of an error, or `reason` for the caller's own cancellation. */
  outcome: string;
  /** Whether a connection may stay open for a while that nobody wants any more. */
  held?: boolean;
}

/** What is different on one runtime, and through no doing of ours. */
export interface Exception {
  runtimes: Runtime[];
  calls: CallName[];
  expect: Partial<Expected>;
  why: string;
}

/** A case: a server that misbehaves, and what has to come of it. */
export interface FaultCase {
  name: string;
  /** What the server does about each request; the last one for ever. */
  serve: Behaviour[];
  /** What it does about each connection before any request. */
  accept?: Behaviour[];
  /** What the server does that redirects lead to. */
  other?: Behaviour[];
  /** Requests that the other server sees; 0 by default. */
  otherRequests?: Partial<Record<CallName, number>>;
  /** The server starts to listen only after so many milliseconds. `Infinity` for never. */
  late?: number;
  /** Whether to begin with a good call, so that there is a connection in the pool. */
  warm?: boolean;
  /** The scheme of the base URL, where it is not that of the server. */
  scheme?: "https";
  /** Options of the client. */
  options?: Partial<HTTPAPIOptions>;
  /** Cancels the call before it is made, or right after. Behaviours choose any later moment. */
  abort?: "before" | "after";
  /** What has to come of each call. */
  expect: Partial<Record<CallName, Expected>>;
  /** Differences of runtimes. */
  except?: Exception[];
  /** How long a call takes at least, in milliseconds, because the server has said so. */
  atLeast?: number;
  /** How long a call may take, in milliseconds. */
  within?: number;
}

/** Cases that make up one table. */
export interface FaultGroup {
  title: string;
  /** What the table is about. */
  about: string;
  cases: FaultCase[];
}

/** The same of all methods. */
export function all(outcome: string, attempts = 1): FaultCase["expect"] {
  return { GET: { outcome, attempts }, PUT: { outcome, attempts }, POST: { outcome, attempts } };
}

/** One thing for what is safe to repeat, another for POST, which is sent once. */
export function safe(outcome: string, attempts: number, post: string): FaultCase["expect"] {
  return {
    GET: { outcome, attempts },
    PUT: { outcome, attempts },
    POST: { outcome: post, attempts: 1 },
  };
}

/** The same of all methods, with a number of requests that the server sees. */
export function seen(expect: FaultCase["expect"], requests: Expected["requests"]): FaultCase["expect"] {
  return Object.fromEntries(Object.entries(expect).map(([call, one]) => [call, { ...one, requests }]));
}

/** Bytes that are uploaded and downloaded: more than any socket holds back. */
export const UPLOAD_SIZE: number = 8 * 1024 * 1024;

/** How long a call may take unless a case says otherwise, in milliseconds. */
export const WITHIN = 5_000;
