import { assert, assertEquals, assertThrows } from "@std/assert";
import { isMentioned, matchPushRules, type PushRuleContext } from "../../client/mod.ts";
import type { PushAction, PushCondition, PushRule, PushRuleset, UserID } from "../../types/mod.ts";

const ALICE = "@alice:example.org";
const BOB = "@bob:example.org";
const ROOM = "!room:example.org";

function message(body: unknown, content: object = {}) {
  return { type: "m.room.message", sender: BOB, content: { msgtype: "m.text", body, ...content } };
}

function rule(rule_id: string, more: Partial<PushRule> = {}): PushRule {
  return { rule_id, default: true, enabled: true, actions: ["notify"], ...more };
}

/** Returns whether an override rule with one condition matches. */
function holds(condition: object, event: object, context: Partial<PushRuleContext> = {}): boolean {
  const ruleset = { override: [rule("test", { conditions: [condition as PushCondition] })] };
  return matchPushRules(ruleset, event, { userId: ALICE, ...context }) !== null;
}

function eventMatch(key: string, pattern: string, event: object): boolean {
  return holds({ kind: "event_match", key, pattern }, event);
}

const BODIES: [pattern: string, body: string, expected: boolean][] = [
  ["cake", "I like cake", true],
  ["cake", "cake!", true],
  ["cake", "a piece of CAKE, please", true],
  ["cake", "cakes", false],
  ["cake", "pancake", false],
  ["cake", "cake_", false],
  ["cake", "cake2", false],
  ["cake", "äcakeä", true],
  ["cake*", "three cakes", true],
  ["*cake", "pancake recipe", true],
  ["lunc?*", "lunch plans", true],
  ["lunc?*", "lunc", false],
  ["c?ke", "coke", true],
  ["c?ke", "cke", false],
  ["@room", "hello @room", true],
  ["@room", "mail@room.example", true],
  ["two words", "these are two words.", true],
  ["a.b", "a.b", true],
  ["a.b", "axb", false],
  ["[ab]", "[ab]", true],
  ["[ab]", "a", false],
  ["?", "😀", true],
  ["*", "", true],
  ["", "text", true],
];

for (const [pattern, body, expected] of BODIES) {
  const verb = expected ? "finds" : "does not find";
  Deno.test(`matchPushRules() ${verb} ${JSON.stringify(pattern)} in ${JSON.stringify(body)}`, () => {
    assertEquals(eventMatch("content.body", pattern, message(body)), expected);
    const content = [rule("word", { pattern })];
    assertEquals(matchPushRules({ content }, message(body), { userId: ALICE }) !== null, expected);
  });
}

Deno.test("matchPushRules() matches other fields as a whole, in any case", () => {
  const event = { ...message("Hi"), type: "m.room.member", state_key: "@Alice:example.org" };
  assert(eventMatch("state_key", ALICE, event));
  assert(eventMatch("type", "m.*.member", event));
  assert(eventMatch("content.msgtype", "m.te??", event));
  assert(!eventMatch("type", "member", event));
  assert(!eventMatch("type", "", event));
  assert(!eventMatch("content.missing", "*", event));
  assert(eventMatch("state_key", "", { ...event, state_key: "" }));
});

Deno.test("matchPushRules() evaluates patterns of many wildcards without backtracking", () => {
  assert(!eventMatch("type", "*a".repeat(40) + "b", { ...message(""), type: "a".repeat(2000) }));
  assert(!eventMatch("content.body", "*a".repeat(40) + "b", message("a".repeat(2000))));
});

Deno.test("matchPushRules() reads fields by dot-separated paths with escapes", () => {
  const event = message("Hi", {
    "m.relates_to": { rel_type: "m.replace" },
    "a\\b": { "c.d": "x" },
    list: ["x"],
  });
  assert(eventMatch("content.m\\.relates_to.rel_type", "m.replace", event));
  assert(eventMatch("content.a\\\\b.c\\.d", "x", event));
  assert(!eventMatch("content.m.relates_to.rel_type", "m.replace", event));
  assert(!eventMatch("content.list.0", "x", event));
  assert(!eventMatch("content.__proto__.constructor", "*", event));
  assert(!eventMatch("content.body.length", "*", event));
});

Deno.test("matchPushRules() compares a property with exactly a value of event_property_is", () => {
  const event = message("Hi", { yes: true, one: 1, text: "1", none: null });
  const is = (key: string, value: unknown) => holds({ kind: "event_property_is", key, value }, event);
  assert(
    is("content.yes", true) && is("content.one", 1) && is("content.text", "1") && is("content.none", null),
  );
  assert(!is("content.yes", "true") && !is("content.one", "1") && !is("content.text", 1));
  assert(!is("content.body", "hi") && !is("content.missing", null) && !is("content", {}));
  assert(!holds({ kind: "event_property_is", key: "content.missing" }, event));
});

