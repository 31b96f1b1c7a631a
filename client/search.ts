import type { RequestOptions } from "../http/options.ts";
import { iteratePages, objectResponse, required } from "../http/response_fields.ts";
import { checkGiven, checkIdentifier, given, onlyGiven, unlessEmpty } from "../http/validate.ts";
import type { RoomEventFilter } from "../types/filter.ts";
import type {
  SearchEventContextOptions,
  SearchGrouping,
  SearchResponse,
  SearchResults,
} from "../types/search.ts";
import { DirectoryMethods } from "./directory.ts";

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
