/**
 * Evaluates push rules and mentions.
 *
 * @module
 */
import { checkIdentifier } from "../../http/validate.ts";
import { isJsonObject, type JsonValue } from "../../types/json.ts";
import type { PowerLevelStateEventContent } from "../../types/events/power_levels.ts";
import type { RoomID, UserID } from "../../types/identifiers.ts";
import type { PushCondition, PushRule, PushRuleKind, PushRuleset } from "../../types/push.ts";
import { type CreateEvent, notificationLevel, userLevel } from "./room_state.ts";

/** Context of an event for {@linkcode matchPushRules}. A condition whose data are missing does not match. */
export interface PushRuleContext {
  /** The user whose rules these are. Their own events never match. */
  userId: UserID;
  /** The event's room, for events without `room_id`, such as those of a sync response. */
  roomId?: RoomID | undefined;
  /** The user's display name in the room. */
  displayName?: string | null | undefined;
  /** The number of joined members of the room. */
  memberCount?: number | undefined;
  /** The room's power levels. */
  powerLevels?: PowerLevelStateEventContent | undefined;
  /** The room's `m.room.create` event, for the power of its creators. */
  create?: CreateEvent | undefined;
}

/** Stands for a create event that is not known: nobody has the power of a creator. */
const UNKNOWN_CREATE: CreateEvent = { sender: "@:", content: {} };

/** The push rule that an event matches, and what it does. */
export interface PushRuleMatch {
  /** The group of the rule. */
  kind: PushRuleKind;
  /** The rule. */
  rule: PushRule;
  /** Whether the event notifies the user. */
  notify: boolean;
  /** Whether the event is highlighted. */
  highlight: boolean;
  /** The sound to play; `undefined` for none. */
  sound: string | undefined;
  /** All tweaks by name, unknown ones included. */
  tweaks: Record<string, JsonValue>;
}

/** The groups of rules, in the order in which they are tried. */
const KINDS = ["override", "content", "room", "sender", "underride"] as const;

/** Rules that search the text for mentions. They do not apply to events that list their mentions in `m.mentions`. */
const TEXT_MENTIONS: readonly unknown[] = [
  ".m.rule.contains_display_name",
  ".m.rule.contains_user_name",
  ".m.rule.roomnotif",
];

/**
 * Returns the first push rule that matches an event, and what it does.
 *
 * Malformed rules and unknown conditions do not match. Encrypted events have to be decrypted first.
 *
 * @example Decide whether a message notifies
 * ```ts
 * import { ClientAPI, matchPushRules } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const ruleset = {
 *   content: [{
 *     rule_id: "tea",
 *     pattern: "tea*",
 *     default: false,
 *     enabled: true,
 *     actions: ["notify" as const, { set_tweak: "highlight" as const }],
 *   }],
 * };
 * const event = {
 *   type: "m.room.message",
 *   sender: "@bob:example.org",
 *   content: { msgtype: "m.text", body: "Where is the teapot?" },
 * };
 * const match = matchPushRules(ruleset, event, { userId: "@alice:example.org" });
 * assertEquals([match?.notify, match?.highlight], [true, true]);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 * @param ruleset The user's rules, `global` of the account data event `m.push_rules`.
 * @param event An event of a room, unchanged from the server.
 * @param context The user, and what conditions need to know of the room.
 * @returns The match, or `null` if no rule matches or the user sent the event.
 */
export function matchPushRules(
  ruleset: PushRuleset,
  event: object,
  context: PushRuleContext,
): PushRuleMatch | null {
  const subject = event as Readonly<Record<string, unknown>>;
  if (!isJsonObject(event) || !isJsonObject(ruleset) || subject.sender === context.userId) return null;
  for (const kind of KINDS) {
    const rules: unknown = ruleset[kind];
    if (!Array.isArray(rules)) continue;
    for (const rule of rules) {
      if (isJsonObject(rule) && rule.enabled === true && matches(kind, rule, subject, context)) {
        return { kind, rule: rule as unknown as PushRule, ...effects(rule.actions) };
      }
    }
  }
  return null;
}

