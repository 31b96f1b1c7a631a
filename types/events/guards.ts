/**
 * Telling events apart, and what their content is.
 *
 * The functions look at the shape of what they are given: whether it has a `state_key`, an `event_id`, a sender. That
 * decides how an event travelled; its type says nothing, because anybody may send state under the type of a message and
 * the other way round. Anything can be given to them, and they never throw.
 *
 * Content is looked at only as far as said here. What a type of event requires can be missing in events that are
 * redacted, or sent by somebody who does not care.
 *
 * Own types need no declaration anywhere: their content is given as the type parameter.
 *
 * @example Topics, messages, and a type of one's own
 * ```ts
 * import { type GenericEvent, isRoomMessage, isStateEvent } from "@mtx/client/types";
 * import { assertEquals } from "@std/assert";
 *
 * interface Poll {
 *   question: string;
 * }
 *
 * function describe(event: GenericEvent): string | undefined {
 *   if (isStateEvent(event, "m.room.topic")) return event.content.topic;
 *   if (isRoomMessage(event, "m.image")) return event.content.url;
 *   if (isStateEvent<Poll>(event, "com.example.poll")) return event.content.question;
 * }
 *
 * const topic = { type: "m.room.topic", state_key: "", content: { topic: "Tea" } };
 * assertEquals(describe(topic), "Tea");
 * const poll = { type: "com.example.poll", state_key: "1", content: { question: "Tea?" } };
 * assertEquals(describe(poll), "Tea?");
 * ```
 *
 * @module
 */

import type { EventID, RoomID, UserID } from "../identifiers.ts";
import type {
  AccountDataEvent,
  BaseEvent,
  EphemeralEvent,
  MessageUnsigned,
  StateUnsigned,
  ToDeviceEvent,
} from "./envelope.ts";
import type { OpenObject } from "../json.ts";
import type {
  AccountDataEventType,
  EphemeralEventType,
  EventTypeClass,
  MessageEventType,
  StateEventType,
  ToDeviceEventType,
} from "./event_types.ts";
import type {
  AccountDataContentMap,
  EphemeralContentMap,
  MessageContentMap,
  MessageTypeContentMap,
  StateContentMap,
  ToDeviceContentMap,
} from "./maps.ts";
import type { MessageEventContent } from "./message.ts";

/** What {@linkcode isStateEvent} is sure of: also stripped state has it. */
export interface KnownStateEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Which piece of state it sets. */
  state_key: string;
  /** The room that the event is in. */
  room_id?: RoomID;
  /** The event's ID. */
  event_id?: EventID;
  /** Who sent it. */
  sender?: UserID;
  /** When it was sent, in milliseconds since 1970. */
  origin_server_ts?: number;
  /** What the homeserver adds. */
  unsigned?: StateUnsigned<C>;
}

/** What {@linkcode isMessageEvent} and {@linkcode isRoomMessage} are sure of. */
export interface KnownMessageEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** The event's ID. */
  event_id: EventID;
  /** Never there. */
  state_key?: undefined;
  /** The room that the event is in. */
  room_id?: RoomID;
  /** Who sent it. */
  sender?: UserID;
  /** When it was sent, in milliseconds since 1970. */
  origin_server_ts?: number;
  /** The event that a redaction is about, in rooms of version 10 and older. */
  redacts?: EventID;
  /** What the homeserver adds. */
  unsigned?: MessageUnsigned;
}

/** The fields that tell events apart, when nothing about them is certain. */
interface Loose {
  type?: unknown;
  content?: unknown;
  state_key?: unknown;
  event_id?: unknown;
  sender?: unknown;
}

const EPHEMERAL_TYPES: readonly string[] = [
  "m.typing",
  "m.receipt",
  "m.presence",
] satisfies EphemeralEventType[];

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether something is an event, of that type if one is given. */
function isEvent(event: unknown, type: string | undefined): event is Loose {
  if (!isObject(event)) return false;
  const { type: actual, content }: Loose = event;
  return typeof actual === "string" && (type === undefined || actual === type) && isObject(content);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Whether an event is neither state nor has an ID, as is so outside of a room's history. */
function isOutsideHistory(event: Loose): boolean {
  return isAbsent(event.state_key) && isAbsent(event.event_id);
}

/**
 * How an event travels, by what it has: a state key, an ID, a sender. Its type decides only what those leave open.
 *
 * @param event Anything.
 * @returns The event's class; `unknown` for what is no event, and where its fields contradict each other.
 */
export function classifyEvent(event: unknown): EventTypeClass {
  if (!isEvent(event, undefined)) return "unknown";
  if (typeof event.state_key === "string") return "state";
  if (!isAbsent(event.state_key)) return "unknown";
  if (typeof event.event_id === "string") return "message";
  if (!isAbsent(event.event_id)) return "unknown";
  if (EPHEMERAL_TYPES.includes(event.type as string)) return "ephemeral";
  if (typeof event.sender === "string") return "to_device";
  return isAbsent(event.sender) ? "account_data" : "unknown";
}

/**
 * Whether something is a state event, or stripped state. What counts is that it has a `state_key`, not its type.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 * @param event Anything.
 * @param type The type that it has to have, if any.
 * @returns Whether it has a string as state key, an object as content, and the type.
 */
export function isStateEvent<T extends StateEventType>(
  event: unknown,
  type: T,
): event is KnownStateEvent<StateContentMap[T], T>;
/**
 * Whether something is a state event of a type of one's own.
 *
 * @param event Anything.
 * @param type The type that it has to have.
 * @returns Whether it has a string as state key, an object as content, and the type. The content is not looked at.
 */
export function isStateEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is KnownStateEvent<C>;
export function isStateEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && typeof event.state_key === "string";
}

