import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import { iteratePages, objectResponse, required, requiredList } from "../http/response.ts";
import { checkContent, checkGiven, checkIdentifier, given, kindOf, unlessEmpty } from "../http/validate.ts";
import type {
  NotificationsResponse,
  PushAction,
  PushCondition,
  Pusher,
  PushRule,
  PushRuleID,
  PushRuleKind,
  PushRuleScope,
  PushRuleset,
  PushRulesResponse,
} from "../types/push.ts";
import { KeyBackupMethods } from "./keys.ts";

/** Options of {@linkcode PushMethods.prototype.setPushRule}. */
export interface SetPushRuleOptions extends RequestOptions {
  /** The glob pattern for the body of messages, in rules of the kind `content`. `*` and `?` are wildcards. */
  pattern?: string | undefined;
  /** The user's rule of the same kind before which to insert the rule. */
  before?: PushRuleID | undefined;
  /** The user's rule of the same kind after which to insert the rule. */
  after?: PushRuleID | undefined;
  /**
   * The conditions, in rules of the kinds `override` and `underride`. An empty list, which always matches, is sent too,
   * because Synapse refuses such a rule without conditions.
   */
  conditions?: readonly PushCondition[] | undefined;
}

/** Push rules. */
export abstract class PushMethods extends KeyBackupMethods {
  /**
   * Gets all push rules of the user.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules
   * @param options Request options.
   * @returns The rules; `global` holds those that apply.
   */
  async getPushRules(options?: RequestOptions): Promise<PushRulesResponse> {
    const response = await this.request<PushRulesResponse>("GET", "/_matrix/client/v3/pushrules/", options);
    required(response, "global", "object");
    return response;
  }

  /**
   * Gets the push rules of a scope.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobal
   * @param scope The scope, `global`.
   * @param options Request options.
   * @returns The rules by kind. A kind without rules may be missing.
   */
  async getPushRuleset(scope: PushRuleScope, options?: RequestOptions): Promise<PushRuleset> {
    // Synapse does not have the path without the slash at its end.
    return objectResponse(
      await this.request<PushRuleset>("GET", `${path`/_matrix/client/v3/pushrules/${scope}`}/`, options),
    );
  }

  /**
   * Gets a push rule.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param options Request options.
   * @returns The rule.
   * @throws {MNotFound} If the rule does not exist.
   * @throws {MatrixResponseError} If `rule_id`, `default`, `enabled` or `actions` are missing in the response.
   */
  async getPushRule(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    options?: RequestOptions,
  ): Promise<PushRule> {
    const rule = await this.request<PushRule>("GET", rulePath(scope, kind, ruleId), options);
    required(rule, "rule_id");
    required(rule, "default", "boolean");
    required(rule, "enabled", "boolean");
    required(rule, "actions", "array");
    return rule;
  }

  /**
   * Creates or replaces a push rule.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID: a room ID for the kind `room`, a user ID for the kind `sender`, otherwise any name.
   * @param actions The actions; `[]` for a rule that does not notify.
   * @param options Pattern, conditions, position, and request options.
   * @throws {MatrixRequestError} If the homeserver refuses the rule, or the rule in `before` or `after` does not exist.
   * @throws {TypeError} If `actions` is not an array.
   */
  async setPushRule(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    actions: readonly PushAction[],
    options?: SetPushRuleOptions,
  ): Promise<void> {
    if (!Array.isArray(actions)) {
      throw new TypeError(`Cannot make a request: actions must be an array, received ${kindOf(actions)}`);
    }
    const { pattern, before, after, conditions } = given(options);
    checkGiven("string", { pattern, before, after });
    checkGiven("array", { conditions });
    await this.request("PUT", rulePath(scope, kind, ruleId), options, {
      params: { before: unlessEmpty(before), after: unlessEmpty(after) },
      body: {
        actions,
        conditions: Array.isArray(conditions) ? conditions : undefined,
        pattern: unlessEmpty(pattern),
      },
    });
  }

  /**
   * Removes a push rule. Server-default rules cannot be removed, only disabled.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param options Request options.
   * @throws {MNotFound} If the rule does not exist.
   */
  async removePushRule(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    options?: RequestOptions,
  ): Promise<void> {
    await this.request("DELETE", rulePath(scope, kind, ruleId), options);
  }

  /**
   * Gets the actions of a push rule.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidactions
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param options Request options.
   * @returns The actions.
   * @throws {MNotFound} If the rule does not exist.
   */
  async getPushRuleActions(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    options?: RequestOptions,
  ): Promise<PushAction[]> {
    const response = await this.request<{ actions: PushAction[] }>(
      "GET",
      `${rulePath(scope, kind, ruleId)}/actions`,
      options,
    );
    return required(response, "actions", "array");
  }

  /**
   * Sets the actions of a push rule, which may be a server-default rule.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param actions The actions; `[]` for a rule that does not notify.
   * @param options Request options.
   * @throws {MNotFound} If the rule does not exist.
   */
  async setPushRuleActions(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    actions: readonly PushAction[],
    options?: RequestOptions,
  ): Promise<void> {
    if (!Array.isArray(actions)) {
      throw new TypeError(`Cannot set the actions: actions must be an array, received ${kindOf(actions)}`);
    }
    await this.request("PUT", `${rulePath(scope, kind, ruleId)}/actions`, options, { body: { actions } });
  }

  /**
   * Returns whether a push rule is enabled.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidenabled
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param options Request options.
   * @returns Whether the rule is enabled.
   * @throws {MNotFound} If the rule does not exist.
   */
  async isPushRuleEnabled(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    options?: RequestOptions,
  ): Promise<boolean> {
    const response = await this.request("GET", `${rulePath(scope, kind, ruleId)}/enabled`, options);
    return required(response, "enabled", "boolean");
  }

  /**
   * Enables or disables a push rule, which may be a server-default rule.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param enabled Whether the rule is enabled.
   * @param options Request options.
   * @throws {MNotFound} If the rule does not exist.
   */
  async setPushRuleEnabled(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    enabled: boolean,
    options?: RequestOptions,
  ): Promise<void> {
    if (typeof enabled !== "boolean") {
      throw new TypeError(`Cannot change the rule: enabled must be a boolean, received ${kindOf(enabled)}`);
    }
    await this.request("PUT", `${rulePath(scope, kind, ruleId)}/enabled`, options, { body: { enabled } });
  }
}

function rulePath(scope: PushRuleScope, kind: PushRuleKind, ruleId: PushRuleID): string {
  return path`/_matrix/client/v3/pushrules/${scope}/${kind}/${ruleId}`;
}

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
