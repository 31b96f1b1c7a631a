import type { RedirectStatus } from "@std/http/status";
import { isJsonObject } from "../types/json.ts";
import { Deadline, parseRetryAfter, type Repeatable, unlessAborted } from "./retry.ts";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixTimeoutError,
} from "./errors/base.ts";
import { MUnknownToken } from "./errors/codes.ts";
import { discard, makeRequestError, readErrorText } from "./response.ts";
import {
  type AttemptStart,
  connectionReason,
  copyError,
  hideSecrets,
  type Log,
  type Observed,
  silentLog,
  Watch,
} from "./observe.ts";
import type { APIRequestOptions, Fetch, Method, RequestToOptions } from "./options.ts";

/** Sends the requests of a {@linkcode TokenSource}. An {@linkcode HTTPAPI} passes itself. */
export interface TokenSender {
  /** The homeserver's base URL, without a trailing slash. */
  readonly baseUrl: string;
  /** The transport's log. */
  readonly log: Log;
  /**
   * Sends a request to the homeserver. Pass `authenticated: false`: a request that needs a token would wait for the
   * token that it is meant to fetch.
   *
   * @param method The HTTP method.
   * @param path The path, from `/_matrix/` on.
   * @param options Query, body and request options.
   * @returns The parsed JSON.
   */
  request<T = unknown>(method: Method, path: string, options?: APIRequestOptions): Promise<T>;
  /**
   * Sends a form or JSON to another origin, such as an OAuth 2.0 token endpoint.
   *
   * @param url The URL.
   * @param options The form or JSON, and request options.
   * @returns The parsed JSON.
   */
  requestTo<T = unknown>(url: string | URL, options: RequestToOptions): Promise<T>;
}

/** Options of {@linkcode TokenSource.end}. */
export interface EndSessionOptions extends Pick<APIRequestOptions, "signal" | "deadline" | "retry"> {
  /**
   * Whether to end all sessions of the user. Authorization servers have no such request.
   *
   * @default {false}
   */
  everywhere?: boolean | undefined;
}

/**
 * Supplies the access token of each attempt, and another one after the homeserver has refused it.
 *
 * An error that a method throws fails the attempt. The retry policy applies to it as if repeating were safe, because
 * the homeserver has not processed anything.
 */
export interface TokenSource {
  /**
   * Returns the token of an attempt that is about to be sent. May renew it first.
   *
   * @param sender Sends the requests that this needs.
   * @returns The token; `""` for none.
   */
  token(sender: TokenSender): string | Promise<string>;
  /**
   * Reports that the homeserver refused a token with 401 `M_UNKNOWN_TOKEN`.
   *
   * @param token The token that was sent.
   * @param error The error response.
   * @param sender Sends the requests that this needs.
   * @returns Whether `token()` returns another token now, with which to send the request again.
   */
  refused(token: string, error: MUnknownToken, sender: TokenSender): Promise<boolean>;
  /**
   * Signs out: sends the request that ends the session, and forgets its tokens. `logout()` sends the homeserver's own
   * request if a source lacks this.
   *
   * @param sender Sends the requests that this needs.
   * @param options Request options, and whether to end all of the user's sessions.
   */
  end?(sender: TokenSender, options?: EndSessionOptions): Promise<void>;
}

/** An attempt that the homeserver refused. */
export interface RefusedAttempt extends AttemptStart {
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repairs what made the homeserver refuse a request.
 *
 * @param error The error response.
 * @param attempt The attempt that was refused.
 * @returns Whether to send the same request again.
 */
export type OnRefusal = (error: MatrixRequestError, attempt: RefusedAttempt) => Promise<boolean>;

/** Milliseconds that an attempt waits for its access token. */
const TOKEN_DEADLINE = 30_000;

/** Renewals of the access token during one call. The first can yield a token that expires before it is used. */
const MAX_RENEWALS = 2;

/** Refusals with this status are left to the retry policy. */
const TOO_MANY_REQUESTS = 429;

/**
 * Waits for an access token, or for a decision on one.
 *
 * @throws {MatrixTimeoutError} If it takes longer than 30 s.
 * @throws The signal's reason if it is aborted.
 */
export async function awaitToken<T>(
  promise: Promise<T>,
  label: string,
  signal: AbortSignal | undefined,
): Promise<T> {
  // If the signal is aborted already, nothing else handles a rejection.
  promise.catch(() => {});
  const limit = new Deadline(
    TOKEN_DEADLINE,
    (milliseconds) => new MatrixTimeoutError(`${label}: no access token within ${milliseconds} ms`),
    signal,
  );
  try {
    return await limit.race(promise);
  } finally {
    limit.clear();
  }
}

/** The recovery of one call after a refusal. Exists only if there is a token source or `onRefusal`. */
export class Recovery {
  /** Whether the last attempt failed for want of a token. Repeating it is safe then. */
  withoutToken = false;
  readonly #refused: ((token: string, error: MUnknownToken) => Promise<boolean>) | undefined;
  readonly #onRefusal: OnRefusal | undefined;
  #renewals = 0;
  #asked = false;

  /**
   * Creates the recovery of a call.
   *
   * @param refused Reports a refused token to the token source.
   * @param onRefusal The program's own repair.
   */
  constructor(
    refused: ((token: string, error: MUnknownToken) => Promise<boolean>) | undefined,
    onRefusal: OnRefusal | undefined,
  ) {
    this.#refused = refused;
    this.#onRefusal = onRefusal;
  }

  /**
   * Returns whether to send the same request again.
   *
   * @param error The error of the attempt.
   * @param token The token that was sent; `""` for none.
   * @param attempt The attempt.
   * @param label The action, for messages.
   */
  async recover(error: unknown, token: string, attempt: RefusedAttempt, label: string): Promise<boolean> {
    if (!(error instanceof MatrixRequestError)) return false;
    const { status } = error;
    const { signal } = attempt;
    signal?.throwIfAborted();
    if (
      this.#refused !== undefined && error instanceof MUnknownToken && status === 401 && token !== "" &&
      this.#renewals < MAX_RENEWALS
    ) {
      this.withoutToken = true;
      const renewed = await awaitToken(Promise.resolve(this.#refused(token, error)), label, signal);
      this.withoutToken = false;
      // A renewal that failed does not count: an unreachable issuer must not turn into "unknown token".
      if (renewed) {
        this.#renewals++;
        return true;
      }
    }
    if (this.#onRefusal === undefined || this.#asked) return false;
    if (status < 400 || status > 499 || status === TOO_MANY_REQUESTS) return false;
    this.#asked = true;
    return await unlessAborted(Promise.resolve(this.#onRefusal(error, attempt)), signal);
  }
}

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