/**
 * Whether something is a room event that is not state.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 * @param event Anything.
 * @param type The type that it has to have, if any.
 * @returns Whether it has an ID but no state key, an object as content, and the type.
 */
export function isMessageEvent<T extends MessageEventType>(
  event: unknown,
  type: T,
): event is KnownMessageEvent<MessageContentMap[T], T>;
/**
 * Whether something is a room event that is not state, of a type of one's own.
 *
 * @param event Anything.
 * @param type The type that it has to have.
 * @returns Whether it has an ID but no state key, an object as content, and the type. The content is not looked at.
 */
export function isMessageEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is KnownMessageEvent<C>;
export function isMessageEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && isAbsent(event.state_key) && typeof event.event_id === "string";
}

/**
 * Whether something is an `m.room.message`, of that `msgtype` if one is given. Redacted messages are none.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 * @param event Anything.
 * @param msgtype The kind of message that it has to be, if any.
 * @returns Whether it is a message with strings as `msgtype` and as `body`. A wish to verify keys may have no body.
 */
export function isRoomMessage<T extends keyof MessageTypeContentMap>(
  event: unknown,
  msgtype: T,
): event is KnownMessageEvent<MessageTypeContentMap[T], "m.room.message">;
/**
 * Whether something is an `m.room.message` of a kind of one's own, or of any kind.
 *
 * @param event Anything.
 * @param msgtype The kind of message that it has to be, if any.
 * @returns Whether it is a message with strings as `msgtype` and as `body`.
 */
export function isRoomMessage<C extends object = MessageEventContent>(
  event: unknown,
  msgtype?: string,
): event is KnownMessageEvent<C, "m.room.message">;
export function isRoomMessage(event: unknown, msgtype?: string): boolean {
  if (!isMessageEvent<{ msgtype?: unknown; body?: unknown }>(event, "m.room.message")) return false;
  const { msgtype: actual, body } = event.content;
  if (typeof actual !== "string" || (msgtype !== undefined && actual !== msgtype)) return false;
  return typeof body === "string" || (body === undefined && actual === "m.key.verification.request");
}

/**
 * Whether something is an event that was sent to a device.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 * @param event Anything.
 * @param type The type that it has to have, if any.
 * @returns Whether it has a sender but neither ID nor state key, an object as content, and the type.
 */
export function isToDeviceEvent<T extends ToDeviceEventType>(
  event: unknown,
  type: T,
): event is ToDeviceEvent<ToDeviceContentMap[T], T>;
/**
 * Whether something is an event that was sent to a device, of a type of one's own.
 *
 * @param event Anything.
 * @param type The type that it has to have.
 * @returns Whether it has a sender but neither ID nor state key, an object as content, and the type.
 */
export function isToDeviceEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is ToDeviceEvent<C>;
export function isToDeviceEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && classifyEvent(event) === "to_device";
}

/**
 * Whether something is account data, of the account or of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#client-config
 * @param event Anything.
 * @param type The type that it has to have, if any.
 * @returns Whether it has neither sender, ID nor state key, an object as content, and the type.
 */
export function isAccountDataEvent<T extends AccountDataEventType>(
  event: unknown,
  type: T,
): event is AccountDataEvent<AccountDataContentMap[T], T>;
/**
 * Whether something is account data of a type of one's own.
 *
 * @param event Anything.
 * @param type The type that it has to have.
 * @returns Whether it has neither sender, ID nor state key, an object as content, and the type.
 */
export function isAccountDataEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is AccountDataEvent<C>;
export function isAccountDataEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && classifyEvent(event) === "account_data";
}

/**
 * Whether something is an event that is not kept: who is typing, who has read what, who is there.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#events
 * @param event Anything.
 * @param type The type that it has to have; without one, the specification's types are meant.
 * @returns Whether it has neither ID nor state key, an object as content, and the type.
 */
export function isEphemeralEvent<T extends EphemeralEventType>(
  event: unknown,
  type: T,
): event is EphemeralEvent<EphemeralContentMap[T], T>;
/**
 * Whether something is an event that is not kept, of a type of one's own.
 *
 * @param event Anything.
 * @param type The type that it has to have; without one, the specification's types are meant.
 * @returns Whether it has neither ID nor state key, an object as content, and the type.
 */
export function isEphemeralEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is EphemeralEvent<C>;
export function isEphemeralEvent(event: unknown, type?: string): boolean {
  if (!isEvent(event, type)) return false;
  return type === undefined ? classifyEvent(event) === "ephemeral" : isOutsideHistory(event);
}
