import { encodeBase64Url } from "@std/encoding/base64url";
import { checkGiven } from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import type { DeviceID } from "../types/identifiers.ts";
import { AuthenticationMethods } from "./authentication.ts";

/** The devices of an account. */
export abstract class DeviceMethods extends AuthenticationMethods {
  /**
   * Makes a device for a user of an application service, who never logs in, and acts as this device from then on: sets
   * the transport's `asUserId` and `asDeviceId` and the client's `deviceId`. If the device exists it is renamed.
   *
   * @see https://spec.matrix.org/v1.19/application-service-api/#device-management
   * @param deviceId The device's ID; an empty one for a random ID.
   * @param initialDisplayName The device's name, for the user to see.
   * @param options Request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the user is none of the application service's. The transport then stays as it was.
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
    const before = this.api.asUserId;
    this.api.asUserId = mxid;
    try {
      await this.request("PUT", route, options, { body: { display_name: initialDisplayName ?? undefined } });
    } catch (error) {
      this.api.asUserId = before;
      throw error;
    }
    this.api.asDeviceId = id;
    this.deviceId = id;
  }
}
