import {
  checkAliasLocalpart,
  checkGiven,
  checkIdentifier,
  given,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import { MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import { isDeep, isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, present, required } from "../http/response_fields.ts";
import { MNotFound, MRoomInUse } from "../http/errors/codes.ts";
import type { RoomAliasInfo, RoomDirectoryResponse, RoomDirectoryVisibility } from "../types/directory.ts";
import type { DirectoryPaginationToken, RoomAlias, RoomID } from "../types/identifiers.ts";
import type { UserSearchResults } from "../types/users.ts";
import { iteratePages } from "./pages.ts";
import { SpaceMethods } from "./spaces.ts";

/** Options of {@linkcode DirectoryMethods.prototype.addRoomAlias}. */
export interface AddRoomAliasOptions extends RequestOptions {
  /**
   * Whether to move the alias if it already points to a room.
   *
   * @default {false}
   */
  override?: boolean | undefined;
}

/** Options of {@linkcode DirectoryMethods.prototype.removeRoomAlias}. */
export interface RemoveRoomAliasOptions extends RequestOptions {
  /**
   * Whether to throw if the alias does not exist.
   *
   * @default {false}
   */
  raise404?: boolean | undefined;
}

/** Options of {@linkcode DirectoryMethods.prototype.getRoomDirectory}. */
export interface GetRoomDirectoryOptions extends RequestOptions {
  /** The maximum number of rooms to return. */
  limit?: number | undefined;
  /** The token to continue from: `next_batch` or `prev_batch` of another page. */
  since?: DirectoryPaginationToken | undefined;
  /** The server whose room directory to return. By default, the homeserver itself. */
  server?: string | undefined;
  /** Text to search for in names, topics and aliases. */
  searchQuery?: string | undefined;
  /** Whether to return the rooms of all networks. */
  includeAllNetworks?: boolean | undefined;
  /** The third-party network whose rooms to return. */
  thirdPartyInstanceId?: string | undefined;
}

/** Options of {@linkcode DirectoryMethods.prototype.searchUsers}. */
export interface SearchUsersOptions extends RequestOptions {
  /**
   * The maximum number of users to return.
   *
   * @default {10}
   */
  limit?: number | undefined;
}

/** Room aliases, the room directory and the user directory. */
export abstract class DirectoryMethods extends SpaceMethods {
  /**
   * Adds an alias on the user's own server to a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias
   * @param roomId The room.
   * @param aliasLocalpart The alias without the `#` and the server name.
   * @param options Whether to move the alias from another room, and request options.
   * @throws {MRoomInUse} If the alias already exists, even for the same room.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async addRoomAlias(roomId: RoomID, aliasLocalpart: string, options?: AddRoomAliasOptions): Promise<void> {
    const { override, ...request } = given(options);
    const route = path`/_matrix/client/v3/directory/room/${this.#ownAlias(aliasLocalpart)}`;
    const body = { room_id: checkIdentifier("room ID", roomId) };
    const put = () => this.request("PUT", route, options, { body });
    try {
      await put();
    } catch (error) {
      // Servers respond with different error codes, but always with this status.
      if (!(error instanceof MatrixRequestError) || error.status !== 409) throw error;
      if (!override) throw new MRoomInUse(error.message, { ...error, cause: error });
      await this.removeRoomAlias(aliasLocalpart, request);
      await put();
    }
  }

  /**
   * Removes an alias on the user's own server.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3directoryroomroomalias
   * @param aliasLocalpart The alias without the `#` and the server name.
   * @param options Whether the alias must exist, and request options.
   * @throws {MNotFound} If the alias does not exist and `raise404` is set.
   * @throws {MForbidden} If the user is not allowed to remove it.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async removeRoomAlias(aliasLocalpart: string, options?: RemoveRoomAliasOptions): Promise<void> {
    const { raise404 } = given(options);
    const route = path`/_matrix/client/v3/directory/room/${this.#ownAlias(aliasLocalpart)}`;
    try {
      await this.request("DELETE", route, options);
    } catch (error) {
      if (raise404 || !(error instanceof MNotFound)) throw error;
    }
  }

  /**
   * Gets the room that an alias points to.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
   * @param roomAlias The full alias, with `#` and server name.
   * @param options Request options.
   * @returns The room's ID in `room_id`, and the servers that know the room in `servers`.
   * @throws {MNotFound} If the alias does not exist.
   */
  async resolveRoomAlias(roomAlias: RoomAlias, options?: RequestOptions): Promise<RoomAliasInfo> {
    return objectResponse(
      await this.request("GET", path`/_matrix/client/v3/directory/room/${roomAlias}`, options),
    );
  }

  /**
   * Gets whether a room is published in the server's room directory.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directorylistroomroomid
   * @param roomId The room.
   * @param options Request options.
   * @returns `public` if the room is published, otherwise `private`.
   * @throws {MNotFound} If the homeserver does not know the room.
   */
  async getRoomDirectoryVisibility(
    roomId: RoomID,
    options?: RequestOptions,
  ): Promise<RoomDirectoryVisibility> {
    const response = await this.request(
      "GET",
      path`/_matrix/client/v3/directory/list/room/${roomId}`,
      options,
    );
    const visibility = present(response, "visibility");
    if (typeof visibility === "string") return visibility as RoomDirectoryVisibility;
    const shown = isDeep(visibility) ? "…" : JSON.stringify(visibility).slice(0, 100);
    throw new MatrixResponseError(`Invalid value for \`visibility\` in response: ${shown}`);
  }

  /**
   * Adds a room to the server's room directory, or removes it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid
   * @param roomId The room.
   * @param visibility `public` to publish the room, `private` to remove it.
   * @param options Request options.
   * @throws {MForbidden} If the user is not allowed to change the room directory.
   */
  async setRoomDirectoryVisibility(
    roomId: RoomID,
    visibility: RoomDirectoryVisibility,
    options?: RequestOptions,
  ): Promise<void> {
    await this.request("PUT", path`/_matrix/client/v3/directory/list/room/${roomId}`, options, {
      body: { visibility: checkIdentifier("visibility", visibility) },
    });
  }

  /**
   * Gets a page of a server's room directory, optionally filtered by a search text.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms
   * @param options The server, the page, a search text, and request options.
   * @returns The rooms in `chunk`, and the tokens of the next and previous page in `next_batch` and `prev_batch`.
   * @throws {MatrixResponseError} If `chunk`, or a required field of a room, is missing.
   */
  async getRoomDirectory(options?: GetRoomDirectoryOptions): Promise<RoomDirectoryResponse> {
    const { limit, since, server, searchQuery, includeAllNetworks, thirdPartyInstanceId } = given(options);
    checkGiven("string", { since, server, searchQuery, thirdPartyInstanceId });
    checkGiven("number", { limit });
    checkGiven("boolean", { includeAllNetworks });
    const part = { limit, since };
    const search = unlessEmpty(onlyGiven({
      filter: unlessEmpty(onlyGiven({ generic_search_term: searchQuery })),
      include_all_networks: includeAllNetworks,
      third_party_instance_id: thirdPartyInstanceId,
    }));
    const response = await this.request<RoomDirectoryResponse>(
      search ? "POST" : "GET",
      "/_matrix/client/v3/publicRooms",
      options,
      {
        params: search ? { server } : { ...part, server },
        body: search && { ...onlyGiven(part), ...search },
        // The request changes nothing.
        repeatable: true,
      },
    );
    for (const room of required(response, "chunk", "array")) {
      required(room, "room_id");
      required(room, "num_joined_members", "number");
      required(room, "world_readable", "boolean");
      required(room, "guest_can_join", "boolean");
    }
    return response;
  }

  /**
   * Searches the user directory by user ID and display name.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
   * @param searchQuery The text to search for.
   * @param options The maximum number of users, and request options.
   * @returns The users in `results`, and whether there are more in `limited`.
   */
  async searchUsers(searchQuery: string, options?: SearchUsersOptions): Promise<UserSearchResults> {
    const { limit } = given(options);
    checkGiven("number", { limit });
    if (typeof searchQuery !== "string") {
      throw new TypeError("Cannot make a request: searchQuery must be a string");
    }
    const response = objectResponse(
      await this.request<UserSearchResults>("POST", "/_matrix/client/v3/user_directory/search", options, {
        body: { search_term: searchQuery, limit: limit ?? 10 },
        // The request changes nothing.
        repeatable: true,
      }),
    );
    const { results, limited } = response;
    if (!Array.isArray(results)) throw new MatrixResponseError("`results` not in content.");
    if (typeof limited !== "boolean") throw new MatrixResponseError("`limited` not in content.");
    if (!results.every((user) => isJsonObject(user) && typeof user.user_id === "string")) {
      throw new MatrixResponseError("Invalid user in search results");
    }
    return response;
  }

  /** Returns the full alias on the user's own server. */
  #ownAlias(localpart: string): RoomAlias {
    this.ownUserId();
    return `#${checkAliasLocalpart(localpart)}:${this.domain!}`;
  }

  /**
   * Gets the aliases of a room on the user's homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidaliases
   * @param roomId The room.
   * @param options Request options.
   * @returns The aliases.
   * @throws {MForbidden} If the user is not in the room and it is not world-readable.
   */
  async getRoomAliases(roomId: RoomID, options?: RequestOptions): Promise<RoomAlias[]> {
    const response = await this.request<{ aliases: RoomAlias[] }>(
      "GET",
      path`/_matrix/client/v3/rooms/${roomId}/aliases`,
      options,
    );
    return required(response, "aliases", "array");
  }

  /**
   * Iterates over the pages of {@linkcode DirectoryMethods.prototype.getRoomDirectory}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
   * @param options Which rooms, where to start, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateRoomDirectory(
    options?: GetRoomDirectoryOptions,
  ): AsyncGenerator<RoomDirectoryResponse, void, undefined> {
    const { since } = given(options);
    yield* iteratePages("next_batch", since, (since) => this.getRoomDirectory({ ...options, since }));
  }
}
