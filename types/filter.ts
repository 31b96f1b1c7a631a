/**
 * Filters for events.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { RoomID, UserID } from "./identifiers.ts";

/**
 * Format of events: that of the client-server API or that of the server-server API.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export type EventFormat = "client" | "federation";

/**
 * Conditions on events. `*` in an event type matches any characters.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface EventFilter extends OpenObject {
  /** Maximum number of events. */
  limit?: number;
  /** Excluded senders. Takes precedence over `senders`. */
  not_senders?: UserID[];
  /** Excluded event types. Takes precedence over `types`. */
  not_types?: string[];
  /** Included senders. Absent means all. */
  senders?: UserID[];
  /** Included event types. Absent means all. */
  types?: string[];
}

/**
 * Conditions on room events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface RoomEventFilter extends EventFilter {
  /** Whether to count unread notifications by thread. */
  unread_thread_notifications?: boolean;
  /** Whether to include member events only of users who sent an included event. */
  lazy_load_members?: boolean;
  /**
   * Whether to repeat member events that the homeserver has already sent, if `lazy_load_members` is `true`.
   */
  include_redundant_members?: boolean;
  /** Excluded rooms. Takes precedence over `rooms`. */
  not_rooms?: RoomID[];
  /** Included rooms. Absent means all. */
  rooms?: RoomID[];
  /** `true` to include only events with a `url` in their content, `false` to exclude them. */
  contains_url?: boolean;
}

/**
 * Conditions on state events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export type StateFilter = RoomEventFilter;

/**
 * Conditions on rooms and on their events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface RoomFilter extends OpenObject {
  /** Excluded rooms. Takes precedence over `rooms`. */
  not_rooms?: RoomID[];
  /** Included rooms. Absent means all. */
  rooms?: RoomID[];
  /** Conditions on ephemeral events: typing and receipts. */
  ephemeral?: RoomEventFilter;
  /** Whether to include rooms that the user has left. */
  include_leave?: boolean;
  /** Conditions on state events. */
  state?: StateFilter;
  /** Conditions on timeline events. */
  timeline?: RoomEventFilter;
  /** Conditions on account data of rooms. */
  account_data?: RoomEventFilter;
}

/**
 * A filter for `sync`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export interface Filter extends OpenObject {
  /** Included fields of events, as dot-separated paths such as `content.body`. Absent means all. */
  event_fields?: string[];
  /** Format of events. */
  event_format?: EventFormat;
  /** Conditions on presence. */
  presence?: EventFilter;
  /** Conditions on global account data. */
  account_data?: EventFilter;
  /** Conditions on rooms and on their events. */
  room?: RoomFilter;
}
