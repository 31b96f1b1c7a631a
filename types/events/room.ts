/**
 * State that describes a room.
 *
 * @module
 */

import type { ContentURI, EventID, RoomAlias, RoomID, UserID } from "../identifiers.ts";
import type { EncryptionAlgorithm } from "./encrypted.ts";
import type { OpenObject } from "../json.ts";
import type { ImageInfo } from "./media_info.ts";

/**
 * What a room is for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types
 */
export type RoomType = "m.space" | (string & Record<never, never>);

/**
 * Content of `m.room.create`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcreate
 */
export interface RoomCreateStateEventContent extends OpenObject {
  /** The room's version; absent means `1`. */
  room_version?: string;
  /** Whether users of other servers may join; absent means yes. */
  "m.federate"?: boolean;
  /** The room that this one replaces. */
  predecessor?: RoomPredecessor;
  /** What the room is for; absent for ordinary rooms. */
  type?: RoomType;
  /** Who made the room, in rooms of version 10 and older; later it is the sender. */
  creator?: UserID;
  /** Users with the power of the creator, in rooms of version 12 and newer. */
  additional_creators?: UserID[];
}

/**
 * The room that a room replaces.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcreate
 */
export interface RoomPredecessor extends OpenObject {
  /** The old room. */
  room_id: RoomID;
  /** The last known event of the old room. */
  event_id?: EventID;
}

/**
 * Content of `m.room.name`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomname
 */
export interface RoomNameStateEventContent extends OpenObject {
  /** The name; empty for none. */
  name: string;
}

/**
 * Content of `m.room.topic`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
 */
export interface RoomTopicStateEventContent extends OpenObject {
  /** The topic as plain text. */
  topic: string;
  /** The topic in one or more forms. */
  "m.topic"?: TopicContentBlock;
}

/**
 * A topic in one or more forms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
 */
export interface TopicContentBlock extends OpenObject {
  /** The forms, the preferred one first. */
  "m.text"?: TextContent[];
}

/**
 * A text in one form.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
 */
export interface TextContent extends OpenObject {
  /** The text. */
  body: string;
  /** Its media type; absent means `text/plain`. */
  mimetype?: string;
}

/**
 * Content of `m.room.avatar`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomavatar
 */
export interface RoomAvatarStateEventContent extends OpenObject {
  /** The picture; absent for none. */
  url?: ContentURI;
  /** Facts about the picture. */
  info?: ImageInfo;
}

/**
 * Content of `m.room.canonical_alias`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcanonical_alias
 */
export interface CanonicalAliasStateEventContent extends OpenObject {
  /** The room's main alias; absent, empty or `null` for none. */
  alias?: RoomAlias | "" | null;
  /** Further aliases that the room tells of. */
  alt_aliases?: RoomAlias[];
}

/**
 * Content of `m.room.pinned_events`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompinned_events
 */
export interface RoomPinnedEventsStateEventContent extends OpenObject {
  /** Pinned events in order. */
  pinned: EventID[];
}

/**
 * Content of `m.room.tombstone`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtombstone
 */
export interface RoomTombstoneStateEventContent extends OpenObject {
  /** What to tell people. */
  body: string;
  /** The room that takes this one's place. */
  replacement_room: RoomID;
}

/**
 * Content of `m.room.encryption`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencryption
 */
export interface RoomEncryptionStateEventContent extends OpenObject {
  /** How messages are encrypted. */
  algorithm: EncryptionAlgorithm;
  /** How long a session is used, in milliseconds; absent means a week. */
  rotation_period_ms?: number;
  /** How many messages a session is used for; absent means 100. */
  rotation_period_msgs?: number;
}

/**
 * Who can see what was said before they joined.
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
 * Content of `m.room.history_visibility`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomhistory_visibility
 */
export interface RoomHistoryVisibilityStateEventContent extends OpenObject {
  /** Who can see what was said before they joined. */
  history_visibility: HistoryVisibility;
}

/**
 * Whether guests may join.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomguest_access
 */
export type GuestAccess = "can_join" | "forbidden" | (string & Record<never, never>);

/**
 * Content of `m.room.guest_access`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomguest_access
 */
export interface RoomGuestAccessStateEventContent extends OpenObject {
  /** Whether guests may join. */
  guest_access: GuestAccess;
}

/**
 * How one gets into a room.
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
 * The kind of a condition for joining.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export type JoinRestrictionType = "m.room_membership" | (string & Record<never, never>);

/**
 * A condition under which one may join a restricted room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export interface JoinRestriction extends OpenObject {
  /** The kind of condition. */
  type: JoinRestrictionType;
  /** The room that one must be in. */
  room_id?: RoomID;
}

/**
 * Content of `m.room.join_rules`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
 */
export interface JoinRulesStateEventContent extends OpenObject {
  /** How one gets into the room. */
  join_rule: JoinRule;
  /** Conditions, one of which is enough, for restricted rooms. */
  allow?: JoinRestriction[];
}
