import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { PowerLevelStateEventContent } from "../../types/events/power_levels.ts";
import type { UserID } from "../../types/identifiers.ts";
import {
  actionLevel,
  type CreateEvent,
  ensureEventLevel,
  ensureUserLevel,
  eventLevel,
  hasCreatorPower,
  notificationLevel,
  setEventLevel,
  setUserLevel,
  userLevel,
} from "../../client/content/room_state.ts";

const alice = "@alice:example.org";
const bob = "@bob:example.org";
const carol = "@carol:example.org";

function frozen(content: PowerLevelStateEventContent): PowerLevelStateEventContent {
  Object.freeze(content.users);
  Object.freeze(content.events);
  return Object.freeze(content);
}

const levels = frozen({
  users: { [alice]: 100, [bob]: 10 },
  users_default: 10,
  events: { "m.room.name": 60, "m.room.message": 5, "m.reaction": 20 },
  events_default: 20,
  state_default: 40,
  invite: 30,
  notifications: { room: 70 },
  "org.example.extra": true,
});

const create = (version: unknown, sender: UserID = alice): CreateEvent => ({
  sender,
  content: { room_version: version as string, additional_creators: [bob] },
});

Deno.test("userLevel() is the user's own or the default one", () => {
  assertEquals(userLevel(levels, alice, create("11")), 100);
  assertEquals(userLevel(levels, carol, create("11")), 10);
  assertEquals(userLevel({}, carol, create("11")), 0);
});

Deno.test("userLevel() returns 100 for the creator if there are no levels", () => {
  assertEquals(userLevel(undefined, alice, create("10")), 100);
  assertEquals(userLevel(undefined, bob, create("10")), 0);
  assertEquals(userLevel({}, alice, create("10")), 0);
});

Deno.test("userLevel() returns Infinity for creators since room version 12", () => {
  for (const version of ["12", "13", "org.example.future", "111"]) {
    assertEquals(userLevel(levels, alice, create(version)), Infinity, version);
    assertEquals(userLevel(levels, bob, create(version)), Infinity, version);
    assertEquals(userLevel(undefined, carol, create(version)), 0, version);
  }
  for (const version of ["", "1", "9", "10", "11", undefined, null, 12, {}]) {
    assertEquals(userLevel(levels, bob, create(version)), 10, String(version));
  }
});

Deno.test("userLevel() and ensureUserLevel() find the create event in the room's state", () => {
  const state = [
    { type: "m.room.power_levels", sender: alice, content: levels },
    { type: "m.room.create", state_key: "", ...create("12") },
  ] as const;
  assertEquals(userLevel(levels, alice, state), Infinity);
  assertEquals(userLevel(levels, carol, state), 10);
  assertEquals(ensureUserLevel({}, alice, 50, state), { content: {}, changed: false });
});

Deno.test("userLevel() and ensureUserLevel() throw TypeError without a create event", () => {
  for (const missing of [undefined, null, [], [{ type: "m.room.name" }], "12", 5]) {
    const none = missing as unknown as CreateEvent;
    assertThrows(() => userLevel(levels, alice, none), TypeError, "m.room.create");
    assertThrows(() => ensureUserLevel(levels, alice, 50, none), TypeError, "m.room.create");
  }
  // @ts-expect-error: the create event is required.
  assertThrows(() => userLevel(levels, alice), TypeError);
  // @ts-expect-error: the create event is required.
  assertThrows(() => ensureUserLevel(levels, alice, 50), TypeError);
});

Deno.test("eventLevel() is the type's own or the default one", () => {
  assertEquals(eventLevel(levels, "m.room.name", { isState: true }), 60);
  assertEquals(eventLevel(levels, "m.room.topic", { isState: true }), 40);
  assertEquals(eventLevel(levels, "m.sticker", { isState: false }), 20);
  for (const content of [{}, undefined]) {
    assertEquals(eventLevel(content, "m.room.topic", { isState: true }), 50);
    assertEquals(eventLevel(content, "m.sticker", { isState: false }), 0);
  }
});

Deno.test("actionLevel() and notificationLevel() have the specification's defaults", () => {
  assertEquals(actionLevel(levels, "invite"), 30);
  assertEquals(notificationLevel(levels), 70);
  assertEquals(notificationLevel(levels, "org.example.bell"), 50);
  for (const content of [{}, undefined]) {
    assertEquals(actionLevel(content, "invite"), 0);
    for (const action of ["kick", "ban", "redact"] as const) assertEquals(actionLevel(content, action), 50);
    assertEquals(notificationLevel(content), 50);
  }
});

Deno.test("setUserLevel() stores a level and removes the default one", () => {
  assertEquals(setUserLevel(levels, carol, 50), {
    ...levels,
    users: { [alice]: 100, [bob]: 10, [carol]: 50 },
  });
  assertEquals(setUserLevel(levels, alice, 10), { ...levels, users: { [bob]: 10 } });
  assertEquals(setUserLevel(levels, carol, 10), { ...levels, users: { ...levels.users } });
  assertEquals(setUserLevel({}, carol, 0), { users: {} });
  assertEquals(setUserLevel({}, carol, -1), { users: { [carol]: -1 } });
});

Deno.test("setEventLevel() stores a level and removes the default one", () => {
  assertEquals(setEventLevel(levels, "m.room.name", 40, { isState: true }).events, {
    "m.room.message": 5,
    "m.reaction": 20,
  });
  assertEquals(setEventLevel(levels, "m.room.name", 20, { isState: true }).events?.["m.room.name"], 20);
  assertEquals(setEventLevel(levels, "m.reaction", 20, { isState: false }).events, {
    "m.room.name": 60,
    "m.room.message": 5,
  });
  assertEquals(setEventLevel(levels, "m.sticker", 0, { isState: false }).events?.["m.sticker"], 0);
  assertEquals(setEventLevel({}, "m.sticker", 0, { isState: false }), { events: {} });
  assertEquals(
    levels["org.example.extra"],
    setEventLevel(levels, "a", 1, { isState: false })["org.example.extra"],
  );
});

