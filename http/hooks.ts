import type { Log } from "./log.ts";

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
