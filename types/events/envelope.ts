/**
 * Events without their content: common fields for each way in which events are delivered.
 *
 * @module
 */

import type { DeviceID, EventID, RoomID, UserID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";
import type { Membership } from "./member.ts";

/**
 * Fields of every event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#events
 */
export interface BaseEvent<C extends object = OpenObject, T extends string = string> {
  /** Content. The type of the event determines its shape. */
  content: C;
  /** Event type, such as `m.room.message`. */
  type: T;
}

/**
 * Fields of every event in a room, state or not.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface BaseRoomEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Room of the event. Absent in responses of `sync`, see {@linkcode WithoutRoomID}. */
  room_id: RoomID;
  /** Event ID. */
  event_id: EventID;
  /** User who sent the event. */
  sender: UserID;
  /** Timestamp from the sender's homeserver, in milliseconds since the Unix epoch. */
  origin_server_ts: number;
}

/** A room event in a response of `sync`, which has the room ID once as a key and not in every event. */
export type WithoutRoomID<E extends { room_id: RoomID }> = E extends unknown
  ? Omit<E, "room_id"> & Partial<Pick<E, "room_id">>
  : never;

/**
 * Data that the homeserver adds to any room event. Not covered by the event's signatures.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface BaseUnsigned extends OpenObject {
  /** Time since the event was sent, in milliseconds. Wrong or negative if clocks differ. */
  age?: number;
  /** Membership of the requesting user at the time of the event. */
  membership?: Membership;
  /** The event that redacted this one. */
  redacted_because?: GenericEvent;
  /** Summary of events that relate to this one, by relation type. */
  "m.relations"?: BundledRelations;
}

/**
 * Data that the homeserver adds to a message event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface MessageUnsigned extends BaseUnsigned {
  /** Transaction ID of the event. Present only for the device that sent it. */
  transaction_id?: string;
}

/**
 * Data that the homeserver adds to a stripped state event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export interface StrippedStateUnsigned<C extends object = OpenObject> extends BaseUnsigned {
  /** Content of the replaced state event. */
  prev_content?: C;
  /** Sender of the replaced state event. */
  prev_sender?: UserID;
  /** ID of the replaced state event. */
  replaces_state?: EventID;
}

/**
 * Data that the homeserver adds to a state event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export interface StateUnsigned<C extends object = OpenObject> extends StrippedStateUnsigned<C> {
  /** Transaction ID of the event. Present only for the device that sent it. */
  transaction_id?: string;
  /** Part of the room's state, on an invite. Not verified by the homeserver. */
  invite_room_state?: StrippedStateEvent[];
  /** Part of the room's state, on a knock. Not verified by the homeserver. */
  knock_room_state?: StrippedStateEvent[];
}

/**
 * Events that relate to an event, by relation type.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#aggregations-of-child-events
 */
export interface BundledRelations extends OpenObject {
  /** Most recent edit. */
  "m.replace"?: GenericEvent;
  /** Summary of the thread of which this event is the root. */
  "m.thread"?: BundledThread;
  /** Events that reference this one. */
  "m.reference"?: BundledReferences;
}

/**
 * Summary of a thread, on the root of the thread.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mthread-relationships
 */
export interface BundledThread extends OpenObject {
  /** Most recent event in the thread. */
  latest_event: GenericEvent;
  /** Number of events in the thread, without the root. */
  count: number;
  /** Whether the requesting user has sent an event in the thread. */
  current_user_participated: boolean;
}

/**
 * Events that reference an event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#reference-relations
 */
export interface BundledReferences extends OpenObject {
  /** References, one for each event. */
  chunk: BundledReference[];
}

/** An event that references another event. */
export interface BundledReference extends OpenObject {
  /** Event ID. */
  event_id: EventID;
}

/**
 * A room event that is not a state event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 */
export interface MessageEvent<C extends object = OpenObject, T extends string = string>
  extends BaseRoomEvent<C, T> {
  /** Always absent. Distinguishes message events from state events. */
  state_key?: undefined;
  /** The redacted event, on a redaction in room versions 1 to 10. */
  redacts?: EventID;
  /** Data added by the homeserver. */
  unsigned?: MessageUnsigned;
}

/**
 * A state event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 */
export interface StateEvent<C extends object = OpenObject, T extends string = string>
  extends BaseRoomEvent<C, T> {
  /** State key: a user ID for members, the empty string for most types. */
  state_key: string;
  /** Data added by the homeserver. */
  unsigned?: StateUnsigned<C>;
}

/** A room event, state or not. */
export type RoomEvent = StateEvent | MessageEvent;

/**
 * A stripped state event, sent to users who are not in the room. Not verified by the homeserver.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export interface StrippedStateEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** State key. */
  state_key: string;
  /** User who sent the event. */
  sender: UserID;
  /** Room of the event, if the homeserver includes it. */
  room_id?: RoomID;
  /** Event ID, if the homeserver includes it. */
  event_id?: EventID;
  /**
   * Time at which the event was sent, in milliseconds since the Unix epoch, if the homeserver includes it.
   */
  origin_server_ts?: number;
  /** Data added by the homeserver. */
  unsigned?: StrippedStateUnsigned<C>;
}

/**
 * An ephemeral event: typing, a receipt or presence.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#events
 */
export interface EphemeralEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Room of the event. Absent in responses of `sync` and in presence. */
  room_id?: RoomID;
  /** User of the presence. Absent in other ephemeral events. */
  sender?: UserID;
}

/**
 * An event that was sent to a device.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 */
export interface ToDeviceEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** User who sent the event. */
  sender: UserID;
}

/**
 * An event that was sent to a device of one of an application service's users.
 *
 * @see https://spec.matrix.org/v1.19/application-service-api/#pushing-events
 */
export interface ASToDeviceEvent<C extends object = OpenObject, T extends string = string>
  extends ToDeviceEvent<C, T> {
  /** User who owns the device. */
  to_user_id: UserID;
  /** Device that the event was sent to. */
  to_device_id: DeviceID;
}

/**
 * Account data, global or of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#client-config
 */
export interface AccountDataEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {}

/** An event of any class. Fields that its class does not have are absent. */
export interface GenericEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Room of the event. */
  room_id?: RoomID;
  /** Event ID. */
  event_id?: EventID;
  /** User who sent the event. */
  sender?: UserID;
  /** Time at which the event was sent, in milliseconds since the Unix epoch. */
  origin_server_ts?: number;
  /** State key. Absent if the event is not a state event. */
  state_key?: string;
  /** Data added by the homeserver. */
  unsigned?: OpenObject;
  /** The redacted event, on a redaction in room versions 1 to 10. */
  redacts?: EventID;
}
