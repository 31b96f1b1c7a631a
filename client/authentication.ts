import { unlessAborted } from "../http/retry.ts";
import { MatrixUIARequired } from "../http/errors/base.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { objectResponse, required } from "../http/response.ts";
import {
  baseUrlIn,
  checkGiven,
  checkIdentifier,
  given,
  kindOf,
  numberOrKind,
  onlyGiven,
  parseServerUrl,
  unlessEmpty,
} from "../http/validate.ts";
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
import { isJsonObject, type JsonObject } from "../types/json.ts";
import { APPLICATION_SERVICE, ownOptions, readUserId, refuseTimestamp, requestOptions } from "./base.ts";
import { OAuthMethods } from "./oauth.ts";
import { readAccessToken } from "./session/session.ts";

/**
 * Answers a homeserver that requires its user to authenticate.
 *
 * @param required The error with the flows, the session and what is completed.
 * @param attempt Number of the question within the call, from 1.
 * @param call The call, the same object for each of its questions.
 * @returns The data of one stage, sent as `auth`; `null` to throw the error.
 */
export type UIAAnswer = (
  required: MatrixUIARequired,
  attempt: number,
  call?: UIACall,
) => AuthenticationData | null | Promise<AuthenticationData | null>;

/** A call that requires user-interactive authentication. */
export interface UIACall {
  /** Returns the URL of the homeserver's own page for a stage. */
  getFallbackUrl(stage: string, session: string): URL;
}

/** A stage that an answer of {@linkcode answerStages} is asked for. */
export interface UIAStage {
  /** The stage, such as `m.login.terms`. */
  type: string;
  /** The homeserver's parameters of the stage. */
  params: JsonObject;
  /** The session. */
  session: string | undefined;
  /** The page on which the user can complete the stage in a browser; `undefined` if the homeserver names no session. */
  url: URL | undefined;
  /** Number of times that this stage has been asked for within the call, from 1. */
  attempt: number;
  /** Why the homeserver refused the answer before; `undefined` for the first one. */
  error: MatrixUIARequired | undefined;
}

/** Data of a stage, without `type` and `session`, or a function that returns it; `null` to throw the error. */
export type UIAStageAnswer =
  | AuthenticationData
  | ((stage: UIAStage) => AuthenticationData | null | Promise<AuthenticationData | null>);

/** Options of {@linkcode answerStages}. */
export interface AnswerStagesOptions {
  /**
   * Completes stages that have no answer. Show the user `url` and resolve when they say that they are done. Then the
   * request is sent again with the session alone.
   */
  fallback?: ((stage: UIAStage) => void | Promise<void>) | undefined;
  /**
   * Maximum number of times that a function is asked for the same stage.
   *
   * @default {5}
   */
  maxAttempts?: number | undefined;
}

/** Progress of one call: the number of times that each stage was asked for, and the last one. */
interface Progress {
  readonly asked: Map<string, number>;
  last?: string;
}

/**
 * Makes the `auth` of methods that require user-interactive authentication out of answers for stages.
 *
 * Each time the homeserver asks, the first flow whose open stages all have an answer is chosen, and its first open stage
 * is answered. `m.login.dummy` needs no answer. Data that the homeserver refuses is not sent again: the method throws
 * {@linkcode MatrixUIARequired}, whose `errcode` says why. The answers can be used for any number of calls.
 *
 * @example Delete a device with the password
 * ```ts
 * import { answerStages, ClientAPI } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const auth = answerStages({
 *   "m.login.password": { identifier: { type: "m.id.user", user: "alice" }, password: "correct horse" },
 * });
 * assertEquals(typeof auth, "function"); // await client.deleteDevice("OLDPHONE", { auth })
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 * @param answers The answers, by stage.
 * @param options What completes the other stages, and how often to ask.
 * @returns The `auth` option.
 * @throws {TypeError} If an answer is neither an object nor a function, or `fallback` is not a function.
 * @throws {RangeError} If `maxAttempts` is not a positive integer.
 */
