import { delay } from "@std/async/delay";
import {
  asOAuthError,
  MatrixConnectionError,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixResponseError,
} from "../http/errors/base.ts";
import { MUnrecognized } from "../http/errors/codes.ts";
import { isJsonObject, stringField } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { objectResponse, required } from "../http/response.ts";
import { checkSignal, given, kindOf, parseServerUrl } from "../http/validate.ts";
import type {
  DeviceAuthorizationResponse,
  OAuthClientMetadata,
  OAuthClientRegistration,
  OAuthMetadata,
  WhoamiResponse,
} from "../types/auth.ts";
import type { DeviceID } from "../types/identifiers.ts";
import { readUserId } from "./base.ts";
import { CallMethods } from "./discovery.ts";
import { encodeBase64Url } from "./encoding.ts";
import { readTokenResponse, type Session, type TokenGrant } from "./session/session.ts";

/**
 * Options of a request to an authorization server. Headers and query parameters of the client's own do not go there.
 */
export type OAuthRequestOptions = Pick<RequestOptions, "signal" | "deadline" | "retry">;

/** Options of {@linkcode OAuthMethods.prototype.startAuthorization}. */
export interface StartAuthorizationOptions {
  /** The device to sign in. By default a new one. */
  deviceId?: DeviceID | undefined;
  /**
   * Whether the user wants to create an account. Ignored if the authorization server does not support it.
   *
   * @default {false}
   */
  register?: boolean | undefined;
}

/** Options of {@linkcode OAuthMethods.prototype.startDeviceAuthorization}. */
export interface StartDeviceAuthorizationOptions extends OAuthRequestOptions {
  /** The device to sign in. By default a new one. */
  deviceId?: DeviceID | undefined;
}

/** A sign-in in the browser that has begun. Plain data that can be stored until the user comes back; it is secret. */
export interface StartedAuthorization {
  /** The page to open in the user's browser. */
  url: string;
  /** Protects the callback against forgery. */
  state: string;
  /** Proves that the client that finishes the sign-in is the one that began it (PKCE). */
  codeVerifier: string;
  /** The device that is being signed in. */
  deviceId: DeviceID;
  /** The client ID. */
  clientId: string;
  /** URL that the user's browser is sent back to. */
  redirectUri: string;
}

/** A sign-in on another device that has begun. `device_code` is secret. */
export interface StartedDeviceAuthorization extends DeviceAuthorizationResponse {
  /** The device that is being signed in. */
  deviceId: DeviceID;
  /** The client ID. */
  clientId: string;
  /** When the codes expire, in milliseconds since 1970. */
  expiresAt: number;
}

const AUTH_METADATA = "/_matrix/client/v1/auth_metadata";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Seconds between polls if the authorization server names none, and what `slow_down` adds to them. */
const POLL_INTERVAL = 5;

/**
 * Signing in with OAuth 2.0, as a public client. The methods return data and do not modify the client.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#oauth-20-api
 */
export abstract class OAuthMethods extends CallMethods {
  /**
   * Gets the metadata of the homeserver's authorization server.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1auth_metadata
   * @param options Request options.
   * @returns The metadata; `null` if the homeserver has the legacy login instead.
   * @throws {MatrixResponseError} If issuer or token endpoint are missing in the response.
   */
  async getAuthMetadata(options?: RequestOptions): Promise<OAuthMetadata | null> {
    try {
      const metadata = await this.request<OAuthMetadata>("GET", AUTH_METADATA, options, {
        authenticated: false,
      });
      required(metadata, "issuer");
      required(metadata, "token_endpoint");
      return metadata;
    } catch (error) {
      // A proxy in front of a homeserver without OAuth may send a 404 without a code.
      if (error instanceof MUnrecognized || (error instanceof MatrixRequestError && error.status === 404)) {
        return null;
      }
      throw error;
    }
  }

  /**
   * Registers the program with an authorization server. Do so before each sign-in, never for a renewal.
   *
   * The response holds what the server has granted, which may be less than was asked for.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#client-registration
   * @param metadata The authorization server's metadata.
   * @param clientMetadata The program. `client_uri` must be a public page: servers refuse `localhost`. A loopback
   * redirect URI is registered without its port.
   * @param options Request options.
   * @returns The response: `client_id`, and the registered metadata.
   * @throws {MatrixOAuthError} If the server refuses the metadata.
   * @throws {TypeError} If the server does not register clients.
   */
  async registerOAuthClient(
    metadata: OAuthMetadata,
    clientMetadata: OAuthClientMetadata,
    options?: OAuthRequestOptions,
  ): Promise<OAuthClientRegistration> {
    const url = endpoint(metadata, "registration_endpoint", "register the client");
    if (!isJsonObject(clientMetadata)) {
      throw new TypeError(
        `Cannot register the client: its metadata must be an object, received ${kindOf(clientMetadata)}`,
      );
    }
    const response = await this.#send<OAuthClientRegistration>(url, { json: clientMetadata }, options);
    required(response, "client_id");
    return response;
  }

