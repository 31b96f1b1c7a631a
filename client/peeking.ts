import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import { checkGiven, checkIdentifier, checkTimeout, given, unlessEmpty } from "../http/validate.ts";
import type { RoomID, SyncToken } from "../types/identifiers.ts";
import type { PeekedEvents, RoomInitialSync } from "../types/responses.ts";
import { SyncMethods } from "./sync.ts";

/** Options of {@linkcode PeekingMethods.prototype.peekEvents}. */
export interface PeekEventsOptions extends RequestOptions {
  /** Token to continue from: `end` of a response before, or `messages.end` of the room's initial sync. */
  from?: SyncToken | undefined;
  /**
   * Time for which the homeserver waits for events, in milliseconds. Added to `deadline`.
   *
   * @default {30000}
   */
  timeout?: number | undefined;
}

/** Reading rooms without joining them. The rooms must be world-readable. */
export abstract class PeekingMethods extends SyncMethods {
  /**
   * Waits for new events of a room that the user has not joined. Not retried, as with `sync()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3events
   * @param roomId The room.
   * @param options Where to continue, how long to wait, and request options.
   * @returns The events, empty if there were none in time, and the token to continue from. Synapse adds presence events.
   * @throws {MForbidden} If the user may not read the room.
   * @throws {RangeError} If `timeout` is not an integer of at least 0.
   */
  async peekEvents(roomId: RoomID, options?: PeekEventsOptions): Promise<PeekedEvents> {
    const { from } = given(options);
    checkGiven("string", { from });
    const timeout = checkTimeout(given(options).timeout, 30_000);
    const request = { ...options, retry: { limit: 0 } };
    return objectResponse(
      await this.request<PeekedEvents>("GET", "/_matrix/client/v3/events", request, {
        serverTimeout: timeout,
        params: { room_id: checkIdentifier("room ID", roomId), from: unlessEmpty(from), timeout },
      }),
    );
  }

  /**
   * Gets the state and the latest events of a room. `getState()` and `getMessages()` do the same in parts.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidinitialsync
   * @param roomId The room.
   * @param options Request options.
   * @returns State and events of the room. `messages.end` is where
   * {@linkcode PeekingMethods.prototype.peekEvents} can continue.
   * @throws {MForbidden} If the user may not read the room.
   */
  async getRoomInitialSync(roomId: RoomID, options?: RequestOptions): Promise<RoomInitialSync> {
    const response = await this.request<RoomInitialSync>(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/initialSync`,
      options,
    );
    required(response, "room_id");
    return response;
  }
}
