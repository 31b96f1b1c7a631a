import type { RequestOptions } from "../http/options.ts";
import { objectResponse, requiredList } from "../http/response_fields.ts";
import { checkContent, checkGiven, checkIdentifier, given, unlessEmpty } from "../http/validate.ts";
import type { NotificationsResponse, Pusher } from "../types/push.ts";
import { iteratePages } from "./pages.ts";
import { PushMethods } from "./push.ts";

/** Options of {@linkcode PusherMethods.prototype.setPusher}. */
export interface SetPusherOptions extends RequestOptions {
  /**
   * Whether other users keep their pushers with the same app ID and push key. Without it, theirs are removed.
   *
   * @default {false}
   */
  append?: boolean | undefined;
}

/** Options of {@linkcode PusherMethods.prototype.getNotifications}. */
export interface GetNotificationsOptions extends RequestOptions {
  /** Token to continue from, `next_token` of the page before. */
  from?: string | undefined;
  /** Maximum number of notifications in a page. */
  limit?: number | undefined;
  /** Which notifications: `highlight` for those only that are highlighted. */
  only?: string | undefined;
}

/** Pushers and notifications. */
export abstract class PusherMethods extends PushMethods {
  /**
   * Gets the user's pushers.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushers
   * @param options Request options.
   * @returns The pushers.
   */
  async getPushers(options?: RequestOptions): Promise<Pusher[]> {
    const response = await this.request("GET", "/_matrix/client/v3/pushers", options);
    return listOrEmpty(response, "pushers");
  }

  /**
   * Creates a pusher, or updates the one with the same app ID and push key.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3pushersset
   * @param pusher The pusher. The `url` in the `data` of an `http` pusher must have the path `/_matrix/push/v1/notify`.
   * @param options Whether other users keep theirs, and request options.
   */
  async setPusher(pusher: Pusher, options?: SetPusherOptions): Promise<void> {
    const { append } = given(options);
    checkGiven("boolean", { append });
    const body = { ...checkContent(pusher), append: append ?? undefined };
    await this.request("POST", SET, options, { body, repeatable: true, sensitive: true });
  }

  /**
   * Deletes a pusher. Deleting it twice succeeds.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3pushersset
   * @param appId The pusher's app ID.
   * @param pushkey The pusher's push key.
   * @param options Request options.
   */
  async deletePusher(appId: string, pushkey: string, options?: RequestOptions): Promise<void> {
    const body = {
      app_id: checkIdentifier("app ID", appId),
      pushkey: checkIdentifier("push key", pushkey),
      kind: null,
    };
    await this.request("POST", SET, options, { body, repeatable: true, sensitive: true });
  }

  /**
   * Gets a page of the events that the user was notified of, newest first. The homeserver evaluates
   * encrypted events without decrypting them.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3notifications
   * @param options Where to continue, how many, which, and request options.
   * @returns The notifications, and the token of the next page.
   */
  async getNotifications(options?: GetNotificationsOptions): Promise<NotificationsResponse> {
    const { from, limit, only } = given(options);
    checkGiven("string", { from, only });
    checkGiven("number", { limit });
    const response = await this.request<NotificationsResponse>(
      "GET",
      "/_matrix/client/v3/notifications",
      options,
      {
        params: { from: unlessEmpty(from), limit: unlessEmpty(limit), only: unlessEmpty(only) },
      },
    );
    requiredList(response, "notifications", "Invalid `notifications` in response: expected array");
    return response;
  }

  /**
   * Iterates over the pages of {@linkcode PusherMethods.prototype.getNotifications}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3notifications
   * @param options Where to start, how many in a page, which, and request options.
   * @returns The pages. Each is requested when the caller is done with the one before it.
   */
  async *iterateNotifications(
    options?: GetNotificationsOptions,
  ): AsyncGenerator<NotificationsResponse, void, undefined> {
    const { from } = given(options);
    yield* iteratePages("next_token", from, (from) => this.getNotifications({ ...options, from }));
  }
}

const SET = "/_matrix/client/v3/pushers/set";

/** Returns a list in a response; `[]` where it is missing. */
function listOrEmpty<T>(response: unknown, field: string): T[] {
  const { [field]: list } = objectResponse<Record<string, unknown>>(response);
  return (list ?? undefined) === undefined
    ? []
    : requiredList(response, field, `Invalid \`${field}\` in response: expected array`);
}
