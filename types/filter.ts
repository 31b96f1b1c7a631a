/**
 * Filters: what of the stream of events a client wants to have.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { RoomID, UserID } from "./identifiers.ts";

/**
 * How events are given: as clients see them, or as servers exchange them.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export type EventFormat = "client" | "federation";

/**
 * Which events to give. In lists of event types, `*` stands for any characters.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface EventFilter extends OpenObject {
  /** At most so many events. */
  limit?: number;
  /** Not those of these users, even if they are in `senders`. */
  not_senders?: UserID[];
  /** Not those of these types, even if they are in `types`. */
  not_types?: string[];
  /** Only those of these users. */
  senders?: UserID[];
  /** Only those of these types. */
  types?: string[];
}

/**
 * Which events of rooms to give.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface RoomEventFilter extends EventFilter {
  /** Whether to count notifications by thread. */
  unread_thread_notifications?: boolean;
  /** Whether to leave out member events of users who sent nothing that is given. */
  lazy_load_members?: boolean;
  /** With lazy loading, whether to give member events that the client already has. */
  include_redundant_members?: boolean;
  /** Not those of these rooms, even if they are in `rooms`. */
  not_rooms?: RoomID[];
  /** Only those of these rooms. */
  rooms?: RoomID[];
  /** `true`: only events with a `url` in their content; `false`: only those without. */
  contains_url?: boolean;
}

/**
 * Which state events to give.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export type StateFilter = RoomEventFilter;

/**
 * Which rooms to give, and what of them.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface RoomFilter extends OpenObject {
  /** Not these rooms, even if they are in `rooms`. */
  not_rooms?: RoomID[];
  /** Only these rooms. */
  rooms?: RoomID[];
  /** Which typing notices, receipts and the like. */
  ephemeral?: RoomEventFilter;
  /** Whether to give rooms that the user has left. */
  include_leave?: boolean;
  /** Which state. */
  state?: StateFilter;
  /** Which messages and state changes. */
  timeline?: RoomEventFilter;
  /** Which of the user's own data about rooms. */
  account_data?: RoomEventFilter;
}

/**
 * What `sync` gives.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export interface Filter extends OpenObject {
  /** Fields of events to give, as dot-separated paths such as `content.body`; without it, all. */
  event_fields?: string[];
  /** How events are given. */
  event_format?: EventFormat;
  /** Which presence updates. */
  presence?: EventFilter;
  /** Which of the user's own global data. */
  account_data?: EventFilter;
  /** Which rooms, and what of them. */
  room?: RoomFilter;
}
