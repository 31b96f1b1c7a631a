/**
 * Response of `sync`.
 *
 * @module
 */
import type { DeviceLists, DeviceOTKCount } from "./crypto.ts";
import type {
  AccountDataEvent,
  EphemeralEvent,
  RoomEvent,
  StateEvent,
  StrippedStateEvent,
  ToDeviceEvent,
  WithoutRoomID,
} from "./events/envelope.ts";
import type { OpenObject } from "./json.ts";
import type { PresenceEvent } from "./events/ephemeral.ts";
import type { EventID, RoomID, SyncToken, UserID } from "./identifiers.ts";

/**
 * Events in the order in which to process them.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncEvents<E> extends OpenObject {
  /** The events. */
  events?: E[];
}

/**
 * Timeline of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface Timeline extends OpenObject {
  /** Message events and state events, oldest first, without `room_id`. */
  events: WithoutRoomID<RoomEvent>[];
  /** Whether there are events between the previous sync and this timeline that it does not contain. */
  limited?: boolean;
  /** Token with which to request earlier events. */
  prev_batch?: SyncToken;
}

/**
 * Information for naming a room that has no name. Contains only changed fields.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncRoomSummary extends OpenObject {
  /** Up to five members whose names can represent the room. */
  "m.heroes"?: UserID[];
  /** Number of joined members. */
  "m.joined_member_count"?: number;
  /** Number of invited members. */
  "m.invited_member_count"?: number;
}

/**
 * Counts of unread notifications.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface UnreadNotificationCounts extends OpenObject {
  /** Number of unread notifications with a highlight. */
  highlight_count?: number;
  /** Number of unread notifications. */
  notification_count?: number;
}

/**
 * Updates of a room that the user has left or is banned from.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface LeftRoom extends OpenObject {
  /** State changes before the timeline. */
  state?: SyncEvents<WithoutRoomID<StateEvent>>;
  /** State changes up to the end of the timeline. Replaces `state` if it was requested. */
  state_after?: SyncEvents<WithoutRoomID<StateEvent>>;
  /** Timeline, as far as the user may see it. */
  timeline?: Timeline;
  /** Account data of the room. */
  account_data?: SyncEvents<AccountDataEvent>;
}

/**
 * Updates of a room that the user has joined.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface JoinedRoom extends LeftRoom {
  /** Information for naming the room. */
  summary?: SyncRoomSummary;
  /** Typing and receipts, without `room_id`. */
  ephemeral?: SyncEvents<EphemeralEvent>;
  /** Counts of unread notifications. Excludes threads if they are counted separately. */
  unread_notifications?: UnreadNotificationCounts;
  /** Counts of unread notifications by the root event of the thread. */
  unread_thread_notifications?: Record<EventID, UnreadNotificationCounts>;
}

/**
 * A room that the user is invited to.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface InvitedRoom extends OpenObject {
  /** Stripped state of the room, including the invite. */
  invite_state?: SyncEvents<StrippedStateEvent>;
}

/**
 * A room that the user has knocked on.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface KnockedRoom extends OpenObject {
  /** Stripped state of the room, including the knock. */
  knock_state?: SyncEvents<StrippedStateEvent>;
}

/**
 * Updates of rooms, by membership.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncRooms extends OpenObject {
  /** Rooms that the user has joined. */
  join?: Record<RoomID, JoinedRoom>;
  /** Rooms that the user is invited to. */
  invite?: Record<RoomID, InvitedRoom>;
  /** Rooms that the user has knocked on. */
  knock?: Record<RoomID, KnockedRoom>;
  /** Rooms that the user has left or is banned from. */
  leave?: Record<RoomID, LeftRoom>;
}

/**
 * Response of `GET /_matrix/client/v3/sync`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncResponse extends OpenObject {
  /** Token to pass as `since` to the next sync. */
  next_batch: SyncToken;
  /** Updates of rooms. */
  rooms?: SyncRooms;
  /** Presence of users. */
  presence?: SyncEvents<PresenceEvent>;
  /** Global account data. */
  account_data?: SyncEvents<AccountDataEvent>;
  /** To-device events for this device. */
  to_device?: SyncEvents<ToDeviceEvent>;
  /** Changes to the devices of users. */
  device_lists?: DeviceLists;
  /** Number of unclaimed one-time keys of this device. */
  device_one_time_keys_count?: DeviceOTKCount;
  /** Algorithms for which this device has an unused fallback key. */
  device_unused_fallback_key_types?: string[];
}