export function answerStages(
  answers: Readonly<Record<string, UIAStageAnswer>>,
  options?: AnswerStagesOptions,
): UIAAnswer {
  const { fallback, maxAttempts: limit } = given(options);
  const maxAttempts = limit ?? 5;
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw new RangeError(
      `Cannot answer stages: maxAttempts must be a positive integer, received ${numberOrKind(maxAttempts)}`,
    );
  }
  if ((fallback ?? undefined) !== undefined && typeof fallback !== "function") {
    throw new TypeError(`Cannot answer stages: fallback must be a function, received ${kindOf(fallback)}`);
  }
  if (!isJsonObject(answers)) {
    throw new TypeError(`Cannot answer stages: the answers must be an object, received ${kindOf(answers)}`);
  }
  const known = new Map<string, UIAStageAnswer>([["m.login.dummy", {}], ...Object.entries(answers)]);
  for (const [stage, answer] of known) {
    if (typeof answer === "function" || isJsonObject(answer)) continue;
    throw new TypeError(`Cannot answer stages: the answer of ${stage} must be an object or a function`);
  }
  const calls = new WeakMap<object, Progress>();
  const withoutCall = {};
  return async (required, attempt, call) => {
    const key = call ?? withoutCall;
    if (attempt === 1) calls.delete(key);
    const progress: Progress = calls.get(key) ?? { asked: new Map() };
    calls.set(key, progress);

    const { session, completed } = required;
    const stages = openStages(required, known, Boolean(fallback));
    if (stages === undefined) return null;
    const type = stages[0] ?? "";
    const asked = (progress.asked.get(type) ?? 0) + 1;
    const refused = progress.last === type && !completed.includes(type);
    progress.asked.set(type, asked);
    progress.last = type;
    if (asked > maxAttempts) return null;
    // All stages are complete: the request needs only the session.
    if (type === "") return asked > 1 ? null : inSession({}, session);

    const answer = known.get(type);
    if (isJsonObject(answer)) return asked > 1 ? null : inSession({ ...answer, type }, session);
    const params = stageParams(required, type);
    const error = refused ? required : undefined;
    const stage = { type, params, session, url: pageOf(type, params, session, call), attempt: asked, error };
    if (typeof answer === "function") {
      const data = checkAnswer(await answer(stage), `the answer of ${type}`);
      return data && inSession({ ...data, type }, session);
    }
    await fallback!(stage);
    return inSession({}, session);
  };
}

/** Returns the open stages of the flow to follow; `undefined` if there is no such flow. */
function openStages(
  { flows, completed }: MatrixUIARequired,
  known: ReadonlyMap<string, unknown>,
  hasFallback: boolean,
): string[] | undefined {
  const open = flows.map(({ stages }) => stages.filter((stage) => !completed.includes(stage)));
  return open.find((stages) => stages.every((stage) => known.has(stage))) ??
    (hasFallback ? open[0] : undefined);
}

function stageParams({ params }: MatrixUIARequired, type: string): JsonObject {
  const own = Object.hasOwn(params, type) ? params[type] : undefined;
  return isJsonObject(own) ? own : {};
}

/** Returns the page of a stage: the one that the stage itself names, as `m.oauth` does, or the homeserver's. */
function pageOf(
  type: string,
  { url }: JsonObject,
  session: string | undefined,
  call: UIACall | undefined,
): URL | undefined {
  if (typeof url === "string" && URL.canParse(url) && /^https?:/i.test(url)) return new URL(url);
  return session === undefined ? undefined : call?.getFallbackUrl(type, session);
}

function inSession(data: AuthenticationData, session: string | undefined): AuthenticationData {
  return session === undefined ? data : { ...data, session };
}

/**
 * Sends a request that may require user-interactive authentication.
 *
 * @param auth The data to send, or a function that answers the homeserver's questions.
 * @param call The call.
 * @param signal Cancels the wait for an answer.
 * @param send Sends the request with the data of a stage. The rest of the body has to be the same each time.
 * @returns The response.
 * @throws {MatrixUIARequired} If the homeserver requires authentication and there is no answer.
 */
export async function withUserInteractiveAuth<T>(
  auth: AuthenticationData | UIAAnswer | null | undefined,
  call: UIACall,
  signal: AbortSignal | null | undefined,
  send: (data: AuthenticationData | undefined) => Promise<T>,
): Promise<T> {
  if (typeof auth !== "function") {
    checkGiven("object", { auth });
    // Servers take an empty object for an attempt without a stage.
    return await send(unlessEmpty(auth));
  }
  let data: AuthenticationData | undefined;
  for (let attempt = 1;; attempt++) {
    try {
      return await send(data);
    } catch (error) {
      if (!(error instanceof MatrixUIARequired)) throw error;
      const answer = await unlessAborted(Promise.resolve(auth(error, attempt, call)), signal ?? undefined);
      if (checkAnswer(answer, "the result of auth") === null) throw error;
      data = unlessEmpty(answer);
    }
  }
}

