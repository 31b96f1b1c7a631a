/**
 * Ephemeral events.
 *
 * @module
 */

import type { ContentURI, EventID, UserID } from "../identifiers.ts";
import type { EphemeralEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";

/**
 * Presence of a user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#presence
 */
export type PresenceState = "online" | "offline" | "unavailable" | (string & Record<never, never>);

/**
 * Type of a receipt: public or private.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#receipts
 */
export type ReceiptType = "m.read" | "m.read.private" | (string & Record<never, never>);

/**
 * Content of an `m.typing` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtyping
 */
export interface TypingEventContent extends OpenObject {
  /** Users who are typing. */
  user_ids: UserID[];
}

/**
 * An `m.typing` event: users who are typing in a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtyping
 */
export interface TypingEvent extends EphemeralEvent<TypingEventContent, "m.typing"> {}

/**
 * Content of an `m.presence` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mpresence
 */
export interface PresenceEventContent extends OpenObject {
  /** Presence of the user. */
  presence: PresenceState;
  /** Time since the user was last active, in milliseconds. */
  last_active_ago?: number;
  /** Status message of the user. */
  status_msg?: string;
  /** Whether the user is currently active. */
  currently_active?: boolean;
  /** Avatar of the user. */
  avatar_url?: ContentURI;
  /** Display name of the user. */
  displayname?: string;
}

/**
 * An `m.presence` event: presence of a user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mpresence
 */
export interface PresenceEvent extends EphemeralEvent<PresenceEventContent, "m.presence"> {
  /** The user. */
  sender: UserID;
}

/**
 * A user's receipt for an event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export interface SingleReceiptEventContent extends OpenObject {
  /** Time of the receipt, in milliseconds since the Unix epoch. */
  ts?: number;
  /**
   * Root event of the thread that was read, or `main` for events outside of threads. Absent for unthreaded
   * receipts.
   */
  thread_id?: EventID | "main";
}

/** Receipts of one type, by user. */
export interface UserReceipts {
  /** The user's receipt. */
  [userId: UserID]: SingleReceiptEventContent;
}

/** Receipts for one event, by type. */
export interface EventReceipts {
  /** Public read receipts. */
  "m.read"?: UserReceipts;
  /** Private read receipts, which only the user sees. */
  "m.read.private"?: UserReceipts;
  /** Receipts of another type. */
  [receiptType: string]: UserReceipts | undefined;
}

/**
 * Content of an `m.receipt` event: receipts by event, type and user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export interface ReceiptEventContent extends OpenObject {
  /** Receipts for the event. */
  [eventId: EventID]: EventReceipts;
}

/**
 * An `m.receipt` event: receipts in a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export interface ReceiptEvent extends EphemeralEvent<ReceiptEventContent, "m.receipt"> {}
