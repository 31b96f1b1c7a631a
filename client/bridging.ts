import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { listResponse, objectResponse, required } from "../http/response_fields.ts";
import { checkContent, checkGiven, checkIdentifier, given, kindOf, unlessEmpty } from "../http/validate.ts";
import type { ThirdPartyLocation, ThirdPartyProtocol, ThirdPartyUser } from "../types/appservice.ts";
import type { RoomDirectoryVisibility } from "../types/directory.ts";
import type { RoomAlias, RoomID, UserID } from "../types/identifiers.ts";
import { ModerationMethods } from "./moderation.ts";

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
