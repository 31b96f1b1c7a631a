import { checkGiven, checkIdentifier, given, kindOf } from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, requiredList } from "../http/response_fields.ts";
import type { Device } from "../types/account.ts";
import type { DeviceID } from "../types/identifiers.ts";
import type { AuthOptions } from "./account.ts";
import { encodeBase64Url } from "./encoding.ts";
import { ThirdPartyIDMethods } from "./third_party_ids.ts";

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
