import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { listResponse, objectResponse, required } from "../http/response.ts";
import { checkContent, checkGiven, checkIdentifier, given, kindOf, unlessEmpty } from "../http/validate.ts";
import type { ThirdPartyLocation, ThirdPartyProtocol, ThirdPartyUser } from "../types/appservice.ts";
import type { RoomDirectoryVisibility } from "../types/directory.ts";
import type { EventID, RoomAlias, RoomID, UserID } from "../types/identifiers.ts";
import type { WhoisResponse } from "../types/users.ts";
import { PusherMethods } from "./push.ts";

/** Options of {@linkcode ModerationMethods.prototype.reportEvent}. */
export interface ReportEventOptions extends RequestOptions {
  /** Why the event is reported. */
  reason?: string | undefined;
}

/** Reports to the server's administrators, and what they can do with accounts. */
export abstract class ModerationMethods extends PusherMethods {
  /**
   * Reports an event to the administrators of the homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreporteventid
   * @param roomId The room.
   * @param eventId The event.
   * @param options The reason, and request options. Not retried after a lost connection, because each request makes a
   * report.
   * @throws {MNotFound} If there is no such event. Servers may hide that.
   */
  async reportEvent(roomId: RoomID, eventId: EventID, options?: ReportEventOptions): Promise<void> {
    const { reason } = given(options);
    checkGiven("string", { reason });
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/report/${eventId}`, options, {
      body: { reason: unlessEmpty(reason) },
    });
  }

  /**
   * Reports a room to the administrators of the homeserver. The user need not be in it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreport
   * @param roomId The room.
   * @param reason Why the room is reported; may be empty.
   * @param options Request options. Not retried after a lost connection, because each request makes a report.
   * @throws {MNotFound} If there is no such room. Servers may hide that.
   */
  async reportRoom(roomId: RoomID, reason: string, options?: RequestOptions): Promise<void> {
    const body = { reason: checkReason(reason) };
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/report`, options, { body });
  }

  /**
   * Reports a user to the administrators of the homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3usersuseridreport
   * @param userId The user.
   * @param reason Why the user is reported; may be empty.
   * @param options Request options. Not retried after a lost connection, because each request makes a report.
   * @throws {MNotFound} If there is no such user. Servers may hide that.
   */
  async reportUser(userId: UserID, reason: string, options?: RequestOptions): Promise<void> {
    const body = { reason: checkReason(reason) };
    await this.request("POST", path`/_matrix/client/v3/users/${userId}/report`, options, { body });
  }

  /**
   * Gets the sessions of a user: the client's own, or anybody's for an administrator.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3adminwhoisuserid
   * @param userId The user.
   * @param options Request options.
   * @returns The user's devices with their sessions and connections. Synapse lists all sessions under one device with an
   * empty ID.
   * @throws {MForbidden} If it is another user and the client's user is not an administrator.
   */
  async whois(userId: UserID, options?: RequestOptions): Promise<WhoisResponse> {
    return objectResponse(
      await this.request<WhoisResponse>("GET", path`/_matrix/client/v3/admin/whois/${userId}`, options),
    );
  }

  /**
   * Returns whether an account is locked. For administrators of servers with the capability `m.account_moderation`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminlockuserid
   * @param userId The user.
   * @param options Request options.
   * @returns Whether the account is locked.
   * @throws {MForbidden} If the client's user is not an administrator.
   */
  async isUserLocked(userId: UserID, options?: RequestOptions): Promise<boolean> {
    const response = await this.request("GET", path`/_matrix/client/v1/admin/lock/${userId}`, options);
    return required(response, "locked", "boolean");
  }

  /**
   * Locks or unlocks an account. A locked account can do nothing but log out, and gets 401 `M_USER_LOCKED`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminlockuserid
   * @param userId The user.
   * @param locked Whether to lock the account.
   * @param options Request options.
   * @returns Whether the account is locked now.
   * @throws {MForbidden} If the client's user is not an administrator, or the account is protected.
   */
  async setUserLocked(userId: UserID, locked: boolean, options?: RequestOptions): Promise<boolean> {
    const body = { locked: checkFlag("locked", locked) };
    const response = await this.request("PUT", path`/_matrix/client/v1/admin/lock/${userId}`, options, {
      body,
    });
    return required(response, "locked", "boolean");
  }

  /**
   * Returns whether an account is suspended. For administrators of servers with the capability `m.account_moderation`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminsuspenduserid
   * @param userId The user.
   * @param options Request options.
   * @returns Whether the account is suspended.
   * @throws {MForbidden} If the client's user is not an administrator.
   */
  async isUserSuspended(userId: UserID, options?: RequestOptions): Promise<boolean> {
    const response = await this.request("GET", path`/_matrix/client/v1/admin/suspend/${userId}`, options);
    return required(response, "suspended", "boolean");
  }

  /**
   * Suspends an account or ends its suspension. A suspended account can read, but not send.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminsuspenduserid
   * @param userId The user.
   * @param suspended Whether to suspend the account.
   * @param options Request options.
   * @returns Whether the account is suspended now.
   * @throws {MForbidden} If the client's user is not an administrator, or the account is protected.
   */
  async setUserSuspended(userId: UserID, suspended: boolean, options?: RequestOptions): Promise<boolean> {
    const body = { suspended: checkFlag("suspended", suspended) };
    const response = await this.request("PUT", path`/_matrix/client/v1/admin/suspend/${userId}`, options, {
      body,
    });
    return required(response, "suspended", "boolean");
  }
}

