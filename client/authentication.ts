import {
  baseUrlIn,
  checkGiven,
  checkIdentifier,
  given,
  kindOf,
  onlyGiven,
  parseServerUrl,
  unlessEmpty,
} from "../http/validate.ts";
import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import type { LoginTokenResponse } from "../types/account.ts";
import type {
  AuthenticationData,
  LoginFlowList,
  LoginResponse,
  LoginType,
  RefreshResponse,
  UserIdentifier,
  WhoamiResponse,
} from "../types/auth.ts";
import type { DeviceID } from "../types/identifiers.ts";
import { ownOptions, readUserId, refuseTimestamp, requestOptions } from "./base.ts";
import { OAuthMethods } from "./oauth.ts";
import { readAccessToken } from "./session/token_response.ts";
import { type UIAAnswer, withUserInteractiveAuth } from "./user_interactive_auth.ts";

/** Options of {@linkcode AuthenticationMethods.prototype.createLoginToken}. */
export interface CreateLoginTokenOptions extends RequestOptions {
  /** How the user authenticates: the data of one stage, or a function that answers the homeserver's questions. */
  auth?: AuthenticationData | UIAAnswer | undefined;
}

/** Options of {@linkcode AuthenticationMethods.prototype.getSSOLoginUrl}. */
export interface SSOLoginOptions {
  /** The identity provider, one of `identity_providers` of the login flow. By default the user chooses. */
  idpId?: string | undefined;
  /** What the user wants: to sign in, or to create an account. */
  action?: "login" | "register" | (string & Record<never, never>) | undefined;
}

/**
 * Options of {@linkcode AuthenticationMethods.prototype.login}. Further ones are sent in the body under their own
 * names: `token` for a login of type `m.login.token`, for one.
 */
export interface LoginOptions extends RequestOptions {
  /** Who logs in: a user ID or its local part, or an identifier of another type. By default the client's own `mxid`. */
  identifier?: UserIdentifier | string | undefined;
  /**
   * The way to log in.
   *
   * @default {"m.login.password"}
   */
  loginType?: LoginType | undefined;
  /** The password. */
  password?: string | undefined;
  /** What a new device is to be called. */
  deviceName?: string | undefined;
  /** The device to log in as. By default the client's own `deviceId`; where that is empty too, a new one. */
  deviceId?: DeviceID | undefined;
  /**
   * Whether the client gets to be who has logged in: `mxid`, `deviceId` and the transport's token.
   *
   * @default {true}
   */
  storeAccessToken?: boolean | undefined;
  /**
   * Whether the client turns to the base URL that the homeserver names in its answer, if it names one. What is no
   * http or https URL is logged and left out of account.
   *
   * @default {false}
   */
  updateHsUrl?: boolean | undefined;
  /**
   * Whether to ask for a refresh token, with which a token that expires is renewed.
   *
   * @default {false}
   */
  refreshToken?: boolean | undefined;
  /** What else the way to log in takes. */
  [extra: string]: unknown;
}

/** Options of {@linkcode AuthenticationMethods.prototype.logout} and kin. */
export interface LogoutOptions extends RequestOptions {
  /**
   * Whether token and device ID are forgotten then. The user ID is kept.
   *
   * @default {true}
   */
  clearAccessToken?: boolean | undefined;
}

/** Signing in and out. */
export abstract class AuthenticationMethods extends OAuthMethods {
  /**
   * Gets the ways to log in that the homeserver offers. `firstFlowOfType()` and `supportsLoginType()` look for one.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
   * @param options Request options.
   * @returns The answer: `flows`, a list.
   * @throws {MatrixResponseError} If there are no `flows` in the answer.
   */
  async getLoginFlows(options?: RequestOptions): Promise<LoginFlowList> {
    const answer = await this.request<LoginFlowList>("GET", "/_matrix/client/v3/login", options);
    required(answer, "flows", "array");
    return answer;
  }

  /**
   * Logs in, and makes this client the one of who has logged in.
   *
   * @example With a password
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
   * await client.login({ identifier: "alice", password: "correct horse", deviceName: "My bot" });
   * assertEquals(client.mxid, "@alice:example.org");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login
   * @param options Who logs in, how and where; request options, which are not sent; what else is to be sent.
   * @returns The answer: `user_id`, `device_id`, `access_token`, and for some homeservers `refresh_token`,
   * `expires_in_ms` and `well_known`.
   * @throws {MForbidden} If the password is wrong.
   * @throws {MUserDeactivated} If the account is no longer in use.
   * @throws {MatrixResponseError} If user ID, device ID or token are missing in the answer, or cannot be used. The
   * client then stays as it was.
   */
  async login(options?: LoginOptions): Promise<LoginResponse> {
    const { storeAccessToken, updateHsUrl, ...login } = given(options);
    const answer = objectResponse(
      await this.request<LoginResponse>("POST", "/_matrix/client/v3/login", options, {
        body: this.#loginBody(login),
        sensitive: true,
      }),
    );
    this.useLogin(answer, storeAccessToken ?? true);
    if (updateHsUrl) this.#moveTo(answer.well_known);
    return answer;
  }

