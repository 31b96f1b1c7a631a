/**
 * Type guards for events and their content.
 *
 * The guards check which fields an event has: `state_key`, `event_id`, `sender`. These fields determine the
 * class of an event. The event type does not, because anybody may send a state event with the type of a
 * message, and a message with the type of a state event. The guards accept any value and never throw.
 *
 * The guards check content only as far as their comments say. Fields that an event type requires can be
 * missing in redacted or malformed events.
 *
 * For custom event types, pass the type of the content as type parameter.
 *
 * @example Check for topics, images and a custom type
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
import { fieldsOf, isJsonObject, nonEmpty, type OpenObject } from "../json.ts";
import type {
  AccountDataEvent,
  BaseEvent,
  EphemeralEvent,
  MessageUnsigned,
  StateUnsigned,
  ToDeviceEvent,
} from "./envelope.ts";
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

/** A state event or stripped state event, as {@linkcode isStateEvent} narrows it. */
export interface KnownStateEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** State key. */
  state_key: string;
  /** Room of the event. */
  room_id?: RoomID;
  /** Event ID. */
  event_id?: EventID;
  /** User who sent the event. */
  sender?: UserID;
  /** Time at which the event was sent, in milliseconds since the Unix epoch. */
  origin_server_ts?: number;
  /** Data added by the homeserver. */
  unsigned?: StateUnsigned<C>;
}

/** A message event, as {@linkcode isMessageEvent} and {@linkcode isRoomMessage} narrow it. */
export interface KnownMessageEvent<C extends object = OpenObject, T extends string = string>
  extends BaseEvent<C, T> {
  /** Event ID. */
  event_id: EventID;
  /** Always absent. */
  state_key?: undefined;
  /** Room of the event. */
  room_id?: RoomID;
  /** User who sent the event. */
  sender?: UserID;
  /** Time at which the event was sent, in milliseconds since the Unix epoch. */
  origin_server_ts?: number;
  /** The redacted event, on a redaction in room versions 1 to 10. */
  redacts?: EventID;
  /** Data added by the homeserver. */
  unsigned?: MessageUnsigned;
}

/** The fields that determine the class of an event, unchecked. */
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

/** Returns whether a value is an event, of the given type if there is one. */
function isEvent(event: unknown, type: string | undefined): event is Loose {
  if (!isJsonObject(event)) return false;
  const { type: actual, content }: Loose = event;
  return typeof actual === "string" && (type === undefined || actual === type) && isJsonObject(content);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/**
 * Returns whether an event is not in a room's history, which means that it has neither a state key nor an ID.
 */
function isOutsideHistory(event: Loose): boolean {
  return isAbsent(event.state_key) && isAbsent(event.event_id);
}

/**
 * Returns the class of an event, as its state key, ID and sender determine it. The event type matters only if
 * they do not.
 *
 * @param event Any value.
 * @returns The class. `unknown` if the value is not an event or if its fields contradict each other.
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
 * Returns whether a value is a state event or stripped state event. Checks for a `state_key`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has a string as state key, an object as content, and the type.
 */
export function isStateEvent<T extends StateEventType>(
  event: unknown,
  type: T,
): event is KnownStateEvent<StateContentMap[T], T>;
/**
 * Returns whether a value is a state event of a custom type.
 *
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has a string as state key, an object as content, and the type. The fields of the
 * content are not checked.
 */
export function isStateEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is KnownStateEvent<C>;
export function isStateEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && typeof event.state_key === "string";
}

/**
 * Returns whether a value is a room event that is not a state event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#types-of-room-events
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has an event ID but no state key, an object as content, and the type.
 */
export function isMessageEvent<T extends MessageEventType>(
  event: unknown,
  type: T,
): event is KnownMessageEvent<MessageContentMap[T], T>;
/**
 * Returns whether a value is a room event of a custom type that is not a state event.
 *
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has an event ID but no state key, an object as content, and the type. The fields
 * of the content are not checked.
 */
export function isMessageEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is KnownMessageEvent<C>;
export function isMessageEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && isAbsent(event.state_key) && typeof event.event_id === "string";
}

/**
 * Returns whether a value is an `m.room.message` event, of the given `msgtype` if there is one. `false` for
 * redacted messages.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 * @param event Any value.
 * @param msgtype Required `msgtype`, if any.
 * @returns Whether the value is a message with strings as `msgtype` and `body`. Requests to verify keys may
 * lack a `body`.
 */
