import { MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import { MNotFound, MRoomInUse } from "../http/errors/codes.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { iteratePages, objectResponse, present, required, requiredList } from "../http/response.ts";
import {
  checkAliasLocalpart,
  checkGiven,
  checkIdentifier,
  given,
  kindOf,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type {
  RoomAliasInfo,
  RoomDirectoryResponse,
  RoomDirectoryVisibility,
  SpaceHierarchyResponse,
} from "../types/directory.ts";
import type { RoomEventFilter } from "../types/filter.ts";
import type { DirectoryPaginationToken, RoomAlias, RoomID } from "../types/identifiers.ts";
import { isDeep, isJsonObject } from "../types/json.ts";
import type {
  SearchEventContextOptions,
  SearchGrouping,
  SearchResponse,
  SearchResults,
} from "../types/search.ts";
import type { UserSearchResults } from "../types/users.ts";
import { RoomMethods } from "./rooms.ts";

/** Options of {@linkcode SpaceMethods.prototype.getSpaceHierarchy}. */
export interface GetSpaceHierarchyOptions extends RequestOptions {
  /**
   * Whether to return only rooms that are suggested in their space.
   *
   * @default {false}
   */
  suggestedOnly?: boolean | undefined;
  /** Maximum number of rooms in a page. */
  limit?: number | undefined;
  /** Number of levels of spaces to descend. By default all. */
  maxDepth?: number | undefined;
  /** Token to continue from, `next_batch` of the page before. All other options must be the same as for that page. */
  from?: string | undefined;
}

/** Spaces. */
export abstract class SpaceMethods extends RoomMethods {
  /**
   * Gets a page of the rooms in a space and its subspaces.
   *
   * Rooms that the homeserver cannot show are missing, and a room can appear twice.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
   * @param roomId The space.
   * @param options Which rooms, where to continue, and request options.
   * @returns The rooms, the space itself first, and the token of the next page.
   * @throws {MForbidden} If the user may not read the space.
   * @throws {MInvalidParam} If the token has expired. Then start again.
   */
  async getSpaceHierarchy(
    roomId: RoomID,
    options?: GetSpaceHierarchyOptions,
  ): Promise<SpaceHierarchyResponse> {
    const { suggestedOnly, limit, maxDepth, from } = given(options);
    checkGiven("boolean", { suggestedOnly });
    checkGiven("number", { limit, maxDepth });
    checkGiven("string", { from });
    const response = await this.request<SpaceHierarchyResponse>(
      "GET",
      path`/_matrix/client/v1/rooms/${roomId}/hierarchy`,
      options,
      {
        params: {
          suggested_only: suggestedOnly ?? undefined,
          limit: unlessEmpty(limit),
          // 0 means the space alone.
          max_depth: maxDepth ?? undefined,
          from: unlessEmpty(from),
        },
      },
    );
    requiredList(response, "rooms", "Invalid `rooms` in response: expected array");
    return response;
  }

  /**
   * Iterates over the pages of {@linkcode SpaceMethods.prototype.getSpaceHierarchy}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
   * @param roomId The space.
   * @param options Which rooms, where to start, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateSpaceHierarchy(
    roomId: RoomID,
    options?: GetSpaceHierarchyOptions,
  ): AsyncGenerator<SpaceHierarchyResponse, void, undefined> {
    const { from } = given(options);
    yield* iteratePages("next_batch", from, (from) => this.getSpaceHierarchy(roomId, { ...options, from }));
  }
}

/** Options of {@linkcode DirectoryMethods.prototype.addRoomAlias}. */
export interface AddRoomAliasOptions extends RequestOptions {
  /**
   * Whether to remove the alias from another room that has it.
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
  /** The maximum number of rooms in a page. */
  limit?: number | undefined;
  /** The token of the page: `next_batch` or `prev_batch` of another page. */
  since?: DirectoryPaginationToken | undefined;
  /** The server whose room directory to get. Defaults to the homeserver. */
  server?: string | undefined;
  /** The text to search for in names, topics and aliases. */
  searchQuery?: string | undefined;
  /** Whether to include the rooms of all bridged networks. */
  includeAllNetworks?: boolean | undefined;
  /** The bridged network whose rooms to get. */
  thirdPartyInstanceId?: string | undefined;
}

/** Options of {@linkcode DirectoryMethods.prototype.searchUsers}. */
export interface SearchUsersOptions extends RequestOptions {
  /**
   * The maximum number of users.
   *
   * @default {10}
   */
  limit?: number | undefined;
}

/** Room aliases, the room directory and the user directory. */
export abstract class DirectoryMethods extends SpaceMethods {
  /**
   * Creates an alias of a room on the user's homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias
   * @param roomId The room.
   * @param aliasLocalpart The local part of the alias, without the `#` and the server name.
   * @param options Whether to remove the alias from another room, and request options.
   * @throws {MRoomInUse} If the alias exists, even if it is one of the same room.
   * @throws {TypeError} If the client's `mxid` is unset, or the local part is a whole alias.
   */
  async addRoomAlias(roomId: RoomID, aliasLocalpart: string, options?: AddRoomAliasOptions): Promise<void> {
    const { override, ...request } = given(options);
    const route = path`/_matrix/client/v3/directory/room/${this.#ownAlias(aliasLocalpart)}`;
    const body = { room_id: checkIdentifier("room ID", roomId) };
    const put = () => this.request("PUT", route, options, { body });
    try {
      await put();
    } catch (error) {
      // Homeservers use different error codes with this status.
      if (!(error instanceof MatrixRequestError) || error.status !== 409) throw error;
      if (!override) throw new MRoomInUse(error.message, { ...error, cause: error });
      await this.removeRoomAlias(aliasLocalpart, request);
      await put();
    }
  }

  /**
   * Deletes an alias on the user's homeserver.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3directoryroomroomalias
   * @param aliasLocalpart The local part of the alias, without the `#` and the server name.
   * @param options Whether the alias must exist, and request options.
   * @throws {MNotFound} If the alias does not exist and `raise404` is set.
   * @throws {MForbidden} If the user may not delete the alias.
   * @throws {TypeError} If the client's `mxid` is unset, or the local part is a whole alias.
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
   * Gets the room ID of an alias.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
   * @param roomAlias The alias, such as `#lobby:example.org`.
   * @param options Request options.
   * @returns The room's ID in `room_id`, and the servers that are in the room in `servers`.
   * @throws {MNotFound} If the alias does not exist.
   */
  async resolveRoomAlias(roomAlias: RoomAlias, options?: RequestOptions): Promise<RoomAliasInfo> {
    return objectResponse(
      await this.request("GET", path`/_matrix/client/v3/directory/room/${roomAlias}`, options),
    );
  }

  /**
   * Gets the visibility of a room in the room directory.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directorylistroomroomid
   * @param roomId The room.
   * @param options Request options.
   * @returns `public` if the room directory lists the room, otherwise `private`.
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
   * Sets the visibility of a room in the room directory.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid
   * @param roomId The room.
   * @param visibility `public` to list the room, `private` to remove it.
   * @param options Request options.
   * @throws {MForbidden} If the user may not change the visibility.
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
   * Gets a page of a server's room directory, or searches it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms
   * @param options Server, page, search text, and request options.
   * @returns The rooms in `chunk`, and the tokens of other pages in `next_batch` and `prev_batch`.
   * @throws {MatrixResponseError} If the list, or a required field of a room, is missing.
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
        // Repeating is safe: the request only reads.
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
      throw new TypeError(
        `Cannot make a request: searchQuery must be a string, received ${kindOf(searchQuery)}`,
      );
    }
    const response = objectResponse(
      await this.request<UserSearchResults>("POST", "/_matrix/client/v3/user_directory/search", options, {
        body: { search_term: searchQuery, limit: limit ?? 10 },
        // Repeating is safe: the request only reads.
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

  /** Returns the alias on the user's homeserver. */
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

/** Options of {@linkcode SearchMethods.prototype.searchEvents}. */
export interface SearchEventsOptions extends RequestOptions {
  /** The fields to search: `content.body`, `content.name`, `content.topic`. Defaults to all of them. */
  keys?: readonly string[] | undefined;
  /** The filter for events. */
  filter?: RoomEventFilter | undefined;
  /**
   * Order of the results: by `rank`, or newest first with `recent`.
   *
   * @default {"rank"}
   */
  orderBy?: "rank" | "recent" | (string & Record<never, never>) | undefined;
  /** The number of events to return before and after each result. By default none are returned. */
  eventContext?: SearchEventContextOptions | undefined;
  /** Whether to return the state of each room with results. */
  includeState?: boolean | undefined;
  /** The groupings of the results: by `room_id`, `sender` or both. */
  groupings?: readonly SearchGrouping[] | undefined;
  /** Token to continue from, `next_batch` of the page before. All other options must be the same as for that page. */
  nextBatch?: string | undefined;
}

/** Searching for events. */
export abstract class SearchMethods extends DirectoryMethods {
  /**
   * Searches for events in the rooms of the user. Events in encrypted rooms are never found.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3search
   * @param searchTerm The text to search for.
   * @param options Filter, order, page, and request options.
   * @returns A page of results, an estimate of their number, and the token of the next page; `{}` if the homeserver does
   * not search events.
   */
  async searchEvents(searchTerm: string, options?: SearchEventsOptions): Promise<SearchResults> {
    const { keys, filter, orderBy, eventContext, includeState, groupings, nextBatch } = given(options);
    checkGiven("array", { keys, groupings });
    checkGiven("object", { filter, eventContext });
    checkGiven("string", { orderBy, nextBatch });
    checkGiven("boolean", { includeState });
    const criteria = {
      search_term: checkIdentifier("search term", searchTerm),
      ...onlyGiven({
        keys: unlessEmpty(keys),
        filter,
        order_by: unlessEmpty(orderBy),
        event_context: eventContext,
        include_state: includeState,
        groupings: unlessEmpty(groupings) && { group_by: groupings },
      }),
    };
    const response = await this.request<SearchResponse>("POST", "/_matrix/client/v3/search", options, {
      params: { next_batch: unlessEmpty(nextBatch) },
      body: { search_categories: { room_events: criteria } },
      // It only reads.
      repeatable: true,
    });
    const { room_events: results } = required(response, "search_categories", "object");
    return objectResponse(results ?? {});
  }

  /**
   * Iterates over the pages of {@linkcode SearchMethods.prototype.searchEvents}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3search
   * @param searchTerm What to search for.
   * @param options Which events, in which order, where to start, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateSearch(
    searchTerm: string,
    options?: SearchEventsOptions,
  ): AsyncGenerator<SearchResults, void, undefined> {
    const first = given(options).nextBatch;
    yield* iteratePages(
      "next_batch",
      first,
      (nextBatch) => this.searchEvents(searchTerm, { ...options, nextBatch }),
    );
  }
}
