/**
 * Events that are not kept.
 *
 * @module
 */

import type { ContentURI, EventID, UserID } from "../identifiers.ts";
import type { EphemeralEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";

/**
 * Whether a user is there.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#presence
 */
export type PresenceState = "online" | "offline" | "unavailable" | (string & Record<never, never>);

/**
 * Who gets to see that something was read.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#receipts
 */
export type ReceiptType = "m.read" | "m.read.private" | (string & Record<never, never>);

/**
 * Content of `m.typing`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtyping
 */
export interface TypingEventContent extends OpenObject {
  /** Who is typing. */
  user_ids: UserID[];
}

/**
 * Who is typing in a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtyping
 */
export interface TypingEvent extends EphemeralEvent<TypingEventContent, "m.typing"> {}

/**
 * Content of `m.presence`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mpresence
 */
export interface PresenceEventContent extends OpenObject {
  /** Whether the user is there. */
  presence: PresenceState;
  /** Time since the user last did something, in milliseconds. */
  last_active_ago?: number;
  /** What the user says about it. */
  status_msg?: string;
  /** Whether the user is doing something right now. */
  currently_active?: boolean;
  /** The user's picture. */
  avatar_url?: ContentURI;
  /** The user's name for people. */
  displayname?: string;
}

/**
 * Whether a user is there.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mpresence
 */
export interface PresenceEvent extends EphemeralEvent<PresenceEventContent, "m.presence"> {
  /** The user. */
  sender: UserID;
}

/**
 * That somebody has read up to an event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export interface SingleReceiptEventContent extends OpenObject {
  /** When, in milliseconds since 1970. */
  ts?: number;
  /** Which thread: its first event, or `main`; absent if threads do not matter. */
  thread_id?: EventID | "main";
}

/** Receipts of one type, by user. */
export interface UserReceipts {
  /** The user's receipt. */
  [userId: UserID]: SingleReceiptEventContent;
}

/** Receipts for one event, by type. */
export interface EventReceipts {
  /** Receipts that everybody sees. */
  "m.read"?: UserReceipts;
  /** Receipts that only the reader sees. */
  "m.read.private"?: UserReceipts;
  /** Receipts of another type. */
  [receiptType: string]: UserReceipts | undefined;
}

/**
 * Content of `m.receipt`: receipts by event, then by type, then by user.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export interface ReceiptEventContent extends OpenObject {
  /** Receipts for an event. */
  [eventId: EventID]: EventReceipts;
}

/**
 * Who has read what in a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export interface ReceiptEvent extends EphemeralEvent<ReceiptEventContent, "m.receipt"> {}
