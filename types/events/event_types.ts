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
  GlobalAccountDataContentMap,
  MessageContentMap,
  RoomAccountDataContentMap,
  StateContentMap,
  ToDeviceContentMap,
} from "./maps.ts";
import type { RoomMessageEvent, StickerEvent } from "./message.ts";
import type { ReactionEvent, RedactionEvent } from "./relations.ts";
import type { CallEvent } from "./voip.ts";

/** How an event travels. An event type alone does not tell: `m.room.encrypted` exists in two classes. */
export type EventTypeClass = "unknown" | "state" | "message" | "account_data" | "ephemeral" | "to_device";

/** Types of state events whose content is known. */
export type StateEventType = keyof StateContentMap;

/** Types of room events other than state whose content is known. */
export type MessageEventType = keyof MessageContentMap;

/** Types of events for devices whose content is known. */
export type ToDeviceEventType = keyof ToDeviceContentMap;

/** Types of events that are not kept whose content is known. */
export type EphemeralEventType = keyof EphemeralContentMap;

/** Types of account data whose content is known. */
export type AccountDataEventType = keyof AccountDataContentMap;

/** Types of account data that is not about one room whose content is known. */
export type GlobalAccountDataEventType = keyof GlobalAccountDataContentMap;

/** Types of account data about one room whose content is known. */
export type RoomAccountDataEventType = keyof RoomAccountDataContentMap;

/** The type of an event: one that is known, or any other. */
export type EventType =
  | StateEventType
  | MessageEventType
  | ToDeviceEventType
  | EphemeralEventType
  | AccountDataEventType
  | (string & Record<never, never>);

/** Content of a state event of any type. */
export type StateEventContent = StateContentMap[StateEventType] | OpenObject;

/** Content of an event for devices of any type. */
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

/** An event of a room's history, state or not. */
export type RoomEvent = StateEvent | MessageEvent;

/** An event of any kind. */
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
