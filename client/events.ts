import { MatrixResponseError } from "../http/errors/base.ts";
import { MNotFound } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { filterParameter, path } from "../http/request.ts";
import {
  eventResponse,
  iteratePages,
  listResponse,
  objectResponse,
  required,
  requiredList,
} from "../http/response.ts";
import type { RetryPolicy } from "../http/retry.ts";
import {
  checkContent,
  checkGiven,
  checkIdentifier,
  checkTimeout,
  checkTimestamp,
  given,
  kindOf,
  unlessEmpty,
} from "../http/validate.ts";
import type {
  Membership,
  MemberStateEventContent,
  OpenObject,
  PresenceState,
  RoomEvent,
  StateContentMap,
  StateEvent,
  StateEventType,
} from "../types/events/mod.ts";
import type { Filter, RoomEventFilter } from "../types/filter.ts";
import type { EventID, FilterID, RoomID, SyncToken } from "../types/identifiers.ts";
import { isJsonObject } from "../types/json.ts";
import type {
  EventAtTimestamp,
  EventContext,
  EventIDResponse,
  PaginatedMessages,
  PaginationDirection,
  PeekedEvents,
  RelationsResponse,
  RoomInitialSync,
  ThreadsResponse,
} from "../types/responses.ts";
import type { SyncResponse } from "../types/sync.ts";
import type { JoinedMembers } from "../types/users.ts";
import { DeviceMethods } from "./account.ts";
import { requestOptions } from "./base.ts";

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

/** The form in which {@linkcode StateMethods.prototype.getStateEvent} returns a state event. */
export type StateEventFormat = "content" | "event" | (string & Record<never, never>);

/** Options of {@linkcode StateMethods.prototype.getStateEvent}. */
export interface GetStateEventOptions extends RequestOptions {
  /**
   * The state key, such as a user ID for `m.room.member`.
   *
   * @default {""}
   */
  stateKey?: string | undefined;
  /**
   * The form of the result: the content, or the whole event. Homeservers that do not support v1.16 of the specification
   * may return the content only.
   *
   * @default {"content"}
   */
  format?: StateEventFormat | undefined;
}

/** Options of {@linkcode StateMethods.prototype.getStateEvent} for the content. */
export interface GetStateContentOptions extends GetStateEventOptions {
  /** The form of the result: the content. */
  format?: "content" | undefined;
}

/** Options of {@linkcode StateMethods.prototype.getStateEvent} for the whole event. */
export interface GetFullStateEventOptions extends GetStateEventOptions {
  /** The form of the result: the whole event. */
  format: "event";
}

/** Options of {@linkcode StateMethods.prototype.getMembers}. */
export interface GetMembersOptions extends RequestOptions {
  /** The point in time of the members: a token from `sync()` or `getMessages()`. By default now. */
  at?: SyncToken | undefined;
  /** The membership of the members to return. By default all are returned. */
  membership?: Membership | undefined;
  /** The membership of the members to exclude. */
  notMembership?: Membership | undefined;
}

/** Options of {@linkcode StateMethods.prototype.sendStateEvent}. */
export interface SendStateEventOptions extends RequestOptions {
  /**
   * The state key, such as a user ID for `m.room.member`.
   *
   * @default {""}
   */
  stateKey?: string | undefined;
  /**
   * Whether `IntentAPI` of `@mtx/client/appservice` joins the room first if its user is not in it. Ignored by `ClientAPI`.
   *
   * @default {true}
   */
  ensureJoined?: boolean | undefined;
}

const INVALID_EVENT = "Invalid state event in response";
const INVALID_EVENTS = "Invalid state events in response";
const INVALID_CHUNK = "Invalid `chunk` in response: expected array";

/** Returns the path of a state event. Unlike other segments, the state key may be empty. */
function statePath(roomId: RoomID, eventType: string, stateKey: string | null | undefined): string {
  const prefix = path`/_matrix/client/v3/rooms/${roomId}/state/${eventType}/`;
  return stateKey === undefined || stateKey === null || stateKey === "" ? prefix : prefix + path`${stateKey}`;
}

