import { MatrixError, MatrixRequestError } from "./errors/base.ts";

/** Receives log lines, as `console` does. */
export interface Log {
  /** Logs details of individual requests. */
  debug(...data: unknown[]): void;
  /** Logs events of general interest. */
  info(...data: unknown[]): void;
  /** Logs problems that were handled. */
  warn(...data: unknown[]): void;
  /** Logs failures that are reported nowhere else. */
  error(...data: unknown[]): void;
}

const ignore = () => {};

/** The default log, which is silent. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Returns a request body as the log may show it: the body itself, or its size if it is raw or contains secrets.
 *
 * @param body The body as the caller passed it.
 * @param text The body as it is sent; `undefined` for bytes.
 * @param sensitive Whether it contains secrets. By default decided by its keys.
 * @returns The text for the log.
 */
export function loggedBody(
  body: unknown,
  text: string | undefined,
  sensitive?: boolean | "values",
): string {
  if (text === undefined) return "";
  const secret = sensitive ?? (typeof body !== "object" || body === null || hasSecrets(text));
  return secret ? `<${text.length} characters>` : text.length > 1000 ? `${text.slice(0, 1000)}…` : text;
}

/** An attempt that is about to be sent. */
export interface AttemptStart {
  /** The number of the call, which all of its attempts share. Each {@linkcode HTTPAPI} counts its own calls. */
  readonly call: number;
  /** The HTTP method. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /**
   * The number of the attempt within the call, from 1. A request that is sent again with a renewed token or after
   * `onRefusal` keeps its number.
   */
  readonly attempt: number;
}

/** An attempt that has ended. */
export interface AttemptEnd extends AttemptStart {
  /** Its duration in milliseconds. */
  readonly milliseconds: number;
  /** The HTTP status, if there was a response. */
  readonly status?: number;
  /** The Matrix error code, if the response contained one. */
  readonly errcode?: string;
  /** The error, if it failed. */
  readonly error?: unknown;
}

/** A retry that is about to be made. */
export interface AttemptRetry extends AttemptStart {
  /** Milliseconds that the server asked to wait, in addition to the policy's backoff; 0 if it did not. */
  readonly wait: number;
  /** The error of the attempt. */
  readonly error: unknown;
}

/**
 * Functions that are called for each attempt. What a hook throws is logged and otherwise ignored. A promise that it
 * returns is not awaited.
 */
export interface HTTPHooks {
  /** Called before an attempt is sent. */
  onRequest?(attempt: AttemptStart): void;
  /** Called after an attempt, with a response (of a stream: its head) or an error. */
  onResponse?(attempt: AttemptEnd): void;
  /** Called before the wait for the next attempt. */
  onRetry?(attempt: AttemptRetry): void;
}

