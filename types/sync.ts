/**
 * What `sync` gives: all that is new for a client.
 *
 * @module
 */
import type { DeviceLists, DeviceOTKCount } from "./crypto.ts";
import type {
  AccountDataEvent,
  EphemeralEvent,
  StateEvent,
  StrippedStateEvent,
  ToDeviceEvent,
  WithoutRoomID,
} from "./events/envelope.ts";
import type { OpenObject } from "./json.ts";
import type { PresenceEvent } from "./events/ephemeral.ts";
import type { RoomEvent } from "./events/event_types.ts";
import type { EventID, RoomID, SyncToken, UserID } from "./identifiers.ts";

/**
 * Events in the order in which they are to be taken.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncEvents<E> extends OpenObject {
  /** The events. */
  events?: E[];
}

/**
 * The newest part of a room's history.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface Timeline extends OpenObject {
  /** Messages and changes of state, oldest first. They lack the room's ID. */
  events: WithoutRoomID<RoomEvent>[];
  /** Whether there are events between the last sync and this part which are not given. */
  limited?: boolean;
  /** Where to read on backwards. */
  prev_batch?: SyncToken;
}

/**
 * What there is to show about a room without a name. What has not changed is not given.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncRoomSummary extends OpenObject {
  /** Up to five members to name the room after. */
  "m.heroes"?: UserID[];
  /** How many have joined. */
  "m.joined_member_count"?: number;
  /** How many are invited. */
  "m.invited_member_count"?: number;
}

/**
 * How much is unread.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface UnreadNotificationCounts extends OpenObject {
  /** How many unread messages are marked as important. */
  highlight_count?: number;
  /** How many unread messages notify. */
  notification_count?: number;
}

/**
 * What is new in a room that the user has left or is banned from.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface LeftRoom extends OpenObject {
  /** State from before the timeline. */
  state?: SyncEvents<WithoutRoomID<StateEvent>>;
  /** State from after the timeline, in place of `state` if it was asked for. */
  state_after?: SyncEvents<WithoutRoomID<StateEvent>>;
  /** The newest part of what the user may see. */
  timeline?: Timeline;
  /** The user's own data about the room. */
  account_data?: SyncEvents<AccountDataEvent>;
}

/**
 * What is new in a room that the user is in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface JoinedRoom extends LeftRoom {
  /** What there is to show about the room. */
  summary?: SyncRoomSummary;
  /** Who is typing, who has read what. They lack the room's ID. */
  ephemeral?: SyncEvents<EphemeralEvent>;
  /** How much is unread, outside of threads if those are counted on their own. */
  unread_notifications?: UnreadNotificationCounts;
  /** How much is unread, by the event that the thread started with. */
  unread_thread_notifications?: Record<EventID, UnreadNotificationCounts>;
}

/**
 * A room that the user is invited to.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface InvitedRoom extends OpenObject {
  /** What the user may see of it, their own invite included. */
  invite_state?: SyncEvents<StrippedStateEvent>;
}

/**
 * A room that the user has knocked on.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface KnockedRoom extends OpenObject {
  /** What the user may see of it, their own knock included. */
  knock_state?: SyncEvents<StrippedStateEvent>;
}

/**
 * What is new in rooms, by how the user stands to them.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncRooms extends OpenObject {
  /** Rooms that the user is in. */
  join?: Record<RoomID, JoinedRoom>;
  /** Rooms that the user is invited to. */
  invite?: Record<RoomID, InvitedRoom>;
  /** Rooms that the user has knocked on. */
  knock?: Record<RoomID, KnockedRoom>;
  /** Rooms that the user has left or is banned from. */
  leave?: Record<RoomID, LeftRoom>;
}

/**
 * The answer to `GET /_matrix/client/v3/sync`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export interface SyncResponse extends OpenObject {
  /** What to give as `since` next time. */
  next_batch: SyncToken;
  /** What is new in rooms. */
  rooms?: SyncRooms;
  /** Users who have come or gone. */
  presence?: SyncEvents<PresenceEvent>;
  /** The user's own global data. */
  account_data?: SyncEvents<AccountDataEvent>;
  /** What was sent to this device. */
  to_device?: SyncEvents<ToDeviceEvent>;
  /** Users whose devices have changed. */
  device_lists?: DeviceLists;
  /** How many one-time keys of this device are left. */
  device_one_time_keys_count?: DeviceOTKCount;
  /** Algorithms for which this device has a fallback key that was not used. */
  device_unused_fallback_key_types?: string[];
}