  /**
   * Begins a sign-in in the browser: the authorization code grant with PKCE. Nothing is sent.
   *
   * @example A program that receives the redirect
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
   * const metadata = await client.getAuthMetadata();
   * if (metadata === null) throw new Error("This homeserver has passwords only");
   * const { client_id } = await client.registerOAuthClient(metadata, {
   *   client_name: "Notes",
   *   client_uri: "https://notes.example.org/",
   *   application_type: "native",
   *   token_endpoint_auth_method: "none",
   *   grant_types: ["authorization_code", "refresh_token"],
   *   response_types: ["code"],
   *   redirect_uris: ["http://127.0.0.1/callback"], // without the port
   * });
   * const started = await client.startAuthorization(metadata, client_id, "http://127.0.0.1:8123/callback");
   *
   * // The user opens started.url; the browser then requests this from the program:
   * const callback = `http://127.0.0.1:8123/callback?code=c1&state=${started.state}`;
   * const session = await client.finishAuthorization(metadata, started, callback);
   * assertEquals(session.userId, "@alice:example.org");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#authorization-code-grant
   * @param metadata The authorization server's metadata.
   * @param clientId The client ID.
   * @param redirectUri URL that the browser is sent back to.
   * @param options The device to sign in, and whether to create an account.
   * @returns What {@linkcode OAuthMethods.prototype.finishAuthorization | finishAuthorization()} needs, and the `url` to
   * open.
   * @throws {TypeError} If the authorization server has no such grant, its page is not an http or https URL, or the
   * redirect URI is not a URL.
   */
  async startAuthorization(
    metadata: OAuthMetadata,
    clientId: string,
    redirectUri: string | URL,
    options?: StartAuthorizationOptions,
  ): Promise<StartedAuthorization> {
    const { deviceId: device, register } = given(options);
    const url = new URL(endpoint(metadata, "authorization_endpoint", "begin the sign-in"));
    const redirect = parseUrl(redirectUri, "Cannot begin the sign-in: the redirect URI");
    const deviceId = device || newDeviceId();
    const state = randomText();
    const codeVerifier = randomText();
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(codeVerifier));
    const parameters: Record<string, string> = {
      response_type: "code",
      response_mode: responseMode(metadata, redirect),
      client_id: checkClientId(clientId),
      redirect_uri: String(redirectUri),
      scope: scopeOf(deviceId),
      state,
      code_challenge: encodeBase64Url(new Uint8Array(hash)),
      code_challenge_method: "S256",
    };
    if (register && includes(metadata.prompt_values_supported, "create")) parameters.prompt = "create";
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, state, codeVerifier, deviceId, clientId, redirectUri: String(redirectUri) };
  }

  /**
   * Finishes a sign-in in the browser: exchanges the code of the callback for tokens.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#authorization-code-grant
   * @param metadata The authorization server's metadata.
   * @param started The sign-in that was begun.
   * @param callback The URL that the browser was sent back to, with its query and fragment.
   * @param options Request options.
   * @returns The session. Store it before you use it.
   * @throws {MatrixOAuthError} If the user or the authorization server has refused.
   * @throws {MatrixResponseError} If the callback does not belong to this sign-in, or the tokens to another device.
   */
  async finishAuthorization(
    metadata: OAuthMetadata,
    started: StartedAuthorization,
    callback: string | URL,
    options?: OAuthRequestOptions,
  ): Promise<Session> {
    const url = endpoint(metadata, "token_endpoint", "finish the sign-in");
    checkStarted(started, ["state", "codeVerifier", "clientId", "redirectUri", "deviceId"]);
    const code = readCallback(metadata, started, callback);
    const { codeVerifier, clientId, redirectUri, deviceId } = started;
    const sentAt = Date.now();
    const response = await this.#send(url, {
      form: {
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        client_id: clientId,
        code_verifier: codeVerifier,
      },
    }, options);
    return await this.#session(metadata, clientId, deviceId, readTokenResponse(response, sentAt), options);
  }

  /**
   * Begins a sign-in on another device: the device authorization grant, for programs without a browser.
   *
   * @example A bot
   * ```ts
   * import { ClientAPI, MemorySessionStore, RefreshingTokens } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const anonymous = new ClientAPI({ baseUrl: "https://matrix.example.org" });
   * const metadata = await anonymous.getAuthMetadata();
   * if (metadata === null) throw new Error("This homeserver has passwords only");
   * const { client_id } = await anonymous.registerOAuthClient(metadata, {
   *   client_name: "Weather bot",
   *   client_uri: "https://bots.example.org/",
   *   application_type: "native",
   *   token_endpoint_auth_method: "none",
   *   grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
   * });
   * const started = await anonymous.startDeviceAuthorization(metadata, client_id);
   * console.log(`Open ${started.verification_uri} and enter ${started.user_code}`);
   * const session = await anonymous.finishDeviceAuthorization(metadata, started);
   * const store = new MemorySessionStore(session);
   *
   * const client = new ClientAPI({ baseUrl: session.baseUrl, auth: new RefreshingTokens(store) });
   * assertEquals((await client.whoami()).device_id, session.deviceId);
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#device-authorization-grant
   * @param metadata The authorization server's metadata.
   * @param clientId The client ID.
   * @param options Request options, and the device to sign in.
   * @returns The response: the page to open and the code to enter there; with `deviceId`, `clientId` and `expiresAt`.
   * @throws {MatrixOAuthError} If the server refuses.
   * @throws {MatrixResponseError} If codes, page or lifetime are missing in the response, or malformed.
   * @throws {TypeError} If the authorization server does not have this grant.
   */
  async startDeviceAuthorization(
    metadata: OAuthMetadata,
    clientId: string,
    options?: StartDeviceAuthorizationOptions,
  ): Promise<StartedDeviceAuthorization> {
    const { deviceId: device, ...request } = given(options);
    const url = endpoint(metadata, "device_authorization_endpoint", "begin the sign-in");
    const deviceId = device || newDeviceId();
    const sentAt = Date.now();
    const form = { client_id: checkClientId(clientId), scope: scopeOf(deviceId) };
    const response = await this.#send<DeviceAuthorizationResponse>(url, { form }, request);
    for (const field of ["device_code", "user_code", "verification_uri"] as const) required(response, field);
    for (const field of ["verification_uri", "verification_uri_complete"] as const) {
      checkPage(response, field);
    }
    const seconds = required(response, "expires_in", "number");
    return { ...response, deviceId, clientId, expiresAt: sentAt + seconds * 1000 };
  }

  /**
   * Waits until the user has confirmed a sign-in on another device. Polls the authorization server, and continues after
   * lost connections.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#device-authorization-grant
   * @param metadata The authorization server's metadata.
   * @param started The sign-in that was begun.
   * @param options Request options.
   * @returns The session. Store it before you use it.
   * @throws {MatrixOAuthError} If the user has refused (`access_denied`) or the codes have expired (`expired_token`).
   */
  async finishDeviceAuthorization(
    metadata: OAuthMetadata,
    started: StartedDeviceAuthorization,
    options?: OAuthRequestOptions,
  ): Promise<Session> {
    const url = endpoint(metadata, "token_endpoint", "finish the sign-in");
    checkStarted(started, ["device_code", "clientId", "deviceId"]);
    const { device_code, clientId, deviceId, expiresAt, interval } = started;
    const { deadline } = given(options);
    const signal = checkSignal(options?.signal);
    const form = { grant_type: DEVICE_GRANT, device_code, client_id: clientId };
    let seconds = typeof interval === "number" && interval > 0 ? interval : POLL_INTERVAL;
    for (let wait = seconds * 1000;; wait = Math.max(wait, seconds * 1000)) {
      if (Date.now() + wait >= expiresAt) throw expired();
      await delay(wait, { signal });
      wait = 0;
      const sentAt = Date.now();
      let response: unknown;
      try {
        response = await this.#send(url, { form }, { signal, deadline, retry: { limit: 0 } });
      } catch (error) {
        signal?.throwIfAborted();
        if (!mayContinue(error)) throw error;
        if (error instanceof MatrixOAuthError && error.error === "slow_down") seconds += POLL_INTERVAL;
        else if (error instanceof MatrixRequestError) wait = error.retryAfter ?? 0;
        continue;
      }
      return await this.#session(metadata, clientId, deviceId, readTokenResponse(response, sentAt), options);
    }
  }

  async #send<T>(
    url: string,
    body: { form: Record<string, string> } | { json: OAuthClientMetadata },
    options: OAuthRequestOptions | undefined,
  ): Promise<T> {
    const { signal, deadline, retry } = given(options);
    try {
      return objectResponse<T & object>(await this.api.requestTo(url, { signal, deadline, retry, ...body }));
    } catch (error) {
      throw asOAuthError(error);
    }
  }

  /** Creates the session of new tokens: asks the homeserver whose they are. */
  async #session(
    metadata: OAuthMetadata,
    clientId: string,
    deviceId: DeviceID,
    { accessToken, refreshToken, expiresAt }: TokenGrant,
    options: OAuthRequestOptions | undefined,
  ): Promise<Session> {
    const { signal, deadline, retry } = given(options);
    const headers = { authorization: `Bearer ${accessToken}` };
    // The client's own token, if it has one, belongs to another session.
    const whoami = await this.request<WhoamiResponse>("GET", "/_matrix/client/v3/account/whoami", {
      signal,
      deadline,
      retry,
      headers,
    }, { authenticated: false });
    const userId = readUserId(whoami);
    if ((whoami.device_id ?? deviceId) !== deviceId) {
      throw new MatrixResponseError("Invalid `device_id` in response: expected the device that signs in");
    }
    const session: Session = {
      baseUrl: this.api.baseUrl,
      userId,
      deviceId,
      accessToken,
      oauth: {
        issuer: metadata.issuer,
        clientId,
        tokenEndpoint: metadata.token_endpoint,
        revocationEndpoint: stringField(metadata, "revocation_endpoint") ?? "",
      },
    };
    if (refreshToken !== undefined) session.refreshToken = refreshToken;
    if (expiresAt !== undefined) session.expiresAt = expiresAt;
    return session;
  }
}