function checkReason(reason: string): string {
  if (typeof reason === "string") return reason;
  throw new TypeError(`Cannot send the report: reason must be a string, received ${kindOf(reason)}`);
}

function checkFlag(name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`Cannot change the account: ${name} must be a boolean, received ${kindOf(value)}`);
}

/** Options of {@linkcode BridgingMethods.prototype.pingAppservice}. */
export interface PingAppserviceOptions extends RequestOptions {
  /** Transaction ID that the homeserver passes on to the application service. */
  txnId?: string | undefined;
}

/** Third-party networks behind bridges, and calls of application services. */
export abstract class BridgingMethods extends ModerationMethods {
  /**
   * Gets the third-party networks that the homeserver is connected to.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartyprotocols
   * @param options Request options.
   * @returns The networks, by their ID.
   */
  async getThirdPartyProtocols(options?: RequestOptions): Promise<Record<string, ThirdPartyProtocol>> {
    return objectResponse(
      await this.request<Record<string, ThirdPartyProtocol>>("GET", `${NETWORKS}/protocols`, options),
    );
  }

  /**
   * Gets the metadata of a third-party network.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartyprotocolprotocol
   * @param protocol The ID of the network.
   * @param options Request options.
   * @returns The metadata.
   * @throws {MatrixRequestError} If there is no such network. Synapse sends no error code then.
   */
  async getThirdPartyProtocol(protocol: string, options?: RequestOptions): Promise<ThirdPartyProtocol> {
    return objectResponse(
      await this.request<ThirdPartyProtocol>(
        "GET",
        path`/_matrix/client/v3/thirdparty/protocol/${protocol}`,
        options,
      ),
    );
  }

  /**
   * Finds rooms of a third-party network.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartylocationprotocol
   * @param protocol The ID of the network.
   * @param fields Values of the network's fields, sent as query parameters.
   * @param options Request options.
   * @returns The rooms; `[]` if none is found.
   * @throws {MNotFound} If none is found, except on Synapse.
   */
  async findThirdPartyLocations(
    protocol: string,
    fields: Readonly<Record<string, string>>,
    options?: RequestOptions,
  ): Promise<ThirdPartyLocation[]> {
    const route = path`/_matrix/client/v3/thirdparty/location/${protocol}`;
    return listResponse(await this.request("GET", route, options, { params: checkFields(fields) }), INVALID);
  }

