import { checkGiven, given, unlessEmpty } from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import type {
  PushAction,
  PushCondition,
  PushRule,
  PushRuleID,
  PushRuleKind,
  PushRuleScope,
  PushRuleset,
  PushRulesResponse,
} from "../types/push.ts";
import { KeyBackupMethods } from "./key_backup.ts";

/** Options of {@linkcode PushMethods.prototype.setPushRule}. */
export interface SetPushRuleOptions extends RequestOptions {
  /** What the message's body has to match; for rules of the kind `content`. `*` and `?` are wildcards. */
  pattern?: string | undefined;
  /** A rule of the user's own, of the same kind, that the rule is to stand right before. */
  before?: PushRuleID | undefined;
  /** A rule of the user's own, of the same kind, that the rule is to stand right after. */
  after?: PushRuleID | undefined;
  /** All that has to hold; for rules of the kinds `override` and `underride`. */
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
    // Without the slash at the end it is another path, which Synapse does not have.
    return objectResponse(
      await this.request<PushRuleset>("GET", `${path`/_matrix/client/v3/pushrules/${scope}`}/`, options),
    );
  }

  /**
   * Gets a push rule.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid
   * @param scope Where the rule holds: `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param options Request options.
   * @returns The rule.
   * @throws {MNotFound} If there is no such rule.
   * @throws {MatrixResponseError} If the answer is no rule: `rule_id`, `default`, `enabled` or `actions` are missing.
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
   * Makes a push rule, or changes one.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
   * @param scope Where the rule holds: `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID: a room's for the kind `room`, a user's for the kind `sender`, else a name.
   * @param actions What the rule does when it matches; an empty list for nothing.
   * @param options What the rule matches and where it stands; request options.
   * @throws {MatrixRequestError} If the homeserver does not take the rule, or knows no rule of the ID in `before` or
   * `after`.
   * @throws {TypeError} If `actions` are no list.
   */
  async setPushRule(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    actions: readonly PushAction[],
    options?: SetPushRuleOptions,
  ): Promise<void> {
    if (!Array.isArray(actions)) throw new TypeError("Cannot make a request: actions must be an array");
    const { pattern, before, after, conditions } = given(options);
    checkGiven("string", { pattern, before, after });
    checkGiven("array", { conditions });
    await this.request("PUT", rulePath(scope, kind, ruleId), options, {
      params: { before: unlessEmpty(before), after: unlessEmpty(after) },
      body: {
        actions,
        // Synapse refuses an override or underride rule without conditions, so an empty list is sent.
        conditions: Array.isArray(conditions) ? conditions : undefined,
        pattern: unlessEmpty(pattern),
      },
    });
  }

  /**
   * Removes a push rule. Those of the server itself cannot be removed.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid
   * @param scope Where the rule holds: `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param options Request options.
   * @throws {MNotFound} If there is no such rule.
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
   * @throws {MNotFound} If there is no such rule.
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
   * Sets the actions of a push rule, which may be one of the server's own.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param actions The actions; `[]` for a rule that does not notify.
   * @param options Request options.
   * @throws {MNotFound} If there is no such rule.
   */
  async setPushRuleActions(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    actions: readonly PushAction[],
    options?: RequestOptions,
  ): Promise<void> {
    if (!Array.isArray(actions)) {
      throw new TypeError(`Cannot set the actions: actions must be an array, received ${typeof actions}`);
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
   * @throws {MNotFound} If there is no such rule.
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
   * Enables or disables a push rule, which may be one of the server's own.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled
   * @param scope The scope, `global`.
   * @param kind The rule's kind.
   * @param ruleId The rule's ID.
   * @param enabled Whether the rule is enabled.
   * @param options Request options.
   * @throws {MNotFound} If there is no such rule.
   */
  async setPushRuleEnabled(
    scope: PushRuleScope,
    kind: PushRuleKind,
    ruleId: PushRuleID,
    enabled: boolean,
    options?: RequestOptions,
  ): Promise<void> {
    if (typeof enabled !== "boolean") {
      throw new TypeError(`Cannot change the rule: enabled must be a boolean, received ${typeof enabled}`);
    }
    await this.request("PUT", `${rulePath(scope, kind, ruleId)}/enabled`, options, { body: { enabled } });
  }
}

function rulePath(scope: PushRuleScope, kind: PushRuleKind, ruleId: PushRuleID): string {
  return path`/_matrix/client/v3/pushrules/${scope}/${kind}/${ruleId}`;
}