/**
 * Returns the page on which users manage their account, their devices and their keys: under OAuth 2.0 it takes the place
 * of the account methods.
 *
 * @example The page to delete a device
 * ```ts
 * import { accountUrl, ClientAPI } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const metadata = await new ClientAPI({ baseUrl: "https://matrix.example.org" }).getAuthMetadata();
 * const url = metadata && accountUrl(metadata, "org.matrix.device_delete", { deviceId: "OLDPHONE" });
 * assertEquals(url?.searchParams.get("device_id"), "OLDPHONE");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#oauth-20-account-management
 * @param metadata The authorization server's metadata.
 * @param action What the user wants to do, such as `org.matrix.device_delete`. Ignored if the page does not support it.
 * @param options The device that the action is about.
 * @returns The URL; `null` if the authorization server has no such page.
 */
export function accountUrl(
  metadata: OAuthMetadata,
  action?: AccountAction,
  options?: AccountUrlOptions,
): URL | null {
  const uri = stringField(metadata, "account_management_uri");
  if (uri === undefined || !URL.canParse(uri)) return null;
  const url = new URL(uri);
  if (!/^https?:$/.test(url.protocol)) return null;
  if (!action || !includes(metadata.account_management_actions_supported, action)) return url;
  url.searchParams.set("action", action);
  const { deviceId } = given(options);
  if (deviceId) url.searchParams.set("device_id", deviceId);
  return url;
}

