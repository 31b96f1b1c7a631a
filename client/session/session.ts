import {
  MatrixError,
  MatrixInvalidToken,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixUnknownRequestError,
} from "../../http/errors/base.ts";
import { MForbidden, MUnknownToken, MUserDeactivated } from "../../http/errors/codes.ts";
import { isToken } from "../../http/request.ts";
import { required } from "../../http/response.ts";
import type { LoginResponse } from "../../types/auth.ts";
import type { DeviceID, UserID } from "../../types/identifiers.ts";
import { isJsonObject, isString } from "../../types/json.ts";
import type { BaseClientAPI } from "../base.ts";

/** The authorization server of a session, and the endpoints that renew and revoke it. */
export interface OAuthSession {
  /** The authorization server's identifier. */
  issuer: string;
  /** The client ID that the session was signed in with. */
  clientId: string;
  /** URL of the token endpoint. */
  tokenEndpoint: string;
  /** URL of the revocation endpoint; empty if the server has none. */
  revocationEndpoint: string;
}

/** A signed-in device, as it is stored. All of it is secret. */
export interface Session {
  /** The homeserver's base URL. */
  baseUrl: string;
  /** The user. */
  userId: UserID;
  /** The device. */
  deviceId: DeviceID;
  /** The access token. */
  accessToken: string;
  /** The token that renews the session; missing if the access token does not expire. */
  refreshToken?: string | undefined;
  /** When the access token expires, in milliseconds since 1970 by this machine's clock; missing if it is unknown. */
  expiresAt?: number | undefined;
  /** The authorization server; missing for a session of the legacy login. */
  oauth?: OAuthSession | undefined;
}

/**
 * Creates a session from the response to a login.
 *
 * @example Signing in with a password, on a homeserver whose tokens expire
 * ```ts
 * import { ClientAPI, MemorySessionStore, RefreshingTokens, sessionOf } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
 * const response = await client.login({ identifier: "alice", password: "secret", refreshToken: true });
 *
 * const store = new MemorySessionStore();
 * await store.set(sessionOf(client, response));
 * const alice = new ClientAPI({
 *   baseUrl: client.api.baseUrl,
 *   mxid: response.user_id,
 *   deviceId: response.device_id,
 *   auth: new RefreshingTokens(store),
 * });
 * assertEquals((await alice.whoami()).user_id, "@alice:example.org");
 * ```
 *
 * @param client The client that logged in.
 * @param response The response. `expires_in_ms` is counted from now.
 * @returns The session.
 */
export function sessionOf(client: BaseClientAPI, response: LoginResponse): Session {
  const { user_id, device_id, access_token, refresh_token, expires_in_ms } = response;
  const session: Session = {
    baseUrl: client.api.baseUrl,
    userId: user_id,
    deviceId: device_id,
    accessToken: access_token,
  };
  if (isString(refresh_token)) session.refreshToken = refresh_token;
  if (typeof expires_in_ms === "number") session.expiresAt = Date.now() + expires_in_ms;
  return session;
}

/**
 * Checks a session that a store returned.
 *
 * @param value The session, or `null` or `undefined` for none.
 * @returns The session, or `undefined` for none.
 * @throws {TypeError} If it is not a session. The message holds none of its values.
 */
