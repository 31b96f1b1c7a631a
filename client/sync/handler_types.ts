import type {
  AccountDataContentMap,
  AccountDataEvent,
  AccountDataEventType,
  BaseRoomEvent,
  EphemeralContentMap,
  EphemeralEvent,
  EphemeralEventType,
  GenericEvent,
  MessageContentMap,
  MessageEvent,
  MessageEventType,
  OpenObject,
  PresenceEvent,
  RoomAccountDataEventType,
  StateContentMap,
  StateEvent,
  StateEventType,
  StrippedStateEvent,
  ToDeviceContentMap,
  ToDeviceEvent,
  ToDeviceEventType,
} from "../../types/events/mod.ts";
import type { EventID, RoomID, SyncToken } from "../../types/identifiers.ts";
import type { Client } from "./client.ts";

/**
 * Where in a sync an event came from:
 *
 * - `timeline`: what happened in a room, messages and changes of state;
 * - `state`: state of a room from before the timeline;
 * - `ephemeral`: who is typing in a room, who has read what;
 * - `accountData`: the user's own data, of the account or of a room;
 * - `toDevice`: what was sent to this device;
 * - `presence`: who is there;
 * - `invite` and `knock`: the state that is shown of a room which the user is invited to or has knocked on;
 * - `leave`: the timeline of a room that the user has left or is banned from.
 */
export type EventOrigin =
  | "timeline"
  | "state"
  | "ephemeral"
  | "accountData"
  | "toDevice"
  | "presence"
  | "invite"
  | "knock"
  | "leave";

/** What a handler is given beside the event. */
export interface HandlerContext<Room extends RoomID | undefined = RoomID> {
  /** The client. */
  readonly client: Client;
  /** The room that the event belongs to; `undefined` where it belongs to none. */
  readonly roomId: Room;
  /** Where the event came from. */
  readonly from: EventOrigin;
  /** The token that was asked with: what was handled before this batch. `undefined` in the first sync ever. */
  readonly since: SyncToken | undefined;
  /** Aborted when the sync is to end, and when the handler has taken too long. For all that the handler waits for. */
  readonly signal: AbortSignal;
}

/** The context of an event of which nothing is known. */
export type AnyHandlerContext = HandlerContext<RoomID | undefined>;

/** An event of any kind, as handlers get it. */
export type AnyHandledEvent = GenericEvent;

/**
 * Handles events. The next event of the room comes when it has ended.
 *
 * @param event The event; `room_id` is filled in where it belongs to a room.
 * @param context Where it came from, and what ends the handling.
 * @returns A promise, or anything else. Whether it throws is all that counts.
 */
export type EventHandler<E, Room extends RoomID | undefined = RoomID> = (
  event: E,
  context: HandlerContext<Room>,
) => unknown;

/** State as handlers get it: stripped for invites and knocks, where ID and time may be missing. */
export type HandledStateEvent<C extends object = OpenObject, T extends string = string> =
  | StateEvent<C, T>
  | StrippedStateEvent<C, T> & {
    /** The room. */
    room_id: RoomID;
  };

/** Something about a room that is not kept, as handlers get it. */
export type HandledEphemeralEvent<C extends object = OpenObject, T extends string = string> =
  & EphemeralEvent<C, T>
  & {
    /** The room. */
    room_id: RoomID;
  };

/** An event of a type of one's own, as handlers get it from rooms. */
export interface HandledRoomEvent<C extends object = OpenObject, T extends string = string>
  extends BaseRoomEvent<C, T> {
  /** Which piece of state it sets; absent if it is not a state event. */
  state_key?: string;
  /** What the homeserver adds. */
  unsigned?: OpenObject;
  /** The event that a redaction is about, in rooms of version 10 and older. */
  redacts?: EventID;
}

/** Types of events of rooms whose content is known. */
export type RoomEventType = MessageEventType | StateEventType | Exclude<EphemeralEventType, "m.presence">;

/** Types of events whose content is known, wherever they come from. */
export type HandledEventType = RoomEventType | AccountDataEventType | ToDeviceEventType | "m.presence";

/**
 * The event of a type, as handlers get it. Types that exist in rooms and for devices are taken for those of rooms,
 * unless the handler's `from` says otherwise.
 */
export type HandledEvent<T extends HandledEventType> = T extends RoomEventType ?
    | (T extends MessageEventType ? MessageEvent<MessageContentMap[T], T> : never)
    | (T extends StateEventType ? HandledStateEvent<StateContentMap[T], T> : never)
    | (T extends EphemeralEventType ? HandledEphemeralEvent<EphemeralContentMap[T], T> : never)
  : T extends "m.presence" ? PresenceEvent
  : T extends AccountDataEventType ? AccountDataEvent<AccountDataContentMap[T], T>
  : T extends ToDeviceEventType ? ToDeviceEvent<ToDeviceContentMap[T], T>
  : never;

/** The room that an event of a type belongs to: none for the account's own data, for devices and for presence. */
export type HandledRoom<T extends HandledEventType> = T extends RoomEventType | RoomAccountDataEventType
  ? RoomID
  : undefined;
