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
import { PeekingMethods } from "./sync.ts";

/** The form in which {@linkcode StateMethods.prototype.getStateEvent} returns a state event. */
export type StateEventFormat = "content" | "event" | (string & Record<never, never>);

/** Options of {@linkcode StateMethods.prototype.getStateEvent}. */
export interface GetStateEventOptions extends RequestOptions {
  /**
   * The state key, such as a user ID for `m.room.member`.
   *
   * @default {""}
   */
  stateKey?: string | undefined;
  /**
   * The form of the result: the content, or the whole event. Homeservers that do not support v1.16 of the specification
   * may return the content only.
   *
   * @default {"content"}
   */
  format?: StateEventFormat | undefined;
}

/** Options of {@linkcode StateMethods.prototype.getStateEvent} for the content. */
export interface GetStateContentOptions extends GetStateEventOptions {
  /** The form of the result: the content. */
  format?: "content" | undefined;
}

/** Options of {@linkcode StateMethods.prototype.getStateEvent} for the whole event. */
export interface GetFullStateEventOptions extends GetStateEventOptions {
  /** The form of the result: the whole event. */
  format: "event";
}

/** Options of {@linkcode StateMethods.prototype.getMembers}. */
export interface GetMembersOptions extends RequestOptions {
  /** The point in time of the members: a token from `sync()` or `getMessages()`. By default now. */
  at?: SyncToken | undefined;
  /** The membership of the members to return. By default all are returned. */
  membership?: Membership | undefined;
  /** The membership of the members to exclude. */
  notMembership?: Membership | undefined;
}

/** Options of {@linkcode StateMethods.prototype.sendStateEvent}. */
export interface SendStateEventOptions extends RequestOptions {
  /**
   * The state key, such as a user ID for `m.room.member`.
   *
   * @default {""}
   */
  stateKey?: string | undefined;
  /**
   * Whether `IntentAPI` of `@mtx/client/appservice` joins the room first if its user is not in it. Ignored by `ClientAPI`.
   *
   * @default {true}
   */
  ensureJoined?: boolean | undefined;
}

const INVALID_EVENT = "Invalid state event in response";
const INVALID_EVENTS = "Invalid state events in response";

/** Returns the path of a state event. Unlike other segments, the state key may be empty. */
function statePath(roomId: RoomID, eventType: string, stateKey: string | null | undefined): string {
  const prefix = path`/_matrix/client/v3/rooms/${roomId}/state/${eventType}/`;
  return stateKey === undefined || stateKey === null || stateKey === "" ? prefix : prefix + path`${stateKey}`;
}

/** Reading and sending state events. */
export abstract class StateMethods extends PeekingMethods {
  /**
   * Gets a state event of a room. The type of its content follows from the event type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, and request options.
   * @returns The event.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    options: GetFullStateEventOptions,
  ): Promise<StateEvent<StateContentMap[T], T>>;
  /**
   * Gets a state event of a room, of any type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, and request options.
   * @returns The event.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<C extends object = OpenObject>(
    roomId: RoomID,
    eventType: string,
    options: GetFullStateEventOptions,
  ): Promise<StateEvent<C>>;
  /**
   * Gets the content of a state event of a room. Its type follows from the event type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, and request options.
   * @returns The content.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
   */
  getStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    options?: GetStateContentOptions,
  ): Promise<StateContentMap[T]>;
  /**
   * Gets the content of a state event of a room, of any type.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param options The state key, the form of the result, and request options.
   * @returns The content; with another `format` the response.
   * @throws {MNotFound} If the room has no such state event.
   * @throws {MForbidden} If the user may not see the room's state.
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
    const response = await this.request("GET", statePath(roomId, eventType, stateKey), options, {
      params: { format: format === "content" ? undefined : format },
    });
    if (format === "event") return eventResponse(response, INVALID_EVENT);
    if (format === "content" && !isJsonObject(response)) throw new MatrixResponseError(INVALID_EVENT);
    return response;
  }

  /**
   * Gets all state events of a room: the current ones or, if the user has left, those at that time.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
   * @param roomId The room.
   * @param options Request options.
   * @returns The state events.
   * @throws {MForbidden} If the user has never been in the room.
   */
  async getState(roomId: RoomID, options?: RequestOptions): Promise<StateEvent[]> {
    const response = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/state`, options);
    return listResponse(response, INVALID_EVENTS);
  }

  /**
   * Gets the member events of a room, including those of users who have left.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
   * @param roomId The room.
   * @param options Point in time, memberships, and request options.
   * @returns The member events.
   * @throws {MForbidden} If the user has never been in the room.
   */
  async getMembers(
    roomId: RoomID,
    options?: GetMembersOptions,
  ): Promise<StateEvent<MemberStateEventContent, "m.room.member">[]> {
    const { at, membership, notMembership } = given(options);
    checkGiven("string", { at, membership, notMembership });
    const response = await this.request("GET", path`/_matrix/client/v3/rooms/${roomId}/members`, options, {
      params: {
        at: unlessEmpty(at),
        membership: unlessEmpty(membership),
        not_membership: unlessEmpty(notMembership),
      },
    });
    return requiredList(response, "chunk", INVALID_EVENTS);
  }

  /**
   * Gets the users who are in a room, with display names and avatars. The response is smaller than that of
   * `getMembers()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
   * @param roomId The room.
   * @param options Request options.
   * @returns `display_name` and `avatar_url` by user ID.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getJoinedMembers(roomId: RoomID, options?: RequestOptions): Promise<JoinedMembers> {
    const response = await this.request<{ joined: JoinedMembers }>(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/joined_members`,
      options,
    );
    return required(response, "joined", "object");
  }

  /**
   * Sends a state event. All methods that change state send through this one.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The state key, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send the event.
   */
  sendStateEvent<T extends StateEventType>(
    roomId: RoomID,
    eventType: T,
    content: StateContentMap[T],
    options?: SendStateEventOptions,
  ): Promise<EventID>;
  /**
   * Sends a state event of any type. All methods that change state send through this one.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The state key, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send the event.
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
    const response = await this.request<EventIDResponse>(
      "PUT",
      statePath(roomId, eventType, stateKey),
      options,
      {
        body: checkContent(content),
        takesTimestamp: true,
      },
    );
    return required(response, "event_id");
  }
}