/** Returns what a function has answered; `null` for nothing, so that it is not asked again for ever. */
function checkAnswer(answer: AuthenticationData | null | undefined, what: string): AuthenticationData | null {
  if (answer === null || answer === undefined) return null;
  if (isJsonObject(answer)) return answer;
  throw new TypeError(`Cannot authenticate: ${what} must be an object or null, received ${kindOf(answer)}`);
}

/** Characters of a client secret: 64 of the 65 that are allowed, so that each one takes six random bits. */
const SECRET_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

/**
 * Makes a client secret for the validation of e-mail addresses and phone numbers.
 *
 * @example Usage
 * ```ts
 * import { makeClientSecret } from "@mtx/client";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(makeClientSecret(), /^[0-9a-zA-Z_-]{32}$/);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3registeremailrequesttoken
 * @returns 32 random characters.
 */
export function makeClientSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => SECRET_CHARACTERS[byte % 64]).join(
    "",
  );
}

/** Options of {@linkcode AuthenticationMethods.prototype.createLoginToken}. */
export interface CreateLoginTokenOptions extends RequestOptions {
  /** The data of one stage of user-interactive authentication, or a function that completes its stages. */
  auth?: AuthenticationData | UIAAnswer | undefined;
}

/** Options of {@linkcode AuthenticationMethods.prototype.getSSOLoginUrl}. */
export interface SSOLoginOptions {
  /** The identity provider, one of `identity_providers` of the login flow. By default the user chooses. */
  idpId?: string | undefined;
  /** The intention of the user: to log in, or to register. */
  action?: "login" | "register" | (string & Record<never, never>) | undefined;
}

/**
 * Options of {@linkcode AuthenticationMethods.prototype.login}. Other options are sent in the body under their own names,
 * such as `token` for the login type `m.login.token`.
 */
export interface LoginOptions extends RequestOptions {
  /**
   * The user: a user ID, its local part, or an identifier of another type. Defaults to the client's `mxid`. Login types
   * other than `m.login.password` need none.
   */
  identifier?: UserIdentifier | string | undefined;
  /**
   * The login type.
   *
   * @default {"m.login.password"}
   */
  loginType?: LoginType | undefined;
  /** The password. */
  password?: string | undefined;
  /** The display name of a new device. */
  deviceName?: string | undefined;
  /** The device to log in as. Defaults to the client's `deviceId`, or to a new device if that is empty. */
  deviceId?: DeviceID | undefined;
  /**
   * Whether the client acts as the user from now on: sets `mxid`, `deviceId` and the access token.
   *
   * @default {true}
   */
  storeAccessToken?: boolean | undefined;
  /**
   * Whether to use the base URL in `well_known` of the response from now on, if there is one. A URL that is not http or
   * https is logged and ignored.
   *
   * @default {false}
   */
  updateHsUrl?: boolean | undefined;
  /**
   * Whether to request a refresh token, which renews an access token that expires.
   *
   * @default {false}
   */
  refreshToken?: boolean | undefined;
  /** Other fields of the body. */
  [extra: string]: unknown;
}

/** Options of {@linkcode AuthenticationMethods.prototype.logout} and `logoutAll()`. */
export interface LogoutOptions extends RequestOptions {
  /**
   * Whether to clear the access token and the device ID afterwards. The user ID is kept.
   *
   * @default {true}
   */
  clearAccessToken?: boolean | undefined;
}

/** Login and logout. */
export abstract class AuthenticationMethods extends OAuthMethods {
  /**
   * Gets the login types that the homeserver supports. `firstFlowOfType()` and `supportsLoginType()` search the response.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
   * @param options Request options.
   * @returns The response with `flows`, an array.
   * @throws {MatrixResponseError} If the response has no `flows`.
   */
  async getLoginFlows(options?: RequestOptions): Promise<LoginFlowList> {
    const response = await this.request<LoginFlowList>("GET", "/_matrix/client/v3/login", options, {
      authenticated: this.#hasFixedToken(),
    });
    required(response, "flows", "array");
    return response;
  }

