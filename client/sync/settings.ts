import { checkTimeout, given } from "../../http/validate.ts";
import { isJsonObject } from "../../http/json_object.ts";
import { type FullRetryPolicy, mergePolicy } from "../../http/retry.ts";
import type { EventOrigin } from "./handler_types.ts";
import type { HandlerOptions, RunOptions } from "./options.ts";

const MINUTE = 60_000;

/** What holds where nobody says otherwise. The jitter is not whole: a wait that may be none is no wait. */
const BACKOFF: FullRetryPolicy = {
  limit: Infinity,
  minTimeout: 1_000,
  maxTimeout: MINUTE,
  multiplier: 2,
  jitter: 0.5,
  maxRetryAfter: Infinity,
};

/** Everything that can be said of a run, checked. */
export interface Settings extends Omit<RunOptions, "backoff" | "from"> {
  readonly timeout: number;
  readonly backoff: FullRetryPolicy;
  readonly own: boolean;
  /** Where handlers take events from that do not say themselves. */
  readonly mask: number;
  readonly retries: number;
  readonly handlerDeadline: number;
  readonly concurrency: number;
  readonly catchUp: "skip" | "all";
  readonly gapLimit: number;
}

/** The names of all that can be said of a run. */
const NAMES: readonly (keyof RunOptions)[] = [
  "since",
  "store",
  "filter",
  "timeout",
  "setPresence",
  "fullState",
  "signal",
  "backoff",
  "onState",
  "own",
  "from",
  "retries",
  "handlerDeadline",
  "concurrency",
  "onHandlerError",
  "catchUp",
  "gapLimit",
  "onGap",
];

/** Takes what concerns runs out of the options of a client. */
export function pickOptions(options: RunOptions): RunOptions {
  const picked: RunOptions = {};
  for (const name of NAMES) {
    const value = options[name];
    if (value !== undefined && value !== null) Object.assign(picked, { [name]: value });
  }
  return picked;
}

/**
 * Puts options over others: what is not given does not count.
 *
 * @throws {TypeError} If they are no object, or the backoff is none.
 */
export function mergeOptions(base: RunOptions, options: RunOptions | undefined): RunOptions {
  const own = pickOptions(given(options));
  check(own.backoff === undefined || isJsonObject(own.backoff), "the backoff must be an object");
  const merged: RunOptions = { ...base, ...own };
  if (base.backoff && own.backoff) merged.backoff = { ...base.backoff, ...own.backoff };
  return merged;
}

/**
 * Checks options, and fills in what is not given.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If something is of the wrong kind.
 */
export function settle(options: RunOptions): Settings {
  const { since, store, filter, signal, catchUp = "skip", gapLimit = 1_000, concurrency = 8 } = options;
  check(since === undefined || typeof since === "string", "since must be a string");
  check(
    store === undefined || (typeof store?.get === "function" && typeof store.set === "function"),
    "the store must have get() and set()",
  );
  check(
    filter === undefined || typeof filter === "string" ||
      (typeof filter === "object" && !Array.isArray(filter)),
    "the filter must be an object or an ID",
  );
  check(
    signal === undefined || typeof signal?.addEventListener === "function",
    "the signal must be an AbortSignal",
  );
  for (const name of ["onState", "onHandlerError", "onGap"] as const) {
    check(options[name] === undefined || typeof options[name] === "function", `${name} must be a function`);
  }
  check(catchUp === "skip" || catchUp === "all", 'catchUp must be "skip" or "all"');
  range(whole(concurrency) && concurrency > 0, "concurrency must be a whole number from 1");
  range(gapLimit === Infinity || whole(gapLimit), "gapLimit must be a whole number from 0");
  checkHandlerOptions(options);
  return {
    ...options,
    timeout: checkTimeout(options.timeout, 30_000),
    backoff: mergePolicy(options.backoff, BACKOFF),
    own: options.own ?? true,
    mask: originMask(options.from),
    retries: options.retries ?? 0,
    handlerDeadline: options.handlerDeadline ?? MINUTE,
    concurrency,
    catchUp,
    gapLimit,
  };
}

/**
 * Checks what is said of a handler.
 *
 * @throws {RangeError} If a number is out of its range.
 */
export function checkHandlerOptions({ own, retries, handlerDeadline }: HandlerOptions): void {
  check(own === undefined || own === null || typeof own === "boolean", "own must be true or false");
  range(
    retries === undefined || retries === null || retries === Infinity || whole(retries),
    "retries must be a whole number from 0",
  );
  range(
    handlerDeadline === undefined || handlerDeadline === null ||
      (typeof handlerDeadline === "number" && handlerDeadline > 0),
    "handlerDeadline must be a positive number of milliseconds, or Infinity",
  );
}

function whole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function check(fits: boolean, what: string): void {
  if (!fits) throw new TypeError(`Cannot sync: ${what}`);
}

function range(fits: boolean, what: string): void {
  if (!fits) throw new RangeError(`Cannot sync: ${what}`);
}

/** A bit for each place that events come from, so that asking whether a handler takes it costs next to nothing. */
export const ORIGINS: Readonly<Record<EventOrigin, number>> = {
  timeline: 1,
  state: 2,
  ephemeral: 4,
  accountData: 8,
  toDevice: 16,
  presence: 32,
  invite: 64,
  knock: 128,
  leave: 256,
};

/** State comes with the timeline as well. */
const ALL_BUT_STATE = 0b1_1111_1101;

/**
 * Makes one number of the places that a handler takes events from.
 *
 * @throws {TypeError} If there is no such place.
 */
export function originMask(from: EventOrigin | readonly EventOrigin[] | null | undefined): number {
  if (from === undefined || from === null) return ALL_BUT_STATE;
  if (typeof from !== "string" && !Array.isArray(from)) {
    throw new TypeError("Cannot take events: `from` must be a place or a list of places");
  }
  let mask = 0;
  const origins: readonly EventOrigin[] = typeof from === "string" ? [from] : from;
  for (const origin of origins) {
    if (!Object.hasOwn(ORIGINS, origin)) {
      throw new TypeError(`Cannot take events from "${String(origin)}": no such place`);
    }
    mask |= ORIGINS[origin];
  }
  return mask;
}
