import { fieldsOf } from "../../types/json.ts";
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
  MessageEventContent,
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
import type { DeviceID, EventID, RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { ClientAPI } from "../client_api.ts";
import {
  getEdit,
  getRelatesTo,
  getThreadParent,
  hasRelation,
  makeReply,
  setThreadParent,
  textContent,
} from "../content/message.ts";
import type { SendOptions, SendTextContent } from "../sending.ts";

/**
 * The part of a sync response that an event came in:
 *
 * - `timeline`: messages and changes of state in a joined room;
 * - `state`: state of a joined or left room from before its timeline;
 * - `ephemeral`: typing notifications and read receipts of a room;
 * - `accountData`: account data of the user, global or of a room;
 * - `toDevice`: messages for this device;
 * - `presence`: presence of users;
 * - `invite` and `knock`: stripped state of a room that the user is invited to or has knocked on;
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

/** Origins of events that have an ID and a room. */
export type RoomEventOrigin = "timeline" | "state" | "leave";

/** Content without the fields that a redaction removes. */
export type RedactedContent<C extends object> =
  & { [K in keyof C as string extends K ? never : K]?: undefined }
  & OpenObject;

/** Types of state events whose required fields survive a redaction. */
export type RedactionProof =
  | "m.room.create"
  | "m.room.member"
  | "m.room.power_levels"
  | "m.room.join_rules"
  | "m.room.history_visibility";

/** Content of a room event as a client receives it: a redaction may have removed all of it. */
export type ReceivedContent<C extends object, T extends string = string> = T extends RedactionProof ? C
  : C | RedactedContent<C>;

/** Fields that only room events have, on other events. */
export interface NotRoomEvent {
  /** Never present. */
  event_id?: undefined;
  /** Never present. */
  state_key?: undefined;
  /** Never present. */
  origin_server_ts?: undefined;
}

/** A room event of a type whose content is not known in advance. */
export interface HandledRoomEvent<C extends object = OpenObject, T extends string = string>
  extends BaseRoomEvent<C, T> {
  /** The state key; absent if this is not a state event. */
  state_key?: string;
  /** Data that the homeserver adds. */
  unsigned?: OpenObject;
  /** The event that a redaction redacts, in rooms of version 10 and older. */
  redacts?: EventID;
}

/** The room of an event that has one. */
export interface InRoom {
  /** The room. */
  room_id: RoomID;
}

/** The content of an event of a type, as it comes from an origin. */
export type ContentOf<T extends string, O extends EventOrigin> = O extends "toDevice"
  ? T extends ToDeviceEventType ? ToDeviceContentMap[T] : OpenObject
  : O extends "accountData" ? T extends AccountDataEventType ? AccountDataContentMap[T] : OpenObject
  : O extends "ephemeral" ? T extends EphemeralEventType ? EphemeralContentMap[T] : OpenObject
  : T extends StateEventType ? ReceivedContent<StateContentMap[T], T>
  : T extends MessageEventType ? ReceivedContent<MessageContentMap[T], T>
  : OpenObject;

/** An event of a type, with content, as it comes from an origin. */
export type EventOf<T extends string, O extends EventOrigin, C extends object> = O extends
  "timeline" | "leave" ? T extends MessageEventType ? MessageEvent<C, T>
  : T extends StateEventType ? StateEvent<C, T>
  : HandledRoomEvent<C, T>
  : O extends "state" ? StateEvent<C, T>
  : O extends "invite" | "knock" ? StrippedStateEvent<C, T> & InRoom
  : O extends "ephemeral" ? EphemeralEvent<C, T> & NotRoomEvent & InRoom
  : O extends "presence" ? PresenceEvent & NotRoomEvent
  : O extends "toDevice" ? ToDeviceEvent<C, T> & NotRoomEvent
  : AccountDataEvent<C, T> & NotRoomEvent;

/** The event that a handler gets for an event type and an origin. */
export type HandledEvent<T extends string, O extends EventOrigin> = EventOrigin extends O ? GenericEvent
  : OneHandledEvent<T extends "*" ? string : T, O>;

/** The event that a handler gets for an event type other than `*`, and an origin. */
export type OneHandledEvent<T extends string, O extends EventOrigin> = O extends EventOrigin
  ? EventOf<T, O, ContentOf<T, O>>
  : never;

/** The event that a handler gets for content of a custom type and an origin. */
export type CustomEvent<C extends object, O extends EventOrigin> = O extends EventOrigin
  ? EventOf<string, O, C>
  : never;

/** Event types whose content is known. Any other string is a type, too. */
export type HandledEventType =
  | MessageEventType
  | StateEventType
  | EphemeralEventType
  | AccountDataEventType
  | ToDeviceEventType;

/**
 * Origins of an event type, for a handler that does not name any. Types that exist for rooms and for devices, such as
 * `m.room.encrypted`, count as room events.
 */
export type DefaultOrigin<T extends string> = T extends "*" ? EventOrigin
  : T extends MessageEventType ? "timeline" | "leave"
  : T extends StateEventType ? "timeline" | "leave" | "invite" | "knock"
  : T extends "m.presence" ? "presence"
  : T extends EphemeralEventType ? "ephemeral"
  : T extends AccountDataEventType ? "accountData"
  : T extends ToDeviceEventType ? "toDevice"
  : "timeline" | "leave";

/** The room of an event. */
export type RoomOf<O extends EventOrigin, T extends string> = O extends "toDevice" | "presence" ? undefined
  : O extends "accountData" ? T extends RoomAccountDataEventType ? RoomID
    : T extends AccountDataEventType ? undefined
    : RoomID | undefined
  : RoomID;

/**
 * Sends a message to the room of an event.
 *
 * @param content Text, text with HTML as `sendText()` takes it, or the content of a message.
 * @param options Request options. The transaction ID is derived from the event unless one is given.
 * @returns The ID of the message.
 */
export type SendFromHandler = (
  content: string | SendTextContent | MessageEventContent,
  options?: SendOptions,
) => Promise<EventID>;

/** Options of {@linkcode HandlerContext.waitUntil}. */
export interface WaitUntilOptions {
  /**
   * The time limit in milliseconds, after which the work counts as failed and the handler's signal is aborted.
   * `Infinity` means no limit.
   *
   * @default {600000}
   */
  deadline?: number | undefined;
}

/** The encryption of a decrypted event. */
export interface EventEncryption {
  /** The user who encrypted the event, always the event's `sender`. */
  readonly sender: UserID;
  /** The device that encrypted the event, if it is known. */
  readonly device: DeviceID | undefined;
  /** Whether the device is signed by its owner. */
  readonly verified: boolean;
  /** Why the event should be displayed with a warning. */
  readonly shield: string | undefined;
}

/** The context that a handler gets beside the event. */
export interface HandlerContext<O extends EventOrigin = RoomEventOrigin, T extends string = string> {
  /** The client. */
  readonly client: ClientAPI;
  /** The room of the event; `undefined` for to-device messages, presence and global account data. */
  readonly roomId: RoomOf<O, T>;
  /** The part of the sync response that the event came in. */
  readonly from: O;
  /** The token that the batch was requested with; `undefined` in the initial sync. */
  readonly since: SyncToken | undefined;
  /** The encryption of the event; `undefined` if it was not, or was not decrypted. */
  readonly encryption: EventEncryption | undefined;
  /** Aborted when the sync stops, and when the handler or its detached work exceeds its deadline. */
  readonly signal: AbortSignal;
  /**
   * Sends a message to the event's room, in its thread if the event is in one. `undefined` for events without an ID.
   *
   * The transaction ID is derived from the event's ID, the number of the handler (handlers are counted as they are
   * registered) and the number of the send within this call. An event that is delivered again makes no second message.
   */
  readonly send: O extends RoomEventOrigin ? SendFromHandler : undefined;
  /**
   * Sends a rich reply to the event, and mentions its sender. A reply to an edit is a reply to the edited event.
   * Otherwise works as `send()`. `undefined` for events without an ID.
   */
  readonly reply: O extends RoomEventOrigin ? SendFromHandler : undefined;
  /**
   * Detaches work from the handler: the next event, and the next poll, do not wait for it. The sync token of the batch
   * is not stored before the work has ended, so a crash delivers the event again.
   *
   * @param work The work. If it rejects, `onHandlerError` is called.
   * @param options The time limit.
   */
  readonly waitUntil: (work: PromiseLike<unknown>, options?: WaitUntilOptions) => void;
}

/** An event of any type, as handlers get it. */
export type AnyHandledEvent = GenericEvent;

/** The context of an event of any origin. */
export type AnyHandlerContext = HandlerContext<EventOrigin>;

/**
 * Handles an event. The next event of the room is delivered after it has ended.
 *
 * @param event The event. `room_id` is set on all events of a room.
 * @param context The client, the origin of the event, and functions that send a message or detach work.
 * @returns Anything. If it is a promise it is awaited.
 */
export type EventHandler<E, Context = AnyHandlerContext> = (event: E, context: Context) => unknown;

/** Options of a handler. */
export interface HandlerOptions<O extends string = EventOrigin> {
  /**
   * Whether to deliver messages that the client's own user sent. State events, account data, presence and to-device
   * messages are delivered in any case.
   *
   * @default {false}
   */
  own?: boolean | undefined;
  /**
   * Origins of the events to deliver.
   *
   * @default {everything but "state"}
   */
  from?: O | readonly O[] | undefined;
  /**
   * Maximum number of retries of a handler that throws, after waits as `backoff` says. While the homeserver is out of
   * reach, a handler is retried for up to an hour in any case.
   *
   * @default {0}
   */
  retries?: number | undefined;
  /**
   * The time limit for one call of the handler in milliseconds. Then its signal is aborted, it counts as failed and is
   * no longer awaited. `Infinity` means no limit.
   *
   * @default {60000}
   */
  handlerDeadline?: number | undefined;
}

/** One call of a handler, which knows nothing of clients. */
export interface HandlerCall {
  /** Aborted when delivery stops, and when the handler or its detached work exceeds its deadline. */
  readonly signal: AbortSignal;
  /** Detaches work from the handler. */
  waitUntil(work: PromiseLike<unknown>, options?: WaitUntilOptions): void;
  /**
   * Sends a request that belongs to this call. If the call's deadline passes meanwhile, that is the homeserver's fault.
   *
   * @param request Sends the request, with a suffix for its transaction ID that is unique for the event.
   */
  send<R>(request: (suffix: string) => Promise<R>): Promise<R>;
}

/**
 * The functions of a context. A program may take them out of the context, so they are bound; they are made when they are
 * read, because most handlers use one of them or none.
 */
export class BaseContext {
  readonly #event: AnyHandledEvent;
  readonly #call: HandlerCall;
  readonly #sender: ClientAPI;
  /** The room of the event. */
  readonly roomId: RoomID | undefined;

  /**
   * Creates a context.
   *
   * @param event The event.
   * @param roomId Its room.
   * @param call The call of the handler.
   * @param sender The client that `send()` and `reply()` send with.
   */
  constructor(event: AnyHandledEvent, roomId: RoomID | undefined, call: HandlerCall, sender: ClientAPI) {
    this.#event = event;
    this.#call = call;
    this.#sender = sender;
    this.roomId = roomId;
  }

  /** The signal of the call. */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Detaches work from the handler. */
  get waitUntil(): HandlerCall["waitUntil"] {
    return (work, options) => this.#call.waitUntil(work, options);
  }

  /** Sends a message to the event's room. */
  get send(): SendFromHandler | undefined {
    return this.#sending(inThread);
  }

  /** Sends a rich reply to the event. */
  get reply(): SendFromHandler | undefined {
    return this.#sending((content, event) => asReply(content, event, this.#sender.mxid));
  }

  #sending(relate: (content: object, event: RoomEvent) => object): SendFromHandler | undefined {
    const event = this.#event;
    const { roomId } = this;
    if (roomId === undefined || typeof event.event_id !== "string") return undefined;
    return (content, options) =>
      this.#call.send((suffix) => {
        const { content: message, ...own } = messageOf(content);
        const request: SendOptions = { ...own, ...options };
        request.txnId ??= `${event.event_id}${suffix}`;
        request.signal ??= this.#call.signal;
        return this.#sender.sendMessage(roomId, relate(message, event as RoomEvent), request);
      });
  }
}

