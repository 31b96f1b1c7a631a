import { checkGiven, checkTimeout, given, unlessEmpty } from "../http/validate.ts";
import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { objectResponse } from "../http/response_fields.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { PresenceState } from "../types/events/mod.ts";
import type { Filter } from "../types/filter.ts";
import type { FilterID, SyncToken } from "../types/identifiers.ts";
import type { SyncResponse } from "../types/sync.ts";
import { FilterMethods } from "./filters.ts";

/** Options of {@linkcode SyncMethods.prototype.sync}. `retry` is not looked at: `sync()` is sent once. */
export interface SyncOptions extends RequestOptions {
  /** The `next_batch` of the last answer, to get what is new since. Without it all of the present state is given. */
  since?: SyncToken | undefined;
  /**
   * How long the homeserver waits for something new before it gives an empty answer, in milliseconds. It comes on top
   * of `deadline`.
   *
   * @default {30000}
   */
  timeout?: number | undefined;
  /** The ID of a filter that the homeserver keeps. */
  filterId?: FilterID | undefined;
  /** A filter for this request, in place of `filterId`. */
  filter?: Filter | undefined;
  /**
   * Whether to give all state of all rooms, even with `since`.
   *
   * @default {false}
   */
  fullState?: boolean | undefined;
  /**
   * What others are to see of the user while they sync. With `offline` syncing changes nothing about it.
   *
   * @default {"online"}
   */
  setPresence?: PresenceState | undefined;
  /**
   * Whether to give state as it is after the timeline, in `state_after`, in place of `state` before it. Homeservers
   * know this since v1.16 of the specification; others give `state`.
   *
   * @default {false}
   */
  useStateAfter?: boolean | undefined;
}

/** Who loops around `sync()` decides what comes after an error. */
const ONCE: RetryPolicy = { limit: 0, isRetriable: () => false };

/** Asking for what is new. */
export abstract class SyncMethods extends FilterMethods {
  /**
   * Asks once for what is new, and waits for it. No error is tried again, rate limits included.
   *
   * @example Twice
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
   * @param options Since when, of what and how long to wait; request options.
   * @returns The answer as it stood on the wire.
   * @throws {MUnknownToken} If the homeserver does not know the token, or no longer does.
   * @throws {RangeError} If `timeout` is no whole number of milliseconds.
   * @throws {TypeError} If both `filter` and `filterId` are given, or `filter` is no object.
   */
  async sync(options?: SyncOptions): Promise<SyncResponse> {
    const { since, fullState, setPresence, useStateAfter, ...request }: SyncOptions = given(options);
    checkGiven("string", { since, setPresence, filterId: request.filterId });
    const timeout = checkTimeout(request.timeout, 30_000);
    const filter = inlineFilter(request.filter);
    const filterId = unlessEmpty(request.filterId);
    if (filter !== undefined && filterId !== undefined) {
      throw new TypeError("Cannot sync: only one of filter and filterId can be given");
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
    throw new TypeError("Cannot sync: the filter must be an object; IDs go to filterId");
  }
  return JSON.stringify(filter);
}