  /**
   * Logs out: the token, and the device that it belongs to, are gone.
   *
   * With {@linkcode RefreshingTokens}, ends the session as their `end()` does and removes it from the store. A session of
   * OAuth 2.0 is revoked; the homeserver is not asked.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logout
   * @param options Request options, and whether the client forgets the token.
   * @throws {MUnknownToken} If the token was not valid any more. Nothing is forgotten then.
   */
  async logout(options?: LogoutOptions): Promise<void> {
    await this.#leave("/_matrix/client/v3/logout", options);
  }

  /**
   * Logs out everywhere: all of the user's tokens and devices are gone.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logoutall
   * @param options Request options, and whether the client forgets the token.
   * @throws {MUnknownToken} If the token was not valid any more. Nothing is forgotten then.
   */
  async logoutAll(options?: LogoutOptions): Promise<void> {
    await this.#leave("/_matrix/client/v3/logout/all", options);
  }

  /**
   * Asks whose the token is. The client stays as it is.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami
   * @param options Request options.
   * @returns The answer: `user_id`, and perhaps `device_id` and `is_guest`.
   * @throws {MUnknownToken} If the homeserver does not know the token.
   * @throws {MatrixResponseError} If there is no `user_id` in the answer.
   */
  async whoami(options?: RequestOptions): Promise<WhoamiResponse> {
    const answer = await this.request<WhoamiResponse>(
      "GET",
      "/_matrix/client/v3/account/whoami",
      options,
    );
    required(answer, "user_id");
    return answer;
  }

  /**
   * Renews an access token of the legacy login. The client stays as it is: {@linkcode RefreshingTokens} renews and stores
   * tokens by itself.
   *
   * Repeated after a lost connection: a refresh token stays valid until one of the new tokens is used.
   *
   * @example A new access token
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
   * const { refresh_token } = await client.login({ identifier: "alice", password: "secret", refreshToken: true });
   * const { access_token, expires_in_ms } = await client.refreshAccessToken(refresh_token!);
   * assert(access_token !== client.api.token && expires_in_ms! > 0);
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3refresh
   * @param refreshToken The refresh token.
   * @param options Request options.
   * @returns The response: the new `access_token`, `expires_in_ms`, and perhaps the next `refresh_token`.
   * @throws {MUnknownToken} If the homeserver does not know the refresh token.
   * @throws {MatrixResponseError} If there is no usable access token in the response.
   * @throws {TypeError} If the refresh token is not a non-empty string.
   */
  async refreshAccessToken(refreshToken: string, options?: RequestOptions): Promise<RefreshResponse> {
    if (typeof refreshToken !== "string" || refreshToken === "") {
      throw new TypeError("Cannot renew the access token: the refresh token must be a non-empty string");
    }
    const response = await this.request<RefreshResponse>("POST", "/_matrix/client/v3/refresh", options, {
      body: { refresh_token: refreshToken },
      authenticated: false,
      repeatable: true,
      sensitive: true,
    });
    readAccessToken(response);
    return response;
  }

  /**
   * Creates a token that signs the user in on another device, once.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1loginget_token
   * @param options How the user authenticates, and request options.
   * @returns The token, which is secret, and how long it is valid.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   * @throws {MUnrecognized} If the homeserver has no such tokens.
   */
  async createLoginToken(options?: CreateLoginTokenOptions): Promise<LoginTokenResponse> {
    const { auth } = given(options);
    const response = await this.withAuth(
      auth,
      options,
      (auth) =>
        this.request<LoginTokenResponse>("POST", "/_matrix/client/v1/login/get_token", options, {
          body: { auth },
          sensitive: true,
        }),
    );
    required(response, "login_token");
    return response;
  }

