import type {
  EphemeralEventType,
  GenericEvent,
  MessageEventType,
  StateEventType,
  ToDeviceEventType,
} from "../../types/events/mod.ts";
import type { RoomID } from "../../types/identifiers.ts";
import type { CustomEvent, OneHandledEvent } from "../sync/events.ts";

/**
 * The part of a transaction that an event came in:
 *
 * - `event`: events of rooms;
 * - `ephemeral`: typing notifications, receipts and presence;
 * - `toDevice`: messages for devices of the service's users.
 */
export type AppServiceOrigin = "event" | "ephemeral" | "toDevice";

/** Event types whose content is known. Any other string is a type, too. */
export type AppServiceEventType =
  | MessageEventType
  | StateEventType
  | EphemeralEventType
  | ToDeviceEventType
  | "m.presence";

/** Origins of an event type, for a handler that does not name any. */
export type DefaultAppServiceOrigin<T extends string> = T extends "*" ? AppServiceOrigin
  : T extends MessageEventType | StateEventType ? "event"
  : T extends EphemeralEventType | "m.presence" ? "ephemeral"
  : T extends ToDeviceEventType ? "toDevice"
  : "event";

/** The event that a handler of an application service gets for an event type and an origin. */
export type AppServiceEvent<T extends string, O extends AppServiceOrigin> = AppServiceOrigin extends O
  ? GenericEvent
  : T extends "*" ? AppServiceEventOf<string, O>
  : AppServiceEventOf<T, O>;

/** The event that a handler of an application service gets for an event type, other than `*`, and one origin. */
export type AppServiceEventOf<T extends string, O extends AppServiceOrigin> = O extends "event"
  ? OneHandledEvent<T, "timeline">
  : O extends "toDevice" ? OneHandledEvent<T, "toDevice">
  : OneHandledEvent<T, T extends "m.presence" ? "presence" : "ephemeral">;

/** The event that a handler of an application service gets for content of a custom type and an origin. */
export type AppServiceCustomEvent<C extends object, O extends AppServiceOrigin> = CustomEvent<
  C,
  O extends "event" ? "timeline" : O extends "toDevice" ? "toDevice" : "ephemeral"
>;

/** The room of an event. */
export type AppServiceRoomOf<O extends AppServiceOrigin, T extends string> = O extends "event" ? RoomID
  : O extends "toDevice" ? undefined
  : T extends "m.presence" ? undefined
  : T extends EphemeralEventType ? RoomID
  : RoomID | undefined;