Deno.test("matchPushRules() looks for exactly a value of event_property_contains in an array", () => {
  const event = message("Hi", { list: ["a", 1, null, true], text: "a" });
  const contains = (key: string, value: unknown) =>
    holds({ kind: "event_property_contains", key, value }, event);
  for (const value of ["a", 1, null, true]) assert(contains("content.list", value));
  for (const value of ["A", "1", false, undefined, {}]) assert(!contains("content.list", value));
  assert(!contains("content.text", "a") && !contains("content.missing", "a"));
});

Deno.test("matchPushRules() finds the display name literally, as a word, in any case", () => {
  const named = (displayName: string | undefined, body: unknown) =>
    holds({ kind: "contains_display_name" }, message(body), { displayName });
  assert(named("Alice", "hello alice!"));
  assert(named("Al*", "hello Al*"));
  assert(!named("Al*", "hello Alice"));
  assert(!named("Alice", "malice"));
  assert(!named("", "anything") && !named(undefined, "undefined") && !named("Alice", 5));
});

for (
  const [is, counts] of [
    ["2", [2]],
    ["==2", [2]],
    ["<2", [0, 1]],
    [">2", [3, 100]],
    ["<=2", [0, 1, 2]],
    [">=2", [2, 3, 100]],
    ["", []],
    ["=2", []],
    ["2.5", []],
    ["two", []],
  ] as [string, number[]][]
) {
  Deno.test(`matchPushRules() compares the member count with ${JSON.stringify(is)}`, () => {
    for (const memberCount of [0, 1, 2, 3, 100]) {
      const result = holds({ kind: "room_member_count", is }, message("Hi"), { memberCount });
      assertEquals(result, counts.includes(memberCount));
    }
    assertEquals(holds({ kind: "room_member_count", is }, message("Hi")), false);
  });
}

Deno.test("matchPushRules() compares the sender's power level with what a notification needs", () => {
  const condition = { kind: "sender_notification_permission", key: "room" };
  const may = (context: Partial<PushRuleContext>) => holds(condition, message("@room"), context);
  assert(may({ powerLevels: { users: { [BOB]: 50 } } }));
  assert(!may({ powerLevels: { users: { [BOB]: 49 } } }));
  assert(may({ powerLevels: { users: { [BOB]: 10 }, notifications: { room: 10 } } }));
  assert(may({ powerLevels: { users_default: 60 } }));
  assert(!may({}));
  const create = { sender: BOB as UserID, content: { room_version: "12" } };
  assert(may({ powerLevels: { notifications: { room: 1000 } }, create }));
  assert(!holds({ kind: "sender_notification_permission" }, message("@room")));
});

Deno.test("matchPushRules() evaluates the groups in order and returns the first enabled rule", () => {
  const conditions: PushCondition[] = [];
  const ruleset: PushRuleset = {
    underride: [rule("underride", { conditions })],
    sender: [rule(BOB)],
    room: [rule(ROOM)],
    content: [rule("content", { pattern: "tea" })],
    override: [rule(".m.rule.master", { enabled: false, conditions }), rule("override", { conditions })],
  };
  const event = { ...message("tea"), room_id: ROOM };
  for (const kind of ["override", "content", "room", "sender", "underride"] as const) {
    assertEquals(matchPushRules(ruleset, event, { userId: ALICE })?.kind, kind);
    delete ruleset[kind];
  }
  assertEquals(matchPushRules(ruleset, event, { userId: ALICE }), null);
});

Deno.test("matchPushRules() uses the room of the context if the event has none", () => {
  const ruleset = { room: [rule(ROOM)] };
  assertEquals(matchPushRules(ruleset, message("Hi"), { userId: ALICE }), null);
  assertEquals(matchPushRules(ruleset, message("Hi"), { userId: ALICE, roomId: ROOM })?.rule.rule_id, ROOM);
  const condition = { kind: "event_match", key: "room_id", pattern: ROOM };
  assert(holds(condition, message("Hi"), { roomId: ROOM }));
});

Deno.test("matchPushRules() never matches the user's own events", () => {
  const ruleset = { override: [rule("all", { conditions: [] })] };
  assertEquals(matchPushRules(ruleset, { ...message("Hi"), sender: ALICE }, { userId: ALICE }), null);
});

Deno.test("matchPushRules() ignores rules that search the text for mentions where m.mentions is present", () => {
  const ids = [".m.rule.contains_display_name", ".m.rule.roomnotif"];
  const override = ids.map((id) => rule(id, { conditions: [] }));
  const content = [rule(".m.rule.contains_user_name", { pattern: "alice" })];
  for (const ruleset of [{ override }, { content }]) {
    const context = { userId: ALICE, displayName: "Alice" } as const;
    assert(matchPushRules(ruleset, message("alice @room"), context) !== null);
    for (const mentions of [{}, { user_ids: [] }, null]) {
      const event = message("alice @room", { "m.mentions": mentions });
      assertEquals(matchPushRules(ruleset, event, context), null);
    }
  }
});

