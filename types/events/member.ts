/**
 * Membership of users in rooms.
 *
 * @module
 */

import type { ContentURI, UserID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/**
 * Membership of a user in a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export type Membership = "join" | "leave" | "invite" | "ban" | "knock" | (string & Record<never, never>);

/**
 * Content of an `m.room.member` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface MemberStateEventContent extends OpenObject {
  /** Membership of the user in the state key. */
  membership: Membership;
  /** Avatar of the user. */
  avatar_url?: ContentURI;
  /** Display name of the user. */
  displayname?: string | null;
  /** Whether the room was created as a direct chat. */
  is_direct?: boolean;
  /** Reason of the membership change. */
  reason?: string;
  /** User on the resident server who authorised the join to a restricted room. */
  join_authorised_via_users_server?: UserID;
  /** Third-party invite that this invite is based on. */
  third_party_invite?: ThirdPartyInvite;
}

/**
 * A third-party invite in the content of an `m.room.member` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface ThirdPartyInvite extends OpenObject {
  /** Display name of the invited user, shown in place of the third-party ID. */
  display_name: string;
  /** Data signed by the identity server. */
  signed: SignedThirdPartyInvite;
}

/**
 * Data that an identity server signs for a third-party invite.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
 */
export interface SignedThirdPartyInvite extends OpenObject {
  /** Invited user. */
  mxid: UserID;
  /** Signatures by server and key ID. */
  signatures: ServerSignatures;
  /** State key of the `m.room.third_party_invite` event. */
  token: string;
}

/** Signatures by server name and key ID. */
export interface ServerSignatures {
  /** Signatures of the server by key ID. */
  [server: string]: KeySignatures;
}

/** Signatures by key ID. */
export interface KeySignatures {
  /** Signature, unpadded base64. */
  [keyId: string]: string;
}

/**
 * Content of an `m.room.third_party_invite` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomthird_party_invite
 */
export interface ThirdPartyInviteStateEventContent extends OpenObject {
  /** Display name of the invited user, shown in place of the third-party ID. */
  display_name: string;
  /** URL at which to check whether the public key is still valid. */
  key_validity_url: string;
  /** Public key that may sign the invite, base64. */
  public_key: string;
  /** Public keys that may sign the invite. */
  public_keys?: ThirdPartyInviteKey[];
}

/** A public key that may sign a third-party invite. */
export interface ThirdPartyInviteKey extends OpenObject {
  /** URL at which to check whether the public key is still valid. */
  key_validity_url?: string;
  /** Public key, base64. */
  public_key: string;
}
