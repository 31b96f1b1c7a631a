import { MUserInUse } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { objectResponse, required, requiredList } from "../http/response.ts";
import {
  checkGiven,
  checkIdentifier,
  checkIdentityServer,
  given,
  kindOf,
  numberOrKind,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type {
  Device,
  OpenIDToken,
  RegisterResponse,
  ThirdPartyID,
  ThirdPartyMedium,
  UnbindResult,
  ValidationSession,
} from "../types/account.ts";
import type { AuthenticationData } from "../types/auth.ts";
import type { DeviceID } from "../types/identifiers.ts";
import { AuthenticationMethods, type UIAAnswer } from "./authentication.ts";
import { APPLICATION_SERVICE } from "./base.ts";
import { encodeBase64Url } from "./encoding.ts";

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

/** Purpose of a validation: to add the address to the account, to register, or to reset the password. */
export type ValidationPurpose = "add" | "register" | "password";

/** Options of {@linkcode ThirdPartyIDMethods.prototype.requestEmailToken} and `requestPhoneToken()`. */
export interface RequestTokenOptions extends RequestOptions {
  /** Page that the user is sent to after the validation. */
  nextLink?: string | undefined;
  /** Host name of an identity server that validates the address. Deprecated. */
  idServer?: string | undefined;
  /** Access token for the identity server. */
  idAccessToken?: string | undefined;
}

/** Options of {@linkcode ThirdPartyIDMethods.prototype.deleteThirdPartyId} and `unbindThirdPartyId()`. */
export interface UnbindOptions extends RequestOptions {
  /** Host name of the identity server. By default the one that the homeserver has bound the address at. */
  idServer?: string | undefined;
}

const ACCOUNT = "/_matrix/client/v3/account/3pid";
const REQUEST_PATHS: Readonly<Record<ValidationPurpose, string>> = {
  add: ACCOUNT,
  register: "/_matrix/client/v3/register",
  password: "/_matrix/client/v3/account/password",
};

/** E-mail addresses and phone numbers of the account. */
export abstract class ThirdPartyIDMethods extends AccountMethods {
  /**
   * Gets the addresses of the account.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3account3pid
   * @param options Request options.
   * @returns The addresses.
   */
  async getThirdPartyIds(options?: RequestOptions): Promise<ThirdPartyID[]> {
    const response = objectResponse<{ threepids?: unknown }>(await this.request("GET", ACCOUNT, options));
    if ((response.threepids ?? undefined) === undefined) return [];
    return requiredList(response, "threepids", "Invalid `threepids` in response: expected array");
  }

  /**
   * Requests a message to an e-mail address that validates it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3pidemailrequesttoken
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3registeremailrequesttoken
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountpasswordemailrequesttoken
   * @param purpose What the address is validated for.
   * @param email The address.
   * @param clientSecret Identifies the client, see `makeClientSecret()`.
   * @param sendAttempt Number of the message, from 1. The same number again sends no further message.
   * @param options Where the user is sent afterwards, and request options.
   * @returns The ID of the validation, and perhaps where to submit the code.
   * @throws {MThreepidInUse} If the address belongs to another account. Servers may hide that.
   * @throws {MThreepidNotFound} If no account has the address whose password is to be reset. Servers may hide that.
   */
  async requestEmailToken(
    purpose: ValidationPurpose,
    email: string,
    clientSecret: string,
    sendAttempt: number,
    options?: RequestTokenOptions,
  ): Promise<ValidationSession> {
    const address = { email: checkIdentifier("e-mail address", email) };
    return await this.#requestToken(purpose, "email", address, clientSecret, sendAttempt, options);
  }

  /**
   * Requests a message to a phone number that validates it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3pidmsisdnrequesttoken
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3registermsisdnrequesttoken
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountpasswordmsisdnrequesttoken
   * @param purpose What the number is validated for.
   * @param country Two-letter code of the country that the number is dialled from.
   * @param phoneNumber The number.
   * @param clientSecret Identifies the client, see `makeClientSecret()`.
   * @param sendAttempt Number of the message, from 1. The same number again sends no further message.
   * @param options Where the user is sent afterwards, and request options.
   * @returns The ID of the validation, and perhaps where to submit the code.
   * @throws {MThreepidInUse} If the number belongs to another account. Servers may hide that.
   */
  async requestPhoneToken(
    purpose: ValidationPurpose,
    country: string,
    phoneNumber: string,
    clientSecret: string,
    sendAttempt: number,
    options?: RequestTokenOptions,
  ): Promise<ValidationSession> {
    const address = {
      country: checkIdentifier("country", country),
      phone_number: checkIdentifier("phone number", phoneNumber),
    };
    return await this.#requestToken(purpose, "msisdn", address, clientSecret, sendAttempt, options);
  }

  /**
   * Submits the code of a message to a phone number. Neither the access token nor headers of the client are sent.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3pidmsisdnrequesttoken
   * @param submitUrl The `submit_url` of the validation.
   * @param sid The ID of the validation.
   * @param clientSecret The client secret of the validation.
   * @param token The code.
   * @param options Request options. Headers and query parameters are not sent.
   * @returns Whether the code is right.
   */
  async submitPhoneToken(
    submitUrl: string | URL,
    sid: string,
    clientSecret: string,
    token: string,
    options?: RequestOptions,
  ): Promise<boolean> {
    const json = {
      sid: checkIdentifier("validation ID", sid),
      client_secret: checkIdentifier("client secret", clientSecret),
      token: checkIdentifier("code", token),
    };
    if (!(submitUrl instanceof URL)) checkIdentifier("submit URL", submitUrl);
    const { signal, deadline, retry } = given(options);
    return required(
      await this.api.requestTo(submitUrl, { json, signal, deadline, retry }),
      "success",
      "boolean",
    );
  }

  /**
   * Adds a validated address to the account.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3pidadd
   * @param sid The ID of the validation.
   * @param clientSecret The client secret of the validation.
   * @param options How the user authenticates, and request options.
   * @throws {MThreepidAuthFailed} If the user has not followed the link in the message yet.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   */
  async addThirdPartyId(sid: string, clientSecret: string, options?: AuthOptions): Promise<void> {
    const { auth } = given(options);
    const body = validated(sid, clientSecret);
    await this.withAuth(
      auth,
      options,
      (auth) => this.request("POST", `${ACCOUNT}/add`, options, { body: { ...body, auth }, sensitive: true }),
    );
  }

  /**
   * Binds a validated address to the user at an identity server, so that others can find the user by it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3pidbind
   * @param sid The ID of the validation, which was made at the identity server.
   * @param clientSecret The client secret of the validation.
   * @param idServer Host name of the identity server.
   * @param idAccessToken Access token for the identity server.
   * @param options Request options.
   */
  async bindThirdPartyId(
    sid: string,
    clientSecret: string,
    idServer: string,
    idAccessToken: string,
    options?: RequestOptions,
  ): Promise<void> {
    const body = {
      ...validated(sid, clientSecret),
      id_server: checkIdentityServer(idServer),
      id_access_token: checkIdentifier("identity access token", idAccessToken),
    };
    await this.request("POST", `${ACCOUNT}/bind`, options, { body, sensitive: true });
  }

  /**
   * Deletes an address from the account, and unbinds it from the identity server.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3piddelete
   * @param medium Kind of the address.
   * @param address The address.
   * @param options The identity server, and request options.
   * @returns What happened at the identity server; `no-support` if nothing.
   */
  async deleteThirdPartyId(
    medium: ThirdPartyMedium,
    address: string,
    options?: UnbindOptions,
  ): Promise<UnbindResult> {
    return await this.#unbind("delete", medium, address, options);
  }

  /**
   * Unbinds an address from the identity server and keeps it in the account.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3account3pidunbind
   * @param medium Kind of the address.
   * @param address The address.
   * @param options The identity server, and request options.
   * @returns What happened at the identity server; `no-support` if nothing.
   */
  async unbindThirdPartyId(
    medium: ThirdPartyMedium,
    address: string,
    options?: UnbindOptions,
  ): Promise<UnbindResult> {
    return await this.#unbind("unbind", medium, address, options);
  }

  async #requestToken(
    purpose: ValidationPurpose,
    medium: "email" | "msisdn",
    address: object,
    clientSecret: string,
    sendAttempt: number,
    options: RequestTokenOptions | undefined,
  ): Promise<ValidationSession> {
    const { nextLink, idServer, idAccessToken } = given(options);
    checkGiven("string", { nextLink, idServer, idAccessToken });
    if (!Object.hasOwn(REQUEST_PATHS, purpose)) {
      throw new TypeError('Cannot request the token: purpose must be "add", "register" or "password"');
    }
    if (!Number.isSafeInteger(sendAttempt)) {
      throw new TypeError(
        `Cannot request the token: sendAttempt must be an integer, received ${numberOrKind(sendAttempt)}`,
      );
    }
    const response = await this.request<ValidationSession>(
      "POST",
      `${REQUEST_PATHS[purpose]}/${medium}/requestToken`,
      options,
      {
        body: {
          ...address,
          client_secret: checkIdentifier("client secret", clientSecret),
          send_attempt: sendAttempt,
          next_link: unlessEmpty(nextLink),
          id_server: unlessEmpty(idServer) && checkIdentityServer(idServer!),
          id_access_token: unlessEmpty(idAccessToken),
        },
        authenticated: false,
        // The number of the message keeps a repetition from sending another one.
        repeatable: true,
        sensitive: true,
      },
    );
    required(response, "sid");
    return response;
  }

  async #unbind(
    action: "delete" | "unbind",
    medium: ThirdPartyMedium,
    address: string,
    options: UnbindOptions | undefined,
  ): Promise<UnbindResult> {
    const { idServer } = given(options);
    checkGiven("string", { idServer });
    const body = {
      medium: checkIdentifier("medium", medium),
      address: checkIdentifier("address", address),
      id_server: unlessEmpty(idServer) && checkIdentityServer(idServer!),
    };
    const response = await this.request("POST", `${ACCOUNT}/${action}`, options, { body, repeatable: true });
    return required(response, "id_server_unbind_result");
  }
}

