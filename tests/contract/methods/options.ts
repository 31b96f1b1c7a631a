/** Descriptions of options: where each is sent, when, and a sample. */
import type { Received } from "../../support/fake_homeserver.ts";
import type { Kind } from "../../support/wrong_values.ts";
import type { Option, Rule } from "./row.ts";

type More = Partial<Omit<Option, "sample" | "rule" | "place">>;

function kindOf(sample: unknown, rule: Rule): Kind {
  if (Array.isArray(sample)) return "list?";
  switch (typeof sample) {
    case "string":
      return "text?";
    case "number":
      return "number?";
    case "boolean":
      return rule === "truthy" ? "any" : "boolean?";
    default:
      return "object?";
  }
}

/** Describes an option that is sent in the body, under a name or a path of names; an empty path is the whole body. */
export function inBody(name: string | readonly string[], rule: Rule, sample: unknown, more?: More): Option {
  const names = [name].flat();
  const read = ({ body }: Received) =>
    names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);
  return { kind: kindOf(sample, rule), sample, rule, place: "body", read, ...more };
}

/** Describes an option that is sent in the query. */
export function inQuery(name: string, rule: Rule, sample: unknown, more?: More): Option {
  const read = ({ query }: Received) => query.get(name) ?? undefined;
  return { kind: kindOf(sample, rule), sample, rule, place: "query", read, ...more };
}

/** Describes an option that is a segment of the path, counted from the end. */
export function inPath(back: number, rule: Rule, sample: string, more?: More): Option {
  const read = ({ path }: Received) => decodeURIComponent(path.split("/").at(-back)!);
  return { kind: "text?", sample, rule, place: "path", read, ...more };
}

/** Describes an option that only changes what the client does. Without a sample the fuzzer does not pass it. */
export function flag(sample?: unknown, kind: Kind = "any"): Option {
  return { sample, kind: sample === undefined ? null : kind };
}

/** Cases of an option in milliseconds. */
export const TIME = [["", RangeError], [false, RangeError], [{}, RangeError]] as const;
/** Cases of an option that must be a string. */
export const STRING = [[0, TypeError], [false, TypeError], [{}, TypeError]] as const;

/** The transaction ID at the end of the path. */
export const txnId: Option = inPath(1, "truthy", "mine", { fallback: "txn", kind: "txn?" });
