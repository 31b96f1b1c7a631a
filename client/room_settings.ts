import { MatrixResponseError } from "../http/errors/base.ts";
import { MNotFound } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { checkGiven, checkIdentifier, given, kindOf, onlyGiven, unlessEmpty } from "../http/validate.ts";
import type {
  DirectAccountDataEventContent,
  GuestAccess,
  HistoryVisibility,
  ImageInfo,
  JoinRestriction,
  JoinRule,
  PowerLevelStateEventContent,
  RoomTopicStateEventContent,
} from "../types/events/mod.ts";
import type { ContentURI, EventID, RoomID, UserID } from "../types/identifiers.ts";
import { isDeep } from "../types/json.ts";
import { SearchMethods } from "./directory.ts";
import { requestOptions } from "./base.ts";
import { userLevel } from "./content/room_state.ts";

/** Options of {@linkcode RoomSettingsMethods.prototype.setRoomTopic}. */
export interface SetRoomTopicOptions extends RequestOptions {
  /** Topic as HTML, for clients that display it. */
  html?: string | undefined;
}

/** Options of {@linkcode RoomSettingsMethods.prototype.setRoomAvatar}. */
export interface SetRoomAvatarOptions extends RequestOptions {
  /** Information about the image. */
  info?: ImageInfo | undefined;
}

/** Options of {@linkcode RoomSettingsMethods.prototype.setJoinRule}. */
export interface SetJoinRuleOptions extends RequestOptions {
  /** Conditions for joining a restricted room, of which a user must meet one. */
  allow?: readonly JoinRestriction[] | undefined;
}

/** Settings of rooms: name, topic, access, power levels, pinned messages, direct chats. */
export abstract class RoomSettingsMethods extends SearchMethods {
  /**
   * Sets the name of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroomname
   * @param roomId The room.
   * @param name The name; empty for none.
   * @param options Request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the name.
   */
  async setRoomName(roomId: RoomID, name: string, options?: RequestOptions): Promise<EventID> {
    checkText("name", name);
    return await this.sendStateEvent(roomId, "m.room.name", { name }, requestOptions(options));
  }

  /**
   * Sets the topic of a room, in the format of today and of clients older than v1.15 of the specification.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroomtopic
   * @param roomId The room.
   * @param topic The topic as plain text; empty for none.
   * @param options The topic as HTML, and request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the topic.
   */
  async setRoomTopic(roomId: RoomID, topic: string, options?: SetRoomTopicOptions): Promise<EventID> {
    const { html } = given(options);
    checkText("topic", topic);
    checkGiven("string", { html });
    const texts = [...unlessEmpty(html) ? [{ mimetype: "text/html", body: html! }] : [], { body: topic }];
    const content: RoomTopicStateEventContent = { topic, "m.topic": { "m.text": texts } };
    return await this.sendStateEvent(roomId, "m.room.topic", content, requestOptions(options));
  }

  /**
   * Sets the avatar of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroomavatar
   * @param roomId The room.
   * @param url The image in the media repository; `null` removes the avatar.
   * @param options Information about the image, and request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the avatar.
   */
  async setRoomAvatar(
    roomId: RoomID,
    url: ContentURI | null,
    options?: SetRoomAvatarOptions,
  ): Promise<EventID> {
    const { info } = given(options);
    checkGiven("object", { info });
    const content = url === null ? {} : { url: checkIdentifier("content URI", url), ...onlyGiven({ info }) };
    return await this.sendStateEvent(roomId, "m.room.avatar", content, requestOptions(options));
  }

  /**
   * Sets who may join a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules
   * @param roomId The room.
   * @param joinRule The rule.
   * @param options Conditions of a restricted room, and request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the rule.
   */
  async setJoinRule(roomId: RoomID, joinRule: JoinRule, options?: SetJoinRuleOptions): Promise<EventID> {
    const { allow } = given(options);
    checkIdentifier("join rule", joinRule);
    checkGiven("array", { allow });
    const content = { join_rule: joinRule, ...onlyGiven({ allow }) };
    return await this.sendStateEvent(roomId, "m.room.join_rules", content, requestOptions(options));
  }

