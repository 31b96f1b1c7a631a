import { delay } from "@std/async/delay";
import { MatrixRequestError } from "../http/errors/base.ts";
import { MNotJoined } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { iteratePages, required } from "../http/response.ts";
import type { RetryPolicy } from "../http/retry.ts";
import {
  checkAliasLocalpart,
  checkContent,
  checkGiven,
  checkIdentifier,
  checkIdentityServer,
  given,
  kindOf,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type { ThirdPartyMedium } from "../types/account.ts";
import type { RoomCreatePreset, RoomDirectoryVisibility, RoomSummary } from "../types/directory.ts";
import type {
  Membership,
  MemberStateEventContent,
  PowerLevelStateEventContent,
  RoomCreateStateEventContent,
} from "../types/events/mod.ts";
import type { EventID, RoomAlias, RoomID, UserID } from "../types/identifiers.ts";
import { fieldsOf, stringField } from "../types/json.ts";
import type { MutualRooms, RoomIDResponse } from "../types/responses.ts";
import type { ThirdPartySigned } from "../types/users.ts";
import { refuseTimestamp } from "./base.ts";
import { hasCreatorPower, withoutCreators } from "./content/room_state.ts";
import { AccountDataMethods } from "./users.ts";

/** Additional content of a member event. */
export type ExtraMemberContent = Partial<MemberStateEventContent>;

/** Options of methods that change a membership: invite, kick, ban and unban. */
export interface MembershipOptions extends RequestOptions {
  /** The reason, which users in the room can read. */
  reason?: string | undefined;
  /**
   * Additional content of the member event. If it is not empty, or if there is a `timestamp`, the member event is sent
   * as a state event, because the endpoint of the action accepts neither.
   */
  extraContent?: ExtraMemberContent | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.joinRoomById}. */
export interface JoinRoomByIdOptions extends MembershipOptions {
  /** An invitation to a third-party identifier, signed by an identity server. Not sent with `extraContent`. */
  thirdPartySigned?: ThirdPartySigned | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.joinRoom}. */
export interface JoinRoomOptions extends RequestOptions {
  /** The servers to join through, if the homeserver is not in the room. */
  servers?: readonly string[] | undefined;
  /** The reason, which users in the room can read. */
  reason?: string | undefined;
  /** An invitation to a third-party identifier, signed by an identity server. */
  thirdPartySigned?: ThirdPartySigned | undefined;
  /**
   * The maximum number of retries after any error response, waiting 10 s, 20 s, 30 s and so on, or the server's
   * `Retry-After` if longer. Replaces `retry`, except for `maxRetryAfter`. By default `retry` applies, which does not
   * retry after a permanent error.
   */
  maxRetries?: number | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.knockRoom}. */
export interface KnockRoomOptions extends RequestOptions {
  /** The servers to knock through, if the homeserver is not in the room. */
  servers?: readonly string[] | undefined;
  /** The reason, which users in the room can read. */
  reason?: string | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.leaveRoom}. */
export interface LeaveRoomOptions extends MembershipOptions {
  /**
   * Whether to throw if the user is not in the room, or the homeserver does not know the room.
   *
   * @default {false}
   */
  raiseNotInRoom?: boolean | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.sendMemberEvent}. */
export interface SendMemberEventOptions extends RequestOptions {
  /** Additional content, which takes precedence over the other fields of the member event. */
  extraContent?: ExtraMemberContent | undefined;
}

/** The time that `maxRetries` adds to the wait with each attempt, in milliseconds. */
const RETRY_STEP = 10_000;

/** The membership that results from each action. */
const MEMBERSHIPS = { invite: "invite", leave: "leave", kick: "leave", ban: "ban", unban: "leave" } as const;

/** Memberships: joining, leaving, inviting, knocking, kicking and banning. */
export abstract class MembershipMethods extends AccountDataMethods {
  /**
   * Joins a room by its ID. If the homeserver is not in the room, use
   * {@linkcode MembershipMethods.prototype.joinRoom}, which accepts servers to join through.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin
   * @param roomId The room.
   * @param options Reason, additional content, signed invitation, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user may not join.
   * @throws {MBadState} If the user is banned, on homeservers that use this error code.
   * @throws {TypeError} If there is `extraContent` or a `timestamp`, and the client's `mxid` is unset.
   */
  async joinRoomById(roomId: RoomID, options?: JoinRoomByIdOptions): Promise<RoomID> {
    const { reason, extraContent, thirdPartySigned, ...request } = given(options);
    checkGiven("object", { thirdPartySigned });
    const content = memberContent(extraContent, reason, request);
    if (content !== undefined) {
      await this.sendMemberEvent(roomId, this.ownUserId(), "join", { ...request, extraContent: content });
      return roomId;
    }
    const response = await this.request<RoomIDResponse>(
      "POST",
      path`/_matrix/client/v3/rooms/${roomId}/join`,
      options,
      { body: joinBody(thirdPartySigned, reason), repeatable: true },
    );
    return required(response, "room_id");
  }

  /**
   * Joins a room by its ID or alias.
   *
   * @example Join by alias, for at most a minute
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const roomId = await client.joinRoom("#lobby:example.org", {
   *   servers: ["example.org"],
   *   signal: AbortSignal.timeout(60_000),
   * });
   * assert(roomId.startsWith("!"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias
   * @param roomIdOrAlias The room's ID or alias.
   * @param options Servers to join through, reason, signed invitation, number of retries, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user may not join.
   * @throws {MBadState} If the user is banned, on homeservers that use this error code.
   * @throws {MNotFound} If the alias does not exist.
   * @throws {RangeError} If `maxRetries` is not a number.
   * @throws {TypeError} If there is a `timestamp`.
   */
  async joinRoom(roomIdOrAlias: RoomID | RoomAlias, options?: JoinRoomOptions): Promise<RoomID> {
    const { servers, reason, thirdPartySigned, maxRetries, ...request }: JoinRoomOptions = given(options);
    refuseTimestamp(request, "only joinRoomById() can join a room with a timestamp");
    checkGiven("object", { thirdPartySigned });
    checkGiven("string", { reason });
    const route = path`/_matrix/client/v3/join/${roomIdOrAlias}`;
    const join = async (retry: RetryPolicy | undefined): Promise<RoomID> => {
      const response = await this.request<RoomIDResponse>("POST", route, { ...request, retry }, {
        params: throughServers(servers),
        body: joinBody(thirdPartySigned, reason),
        // Repeating is safe: joining a room twice has no effect.
        repeatable: true,
      });
      return required(response, "room_id");
    };
    if (maxRetries === undefined || maxRetries === null) return await join(request.retry);
    if (typeof maxRetries !== "number" || Number.isNaN(maxRetries)) {
      throw new RangeError(
        `Cannot join the room: maxRetries must be a number, received ${kindOf(maxRetries)}`,
      );
    }
    const longest = request.retry?.maxRetryAfter ?? Infinity;
    for (let n = 1;; n++) {
      try {
        return await join({ ...request.retry, limit: 0 });
      } catch (error) {
        if (!(error instanceof MatrixRequestError) || n > maxRetries) throw error;
        const retryAfter = error.retryAfter ?? 0;
        if (retryAfter > longest) throw error;
        await delay(Math.max(n * RETRY_STEP, retryAfter), { signal: request.signal ?? undefined });
      }
    }
  }

  /**
   * Completes the content of a member event before it is sent. Calls `fillMemberEventCallback`; subclasses may override
   * it.
   *
   * @param roomId The room.
   * @param userId The member.
   * @param content A copy of the content.
   * @returns The content to send; `null` to send it unchanged.
   */
  async fillMemberEvent(
    roomId: RoomID,
    userId: UserID,
    content: MemberStateEventContent,
  ): Promise<MemberStateEventContent | null> {
    return await this.fillMemberEventCallback?.(roomId, userId, content) ?? null;
  }

  /**
   * Sends a member event as a state event. Other fields of the present member event, such as the display name, are not
   * kept: pass them as `extraContent`, or add them in `fillMemberEvent()`.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
   * @param roomId The room.
   * @param userId The user.
   * @param membership The new membership.
   * @param options Additional content, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not change the membership.
   */
  async sendMemberEvent(
    roomId: RoomID,
    userId: UserID,
    membership: Membership,
    options?: SendMemberEventOptions,
  ): Promise<EventID> {
    const { extraContent, ...request } = given(options);
    // An empty user ID would become an empty state key, which is valid.
    checkIdentifier("user ID", userId);
    const content: MemberStateEventContent = {
      membership: checkIdentifier("membership", membership),
      is_direct: false,
      ...withoutUndefined(extraContent),
    };
    const filled = await this.fillMemberEvent(roomId, userId, content) ?? content;
    return await this.sendStateEvent(roomId, "m.room.member", {
      ...filled,
      is_direct: filled.is_direct ?? false,
    }, {
      ...request,
      stateKey: userId,
      ensureJoined: false,
    });
  }

  /**
   * Invites a user to a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidinvite
   * @param roomId The room.
   * @param userId The user.
   * @param options Reason, additional content, and request options.
   * @throws {MForbidden} If the client's user may not invite, or the invited user is in the room or banned.
   */
  async inviteUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: a user who has joined in the meantime cannot be invited again.
    await this.#change("invite", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Invites a third-party identifier, such as an email address. If it belongs to a user, the user is invited. Otherwise
   * the identity server sends a message to the address.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#thirdparty_post_matrixclientv3roomsroomidinvite
   * @param roomId The room.
   * @param medium The medium of the identifier, for example `email`.
   * @param address The identifier, for example an email address.
   * @param idServer The host name of the identity server.
   * @param idAccessToken The access token for the identity server.
   * @param options Request options. Not retried after a lost connection, because each request sends a message.
   * @throws {MForbidden} If the user is not allowed to invite.
   */
  async inviteByThirdPartyId(
    roomId: RoomID,
    medium: ThirdPartyMedium,
    address: string,
    idServer: string,
    idAccessToken: string,
    options?: RequestOptions,
  ): Promise<void> {
    const body = {
      medium: checkIdentifier("medium", medium),
      address: checkIdentifier("address", address),
      id_server: checkIdentityServer(idServer),
      id_access_token: checkIdentifier("identity access token", idAccessToken),
    };
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/invite`, options, {
      body,
      sensitive: true,
    });
  }

  /**
   * Leaves a room, rejects an invitation or withdraws a knock.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave
   * @param roomId The room.
   * @param options Reason, additional content, whether to throw if the user is not in the room, and request options.
   * @throws {MNotJoined} If the user is not in the room and `raiseNotInRoom` is set; on some homeservers
   * {@linkcode MForbidden}. For an unknown room Synapse responds with status 404.
   * @throws {TypeError} If there is `extraContent` or a `timestamp`, and the client's `mxid` is unset.
   */
  async leaveRoom(roomId: RoomID, options?: LeaveRoomOptions): Promise<void> {
    const { raiseNotInRoom, ...rest } = given(options);
    try {
      await this.#change("leave", roomId, undefined, rest);
    } catch (error) {
      if (raiseNotInRoom || !isNotInRoom(error)) throw error;
    }
  }

  /**
   * Knocks on a room, which asks its members for an invitation.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias
   * @param roomIdOrAlias The room's ID or alias.
   * @param options Servers to knock through, reason, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the room does not allow knocks, or the user may not knock.
   * @throws {MNotFound} If the room does not exist.
   * @throws {TypeError} If there is a `timestamp`.
   */
  async knockRoom(roomIdOrAlias: RoomID | RoomAlias, options?: KnockRoomOptions): Promise<RoomID> {
    const { servers, reason } = given(options);
    refuseTimestamp(options, 'knocks have no `ts` parameter; use sendMemberEvent() with "knock"');
    checkGiven("string", { reason });
    // Not repeatable: the homeserver refuses a knock if the user was invited in the meantime.
    const response = await this.request<RoomIDResponse>(
      "POST",
      path`/_matrix/client/v3/knock/${roomIdOrAlias}`,
      options,
      { params: throughServers(servers), body: { reason: unlessEmpty(reason) } },
    );
    return required(response, "room_id");
  }

  /**
   * Removes a user from a room, or withdraws an invitation.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick
   * @param roomId The room.
   * @param userId The user.
   * @param options Reason, additional content, and request options.
   * @throws {MForbidden} If the client's user may not kick, or the kicked user is not in the room.
   * @throws {MBadState} If the kicked user is banned, on homeservers that use this error code.
   */
  async kickUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: a user who has left cannot be kicked.
    await this.#change("kick", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Bans a user from a room. If the user is in the room, the ban also removes the user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidban
   * @param roomId The room.
   * @param userId The user.
   * @param options Reason, additional content, and request options.
   * @throws {MForbidden} If the client's user may not ban.
   */
  async banUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: some homeservers refuse to ban a user who is banned.
    await this.#change("ban", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Unbans a user, who may then join or be invited again.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidunban
   * @param roomId The room.
   * @param userId The user.
   * @param options Reason, additional content, and request options.
   * @throws {MForbidden} If the client's user may not unban, or the other user is not banned.
   * @throws {MBadState} If the other user is not banned, on homeservers that use this error code.
   */
  async unbanUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: a user who is not banned cannot be unbanned.
    await this.#change("unban", roomId, checkIdentifier("user ID", userId), options);
  }

  /** Changes a membership through the endpoint of the action, or else by sending the member event. */
  async #change(
    action: keyof typeof MEMBERSHIPS,
    roomId: RoomID,
    userId: UserID | undefined,
    options: MembershipOptions | undefined,
  ): Promise<void> {
    const { reason, extraContent, ...request } = given(options);
    const content = memberContent(extraContent, reason, request);
    if (content !== undefined) {
      const member = userId ?? this.ownUserId();
      await this.sendMemberEvent(roomId, member, MEMBERSHIPS[action], { ...request, extraContent: content });
      return;
    }
    const optional = action === "invite" || action === "leave";
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/${action}`, options, {
      body: { user_id: userId, reason: optional ? unlessEmpty(reason) : reason ?? "" },
    });
  }
}

