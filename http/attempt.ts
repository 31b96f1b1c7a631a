import type { RedirectStatus } from "@std/http/status";
import { isJsonObject } from "../types/json.ts";
import { awaitToken, type Recovery } from "./auth.ts";
import { Deadline } from "./deadline.ts";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixTimeoutError,
} from "./errors/base.ts";
import { makeRequestError } from "./errors/request_error.ts";
import { type Observed, silentLog, Watch } from "./observe.ts";
import type { Fetch } from "./options.ts";
import { connectionReason, copyError, hideSecrets } from "./redact.ts";
import { discard, readErrorText } from "./response_body.ts";
import { parseRetryAfter, type Repeatable } from "./retry.ts";

/** The body of one attempt. */
export interface AttemptBody {
  /** The body for `fetch`. */
  readonly data: BodyInit | undefined;
  /** Headers that belong to it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Returns the error that the caller's content failed with. */
  readonly failure?: () => unknown;
  /** Whether a redirect must be an error of `fetch`, so that the runtime does not keep the body for the next request. */
  readonly once?: boolean;
  /** Releases the caller's content after the attempt has failed. */
  readonly abandon?: (reason: unknown) => void;
}

/** A call that is ready to be sent, any number of times. */
export interface Call extends Repeatable, Observed {
  /** The action, for messages. */
  readonly label: string;
  /** The whole URL. */
  readonly url: string;
  /** The headers, with lower-case names, without the access token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sends the request. */
  readonly fetch: Fetch;
  /** The time limit of one attempt, in milliseconds. */
  readonly deadline: number;
  /** Returns the access token, `""` for none. Absent if the request has none. */
  readonly token: (() => string | Promise<string>) | undefined;
  /** The recovery after a refusal. */
  readonly recovery: Recovery | undefined;
  /** Further secrets of the request, which no error may repeat. */
  readonly secrets: readonly string[];
  /** Whether the response is secret: errors keep only its error codes and descriptions. */
  readonly redacted: boolean;
  /** The body as text, if it is JSON; else empty. */
  readonly text: string;
  /** The largest JSON response that is read, in bytes; `undefined` for the longest that a string can hold. */
  readonly maxSize: number | undefined;
  /** The body, or a function that makes it for an attempt, within the attempt's time limit. */
  readonly body: AttemptBody | ((limit: Deadline) => Promise<AttemptBody>);
}

/** Makes the result of a 2xx response. */
export type Reader<T> = (response: Response, limit: Deadline, call: Call) => Promise<T>;

/**
 * Makes one attempt. It is repeated, independently of the retry policy, if {@linkcode Recovery} allows it.
 *
 * @param call The call.
 * @param n The attempt's number, from 1.
 * @param read Makes the result, within the time limit, which ends then unless `keep` is set.
 * @param keep Whether the time limit continues after `read` has resolved.
 * @returns The result of `read`.
 * @throws {MatrixError} If the attempt fails.
 * @throws The caller's reason, if its signal is aborted.
 */
export async function attempt<T>(call: Call, n: number, read: Reader<T>, keep: boolean): Promise<T> {
  const { recovery, signal } = call;
  if (recovery !== undefined) recovery.withoutToken = true;
  const current = call.token?.() ?? "";
  const token = typeof current === "string" ? current : await awaitToken(current, call.label, signal);
  if (recovery !== undefined) recovery.withoutToken = false;
  const watch = call.log !== silentLog || call.hooks !== undefined ? new Watch(call, n) : undefined;
  const limit = new Deadline(call.deadline, (milliseconds) => timeoutError(call, milliseconds), signal);
  let body: AttemptBody | undefined;
  let kept = false;
  let left = false;
  try {
    body = typeof call.body === "function" ? await call.body(limit) : call.body;
    const headers: Record<string, string> = { ...call.headers, ...body.headers };
    if (token !== "") headers.authorization = `Bearer ${token}`;
    const init = requestInit(call, headers, body, limit.signal);
    // In browsers, fetch must not be called as a method.
    const { fetch } = call;
    let response: Response;
    try {
      response = await limit.race(fetch(call.url, init), discard);
    } catch (cause) {
      limit.signal.throwIfAborted();
      throw body.failure?.() ?? connectionError(call, call.url, init, cause);
    }
    if (isRedirect(call, response)) ({ response, left } = await followRedirects(call, init, limit, response));
    limit.response = response;
    if (!response.ok) throw await requestError(call, headers, limit, response);
    const result = await limit.race(read(response, limit, call));
    watch?.end(response.status);
    kept = keep;
    return result;
  } catch (error) {
    watch?.end(error instanceof MatrixRequestError ? error.status : undefined, error);
    body?.abandon?.(error);
    limit.clear();
    const { id, method, path } = call;
    // Another origin has received no token, and cannot refuse it.
    const again = recovery !== undefined && !left && call.replayable() &&
      await recovery.recover(error, token, { call: id, method, path, attempt: n, signal }, call.label);
    if (!again) throw error;
  } finally {
    if (!kept) {
      limit.clear();
      // The listener on the caller's signal would keep the response reachable.
      limit.response = undefined;
    }
  }
  return await attempt(call, n, read, keep);
}

