import type { RequestOptions } from "../http/options.ts";
import { objectResponse } from "../http/response_fields.ts";
import type { TurnServerResponse } from "../types/responses.ts";
import { BridgingMethods } from "./bridging.ts";

/** Servers for voice and video calls. */
export abstract class CallMethods extends BridgingMethods {
  /**
   * Gets credentials for the TURN server of the homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3voipturnserver
   * @param options Request options.
   * @returns URIs, user name and password, which are valid for `ttl` seconds. Synapse returns `{}` if it has no TURN
   * server.
   */
  async getTurnServer(options?: RequestOptions): Promise<TurnServerResponse> {
    return objectResponse(
      await this.request<TurnServerResponse>("GET", "/_matrix/client/v3/voip/turnServer", options),
    );
  }
}
