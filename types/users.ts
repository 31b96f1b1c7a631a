/**
 * Users: as members, with their profiles, in search results.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { Membership } from "./events/member.ts";
import type { ContentURI, UserID } from "./identifiers.ts";

/**
 * A user's profile, or what a room has of it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface Member extends OpenObject {
  /** Whether the user is in the room, if it is about one. */
  membership?: Membership;
  /** The user's picture. */
  avatar_url?: ContentURI | null;
  /** The user's name. */
  displayname?: string | null;
}

/**
 * A user's profile.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuserid
 */
export interface Profile extends OpenObject {
  /** The user's picture. */
  avatar_url?: ContentURI | null;
  /** The user's name. */
  displayname?: string | null;
  /** The user's time zone, as the IANA names it. */
  "m.tz"?: string;
}

/**
 * A member, with the name and picture of the room's own member event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 */
export interface JoinedMember extends OpenObject {
  /** The user's name. */
  display_name?: string | null;
  /** The user's picture. */
  avatar_url?: ContentURI | null;
}

/**
 * Members who have joined, by user ID.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 */
export type JoinedMembers = Record<UserID, JoinedMember>;

/**
 * A user whom a search has found.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export interface User extends OpenObject {
  /** The user. */
  user_id: UserID;
  /** The user's name. */
  display_name?: string | null;
  /** The user's picture. */
  avatar_url?: ContentURI | null;
}

/**
 * What a search for users has found.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export interface UserSearchResults extends OpenObject {
  /** The users, best matches first. */
  results: User[];
  /** Whether there are more than were asked for. */
  limited: boolean;
}

/**
 * An invitation by e-mail or phone number, as an identity server has signed it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias
 */
export interface ThirdPartySigned extends OpenObject {
  /** Who invited. */
  sender: UserID;
  /** Who was invited. */
  mxid: UserID;
  /** The token of the invitation. */
  token: string;
  /** Signatures by server name and key ID. */
  signatures: Record<string, Record<string, string>>;
}
