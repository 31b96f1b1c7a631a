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

/** What a caller may want in the content of a member event. */
export type ExtraMemberContent = Partial<MemberStateEventContent>;

/** Options of what changes who is in a room: inviting, kicking, banning and unbanning. */
export interface MembershipOptions extends RequestOptions {
  /** Why, for the room to see. */
  reason?: string | undefined;
  /**
   * Further content of the member event. If there is any, the event is sent as state, which needs the rights to do so,
   * instead of through the endpoint for the purpose.
   */
  extraContent?: ExtraMemberContent | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.joinRoomById}. */
export interface JoinRoomByIdOptions extends MembershipOptions {
  /** An invitation to an address, as an identity server has signed it. Not sent with `extraContent`. */
  thirdPartySigned?: ThirdPartySigned | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.joinRoom}. */
export interface JoinRoomOptions extends RequestOptions {
  /** Servers to join through. */
  servers?: readonly string[] | undefined;
  /** Why, for the room to see. */
  reason?: string | undefined;
  /** An invitation to an address, as an identity server has signed it. */
  thirdPartySigned?: ThirdPartySigned | undefined;
  /**
   * How many times to try again after whatever the homeserver refuses with, be it for good: after 10 s, then 20 s, 30 s
   * and so on, or as long as the server asks for. Nothing else is tried again then; of `retry` only `maxRetryAfter`
   * counts. Without it, `retry` says what is tried again, and a refusal is not.
   */
  maxRetries?: number | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.knockRoom}. */
export interface KnockRoomOptions extends RequestOptions {
  /** Servers to knock through. */
  servers?: readonly string[] | undefined;
  /** Why, for the room to see. */
  reason?: string | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.leaveRoom}. */
export interface LeaveRoomOptions extends MembershipOptions {
  /**
   * Whether it is an error not to be in the room.
   *
   * @default {false}
   */
  raiseNotInRoom?: boolean | undefined;
}

/** Options of {@linkcode MembershipMethods.prototype.sendMemberEvent}. */
export interface SendMemberEventOptions extends RequestOptions {
  /** Further content. It may set the fields of member events, too. */
  extraContent?: ExtraMemberContent | undefined;
}

/** Milliseconds that `maxRetries` adds to the wait with each try. */
const RETRY_STEP = 10_000;

/** What the endpoints make of a user. */
const MEMBERSHIPS = { invite: "invite", leave: "leave", kick: "leave", ban: "ban", unban: "leave" } as const;

/** Joining, leaving, inviting and banning. */
export abstract class MembershipMethods extends ProfileMethods {
  /**
   * Joins a room by its ID. The homeserver has to know the room; otherwise use
   * {@linkcode MembershipMethods.prototype.joinRoom}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin
   * @param roomId The room.
   * @param options How to join, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user may not join.
   * @throws {MBadState} If the user is banned, on homeservers that say so.
   * @throws {TypeError} If there is `extraContent` and the client's `mxid` is unset.
   */
  async joinRoomById(roomId: RoomID, options?: JoinRoomByIdOptions): Promise<RoomID> {
    const { reason, extraContent, thirdPartySigned, ...request } = given(options);
    checkGiven("object", { thirdPartySigned });
    const content = memberContent(extraContent, reason, request);
    if (content !== undefined) {
      await this.sendMemberEvent(roomId, this.ownUserId(), "join", { ...request, extraContent: content });
      return roomId;
    }
    const answer = await this.request<RoomIDResponse>(
      "POST",
      path`/_matrix/client/v3/rooms/${roomId}/join`,
      options,
      { body: joinBody(thirdPartySigned, reason), repeatable: true },
    );
    return required(answer, "room_id");
  }

