import { checkContent, checkGiven, given, unlessEmpty } from "../http/validate.ts";
import { MatrixResponseError } from "../http/errors/base.ts";
import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { eventResponse, listResponse, required, requiredList } from "../http/response_fields.ts";
import type {
  Membership,
  MemberStateEventContent,
  OpenObject,
  StateContentMap,
  StateEvent,
  StateEventType,
} from "../types/events/mod.ts";
import type { EventID, RoomID, SyncToken } from "../types/identifiers.ts";
import type { EventIDResponse } from "../types/responses.ts";
import type { JoinedMembers } from "../types/users.ts";
import { PeekingMethods } from "./peeking.ts";

/** How {@linkcode StateMethods.prototype.getStateEvent} gives a piece of state. */
export type StateEventFormat = "content" | "event" | (string & Record<never, never>);

/** Options of {@linkcode StateMethods.prototype.getStateEvent}. */
export interface GetStateEventOptions extends RequestOptions {
  /**
   * Which piece of its type: a user ID for members, for one.
   *
   * @default {""}
   */
  stateKey?: string | undefined;
  /**
   * The event's content alone, or the whole event. Homeservers before v1.16 may know the content only.
   *
   * @default {"content"}
   */
  format?: StateEventFormat | undefined;
}

/** Options of {@linkcode StateMethods.prototype.getStateEvent} for the content alone. */
export interface GetStateContentOptions extends GetStateEventOptions {
  /** The content. */
  format?: "content" | undefined;
}

/** Options of {@linkcode StateMethods.prototype.getStateEvent} for the whole event. */
export interface GetFullStateEventOptions extends GetStateEventOptions {
  /** The event. */
  format: "event";
}

/** Options of {@linkcode StateMethods.prototype.getMembers}. */
export interface GetMembersOptions extends RequestOptions {
  /** Members as they were then: a token from `sync` or a page of messages. */
  at?: SyncToken | undefined;
  /** Only those who stand to the room like this. */
  membership?: Membership | undefined;
  /** Only those who do not stand to the room like this. */
  notMembership?: Membership | undefined;
}

/** Options of {@linkcode StateMethods.prototype.sendStateEvent}. */
export interface SendStateEventOptions extends RequestOptions {
  /**
   * Which piece of its type: a user ID for members, for one.
   *
   * @default {""}
   */
  stateKey?: string | undefined;
  /**
   * Whether `IntentAPI` of `@mtx/client/appservice` makes sure that its user has joined the room before it sends the event.
   * Ignored by `ClientAPI`.
   *
   * @default {true}
   */
  ensureJoined?: boolean | undefined;
}

const INVALID_EVENT = "Invalid state event in response";
const INVALID_EVENTS = "Invalid state events in response";

/** The path of a piece of state. Unlike other segments, the state key may be empty. */
function statePath(roomId: RoomID, eventType: string, stateKey: string | null | undefined): string {
  const prefix = path`/_matrix/client/v3/rooms/${roomId}/state/${eventType}/`;
  return stateKey === undefined || stateKey === null || stateKey === "" ? prefix : prefix + path`${stateKey}`;
}

/** The state of rooms. */
export abstract class StateMethods extends PeekingMethods {
  /**
   * Gets a piece of a room's state, as a whole event. The type decides what is known of its content.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options Which piece of its type, and request options.
   * @returns The event.
   * @throws {MNotFound} If the room has no such state.
   * @throws {MForbidden} If the user may not see it.
   */
  getStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    options: GetFullStateEventOptions,
  ): Promise<StateEvent<StateContentMap[T], T>>;
  /**
   * Gets a piece of a room's state, as a whole event. The type parameter says what its content is.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options Which piece of its type, and request options.
   * @returns The event.
   * @throws {MNotFound} If the room has no such state.
   * @throws {MForbidden} If the user may not see it.
   */
  getStateEvent<C extends object = OpenObject>(
    roomId: RoomID,
    eventType: string,
    options: GetFullStateEventOptions,
  ): Promise<StateEvent<C>>;
  /**
   * Gets the content of a piece of a room's state. The type decides what is known of it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options Which piece of its type, and request options.
   * @returns The content.
   * @throws {MNotFound} If the room has no such state.
   * @throws {MForbidden} If the user may not see it.
   */
  getStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    options?: GetStateContentOptions,
  ): Promise<StateContentMap[T]>;
  /**
   * Gets the content of a piece of a room's state. The type parameter says what it is.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options Which piece of its type, in which format, and request options.
   * @returns The content, or what the homeserver answers where another format is asked for.
   * @throws {MNotFound} If the room has no such state.
   * @throws {MForbidden} If the user may not see it.
   */
  getStateEvent<C extends object = OpenObject>(
    roomId: RoomID,
    eventType: string,
    options?: GetStateEventOptions,
  ): Promise<C>;
  async getStateEvent(
    roomId: RoomID,
    eventType: string,
    options?: GetStateEventOptions,
  ): Promise<unknown> {
    const { stateKey, format: requested } = given(options);
    checkGiven("string", { format: requested });
    const format = requested ?? "content";
    const answer = await this.request("GET", statePath(roomId, eventType, stateKey), options, {
      params: { format: format === "content" ? undefined : format },
    });
    if (format === "event") return eventResponse(answer, INVALID_EVENT);
    if (format === "content" && !isJsonObject(answer)) throw new MatrixResponseError(INVALID_EVENT);
    return answer;
  }

  /**
   * Gets all of a room's state: as it is now, or, after leaving, as it was then.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
   * @param roomId The room.
   * @param options Request options.
   * @returns The state events.
   * @throws {MForbidden} If the user has never been in the room.
   */
  async getState(roomId: RoomID, options?: RequestOptions): Promise<StateEvent[]> {
    const answer = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/state`, options);
    return listResponse(answer, INVALID_EVENTS);
  }

  /**
   * Gets the member events of a room, those of users who have left included.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
   * @param roomId The room.
   * @param options When, which members, and request options.
   * @returns The member events.
   * @throws {MForbidden} If the user has never been in the room.
   */
  async getMembers(
    roomId: RoomID,
    options?: GetMembersOptions,
  ): Promise<StateEvent<MemberStateEventContent, "m.room.member">[]> {
    const { at, membership, notMembership } = given(options);
    checkGiven("string", { at, membership, notMembership });
    const answer = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/members`, options, {
      params: {
        at: unlessEmpty(at),
        membership: unlessEmpty(membership),
        not_membership: unlessEmpty(notMembership),
      },
    });
    return requiredList(answer, "chunk", INVALID_EVENTS);
  }

  /**
   * Gets who is in a room, with names and pictures. Cheaper than all member events.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
   * @param roomId The room.
   * @param options Request options.
   * @returns `display_name` and `avatar_url` by user ID.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getJoinedMembers(roomId: RoomID, options?: RequestOptions): Promise<JoinedMembers> {
    const answer = await this.request<{ joined: JoinedMembers }>(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/joined_members`,
      options,
    );
    return required(answer, "joined", "object");
  }

  /**
   * Sets a piece of a room's state. Everything that changes state goes through here.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options Which piece of its type, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not set it.
   */
  sendStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    content: StateContentMap[T],
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  /**
   * Sets a piece of a room's state of any type. Everything that changes state goes through here.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options Which piece of its type, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not set it.
   */
  sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  async sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID> {
    const { stateKey } = given(options);
    const answer = await this.request<EventIDResponse>(
      "PUT",
      statePath(roomId, eventType, stateKey),
      options,
      {
        body: checkContent(content),
        takesTimestamp: true,
      },
    );
    return required(answer, "event_id");
  }
}
