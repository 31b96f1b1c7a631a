import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { iteratePages, requiredList } from "../http/response_fields.ts";
import { checkGiven, given, unlessEmpty } from "../http/validate.ts";
import type { SpaceHierarchyResponse } from "../types/directory.ts";
import type { RoomID } from "../types/identifiers.ts";
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