  /**
   * Joins a room.
   *
   * @example Joining by alias, for at most a minute
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
   * @param options Through whom to join and how often to try, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the user may not join.
   * @throws {MBadState} If the user is banned, on homeservers that say so.
   * @throws {MNotFound} If there is no such alias.
   * @throws {RangeError} If `maxRetries` is no number.
   */
  async joinRoom(roomIdOrAlias: RoomID | RoomAlias, options?: JoinRoomOptions): Promise<RoomID> {
    const { servers, reason, thirdPartySigned, maxRetries, ...request }: JoinRoomOptions = given(options);
    refuseTimestamp(request, "only joinRoomById() can join a room with a timestamp");
    checkGiven("object", { thirdPartySigned });
    checkGiven("string", { reason });
    const route = path`/_matrix/client/v3/join/${roomIdOrAlias}`;
    const join = async (retry: RetryPolicy | undefined): Promise<RoomID> => {
      const answer = await this.request<RoomIDResponse>("POST", route, { ...request, retry }, {
        params: throughServers(servers),
        body: joinBody(thirdPartySigned, reason),
        // Whoever is in the room may join it again: nothing happens.
        repeatable: true,
      });
      return required(answer, "room_id");
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
   * Looks over the content of a member event before it is sent, for subclasses to override. This one asks
   * `fillMemberEventCallback`.
   *
   * @param roomId The room.
   * @param userId The member.
   * @param content The content so far, a copy.
   * @returns The content to send, or `null` to leave it as it is.
   */
  async fillMemberEvent(
    roomId: RoomID,
    userId: UserID,
    content: MemberStateEventContent,
  ): Promise<MemberStateEventContent | null> {
    return await this.fillMemberEventCallback?.(roomId, userId, content) ?? null;
  }

  /**
   * Changes how a user stands to a room, by sending the member event as state.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroommember
   * @param roomId The room.
   * @param userId The user.
   * @param membership How the user is to stand to the room.
   * @param options Further content, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not make the change.
   */
  async sendMemberEvent(
    roomId: RoomID,
    userId: UserID,
    membership: Membership,
    options?: SendMemberEventOptions,
  ): Promise<EventID> {
    const { extraContent, ...request } = given(options);
    // An empty state key would be sent as one.
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
   * Invites a user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidinvite
   * @param roomId The room.
   * @param userId The user.
   * @param options Why, and request options.
   * @throws {MForbidden} If the user may not invite, or the other one is in the room or banned.
   */
  async inviteUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not to be repeated: whoever has accepted in between cannot be invited again.
    await this.#change("invite", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Invites somebody by an address. If it belongs to a user this is an ordinary invitation, otherwise the identity server
   * sends a message to the address.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#thirdparty_post_matrixclientv3roomsroomidinvite
   * @param roomId The room.
   * @param medium Kind of the address.
   * @param address The address.
   * @param idServer Host name of the identity server.
   * @param idAccessToken Access token for the identity server.
   * @param options Request options. Not retried after a lost connection, because each request sends a message.
   * @throws {MForbidden} If the user may not invite.
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
   * Leaves a room, turns down an invitation or takes back a knock.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave
   * @param roomId The room.
   * @param options Why, and request options.
   * @throws {MNotJoined} If the user is not in the room and `raiseNotInRoom` is set, on homeservers that say so;
   * {@linkcode MForbidden} on others.
   * @throws {TypeError} If there is `extraContent` and the client's `mxid` is unset.
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
   * Knocks on a room: asks to be let in.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias
   * @param roomIdOrAlias The room's ID or alias.
   * @param options Through whom to knock and why, and request options.
   * @returns The room's ID.
   * @throws {MForbidden} If the room takes no knocks, or not from this user.
   * @throws {MNotFound} If there is no such room.
   */
  async knockRoom(roomIdOrAlias: RoomID | RoomAlias, options?: KnockRoomOptions): Promise<RoomID> {
    const { servers, reason } = given(options);
    refuseTimestamp(options, 'knocks have no `ts` parameter; use sendMemberEvent() with "knock"');
    checkGiven("string", { reason });
    // Not to be repeated: a knock that has been answered with an invitation is refused.
    const answer = await this.request<RoomIDResponse>(
      "POST",
      path`/_matrix/client/v3/knock/${roomIdOrAlias}`,
      options,
      { params: throughServers(servers), body: { reason: unlessEmpty(reason) } },
    );
    return required(answer, "room_id");
  }

  /**
   * Removes a user from a room, or takes back an invitation.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick
   * @param roomId The room.
   * @param userId The user.
   * @param options Why, and request options.
   * @throws {MForbidden} If the user may not kick, or the other one is not in the room.
   * @throws {MBadState} If the other one is banned, on homeservers that say so.
   */
  async kickUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not to be repeated: whoever has gone cannot be kicked.
    await this.#change("kick", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Bans a user from a room, who is removed from it if need be.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidban
   * @param roomId The room.
   * @param userId The user.
   * @param options Why, and request options.
   * @throws {MForbidden} If the user may not ban.
   */
  async banUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not to be repeated: some homeservers refuse to ban whoever is banned.
    await this.#change("ban", roomId, checkIdentifier("user ID", userId), options);
  }

  /**
   * Lifts the ban of a user, who may then be invited or join again.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidunban
   * @param roomId The room.
   * @param userId The user.
   * @param options Why, and request options.
   * @throws {MForbidden} If the user may not unban, or the other one is not banned.
   * @throws {MBadState} If the other one is not banned, on homeservers that say so.
   */
  async unbanUser(roomId: RoomID, userId: UserID, options?: MembershipOptions): Promise<void> {
    // Not to be repeated: whoever is not banned any more cannot be unbanned.
    await this.#change("unban", roomId, checkIdentifier("user ID", userId), options);
  }

  /** Changes a membership through the endpoint for it or, where there is further content, as state. */
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

/** Servers older than v1.12 know `via` by its old name. */
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
 * Returns the content of the member event to send as state: the caller's own with the reason. Returns `undefined` if the
 * endpoint for the purpose can do it: there is no extra content, and no timestamp, which only the state endpoint takes.
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

/** A copy without what JSON would leave out, so that no `undefined` takes a field's default away. */
function withoutUndefined(content: Content | undefined): Content {
  return Object.fromEntries(
    Object.entries(checkContent(unlessEmpty(content) ?? {})).filter(([, value]) => value !== undefined),
  );
}
