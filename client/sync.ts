import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { filterParameter } from "../http/request_body.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import type { RetryPolicy } from "../http/retry.ts";
import {
  checkContent,
  checkGiven,
  checkIdentifier,
  checkTimeout,
  given,
  kindOf,
  unlessEmpty,
} from "../http/validate.ts";
import type { PresenceState } from "../types/events/mod.ts";
import type { Filter } from "../types/filter.ts";
import type { FilterID, RoomID, SyncToken } from "../types/identifiers.ts";
import { isJsonObject } from "../types/json.ts";
import type { PeekedEvents, RoomInitialSync } from "../types/responses.ts";
import type { SyncResponse } from "../types/sync.ts";
import { DeviceMethods } from "./devices.ts";

/** Filters that are stored on the homeserver. */
export abstract class FilterMethods extends DeviceMethods {
  /**
   * Gets a filter of the user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridfilterfilterid
   * @param filterId The filter's ID.
   * @param options Request options.
   * @returns The filter.
   * @throws {MNotFound} If the filter does not exist.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async getFilter(filterId: FilterID, options?: RequestOptions): Promise<Filter> {
    return objectResponse(
      await this.request<Filter>(
        "GET",
        path`/_matrix/client/v3/user/${this.ownUserId()}/filter/${filterId}`,
        options,
      ),
    );
  }

  /**
   * Creates a filter, which `sync()` can refer to by its ID.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
   * @param filter The filter.
   * @param options Request options.
   * @returns The filter's ID.
   * @throws {TypeError} If the filter is not an object, or the client's `mxid` is unset.
   */
  async createFilter(filter: Filter, options?: RequestOptions): Promise<FilterID> {
    const response = await this.request<{ filter_id: FilterID }>(
      "POST",
      path`/_matrix/client/v3/user/${this.ownUserId()}/filter`,
      options,
      // Repeating is safe: filters never change.
      { body: checkContent(filter), repeatable: true },
    );
    return required(response, "filter_id");
  }
}

/** Options of {@linkcode SyncMethods.prototype.sync}. `retry` is ignored, because `sync()` is never retried. */
export interface SyncOptions extends RequestOptions {
  /** The `next_batch` of the last response. Without it, the response is an initial sync with the current state. */
  since?: SyncToken | undefined;
  /**
   * The time for which the homeserver waits for new events before it returns an empty response, in milliseconds. Added
   * to `deadline`.
   *
   * @default {30000}
   */
  timeout?: number | undefined;
  /** The ID of an uploaded filter. */
  filterId?: FilterID | undefined;
  /** A filter for this request, in place of `filterId`. */
  filter?: Filter | undefined;
  /**
   * Whether to return the full state of all rooms, even with `since`.
   *
   * @default {false}
   */
  fullState?: boolean | undefined;
  /**
   * The presence of the user while syncing. With `offline`, the request does not change it.
   *
   * @default {"online"}
   */
  setPresence?: PresenceState | undefined;
  /**
   * Whether to return the state after the timeline, in `state_after`, in place of the state before it, in `state`.
   * Homeservers support this since v1.16 of the specification. Others return `state`.
   *
   * @default {false}
   */
  useStateAfter?: boolean | undefined;
}

/** The caller, usually in a loop, decides about retries. */
const ONCE: RetryPolicy = { limit: 0, isRetriable: () => false };

/** Syncing. */
export abstract class SyncMethods extends FilterMethods {
  /**
   * Requests the events since the last response, and waits for new ones. Errors are not retried, not even rate limits.
   *
   * @example An initial sync and the next one
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const first = await client.sync({ timeout: 0 });
   * const second = await client.sync({ since: first.next_batch, timeout: 0 });
   * assert(second.next_batch !== "");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
   * @param options The last token, a filter, a timeout, and request options.
   * @returns The response, unchanged from the server.
   * @throws {MUnknownToken} If the access token is invalid or no longer valid.
   * @throws {RangeError} If `timeout` is not a whole number of milliseconds.
   * @throws {TypeError} If both `filter` and `filterId` are given, or `filter` is not an object.
   */
  async sync(options?: SyncOptions): Promise<SyncResponse> {
    const { since, fullState, setPresence, useStateAfter, ...request }: SyncOptions = given(options);
    checkGiven("string", { since, setPresence, filterId: request.filterId });
    const timeout = checkTimeout(request.timeout, 30_000);
    const filter = inlineFilter(request.filter);
    const filterId = unlessEmpty(request.filterId);
    if (filter !== undefined && filterId !== undefined) {
      throw new TypeError("Cannot sync: only one of filter and filterId may be given");
    }
    return objectResponse(
      await this.request<SyncResponse>("GET", "/_matrix/client/v3/sync", { ...request, retry: ONCE }, {
        serverTimeout: timeout,
        params: {
          timeout,
          since: unlessEmpty(since),
          filter: filter ?? filterId,
          full_state: unlessEmpty(fullState) && true,
          set_presence: unlessEmpty(setPresence),
          use_state_after: unlessEmpty(useStateAfter) && true,
        },
      }),
    );
  }
}

function inlineFilter(filter: Filter | null | undefined): string | undefined {
  if (filter === undefined || filter === null) return undefined;
  if (!isJsonObject(filter)) {
    throw new TypeError(
      `Cannot sync: the filter must be an object, received ${kindOf(filter)}; use filterId for an ID`,
    );
  }
  return filterParameter(filter);
}

/** Options of {@linkcode PeekingMethods.prototype.peekEvents}. */
export interface PeekEventsOptions extends RequestOptions {
  /** Token to continue from: `end` of a response before, or `messages.end` of the room's initial sync. */
  from?: SyncToken | undefined;
  /**
   * Time for which the homeserver waits for events, in milliseconds. Added to `deadline`.
   *
   * @default {30000}
   */
  timeout?: number | undefined;
}

/** Reading rooms without joining them. The rooms must be world-readable. */
export abstract class PeekingMethods extends SyncMethods {
  /**
   * Waits for new events of a room that the user has not joined. Not retried, as with `sync()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3events
   * @param roomId The room.
   * @param options Where to continue, how long to wait, and request options.
   * @returns The events, empty if there were none in time, and the token to continue from. Synapse adds presence events.
   * @throws {MForbidden} If the user may not read the room.
   * @throws {RangeError} If `timeout` is not an integer of at least 0.
   */
  async peekEvents(roomId: RoomID, options?: PeekEventsOptions): Promise<PeekedEvents> {
    const { from } = given(options);
    checkGiven("string", { from });
    const timeout = checkTimeout(given(options).timeout, 30_000);
    const request = { ...options, retry: { limit: 0 } };
    return objectResponse(
      await this.request<PeekedEvents>("GET", "/_matrix/client/v3/events", request, {
        serverTimeout: timeout,
        params: { room_id: checkIdentifier("room ID", roomId), from: unlessEmpty(from), timeout },
      }),
    );
  }

  /**
   * Gets the state and the latest events of a room. `getState()` and `getMessages()` do the same in parts.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidinitialsync
   * @param roomId The room.
   * @param options Request options.
   * @returns State and events of the room. `messages.end` is where
   * {@linkcode PeekingMethods.prototype.peekEvents} can continue.
   * @throws {MForbidden} If the user may not read the room.
   */
  async getRoomInitialSync(roomId: RoomID, options?: RequestOptions): Promise<RoomInitialSync> {
    const response = await this.request<RoomInitialSync>(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/initialSync`,
      options,
    );
    required(response, "room_id");
    return response;
  }
}
