import { MUserInUse } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { required } from "../http/response_fields.ts";
import {
  checkGiven,
  checkIdentifier,
  checkIdentityServer,
  given,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type { OpenIDToken, RegisterResponse, UnbindResult } from "../types/account.ts";
import type { AuthenticationData } from "../types/auth.ts";
import type { DeviceID } from "../types/identifiers.ts";
import { AuthenticationMethods } from "./authentication.ts";
import { APPLICATION_SERVICE } from "./base.ts";
import type { UIAAnswer } from "./user_interactive_auth.ts";

/** Options of methods that can require user-interactive authentication. */
export interface AuthOptions extends RequestOptions {
  /**
   * Authentication of the user: the data of one stage, or a function that answers the homeserver's questions, such as
   * `answerStages()` makes.
   */
  auth?: AuthenticationData | UIAAnswer | undefined;
}

/**
 * Options of {@linkcode AccountMethods.prototype.register}. Further ones are sent in the body under their own names.
 */
export interface RegisterOptions extends AuthOptions {
  /** Local part of the user ID. By default the homeserver chooses one. */
  username?: string | undefined;
  /** The password. */
  password?: string | undefined;
  /** The device to create. By default the homeserver chooses its ID. */
  deviceId?: DeviceID | undefined;
  /** Name of the device. */
  deviceName?: string | undefined;
  /**
   * Kind of account: `user` or `guest`.
   *
   * @default {"user"}
   */
  kind?: "user" | "guest" | (string & Record<never, never>) | undefined;
  /**
   * Whether to create no device and no token.
   *
   * @default {false}
   */
  inhibitLogin?: boolean | undefined;
  /**
   * Whether to request a refresh token.
   *
   * @default {false}
   */
  refreshToken?: boolean | undefined;
  /** `m.login.application_service` to register a user of an application service with its token. */
  loginType?: string | undefined;
  /**
   * Whether the client takes over user ID, device ID and token of the new account.
   *
   * @default {true}, except for users of an application service
   */
  storeAccessToken?: boolean | undefined;
  /** Further parameters. */
  [extra: string]: unknown;
}

/** Options of {@linkcode AccountMethods.prototype.changePassword}. */
export interface ChangePasswordOptions extends AuthOptions {
  /**
   * Whether to log out all other devices. They lose the keys of encrypted rooms.
   *
   * @default {true}, as the homeserver decides
   */
  logoutDevices?: boolean | undefined;
}

/** Options of {@linkcode AccountMethods.prototype.deactivateAccount}. */
export interface DeactivateAccountOptions extends AuthOptions {
  /** Whether to hide the user's messages from users who join a room later. They are not deleted. */
  erase?: boolean | undefined;
  /** Host name of the identity server to remove the user's addresses from. By default those that the homeserver knows. */
  idServer?: string | undefined;
  /**
   * Whether the client forgets token and device ID afterwards.
   *
   * @default {true}
   */
  clearAccessToken?: boolean | undefined;
}

/** Accounts. On homeservers with OAuth 2.0 most of this is done at the account URL, see `accountUrl()`. */
export abstract class AccountMethods extends AuthenticationMethods {
  /**
   * Registers an account and uses it.
   *
   * @example Register with a token
   * ```ts
   * import { answerStages, ClientAPI } from "@mtx/client";
   * import { assertEquals } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
   * const auth = answerStages({ "m.login.registration_token": { token: "invitation" } });
   * await client.register({ username: "alice", password: "correct horse", auth });
   * assertEquals(client.mxid, "@alice:example.org");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3register
   * @param options Name, password and device of the account, how the user authenticates, and request options. Not retried
   * after a lost connection: if the last response is lost the account exists, and another attempt throws
   * {@linkcode MUserInUse}. Then call `login()`.
   * @returns The response: `user_id`, and unless `inhibitLogin` is given `access_token` and `device_id`.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   * @throws {MUserInUse} If the user name is taken.
   * @throws {MInvalidUsername} If the user name is not allowed.
   * @throws {MatrixResponseError} If user ID, device ID or token are missing or malformed. The client is unchanged then.
   */
  async register(options?: RegisterOptions): Promise<RegisterResponse> {
    const { signal: _, deadline: _0, retry: _1, headers: _2, query: _3, timestamp: _4, ...parameters } =
      given(options);
    const {
      auth,
      username,
      password,
      deviceId,
      deviceName,
      kind,
      inhibitLogin,
      refreshToken,
      loginType,
      ...rest
    } = parameters;
    const { storeAccessToken, ...extra } = rest;
    checkGiven("string", { username, password, deviceId, deviceName, kind, loginType });
    checkGiven("boolean", { inhibitLogin, refreshToken });
    const body = onlyGiven({
      username,
      password,
      device_id: unlessEmpty(deviceId),
      initial_device_display_name: deviceName,
      inhibit_login: inhibitLogin,
      refresh_token: unlessEmpty(refreshToken),
      type: unlessEmpty(loginType),
      ...onlyGiven(extra),
    });
    const response = await this.withAuth(
      auth,
      options,
      (auth) =>
        this.request<RegisterResponse>("POST", "/_matrix/client/v3/register", options, {
          params: { kind: unlessEmpty(kind) },
          // The user name and the password have to be in each request.
          body: { ...body, auth },
          // Servers refuse a token here, except that of an application service.
          authenticated: loginType === APPLICATION_SERVICE,
          sensitive: true,
        }),
    );
    if (inhibitLogin) required(response, "user_id");
    else this.useLogin(response, storeAccessToken ?? loginType !== APPLICATION_SERVICE);
    return response;
  }

  /**
   * Returns whether a user name can be registered. Another user may register it meanwhile.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3registeravailable
   * @param username Local part of the user ID.
   * @param options Request options.
   * @returns Whether the name is available; `false` if it is taken.
   * @throws {MInvalidUsername} If the name is not allowed.
   * @throws {MExclusive} If the name is reserved for an application service.
   */
  async isUsernameAvailable(username: string, options?: RequestOptions): Promise<boolean> {
    const params = { username: checkIdentifier("user name", username) };
    try {
      const response = await this.request("GET", "/_matrix/client/v3/register/available", options, {
        params,
        authenticated: false,
      });
      return required(response, "available", "boolean");
    } catch (error) {
      if (error instanceof MUserInUse) return false;
      throw error;
    }
  }

  /**
   * Returns whether a registration token can be used now.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1registermloginregistration_tokenvalidity
   * @param token The registration token.
   * @param options Request options.
   * @returns Whether it is valid.
   * @throws {MForbidden} If registration is disabled.
   */
  async isRegistrationTokenValid(token: string, options?: RequestOptions): Promise<boolean> {
    const response = await this.request(
      "GET",
      "/_matrix/client/v1/register/m.login.registration_token/validity",
      options,
      { params: { token: checkIdentifier("registration token", token) }, authenticated: false },
    );
    return required(response, "valid", "boolean");
  }

  /**
   * Changes the user's password.
   *
   * Unless `logoutDevices` is `false`, the homeserver logs out all other devices, which lose the keys of encrypted rooms.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountpassword
   * @param newPassword The new password.
   * @param options What happens to other devices, how the user authenticates, and request options.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   * @throws {MWeakPassword} If the password is too weak.
   */
  async changePassword(newPassword: string, options?: ChangePasswordOptions): Promise<void> {
    const { auth, logoutDevices } = given(options);
    checkGiven("boolean", { logoutDevices });
    const body = {
      new_password: checkIdentifier("new password", newPassword),
      ...onlyGiven({ logout_devices: logoutDevices }),
    };
    await this.withAuth(
      auth,
      options,
      (auth) =>
        this.request("POST", "/_matrix/client/v3/account/password", options, {
          body: { ...body, auth },
          // Without a token it is the reset of a forgotten password.
          authenticated: this.api.token !== "" || this.api.auth !== undefined,
          sensitive: true,
        }),
    );
  }

  /**
   * Deactivates the account permanently. Its user ID can never be used again.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate
   * @param options How the user authenticates, what happens to their messages, and request options.
   * @returns What happened to the user's addresses at the identity server.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   */
  async deactivateAccount(options?: DeactivateAccountOptions): Promise<UnbindResult> {
    const { auth, erase, idServer, clearAccessToken } = given(options);
    checkGiven("boolean", { erase });
    checkGiven("string", { idServer });
    const body = onlyGiven({ erase, id_server: unlessEmpty(idServer) && checkIdentityServer(idServer!) });
    const response = await this.withAuth(
      auth,
      options,
      (auth) =>
        this.request("POST", "/_matrix/client/v3/account/deactivate", options, {
          body: { ...body, auth },
          sensitive: true,
        }),
    );
    if (clearAccessToken ?? true) {
      this.api.token = "";
      this.deviceId = "";
    }
    return required(response, "id_server_unbind_result");
  }

  /**
   * Requests a token that proves to another service who the user is.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridopenidrequest_token
   * @param options Request options.
   * @returns The token, which is secret, and how long it is valid.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  async requestOpenIdToken(options?: RequestOptions): Promise<OpenIDToken> {
    const response = await this.request<OpenIDToken>(
      "POST",
      path`/_matrix/client/v3/user/${this.ownUserId()}/openid/request_token`,
      options,
      { body: {}, repeatable: true, sensitive: true },
    );
    required(response, "access_token");
    return response;
  }
}
