/**
 * Responses that several endpoints share, and responses with events.
 *
 * @module
 */
import type { Membership } from "./events/member.ts";
import type { RoomEvent, StateEvent } from "./events/envelope.ts";
import type { OpenObject } from "./json.ts";
import type { BatchID, EventID, RoomID, SyncToken } from "./identifiers.ts";

/** A response with a room ID. */
export interface RoomIDResponse extends OpenObject {
  /** Room ID. */
  room_id: RoomID;
}

/** A response with an event ID. */
export interface EventIDResponse extends OpenObject {
  /** Event ID. */
  event_id: EventID;
}

/**
 * Direction of pagination: `f` to newer events, `b` to older events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#pagination
 */
export type PaginationDirection = "f" | "b";

/**
 * Response of `GET /_matrix/client/v3/rooms/{roomId}/messages`: a page of a room's history.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
 */
export interface PaginatedMessages extends OpenObject {
  /** Token of the start of the page. */
  start: SyncToken;
  /** Token of the next page. Absent if there are no more events. */
  end?: SyncToken;
  /** Events, in the requested direction. */
  chunk: RoomEvent[];
  /** State events needed to display the page. May be absent. */
  state?: StateEvent[];
}

/**
 * Response of `GET /_matrix/client/v3/rooms/{roomId}/context/{eventId}`: an event and the events around it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
 */
export interface EventContext extends OpenObject {
  /** Token with which to request earlier events. */
  start?: SyncToken;
  /** Token with which to request later events. */
  end?: SyncToken;
  /** The event. */
  event?: RoomEvent;
  /** Events before the event, most recent first. */
  events_before?: RoomEvent[];
  /** Events after the event, oldest first. */
  events_after?: RoomEvent[];
  /** State of the room at the last of these events. */
  state?: StateEvent[];
}

/** Response of the unstable batch send endpoint for application services (MSC2716). */
export interface BatchSendResponse extends OpenObject {
  /** Sent state events. */
  state_event_ids: EventID[];
  /** Sent events. */
  event_ids: EventID[];
  /** Event that inserted the batch. */
  insertion_event_id: EventID;
  /** Event that ends the batch. */
  batch_event_id: EventID;
  /** ID of the batch that can be connected to this one. */
  next_batch_id: BatchID;
  /** Event that inserted the first batch. */
  base_insertion_event_id?: EventID;
}

/** Response of the batch send endpoint of Beeper's homeserver. */
export interface BeeperBatchSendResponse extends OpenObject {
  /** Sent events. */
  event_ids: EventID[];
}

/**
 * Credentials for a TURN server.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3voipturnserver
 */
export interface TurnServerResponse extends OpenObject {
  /** User name. */
  username?: string;
  /** Password. */
  password?: string;
  /** URIs of the server. */
  uris?: string[];
  /** Seconds for which the password is valid. */
  ttl?: number;
}

/**
 * A page of related events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
 */
export interface RelationsResponse extends OpenObject {
  /** The events. */
  chunk: RoomEvent[];
  /** Token of the next page. Absent on the last page. */
  next_batch?: SyncToken;
  /** Token of the previous page. Absent on the first page. */
  prev_batch?: SyncToken;
  /** Depth to which the server followed relations, if `recurse` was given. */
  recursion_depth?: number;
}

/**
 * A page of threads.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
 */
export interface ThreadsResponse extends OpenObject {
  /** Root events of the threads. */
  chunk: RoomEvent[];
  /** Token of the next page. Absent on the last page. */
  next_batch?: SyncToken;
}

/**
 * New events of a room that the user has not joined.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3events
 */
export interface PeekedEvents extends OpenObject {
  /** Token of the start of the events. */
  start?: SyncToken;
  /** Token to continue from. */
  end?: SyncToken;
  /** The events. */
  chunk?: RoomEvent[];
}

/**
 * State and latest events of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidinitialsync
 */
export interface RoomInitialSync extends OpenObject {
  /** The room. */
  room_id: RoomID;
  /** The user's membership. */
  membership?: Membership;
  /** Latest events. */
  messages?: OpenObject & {
    /** Token of the start of the events. */
    start?: SyncToken;
    /** Token of the end of the events. */
    end: SyncToken;
    /** The events. */
    chunk: RoomEvent[];
  };
  /** State of the room. */
  state?: StateEvent[];
  /** Whether the room is listed in the directory. */
  visibility?: "private" | "public" | (string & Record<never, never>);
  /** Account data about the room. */
  account_data?: OpenObject[];
}

/**
 * An event that is close to a time.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
 */
export interface EventAtTimestamp extends OpenObject {
  /** Event ID. */
  event_id: EventID;
  /** When the event was sent by the clock of its sender, in milliseconds since 1970. */
  origin_server_ts: number;
}

/**
 * A page of the rooms that two users share.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mutual_rooms
 */
export interface MutualRooms extends OpenObject {
  /** The rooms. */
  joined: RoomID[];
  /** Number of rooms on all pages. */
  count: number;
  /** Token of the next page. Absent on the last page. */
  next_batch?: string;
}