/** Returns the query of the servers. Homeservers before v1.12 of the specification know `via` as `server_name`. */
function throughServers(
  servers: readonly string[] | undefined,
): Record<string, readonly string[] | undefined> {
  checkGiven("array", { servers });
  const names = unlessEmpty(servers);
  return { via: names, server_name: names };
}

function joinBody(thirdPartySigned: ThirdPartySigned | undefined, reason: string | undefined): object {
  return { third_party_signed: thirdPartySigned ?? undefined, reason: unlessEmpty(reason) };
}

/** Returns whether an error means that the user is not in the room, or that the homeserver does not know the room. */
function isNotInRoom(error: unknown): boolean {
  if (error instanceof MNotJoined) return true;
  if (!(error instanceof MatrixRequestError)) return false;
  // Synapse responds 404 M_UNKNOWN for an unknown room. A 404 without an error code is not from a homeserver. Some
  // homeservers only say "not in room" in the message.
  return (error.status === 404 && error.errcode !== undefined && error.errcode !== "M_UNRECOGNIZED") ||
    error.serverMessage?.includes("not in room") === true;
}

type Content = Partial<MemberStateEventContent>;

/**
 * Returns the content of the member event to send: the additional content with the reason. Returns `undefined` if the
 * endpoint of the action can be used, because there is neither additional content nor a timestamp.
 */
