/**
 * What is around the content of an event, for each way in which events travel.
 *
 * @module
 */

import type { DeviceID, EventID, RoomID, UserID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";
import type { Membership } from "./member.ts";

/**
 * What every event has.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#events
 */
export interface BaseEvent<C extends object = OpenObject, T extends string = string> {
  /** What the event says; its shape follows from the type. */
  content: C;
  /** The event's type, such as `m.room.message`. */
  type: T;
}

/**
 * What every event of a room's history has, state or not.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface BaseRoomEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** The room that the event is in. Absent in answers of `sync`, see {@linkcode WithoutRoomID}. */
  room_id: RoomID;
  /** The event's ID. */
  event_id: EventID;
  /** Who sent it. */
  sender: UserID;
  /** When it was sent according to the sender's homeserver, in milliseconds since 1970. */
  origin_server_ts: number;
}

/** An event as answers of `sync` hold it, which name the room once for many events. */
export type WithoutRoomID<E extends { room_id: RoomID }> = E extends unknown
  ? Omit<E, "room_id"> & Partial<Pick<E, "room_id">>
  : never;

/**
 * What the homeserver adds to a room event of any kind; not covered by its signatures.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface BaseUnsigned extends OpenObject {
  /** Time since the event was sent, in milliseconds; wrong, even negative, where clocks differ. */
  age?: number;
  /** The reader's own membership at the time of the event. */
  membership?: Membership;
  /** The event that redacted this one. */
  redacted_because?: GenericEvent;
  /** Events that relate to this one, summed up by relation type. */
  "m.relations"?: BundledRelations;
}

/**
 * What the homeserver adds to a message event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface MessageUnsigned extends BaseUnsigned {
  /** The transaction ID it was sent with, for the device that sent it. */
  transaction_id?: string;
}

/**
 * What the homeserver adds to stripped state.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export interface StrippedStateUnsigned<C extends object = OpenObject> extends BaseUnsigned {
  /** Content of the state that this event replaced. */
  prev_content?: C;
  /** Who sent the state that this event replaced. */
  prev_sender?: UserID;
  /** The event that this event replaced. */
  replaces_state?: EventID;
}

/**
 * What the homeserver adds to a state event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface StateUnsigned<C extends object = OpenObject> extends StrippedStateUnsigned<C> {
  /** The transaction ID it was sent with, for the device that sent it. */
  transaction_id?: string;
  /** Some of the room's state, on an invite. Not to be trusted. */
  invite_room_state?: StrippedStateEvent[];
  /** Some of the room's state, on a knock. Not to be trusted. */
  knock_room_state?: StrippedStateEvent[];
}

/**
 * Events that relate to an event, by relation type.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#aggregations-of-child-events
 */
export interface BundledRelations extends OpenObject {
  /** The newest edit. */
  "m.replace"?: GenericEvent;
  /** The thread that starts here. */
  "m.thread"?: BundledThread;
  /** Events that refer to this one. */
  "m.reference"?: BundledReferences;
}

/**
 * A thread, summed up on its first event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mthread-relationships
 */
export interface BundledThread extends OpenObject {
  /** The newest event of the thread. */
  latest_event: GenericEvent;
  /** Number of events in the thread, without the first one. */
  count: number;
  /** Whether the reader has written in the thread. */
  current_user_participated: boolean;
}

/**
 * Events that refer to an event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#reference-relations
 */
export interface BundledReferences extends OpenObject {
  /** One entry an event, with its ID. */
  chunk: BundledReference[];
}

/** An event that refers to another. */
export interface BundledReference extends OpenObject {
  /** The event's ID. */
  event_id: EventID;
}

/**
 * A room event that is not state.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 */
export interface MessageEvent<C extends object = OpenObject, T extends string = string>
  extends BaseRoomEvent<C, T> {
  /** Never there: this is what tells message events from state events. */
  state_key?: undefined;
  /** The event that a redaction is about, in rooms of version 10 and older. */
  redacts?: EventID;
  /** What the homeserver adds. */
  unsigned?: MessageUnsigned;
}

/**
 * A room event that sets a piece of the room's state.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 */
export interface StateEvent<C extends object = OpenObject, T extends string = string>
  extends BaseRoomEvent<C, T> {
  /** Which piece of its type: a user ID for members, often the empty string. */
  state_key: string;
  /** What the homeserver adds. */
  unsigned?: StateUnsigned<C>;
}

/**
 * A piece of state without proof, for those who are not in the room yet.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export interface StrippedStateEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Which piece of its type. */
  state_key: string;
  /** Who set it. */
  sender: UserID;
  /** The room, where the homeserver says so. */
  room_id?: RoomID;
  /** The event's ID, where the homeserver says so. */
  event_id?: EventID;
  /** When it was sent, in milliseconds since 1970, where the homeserver says so. */
  origin_server_ts?: number;
  /** What the homeserver adds. */
  unsigned?: StrippedStateUnsigned<C>;
}

/**
 * An event that is not kept: who is typing, who has read what, who is there.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#events
 */
export interface EphemeralEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** The room it is about. Absent in answers of `sync`, and where it is about a user. */
  room_id?: RoomID;
  /** The user it is about, in presence. */
  sender?: UserID;
}

/**
 * An event sent straight to devices.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 */
export interface ToDeviceEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Who sent it. */
  sender: UserID;
}

/**
 * An event for a device of one of an application service's users.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#pushing-events
 */
export interface ASToDeviceEvent<C extends object = OpenObject, T extends string = string>
  extends ToDeviceEvent<C, T> {
  /** Whose device it is for. */
  to_user_id: UserID;
  /** The device it is for. */
  to_device_id: DeviceID;
}

/**
 * Something that clients keep on the homeserver, for the account or for a room in it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#client-config
 */
export interface AccountDataEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {}

/** An event of any kind: what its kind does not have is absent. */
export interface GenericEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** The room that the event is in. */
  room_id?: RoomID;
  /** The event's ID. */
  event_id?: EventID;
  /** Who sent it. */
  sender?: UserID;
  /** When it was sent, in milliseconds since 1970. */
  origin_server_ts?: number;
  /** Which piece of state it sets; absent if it is not a state event. */
  state_key?: string;
  /** What the homeserver adds. */
  unsigned?: OpenObject;
  /** The event that a redaction is about, in rooms of version 10 and older. */
  redacts?: EventID;
}
