/**
 * Beeper's extensions for bridges.
 *
 * @module
 */

import type { EventID, RoomID, SessionID, UserID } from "../identifiers.ts";
import type { BaseEvent, MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";
import type { RelatesTo } from "./relations.ts";

/** Why a message did not get through. */
export type MessageStatusReason =
  | "m.event_not_handled"
  | "com.beeper.unsupported_event"
  | "com.beeper.undecryptable_event"
  | "m.event_too_old"
  | "m.foreign_network_error"
  | "m.no_permission"
  | (string & Record<never, never>);

/** Whether a message got through. */
export type MessageStatus =
  | "SUCCESS"
  | "PENDING"
  | "FAIL_RETRIABLE"
  | "FAIL_PERMANENT"
  | (string & Record<never, never>);

/** Content of `com.beeper.message_send_status`. */
export interface BeeperMessageStatusEventContent extends OpenObject {
  /** The message it is about. */
  "m.relates_to": RelatesTo;
  /** The network that the message was for. */
  network?: string;
  /** Whether the message got through. */
  status?: MessageStatus;
  /** Why it did not. */
  reason?: MessageStatusReason;
  /** The error, for programmers. */
  error?: string;
  /** The error, for people. */
  message?: string;
  /** The event that last asked to try again. */
  last_retry?: EventID;
}

/** Whether a message got through a bridge. */
export interface BeeperMessageStatusEvent
  extends MessageEvent<BeeperMessageStatusEventContent, "com.beeper.message_send_status"> {}

/** Content of `com.beeper.room_key.ack`: a device has got a key. */
export interface BeeperRoomKeyAckEventContent extends OpenObject {
  /** The room that the key is for. */
  room_id: RoomID;
  /** The session that the key is of. */
  session_id: SessionID;
  /** The first message that can be read with it. */
  first_message_index: number;
}

/** An event for sending history in batches. */
export interface BatchSendEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Who sends it. */
  sender: UserID;
  /** When it was sent, in milliseconds since 1970. */
  origin_server_ts: number;
  /** The ID that it is to have. */
  event_id?: EventID;
}

/** A state event for sending history in batches. */
export interface BatchSendStateEvent<C extends object = OpenObject, T extends string = string>
  extends BatchSendEvent<C, T> {
  /** Which piece of state it sets. */
  state_key: string;
}