/** Reading and sending state events. */
export abstract class StateMethods extends PeekingMethods {
  /**
   * Gets a state event of a room. The type of its content follows from the event type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, and request options.
   * @returns The event.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    options: GetFullStateEventOptions,
  ): Promise<StateEvent<StateContentMap[T], T>>;
  /**
   * Gets a state event of a room, of any type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, and request options.
   * @returns The event.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<C extends object = OpenObject>(
    roomId: RoomID,
    eventType: string,
    options: GetFullStateEventOptions,
  ): Promise<StateEvent<C>>;
  /**
   * Gets the content of a state event of a room. Its type follows from the event type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, and request options.
   * @returns The content.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    options?: GetStateContentOptions,
  ): Promise<StateContentMap[T]>;
  /**
   * Gets the content of a state event of a room, of any type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, the form of the result, and request options.
   * @returns The content; with another `format` the response.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<C extends object = OpenObject>(
    roomId: RoomID,
    eventType: string,
    options?: GetStateEventOptions,
  ): Promise<C>;
  async getStateEvent(
    roomId: RoomID,
    eventType: string,
    options?: GetStateEventOptions,
  ): Promise<unknown> {
    const { stateKey, format: requested } = given(options);
    checkGiven("string", { format: requested });
    const format = requested ?? "content";
    const response = await this.request("GET", statePath(roomId, eventType, stateKey), options, {
      params: { format: format === "content" ? undefined : format },
    });
    if (format === "event") return eventResponse(response, INVALID_EVENT);
    if (format === "content" && !isJsonObject(response)) throw new MatrixResponseError(INVALID_EVENT);
    return response;
  }

  /**
   * Gets all state events of a room: the current ones or, if the user has left, those at that time.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
   * @param roomId The room.
   * @param options Request options.
   * @returns The state events.
   * @throws {MForbidden} If the user has never been in the room.
   */
  async getState(roomId: RoomID, options?: RequestOptions): Promise<StateEvent[]> {
    const response = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/state`, options);
    return listResponse(response, INVALID_EVENTS);
  }

  /**
   * Gets the member events of a room, including those of users who have left.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
   * @param roomId The room.
   * @param options Point in time, memberships, and request options.
   * @returns The member events.
   * @throws {MForbidden} If the user has never been in the room.
   */
  async getMembers(
    roomId: RoomID,
    options?: GetMembersOptions,
  ): Promise<StateEvent<MemberStateEventContent, "m.room.member">[]> {
    const { at, membership, notMembership } = given(options);
    checkGiven("string", { at, membership, notMembership });
    const response = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/members`, options, {
      params: {
        at: unlessEmpty(at),
        membership: unlessEmpty(membership),
        not_membership: unlessEmpty(notMembership),
      },
    });
    return requiredList(response, "chunk", INVALID_EVENTS);
  }

  /**
   * Gets the users who are in a room, with display names and avatars. The response is smaller than that of
   * `getMembers()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
   * @param roomId The room.
   * @param options Request options.
   * @returns `display_name` and `avatar_url` by user ID.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getJoinedMembers(roomId: RoomID, options?: RequestOptions): Promise<JoinedMembers> {
    const response = await this.request<{ joined: JoinedMembers }>(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/joined_members`,
      options,
    );
    return required(response, "joined", "object");
  }

  /**
   * Sends a state event. All methods that change state send through this one.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The state key, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send the event.
   */
  sendStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    content: StateContentMap[T],
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  /**
   * Sends a state event of any type. All methods that change state send through this one.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The state key, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send the event.
   */
  sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  async sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID> {
    const { stateKey } = given(options);
    const response = await this.request<EventIDResponse>(
      "PUT",
      statePath(roomId, eventType, stateKey),
      options,
      {
        body: checkContent(content),
        takesTimestamp: true,
      },
    );
    return required(response, "event_id");
  }
}

/** Options of {@linkcode MessageMethods.prototype.getEventContext}. */
export interface GetEventContextOptions extends RequestOptions {
  /**
   * The maximum number of events before and after, in total.
   *
   * @default {10}
   */
  limit?: number | undefined;
  /** The filter for events, as an object or as JSON text. */
  filter?: RoomEventFilter | string | undefined;
}

/** Options of {@linkcode MessageMethods.prototype.getMessages}. */
export interface GetMessagesOptions extends RequestOptions {
  /** The token to start from, of another page or of `sync()`. Defaults to the start or end of the history. */
  from?: SyncToken | undefined;
  /** The token to stop at. */
  to?: SyncToken | undefined;
  /** The maximum number of events in a page. Without it, or with 0, the homeserver uses its default, usually 10. */
  limit?: number | undefined;
  /** The filter for events, as an object or as JSON text. */
  filter?: RoomEventFilter | string | undefined;
}

