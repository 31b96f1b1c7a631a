import type { RequestOptions } from "../http/options.ts";
import { objectResponse, required, requiredList } from "../http/response_fields.ts";
import {
  checkGiven,
  checkIdentifier,
  checkIdentityServer,
  given,
  numberOrKind,
  unlessEmpty,
} from "../http/validate.ts";
import type { ThirdPartyID, ThirdPartyMedium, UnbindResult, ValidationSession } from "../types/account.ts";
import { AccountMethods, type AuthOptions } from "./account.ts";

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
