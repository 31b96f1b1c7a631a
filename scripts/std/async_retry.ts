// deno-lint-ignore-file no-explicit-any no-import-prefix
/** `@std/async/retry` for machines that reach npm but not JSR. */
import * as std from "npm:deno-std@1.4.0/async/retry.js";

const untyped: any = std;

/** Options of {@linkcode retry}; times in milliseconds. */
export interface RetryOptions {
  multiplier?: number;
  maxTimeout?: number;
  maxAttempts?: number;
  minTimeout?: number;
  jitter?: number;
  isRetriable?: (error: unknown) => boolean;
  signal?: AbortSignal;
}

/** All tries failed. */
export const RetryError: new (cause: unknown, attempts: number) => Error = untyped.RetryError;
export const retry: <T>(fn: (() => Promise<T>) | (() => T), options?: RetryOptions) => Promise<T> =
  untyped.retry;