function memberContent(
  extraContent: Content | undefined,
  reason: string | undefined,
  { timestamp }: RequestOptions,
): Content | undefined {
  checkGiven("string", { reason });
  const content = withoutUndefined(extraContent);
  if (Object.keys(content).length === 0 && (timestamp ?? undefined) === undefined) return undefined;
  return unlessEmpty(reason) && !("reason" in content) ? { ...content, reason } : content;
}

/** Returns a copy without fields that are `undefined`, which would remove the defaults. */
function withoutUndefined(content: Content | undefined): Content {
  return Object.fromEntries(
    Object.entries(checkContent(unlessEmpty(content) ?? {})).filter(([, value]) => value !== undefined),
  );
}

/**
 * A state event that a new room starts with.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export interface InitialStateEvent {
  /** The event's type. */
  type: string;
  /**
   * The state key.
   *
   * @default {""}
   */
  state_key?: string;
  /** The event's content. */
  content: object;
}

/** Options of {@linkcode RoomMethods.prototype.createRoom}. */
export interface CreateRoomOptions extends RequestOptions {
  /** The local part of the room's alias, without the `#` and the server name. */
  aliasLocalpart?: string | undefined;
  /**
   * The visibility of the room in the room directory.
   *
   * @default {"private"}
   */
  visibility?: RoomDirectoryVisibility | undefined;
  /**
   * The preset, which determines who may join, who may see the history, and the power of invited users.
   *
   * @default {"private_chat"}
   */
  preset?: RoomCreatePreset | undefined;
  /** The room's name. */
  name?: string | undefined;
  /** The room's topic. */
  topic?: string | undefined;
  /**
   * Whether the invitations mark the room as a direct chat.
   *
   * @default {false}
   */
  isDirect?: boolean | undefined;
  /** The users to invite. */
  invitees?: readonly UserID[] | undefined;
  /** State events that the room starts with. */
  initialState?: readonly InitialStateEvent[] | undefined;
  /** The room version. Defaults to the homeserver's default. */
  roomVersion?: string | undefined;
  /** Additional content of `m.room.create`, such as the room type. A `room_version` in it is ignored; pass `roomVersion`. */
  creationContent?: Partial<RoomCreateStateEventContent> | undefined;
  /**
   * Power levels that replace those of the homeserver. Levels that are not given keep the homeserver's value. Before room
   * version 12, `users` must contain the creator. Since version 12 it must not, so entries of creators are removed; if
   * there are any and `roomVersion` is not given, the homeserver's default version is requested first.
   */
  powerLevelOverride?: PowerLevelStateEventContent | undefined;
  /**
   * Whether invited users join automatically. Only Beeper's homeserver supports this.
   *
   * @default {false}
   */
  beeperAutoJoinInvites?: boolean | undefined;
  /** Additional fields of the body. The other options and their defaults take precedence. */
  customRequestFields?: object | undefined;
}

