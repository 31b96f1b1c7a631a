import { MatrixError, MatrixRequestError } from "./errors/base.ts";
import { hasSecrets } from "./redact.ts";

/** Where log lines go. `console` is one. */
export interface Log {
  /** Takes what helps to follow single requests. */
  debug(...data: unknown[]): void;
  /** Takes what is worth knowing. */
  info(...data: unknown[]): void;
  /** Takes what looks wrong but was dealt with. */
  warn(...data: unknown[]): void;
  /** Takes failures that nobody else is told of. */
  error(...data: unknown[]): void;
}

const ignore = () => {};

/** The default log, which is silent. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Makes what a log may say of a request body: the body itself, or its size where it is raw or carries secrets.
 *
 * @param body The body as the caller gave it.
 * @param text The body as it is sent.
 * @param sensitive Whether it carries secrets; found out from its keys when unset.
 * @returns The text for the log.
 */
export function loggedBody(body: unknown, text: string | undefined, sensitive?: boolean): string {
  if (text === undefined) return "";
  const secret = sensitive ?? (typeof body !== "object" || body === null || hasSecrets(text));
  return secret ? `<${text.length} characters>` : text.length > 1000 ? `${text.slice(0, 1000)}…` : text;
}

/** One attempt of a call, as it starts. */
export interface AttemptStart {
  /** A number that all attempts of one call share; it counts the calls of one {@linkcode HTTPAPI}. */
  readonly call: number;
  /** The HTTP method. */
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** Which attempt of the call this is, from 1. */
  readonly attempt: number;
}

/** One attempt of a call, as it ended. */
export interface AttemptEnd extends AttemptStart {
  /** Milliseconds it took. */
  readonly milliseconds: number;
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** The Matrix error code, where the answer held one. */
  readonly errcode?: string;
  /** What the attempt failed with. */
  readonly error?: unknown;
}

/** A further attempt that is going to be made. */
export interface AttemptRetry extends AttemptStart {
  /** Milliseconds that the server asked to wait, before the policy's own backoff; 0 when it did not. */
  readonly wait: number;
  /** What the attempt failed with. */
  readonly error: unknown;
}

/**
 * Called around each attempt. What a hook throws, or the promise that it returns rejects with, goes to the log and
 * changes nothing; nobody waits for that promise.
 */
export interface HTTPHooks {
  /** Called before an attempt is sent. */
  onRequest?(attempt: AttemptStart): void;
  /** Called when an attempt has ended, with an answer (of a stream: its head) or an error. */
  onResponse?(attempt: AttemptEnd): void;
  /** Called before the wait for the next attempt. */
  onRetry?(attempt: AttemptRetry): void;
}

/** Calls a hook; what it fails with is logged, because a broken metric must not break a message. */
export function callHook<A>(log: Log, hook: ((argument: A) => unknown) | undefined, argument: A): void {
  const failed = (error: unknown) => log.error("A hook failed:", error);
  try {
    const result = hook?.(argument);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** What is known of a call while it is observed. */
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

/** Reports one attempt to log and hooks. */
export class Watch {
  readonly #call: Observed;
  readonly #start: AttemptStart;
  readonly #time = performance.now();

  constructor(call: Observed, attempt: number) {
    this.#call = call;
    this.#start = { call: call.id, method: call.method, path: call.path, attempt };
    call.log.debug(`req #${call.id}: ${call.method} ${call.path} ${call.logged}`.trimEnd());
    callHook(call.log, call.hooks?.onRequest?.bind(call.hooks), this.#start);
  }

  end(status?: number, error?: unknown): void {
    const { log, hooks, id, path } = this.#call;
    const milliseconds = performance.now() - this.#time;
    const outcome = status === undefined
      ? (error instanceof MatrixError ? error.name : "no answer")
      : `status ${status}`;
    log.debug(`req #${id} (${path}) completed in ${Math.round(milliseconds)} ms with ${outcome}`);
    const errcode = error instanceof MatrixRequestError ? error.errcode : undefined;
    callHook(log, hooks?.onResponse?.bind(hooks), { ...this.#start, milliseconds, status, errcode, error });
  }
}
