/**
 * State events that describe a room.
 *
 * @module
 */

import type { ContentURI, EventID, RoomAlias, RoomID, UserID } from "../identifiers.ts";
import type { EncryptionAlgorithm } from "./encrypted.ts";
import type { OpenObject } from "../json.ts";
import type { ImageInfo } from "./media_info.ts";

/**
 * Type of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types
 */
export type RoomType = "m.space" | (string & Record<never, never>);

/**
 * Content of an `m.room.create` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcreate
 */
export interface RoomCreateStateEventContent extends OpenObject {
  /** Room version. Absent means `1`. */
  room_version?: string;
  /** Whether users on other servers may join the room. Absent means `true`. */
  "m.federate"?: boolean;
  /** Room that this room replaces. */
  predecessor?: RoomPredecessor;
  /** Type of the room. Absent for ordinary rooms. */
  type?: RoomType;
  /** Creator of the room, in room versions 1 to 10. The sender of the event in later versions. */
  creator?: UserID;
  /** Further users with the power level of a creator, in room version 12 and later. */
  additional_creators?: UserID[];
}

/**
 * Reference to the room that an upgraded room replaces.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcreate
 */
export interface RoomPredecessor extends OpenObject {
  /** The replaced room. */
  room_id: RoomID;
  /** Last known event of the replaced room. */
  event_id?: EventID;
}

/**
 * Content of an `m.room.name` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomname
 */
export interface RoomNameStateEventContent extends OpenObject {
  /** Name. Empty if the room has no name. */
  name: string;
}

/**
 * Content of an `m.room.topic` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
 */
export interface RoomTopicStateEventContent extends OpenObject {
  /** Topic as plain text. */
  topic: string;
  /** Topic in one or more formats. */
  "m.topic"?: TopicContentBlock;
}

/**
 * A topic in one or more formats.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
 */
export interface TopicContentBlock extends OpenObject {
  /** Representations of the topic, preferred one first. */
  "m.text"?: TextContent[];
}

/**
 * A text in one format.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
 */
export interface TextContent extends OpenObject {
  /** The text. */
  body: string;
  /** Media type of the text. Absent means `text/plain`. */
  mimetype?: string;
}

/**
 * Content of an `m.room.avatar` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomavatar
 */
export interface RoomAvatarStateEventContent extends OpenObject {
  /** URI of the avatar. Absent if the room has no avatar. */
  url?: ContentURI;
  /** Information about the image. */
  info?: ImageInfo;
}

/**
 * Content of an `m.room.canonical_alias` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcanonical_alias
 */
export interface CanonicalAliasStateEventContent extends OpenObject {
  /** Main alias of the room. Absent, empty or `null` if the room has none. */
  alias?: RoomAlias | "" | null;
  /** Alternative aliases of the room. */
  alt_aliases?: RoomAlias[];
}

/**
 * Content of an `m.room.pinned_events` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompinned_events
 */
export interface RoomPinnedEventsStateEventContent extends OpenObject {
  /** Pinned events in order. */
  pinned: EventID[];
}

/**
 * Content of an `m.room.tombstone` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtombstone
 */
export interface RoomTombstoneStateEventContent extends OpenObject {
  /** Message from the server. */
  body: string;
  /** Room that replaces this one. */
  replacement_room: RoomID;
}

/**
 * Content of an `m.room.encryption` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencryption
 */
export interface RoomEncryptionStateEventContent extends OpenObject {
  /** Encryption algorithm of the room. */
  algorithm: EncryptionAlgorithm;
  /** Maximum age of a session, in milliseconds. Absent means a week. */
  rotation_period_ms?: number;
  /** Maximum number of messages in a session. Absent means 100. */
  rotation_period_msgs?: number;
}

/**
 * Visibility of events from before a user joined.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomhistory_visibility
 */
export type HistoryVisibility =
  | "invited"
  | "joined"
  | "shared"
  | "world_readable"
  | (string & Record<never, never>);

/**
 * Content of an `m.room.history_visibility` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomhistory_visibility
 */
export interface RoomHistoryVisibilityStateEventContent extends OpenObject {
  /** Visibility of events from before a user joined. */
  history_visibility: HistoryVisibility;
}

/**
 * Guest access of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomguest_access
 */
export type GuestAccess = "can_join" | "forbidden" | (string & Record<never, never>);

/**
 * Content of an `m.room.guest_access` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomguest_access
 */
export interface RoomGuestAccessStateEventContent extends OpenObject {
  /** Whether guests may join the room. */
  guest_access: GuestAccess;
}

/**
 * Rule for joining a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export type JoinRule =
  | "public"
  | "knock"
  | "restricted"
  | "invite"
  | "knock_restricted"
  | "private"
  | (string & Record<never, never>);

/**
 * Type of a join condition.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export type JoinRestrictionType = "m.room_membership" | (string & Record<never, never>);

/**
 * A condition for joining a restricted room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export interface JoinRestriction extends OpenObject {
  /** Type of the condition. */
  type: JoinRestrictionType;
  /** Room that the user must be a member of. */
  room_id?: RoomID;
}

/**
 * Content of an `m.room.join_rules` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export interface JoinRulesStateEventContent extends OpenObject {
  /** Rule for joining the room. */
  join_rule: JoinRule;
  /** Conditions for joining a restricted room. A user must meet one of them. */
  allow?: JoinRestriction[];
}