export function isRoomMessage<T extends keyof MessageTypeContentMap>(
  event: unknown,
  msgtype: T,
): event is KnownMessageEvent<MessageTypeContentMap[T], "m.room.message">;
/**
 * Returns whether a value is an `m.room.message` event of a custom `msgtype`, or of any.
 *
 * @param event Any value.
 * @param msgtype Required `msgtype`, if any.
 * @returns Whether the value is a message with strings as `msgtype` and `body`.
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
 * Returns whether a value is a to-device event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has a sender but neither event ID nor state key, an object as content, and the
 * type.
 */
export function isToDeviceEvent<T extends ToDeviceEventType>(
  event: unknown,
  type: T,
): event is ToDeviceEvent<ToDeviceContentMap[T], T>;
/**
 * Returns whether a value is a to-device event of a custom type.
 *
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has a sender but neither event ID nor state key, an object as content, and the
 * type.
 */
export function isToDeviceEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is ToDeviceEvent<C>;
export function isToDeviceEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && classifyEvent(event) === "to_device";
}

/**
 * Returns whether a value is account data, global or of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#client-config
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has neither sender, event ID nor state key, an object as content, and the type.
 */
export function isAccountDataEvent<T extends AccountDataEventType>(
  event: unknown,
  type: T,
): event is AccountDataEvent<AccountDataContentMap[T], T>;
/**
 * Returns whether a value is account data of a custom type.
 *
 * @param event Any value.
 * @param type Required event type, if any.
 * @returns Whether the value has neither sender, event ID nor state key, an object as content, and the type.
 */
export function isAccountDataEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is AccountDataEvent<C>;
export function isAccountDataEvent(event: unknown, type?: string): boolean {
  return isEvent(event, type) && classifyEvent(event) === "account_data";
}

/**
 * Returns whether a value is an ephemeral event: typing, a receipt or presence.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#events
 * @param event Any value.
 * @param type Required event type. If absent, the value must have one of the specification's ephemeral types.
 * @returns Whether the value has neither event ID nor state key, an object as content, and the type.
 */
export function isEphemeralEvent<T extends EphemeralEventType>(
  event: unknown,
  type: T,
): event is EphemeralEvent<EphemeralContentMap[T], T>;
/**
 * Returns whether a value is an ephemeral event of a custom type.
 *
 * @param event Any value.
 * @param type Required event type. If absent, the value must have one of the specification's ephemeral types.
 * @returns Whether the value has neither event ID nor state key, an object as content, and the type.
 */
export function isEphemeralEvent<C extends object = OpenObject>(
  event: unknown,
  type?: string,
): event is EphemeralEvent<C>;
export function isEphemeralEvent(event: unknown, type?: string): boolean {
  if (!isEvent(event, type)) return false;
  return type === undefined ? classifyEvent(event) === "ephemeral" : isOutsideHistory(event);
}

/** Types of message events whose content is never empty, unless a redaction has removed it. */
const FILLED_TYPES: readonly unknown[] = [
  "m.room.message",
  "m.room.encrypted",
  "m.sticker",
  "m.reaction",
] satisfies MessageEventType[];

/**
 * Returns whether an event was redacted. Fields that its type requires may be missing in its content.
 *
 * Homeservers mark redacted events in `unsigned`. An `m.room.message`, `m.room.encrypted`, `m.sticker` or `m.reaction`
 * without any content counts as redacted, too.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#redactions
 * @param event Any value.
 * @returns Whether it is a redacted event.
 */
export function isRedacted(event: unknown): boolean {
  if (!isEvent(event, undefined)) return false;
  const { unsigned, type, content, state_key } = fieldsOf(event);
  const { redacted_because, redacted_by } = fieldsOf(unsigned);
  if (isJsonObject(redacted_because) || typeof redacted_by === "string") return true;
  return isAbsent(state_key) && FILLED_TYPES.includes(type) && Object.keys(fieldsOf(content)).length === 0;
}

/**
 * Returns whether an event replaces the content of another event, as an edit of a message does. Accepts encrypted events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#event-replacements
 * @param event Any value.
 * @returns Whether it is an event with the relation `m.replace` to another event.
 */
export function isEdit(event: unknown): boolean {
  if (!isEvent(event, undefined)) return false;
  const { rel_type, event_id } = fieldsOf(fieldsOf(event.content)["m.relates_to"]);
  return rel_type === "m.replace" && nonEmpty(event_id) !== undefined;
}