Deno.test("matchPushRules() evaluates the specification's rules about mentions", () => {
  const mention = { kind: "event_property_contains", key: "content.m\\.mentions.user_ids", value: ALICE };
  const room = { kind: "event_property_is", key: "content.m\\.mentions.room", value: true };
  assert(holds(mention, message("Hi", { "m.mentions": { user_ids: [BOB, ALICE] } })));
  assert(!holds(mention, message(ALICE, { "m.mentions": { user_ids: [BOB] } })));
  assert(holds(room, message("Hi", { "m.mentions": { room: true } })));
  assert(!holds(room, message("Hi", { "m.mentions": { room: "true" } })));
});

Deno.test("matchPushRules() returns what the actions say, historical ones ignored", () => {
  const effects = (...actions: PushAction[]) => {
    const match = matchPushRules({ override: [rule("x", { actions })] }, message("Hi"), { userId: ALICE });
    const { notify, highlight, sound, tweaks } = match!;
    return { notify, highlight, sound, tweaks };
  };
  const silent = { notify: false, highlight: false, sound: undefined, tweaks: {} };
  assertEquals(effects(), silent);
  assertEquals(effects("dont_notify", "coalesce"), silent);
  assertEquals(
    effects("notify", { set_tweak: "sound", value: "ring" }, { set_tweak: "highlight" }, {
      set_tweak: "x",
      value: 1,
    }),
    { notify: true, highlight: true, sound: "ring", tweaks: { sound: "ring", highlight: true, x: 1 } },
  );
  assertEquals(effects("notify", { set_tweak: "highlight", value: false }).highlight, false);
});

Deno.test("matchPushRules() ignores malformed rules, conditions and events", () => {
  const bad = [null, 5, "rule", {}, { enabled: true, conditions: 5 }, { enabled: true, conditions: [null] }];
  const ruleset = { override: [...bad, rule("good", { conditions: [] })] } as unknown as PushRuleset;
  const context = { userId: ALICE } as const;
  assertEquals(matchPushRules({ override: 5 } as unknown as PushRuleset, message("Hi"), context), null);
  assertEquals(matchPushRules(ruleset, message("Hi"), context)?.rule.rule_id, "good");
  assertEquals(matchPushRules(ruleset, [] as object, context), null);
  assertEquals(matchPushRules(null as unknown as PushRuleset, message("Hi"), context), null);
  for (const kind of ["org.example.new", undefined, 5]) assert(!holds({ kind }, message("Hi")));
  assert(!holds({ kind: "event_match", key: "content.body" }, message("Hi")));
  assert(!holds({ kind: "event_match", pattern: "*" }, message("Hi")));
  assert(!eventMatch("content.body", "*", message(5)));
  assert(!eventMatch("content.body", "*", { type: "m.room.message", content: null }));
});

Deno.test("isMentioned() evaluates m.mentions", () => {
  assert(isMentioned(message("Hi", { "m.mentions": { user_ids: [ALICE] } }), ALICE));
  assert(!isMentioned(message(ALICE, { "m.mentions": { user_ids: [BOB] } }), ALICE));
  assert(!isMentioned(message(ALICE, { "m.mentions": {} }), ALICE));
  assert(!isMentioned(message("Hi", { "m.mentions": { user_ids: ALICE } }), ALICE));
  assert(!isMentioned(message("Hi", { "m.mentions": { room: true } }), ALICE));
  assert(isMentioned(message("Hi", { "m.mentions": { room: true } }), ALICE, { room: true }));
  assert(!isMentioned(message("Hi", { "m.mentions": { room: 1 } }), ALICE, { room: true }));
});

Deno.test("isMentioned() finds the user's ID or a link to it where m.mentions is missing", () => {
  assert(isMentioned(message("hello @alice:example.org, tea?"), ALICE));
  assert(!isMentioned(message("hello alice"), ALICE));
  assert(!isMentioned(message("hello @alice:example.organic"), ALICE));
  const linked = (href: string) =>
    isMentioned(message("Alice", { formatted_body: `<a class="x" href="${href}">Alice</a>` }), ALICE);
  assert(linked("https://matrix.to/#/@alice:example.org"));
  assert(linked("https://matrix.to/#/%40alice%3Aexample.org?via=example.org"));
  assert(linked("matrix:u/alice:example.org?action=chat"));
  assert(!linked("https://matrix.to/#/@alice:example.org.evil"));
});

Deno.test("isMentioned() throws TypeError for a user ID that is missing, also if the event has m.mentions", () => {
  for (const event of [message("Hi"), message("Hi", { "m.mentions": {} })]) {
    for (const userId of [undefined, null, "", 5, "@a\ud800:example.org"]) {
      assertThrows(() => isMentioned(event, userId as UserID), TypeError, "the user ID must");
    }
  }
});

Deno.test("matchPushRules() does not match a display name that is not a string", () => {
  for (const displayName of [5, true, {}, ["Hi"]] as never[]) {
    assert(!holds({ kind: "contains_display_name" }, message("Hi 5"), { displayName }));
  }
});

Deno.test("isMentioned() returns false for malformed events", () => {
  for (const event of [{}, [], { content: null }, { content: { body: 5, formatted_body: [] } }]) {
    assertEquals(isMentioned(event, ALICE), false);
  }
});
