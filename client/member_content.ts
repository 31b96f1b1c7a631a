import { checkGiven } from "../http/check.ts";
import type { MemberStateEventContent } from "../types/events/mod.ts";
import { checkContent, unlessEmpty } from "./answers.ts";

type Content = Partial<MemberStateEventContent>;

/** The caller's own content, the reason with it; `undefined` if there is none, so that a reason alone is none. */
export function memberContent(
  extraContent: Content | undefined,
  reason: string | undefined,
): Content | undefined {
  checkGiven("string", { reason });
  const content = withoutUndefined(extraContent);
  if (Object.keys(content).length === 0) return undefined;
  return unlessEmpty(reason) && !("reason" in content) ? { ...content, reason } : content;
}

/** A copy without what JSON would leave out, so that no `undefined` takes a field's default away. */
export function withoutUndefined(content: Content | undefined): Content {
  return Object.fromEntries(
    Object.entries(checkContent(unlessEmpty(content) ?? {})).filter(([, value]) => value !== undefined),
  );
}