/** Options of {@linkcode isMentioned}. */
export interface IsMentionedOptions {
  /**
   * Whether a mention of the whole room counts, too. The caller has to check that the sender may notify the room.
   *
   * @default {false}
   */
  room?: boolean | undefined;
}

/**
 * Returns whether an event mentions a user.
 *
 * The event's `m.mentions` decide. If an event has none, because its sender's client is older than v1.7 of the
 * specification, a link to the user or their whole ID in the text counts.
 *
 * @example Reply only when mentioned
 * ```ts
 * import { isMentioned } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const content = { msgtype: "m.text", body: "Bot, help!", "m.mentions": { user_ids: ["@bot:example.org"] } };
 * assertEquals(isMentioned({ type: "m.room.message", content }, "@bot:example.org"), true);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-and-room-mentions
 * @param event An event of a room, unchanged from the server.
 * @param userId The user.
 * @param options Whether mentions of the whole room count.
 * @returns Whether the event mentions the user. `false` for malformed events.
 * @throws {TypeError} If the user ID is not a non-empty string, such as that of a client that has not signed in.
 */
export function isMentioned(event: object, userId: UserID, options?: IsMentionedOptions): boolean {
  checkIdentifier("user ID", userId);
  const content: unknown = isJsonObject(event) ? event.content : undefined;
  if (!isJsonObject(content)) return false;
  if (Object.hasOwn(content, "m.mentions")) {
    const { user_ids, room } = isJsonObject(content["m.mentions"]) ? content["m.mentions"] : {};
    return (Array.isArray(user_ids) && user_ids.includes(userId)) ||
      (options?.room === true && room === true);
  }
  const { body, formatted_body } = content;
  return containsWord(body, literal(userId)) || linksTo(formatted_body, userId);
}