/** Events of rooms. */
export abstract class MessageMethods extends StateMethods {
  /**
   * Gets an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid
   * @param roomId The room.
   * @param eventId The event's ID.
   * @param options Request options.
   * @returns The event.
   * @throws {MNotFound} If the event does not exist, or the user may not see it.
   */
  async getEvent(roomId: RoomID, eventId: EventID, options?: RequestOptions): Promise<RoomEvent> {
    const response = await this.request(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/event/${eventId}`,
      options,
    );
    return eventResponse(response, "Invalid event in response");
  }

  /**
   * Gets an event, and the events before and after it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
   * @param roomId The room.
   * @param eventId The event's ID.
   * @param options Number of events, filter, and request options.
   * @returns The `event`, `events_before` (newest first), `events_after`, the room's `state` after the last event, and the
   * tokens `start` and `end` for `getMessages()` in either direction.
   * @throws {MNotFound} If the event does not exist, or the user may not see it.
   */
  async getEventContext(
    roomId: RoomID,
    eventId: EventID,
    options?: GetEventContextOptions,
  ): Promise<EventContext> {
    const { limit, filter } = given(options);
    checkGiven("number", { limit });
    const params = { limit: limit ?? 10, filter: filterParameter(filter) };
    return objectResponse(
      await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/context/${eventId}`, options, {
        params,
      }),
    );
  }

  /**
   * Gets a page of a room's history.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
   * @param roomId The room.
   * @param direction `b` to read backwards, `f` to read forwards.
   * @param options Tokens to start from and stop at, number of events, filter, and request options.
   * @returns The events in `chunk`, in the order of `direction`; the token of the next page in `end`, which is missing on
   * the last page; `start`, and optionally `state` that is relevant to the events.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getMessages(
    roomId: RoomID,
    direction: PaginationDirection,
    options?: GetMessagesOptions,
  ): Promise<PaginatedMessages> {
    const { from, to, limit, filter } = given(options);
    checkGiven("string", { from, to });
    checkGiven("number", { limit });
    const response = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/messages`, options, {
      params: {
        dir: checkIdentifier("direction", direction),
        from,
        to,
        limit: unlessEmpty(limit),
        filter: filterParameter(filter),
      },
    });
    required(response, "start");
    requiredList(response, "chunk", "Invalid events in response");
    return response as PaginatedMessages;
  }

  /**
   * Iterates over the pages of a room's history, to its end or to the token `to`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
   * @param roomId The room.
   * @param direction `b` to read backwards, `f` to read forwards.
   * @param options Tokens to start from and stop at, number of events in a page, filter, and request options.
   * @returns The pages of {@linkcode MessageMethods.prototype.getMessages}. Each is requested when the caller is done with
   * the one before it.
   * @throws {MatrixResponseError} If the token of the next page is not a string.
   */
  async *iterateMessages(
    roomId: RoomID,
    direction: PaginationDirection,
    options?: GetMessagesOptions,
  ): AsyncGenerator<PaginatedMessages, void, undefined> {
    const start = given(options).from;
    yield* iteratePages("end", start, (from) => this.getMessages(roomId, direction, { ...options, from }));
  }

  /**
   * Gets the event that is closest to a time.
   *
   * The timestamp of an event is set by its sender, so the event may be far from the actual time. To read the events
   * around it, use {@linkcode MessageMethods.prototype.getEventContext}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
   * @param roomId The room.
   * @param timestamp The time, in milliseconds since the Unix epoch, or a `Date`.
   * @param direction The direction to search in: `f` for the first event at or after the time, `b` for the last at or
   * before it.
   * @param options Request options.
   * @returns The event's ID and timestamp, or `null` if there is none in that direction.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getEventByTimestamp(
    roomId: RoomID,
    timestamp: number | Date,
    direction: PaginationDirection,
    options?: Omit<RequestOptions, "timestamp">,
  ): Promise<EventAtTimestamp | null> {
    // The endpoint's `ts` is the argument, which takes precedence over the request option that is sent as `ts`.
    const request = { ...requestOptions(options), timestamp: undefined };
    const params = { ts: checkTimestamp(timestamp), dir: checkIdentifier("direction", direction) };
    try {
      const response = await this.request<EventAtTimestamp>(
        "GET",
        path`/_matrix/client/v1/rooms/${roomId}/timestamp_to_event`,
        request,
        { params },
      );
      required(response, "event_id");
      required(response, "origin_server_ts", "number");
      return response;
    } catch (error) {
      if (error instanceof MNotFound) return null;
      throw error;
    }
  }
}

/** Options of {@linkcode RelationMethods.prototype.getRelations}. */
export interface GetRelationsOptions extends RequestOptions {
  /** Type of the relation, such as `m.thread`. */
  relType?: string | undefined;
  /** Type of the related events, `m.room.encrypted` in encrypted rooms. Needs `relType`. */
  eventType?: string | undefined;
  /** Token to continue from, `next_batch` of the page before. */
  from?: SyncToken | undefined;
  /** Token to stop at. */
  to?: SyncToken | undefined;
  /** Maximum number of events in a page. */
  limit?: number | undefined;
  /**
   * Order of the events: `b` for newest first, `f` for oldest first.
   *
   * @default {"b"}
   */
  direction?: PaginationDirection | undefined;
  /**
   * Whether to include events that are related to the event through others.
   *
   * @default {false}
   */
  recurse?: boolean | undefined;
}

