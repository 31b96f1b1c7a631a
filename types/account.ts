/**
 * Accounts, their devices and addresses, and what a homeserver lets them do.
 *
 * @module
 */
import type { DeviceID, UserID } from "./identifiers.ts";
import type { JsonObject, OpenObject } from "./json.ts";

/**
 * Response to a registration. Without a token if `inhibitLogin` was given.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3register
 */
export interface RegisterResponse extends OpenObject {
  /** The new user. */
  user_id: UserID;
  /** Access token. */
  access_token?: string;
  /** Device of the access token. */
  device_id?: DeviceID;
  /** Refresh token, if one was asked for. */
  refresh_token?: string;
  /** Lifetime of the access token, in milliseconds. */
  expires_in_ms?: number;
  /** Server name in the user ID. Deprecated. */
  home_server?: string;
}

/**
 * Token that signs the user in on another device, once.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1loginget_token
 */
export interface LoginTokenResponse extends OpenObject {
  /** The token. */
  login_token: string;
  /** Lifetime of the token, in milliseconds. */
  expires_in_ms: number;
}

/**
 * Token that proves to others who the user is. It is not an access token of the homeserver.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridopenidrequest_token
 */
export interface OpenIDToken extends OpenObject {
  /** The token, for the userinfo endpoint of the homeserver. */
  access_token: string;
  /** Type of the token, `Bearer`. */
  token_type: string;
  /** Server name of the homeserver. */
  matrix_server_name: string;
  /** Lifetime of the token, in seconds. */
  expires_in: number;
}

/** Result of unbinding an address at the identity server. */
export type UnbindResult = "success" | "no-support" | (string & Record<never, never>);

/** Kind of a third-party address. */
export type ThirdPartyMedium = "email" | "msisdn" | (string & Record<never, never>);

/**
 * An address of the user that the homeserver knows.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3account3pid
 */
export interface ThirdPartyID extends OpenObject {
  /** Kind of the address. */
  medium: ThirdPartyMedium;
  /** The address. */
  address: string;
  /** When the address was validated, in milliseconds since 1970. */
  validated_at: number;
  /** When the address was added, in milliseconds since 1970. */
  added_at: number;
}

/**
 * A validation of an address that has begun.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3registeremailrequesttoken
 */
export interface ValidationSession extends OpenObject {
  /** ID of the validation. */
  sid: string;
  /** URL that the code from the message is sent to. Absent if the server takes it otherwise. */
  submit_url?: string;
}

/**
 * A device of the user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devices
 */
export interface Device extends OpenObject {
  /** Device ID. */
  device_id: DeviceID;
  /** Name that the user has given the device. Synapse sends `null` if there is none. */
  display_name?: string | null;
  /** Address that the device was last seen at. Synapse sends `null` if it is unknown. */
  last_seen_ip?: string | null;
  /** When the device was last seen, in milliseconds since 1970. Synapse sends `null` if it is unknown. */
  last_seen_ts?: number | null;
}

/**
 * Capabilities of the user on the homeserver. A capability that is missing has its default, which is not the same for all.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#capabilities-negotiation
 */
export interface Capabilities extends OpenObject {
  /** Whether the user can change the password. Missing means yes. */
  "m.change_password"?: BooleanCapability;
  /** Room versions that the homeserver supports. */
  "m.room_versions"?: RoomVersionsCapability;
  /** Whether the user can change the display name. Missing means yes. Replaced by `m.profile_fields`. */
  "m.set_displayname"?: BooleanCapability;
  /** Whether the user can change the avatar. Missing means yes. Replaced by `m.profile_fields`. */
  "m.set_avatar_url"?: BooleanCapability;
  /** Whether the user can change their addresses. Missing means yes. */
  "m.3pid_changes"?: BooleanCapability;
  /** Whether the user can create login tokens. Missing means no. */
  "m.get_login_token"?: BooleanCapability;
  /** Profile fields that the user can change. */
  "m.profile_fields"?: ProfileFieldsCapability;
  /** Moderation of accounts that the user can do as an administrator. */
  "m.account_moderation"?: JsonObject;
}

/** A capability that is there or not. */
export interface BooleanCapability extends OpenObject {
  /** Whether it is there. */
  enabled: boolean;
}

/** Room versions that a homeserver supports. */
export interface RoomVersionsCapability extends OpenObject {
  /** Version of new rooms. */
  default: string;
  /** Stability of each version. */
  available: Record<string, "stable" | "unstable" | (string & Record<never, never>)>;
}

/** Profile fields that the user can change. */
export interface ProfileFieldsCapability extends BooleanCapability {
  /** The only fields that can be changed. */
  allowed?: string[];
  /** Fields that cannot be changed, if `allowed` is missing. */
  disallowed?: string[];
}

/**
 * Whom to ask for help with a homeserver.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixsupport
 */
export interface SupportInformation extends OpenObject {
  /** Contacts. */
  contacts?: SupportContact[];
  /** URL of a page with help. */
  support_page?: string;
}

/** A contact for help with a homeserver. */
export interface SupportContact extends OpenObject {
  /** User ID of the contact. */
  matrix_id?: UserID;
  /** E-mail address of the contact. */
  email_address?: string;
  /** Responsibility of the contact. */
  role:
    | "m.role.admin"
    | "m.role.moderator"
    | "m.role.dpo"
    | "m.role.security"
    | (string & Record<never, never>);
}
