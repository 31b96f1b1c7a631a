import { checkGiven, checkIdentifier, given, numberOrKind, unlessEmpty } from "../http/validate.ts";
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
   * The time for which the user counts as typing, in milliseconds; 0 if the user has stopped typing.
   *
   * @default {0}
   */
  timeout?: number | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.sendReceipt}. */
export interface SendReceiptOptions extends RequestOptions {
  /**
   * The type of the receipt: `m.read` is public, `m.read.private` is visible to the user's own devices only, and
   * `m.fully_read` moves the read marker.
   *
   * @default {"m.read"}
   */
  receiptType?: ReceiptType | "m.fully_read" | undefined;
  /** The thread of the receipt: the ID of its root event, or `main`. By default the receipt is unthreaded. */
  threadId?: EventID | "main" | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setFullyReadMarker}. */
export interface SetFullyReadMarkerOptions extends RequestOptions {
  /** The event of a public read receipt. */
  readReceipt?: EventID | undefined;
  /** The event of a private read receipt. */
  privateReadReceipt?: EventID | undefined;
  /** Additional content, which takes precedence over the other fields of the body. */
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
  /** The status message. Pass `""` to remove it. If it is not given, the homeserver may keep or remove it. */
  status?: string | undefined;
}

/** Typing notifications, receipts, read markers and presence. */
export abstract class ActivityMethods extends SearchMethods {
  /**
   * Notifies the room that the user is typing, or has stopped typing.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid
   * @param roomId The room.
   * @param options The time, and request options.
   * @throws {RangeError} If the timeout is not a finite number.
   * @throws {TypeError} If the client's `mxid` is unset.
   * @throws {MForbidden} If the user is not in the room.
   */
  async setTyping(roomId: RoomID, options?: SetTypingOptions): Promise<void> {
    const timeout = given(options).timeout ?? 0;
    if (!Number.isFinite(timeout)) {
      throw new RangeError(
        `Cannot make a request: timeout must be a finite number, received ${numberOrKind(timeout)}`,
      );
    }
    await this.request("PUT", path`/_matrix/client/v3/rooms/${roomId}/typing/${this.ownUserId()}`, options, {
      body: timeout > 0 ? { typing: true, timeout } : { typing: false },
    });
  }

  /**
   * Sends a receipt for an event: the user has read the room up to it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
   * @param roomId The room.
   * @param eventId The event.
   * @param options Type and thread of the receipt, and request options.
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
   * Sets the read marker, the event up to which the user has read the room. Can send read receipts too.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers
   * @param roomId The room.
   * @param fullyRead The event of the read marker.
   * @param options Receipts, additional content, and request options.
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
    const receipts = {
      "m.read": unlessEmpty(readReceipt),
      "m.read.private": unlessEmpty(privateReadReceipt),
    };
    for (const eventId of Object.values(receipts)) if (eventId) checkIdentifier("event ID", eventId);
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/read_markers`, options, {
      body: {
        "m.fully_read": checkIdentifier("event ID", fullyRead),
        ...receipts,
        ...extraContent,
      },
      repeatable: true,
    });
  }

  /**
   * Sets the user's presence.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus
   * @param options State and status message, and request options.
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
   * @returns The response with `presence`, and optionally `status_msg`, `last_active_ago` (milliseconds) and
   * `currently_active`.
   * @throws {MForbidden} If the client's user may not see the presence.
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
