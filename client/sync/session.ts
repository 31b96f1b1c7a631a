import { isJsonObject } from "../../types/json.ts";
import type { Log } from "../../http/observe.ts";
import { checkTimeout, given } from "../../http/validate.ts";
import type { PresenceState } from "../../types/events/mod.ts";
import type { Filter } from "../../types/filter.ts";
import type { FilterID, RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { ClientAPIOptions } from "../base.ts";
import type { ClientAPI } from "../client_api.ts";
import {
  checkKind,
  checkRange,
  type DeliveryOptions,
  type DeliverySettings,
  isFunction,
  isWhole,
  notify,
  settleDelivery,
} from "./deliver.ts";
import type { CryptoOptions } from "./encryption.ts";
import type { EventOrigin } from "./events.ts";
import { faultOf } from "./retry.ts";
import type { SyncStore } from "../stores.ts";

/**
 * The state of a sync:
 *
 * - `starting`: no response has come yet;
 * - `syncing`: responses come and are handled;
 * - `waiting`: a request failed and is retried after a wait;
 * - `stalled`: responses come but bring nothing new, so the next request waits;
 * - `stopped`: the sync has ended or was never started.
 */
export type SyncStateName = "starting" | "syncing" | "waiting" | "stalled" | "stopped";

/** The progress of a sync. */
export interface SyncState {
  /** The state. */
  state: SyncStateName;
  /** The token up to which everything is handled and committed. */
  since: SyncToken | undefined;
  /** The number of consecutive failures of the current request, or 0. */
  failures: number;
  /** The last failure while `waiting`; what ended the sync when `stopped`. Absent if nothing failed. */
  error?: unknown;
  /** The wait in milliseconds, while `waiting` and `stalled`. */
  wait?: number;
}

/** Options of the requests of a sync. */
export interface PollOptions {
  /**
   * The token to start from; overrides the store. If passed to the constructor, it is used only until the first commit.
   */
  since?: SyncToken | undefined;
  /**
   * The store of the sync token.
   *
   * @default {a MemorySyncStore of the client}
   */
  store?: SyncStore | undefined;
  /** A filter, which is uploaded once, or the ID of one. By default, all events are requested. */
  filter?: Filter | FilterID | undefined;
  /**
   * The time for which the homeserver may wait for new events, in milliseconds. The transport's `deadline`
   * comes on top.
   *
   * @default {30000; 0 in runOnce()}
   */
  timeout?: number | undefined;
  /**
   * The presence of the user while syncing.
   *
   * @default {"online"}
   */
  setPresence?: PresenceState | undefined;
  /**
   * Whether the first response includes the full state of all rooms.
   *
   * @default {false}
   */
  fullState?: boolean | undefined;
  /** Stops the sync: requests and waits end at once, handlers are awaited. */
  signal?: AbortSignal | undefined;
  /** Called with each change of the state. */
  onState?: ((state: SyncState) => unknown) | undefined;
}

/** Options of a sync. */
export interface RunOptions extends PollOptions, DeliveryOptions {
  /**
   * Whether to deliver messages that were sent before the client first synced, or before it joined a room.
   *
   * @default {"skip"}
   */
  catchUp?: "skip" | "all" | undefined;
  /**
   * Maximum number of events of a room to fetch when a response omits events.
   *
   * @default {1000}
   */
  gapLimit?: number | undefined;
  /** Called when events of a room are not fetched. They are between the older token `from` and the newer token `to`. */
  onGap?: ((roomId: RoomID, from: SyncToken, to: SyncToken) => unknown) | undefined;
}

/** Options of {@linkcode Client}: those of a `ClientAPI`, encryption, and defaults for its syncs. */
export type ClientOptions = ClientAPIOptions & RunOptions & CryptoOptions & {
  /**
   * The log of the client.
   *
   * @default {the console, for warnings and errors only}
   */
  log?: Log | undefined;
};

/** Options of a sync, checked, with their defaults. */
export interface Settings extends Omit<RunOptions, keyof DeliverySettings>, DeliverySettings {
  readonly timeout: number;
  readonly catchUp: "skip" | "all";
  readonly gapLimit: number;
}

/** The origins of events. */
export const ORIGINS: readonly EventOrigin[] = [
  "timeline",
  "state",
  "ephemeral",
  "accountData",
  "toDevice",
  "presence",
  "invite",
  "knock",
  "leave",
];

/** Changes of state come with the timeline, and would be delivered twice. */
const ALL_BUT_STATE = ORIGINS.filter((origin) => origin !== "state");

/**
 * Merges the options of a run over those of its client. `null` and `undefined` mean "not given".
 *
 * @throws {TypeError} If the options or their backoff are not an object.
 */
export function mergeOptions(base: RunOptions, options: RunOptions | null | undefined): RunOptions {
  const isGiven = ([, value]: [string, unknown]) => value !== undefined && value !== null;
  const own: RunOptions = Object.fromEntries(Object.entries(given(options)).filter(isGiven));
  const { backoff } = own;
  checkKind("backoff", backoff === undefined || isJsonObject(backoff), "an object", backoff);
  return { ...base, ...own, ...base.backoff && backoff ? { backoff: { ...base.backoff, ...backoff } } : {} };
}

/**
 * Checks the options of a sync and adds the defaults.
 *
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If another option is invalid.
 */
export function settle(options: RunOptions): Settings {
  const { since, store, filter, signal, onState, onGap, catchUp = "skip", gapLimit = 1_000 } = options;
  const isStore = store === undefined ||
    (typeof store?.get === "function" && typeof store.set === "function");
  const isFilter = filter === undefined || typeof filter === "string" || isJsonObject(filter);
  const isSignal = signal === undefined || typeof signal?.addEventListener === "function";
  checkKind("since", since === undefined || typeof since === "string", "a string", since);
  checkKind("store", isStore, "an object with get() and set()", store);
  checkKind("filter", isFilter, "an object or a filter ID", filter);
  checkKind("signal", isSignal, "an AbortSignal", signal);
  checkKind("onState", isFunction(onState), "a function", onState);
  checkKind("onGap", isFunction(onGap), "a function", onGap);
  checkKind("catchUp", catchUp === "skip" || catchUp === "all", '"skip" or "all"', catchUp);
  checkRange("gapLimit", gapLimit === Infinity || isWhole(gapLimit), "a whole number from 0", gapLimit);
  const { timeout, setPresence, fullState } = options;
  return {
    ...settleDelivery(options, ORIGINS, ALL_BUT_STATE),
    ...{ since, store, filter, setPresence, fullState, signal, onState, onGap, catchUp, gapLimit },
    timeout: checkTimeout(timeout, 30_000),
  };
}

/** The part of a session that comes from its client. */
export interface SessionOwner {
  readonly client: ClientAPI;
  readonly settings: Settings;
  readonly store: SyncStore;
  /** The IDs of uploaded filters. They outlive a session. */
  readonly filters: Map<string, FilterID>;
  /** Widens a filter for encryption. */
  readonly widenFilter: ((filter: Filter) => Filter) | undefined;
  /** Maximum number of retries of a request. */
  readonly limit: number;
  /** Called with each change of the state. */
  readonly onState: (state: SyncState) => void;
}

/** One sync from its start to its end: what its parts share, and what stops it. */
export class Session {
  readonly client: ClientAPI;
  readonly settings: Settings;
  readonly store: SyncStore;
  readonly filters: Map<string, FilterID>;
  readonly widenFilter: SessionOwner["widenFilter"];
  readonly limit: number;
  /** The token up to which everything is handled and committed. */
  since: SyncToken | undefined;
  /** The token that the next poll sends. It is ahead of `since` while detached work is running. */
  position: SyncToken | undefined;
  /** Whether the last poll has requested the full state. */
  fullState = false;
  /** The number of consecutive failures of the current request. */
  failures = 0;
  /** The state that was reported last. */
  state: SyncStateName = "stopped";
  /** Whether a poll is under way. */
  isPolling = false;
  /** Whether a poll has succeeded. */
  hasPolled = false;
  /** Whether the user was warned of encrypted events. */
  hasWarned = false;
  /** The number of batches that are delivered and not committed. */
  backlog = 0;
  /** Settles when the last batch is committed. */
  committed: Promise<void> = Promise.resolve();
  /** The user ID while it is requested. */
  self: Promise<UserID> | undefined;
  /** The definition of the filter while it is requested. */
  definition: Promise<Filter> | undefined;
  /** The key of the uploaded filter among `filters`. */
  filterKey: string | undefined;
  readonly #owner: SessionOwner;
  readonly #controller = new AbortController();
  readonly #follow: () => void;
  #failed = false;
  #deadAfter = 0;

  constructor(owner: SessionOwner) {
    const { client, settings, store, filters, widenFilter, limit } = this.#owner = owner;
    this.client = client;
    this.settings = settings;
    this.store = store;
    this.filters = filters;
    this.widenFilter = widenFilter;
    this.limit = limit;
    this.#follow = () => this.stop(settings.signal?.reason);
    if (settings.signal?.aborted) this.#follow();
    else settings.signal?.addEventListener("abort", this.#follow);
    this.expect(0);
  }

  /** Aborted when the session stops or fails. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops the session at the wish of the program. */
  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Ends the session with an error. */
  fail(error: unknown): void {
    if (this.signal.aborted) return;
    this.#failed = true;
    this.#controller.abort(error);
  }

  /** Whether the session has ended with an error. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Whether an error is the reason with which the program has stopped the session. */
  wasStopped(error: unknown): boolean {
    return !this.#failed && this.signal.aborted && error === this.signal.reason;
  }

  /**
   * Notices that something is awaited. On Workers, promises of a request that has ended never settle and its `finally`
   * blocks never run, so only a time limit reveals that a session is dead.
   *
   * @param milliseconds The time limit of what is awaited.
   */
  expect(milliseconds: number): void {
    const { timeout, handlerDeadline } = this.settings;
    const idle = timeout + this.client.api.deadline + handlerDeadline;
    this.#deadAfter = Math.max(this.#deadAfter, performance.now() + idle + milliseconds);
  }

  /** Whether nothing has happened for longer than the time limits allow. */
  get isDead(): boolean {
    return performance.now() > this.#deadAfter;
  }

  /** Reports a change of the state. */
  report(state: SyncStateName, more: Partial<SyncState> = {}): void {
    const { client, settings: { onState } } = this.#owner;
    const report: SyncState = { state, since: this.since, failures: 0, ...more };
    this.state = state;
    this.expect(report.wait ?? 0);
    this.#owner.onState(report);
    if (onState !== undefined) notify(client.log, "onState", () => onState(report));
  }

  /** Reports the end. The error is absent if the program has stopped the session. */
  end(failure?: { readonly error: unknown }): void {
    this.settings.signal?.removeEventListener("abort", this.#follow);
    if (failure === undefined) return this.report("stopped");
    // The filter may be what was refused. The next run uploads it again.
    if (this.filterKey !== undefined && faultOf(failure.error) === "refused") {
      this.filters.delete(this.filterKey);
    }
    this.report("stopped", { failures: this.failures + 1, error: failure.error });
  }
}
