import {
  checkGiven,
  checkIdentifier,
  checkTimestamp,
  filterParameter,
  given,
  unlessEmpty,
} from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { MNotFound } from "../http/errors/codes.ts";
import { path } from "../http/path.ts";
import { eventResponse, objectResponse, required, requiredList } from "../http/response_fields.ts";
import type { RoomEvent } from "../types/events/mod.ts";
import type { RoomEventFilter } from "../types/filter.ts";
import type { EventID, RoomID, SyncToken } from "../types/identifiers.ts";
import type {
  EventAtTimestamp,
  EventContext,
  PaginatedMessages,
  PaginationDirection,
} from "../types/responses.ts";
import { iteratePages } from "./pages.ts";
import { StateMethods } from "./state.ts";

/** Options of {@linkcode MessageMethods.prototype.getEventContext}. */
export interface GetEventContextOptions extends RequestOptions {
  /**
   * At most so many events before and after, taken together.
   *
   * @default {10}
   */
  limit?: number | undefined;
  /** Which events; as an object, or as its JSON. */
  filter?: RoomEventFilter | string | undefined;
}

/** Options of {@linkcode MessageMethods.prototype.getMessages}. */
export interface GetMessagesOptions extends RequestOptions {
  /** Where to start: a token from a page before or from `sync`. By default, at the end that `direction` leads away from. */
  from?: SyncToken | undefined;
  /** Where to stop. */
  to?: SyncToken | undefined;
  /** At most so many events; the homeserver's own limit, often 10, where it is not given or 0. */
  limit?: number | undefined;
  /** Which events; as an object, or as its JSON. */
  filter?: RoomEventFilter | string | undefined;
}

/** Reading the events of rooms. */
export abstract class MessageMethods extends StateMethods {
  /**
   * Gets an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid
   * @param roomId The room.
   * @param eventId The event's ID.
   * @param options Request options.
   * @returns The event.
   * @throws {MNotFound} If there is no such event, or the user may not see it.
   */
  async getEvent(roomId: RoomID, eventId: EventID, options?: RequestOptions): Promise<RoomEvent> {
    const answer = await this.request(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/event/${eventId}`,
      options,
    );
    return eventResponse(answer, "Invalid event in response");
  }

  /**
   * Gets an event and what was said around it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
   * @param roomId The room.
   * @param eventId The event's ID.
   * @param options How many events, which, and request options.
   * @returns The event, `events_before` (newest first), `events_after`, the room's `state` after all of them, and
   * tokens to read on from: backwards from `start`, forwards from `end`.
   * @throws {MNotFound} If there is no such event, or the user may not see it.
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
   * @param options Where to start and to stop, how many events, which, and request options.
   * @returns The events in `chunk`, in the order in which they are read; `end` to read on from, which is not there when
   * there is nothing further; `start`, and sometimes `state` that belongs to the events.
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
    const answer = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/messages`, options, {
      params: {
        dir: checkIdentifier("direction", direction),
        from,
        to,
        limit: unlessEmpty(limit),
        filter: filterParameter(filter),
      },
    });
    required(answer, "start");
    requiredList(answer, "chunk", "Invalid events in response");
    return answer as PaginatedMessages;
  }

  /**
   * Reads a room's history page by page, to its end or to `to`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
   * @param roomId The room.
   * @param direction `b` to read backwards, `f` to read forwards.
   * @param options Where to start and to stop, how many events a page, which, and request options.
   * @returns The pages, as {@linkcode MessageMethods.prototype.getMessages} gives them. Each is asked for when the one
   * before it has been used up.
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
   * Events carry the clock of their sender, so what is found can be far from the time. To read on, use
   * {@linkcode MessageMethods.prototype.getEventContext}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
   * @param roomId The room.
   * @param timestamp The time, in milliseconds since 1970, or a `Date`.
   * @param direction Where to search: `f` for the first event at or after the time, `b` for the last at or before it.
   * @param options Request options.
   * @returns ID and time of the event, or `null` if there is none in that direction.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getEventByTimestamp(
    roomId: RoomID,
    timestamp: number | Date,
    direction: PaginationDirection,
    options?: Omit<RequestOptions, "timestamp">,
  ): Promise<EventAtTimestamp | null> {
    const params = { ts: checkTimestamp(timestamp), dir: checkIdentifier("direction", direction) };
    try {
      const response = await this.request<EventAtTimestamp>(
        "GET",
        path`/_matrix/client/v1/rooms/${roomId}/timestamp_to_event`,
        options,
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
