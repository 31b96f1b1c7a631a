/**
 * Login flows, user identifiers and login responses.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { DeviceID, UserID } from "./identifiers.ts";

/**
 * Login type.
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
 * An identity provider for single sign-on.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export interface IdentityProvider extends OpenObject {
  /** ID of the provider, used in the path of the redirect. */
  id: string;
  /** Name of the provider. */
  name: string;
  /** Icon of the provider, an `mxc://` URI. */
  icon?: string;
  /** Brand of the provider, such as `github`. */
  brand?: string;
}

/**
 * A login flow that a homeserver supports.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export interface LoginFlow extends OpenObject {
  /** Login type. */
  type: LoginType;
  /** For `m.login.token`: whether logged-in users can create login tokens. */
  get_login_token?: boolean;
  /** For `m.login.sso`: the identity providers. */
  identity_providers?: IdentityProvider[];
  /** For `m.login.sso`: whether clients that support OAuth should use this flow. */
  oauth_aware_preferred?: boolean;
}

/**
 * Login flows that a homeserver supports.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export interface LoginFlowList extends OpenObject {
  /** Login flows. */
  flows: LoginFlow[];
}

/**
 * Returns the first login flow with one of the given types.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 *
 * @example Choose a login flow
 * ```ts
 * import { firstFlowOfType } from "@mtx/client/types";
 * import { assertEquals } from "@std/assert";
 *
 * const list = { flows: [{ type: "m.login.sso" }, { type: "m.login.password" }] };
 * assertEquals(firstFlowOfType(list, "m.login.token", "m.login.password"), { type: "m.login.password" });
 * ```
 *
 * @param list Response of the homeserver, or the flows in it.
 * @param types Login types to look for. The order of the homeserver's flows counts, not theirs.
 * @returns The login flow. `undefined` if there is none.
 */
export function firstFlowOfType(
  list: LoginFlowList | readonly LoginFlow[],
  ...types: LoginType[]
): LoginFlow | undefined {
  const flows: unknown = Array.isArray(list) ? list : (list as LoginFlowList | undefined)?.flows;
  return Array.isArray(flows) ? flows.find((flow) => types.includes(flow?.type)) : undefined;
}

/**
 * Returns whether a login flow has one of the given types.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 * @param list Response of the homeserver, or the flows in it.
 * @param types Login types to look for.
 * @returns Whether there is such a login flow.
 */
export function supportsLoginType(
  list: LoginFlowList | readonly LoginFlow[],
  ...types: LoginType[]
): boolean {
  return firstFlowOfType(list, ...types) !== undefined;
}

/**
 * Type of a user identifier.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export type UserIdentifierType =
  | "m.id.user"
  | "m.id.thirdparty"
  | "m.id.phone"
  | (string & Record<never, never>);

/**
 * A user, identified by user ID or local part.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-user-id
 */
export interface MatrixUserIdentifier extends OpenObject {
  /** Identifier type. */
  type: "m.id.user";
  /** User ID or local part. */
  user: string;
}

/**
 * A user, identified by a third-party ID that the homeserver has bound to the account.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#third-party-id
 */
export interface ThirdPartyIdentifier extends OpenObject {
  /** Identifier type. */
  type: "m.id.thirdparty";
  /** Medium of the third-party ID. */
  medium: "email" | "msisdn" | (string & Record<never, never>);
  /** Address of the third-party ID. */
  address: string;
}

/**
 * A user, identified by a phone number that the homeserver has bound to the account.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#phone-number
 */
export interface PhoneIdentifier extends OpenObject {
  /** Identifier type. */
  type: "m.id.phone";
  /** Two-letter country code from which the number is dialled. */
  country: string;
  /** Phone number. */
  phone: string;
}

/**
 * A user, identified in another way.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export interface CustomUserIdentifier extends OpenObject {
  /** Identifier type. */
  type: string;
}

/**
 * The user who logs in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#identifier-types
 */
export type UserIdentifier =
  | MatrixUserIdentifier
  | ThirdPartyIdentifier
  | PhoneIdentifier
  | CustomUserIdentifier;

/**
 * Discovery information of a server.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient
 */
export interface DiscoveryServer extends OpenObject {
  /** Base URL of the server. */
  base_url: string;
}

/** Discovery information of an integration manager. */
export interface DiscoveryIntegrationServer extends OpenObject {
  /** URL of the user interface. */
  ui_url?: string;
  /** URL of the API. */
  api_url?: string;
}

/** Discovery information of integration managers. */
export interface DiscoveryIntegrations extends OpenObject {
  /** Integration managers. */
  managers?: DiscoveryIntegrationServer[];
}

/**
 * Discovery information of a homeserver.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient
 */
export interface DiscoveryInformation extends OpenObject {
  /** The homeserver. */
  "m.homeserver": DiscoveryServer;
  /** The identity server. */
  "m.identity_server"?: DiscoveryServer;
  /** The integration managers. */
  "m.integrations"?: DiscoveryIntegrations;
}

/**
 * Response of `POST /_matrix/client/v3/login`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login
 */
