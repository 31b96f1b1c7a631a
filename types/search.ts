/**
 * Requests and results of searches for events.
 *
 * @module
 */
import type { RoomEvent } from "./events/envelope.ts";
import type { EventID, RoomID, SyncToken, UserID } from "./identifiers.ts";
import type { OpenObject } from "./json.ts";

/**
 * Number of events to return around each result.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3search
 */
export interface SearchEventContextOptions extends OpenObject {
  /** Maximum number of events before the result. The server's default is 5. */
  before_limit?: number;
  /** Maximum number of events after the result. The server's default is 5. */
  after_limit?: number;
  /** Whether to return the profiles that the senders had. */
  include_profile?: boolean;
}

/** A criterion by which results are grouped. */
export interface SearchGrouping extends OpenObject {
  /** Field that the results of a group share. */
  key?: "room_id" | "sender" | (string & Record<never, never>);
}

/**
 * Response of `POST /_matrix/client/v3/search`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3search
 */
export interface SearchResponse extends OpenObject {
  /** Results by category. */
  search_categories: OpenObject & {
    /** Events. */
    room_events?: SearchResults;
  };
}

/**
 * A page of search results.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3search
 */
export interface SearchResults extends OpenObject {
  /** Estimated number of results. */
  count?: number;
  /** Words to highlight. */
  highlights?: string[];
  /** The results. */
  results?: SearchResult[];
  /** State of the rooms, if it was requested. */
  state?: Record<RoomID, RoomEvent[]>;
  /** Groups of results by criterion and value. */
  groups?: Record<string, Record<string, SearchGroup>>;
  /** Token of the next page. Absent on the last page. */
  next_batch?: string;
}

/** A search result. */
export interface SearchResult extends OpenObject {
  /** Rank of the result. Higher ranks match better. */
  rank?: number;
  /** The event. */
  result?: RoomEvent;
  /** Events around the result, if they were requested. */
  context?: SearchResultContext;
}

/** Events around a search result. */
export interface SearchResultContext extends OpenObject {
  /** Token of the start of the context. */
  start?: SyncToken;
  /** Token of the end of the context. */
  end?: SyncToken;
  /** Profiles that the senders had. */
  profile_info?: Record<UserID, OpenObject>;
  /** Events before the result, newest first. */
  events_before?: RoomEvent[];
  /** Events after the result, oldest first. */
  events_after?: RoomEvent[];
}

/** A group of results. */
export interface SearchGroup extends OpenObject {
  /** Token of the next page of the group. */
  next_batch?: string;
  /** Position of the group among others. */
  order?: number;
  /** Results in the group. */
  results?: EventID[];
}
