import { checkGiven, given, unlessEmpty } from "../http/validate.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { required } from "../http/response_fields.ts";
import type {
  PushAction,
  PushCondition,
  PushRule,
  PushRuleID,
  PushRuleKind,
  PushRuleScope,
} from "../types/push.ts";
import { KeyMethods } from "./keys.ts";

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
export abstract class PushMethods extends KeyMethods {
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
        conditions: unlessEmpty(conditions),
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
}

function rulePath(scope: PushRuleScope, kind: PushRuleKind, ruleId: PushRuleID): string {
  return path`/_matrix/client/v3/pushrules/${scope}/${kind}/${ruleId}`;
}
