import { boolean, fields, list, object, string } from "../../support/shapes.ts";
import { inBody, inQuery } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { lacking, OBJECTS, V3, whole } from "./samples.ts";

function rule(kind: string): Argument[] {
  return [["global", "segment"], [kind, "segment"], ["a/b", "segment"]];
}

const RULESET = { override: [], content: [] };
const RULE_PATH = `${V3}/pushrules/global/content/a%2Fb`;

export const push = rows({
  getPushRules: {
    line: `GET ${V3}/pushrules/`,
    ...whole({ global: RULESET }),
    malformed: lacking("global", "object"),
    resolves: fields({ global: object }),
  },
  getPushRuleset: {
    args: [["global", "segment"]],
    line: `GET ${V3}/pushrules/global/`,
    ...whole(RULESET),
    malformed: OBJECTS,
    resolves: object,
  },
  getPushRuleActions: {
    args: rule("content"),
    line: `GET ${RULE_PATH}/actions`,
    response: { actions: ["notify"] },
    result: ["notify"],
    malformed: lacking("actions", "array"),
    resolves: list(),
  },
  setPushRuleActions: {
    args: [...rule("content"), [["notify"], "list"]],
    line: `PUT ${RULE_PATH}/actions`,
    body: { actions: ["notify"] },
  },
  isPushRuleEnabled: {
    args: rule("content"),
    line: `GET ${RULE_PATH}/enabled`,
    response: { enabled: true },
    result: true,
    malformed: lacking("enabled", "boolean"),
    resolves: boolean,
  },
  setPushRuleEnabled: {
    args: [...rule("content"), [false, "boolean"]],
    line: `PUT ${RULE_PATH}/enabled`,
    body: { enabled: false },
  },
  getPushRule: {
    args: rule("content"),
    line: `GET ${V3}/pushrules/global/content/a%2Fb`,
    ...whole({ rule_id: "a/b", default: false, enabled: true, actions: ["notify"], pattern: "tea" }),
    malformed: [
      ...lacking("rule_id"),
      [{ rule_id: "a" }, "`default` not in response."],
      [{ rule_id: "a", default: false }, "`enabled` not in response."],
      [{ rule_id: "a", default: false, enabled: true }, "`actions` not in response."],
    ],
    resolves: fields({ rule_id: string, default: boolean, enabled: boolean, actions: list() }),
  },
  setPushRule: {
    args: [...rule("override"), [["notify"], "list"]],
    options: {
      pattern: inBody("pattern", "truthy", "tea"),
      before: inQuery("before", "truthy", "other"),
      after: inQuery("after", "truthy", "other"),
      conditions: inBody("conditions", "truthy", [{ kind: "contains_display_name" }]),
    },
    line: `PUT ${V3}/pushrules/global/override/a%2Fb`,
    body: { actions: ["notify"] },
  },
  removePushRule: {
    args: rule("override"),
    line: `DELETE ${V3}/pushrules/global/override/a%2Fb`,
    body: {},
  },
});