function validated(sid: string, clientSecret: string): { sid: string; client_secret: string } {
  return {
    sid: checkIdentifier("validation ID", sid),
    client_secret: checkIdentifier("client secret", clientSecret),
  };
}

/** Devices of the user. */
export abstract class DeviceMethods extends ThirdPartyIDMethods {
  /**
   * Creates a device for a user of an application service, without a login. If the device exists, sets its display
   * name.
   *
   * Sets the transport's `asUserId` and `asDeviceId` and the client's `deviceId`, so later requests are sent as the
   * device.
   *
   * @see https://spec.matrix.org/v1.19/application-service-api/#device-management
   * @param deviceId The device's ID; an empty string for a random ID.
   * @param initialDisplayName The device's display name.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the user does not belong to the application service. The transport is then not modified.
   */
  async createDeviceMsc4190(
    deviceId: DeviceID,
    initialDisplayName: string,
    options?: RequestOptions,
  ): Promise<void> {
    const mxid = this.ownUserId();
    const id = deviceId || encodeBase64Url(crypto.getRandomValues(new Uint8Array(10)));
    const route = path`/_matrix/client/v3/devices/${id}`;
    checkGiven("string", { initialDisplayName });
    const { asUserId } = this.api;
    this.api.asUserId = mxid;
    try {
      await this.request("PUT", route, options, {
        body: { display_name: initialDisplayName ?? undefined },
        // Synapse responds M_UNKNOWN_DEVICE to a device ID in the query that does not exist, such as the one to create.
        asDevice: false,
      });
    } catch (error) {
      this.api.asUserId = asUserId;
      throw error;
    }
    this.api.asDeviceId = id;
    this.deviceId = id;
  }