/** Something that users can do on the page of {@linkcode accountUrl}. */
export type AccountAction =
  | "org.matrix.profile"
  | "org.matrix.devices_list"
  | "org.matrix.device_view"
  | "org.matrix.device_delete"
  | "org.matrix.account_deactivate"
  | "org.matrix.cross_signing_reset"
  | (string & Record<never, never>);

/** Options of {@linkcode accountUrl}. */
export interface AccountUrlOptions {
  /** The device that the action is about. */
  deviceId?: DeviceID | undefined;
}

/** Returns an endpoint of the metadata. */
function endpoint(metadata: OAuthMetadata, name: keyof OAuthMetadata & string, action: string): string {
  const url = stringField(metadata, name);
  if (!url) throw new TypeError(`Cannot ${action}: the authorization server has no ${name}`);
  if (parseServerUrl(url).url !== undefined) return url;
  throw new TypeError(`Cannot ${action}: ${name} of the authorization server must be an http or https URL`);
}

/** Checks a page that the user is to open. A URL such as `javascript:` could run code of the server in the program. */
function checkPage(
  response: DeviceAuthorizationResponse,
  field: "verification_uri" | "verification_uri_complete",
): void {
  const url = response[field] ?? undefined;
  if (url === undefined || parseServerUrl(url).url !== undefined) return;
  throw new MatrixResponseError(`Invalid \`${field}\` in response: expected http or https URL`);
}

