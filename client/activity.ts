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
   * For how long the user counts as typing, in milliseconds; 0 for not typing any more.
   *
   * @default {0}
   */
  timeout?: number | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.sendReceipt}. */
export interface SendReceiptOptions extends RequestOptions {
  /**
   * Who gets to see it: `m.read` for everybody, `m.read.private` for the user's own devices; `m.fully_read` moves the
   * read marker.
   *
   * @default {"m.read"}
   */
  receiptType?: ReceiptType | "m.fully_read" | undefined;
  /** The thread that was read: the ID of its first event, or `main`. Without it, threads do not matter. */
  threadId?: EventID | "main" | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setFullyReadMarker}. */
export interface SetFullyReadMarkerOptions extends RequestOptions {
  /** The event up to which all has been read, for everybody to see. */
  readReceipt?: EventID | undefined;
  /** The event up to which all has been read, for the user's own devices only. */
  privateReadReceipt?: EventID | undefined;
  /** Further content. It wins over what the rest of the arguments make. */
  extraContent?: object | undefined;
}

/** Options of {@linkcode ActivityMethods.prototype.setPresence}. */
export interface SetPresenceOptions extends RequestOptions {
  /**
   * Whether the user is there.
   *
   * @default {"online"}
   */
  presence?: PresenceState | undefined;
  /** What the user says about it. The empty string takes back what was said; not given, it may stay or go. */
  status?: string | undefined;
}

/** Typing, receipts, read markers and presence. */
export abstract class ActivityMethods extends SearchMethods {
  /**
   * Says that the user is typing, or is not any more.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid
   * @param roomId The room.
   * @param options For how long, and request options.
   * @throws {RangeError} If the timeout is no finite number.
   * @throws {TypeError} If the client's own user ID is unknown.
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
   * Says that the user has read everything up to an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
   * @param roomId The room.
   * @param eventId The event.
   * @param options Who gets to see it, which thread, and request options.
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
   * Moves the read marker: up to where the user has read the room. With it, receipts can be sent.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers
   * @param roomId The room.
   * @param fullyRead The event up to which all has been read.
   * @param options Receipts, further content, and request options.
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
   * Says whether the user is there.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus
   * @param options Whether, what to say about it, and request options.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  async setPresence(options?: SetPresenceOptions): Promise<void> {
    const { presence, status } = given(options);
    checkGiven("string", { presence, status });
    await this.request("PUT", path`/_matrix/client/v3/presence/${this.ownUserId()}/status`, options, {
      body: { presence: presence ?? "online", status_msg: status ?? undefined },
    });
  }

  /**
   * Gets whether a user is there.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3presenceuseridstatus
   * @param userId The user.
   * @param options Request options.
   * @returns `presence`, and where the homeserver knows it `status_msg`, `last_active_ago` (milliseconds) and
   * `currently_active`.
   * @throws {MForbidden} If the user may not know.
   * @throws {MNotFound} If there is no such user.
   */
  async getPresence(userId: UserID, options?: RequestOptions): Promise<PresenceEventContent> {
    const answer = await this.request<PresenceEventContent>(
      "GET",
      path`/_matrix/client/v3/presence/${userId}/status`,
      options,
    );
    if (isJsonObject(answer) && typeof answer.presence === "string") return answer;
    throw new MatrixResponseError("Invalid presence in response");
  }
}