export function checkSession(value: unknown): Session | undefined {
  if (value === undefined || value === null) return undefined;
  const refuse = (name: string, kind: string) => {
    throw new TypeError(`Cannot use the stored session: ${name} must be ${kind}`);
  };
  if (!isJsonObject(value)) return refuse("it", "an object");
  const { accessToken, refreshToken, expiresAt, oauth } = value;
  if (!isToken(accessToken)) refuse("accessToken", "a token");
  if (!isMissing(refreshToken) && !isString(refreshToken)) refuse("refreshToken", "a string");
  if (!isMissing(expiresAt) && !Number.isFinite(expiresAt)) refuse("expiresAt", "a finite number");
  if (!isMissing(oauth)) {
    if (!isJsonObject(oauth)) return refuse("oauth", "an object");
    for (const name of ["clientId", "tokenEndpoint"]) {
      if (!isString(oauth[name])) refuse(`oauth.${name}`, "a string");
    }
  }
  return value as unknown as Session;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** The tokens of a response. */
export interface TokenGrant {
  /** The access token. */
  readonly accessToken: string;
  /** The refresh token; `undefined` if the one that was sent stays valid, or there is none. */
  readonly refreshToken: string | undefined;
  /** When the access token expires, in milliseconds since 1970; `undefined` if it is unknown. */
  readonly expiresAt: number | undefined;
}

/**
 * Reads the response of an OAuth 2.0 token endpoint.
 *
 * @param response The response.
 * @param sentAt When the request was sent, in milliseconds since 1970. The token's life began later than that.
 * @returns The tokens.
 * @throws {MatrixResponseError} If there is no usable bearer token in it.
 */
export function readTokenResponse(response: unknown, sentAt: number): TokenGrant {
  const accessToken = readAccessToken(response);
  const { token_type, refresh_token, expires_in } = response as Record<string, unknown>;
  const bearer = token_type === undefined || token_type === null ||
    (typeof token_type === "string" && token_type.toLowerCase() === "bearer");
  if (!bearer) {
    throw new MatrixResponseError("Invalid `token_type` in response: expected Bearer");
  }
  return grant(accessToken, refresh_token, lifetime(expires_in, 1000), sentAt);
}

/**
 * Reads the response of `POST /_matrix/client/v3/refresh`.
 *
 * @param response The response.
 * @param sentAt When the request was sent, in milliseconds since 1970.
 * @returns The tokens.
 * @throws {MatrixResponseError} If there is no usable access token in it.
 */
export function readRefreshResponse(response: unknown, sentAt: number): TokenGrant {
  const accessToken = readAccessToken(response);
  const { refresh_token, expires_in_ms } = response as Record<string, unknown>;
  return grant(accessToken, refresh_token, lifetime(expires_in_ms, 1), sentAt);
}

/**
 * Returns the access token of a response.
 *
 * @param response The response.
 * @throws {MatrixResponseError} If it is missing, or a header cannot carry it.
 */
export function readAccessToken(response: unknown): string {
  const token = required(response, "access_token");
  if (isToken(token)) return token;
  throw new MatrixResponseError("Invalid `access_token` in response: it cannot be sent");
}

function grant(
  accessToken: string,
  refreshToken: unknown,
  life: number | undefined,
  sentAt: number,
): TokenGrant {
  return {
    accessToken,
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? refreshToken : undefined,
    expiresAt: life === undefined ? undefined : sentAt + life,
  };
}

function lifetime(value: unknown, unit: number): number | undefined {
  const life = typeof value === "number" || typeof value === "string" ? Number(value) * unit : NaN;
  return Number.isFinite(life) && value !== "" ? life : undefined;
}

/** OAuth errors that end a session. */
const FINAL: readonly string[] = ["invalid_grant", "invalid_client", "unauthorized_client"];

/** Statuses of 4xx responses that may pass: time ran out, too early, too many requests. */
const PASSING: readonly number[] = [408, 425, 429];

/** Errors of renewals that have left the session as it is. */
const failures = new WeakSet<object>();

/**
 * Marks an error as one of a renewal that did not change the session. Any call that needs a token rejects with it.
 *
 * @param error The error.
 */
export function markRenewalFailure(error: unknown): void {
  // These say that the session in the store, or an argument, is invalid. That does not pass.
  const isWrong = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  if (typeof error === "object" && error !== null && !isWrong) failures.add(error);
}

/**
 * Returns whether an error comes from a renewal that did not change the session. A 4xx response of an authorization
 * server then does not mean that the homeserver has refused the request.
 *
 * @param error The error.
 */
export function isRenewalFailure(error: unknown): boolean {
  return typeof error === "object" && error !== null && failures.has(error);
}

/**
 * Returns whether the error of a renewal ends the session. Only the authorization server, or the homeserver for the
 * legacy login, does so in its own words. A status alone may come from a proxy.
 *
 * @param error The error.
 * @param oauth Whether the session was signed in with OAuth 2.0.
 */
export function endsSession(error: unknown, oauth: boolean): boolean {
  if (!oauth) {
    return (error instanceof MUnknownToken && error.status === 401) ||
      (error instanceof MForbidden && error.status === 403);
  }
  return error instanceof MatrixOAuthError && [400, 401].includes(error.status) &&
    FINAL.includes(error.error);
}

/**
 * Returns whether the error of a renewal may pass by itself. Other errors are shown to the operator.
 *
 * @param error The error.
 * @param oauth Whether the session was signed in with OAuth 2.0.
 */
export function isPassing(error: unknown, oauth: boolean): boolean {
  if (!(error instanceof MatrixRequestError)) return error instanceof MatrixError;
  const { status, body } = error;
  if (status < 400 || status >= 500 || PASSING.includes(status) || body === undefined) return true;
  return oauth && error instanceof MUnknownToken;
}

/**
 * Returns the error to throw for a renewal that did not end the session. A proxy's `M_UNKNOWN_TOKEN` says nothing about
 * the session, but as an {@linkcode MUnknownToken} it would end a sync.
 *
 * @param error The error.
 * @returns A copy without the error code if that would end a sync, else the same error.
 */
export function withoutFinalCode(error: unknown): unknown {
  if (!(error instanceof MatrixInvalidToken || error instanceof MUserDeactivated)) return error;
  const { message, status, body, retryAfter, method, path } = error;
  const text = JSON.stringify(body);
  return new MatrixUnknownRequestError(message, { status, text, retryAfter, method, path });
}