Deno.test("ensureUserLevel() changes only what differs", () => {
  const old = create("11");
  assertEquals(ensureUserLevel(levels, alice, 100, old), { content: levels, changed: false });
  assertStrictEquals(ensureUserLevel(levels, carol, 10, old).content, levels);
  const { content, changed } = ensureUserLevel(levels, carol, 100, old);
  assert(changed);
  assertEquals(userLevel(content, carol, old), 100);
});

Deno.test("ensureUserLevel() makes no content with creators since room version 12", () => {
  const room = create("12");
  const valid = frozen({ users: { [carol]: 50 } });
  assertEquals(ensureUserLevel(valid, alice, 50, room), { content: valid, changed: false });
  assertEquals(ensureUserLevel(valid, bob, 0, room), { content: valid, changed: false });
  assertEquals(ensureUserLevel(valid, carol, 75, room), {
    content: { users: { [carol]: 75 } },
    changed: true,
  });
  // Levels of an older room, such as those of the predecessor, name the creators.
  assertEquals(ensureUserLevel(levels, carol, 50, room).content.users, { [carol]: 50 });
  assertEquals(ensureUserLevel(levels, bob, 50, room), { content: { ...levels, users: {} }, changed: true });
  assertEquals(ensureUserLevel(levels, bob, 50, create("11")).content.users, { [alice]: 100, [bob]: 50 });
});

Deno.test("ensureUserLevel() refuses malformed user IDs and levels for creators too", () => {
  for (const userId of ["bob", "", "!room:example.org", undefined, null]) {
    assertThrows(() => ensureUserLevel({}, userId as UserID, 50, create("11")), TypeError, "user ID");
  }
  for (const level of [2 ** 53, Infinity, 0.5, "50"]) {
    assertThrows(() => ensureUserLevel({}, alice, level as number, create("12")), RangeError);
  }
});

Deno.test("hasCreatorPower() starts with room version 12", () => {
  for (const version of ["12", "13", "100", "org.matrix.hydra.11"]) {
    assertEquals(hasCreatorPower(version), true);
  }
  for (const version of ["", "1", "9", "10", "11"]) assertEquals(hasCreatorPower(version), false);
});

Deno.test("ensureEventLevel() changes only what differs", () => {
  assertStrictEquals(ensureEventLevel(levels, "m.room.topic", 40, { isState: true }).content, levels);
  const { content, changed } = ensureEventLevel(levels, "m.room.topic", 41, { isState: true });
  assert(changed);
  assertEquals(eventLevel(content, "m.room.topic", { isState: true }), 41);
});

Deno.test("setUserLevel() throws if the level is not an integer", () => {
  for (const level of [NaN, Infinity, 0.5, 2 ** 53, "50", null, undefined]) {
    assertThrows(() => setUserLevel(levels, alice, level as number), RangeError, "must be a safe integer");
    assertThrows(() => setEventLevel(levels, "a", level as number, { isState: true }), RangeError);
  }
});

Deno.test("userLevel() accepts levels that are strings, as in old rooms", () => {
  const content = {
    users: { [alice]: "75" },
    users_default: " 5 ",
  } as unknown as PowerLevelStateEventContent;
  assertEquals(userLevel(content, alice, create("9")), 75);
  assertEquals(userLevel(content, bob, create("9")), 5);
});

Deno.test("userLevel() and similar functions accept malformed content", () => {
  const bad = [null, "x", 1.5, [], {}, true, "0x10", "", "9e9"];
  for (const value of [...bad, [1, 2], { room: [] }, { [alice]: {} }]) {
    const content = {
      users: value,
      events: value,
      notifications: value,
      ...Object.fromEntries(
        ["users_default", "events_default", "state_default", "ban"].map((key) => [key, value]),
      ),
    } as unknown as PowerLevelStateEventContent;
    assertEquals(userLevel(content, alice, create("9")), 0);
    assertEquals(eventLevel(content, "constructor", { isState: true }), 50);
    assertEquals(eventLevel(content, "__proto__", { isState: false }), 0);
    assertEquals(actionLevel(content, "ban"), 50);
    assertEquals(notificationLevel(content), 50);
    assertEquals(userLevel(setUserLevel(content, bob, 7), bob, create("9")), 7);
    assertEquals(userLevel(ensureUserLevel(content, carol, 7, create("12")).content, carol, create("12")), 7);
    assertEquals(setEventLevel(content, "a", 7, { isState: false }).events?.["a"], 7);
  }
  for (const value of [null, 5, "x", []]) {
    const content = value as unknown as PowerLevelStateEventContent;
    assertEquals(userLevel(content, bob, create("9")), 0);
    assertEquals(eventLevel(content, "a", { isState: true }), 50);
    assertEquals(userLevel({}, alice, { sender: alice, content: value } as unknown as CreateEvent), 0);
  }
  const odd = { sender: alice, content: { room_version: "12", additional_creators: bob } };
  assertEquals(userLevel({}, bob, odd as unknown as CreateEvent), 0);
});

Deno.test("setEventLevel() keeps types with names of JavaScript properties", () => {
  const content = setEventLevel({}, "__proto__", 7, { isState: false });
  assertEquals(Object.keys(content.events!), ["__proto__"]);
  assertEquals(eventLevel(content, "__proto__", { isState: false }), 7);
});
