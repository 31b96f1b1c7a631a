/**
 * What clients keep on the homeserver, for the account or for a room in it.
 *
 * @module
 */

import type { EventID, RoomID, UserID } from "../identifiers.ts";
import type { PushRuleset } from "../push.ts";
import type { OpenObject } from "../json.ts";

/**
 * What a tag says of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtag
 */
export interface RoomTagInfo extends OpenObject {
  /** Where to sort the room among those with the tag, from 0 to 1; some clients write a string. */
  order?: number | string;
}

/** Tags by name. */
export interface RoomTags {
  /** What the tag says of the room. */
  [tag: string]: RoomTagInfo;
}

/**
 * Content of `m.tag`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtag
 */
export interface RoomTagAccountDataEventContent extends OpenObject {
  /** The room's tags by name. */
  tags?: RoomTags;
}

/**
 * Content of `m.direct`: direct chats by the user they are with.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mdirect
 */
export interface DirectAccountDataEventContent extends OpenObject {
  /** Direct chats with a user. */
  [userId: UserID]: RoomID[];
}

/**
 * Content of `m.fully_read`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mfully_read
 */
export interface FullyReadAccountDataEventContent extends OpenObject {
  /** The event up to which all was read. */
  event_id: EventID;
}

/**
 * Content of `m.marked_unread`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mmarked_unread
 */
export interface MarkedUnreadAccountDataEventContent extends OpenObject {
  /** Whether the room counts as unread. */
  unread: boolean;
}

/**
 * Content of `m.push_rules`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mpush_rules
 */
export interface PushRulesAccountDataEventContent extends OpenObject {
  /** The rules. */
  global?: PushRuleset;
}

/** Users by ID, each with nothing to say about. */
export interface IgnoredUsers {
  /** An empty object for now. */
  [userId: UserID]: OpenObject;
}

/**
 * Content of `m.ignored_user_list`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mignored_user_list
 */
export interface IgnoredUserListAccountDataEventContent extends OpenObject {
  /** Users that are ignored. */
  ignored_users: IgnoredUsers;
}

/**
 * Content of `m.invite_permission_config`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#minvite_permission_config
 */
export interface InvitePermissionConfigAccountDataEventContent extends OpenObject {
  /** `block` to refuse all invites; anything else lets them through. */
  default_action?: "block" | (string & Record<never, never>);
}

/**
 * Content of `m.identity_server`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#midentity_server
 */
export interface IdentityServerAccountDataEventContent extends OpenObject {
  /** Address of the identity server; `null` for none, absent where the user has not said. */
  base_url?: string | null;
}

/**
 * Content of `m.accepted_terms`.
 *
 * @see https://spec.matrix.org/v1.19/identity-service-api/#maccepted_terms
 */
export interface AcceptedTermsAccountDataEventContent extends OpenObject {
  /** Addresses of the documents that the user has agreed to. */
  accepted?: string[];
}

/**
 * Content of `m.key_backup`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkey_backup
 */
export interface KeyBackupAccountDataEventContent extends OpenObject {
  /** Whether the user wants keys to be backed up. */
  enabled: boolean;
}

/**
 * An emoji, and how often it was used.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mrecent_emoji
 */
export interface RecentEmoji extends OpenObject {
  /** The emoji. */
  emoji: string;
  /** How often it was used. */
  total: number;
}

/**
 * Content of `m.recent_emoji`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mrecent_emoji
 */
export interface RecentEmojiAccountDataEventContent extends OpenObject {
  /** Emoji, the one used last first. */
  recent_emoji: RecentEmoji[];
}
