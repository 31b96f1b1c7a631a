/**
 * Content of account data, global and of a room.
 *
 * @module
 */

import type { EventID, RoomID, UserID } from "../identifiers.ts";
import type { PushRuleset } from "../push.ts";
import type { OpenObject } from "../json.ts";

/**
 * A room's entry under a tag.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtag
 */
export interface RoomTagInfo extends OpenObject {
  /** Position of the room among the rooms with the tag, from 0 to 1. Some clients write a string. */
  order?: number | string;
}

/** Tags by name. */
export interface RoomTags {
  /** Entry of the room under the tag. */
  [tag: string]: RoomTagInfo;
}

/**
 * Content of an `m.tag` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtag
 */
export interface RoomTagAccountDataEventContent extends OpenObject {
  /** Tags of the room by name. */
  tags?: RoomTags;
}

/**
 * Content of an `m.direct` event: direct chats by user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mdirect
 */
export interface DirectAccountDataEventContent extends OpenObject {
  /** Direct chats with the user. */
  [userId: UserID]: RoomID[];
}

/**
 * Content of an `m.fully_read` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mfully_read
 */
export interface FullyReadAccountDataEventContent extends OpenObject {
  /** Last event that the user has read. */
  event_id: EventID;
}

/**
 * Content of an `m.marked_unread` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mmarked_unread
 */
export interface MarkedUnreadAccountDataEventContent extends OpenObject {
  /** Whether the room is marked as unread. */
  unread: boolean;
}

/**
 * Content of an `m.push_rules` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mpush_rules
 */
export interface PushRulesAccountDataEventContent extends OpenObject {
  /** Push rules. */
  global?: PushRuleset;
}

/** Ignored users. */
export interface IgnoredUsers {
  /** Empty object. Reserved by the specification. */
  [userId: UserID]: OpenObject;
}

/**
 * Content of an `m.ignored_user_list` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mignored_user_list
 */
export interface IgnoredUserListAccountDataEventContent extends OpenObject {
  /** Ignored users. */
  ignored_users: IgnoredUsers;
}

/**
 * Content of an `m.invite_permission_config` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#minvite_permission_config
 */
export interface InvitePermissionConfigAccountDataEventContent extends OpenObject {
  /** `block` to reject all invites. Invites are allowed for any other value. */
  default_action?: "block" | (string & Record<never, never>);
}

/**
 * Content of an `m.identity_server` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#midentity_server
 */
export interface IdentityServerAccountDataEventContent extends OpenObject {
  /** Base URL of the identity server. `null` for no identity server, absent if the user has not chosen. */
  base_url?: string | null;
}

/**
 * Content of an `m.accepted_terms` event.
 *
 * @see https://spec.matrix.org/v1.19/identity-service-api/#maccepted_terms
 */
export interface AcceptedTermsAccountDataEventContent extends OpenObject {
  /** URLs of the documents that the user accepted. */
  accepted?: string[];
}

/**
 * Content of an `m.key_backup` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkey_backup
 */
export interface KeyBackupAccountDataEventContent extends OpenObject {
  /** Whether the user wants to back up keys. */
  enabled: boolean;
}

/**
 * Usage count of an emoji.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mrecent_emoji
 */
export interface RecentEmoji extends OpenObject {
  /** The emoji. */
  emoji: string;
  /** Number of times that the emoji was used. */
  total: number;
}

/**
 * Content of an `m.recent_emoji` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mrecent_emoji
 */
export interface RecentEmojiAccountDataEventContent extends OpenObject {
  /** Emoji, most recently used first. */
  recent_emoji: RecentEmoji[];
}
