import { checkGiven, checkIdentifier, given, unlessEmpty } from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import { isJsonObject } from "../types/json.ts";
import type { PresenceEventContent, PresenceState, ReceiptType } from "../types/events/mod.ts";
import type { EventID, RoomID, UserID } from "../types/identifiers.ts";
import { SearchMethods } from "./search.ts";

/** Options of {@linkcode ActivityMethods.prototype.setTyping}. */
export interface SetTypingOptions extends RequestOptions {
  /**
   * The time for which the user is shown as typing, in milliseconds. 0 ends the typing notification.
   *
   * @default {0}
   */
  timeout?: number | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.sendReceipt}. */
export interface SendReceiptOptions extends RequestOptions {
  /**
   * The receipt's type: `m.read` is visible to the room, `m.read.private` only to the user's own devices.
   * `m.fully_read` moves the fully read marker.
   *
   * @default {"m.read"}
   */
  receiptType?: ReceiptType | "m.fully_read" | undefined;
  /** The ID of the thread's root event, or `main` for events outside of threads. Omit it for an unthreaded receipt. */
  threadId?: EventID | "main" | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setFullyReadMarker}. */
export interface SetFullyReadMarkerOptions extends RequestOptions {
  /** The ID of the event to send an `m.read` receipt for, which is visible to the room. */
  readReceipt?: EventID | undefined;
  /** The ID of the event to send an `m.read.private` receipt for, which is visible only to the user's own devices. */
  privateReadReceipt?: EventID | undefined;
  /** Further fields of the request. They override the fields set by the other arguments. */
  extraContent?: object | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setPresence}. */
export interface SetPresenceOptions extends RequestOptions {
  /**
   * The presence state.
   *
   * @default {"online"}
   */
  presence?: PresenceState | undefined;
  /** The status message. An empty string removes it. If omitted, the homeserver may keep or remove the current one. */
  status?: string | undefined;
}

/** Typing notifications, receipts, read markers and presence. */
export abstract class ActivityMethods extends SearchMethods {
  /**
   * Sends a typing notification: whether the user is typing in a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid
   * @param roomId The room.
   * @param options How long the user is shown as typing, and request options.
   * @throws {RangeError} If `timeout` is not a finite number.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the user is not in the room.
   */
  async setTyping(roomId: RoomID, options?: SetTypingOptions): Promise<void> {
    const timeout = given(options).timeout ?? 0;
    if (!Number.isFinite(timeout)) {
      throw new RangeError("Cannot make a request: timeout must be a finite number");
    }
    await this.request("PUT", path`/_matrix/client/v3/rooms/${roomId}/typing/${this.ownUserId()}`, options, {
      body: timeout > 0 ? { typing: true, timeout } : { typing: false },
    });
  }

  /**
   * Sends a receipt: the user has read the room up to an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
   * @param roomId The room.
   * @param eventId The event's ID.
   * @param options The receipt's type and thread, and request options.
   * @throws {MForbidden} If the user is not in the room.
   */
  async sendReceipt(roomId: RoomID, eventId: EventID, options?: SendReceiptOptions): Promise<void> {
    const { receiptType, threadId } = given(options);
    checkGiven("string", { threadId });
    checkIdentifier("event ID", eventId);
    await this.request(
      "POST",
      path`/_matrix/client/v3/rooms/${roomId}/receipt/${receiptType ?? "m.read"}/${eventId}`,
      options,
      { body: { thread_id: unlessEmpty(threadId) }, repeatable: true },
    );
  }

  /**
   * Sets the fully read marker of a room, and optionally sends read receipts.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers
   * @param roomId The room.
   * @param fullyRead The ID of the event up to which the user has read the room.
   * @param options Read receipts, further fields, and request options.
   * @throws {MForbidden} If the user is not in the room.
   */
  async setFullyReadMarker(
    roomId: RoomID,
    fullyRead: EventID,
    options?: SetFullyReadMarkerOptions,
  ): Promise<void> {
    const { readReceipt, privateReadReceipt, extraContent } = given(options);
    checkGiven("string", { readReceipt, privateReadReceipt });
    checkGiven("object", { extraContent });
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/read_markers`, options, {
      body: {
        "m.fully_read": checkIdentifier("event ID", fullyRead),
        "m.read": unlessEmpty(readReceipt),
        "m.read.private": unlessEmpty(privateReadReceipt),
        ...extraContent,
      },
      repeatable: true,
    });
  }

  /**
   * Sets the user's presence.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus
   * @param options The presence state, a status message, and request options.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async setPresence(options?: SetPresenceOptions): Promise<void> {
    const { presence, status } = given(options);
    checkGiven("string", { presence, status });
    await this.request("PUT", path`/_matrix/client/v3/presence/${this.ownUserId()}/status`, options, {
      body: { presence: presence ?? "online", status_msg: status ?? undefined },
    });
  }

  /**
   * Gets a user's presence.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3presenceuseridstatus
   * @param userId The user.
   * @param options Request options.
   * @returns The presence state in `presence`. If the homeserver knows them, also `status_msg`, `last_active_ago` in
   * milliseconds, and `currently_active`.
   * @throws {MForbidden} If the user is not allowed to see the presence.
   * @throws {MNotFound} If the user does not exist.
   */
  async getPresence(userId: UserID, options?: RequestOptions): Promise<PresenceEventContent> {
    const response = await this.request<PresenceEventContent>(
      "GET",
      path`/_matrix/client/v3/presence/${userId}/status`,
      options,
    );
    if (isJsonObject(response) && typeof response.presence === "string") return response;
    throw new MatrixResponseError("Invalid presence in response");
  }
}
