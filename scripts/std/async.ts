// deno-lint-ignore-file no-explicit-any no-import-prefix
/** Functions of `@std/async` for machines that reach npm but not JSR. */
import * as abortableModule from "npm:deno-std@1.4.0/async/abortable.js";
import * as deadlineModule from "npm:deno-std@1.4.0/async/deadline.js";
import * as delayModule from "npm:deno-std@1.4.0/async/delay.js";
import * as poolModule from "npm:deno-std@1.4.0/async/pool.js";
import * as teeModule from "npm:deno-std@1.4.0/async/tee.js";

export * from "./async_retry.ts";

const untyped: any = { ...abortableModule, ...deadlineModule, ...delayModule, ...poolModule, ...teeModule };

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  signal?: AbortSignal;
  persistent?: boolean;
}

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  signal?: AbortSignal;
}

interface Abortable {
  <T>(promise: Promise<T>, signal: AbortSignal): Promise<T>;
  <T>(iterable: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T>;
}

export const abortable: Abortable = untyped.abortable;
export const deadline: <T>(promise: Promise<T>, ms: number, options?: DeadlineOptions) => Promise<T> =
  untyped.deadline;
export const delay: (ms: number, options?: DelayOptions) => Promise<void> = untyped.delay;
export const pooledMap: <T, R>(
  limit: number,
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T) => Promise<R>,
) => AsyncIterableIterator<R> = untyped.pooledMap;
export const tee: <T>(iterable: AsyncIterable<T>, n?: number) => AsyncIterable<T>[] = untyped.tee;