  /**
   * Sets who may read the history of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroomhistory_visibility
   * @param roomId The room.
   * @param historyVisibility Who may read events from before they joined. It holds for events from now on.
   * @param options Request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the visibility.
   */
  async setHistoryVisibility(
    roomId: RoomID,
    historyVisibility: HistoryVisibility,
    options?: RequestOptions,
  ): Promise<EventID> {
    checkIdentifier("history visibility", historyVisibility);
    const content = { history_visibility: historyVisibility };
    return await this.sendStateEvent(roomId, "m.room.history_visibility", content, requestOptions(options));
  }

  /**
   * Sets whether guests may join a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroomguest_access
   * @param roomId The room.
   * @param guestAccess Whether guests may join.
   * @param options Request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the access.
   */
  async setGuestAccess(roomId: RoomID, guestAccess: GuestAccess, options?: RequestOptions): Promise<EventID> {
    checkIdentifier("guest access", guestAccess);
    const content = { guest_access: guestAccess };
    return await this.sendStateEvent(roomId, "m.room.guest_access", content, requestOptions(options));
  }

  /**
   * Gets the power levels of a room.
   *
   * In the rare room without power levels, this returns the levels that hold there: its creator has 100, unless the room
   * version gives creators more than any level.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
   * @param roomId The room.
   * @param options Request options.
   * @returns The content of the state event, unchanged from the server.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getPowerLevels(roomId: RoomID, options?: RequestOptions): Promise<PowerLevelStateEventContent> {
    const request = requestOptions(options);
    try {
      return await this.getStateEvent(roomId, "m.room.power_levels", request);
    } catch (error) {
      if (!(error instanceof MNotFound)) throw error;
      const create = await this.getStateEvent(roomId, "m.room.create", { ...request, format: "event" });
      return userLevel(undefined, create.sender, create) === 100 ? { users: { [create.sender]: 100 } } : {};
    }
  }

  /**
   * Sets the power levels of a room. They replace those before as a whole, so change what
   * {@linkcode RoomSettingsMethods.prototype.getPowerLevels} returns, for example with `setUserLevel()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
   * @param roomId The room.
   * @param content The power levels.
   * @param options Request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not change the levels.
   */
  async setPowerLevels(
    roomId: RoomID,
    content: PowerLevelStateEventContent,
    options?: RequestOptions,
  ): Promise<EventID> {
    return await this.sendStateEvent(roomId, "m.room.power_levels", content, requestOptions(options));
  }