  /**
   * Logs in. The client acts as the user afterwards, with the token of the response in place of a token source.
   *
   * @example Logging in with a password
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
   * @param options User, login type, device, other fields of the body, and request options.
   * @returns The response with `user_id`, `device_id`, `access_token`, and optionally `refresh_token`, `expires_in_ms` in
   * milliseconds and `well_known`.
   * @throws {MForbidden} If the password is wrong.
   * @throws {MUserDeactivated} If the account is deactivated.
   * @throws {MatrixResponseError} If user ID, device ID or token are missing in the response, or malformed. The client is
   * not changed then.
   */
  async login(options?: LoginOptions): Promise<LoginResponse> {
    const { storeAccessToken, updateHsUrl, ...login } = given(options);
    const response = objectResponse(
      await this.request<LoginResponse>("POST", "/_matrix/client/v3/login", options, {
        body: this.#loginBody(login),
        // An application service logs in as its users with its own token.
        authenticated: login.loginType === APPLICATION_SERVICE || this.#hasFixedToken(),
        sensitive: true,
      }),
    );
    this.useLogin(response, storeAccessToken ?? true);
    if (updateHsUrl) this.#moveTo(response.well_known);
    return response;
  }

  /**
   * Logs out: invalidates the access token and deletes its device.
   *
   * With {@linkcode RefreshingTokens}, ends the session as their `end()` does and removes it from the store. A session of
   * OAuth 2.0 is revoked at its authorization server.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logout
   * @param options Whether to clear the access token, and request options.
   * @throws {MUnknownToken} If the access token is invalid. Nothing is cleared then.
   */
  async logout(options?: LogoutOptions): Promise<void> {
    await this.#leave("/_matrix/client/v3/logout", options);
  }

  /**
   * Logs out all devices: invalidates all access tokens of the user and deletes all devices.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logoutall
   * @param options Whether to clear the access token, and request options.
   * @throws {MUnknownToken} If the access token is invalid. Nothing is cleared then.
   */
  async logoutAll(options?: LogoutOptions): Promise<void> {
    await this.#leave("/_matrix/client/v3/logout/all", options);
  }

  /**
   * Returns the user and device that the access token belongs to. Does not modify the client.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami
   * @param options Request options.
   * @returns The response with `user_id`, and optionally `device_id` and `is_guest`.
   * @throws {MUnknownToken} If the access token is invalid.
   * @throws {MatrixResponseError} If the response has no `user_id`.
   */
  async whoami(options?: RequestOptions): Promise<WhoamiResponse> {
    const response = await this.request<WhoamiResponse>(
      "GET",
      "/_matrix/client/v3/account/whoami",
      options,
    );
    required(response, "user_id");
    return response;
  }

  /**
   * Renews an access token of the legacy login. Does not modify the client; {@linkcode RefreshingTokens} renews and stores
   * tokens automatically.
   *
   * Repeated after a lost connection: a refresh token stays valid until one of the new tokens is used.
   *
   * @example Renewing an access token
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
   * @returns The response with the new `access_token`, and optionally `expires_in_ms` in milliseconds and the next
   * `refresh_token`.
   * @throws {MUnknownToken} If the homeserver does not know the refresh token.
   * @throws {MatrixResponseError} If the access token in the response is missing or malformed.
   * @throws {TypeError} If the refresh token is not a non-empty string.
   */
  async refreshAccessToken(refreshToken: string, options?: RequestOptions): Promise<RefreshResponse> {
    const response = await this.request<RefreshResponse>("POST", "/_matrix/client/v3/refresh", options, {
      body: { refresh_token: checkIdentifier("refresh token", refreshToken) },
      authenticated: false,
      repeatable: true,
      sensitive: true,
    });
    readAccessToken(response);
    return response;
  }

  /**
   * Creates a login token, with which the user can log in on another device once.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1loginget_token
   * @param options Authentication, and request options.
   * @returns The token, which is secret, and how long it is valid.
   * @throws {MatrixUIARequired} If the homeserver requires authentication that `auth` does not provide.
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
   * Returns the URL of the page on which a user logs in with single sign-on. No request is sent.
   *
   * The page redirects the browser to `redirectUrl` with a `loginToken` in the query, which the login type
   * `m.login.token` accepts. Do not log that URL.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3loginssoredirect
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3loginssoredirectidpid
   * @param redirectUrl The URL to which the page redirects the browser.
   * @param options The identity provider, and the intention of the user.
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
   * Returns the URL of the homeserver's page for a stage of user-interactive authentication. No request is sent.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#fallback
   * @param stage The stage, such as `m.login.terms`.
   * @param session The session from the homeserver's response.
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
   * Checks the response to a login or a registration. With `store`, sets `mxid`, `deviceId` and the transport's token.
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

  /** Returns whether there is no token source. A source whose session has ended must not prevent a login. */
  #hasFixedToken(): boolean {
    return this.api.auth === undefined;
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
    // `null` means not given, and must not replace a value of the body.
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
    else this.log.warn("Cannot use the base URL in `well_known`: it must be an http or https URL");
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