/** Returns whether HTML links to a user by a matrix.to URL or a Matrix URI. */
function linksTo(html: unknown, userId: UserID): boolean {
  if (typeof html !== "string") return false;
  const targets = [
    `https://matrix.to/#/${userId}`,
    `https://matrix.to/#/${encodeURIComponent(userId)}`,
    `matrix:u/${userId.slice(1)}`,
  ].map((target) => target.toLowerCase());
  return [...html.matchAll(/\shref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].some(([, double, single]) =>
    targets.includes((double ?? single ?? "").replace(/\?.*/s, "").toLowerCase())
  );
}

function matches(
  kind: typeof KINDS[number],
  rule: Readonly<Record<string, unknown>>,
  event: Readonly<Record<string, unknown>>,
  context: PushRuleContext,
): boolean {
  const { content } = event;
  if (TEXT_MENTIONS.includes(rule.rule_id) && isJsonObject(content) && Object.hasOwn(content, "m.mentions")) {
    return false;
  }
  switch (kind) {
    case "content":
      return typeof rule.pattern === "string" &&
        containsWord(property(event, "content.body"), glob(rule.pattern));
    case "room":
      return rule.rule_id === roomOf(event, context);
    case "sender":
      return rule.rule_id === event.sender;
    default: {
      const conditions: unknown = rule.conditions ?? [];
      return Array.isArray(conditions) && conditions.every((condition) => holds(condition, event, context));
    }
  }
}

function holds(
  condition: unknown,
  event: Readonly<Record<string, unknown>>,
  context: PushRuleContext,
): boolean {
  if (!isJsonObject(condition)) return false;
  const { kind, key, pattern, is, value } = condition as Readonly<Partial<PushCondition>>;
  const field = key === "room_id" ? roomOf(event, context) : property(event, key);
  switch (kind) {
    case "event_match":
      if (typeof pattern !== "string") return false;
      return key === "content.body" ? containsWord(field, glob(pattern)) : isWhole(field, glob(pattern));
    case "event_property_is":
      return isPrimitive(value) && field === value;
    case "event_property_contains":
      return isPrimitive(value) && Array.isArray(field) && field.includes(value);
    case "contains_display_name": {
      const { displayName } = context;
      return typeof displayName === "string" && displayName !== "" &&
        containsWord(property(event, "content.body"), literal(displayName));
    }
    case "room_member_count":
      return isCount(is, context.memberCount);
    case "sender_notification_permission": {
      const { powerLevels, create } = context;
      return typeof key === "string" &&
        userLevel(powerLevels, event.sender as UserID, create ?? UNKNOWN_CREATE) >=
          notificationLevel(powerLevels, key);
    }
    default:
      return false;
  }
}

function roomOf(event: Readonly<Record<string, unknown>>, context: PushRuleContext): unknown {
  return event.room_id ?? context.roomId;
}

function isPrimitive(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** Reads a field by its dot-separated path. A backslash escapes a dot or a backslash. */
function property(event: Readonly<Record<string, unknown>>, path: unknown): unknown {
  if (typeof path !== "string") return undefined;
  const names = [...path.matchAll(/(?:^|\.)((?:\\[^]|[^.\\]|\\$)*)/g)].map(([, name]) =>
    name!.replace(/\\([.\\])/g, "$1")
  );
  let value: unknown = event;
  for (const name of names) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function isCount(is: unknown, count: number | undefined): boolean {
  const [, operator, digits] = (typeof is === "string" && /^(==|<=|>=|<|>)?(\d+)$/.exec(is)) || [];
  if (count === undefined || digits === undefined) return false;
  const number = Number(digits);
  switch (operator) {
    case "<":
      return count < number;
    case ">":
      return count > number;
    case "<=":
      return count <= number;
    case ">=":
      return count >= number;
    default:
      return count === number;
  }
}

function effects(actions: unknown): Pick<PushRuleMatch, "notify" | "highlight" | "sound" | "tweaks"> {
  const list: unknown[] = Array.isArray(actions) ? actions : [];
  const tweaks: Record<string, JsonValue> = {};
  for (const action of list) {
    if (!isJsonObject(action) || typeof action.set_tweak !== "string") continue;
    const value = action.value ?? (action.set_tweak === "highlight" ? true : undefined);
    if (value !== undefined) tweaks[action.set_tweak] = value;
  }
  const { sound, highlight } = tweaks;
  return {
    notify: list.includes("notify"),
    highlight: highlight === true,
    sound: typeof sound === "string" ? sound : undefined,
    tweaks,
  };
}

/** A character to match, in lower case; any one character; or any number of characters. */
type Token = string | typeof ANY | typeof MANY;
const ANY = Symbol("?");
const MANY = Symbol("*");

function glob(pattern: string): Token[] {
  return Array.from(pattern.toLowerCase(), (char) => char === "*" ? MANY : char === "?" ? ANY : char);
}

function literal(text: string): Token[] {
  return [...text.toLowerCase()];
}

/** Returns whether a text matches from its start to its end. */
function isWhole(value: unknown, tokens: readonly Token[]): boolean {
  if (typeof value !== "string") return false;
  const text = [...value.toLowerCase()];
  return search(text, tokens, (at) => at === 0, (at) => at === text.length);
}

/** Returns whether a part of a text that starts and ends at word boundaries matches. */
function containsWord(value: unknown, tokens: readonly Token[]): boolean {
  if (typeof value !== "string") return false;
  const text = [...value.toLowerCase()];
  const isWord = (at: number) => /^[a-z0-9_]$/.test(text[at] ?? "");
  const isBoundary = (at: number) => !isWord(at - 1) || !isWord(at);
  return search(text, tokens, isBoundary, isBoundary);
}

/**
 * Returns whether tokens match a part of a text. Keeps the set of token positions that the text so far can have reached,
 * because a regular expression takes exponential time for patterns such as `*a*a*a*a*b`.
 */
function search(
  text: readonly string[],
  tokens: readonly Token[],
  isStart: (at: number) => boolean,
  isEnd: (at: number) => boolean,
): boolean {
  let reached = new Set<number>();
  for (let at = 0; at <= text.length; at++) {
    if (isStart(at)) reached.add(0);
    // `*` also matches nothing. Positions that are added to a Set while it is iterated are visited, too.
    for (const position of reached) if (tokens[position] === MANY) reached.add(position + 1);
    if (isEnd(at) && reached.has(tokens.length)) return true;
    const next = new Set<number>();
    for (const position of reached) {
      const token = tokens[position];
      if (token === MANY) next.add(position);
      else if (token === ANY || (token !== undefined && token === text[at])) next.add(position + 1);
    }
    reached = next;
  }
  return false;
}