  /**
   * Returns the URL of the page on which a user signs in with single sign-on. Nothing is sent.
   *
   * The browser comes back to `redirectUrl` with a `loginToken` in its query, for a login of type `m.login.token`. Keep
   * that URL out of logs.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3loginssoredirect
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3loginssoredirectidpid
   * @param redirectUrl Where the browser comes back to.
   * @param options The identity provider, and what the user wants.
   * @returns The URL, for a browser.
   * @throws {TypeError} If `redirectUrl` is not a URL.
   */
  getSSOLoginUrl(redirectUrl: string | URL, options?: SSOLoginOptions): URL {
    const { idpId, action } = given(options);
    checkGiven("string", { idpId, action });
    if (!(redirectUrl instanceof URL || (typeof redirectUrl === "string" && URL.canParse(redirectUrl)))) {
      throw new TypeError("Cannot make the URL: redirectUrl must be an absolute URL");
    }
    const url = new URL(`${this.api.baseUrl}/_matrix/client/v3/login/sso/redirect`);
    if (unlessEmpty(idpId)) url.pathname += path`/${idpId!}`;
    url.searchParams.set("redirectUrl", new URL(redirectUrl).href);
    if (unlessEmpty(action)) url.searchParams.set("action", action!);
    return url;
  }

  /**
   * Returns the URL of the homeserver's page for a stage of user-interactive authentication. Nothing is sent.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#fallback
   * @param stage The stage, such as `m.login.terms`.
   * @param session The session that the homeserver has named.
   * @returns The URL, for a browser.
   */
  getUIAFallbackUrl(stage: string, session: string): URL {
    const url = new URL(this.api.baseUrl + path`/_matrix/client/v3/auth/${stage}/fallback/web`);
    url.searchParams.set("session", checkIdentifier("session", session));
    return url;
  }

  /** Sends a request that may require user-interactive authentication. */
  protected async withAuth<T>(
    auth: AuthenticationData | UIAAnswer | undefined,
    options: RequestOptions | undefined,
    send: (auth: AuthenticationData | undefined) => Promise<T>,
  ): Promise<T> {
    const call = {
      getFallbackUrl: (stage: string, session: string) => this.getUIAFallbackUrl(stage, session),
    };
    return await withUserInteractiveAuth(auth, call, given(options).signal, send);
  }

  /**
   * Checks the response to a login or a registration, and with `store` acts as its user from now on.
   *
   * @throws {MatrixResponseError} If user ID, device ID or token are missing or malformed. Nothing is stored then.
   */
  protected useLogin(response: object, store: boolean): void {
    const userId = readUserId(response as LoginResponse);
    const deviceId = required(response as LoginResponse, "device_id");
    const token = readAccessToken(response as LoginResponse);
    if (!store) return;
    this.mxid = userId;
    this.deviceId = deviceId;
    this.api.token = token;
  }

  #loginBody(options: LoginOptions): Record<string, unknown> {
    const { identifier, loginType, password, deviceName, deviceId, refreshToken, ...extra } = ownOptions(
      options,
    ) as LoginOptions;
    checkGiven("string", { loginType, password, deviceName, deviceId });
    const type = loginType ?? "m.login.password";
    const body = {
      type,
      identifier: this.#identifier(identifier, type),
      password,
      initial_device_display_name: deviceName,
      device_id: unlessEmpty(deviceId) ?? unlessEmpty(this.deviceId),
      refresh_token: unlessEmpty(refreshToken),
    };
    // null means not given, and must not replace a value of the body.
    return onlyGiven({ ...body, ...onlyGiven(extra) });
  }

  #identifier(
    identifier: LoginOptions["identifier"] | null,
    loginType: LoginType,
  ): UserIdentifier | undefined {
    if (isJsonObject(identifier)) return identifier as UserIdentifier;
    const user: unknown = (identifier ?? "") === "" ? this.mxid : identifier;
    if (user !== undefined && typeof user !== "string") {
      throw new TypeError(
        `Cannot log in: identifier must be a string or an object, received ${kindOf(user)}`,
      );
    }
    // Only a password needs a user. Other login types find the user in their token.
    if (user === undefined && loginType !== "m.login.password") return undefined;
    return { type: "m.id.user", user };
  }

  #moveTo(wellKnown: unknown): void {
    const baseUrl = baseUrlIn(wellKnown);
    if (baseUrl === undefined || baseUrl === null || baseUrl === "") return;
    const { url } = parseServerUrl(baseUrl);
    if (url) this.api.baseUrl = url;
    else this.log.warn("The homeserver names a base URL that cannot be used");
  }

  async #leave(route: string, options: LogoutOptions | undefined): Promise<void> {
    const { auth } = this.api;
    if (auth?.end === undefined) {
      await this.request("POST", route, options);
    } else {
      const { signal, deadline, retry } = requestOptions(options);
      refuseTimestamp(options, "signing out has no `ts` parameter");
      await auth.end(this.api, { signal, deadline, retry, everywhere: route.endsWith("/all") });
    }
    if (!(options?.clearAccessToken ?? true)) return;
    this.api.token = "";
    this.deviceId = "";
  }
}