type RoomEvent = AnyHandledEvent & { event_id: EventID };

/** Splits what `send()` takes into the content of a message and request options. */
function messageOf(given: string | SendTextContent | MessageEventContent): SendOptions & { content: object } {
  if (typeof given === "string") return { content: textContent({ text: given }) };
  const { text, html, msgtype, relatesTo, mentions, ...options } = fieldsOf(given) as SendTextContent;
  if ("body" in options) return { content: given };
  return { ...options, content: textContent({ text, html, msgtype, relatesTo, mentions }) };
}

/** Puts content into the thread of an event, unless it has a relation of its own. */
function inThread(content: object, event: RoomEvent): object {
  const root = getThreadParent(event.content);
  if (root === undefined || getRelatesTo(content) !== undefined) return content;
  return setThreadParent(content, root, { lastEventInThread: event.event_id });
}

/** Turns content into a rich reply that mentions the sender of the event. */
function asReply(content: object, event: RoomEvent, own: string | undefined): object {
  // An edit keeps the relation of the original message, and notifies nobody again.
  if (getEdit(content) !== undefined) return content;
  const { "m.mentions": given, "m.relates_to": relation } = content as OpenObject;
  const mentioned = fieldsOf(given).user_ids;
  const users = new Set(Array.isArray(mentioned) ? mentioned : []);
  if (event.sender !== undefined && event.sender !== own) users.add(event.sender);
  const mentions = { ...fieldsOf(given), ...(users.size > 0 ? { user_ids: [...users] } : {}) };
  const root = hasRelation(relation) ? undefined : getThreadParent(event.content);
  const related = root === undefined
    ? content
    : setThreadParent(content, root, { disableReplyFallback: true });
  return makeReply({ ...related, "m.mentions": mentions }, getEdit(event.content) ?? event.event_id);
}
