import { either, fields, instance, list, nullish, object, string } from "../../support/shapes.ts";
import { flag } from "./options.ts";
import { rows } from "./row.ts";
import { lacking, V3, whole } from "./samples.ts";

export const discovery = rows({
  discover: {
    args: [["example.org", "domain"]],
    options: { fetch: flag(), log: flag(), hooks: flag(), userAgent: flag() },
    ignores: ["timestamp"],
    resolves: either(instance(URL), nullish),
  },
  discoverSupport: {
    args: [["example.org", "domain"]],
    options: { fetch: flag(), log: flag(), hooks: flag(), userAgent: flag() },
    ignores: ["timestamp"],
    resolves: either(object, nullish),
    operations: ["getWellknownSupport"],
  },
  discoverPolicyServer: {
    args: [["example.org", "domain"]],
    options: { fetch: flag(), log: flag(), hooks: flag(), userAgent: flag() },
    ignores: ["timestamp"],
    resolves: either(object, nullish),
    operations: ["getWellknownPolicy"],
  },
  getCapabilities: {
    line: `GET ${V3}/capabilities`,
    response: { capabilities: { "m.change_password": { enabled: false } } },
    result: { "m.change_password": { enabled: false } },
    malformed: lacking("capabilities", "object"),
    resolves: object,
  },
  versions: {
    options: { noCache: flag(true) },
    line: "GET /_matrix/client/versions",
    ...whole({ versions: ["v1.11"], unstable_features: { "org.example": true } }),
    malformed: [
      ...lacking("versions", "array"),
      [{ versions: [1] }, "Invalid `versions` in response: expected array of strings"],
    ],
    resolves: fields({ versions: list(string) }),
  },
});
