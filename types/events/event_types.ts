/**
 * Event types by class, and unions of events and of content.
 *
 * @module
 */

import type { BeeperMessageStatusEvent } from "./beeper.ts";
import type { EncryptedEvent } from "./encrypted.ts";
import type {
  AccountDataEvent,
  ASToDeviceEvent,
  EphemeralEvent,
  GenericEvent,
  MessageEvent,
  StateEvent,
  ToDeviceEvent,
} from "./envelope.ts";
import type { OpenObject } from "../json.ts";
import type { PresenceEvent, ReceiptEvent, TypingEvent } from "./ephemeral.ts";
import type {
  AccountDataContentMap,
  EphemeralContentMap,
  MessageContentMap,
  RoomAccountDataContentMap,
  StateContentMap,
  ToDeviceContentMap,
} from "./maps.ts";
import type { RoomMessageEvent, StickerEvent } from "./message.ts";
import type { ReactionEvent, RedactionEvent } from "./relations.ts";
import type { CallEvent } from "./voip.ts";

/**
 * Class of an event. The event type does not determine it: `m.room.encrypted` is both a room event and a
 * to-device event.
 */
export type EventTypeClass = "unknown" | "state" | "message" | "account_data" | "ephemeral" | "to_device";

/** Types of state events with known content. */
export type StateEventType = keyof StateContentMap;

/** Types of room events with known content that are not state events. */
export type MessageEventType = keyof MessageContentMap;

/** Types of to-device events with known content. */
export type ToDeviceEventType = keyof ToDeviceContentMap;

/** Types of ephemeral events with known content. */
export type EphemeralEventType = keyof EphemeralContentMap;

/** Types of account data with known content. */
export type AccountDataEventType = keyof AccountDataContentMap;

/** Types of account data of a room with known content. */
export type RoomAccountDataEventType = keyof RoomAccountDataContentMap;

/** An event type, known or not. */
export type EventType =
  | StateEventType
  | MessageEventType
  | ToDeviceEventType
  | EphemeralEventType
  | AccountDataEventType
  | (string & Record<never, never>);

/** Content of a state event of any type. */
export type StateEventContent = StateContentMap[StateEventType] | OpenObject;

/** Content of a to-device event of any type. */
export type ToDeviceEventContent = ToDeviceContentMap[ToDeviceEventType] | OpenObject;

/** Content of account data of any type. */
export type AccountDataEventContent = AccountDataContentMap[AccountDataEventType] | OpenObject;

/** Content of an event of any type. */
export type EventContent =
  | StateEventContent
  | MessageContentMap[MessageEventType]
  | ToDeviceEventContent
  | EphemeralContentMap[EphemeralEventType]
  | AccountDataEventContent;

/** An event of any class. */
export type Event =
  | RoomMessageEvent
  | StickerEvent
  | ReactionEvent
  | RedactionEvent
  | EncryptedEvent
  | CallEvent
  | BeeperMessageStatusEvent
  | MessageEvent
  | StateEvent
  | TypingEvent
  | ReceiptEvent
  | PresenceEvent
  | EphemeralEvent
  | ToDeviceEvent
  | ASToDeviceEvent
  | AccountDataEvent
  | GenericEvent;
