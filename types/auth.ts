/**
 * Logging in: flows, identifiers, answers.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { DeviceID, UserID } from "./identifiers.ts";

/**
 * A way to log in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#login
 */
export type LoginType =
  | "m.login.password"
  | "m.login.token"
  | "m.login.sso"
  | "m.login.application_service"
  | "org.matrix.login.jwt"
  | "com.devture.shared_secret_auth"
  | (string & Record<never, never>);

/**
 * Whom a single sign-on can be done with.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export interface IdentityProvider extends OpenObject {
  /** The provider's ID, for the redirect's path. */
  id: string;
  /** Its name for people. */
  name: string;
  /** Its icon, an `mxc://` URI. */
  icon?: string;
  /** What it is known as, such as `github`. */
  brand?: string;
}

/**
 * A way to log in that a homeserver offers.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export interface LoginFlow extends OpenObject {
  /** The way. */
  type: LoginType;
  /** For `m.login.token`: whether logged-in users can get such tokens here. */
  get_login_token?: boolean;
  /** For `m.login.sso`: whom to sign on with. */
  identity_providers?: IdentityProvider[];
  /** For `m.login.sso`: whether this is the way for clients that know OAuth. */
  oauth_aware_preferred?: boolean;
}

/**
 * The ways to log in that a homeserver offers.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export interface LoginFlowList extends OpenObject {
  /** The ways. */
  flows: LoginFlow[];
}

/**
 * The first flow that is of one of these types.
 *
 * @example Choosing a way to log in
 * ```ts
 * import { firstFlowOfType } from "@mtx/client/types";
 * import { assertEquals } from "@std/assert";
 *
 * const list = { flows: [{ type: "m.login.sso" }, { type: "m.login.password" }] };
 * assertEquals(firstFlowOfType(list, "m.login.token", "m.login.password"), { type: "m.login.password" });
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 * @param list What the homeserver offers: its answer, or the flows in it.
 * @param types Types to look for. The homeserver's order decides, not theirs.
 * @returns The flow, or `undefined` if there is none.
 */
export function firstFlowOfType(
  list: LoginFlowList | readonly LoginFlow[],
  ...types: LoginType[]
): LoginFlow | undefined {
  const flows: unknown = Array.isArray(list) ? list : (list as LoginFlowList | undefined)?.flows;
  return Array.isArray(flows) ? flows.find((flow) => types.includes(flow?.type)) : undefined;
}

/**
 * Whether one of the flows is of one of these types.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 * @param list What the homeserver offers: its answer, or the flows in it.
 * @param types Types to look for.
 * @returns Whether there is such a flow.
 */
export function supportsLoginType(
  list: LoginFlowList | readonly LoginFlow[],
  ...types: LoginType[]
): boolean {
  return firstFlowOfType(list, ...types) !== undefined;
}

/**
 * The ways to name a user who logs in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export type UserIdentifierType =
  | "m.id.user"
  | "m.id.thirdparty"
  | "m.id.phone"
  | (string & Record<never, never>);

/**
 * A user, by user ID or its local part.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-user-id
 */
export interface MatrixUserIdentifier extends OpenObject {
  /** The way to name a user. */
  type: "m.id.user";
  /** The user ID, or its local part. */
  user: string;
}

/**
 * A user, by an address of theirs that the homeserver knows.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#third-party-id
 */
export interface ThirdPartyIdentifier extends OpenObject {
  /** The way to name a user. */
  type: "m.id.thirdparty";
  /** What kind of address it is. */
  medium: "email" | "msisdn" | (string & Record<never, never>);
  /** The address. */
  address: string;
}

/**
 * A user, by a phone number of theirs that the homeserver knows.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#phone-number
 */
export interface PhoneIdentifier extends OpenObject {
  /** The way to name a user. */
  type: "m.id.phone";
  /** The country that the number is dialled from, two letters. */
  country: string;
  /** The number. */
  phone: string;
}

/**
 * A user, in a way that is not known here.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export interface CustomUserIdentifier extends OpenObject {
  /** The way to name a user. */
  type: string;
}

/**
 * Who logs in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export type UserIdentifier =
  | MatrixUserIdentifier
  | ThirdPartyIdentifier
  | PhoneIdentifier
  | CustomUserIdentifier;

/**
 * Where a server is.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient
 */
export interface DiscoveryServer extends OpenObject {
  /** The server's base URL. */
  base_url: string;
}

/** Where a manager of integrations is. */
export interface DiscoveryIntegrationServer extends OpenObject {
  /** Its pages for people. */
  ui_url?: string;
  /** Its API. */
  api_url?: string;
}

/** Managers of integrations. */
export interface DiscoveryIntegrations extends OpenObject {
  /** The managers. */
  managers?: DiscoveryIntegrationServer[];
}

/**
 * Where a user's servers are.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient
 */
export interface DiscoveryInformation extends OpenObject {
  /** The homeserver. */
  "m.homeserver": DiscoveryServer;
  /** The identity server. */
  "m.identity_server"?: DiscoveryServer;
  /** Managers of integrations. */
  "m.integrations"?: DiscoveryIntegrations;
}

/**
 * The answer to a login.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login
 */
export interface LoginResponse extends OpenObject {
  /** Who is logged in. */
  user_id: UserID;
  /** The device that the token belongs to. */
  device_id: DeviceID;
  /** The token. */
  access_token: string;
  /** What to get the next token with. */
  refresh_token?: string;
  /** How long the token lives, in milliseconds; without it, until it is revoked. */
  expires_in_ms?: number;
  /** The server of the user ID. Deprecated. */
  home_server?: string;
  /** Where the user's servers are. */
  well_known?: DiscoveryInformation;
}

/**
 * Whose the token is.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami
 */
export interface WhoamiResponse extends OpenObject {
  /** The user. */
  user_id: UserID;
  /** The device, if the token belongs to one. */
  device_id?: DeviceID;
  /** Whether the user is a guest. */
  is_guest?: boolean;
}

/**
 * What is sent as `auth` to finish a stage of user-interactive authentication.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export interface AuthenticationData extends OpenObject {
  /** The stage; may be missing when only its completion is polled. */
  type?:
    | "m.login.password"
    | "m.login.dummy"
    | "m.login.registration_token"
    | (string & Record<never, never>);
  /** The session that the homeserver gave. */
  session?: string;
}
