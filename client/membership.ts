import { delay } from "@std/async/delay";
import { checkContent, checkGiven, checkIdentifier, given, unlessEmpty } from "../http/validate.ts";
import { MatrixRequestError } from "../http/errors/base.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { required } from "../http/response_fields.ts";
import type { RetryPolicy } from "../http/retry.ts";
import { MNotJoined } from "../http/errors/codes.ts";
import type { ThirdPartyMedium } from "../types/account.ts";
import type { Membership, MemberStateEventContent } from "../types/events/mod.ts";
import type { EventID, RoomAlias, RoomID, UserID } from "../types/identifiers.ts";
import type { RoomIDResponse } from "../types/responses.ts";
import type { ThirdPartySigned } from "../types/users.ts";
import { refuseTimestamp } from "./base.ts";
import { ProfileMethods } from "./profile.ts";

/** Further content of a member event, such as `displayname` or `avatar_url`. */
export type ExtraMemberContent = Partial<MemberStateEventContent>;

/** Options of the methods that change a user's membership: inviting, kicking, banning and unbanning. */
export interface MembershipOptions extends RequestOptions {
  /** The reason, which is visible to the room. */
  reason?: string | undefined;
  /**
   * Further content of the member event. If given, the member event is sent as a state event in place of the
   * membership endpoint. Requires the power level for `m.room.member` state events. A `timestamp` has the same effect.
   */
  extraContent?: ExtraMemberContent | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.joinRoomById}. */
export interface JoinRoomByIdOptions extends MembershipOptions {
  /** A signed token from an identity server that proves a third-party invitation. Not sent with `extraContent`. */
  thirdPartySigned?: ThirdPartySigned | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.joinRoom}. */
export interface JoinRoomOptions extends RequestOptions {
  /** Servers to join through. */
  servers?: readonly string[] | undefined;
  /** The reason, which is visible to the room. */
  reason?: string | undefined;
  /** A signed token from an identity server that proves a third-party invitation. */
  thirdPartySigned?: ThirdPartySigned | undefined;
  /**
   * The maximum number of retries after any error response. Waits 10 s, 20 s, 30 s, …, or the server's `Retry-After` if
   * it is longer. Replaces `retry`, except for `maxRetryAfter`. By default, `retry` applies, which does not retry a
   * refused join.
   */
  maxRetries?: number | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.knockRoom}. */
export interface KnockRoomOptions extends RequestOptions {
  /** Servers to knock through. */
  servers?: readonly string[] | undefined;
  /** The reason, which is visible to the room. */
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
  /** Further content of the member event. Overrides `membership` and `is_direct`. */
  extraContent?: ExtraMemberContent | undefined;
}

/** Time by which the wait grows with each retry of `maxRetries`, in milliseconds. */
const RETRY_STEP = 10_000;

/** The membership that each endpoint sets. */
const MEMBERSHIPS = { invite: "invite", leave: "leave", kick: "leave", ban: "ban", unban: "leave" } as const;

/** Joining and leaving rooms, inviting and banning users. */
export abstract class MembershipMethods extends ProfileMethods {
  /**
   * Joins a room by its ID. The homeserver must know the room. Otherwise use
   * {@linkcode MembershipMethods.prototype.joinRoom}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin
   * @param roomId The room.
   * @param options A reason, further content, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user is not allowed to join.
   * @throws {MBadState} If the user is banned and the homeserver uses this error code.
   * @throws {TypeError} If `extraContent` is given and the client's `mxid` is unset.
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
   * Joins a room.
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
   * @param options Servers to join through, the number of retries, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user is not allowed to join.
   * @throws {MBadState} If the user is banned and the homeserver uses this error code.
   * @throws {MNotFound} If the alias does not exist.
   * @throws {RangeError} If `maxRetries` is not a number.
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
        // Joining a room again changes nothing.
        repeatable: true,
      });
      return required(response, "room_id");
    };
    if (maxRetries === undefined || maxRetries === null) return await join(request.retry);
    if (typeof maxRetries !== "number" || Number.isNaN(maxRetries)) {
      throw new RangeError("Cannot join the room: maxRetries must be a number");
    }
    const longest = request.retry?.maxRetryAfter ?? Infinity;
    for (let n = 1;; n++) {
      try {
        return await join({ ...request.retry, limit: 0 });
      } catch (error) {
        if (!(error instanceof MatrixRequestError) || n > maxRetries) throw error;
        const asked = error.retryAfter ?? 0;
        if (asked > longest) throw error;
        await delay(Math.max(n * RETRY_STEP, asked), { signal: request.signal ?? undefined });
      }
    }
  }

  /**
   * Returns the content to send in a member event. Calls `fillMemberEventCallback`. Subclasses may override it.
   *
   * @param roomId The room.
   * @param userId The member.
   * @param content A copy of the content.
   * @returns The content to send, or `null` to send `content` unchanged.
   */
  async fillMemberEvent(
    roomId: RoomID,
    userId: UserID,
    content: MemberStateEventContent,
  ): Promise<MemberStateEventContent | null> {
    return await this.fillMemberEventCallback?.(roomId, userId, content) ?? null;
  }