  /**
   * Gets the user's devices.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devices
   * @param options Request options.
   * @returns The devices.
   */
  async getDevices(options?: RequestOptions): Promise<Device[]> {
    const response = objectResponse<{ devices?: unknown }>(
      await this.request("GET", "/_matrix/client/v3/devices", options),
    );
    if ((response.devices ?? undefined) === undefined) return [];
    return requiredList(response, "devices", "Invalid `devices` in response: expected array");
  }

  /**
   * Gets a device of the user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devicesdeviceid
   * @param deviceId The device.
   * @param options Request options.
   * @returns The device.
   * @throws {MNotFound} If the user has no such device.
   */
  async getDevice(deviceId: DeviceID, options?: RequestOptions): Promise<Device> {
    return objectResponse(
      await this.request<Device>("GET", path`/_matrix/client/v3/devices/${deviceId}`, options),
    );
  }

  /**
   * Sets the name of a device.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3devicesdeviceid
   * @param deviceId The device.
   * @param displayName The name.
   * @param options Request options.
   * @throws {MNotFound} If the user has no such device.
   */
  async setDeviceName(deviceId: DeviceID, displayName: string, options?: RequestOptions): Promise<void> {
    if (typeof displayName !== "string") {
      throw new TypeError(
        `Cannot name the device: displayName must be a string, received ${kindOf(displayName)}`,
      );
    }
    const body = { display_name: displayName };
    await this.request("PUT", path`/_matrix/client/v3/devices/${deviceId}`, options, { body });
  }

  /**
   * Deletes a device and its token. Deleting it twice succeeds.
   *
   * On homeservers with OAuth 2.0 the user does that at the account URL, see `accountUrl()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3devicesdeviceid
   * @param deviceId The device.
   * @param options How the user authenticates, and request options.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   * @throws {MUnrecognized} If the homeserver uses OAuth 2.0.
   */
  async deleteDevice(deviceId: DeviceID, options?: AuthOptions): Promise<void> {
    const route = path`/_matrix/client/v3/devices/${deviceId}`;
    await this.withAuth(
      given(options).auth,
      options,
      (auth) => this.request("DELETE", route, options, { body: { auth }, sensitive: true }),
    );
  }

  /**
   * Deletes several devices and their tokens.
   *
   * On homeservers with OAuth 2.0 the user does that at the account URL, see `accountUrl()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3delete_devices
   * @param deviceIds The devices.
   * @param options How the user authenticates, and request options.
   * @throws {MatrixUIARequired} If the homeserver requires authentication and `auth` does not answer it.
   * @throws {MUnrecognized} If the homeserver uses OAuth 2.0.
   * @throws {TypeError} If the list is empty.
   */
  async deleteDevices(deviceIds: readonly DeviceID[], options?: AuthOptions): Promise<void> {
    if (!Array.isArray(deviceIds) || deviceIds.length === 0) {
      throw new TypeError(
        `Cannot delete devices: deviceIds must be an array that is not empty, received ${
          Array.isArray(deviceIds) ? "an empty one" : kindOf(deviceIds)
        }`,
      );
    }
    const devices = deviceIds.map((deviceId) => checkIdentifier("device ID", deviceId));
    await this.withAuth(
      given(options).auth,
      options,
      (auth) =>
        this.request("POST", "/_matrix/client/v3/delete_devices", options, {
          body: { devices, auth },
          repeatable: auth === undefined,
          sensitive: true,
        }),
    );
  }
}
