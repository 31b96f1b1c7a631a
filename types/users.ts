/**
 * Users: members, profiles and search results.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { Membership } from "./events/member.ts";
import type { ContentURI, DeviceID, UserID } from "./identifiers.ts";

/**
 * A member of a room, or a profile.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface Member extends OpenObject {
  /** Membership of the user. Absent in a profile. */
  membership?: Membership;
  /** Avatar of the user. */
  avatar_url?: ContentURI | null;
  /** Display name of the user. */
  displayname?: string | null;
}

/**
 * Profile of a user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuserid
 */
export interface Profile extends OpenObject {
  /** Avatar of the user. */
  avatar_url?: ContentURI | null;
  /** Display name of the user. */
  displayname?: string | null;
  /** IANA time zone of the user. */
  "m.tz"?: string;
}

/**
 * A joined member, with the display name and avatar of the member event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 */
export interface JoinedMember extends OpenObject {
  /** Display name of the user. */
  display_name?: string | null;
  /** Avatar of the user. */
  avatar_url?: ContentURI | null;
}

/**
 * Joined members by user ID.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 */
export type JoinedMembers = Record<UserID, JoinedMember>;

/**
 * A user in search results.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export interface User extends OpenObject {
  /** User ID. */
  user_id: UserID;
  /** Display name of the user. */
  display_name?: string | null;
  /** Avatar of the user. */
  avatar_url?: ContentURI | null;
}

/**
 * Response of `POST /_matrix/client/v3/user_directory/search`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export interface UserSearchResults extends OpenObject {
  /** Users, best matches first. */
  results: User[];
  /** Whether there are more results than the requested limit. */
  limited: boolean;
}

/**
 * A third-party invite, signed by an identity server.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias
 */
export interface ThirdPartySigned extends OpenObject {
  /** User who sent the invite. */
  sender: UserID;
  /** Invited user. */
  mxid: UserID;
  /** Token of the invite. */
  token: string;
  /** Signatures by server name and key ID. */
  signatures: Record<string, Record<string, string>>;
}

/**
 * Sessions of a user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3adminwhoisuserid
 */
export interface WhoisResponse extends OpenObject {
  /** The user. */
  user_id?: UserID;
  /** The user's devices, by device ID. */
  devices?: Record<DeviceID, WhoisDevice>;
}

/** A device in a {@linkcode WhoisResponse}. */
export interface WhoisDevice extends OpenObject {
  /** Sessions of the device. */
  sessions?: WhoisSession[];
}

/** A session in a {@linkcode WhoisResponse}. */
export interface WhoisSession extends OpenObject {
  /** Connections of the session. */
  connections?: WhoisConnection[];
}

/** A connection in a {@linkcode WhoisResponse}. */
export interface WhoisConnection extends OpenObject {
  /** IP address of the connection. */
  ip?: string;
  /** Time of the last activity, in milliseconds since the Unix epoch. */
  last_seen?: number;
  /** User agent that was last seen. */
  user_agent?: string;
}
