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
import { iteratePages, required } from "../http/response_fields.ts";
import type { RoomCreatePreset, RoomDirectoryVisibility, RoomSummary } from "../types/directory.ts";
import type { PowerLevelStateEventContent, RoomCreateStateEventContent } from "../types/events/mod.ts";
import type { RoomAlias, RoomID, UserID } from "../types/identifiers.ts";
import { fieldsOf, stringField } from "../types/json.ts";
import type { MutualRooms, RoomIDResponse } from "../types/responses.ts";
import { hasCreatorPower, withoutCreators } from "./content/power_levels.ts";
import { MembershipMethods } from "./membership.ts";

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