/** Options of {@linkcode RoomMethods.prototype.getRoomSummary}. */
export interface GetRoomSummaryOptions extends RequestOptions {
  /** The servers to ask about the room if the homeserver does not know it. */
  servers?: readonly string[] | undefined;
}

/** Options of {@linkcode RoomMethods.prototype.upgradeRoom}. */
export interface UpgradeRoomOptions extends RequestOptions {
  /** Additional creators of the new room. Not copied from the old room. */
  additionalCreators?: readonly UserID[] | undefined;
}

/** Options of {@linkcode RoomMethods.prototype.getMutualRooms}. */
export interface GetMutualRoomsOptions extends RequestOptions {
  /** Token to continue from, `next_batch` of the page before. */
  from?: string | undefined;
}

/** Time limit of an attempt to upgrade a room, in milliseconds. */
const UPGRADE_DEADLINE = 600_000;

/** Creation, upgrades and lists of rooms. */
export abstract class RoomMethods extends MembershipMethods {
  /**
   * Creates a room and joins it.
   *
   * Not retried after a lost connection, because the homeserver may already have created the room.
   *
   * @example Creating a direct chat
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const roomId = await client.createRoom({
   *   name: "Lunch",
   *   preset: "trusted_private_chat",
   *   isDirect: true,
   *   invitees: ["@bob:example.org"],
   * });
   * assert(roomId.startsWith("!"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
   * @param options Properties of the room, and request options.
   * @returns The room's ID.
   * @throws {MRoomInUse} If the alias exists.
   * @throws {MInvalidRoomState} If the initial state is invalid.
   * @throws {MUnsupportedRoomVersion} If the homeserver does not support the room version.
   * @throws {TypeError} If an option has the wrong type.
   */
  async createRoom(options?: CreateRoomOptions): Promise<RoomID> {
    const {
      aliasLocalpart,
      visibility,
      preset,
      name,
      topic,
      isDirect,
      invitees,
      initialState,
      roomVersion,
      creationContent,
      powerLevelOverride,
      beeperAutoJoinInvites,
      customRequestFields,
    } = given(options);
    checkGiven("string", { aliasLocalpart, visibility, preset, name, topic, roomVersion });
    checkGiven("boolean", { isDirect });
    checkGiven("array", { invitees, initialState });
    checkGiven("object", { creationContent, powerLevelOverride, customRequestFields });
    const alias = unlessEmpty(aliasLocalpart);
    if (alias !== undefined) checkAliasLocalpart(alias);
    const invite = unlessEmpty(invitees)?.map((userId) => checkIdentifier("user ID", userId));
    const { room_version: _version, ...content } = creationContent ?? {};
    const body = {
      ...customRequestFields,
      ...onlyGiven({
        visibility: visibility ?? "private",
        preset: preset ?? "private_chat",
        is_direct: isDirect ?? false,
        room_alias_name: alias,
        invite,
        "com.beeper.auto_join_invites": invite && unlessEmpty(beeperAutoJoinInvites) && true,
        name: unlessEmpty(name),
        topic: unlessEmpty(topic),
        room_version: unlessEmpty(roomVersion),
        initial_state: unlessEmpty(initialState),
        // Without the version, the content may be empty.
        creation_content: unlessEmpty(creationContent) && content,
        power_level_content_override: await this.#acceptedLevels(options),
      }),
    };
    const response = await this.request<RoomIDResponse>("POST", "/_matrix/client/v3/createRoom", options, {
      body,
    });
    return required(response, "room_id");
  }

