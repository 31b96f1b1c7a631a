import { MatrixResponseError } from "../../http/errors/base.ts";
import { isToken } from "../../http/headers.ts";
import { required } from "../../http/response_fields.ts";

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
  const bearer = token_type === undefined ||
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
