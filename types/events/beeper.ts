/**
 * Beeper's extensions for bridges.
 *
 * @module
 */

import type { EventID, RoomID, SessionID, UserID } from "../identifiers.ts";
import type { BaseEvent, MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";
import type { RelatesTo } from "./relations.ts";

/** Reason for which a bridge could not deliver a message. */
export type MessageStatusReason =
  | "m.event_not_handled"
  | "com.beeper.unsupported_event"
  | "com.beeper.undecryptable_event"
  | "m.event_too_old"
  | "m.foreign_network_error"
  | "m.no_permission"
  | (string & Record<never, never>);

/** Delivery status of a message. */
export type MessageStatus =
  | "SUCCESS"
  | "PENDING"
  | "FAIL_RETRIABLE"
  | "FAIL_PERMANENT"
  | (string & Record<never, never>);

/** Content of a `com.beeper.message_send_status` event. */
export interface BeeperMessageStatusEventContent extends OpenObject {
  /** Relation to the message. */
  "m.relates_to": RelatesTo;
  /** Network that the message was sent to. */
  network?: string;
  /** Delivery status. */
  status?: MessageStatus;
  /** Reason of the failure. */
  reason?: MessageStatusReason;
  /** Technical description of the error. */
  error?: string;
  /** Human-readable description of the error. */
  message?: string;
  /** The most recent event that requested a retry. */
  last_retry?: EventID;
}

/** Delivery status of a message that was sent through a bridge. */
export interface BeeperMessageStatusEvent
  extends MessageEvent<BeeperMessageStatusEventContent, "com.beeper.message_send_status"> {}

/** Content of a `com.beeper.room_key.ack` event, which acknowledges a Megolm session key. */
export interface BeeperRoomKeyAckEventContent extends OpenObject {
  /** Room of the session. */
  room_id: RoomID;
  /** Megolm session ID. */
  session_id: SessionID;
  /** Index of the first message that the key can decrypt. */
  first_message_index: number;
}

/** An event in a batch of historical events. */
export interface BatchSendEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** User who sent the event. */
  sender: UserID;
  /** Time at which the event was sent, in milliseconds since the Unix epoch. */
  origin_server_ts: number;
  /** Event ID to use. */
  event_id?: EventID;
}

/** A state event in a batch of historical events. */
export interface BatchSendStateEvent<C extends object = OpenObject, T extends string = string>
  extends BatchSendEvent<C, T> {
  /** State key. */
  state_key: string;
}