  /**
   * Returns the power levels to create a room with. Homeservers refuse entries of the room's creators since room
   * version 12, and Synapse 1.163 leaves an unfinished room behind then, so those entries are removed.
   */
  async #acceptedLevels(
    options: CreateRoomOptions | undefined,
  ): Promise<PowerLevelStateEventContent | undefined> {
    const { powerLevelOverride, roomVersion, creationContent, preset, invitees } = given(options);
    const levels = unlessEmpty(powerLevelOverride);
    if (levels === undefined) return undefined;
    const additional = creationContent?.additional_creators;
    const creators = [
      this.mxid,
      ...(Array.isArray(additional) ? additional : []),
      // This preset gives invited users the same power as the creator.
      ...(preset === "trusted_private_chat" ? invitees ?? [] : []),
    ];
    const allowed = withoutCreators(levels, creators);
    if (allowed === levels) return levels;
    const version = unlessEmpty(roomVersion) ?? await this.#defaultRoomVersion(options);
    return version !== undefined && hasCreatorPower(version) ? allowed : levels;
  }

  async #defaultRoomVersion(options: RequestOptions | undefined): Promise<string | undefined> {
    const response = await this.request("GET", "/_matrix/client/v3/capabilities", options);
    const { "m.room_versions": versions } = fieldsOf(fieldsOf(response).capabilities);
    return stringField(versions, "default");
  }

  /**
   * Gets the rooms that the user has joined.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3joined_rooms
   * @param options Request options.
   * @returns The rooms' IDs, in no particular order.
   */
  async getJoinedRooms(options?: RequestOptions): Promise<RoomID[]> {
    const response = await this.request<{ joined_rooms: RoomID[] }>(
      "GET",
      "/_matrix/client/v3/joined_rooms",
      options,
    );
    return required(response, "joined_rooms", "array");
  }

  /**
   * Forgets a room that the user has left. The user can no longer see its history.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidforget
   * @param roomId The room.
   * @param options Request options.
   * @throws {MatrixRequestError} If the user is still in the room, with status 400.
   */
  async forgetRoom(roomId: RoomID, options?: RequestOptions): Promise<void> {
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/forget`, options);
  }

  /**
   * Gets a summary of a room, which the user need not have joined.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1room_summaryroomidoralias
   * @param roomIdOrAlias The room's ID or alias.
   * @param options Servers to request the summary from, and request options.
   * @returns The summary, with the user's membership if the client is signed in.
   * @throws {MNotFound} If the room does not exist, or is not visible to the user.
   */
  async getRoomSummary(
    roomIdOrAlias: RoomID | RoomAlias,
    options?: GetRoomSummaryOptions,
  ): Promise<RoomSummary> {
    const { servers } = given(options);
    checkGiven("array", { servers });
    const response = await this.request<RoomSummary>(
      "GET",
      path`/_matrix/client/v1/room_summary/${roomIdOrAlias}`,
      options,
      { params: { via: unlessEmpty(servers) } },
    );
    required(response, "room_id");
    return response;
  }

  /**
   * Upgrades a room: creates a new room of another version in place of it.
   *
   * The default `deadline` is ten minutes, because upgrading a large room takes long. Not retried after a lost connection
   * or a gateway timeout, because the homeserver may still be upgrading, and a second request creates a second room. Look
   * for the `m.room.tombstone` event of the old room then.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidupgrade
   * @param roomId The room.
   * @param newVersion The version of the new room.
   * @param options Creators of the new room, and request options.
   * @returns The ID of the new room.
   * @throws {MForbidden} If the user may not upgrade the room.
   * @throws {MUnsupportedRoomVersion} If the homeserver does not support the version.
   */
  async upgradeRoom(roomId: RoomID, newVersion: string, options?: UpgradeRoomOptions): Promise<RoomID> {
    const { additionalCreators, deadline } = given(options);
    checkGiven("array", { additionalCreators });
    unlessEmpty(additionalCreators)?.forEach((userId) => checkIdentifier("user ID", userId));
    const response = await this.request<{ replacement_room: RoomID }>(
      "POST",
      path`/_matrix/client/v3/rooms/${roomId}/upgrade`,
      { ...options, deadline: deadline ?? UPGRADE_DEADLINE },
      {
        body: {
          new_version: checkIdentifier("room version", newVersion),
          additional_creators: additionalCreators ?? undefined,
        },
      },
    );
    return required(response, "replacement_room");
  }

  /**
   * Gets a page of the rooms that the user shares with another user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mutual_rooms
   * @param userId The other user.
   * @param options Where to continue, and request options.
   * @returns The rooms, their number, and the token of the next page.
   * @throws {MInvalidParam} If it is the user themself.
   */
  async getMutualRooms(userId: UserID, options?: GetMutualRoomsOptions): Promise<MutualRooms> {
    const { from } = given(options);
    checkGiven("string", { from });
    const response = await this.request<MutualRooms>("GET", "/_matrix/client/v1/mutual_rooms", options, {
      params: { user_id: checkIdentifier("user ID", userId), from: unlessEmpty(from) },
    });
    required(response, "joined", "array");
    return response;
  }

  /**
   * Iterates over the pages of {@linkcode RoomMethods.prototype.getMutualRooms}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mutual_rooms
   * @param userId The other user.
   * @param options Where to start, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateMutualRooms(
    userId: UserID,
    options?: GetMutualRoomsOptions,
  ): AsyncGenerator<MutualRooms, void, undefined> {
    const { from } = given(options);
    yield* iteratePages("next_batch", from, (from) => this.getMutualRooms(userId, { ...options, from }));
  }
}