export interface LoginResponse extends OpenObject {
  /** User who is logged in. */
  user_id: UserID;
  /** Device that the access token belongs to. */
  device_id: DeviceID;
  /** Access token. */
  access_token: string;
  /** Refresh token, with which to get the next access token. */
  refresh_token?: string;
  /** Lifetime of the access token, in milliseconds. Absent if the token does not expire. */
  expires_in_ms?: number;
  /** Server name of the user. Deprecated. */
  home_server?: string;
  /** Discovery information of the homeserver. */
  well_known?: DiscoveryInformation;
}

/**
 * Response of `GET /_matrix/client/v3/account/whoami`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami
 */
export interface WhoamiResponse extends OpenObject {
  /** Owner of the access token. */
  user_id: UserID;
  /** Device of the access token, if it belongs to one. */
  device_id?: DeviceID;
  /** Whether the user is a guest. */
  is_guest?: boolean;
}

/**
 * The `auth` object, which completes a stage of user-interactive authentication.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export interface AuthenticationData extends OpenObject {
  /** Authentication type of the stage. Absent in requests that only check whether the stage is complete. */
  type?:
    | "m.login.password"
    | "m.login.dummy"
    | "m.login.registration_token"
    | (string & Record<never, never>);
  /** Session ID from the homeserver. */
  session?: string;
}

/**
 * Response of `POST /_matrix/client/v3/refresh`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3refresh
 */
export interface RefreshResponse extends OpenObject {
  /** New access token. */
  access_token: string;
  /** New refresh token. If absent, the previous one stays valid. */
  refresh_token?: string;
  /** Lifetime of the access token, in milliseconds. Absent if the token does not expire. */
  expires_in_ms?: number;
}

/**
 * Metadata of an OAuth 2.0 authorization server.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1auth_metadata
 */
export interface OAuthMetadata extends OpenObject {
  /** URL that identifies the server. */
  issuer: string;
  /** URL of the page on which users log in. */
  authorization_endpoint?: string;
  /** URL of the token endpoint. */
  token_endpoint: string;
  /** URL of the revocation endpoint. */
  revocation_endpoint?: string;
  /** URL of the client registration endpoint. */
  registration_endpoint?: string;
  /** URL of the device authorization endpoint. Absent if the server does not support the grant. */
  device_authorization_endpoint?: string;
  /** Response types of the authorization endpoint. */
  response_types_supported?: string[];
  /** Grant types of the token endpoint. */
  grant_types_supported?: string[];
  /** Response modes of the authorization endpoint. */
  response_modes_supported?: string[];
  /** Code challenge methods of PKCE. */
  code_challenge_methods_supported?: string[];
  /** Supported values of `prompt`, such as `create`. */
  prompt_values_supported?: string[];
  /** Whether callbacks contain the issuer in `iss`. */
  authorization_response_iss_parameter_supported?: boolean;
  /** URL of the page on which users manage their account. */
  account_management_uri?: string;
  /** Actions that the account page supports. */
  account_management_actions_supported?: string[];
}

/**
 * Metadata of a client that is registered with an authorization server.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#client-metadata
 */
export interface OAuthClientMetadata extends OpenObject {
  /** URL of a public page about the client. Servers reject `localhost`. */
  client_uri: string;
  /** Name of the client. */
  client_name?: string;
  /** Whether the client runs in a browser (`web`) or on the user's device (`native`). */
  application_type?: "web" | "native" | (string & Record<never, never>);
  /** Authentication method of the client: `none` for a client without a secret. */
  token_endpoint_auth_method?: "none" | (string & Record<never, never>);
  /** Grant types that the client uses. */
  grant_types?: (
    | "authorization_code"
    | "refresh_token"
    | "urn:ietf:params:oauth:grant-type:device_code"
    | (string & Record<never, never>)
  )[];
  /** Response types that the client uses: `code`. */
  response_types?: ("code" | (string & Record<never, never>))[];
  /** URIs that users can be redirected to. A loopback URI has no port here. */
  redirect_uris?: string[];
  /** URL of the logo. */
  logo_uri?: string;
  /** URL of the terms of service. */
  tos_uri?: string;
  /** URL of the privacy policy. */
  policy_uri?: string;
}

/**
 * Response of the client registration endpoint: the client ID and the registered metadata.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#client-registration
 */
export interface OAuthClientRegistration extends OpenObject {
  /** Client ID. */
  client_id: string;
  /** Grant types that the client may use. */
  grant_types?: string[];
  /** URIs that users can be redirected to. */
  redirect_uris?: string[];
}

/**
 * Response of the device authorization endpoint.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-authorization-grant
 */
export interface DeviceAuthorizationResponse extends OpenObject {
  /** Code with which the client polls. Secret. */
  device_code: string;
  /** Code that the user enters. */
  user_code: string;
  /** URL of the page on which the user enters the code. */
  verification_uri: string;
  /** URL of the page, with the code filled in. */
  verification_uri_complete?: string;
  /** Lifetime of the codes, in seconds. */
  expires_in: number;
  /** Interval between polls, in seconds. */
  interval?: number;
}
