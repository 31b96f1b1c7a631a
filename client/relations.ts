import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { iteratePages, requiredList } from "../http/response_fields.ts";
import { checkGiven, given, unlessEmpty } from "../http/validate.ts";
import type { EventID, RoomID, SyncToken } from "../types/identifiers.ts";
import type { PaginationDirection, RelationsResponse, ThreadsResponse } from "../types/responses.ts";
import { MessageMethods } from "./messages.ts";

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
