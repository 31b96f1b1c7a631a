import { boolean, fields, list, string } from "../../support/shapes.ts";
import { inBody, inQuery } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { lacking, V3, whole } from "./samples.ts";

function rule(kind: string): Argument[] {
  return [["global", "segment"], [kind, "segment"], ["a/b", "segment"]];
}

export const push = rows({
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
