import {
  checkAliasLocalpart,
  checkGiven,
  checkIdentifier,
  given,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { required } from "../http/response_fields.ts";
import type { RoomCreatePreset, RoomDirectoryVisibility, RoomSummary } from "../types/directory.ts";
import type { PowerLevelStateEventContent, RoomCreateStateEventContent } from "../types/events/mod.ts";
import type { RoomAlias, RoomID, UserID } from "../types/identifiers.ts";
import { fieldsOf, stringField } from "../types/json.ts";
import type { MutualRooms, RoomIDResponse } from "../types/responses.ts";
import { hasCreatorPower, withoutCreators } from "./content/power_levels.ts";
import { MembershipMethods } from "./membership.ts";
import { iteratePages } from "./pages.ts";

/**
 * A state event that a new room starts with.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export interface InitialStateEvent {
  /** The event's type. */
  type: string;
  /**
   * The event's state key.
   *
   * @default {""}
   */
  state_key?: string;
  /** The event's content. */
  content: object;
}

/** Options of {@linkcode RoomMethods.prototype.createRoom}. */
export interface CreateRoomOptions extends RequestOptions {
  /** An alias for the room, without the `#` and the server name. */
  aliasLocalpart?: string | undefined;
  /**
   * Whether to publish the room in the server's room directory.
   *
   * @default {"private"}
   */
  visibility?: RoomDirectoryVisibility | undefined;
  /**
   * The preset, which determines the initial join rule, history visibility and power levels.
   *
   * @default {"private_chat"}
   */
  preset?: RoomCreatePreset | undefined;
  /** The room's name. */
  name?: string | undefined;
  /** The room's topic. */
  topic?: string | undefined;
  /**
   * Whether to set `is_direct` in the invitations, which marks the room as a direct chat.
   *
   * @default {false}
   */
  isDirect?: boolean | undefined;
  /** Users to invite. */
  invitees?: readonly UserID[] | undefined;
  /** The state events that the room starts with. */
  initialState?: readonly InitialStateEvent[] | undefined;
  /** The room's version. By default, the homeserver's default version. */
  roomVersion?: string | undefined;
  /**
   * Further content of `m.room.create`, such as the room's type. `room_version` in it is ignored; see `roomVersion`.
   */
  creationContent?: Partial<RoomCreateStateEventContent> | undefined;
  /**
   * Power levels that override the homeserver's defaults. Omitted fields keep their defaults.
   *
   * Before room version 12, `users` must contain the creator. Since version 12 it must not, so entries of creators are
   * removed. If there are any and `roomVersion` is not given, the homeserver's default version is requested first.
   */
  powerLevelOverride?: PowerLevelStateEventContent | undefined;
  /**
   * Whether invited users join at once. Only Beeper's homeserver supports it.
   *
   * @default {false}
   */
  beeperAutoJoinInvites?: boolean | undefined;
  /** Further fields of the request body. The other options and their defaults override them. */
  customRequestFields?: object | undefined;
}

/** Options of {@linkcode RoomMethods.prototype.getRoomSummary}. */
export interface GetRoomSummaryOptions extends RequestOptions {
  /** Servers to request the summary from if the homeserver does not know the room. */
  servers?: readonly string[] | undefined;
}

/** Options of {@linkcode RoomMethods.prototype.upgradeRoom}. */
export interface UpgradeRoomOptions extends RequestOptions {
  /** Users who count as creators of the new room, too. Not copied from the old room. */
  additionalCreators?: readonly UserID[] | undefined;
}

/** Options of {@linkcode RoomMethods.prototype.getMutualRooms}. */
export interface GetMutualRoomsOptions extends RequestOptions {
  /** Token to continue from, `next_batch` of the page before. */
  from?: string | undefined;
}

/** Time limit of an attempt to upgrade a room, in milliseconds. */
const UPGRADE_DEADLINE = 600_000;

/** Creating, listing, forgetting and upgrading rooms. */
export abstract class RoomMethods extends MembershipMethods {
  /**
   * Creates a room, and joins it.
   *
   * Not retried after a lost connection, because the homeserver may already have created the room.
   *
   * @example Create a direct chat
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
   * @param options The room's settings, and request options.
   * @returns The room's ID.
   * @throws {MRoomInUse} If the alias already exists.
   * @throws {MInvalidRoomState} If the homeserver refuses the initial state.
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
        // Empty if `room_version` was its only field.
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
   * Forgets a room that the user has left. Its history is then no longer visible to the user.
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
   * Upgrading a large room is slow, so `deadline` is ten minutes by default. Not retried after a lost connection or a
   * gateway timeout, because the homeserver may continue and a second request would create a second room. Check the old
   * room for an `m.room.tombstone` event in that case.
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