/** The number of redirects of a GET that are followed. */
const MAX_REDIRECTS = 10;

// The type checks the numbers against the table of status codes, without loading the table.
const REDIRECTS: readonly RedirectStatus[] = [301, 302, 303, 307, 308];

function requestInit(
  { method }: Call,
  headers: Record<string, string>,
  { data, once }: AttemptBody,
  signal: AbortSignal,
): RequestInit {
  // Node 20 keeps all of a body in memory in case it has to be sent again after a redirect.
  const redirect = once ? "error" : "manual";
  if (data === undefined) return { method, headers, redirect, signal };
  const init: RequestInit & { duplex?: "half" } = { method, headers, redirect, signal, body: data };
  if (data instanceof ReadableStream) init.duplex = "half";
  return init;
}

/**
 * Sends a request and resolves with the head of the response, of any status.
 *
 * @throws {MatrixConnectionError} If there is no response.
 * @throws {MatrixResponseError} If the runtime only reports that there was a redirect.
 */
async function fetchOnce(
  call: Call,
  url: string,
  init: RequestInit,
  limit: Deadline,
  failure?: () => unknown,
): Promise<Response> {
  // In browsers, fetch must not be called as a method.
  const { fetch } = call;
  try {
    return await limit.race(fetch(url, init), discard);
  } catch (cause) {
    limit.signal.throwIfAborted();
    throw failure?.() ?? connectionError(call, url, init, cause);
  }
}

function isRedirect({ method }: Call, { type, status }: Response): boolean {
  return method === "GET" && (type === "opaqueredirect" || REDIRECTS.includes(status as RedirectStatus));
}

/**
 * Follows the redirects of a GET. Returns the last response, and whether a redirect has left the origin.
 *
 * The `fetch` of Deno 2.9, Bun 1.4 and Node 20 would replay a body after 307 and 308, such as a login's password, and send
 * further headers to another origin. So redirects of other methods are errors, and no headers are sent beyond the origin.
 */
async function followRedirects(
  call: Call,
  init: RequestInit,
  limit: Deadline,
  response: Response,
): Promise<{ response: Response; left: boolean }> {
  let { url } = call;
  let left = false;
  for (let redirects = 0; redirects < MAX_REDIRECTS && isRedirect(call, response); redirects++) {
    if (response.type === "opaqueredirect") {
      // Browsers hide redirects. They drop the token beyond the origin.
      response = await fetchOnce(call, url, { ...init, redirect: "follow" }, limit);
      return { response, left: response.url !== "" && isAway(url, response.url) };
    }
    const next = target(response, url);
    if (next === undefined) break;
    await limit.race(discard(response));
    if (isAway(url, next.href)) {
      init = { ...init, headers: {} };
      left = true;
    }
    url = next.href;
    response = await fetchOnce(call, url, init, limit);
  }
  return { response, left };
}

function isAway(url: string, next: string): boolean {
  return new URL(next).origin !== new URL(url).origin;
}

/** Returns the http(s) URL of a redirect, without user info, with which Deno 2.9 would authenticate. */
function target(response: Response, base: string): URL | undefined {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  url.username = url.password = url.hash = "";
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

function connectionError({ label }: Call, url: string, { redirect }: RequestInit, error: unknown): Error {
  const cause = copyError(error);
  if (redirect === "error" && isRedirectError(error)) {
    return new MatrixResponseError(`${label}: the response is a redirect`, { cause });
  }
  const reason = connectionReason(error);
  const from = new URL(url).host;
  return new MatrixConnectionError(`${label}: no response from ${from}${reason ? ` (${reason})` : ""}`, {
    cause,
  });
}

function timeoutError({ label, url }: Call, milliseconds: number): Error {
  return new MatrixTimeoutError(`${label}: no response from ${new URL(url).host} within ${milliseconds} ms`);
}

/** Returns whether `fetch` failed because of a redirect. Runtimes provide no error code, only a message. */
function isRedirectError(cause: unknown, depth = 0): boolean {
  if (!(cause instanceof Error) || depth > 8) return false;
  return /redirect/i.test(cause.message.replace(/https?:\S+/g, "")) ||
    isRedirectError(cause.cause, depth + 1);
}

/** Fields of an error response, of Matrix and of OAuth 2.0, that describe the error. */
const DESCRIPTION = ["errcode", "error", "error_description", "error_uri", "retry_after_ms"];

async function requestError(
  call: Call,
  headers: Readonly<Record<string, string>>,
  limit: Deadline,
  response: Response,
): Promise<MatrixRequestError> {
  const page = await readErrorText(response, limit.signal, call.signal);
  const text = hideSecrets(page, call.url, headers, call.text, call.secrets);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the error keeps the text.
  }
  const { method, path } = call;
  const { status } = response;
  const retryAfter = parseRetryAfter(response.headers.get("retry-after"), body);
  if (!call.redacted) return makeRequestError({ status, text, body, retryAfter, method, path });
  return makeRequestError({ status, body: descriptionOf(body), retryAfter, method, path });
}

function descriptionOf(body: unknown): Record<string, unknown> | undefined {
  if (!isJsonObject(body)) return undefined;
  return Object.fromEntries(Object.entries(body).filter(([name]) => DESCRIPTION.includes(name)));
}
