import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import type { Filter } from "../types/filter.ts";
import type { FilterID } from "../types/identifiers.ts";
import { DeviceMethods } from "./devices.ts";

/** Filters that are stored on the homeserver. */
export abstract class FilterMethods extends DeviceMethods {
  /**
   * Gets a filter of the user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridfilterfilterid
   * @param filterId The filter's ID.
   * @param options Request options.
   * @returns The filter.
   * @throws {MNotFound} If the filter does not exist.
   * @throws {TypeError} If the client's `mxid` is unset.
   */
  async getFilter(filterId: FilterID, options?: RequestOptions): Promise<Filter> {
    return objectResponse(
      await this.request<Filter>(
        "GET",
        path`/_matrix/client/v3/user/${this.ownUserId()}/filter/${filterId}`,
        options,
      ),
    );
  }

  /**
   * Creates a filter, which `sync()` can refer to by its ID.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
   * @param filter The filter.
   * @param options Request options.
   * @returns The filter's ID.
   * @throws {TypeError} If the filter is not an object, or the client's `mxid` is unset.
   */
  async createFilter(filter: Filter, options?: RequestOptions): Promise<FilterID> {
    if (!isJsonObject(filter)) throw new TypeError("Cannot make a request: the filter must be an object");
    const response = await this.request<{ filter_id: FilterID }>(
      "POST",
      path`/_matrix/client/v3/user/${this.ownUserId()}/filter`,
      options,
      // Repeating is safe: filters never change.
      { body: filter, repeatable: true },
    );
    return required(response, "filter_id");
  }
}