  /**
   * Gets the pinned messages of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroompinned_events
   * @param roomId The room.
   * @param options Request options.
   * @returns The IDs of the messages; `[]` if none is pinned.
   * @throws {MForbidden} If the user is not in the room.
   */
  async getPinnedMessages(roomId: RoomID, options?: RequestOptions): Promise<EventID[]> {
    return listOf((await this.#getPinned(roomId, options)).pinned);
  }

  /**
   * Sets the pinned messages of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroompinned_events
   * @param roomId The room.
   * @param eventIds The IDs of the messages, in order.
   * @param options Request options.
   * @returns The ID of the state event.
   * @throws {MForbidden} If the user may not pin messages.
   */
  async setPinnedMessages(
    roomId: RoomID,
    eventIds: readonly EventID[],
    options?: RequestOptions,
  ): Promise<EventID> {
    if (!Array.isArray(eventIds)) {
      throw new TypeError(`Cannot pin messages: eventIds must be an array, received ${kindOf(eventIds)}`);
    }
    const pinned = eventIds.map((eventId) => checkIdentifier("event ID", eventId));
    return await this.sendStateEvent(roomId, "m.room.pinned_events", { pinned }, requestOptions(options));
  }

  /**
   * Pins a message in a room, behind those that are pinned already. Sends nothing if it is one of them.
   *
   * Reads and writes, so a change by another user in between is lost.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroompinned_events
   * @param roomId The room.
   * @param eventId The message.
   * @param options Request options.
   * @throws {MForbidden} If the user may not pin messages.
   */
  async pinMessage(roomId: RoomID, eventId: EventID, options?: RequestOptions): Promise<void> {
    checkIdentifier("event ID", eventId);
    const content = await this.#getPinned(roomId, options);
    const pinned = listOf(content.pinned);
    if (pinned.includes(eventId)) return;
    const changed = { ...content, pinned: [...pinned, eventId] };
    await this.sendStateEvent(roomId, "m.room.pinned_events", changed, requestOptions(options));
  }

  /**
   * Unpins a message in a room. Sends nothing if it is not pinned.
   *
   * Reads and writes, so a change by another user in between is lost.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroompinned_events
   * @param roomId The room.
   * @param eventId The message.
   * @param options Request options.
   * @throws {MForbidden} If the user may not unpin messages.
   */
  async unpinMessage(roomId: RoomID, eventId: EventID, options?: RequestOptions): Promise<void> {
    checkIdentifier("event ID", eventId);
    const content = await this.#getPinned(roomId, options);
    const pinned = listOf(content.pinned);
    if (!pinned.includes(eventId)) return;
    const changed = { ...content, pinned: pinned.filter((one) => one !== eventId) };
    await this.sendStateEvent(roomId, "m.room.pinned_events", changed, requestOptions(options));
  }

  /**
   * Gets the rooms that are direct chats, from the account data `m.direct`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#direct-messaging
   * @param options Request options.
   * @returns The rooms by the user they are with; `{}` if there are none.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  async getDirectRooms(options?: RequestOptions): Promise<Record<UserID, RoomID[]>> {
    const content = await this.#getDirect(options);
    return Object.fromEntries(Object.entries(content).map(([userId, rooms]) => [userId, listOf(rooms)]));
  }

  /**
   * Marks a room as a direct chat with a user, in the account data `m.direct`. Sends nothing if it is one already.
   *
   * Reads and writes, so a change by another client of the user in between is lost.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#direct-messaging
   * @param roomId The room.
   * @param userId The user whom the chat is with.
   * @param options Request options.
   * @throws {TypeError} If the client's own user ID is unknown.
   */
  async markDirect(roomId: RoomID, userId: UserID, options?: RequestOptions): Promise<void> {
    checkIdentifier("room ID", roomId);
    checkIdentifier("user ID", userId);
    const content = await this.#getDirect(options);
    const rooms = listOf<RoomID>(Object.hasOwn(content, userId) ? content[userId] : undefined);
    if (rooms.includes(roomId)) return;
    const changed = { ...content, [userId]: [...rooms, roomId] };
    await this.setAccountData("m.direct", changed, requestOptions(options));
  }

  async #getPinned(roomId: RoomID, options: RequestOptions | undefined): Promise<{ pinned?: unknown }> {
    const type: string = "m.room.pinned_events";
    const content = await this.getStateEvent<{ pinned?: unknown }>(roomId, type, requestOptions(options))
      .catch(emptyIfNotFound);
    return checkDepth(content);
  }

  async #getDirect(options: RequestOptions | undefined): Promise<DirectAccountDataEventContent> {
    return checkDepth(await this.getAccountData("m.direct", requestOptions(options)).catch(emptyIfNotFound));
  }
}

/** Checks that content from the server can be sent back. */
function checkDepth<C extends object>(content: C): C {
  if (isDeep(content)) throw new MatrixResponseError("Invalid content in response: nested too deeply");
  return content;
}

function emptyIfNotFound(error: unknown): Record<never, never> {
  if (error instanceof MNotFound) return {};
  throw error;
}

/** Returns the strings of a list in content, which may be anything. */
function listOf<T extends string>(value: unknown): T[] {
  return Array.isArray(value) ? value.filter((one): one is T => typeof one === "string") : [];
}

function checkText(name: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new TypeError(`Cannot change the room: ${name} must be a string, received ${kindOf(value)}`);
}