  /**
   * Sends a member event as a state event, which changes a user's membership in a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
   * @param roomId The room.
   * @param userId The user.
   * @param membership The new membership.
   * @param options Further content, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user is not allowed to make the change.
   */
  async sendMemberEvent(
    roomId: RoomID,
    userId: UserID,
    membership: Membership,
    options?: SendMemberEventOptions,
  ): Promise<EventID> {
    const { extraContent, ...request } = given(options);
    // sendStateEvent() would send an empty state key.
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
   * @param options A reason, further content, and request options.
   * @throws {MForbidden} If the caller is not allowed to invite, or the user is already in the room or banned.
   */
  async inviteUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: inviting fails if the user has joined in the meantime.
    await this.#change("invite", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Invites a user by a third-party identifier, for example an email address. If it is bound to a user, the user
   * receives an ordinary invitation. Otherwise the identity server sends a message to the address.
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
      id_server: checkIdentifier("identity server", idServer),
      id_access_token: checkIdentifier("identity access token", idAccessToken),
    };
    await this.request("POST", path`/_matrix/client/v3/rooms/${roomId}/invite`, options, {
      body,
      sensitive: true,
    });
  }

  /**
   * Leaves a room, rejects an invitation or retracts a knock.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave
   * @param roomId The room.
   * @param options A reason, further content, and request options.
   * @throws {MNotJoined} If the user is not in the room and `raiseNotInRoom` is set. Some homeservers respond with
   * {@linkcode MForbidden} instead.
   * @throws {TypeError} If `extraContent` is given and the client's `mxid` is unset.
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
   * Knocks on a room: requests an invitation.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias
   * @param roomIdOrAlias The room's ID or alias.
   * @param options Servers to knock through, a reason, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the room does not allow knocks, or not from this user.
   * @throws {MNotFound} If the room does not exist.
   */
  async knockRoom(roomIdOrAlias: RoomID | RoomAlias, options?: KnockRoomOptions): Promise<RoomID> {
    const { servers, reason } = given(options);
    refuseTimestamp(options, 'knocks have no `ts` parameter; use sendMemberEvent() with "knock"');
    checkGiven("string", { reason });
    // Not repeatable: a knock fails if the user has been invited in the meantime.
    const response = await this.request<RoomIDResponse>(
      "POST",
      path`/_matrix/client/v3/knock/${roomIdOrAlias}`,
      options,
      { params: throughServers(servers), body: { reason: unlessEmpty(reason) } },
    );
    return required(response, "room_id");
  }

  /**
   * Kicks a user from a room, or retracts an invitation.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick
   * @param roomId The room.
   * @param userId The user.
   * @param options A reason, further content, and request options.
   * @throws {MForbidden} If the caller is not allowed to kick, or the user is not in the room.
   * @throws {MBadState} If the user is banned and the homeserver uses this error code.
   */
  async kickUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: kicking fails if the user is no longer in the room.
    await this.#change("kick", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Bans a user from a room. A user who is in the room is also kicked.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidban
   * @param roomId The room.
   * @param userId The user.
   * @param options A reason, further content, and request options.
   * @throws {MForbidden} If the caller is not allowed to ban.
   */
  async banUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: some homeservers refuse to ban a banned user.
    await this.#change("ban", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Unbans a user, who can then be invited or join again.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidunban
   * @param roomId The room.
   * @param userId The user.
   * @param options A reason, further content, and request options.
   * @throws {MForbidden} If the caller is not allowed to unban, or the user is not banned.
   * @throws {MBadState} If the user is not banned and the homeserver uses this error code.
   */
  async unbanUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not repeatable: unbanning fails if the user is no longer banned.
    await this.#change("unban", roomId, checkIdentifier("user ID", userId), options);
  }

  /** Changes a membership through its endpoint or, if there is further content, with a state event. */
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

/** Returns the query parameters for servers. Before v1.12 of the specification, `via` was named `server_name`. */
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
  // Synapse has no error code for an unknown room, and others none for a user who is not in the room.
  return (error.status === 404 && error.errcode !== "M_UNRECOGNIZED") ||
    error.serverMessage?.includes("not in room") === true;
}

type Content = Partial<MemberStateEventContent>;

/**
 * Returns the content of the member event to send as a state event: the caller's content with the reason. Returns
 * `undefined` if there is neither content nor a timestamp. Only the state endpoint has a `ts` parameter.
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

/** Returns a copy without `undefined` fields, which would replace default values and are not part of JSON. */
function withoutUndefined(content: Content | undefined): Content {
  return Object.fromEntries(
    Object.entries(checkContent(unlessEmpty(content) ?? {})).filter(([, value]) => value !== undefined),
  );
}
