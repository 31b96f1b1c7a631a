/**
 * Answers that several endpoints have in common, and answers with events.
 *
 * @module
 */
import type { StateEvent } from "./events/envelope.ts";
import type { OpenObject } from "./json.ts";
import type { RoomEvent } from "./events/event_types.ts";
import type { BatchID, EventID, RoomID, SyncToken } from "./identifiers.ts";

/** An answer that names a room. */
export interface RoomIDResponse extends OpenObject {
  /** The room. */
  room_id: RoomID;
}

/** An answer that names an event. */
export interface EventIDResponse extends OpenObject {
  /** The event. */
  event_id: EventID;
}

/**
 * Which way to read: `f` to newer events, `b` to older ones.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#pagination
 */
export type PaginationDirection = "f" | "b";

/**
 * A page of a room's history.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
 */
export interface PaginatedMessages extends OpenObject {
  /** Where the page starts. */
  start: SyncToken;
  /** Where the next page starts; not given if there is nothing further. */
  end?: SyncToken;
  /** The events, in the direction that was asked for. */
  chunk: RoomEvent[];
  /** State to show the events with; may be left out if nothing is needed. */
  state?: StateEvent[];
}

/**
 * An event and what is around it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
 */
export interface EventContext extends OpenObject {
  /** Where to read on backwards. */
  start?: SyncToken;
  /** Where to read on forwards. */
  end?: SyncToken;
  /** The event. */
  event?: RoomEvent;
  /** Events before it, newest first. */
  events_before?: RoomEvent[];
  /** Events after it, oldest first. */
  events_after?: RoomEvent[];
  /** The room's state at the last of these events. */
  state?: StateEvent[];
}

/** The answer to sending many events at once, as an application service (MSC2716). */
export interface BatchSendResponse extends OpenObject {
  /** State that was sent. */
  state_event_ids: EventID[];
  /** Events that were sent. */
  event_ids: EventID[];
  /** The event that the batch was put in with. */
  insertion_event_id: EventID;
  /** The event that ends the batch. */
  batch_event_id: EventID;
  /** The batch that can be connected to this one. */
  next_batch_id: BatchID;
  /** The event that the first batch was put in with. */
  base_insertion_event_id?: EventID;
}

/** The answer to sending many events at once, on Beeper's homeserver. */
export interface BeeperBatchSendResponse extends OpenObject {
  /** Events that were sent. */
  event_ids: EventID[];
}
