import type { PresenceState } from "../../types/events/mod.ts";
import type { Filter } from "../../types/filter.ts";
import type { FilterID, RoomID, SyncToken } from "../../types/identifiers.ts";
import type { RetryPolicy } from "../../http/retry.ts";
import type { ClientAPIOptions } from "../base.ts";
import type { AnyHandledEvent, AnyHandlerContext, EventOrigin } from "./handler_types.ts";
import type { SyncState } from "./state.ts";
import type { SyncStore } from "./stores.ts";

/** How waits between tries grow. The words are those of `retry()` in `@std/async`. */
export interface Backoff extends Pick<RetryPolicy, "multiplier"> {
  /**
   * The wait after the first failure, in milliseconds.
   *
   * @default {1000}
   */
  minTimeout?: number | undefined;
  /**
   * The longest wait, in milliseconds.
   *
   * @default {60000}
   */
  maxTimeout?: number | undefined;
  /**
   * How much of a wait is random, from 0 to 1.
   *
   * @default {0.5}
   */
  jitter?: number | undefined;
}

/** How a client syncs. */
export interface SyncStreamOptions {
  /**
   * Where to begin, in place of where the store says. Given to the constructor it holds until a batch was committed,
   * so that nothing is handled twice.
   */
  since?: SyncToken | undefined;
  /**
   * Where the token is kept.
   *
   * @default {a MemorySyncStore of the client's own}
   */
  store?: SyncStore | undefined;
  /** Which events to get: a filter, which is given to the homeserver once, or the ID of one. By default, all. */
  filter?: Filter | FilterID | undefined;
  /**
   * How long the homeserver waits for something new before it gives an empty answer, in milliseconds. A poll may take
   * that long and the transport's `deadline` on top.
   *
   * @default {30000; 0 in runOnce()}
   */
  timeout?: number | undefined;
  /**
   * What others are to see of the user while they sync.
   *
   * @default {"online"}
   */
  setPresence?: PresenceState | undefined;
  /**
   * Whether to get all state of all rooms with the first answer.
   *
   * @default {false}
   */
  fullState?: boolean | undefined;
  /** Ends the sync: polls and waits at once, handlers as soon as they have ended. */
  signal?: AbortSignal | undefined;
  /** How waits grow between failures, of the homeserver and of handlers. */
  backoff?: Backoff | undefined;
  /** Told of each change of what the sync is doing. */
  onState?: ((state: SyncState) => unknown) | undefined;
}

/** Which events a handler takes, and what happens when it fails. */
export interface HandlerOptions {
  /**
   * Whether events that this client's user sent are handled too.
   *
   * @default {true}
   */
  own?: boolean | undefined;
  /**
   * Where events are taken from.
   *
   * @default {everything but "state"}
   */
  from?: EventOrigin | readonly EventOrigin[] | undefined;
  /**
   * How many times a handler that throws is tried again, each time after a wait as `backoff` says.
   *
   * @default {0}
   */
  retries?: number | undefined;
  /**
   * How long a handler may take for an event, in milliseconds. Then its signal is aborted, it counts as failed, and is
   * no longer waited for. `Infinity` means no limit.
   *
   * @default {60000}
   */
  handlerDeadline?: number | undefined;
}

/** How a client hands events to handlers. */
export interface DispatchOptions extends HandlerOptions {
  /**
   * How many rooms are handled side by side.
   *
   * @default {8}
   */
  concurrency?: number | undefined;
  /**
   * Told of an event that a handler has failed on for good; the sync goes on once it has ended. By default, the log.
   */
  onHandlerError?:
    | ((error: unknown, event: AnyHandledEvent, context: AnyHandlerContext) => unknown)
    | undefined;
  /**
   * Whether the messages that a sync without a token brings are handled: they are older than the client.
   *
   * @default {"skip"}
   */
  catchUp?: "skip" | "all" | undefined;
  /**
   * How many missed events of a room are fetched, at most, where an answer leaves them out.
   *
   * @default {1000}
   */
  gapLimit?: number | undefined;
  /** Told of events of a room that are not fetched: they lie between the older token and the newer one. */
  onGap?: ((roomId: RoomID, from: SyncToken, to: SyncToken) => unknown) | undefined;
}

/** All that can be said of how a client syncs. */
export interface RunOptions extends SyncStreamOptions, DispatchOptions {}

/** Options of {@linkcode Client}: those of a `ClientAPI`, and how to sync unless a call says otherwise. */
export type ClientOptions = ClientAPIOptions & RunOptions;
