/**
 * Who is in a room.
 *
 * @module
 */

import type { ContentURI, UserID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/**
 * How a user stands to a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export type Membership = "join" | "leave" | "invite" | "ban" | "knock" | (string & Record<never, never>);

/**
 * Content of `m.room.member`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface MemberStateEventContent extends OpenObject {
  /** How the user of the state key stands to the room. */
  membership: Membership;
  /** The user's picture. */
  avatar_url?: ContentURI;
  /** The user's name for people. */
  displayname?: string | null;
  /** Whether the room was made as a direct chat. */
  is_direct?: boolean;
  /** Why. */
  reason?: string;
  /** A user of the room's server who may let others into a restricted room, on a join to one. */
  join_authorised_via_users_server?: UserID;
  /** The invitation to an address that this invite came from. */
  third_party_invite?: ThirdPartyInvite;
}

/**
 * An invitation to an address, as it stands in a member's content.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface ThirdPartyInvite extends OpenObject {
  /** A name for people in place of the address. */
  display_name: string;
  /** What the identity server signed. */
  signed: SignedThirdPartyInvite;
}

/**
 * What an identity server says about an address and a user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface SignedThirdPartyInvite extends OpenObject {
  /** Who was invited. */
  mxid: UserID;
  /** Signatures by server, then by key ID. */
  signatures: ServerSignatures;
  /** The state key of the `m.room.third_party_invite` event. */
  token: string;
}

/** Signatures by the name of the server that signed, then by key ID. */
export interface ServerSignatures {
  /** A server's signatures by key ID. */
  [server: string]: KeySignatures;
}

/** Signatures by key ID. */
export interface KeySignatures {
  /** The signature, unpadded base64. */
  [keyId: string]: string;
}

/**
 * Content of `m.room.third_party_invite`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomthird_party_invite
 */
export interface ThirdPartyInviteStateEventContent extends OpenObject {
  /** A name for people in place of the address. */
  display_name: string;
  /** Where to ask whether the key still holds. */
  key_validity_url: string;
  /** A key that may sign for the invited, base64. */
  public_key: string;
  /** Keys that may sign for the invited. */
  public_keys?: ThirdPartyInviteKey[];
}

/** A key that may sign for somebody who was invited by address. */
export interface ThirdPartyInviteKey extends OpenObject {
  /** Where to ask whether the key still holds. */
  key_validity_url?: string;
  /** The key, base64. */
  public_key: string;
}
