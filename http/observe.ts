import { MatrixError, MatrixRequestError } from "./errors/base.ts";
import { hasSecrets } from "./redact.ts";

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