/** Options of {@linkcode RelationMethods.prototype.getThreads}. */
export interface GetThreadsOptions extends RequestOptions {
  /**
   * Which threads: `all`, or `participated` for those that the user has taken part in.
   *
   * @default {"all"}
   */
  include?: "all" | "participated" | (string & Record<never, never>) | undefined;
  /** Maximum number of threads in a page. */
  limit?: number | undefined;
  /** Token to continue from, `next_batch` of the page before. */
  from?: SyncToken | undefined;
}

/** Relations between events, and threads. */
export abstract class RelationMethods extends MessageMethods {
  /**
   * Gets a page of the events that are related to an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltypeeventtype
   * @param roomId The room.
   * @param eventId The event that the others are related to.
   * @param options Which events, where to continue, and request options.
   * @returns The events, and the token of the next page.
   * @throws {MatrixRequestError} If there is no such event. Synapse sends `M_UNKNOWN` with status 404 then.
   * @throws {TypeError} If `eventType` is given without `relType`.
   */
  async getRelations(
    roomId: RoomID,
    eventId: EventID,
    options?: GetRelationsOptions,
  ): Promise<RelationsResponse> {
    const { relType, eventType, from, to, limit, direction, recurse } = given(options);
    checkGiven("string", { relType, eventType, from, to, direction });
    checkGiven("number", { limit });
    checkGiven("boolean", { recurse });
    if (unlessEmpty(eventType) && !unlessEmpty(relType)) {
      throw new TypeError("Cannot get relations: eventType needs relType");
    }
    let route = path`/_matrix/client/v1/rooms/${roomId}/relations/${eventId}`;
    if (unlessEmpty(relType)) route += path`/${relType!}`;
    if (unlessEmpty(eventType)) route += path`/${eventType!}`;
    const response = await this.request<RelationsResponse>("GET", route, options, {
      params: {
        dir: unlessEmpty(direction) ?? "b",
        from: unlessEmpty(from),
        to: unlessEmpty(to),
        limit: unlessEmpty(limit),
        recurse: recurse ?? undefined,
      },
    });
    requiredList(response, "chunk", INVALID_CHUNK);
    return response;
  }

  /**
   * Iterates over the pages of {@linkcode RelationMethods.prototype.getRelations}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
   * @param roomId The room.
   * @param eventId The event that the others are related to.
   * @param options Which events, where to start and to stop, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateRelations(
    roomId: RoomID,
    eventId: EventID,
    options?: GetRelationsOptions,
  ): AsyncGenerator<RelationsResponse, void, undefined> {
    const { from } = given(options);
    yield* iteratePages(
      "next_batch",
      from,
      (from) => this.getRelations(roomId, eventId, { ...options, from }),
    );
  }

  /**
   * Gets a page of the threads in a room, the one with the latest reply first.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
   * @param roomId The room.
   * @param options Which threads, where to continue, and request options.
   * @returns The events that the threads begin with, and the token of the next page. The latest reply is in
   * `unsigned["m.relations"]["m.thread"]`.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getThreads(roomId: RoomID, options?: GetThreadsOptions): Promise<ThreadsResponse> {
    const { include, limit, from } = given(options);
    checkGiven("string", { include, from });
    checkGiven("number", { limit });
    const response = await this.request<ThreadsResponse>(
      "GET",
      path`/_matrix/client/v1/rooms/${roomId}/threads`,
      options,
      { params: { include: unlessEmpty(include), limit: unlessEmpty(limit), from: unlessEmpty(from) } },
    );
    requiredList(response, "chunk", INVALID_CHUNK);
    return response;
  }

  /**
   * Iterates over the pages of {@linkcode RelationMethods.prototype.getThreads}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
   * @param roomId The room.
   * @param options Which threads, where to start, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateThreads(
    roomId: RoomID,
    options?: GetThreadsOptions,
  ): AsyncGenerator<ThreadsResponse, void, undefined> {
    const { from } = given(options);
    yield* iteratePages("next_batch", from, (from) => this.getThreads(roomId, { ...options, from }));
  }
}