/** Parses a URL that the caller has passed. The message does not hold it: a callback carries the code. */
function parseUrl(value: string | URL, what: string): URL {
  if ((typeof value === "string" || value instanceof URL) && URL.canParse(value)) return new URL(value);
  throw new TypeError(`${what} must be a URL`);
}

/** Checks a sign-in that was begun, which may come from storage. */
function checkStarted(started: object, names: readonly string[]): void {
  for (const name of names) {
    if (stringField(started, name)) continue;
    throw new TypeError(`Cannot finish the sign-in: ${name} of what was begun must be a non-empty string`);
  }
}

function checkClientId(clientId: string): string {
  if (typeof clientId === "string" && clientId !== "") return clientId;
  throw new TypeError("Cannot begin the sign-in: the client ID must be a non-empty string");
}

/** The scope of a sign-in: all of the client-server API, as one device. */
function scopeOf(deviceId: DeviceID): string {
  // A scope is a list of words of these characters: a device ID with a space would ask for more than one scope.
  if (typeof deviceId !== "string" || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(deviceId)) {
    throw new TypeError(
      "Cannot begin the sign-in: the device ID must be a word of printable ASCII characters",
    );
  }
  return `urn:matrix:client:api:* urn:matrix:client:device:${deviceId}`;
}

const DEVICE_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

function newDeviceId(): DeviceID {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => DEVICE_CHARACTERS[byte % DEVICE_CHARACTERS.length]).join("");
}

/** 256 random bits, as 43 characters. */
function randomText(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** Web pages get the code in the fragment, which their server does not see; other programs have only the query. */
function responseMode(metadata: OAuthMetadata, { protocol }: URL): string {
  const modes = metadata.response_modes_supported;
  const fragment = protocol === "https:" && (modes === undefined || includes(modes, "fragment"));
  return fragment ? "fragment" : "query";
}

function includes(list: unknown, value: string): boolean {
  return Array.isArray(list) && list.includes(value);
}

/** Returns the code of a callback. */
function readCallback(
  metadata: OAuthMetadata,
  { state }: StartedAuthorization,
  callback: string | URL,
): string {
  const { search, hash } = parseUrl(callback, "Cannot finish the sign-in: the callback");
  const query = new URLSearchParams(search);
  const parameters = query.has("state") ? query : new URLSearchParams(hash.slice(1));
  const refuse = (message: string) => {
    throw new MatrixResponseError(`Invalid callback: ${message}`);
  };
  if (!isEqual(parameters.get("state") ?? "", state)) refuse("`state` is not that of this sign-in");
  const issuer = parameters.get("iss");
  const named = issuer !== null || metadata.authorization_response_iss_parameter_supported === true;
  if (named && issuer !== metadata.issuer) refuse("`iss` is not the authorization server");
  const error = parameters.get("error");
  if (error !== null) throw callbackError(error, parameters);
  const code = parameters.get("code");
  return code || refuse("`code` is missing");
}

/** Compares two strings in a time that does not depend on where they differ. */
function isEqual(a: string, b: string): boolean {
  if (a.length !== b.length || b === "") return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function callbackError(error: string, parameters: URLSearchParams): MatrixOAuthError {
  const body: Record<string, string> = { error };
  for (const name of ["error_description", "error_uri"]) {
    const value = parameters.get(name);
    if (value !== null) body[name] = value;
  }
  const { error_description: description } = body;
  const message = `Cannot finish the sign-in: ${error}${description ? `: ${description}` : ""}`;
  return new MatrixOAuthError(message, { status: 400, body });
}

function expired(): MatrixOAuthError {
  const body = { error: "expired_token" };
  return new MatrixOAuthError("Cannot finish the sign-in: the codes have expired", { status: 400, body });
}

/** Returns whether to continue to poll after an error. */
function mayContinue(error: unknown): boolean {
  if (error instanceof MatrixOAuthError) return ["authorization_pending", "slow_down"].includes(error.error);
  if (error instanceof MatrixRequestError) {
    return error.status >= 500 || [408, 425, 429].includes(error.status);
  }
  return error instanceof MatrixConnectionError;
}
