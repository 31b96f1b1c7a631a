import { MNotFound } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { filterParameter } from "../http/request_body.ts";
import {
  eventResponse,
  iteratePages,
  objectResponse,
  required,
  requiredList,
} from "../http/response_fields.ts";
import { checkGiven, checkIdentifier, checkTimestamp, given, unlessEmpty } from "../http/validate.ts";
import type { RoomEvent } from "../types/events/mod.ts";
import type { RoomEventFilter } from "../types/filter.ts";
import type { EventID, RoomID, SyncToken } from "../types/identifiers.ts";
import type {
  EventAtTimestamp,
  EventContext,
  PaginatedMessages,
  PaginationDirection,
  RelationsResponse,
  ThreadsResponse,
} from "../types/responses.ts";
import { requestOptions } from "./base.ts";
import { StateMethods } from "./state.ts";

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
    requiredList(response, "chunk", INVALID_EVENTS);
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
    requiredList(response, "chunk", INVALID_EVENTS);
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

const INVALID_EVENTS = "Invalid `chunk` in response: expected array";