  /**
   * Finds the room of a third-party network that a room alias represents.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartylocation
   * @param roomAlias The alias.
   * @param options Request options.
   * @returns The rooms; `[]` if none is found.
   * @throws {MNotFound} If none is found, except on Synapse.
   */
  async findThirdPartyLocationsByAlias(
    roomAlias: RoomAlias,
    options?: RequestOptions,
  ): Promise<ThirdPartyLocation[]> {
    const params = { alias: checkIdentifier("room alias", roomAlias) };
    return listResponse(await this.request("GET", `${NETWORKS}/location`, options, { params }), INVALID);
  }

  /**
   * Finds users of a third-party network.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartyuserprotocol
   * @param protocol The ID of the network.
   * @param fields Values of the network's fields, sent as query parameters.
   * @param options Request options.
   * @returns The users; `[]` if none is found.
   * @throws {MNotFound} If none is found, except on Synapse.
   */
  async findThirdPartyUsers(
    protocol: string,
    fields: Readonly<Record<string, string>>,
    options?: RequestOptions,
  ): Promise<ThirdPartyUser[]> {
    const route = path`/_matrix/client/v3/thirdparty/user/${protocol}`;
    return listResponse(await this.request("GET", route, options, { params: checkFields(fields) }), INVALID);
  }

  /**
   * Finds the user of a third-party network that a user ID represents.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartyuser
   * @param userId The user.
   * @param options Request options.
   * @returns The users; `[]` if none is found.
   * @throws {MNotFound} If none is found, except on Synapse.
   */
  async findThirdPartyUsersById(userId: UserID, options?: RequestOptions): Promise<ThirdPartyUser[]> {
    const params = { userid: checkIdentifier("user ID", userId) };
    return listResponse(await this.request("GET", `${NETWORKS}/user`, options, { params }), INVALID);
  }

  /**
   * Makes the homeserver ping an application service. Needs the service's own token.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1appserviceappserviceidping
   * @param appserviceId The ID in the service's registration.
   * @param options The transaction ID, and request options.
   * @returns How long the homeserver waited for the service, in milliseconds.
   * @throws {MURLNotSet} If the registration has no URL.
   * @throws {MBadStatus} If the service responded with another status than 200.
   * @throws {MConnectionFailed} If the homeserver cannot reach the service.
   * @throws {MConnectionTimeout} If the service did not respond in time.
   */
  async pingAppservice(appserviceId: string, options?: PingAppserviceOptions): Promise<number> {
    const { txnId } = given(options);
    checkGiven("string", { txnId });
    const response = await this.request(
      "POST",
      path`/_matrix/client/v1/appservice/${appserviceId}/ping`,
      options,
      // The homeserver refuses a device that does not exist yet.
      { body: { transaction_id: unlessEmpty(txnId) }, asDevice: false },
    );
    return required(response, "duration_ms", "number");
  }

  /**
   * Sets whether a room is listed in the directory of a third-party network. Needs the token of the application service
   * that connects the network.
   *
   * @see https://spec.matrix.org/v1.19/application-service-api/#put_matrixclientv3directorylistappservicenetworkidroomid
   * @param networkId The ID of the network.
   * @param roomId The room.
   * @param visibility Whether the room is listed.
   * @param options Request options.
   */
  async setNetworkDirectoryVisibility(
    networkId: string,
    roomId: RoomID,
    visibility: RoomDirectoryVisibility,
    options?: RequestOptions,
  ): Promise<void> {
    const body = { visibility: checkIdentifier("visibility", visibility) };
    await this.request(
      "PUT",
      path`/_matrix/client/v3/directory/list/appservice/${networkId}/${checkIdentifier("room ID", roomId)}`,
      options,
      { body },
    );
  }
}

const NETWORKS = "/_matrix/client/v3/thirdparty";
const INVALID = "Invalid response: expected array";

function checkFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  checkContent(fields);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") continue;
    throw new TypeError(`Cannot search: the field ${name} must be a string, received ${kindOf(value)}`);
  }
  return { ...fields };
}
