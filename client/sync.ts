import { checkGiven, checkTimeout, given, kindOf, unlessEmpty } from "../http/validate.ts";
import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { objectResponse } from "../http/response_fields.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { PresenceState } from "../types/events/mod.ts";
import type { Filter } from "../types/filter.ts";
import type { FilterID, SyncToken } from "../types/identifiers.ts";
import type { SyncResponse } from "../types/sync.ts";
import { FilterMethods } from "./filters.ts";

/** Options of {@linkcode SyncMethods.prototype.sync}. `retry` is ignored, because `sync()` is never retried. */
export interface SyncOptions extends RequestOptions {
  /** The `next_batch` of the last response. Without it, the response is an initial sync with the current state. */
  since?: SyncToken | undefined;
  /**
   * The time for which the homeserver waits for new events before it returns an empty response, in milliseconds. Added
   * to `deadline`.
   *
   * @default {30000}
   */
  timeout?: number | undefined;
  /** The ID of an uploaded filter. */
  filterId?: FilterID | undefined;
  /** A filter for this request, in place of `filterId`. */
  filter?: Filter | undefined;
  /**
   * Whether to return the full state of all rooms, even with `since`.
   *
   * @default {false}
   */
  fullState?: boolean | undefined;
  /**
   * The presence of the user while syncing. With `offline`, the request does not change it.
   *
   * @default {"online"}
   */
  setPresence?: PresenceState | undefined;
  /**
   * Whether to return the state after the timeline, in `state_after`, in place of the state before it, in `state`.
   * Homeservers support this since v1.16 of the specification. Others return `state`.
   *
   * @default {false}
   */
  useStateAfter?: boolean | undefined;
}

/** The caller, usually in a loop, decides about retries. */
const ONCE: RetryPolicy = { limit: 0, isRetriable: () => false };

/** Syncing. */
export abstract class SyncMethods extends FilterMethods {
  /**
   * Requests the events since the last response, and waits for new ones. Errors are not retried, not even rate limits.
   *
   * @example An initial sync and the next one
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const first = await client.sync({ timeout: 0 });
   * const second = await client.sync({ since: first.next_batch, timeout: 0 });
   * assert(second.next_batch !== "");
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
   * @param options The last token, a filter, a timeout, and request options.
   * @returns The response, unchanged from the server.
   * @throws {MUnknownToken} If the access token is invalid or no longer valid.
   * @throws {RangeError} If `timeout` is not a whole number of milliseconds.
   * @throws {TypeError} If both `filter` and `filterId` are given, or `filter` is not an object.
   */
  async sync(options?: SyncOptions): Promise<SyncResponse> {
    const { since, fullState, setPresence, useStateAfter, ...request }: SyncOptions = given(options);
    checkGiven("string", { since, setPresence, filterId: request.filterId });
    const timeout = checkTimeout(request.timeout, 30_000);
    const filter = inlineFilter(request.filter);
    const filterId = unlessEmpty(request.filterId);
    if (filter !== undefined && filterId !== undefined) {
      throw new TypeError("Cannot sync: only one of filter and filterId may be given");
    }
    return objectResponse(
      await this.request<SyncResponse>("GET", "/_matrix/client/v3/sync", { ...request, retry: ONCE }, {
        serverTimeout: timeout,
        params: {
          timeout,
          since: unlessEmpty(since),
          filter: filter ?? filterId,
          full_state: unlessEmpty(fullState) && true,
          set_presence: unlessEmpty(setPresence),
          use_state_after: unlessEmpty(useStateAfter) && true,
        },
      }),
    );
  }
}

function inlineFilter(filter: Filter | null | undefined): string | undefined {
  if (filter === undefined || filter === null) return undefined;
  if (!isJsonObject(filter)) {
    throw new TypeError(
      `Cannot sync: the filter must be an object, received ${kindOf(filter)}; use filterId for an ID`,
    );
  }
  return JSON.stringify(filter);
}