/** Calls a hook. Its errors are logged, because a broken metric must not break a message. */
export function callHook<A>(log: Log, hook: ((argument: A) => unknown) | undefined, argument: A): void {
  const failed = (error: unknown) => log.error("A hook failed:", error);
  try {
    const result = hook?.(argument);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** A call whose attempts are observed. */
export interface Observed {
  /** The call's number. */
  readonly id: number;
  /** The HTTP method. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The log. */
  readonly log: Log;
  /** The hooks. */
  readonly hooks: HTTPHooks | undefined;
  /** The body, as the log may show it. */
  readonly logged: string;
}

/** Reports one attempt to the log and the hooks. */
export class Watch {
  readonly #call: Observed;
  readonly #start: AttemptStart;
  readonly #time = performance.now();

  /** Reports that the attempt is about to be sent. */
  constructor(call: Observed, attempt: number) {
    this.#call = call;
    this.#start = { call: call.id, method: call.method, path: call.path, attempt };
    call.log.debug(`req #${call.id}: ${call.method} ${call.path} ${call.logged}`.trimEnd());
    callHook(call.log, call.hooks?.onRequest?.bind(call.hooks), this.#start);
  }

  /** Reports that the attempt has ended. */
  end(status?: number, error?: unknown): void {
    const { log, hooks, id, path } = this.#call;
    const milliseconds = performance.now() - this.#time;
    const outcome = status === undefined
      ? (error instanceof MatrixError ? error.name : "no response")
      : `status ${status}`;
    log.debug(`req #${id} (${path}) completed in ${Math.round(milliseconds)} ms with ${outcome}`);
    const errcode = error instanceof MatrixRequestError ? error.errcode : undefined;
    callHook(log, hooks?.onResponse?.bind(hooks), { ...this.#start, milliseconds, status, errcode, error });
  }
}

/** Matches names of JSON fields whose values are secrets. */
const NAMES = String.raw`\w*(?:password|token|secret|(?:private|recovery|session)_key)\w*`;

/** Words of every Matrix error body. They are never redacted, even if a password equals one of them. */
const WORDS =
  "errcode error retry_after_ms soft_logout flows stages session params completed m.login.password token";

/** Returns whether the JSON of a request body contains secrets, at any depth. */
export function hasSecrets(text: string): boolean {
  return new RegExp(`"(?:auth|${NAMES})":`).test(text);
}

/** Returns the strings in JSON that are as long as a key can be, without names of fields. */
export function longStrings(json: string): string[] {
  return json.match(/(?<=")(?:[^"\\]|\\.){12,}(?="(?!\s*:))/g) ?? [];
}

/**
 * Redacts the secrets in a response: those of the request that it repeats, and its own.
 *
 * @param page The body of the response.
 * @param url The request's URL. Its query is considered secret.
 * @param headers The request's headers.
 * @param body The request's body, if it was JSON.
 * @param secrets Further secrets of the request.
 * @returns The body with `…` in place of secrets.
 */
export function hideSecrets(
  page: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  secrets: readonly string[],
): string {
  // Values of such fields, also if the JSON is itself in a string. The rest of that string is redacted then.
  const values = new RegExp(String.raw`(?<="${NAMES}\\*"\s*:\s*\\*")(?:[^"\\]|\\.)+`, "g");
  const { authorization, cookie } = headers;
  const token = authorization?.replace(/^\w+ /, "");
  for (const secret of [token, cookie, url.split("?")[1], ...body.match(values) ?? [], ...secrets]) {
    if (secret) page = hide(page, secret);
  }
  return page.replace(values, "…");
}

/** Redacts a secret. A short one may be part of another word, so it must stand alone. The error code is kept. */
function hide(page: string, secret: string): string {
  if (secret.length < 4 || WORDS.includes(secret) || !page.includes(secret)) return page;
  const text = secret.replace(/[^\w\s]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  const [before, after] = secret.length < 8 ? [String.raw`(?<![\w.])`, String.raw`(?!\w)`] : ["", ""];
  const code = String.raw`(?<!"errcode"\s*:\s*"[^"]{0,100})`;
  return page.replace(new RegExp(before + text + code + after, "gu"), "…");
}

/** Levels of `cause` that are copied. An error can be its own cause. */
const MAX_CAUSES = 8;

/**
 * Copies an error that `fetch` threw: name, message, stack, code and cause. The original may contain the URL with its
 * query (Deno, Bun) or bytes of the response.
 *
 * @param cause The error; any other value is returned unchanged.
 * @param depth The number of errors that it is the cause of.
 * @returns The copy.
 */
export function copyError(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error)) return cause;
  const inner = cause.cause === undefined || depth >= MAX_CAUSES
    ? undefined
    : copyError(cause.cause, depth + 1);
  const copy = new Error(withoutQueries(cause.message), inner === undefined ? undefined : { cause: inner });
  copy.name = cause.name;
  copy.stack = withoutQueries(cause.stack ?? "");
  if ("code" in cause) Object.assign(copy, { code: cause.code });
  return copy;
}

function withoutQueries(text: string): string {
  return text.replace(/\?[^\s)'"]*/g, "");
}

/**
 * The reasons for which a connection fails, by the name, code or message of the error of Deno 2.9, Bun 1.4 and Node 20.
 * Bun does not distinguish a reset from a closed connection.
 */
const REASONS: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ["network access denied", /NotCapable|EACCES|EPERM/],
  ["host not found", /ENOTFOUND|EAI_|dns error/],
  ["port blocked", /bad port|port \d+ are blocked/],
  ["invalid certificate", /CERT|certificate/],
  ["TLS handshake failed", /EPROTO|ERR_SSL|corrupt message/],
  ["malformed response", /HPE_|invalid HTTP version|Malformed_HTTP/],
  ["connection refused", /ECONNREFUSED|ConnectionRefused|Connection refused/],
  ["connection timed out", /ETIMEDOUT|CONNECT_TIMEOUT|timed out/i],
  ["network unreachable", /ENETUNREACH|EHOSTUNREACH|unreachable/],
  [
    "connection closed",
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|ConnectionClosed|reset by peer|closed before|handshake eof|reading a body/,
  ],
];

/**
 * Returns why a connection failed, in the same words on all runtimes.
 *
 * @param error The error that `fetch` threw.
 * @returns The reason, such as `connection refused`; `undefined` if it is unknown.
 */
export function connectionReason(error: unknown): string | undefined {
  let text = "";
  for (
    let cause = error, depth = 0;
    cause instanceof Error && depth <= MAX_CAUSES;
    cause = cause.cause, depth++
  ) {
    // The URL may contain words that look like a reason.
    text += ` ${cause.name} ${(cause as { code?: unknown }).code} ${
      cause.message.replace(/https?:\/\/\S+/g, "")
    }`;
  }
  return REASONS.find(([, pattern]) => pattern.test(text))?.[0];
}
