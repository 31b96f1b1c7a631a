/** Code that must compile and code that must not. Most of these tests are checked by the compiler, not at run time. */
import { assert, assertEquals } from "@std/assert";
import {
  type AccountDataContentMap,
  type EventType,
  type GenericEvent,
  isAccountDataEvent,
  isEphemeralEvent,
  isMessageEvent,
  isRoomMessage,
  isStateEvent,
  isToDeviceEvent,
  type Membership,
  type MemberStateEventContent,
  type MessageEvent,
  type MessageTypeContentMap,
  type ReceiptEventContent,
  type RoomEvent,
  type StateContentMap,
  type StateEvent,
  type StateEventType,
  type StrippedStateEvent,
  type WithoutRoomID,
} from "../../types/events/mod.ts";
import type { ContentURI, EventID, RoomID, UserID } from "../../types/identifiers.ts";

/** `true` if two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only if the types are the same. */
function same<A, B>(verdict: Same<A, B>): void {
  assert(verdict);
}

const base = {
  room_id: "!room:example.org",
  event_id: "$event",
  sender: "@alice:example.org",
  origin_server_ts: 1,
} as const;
const topic: RoomEvent = { ...base, type: "m.room.topic", state_key: "", content: { topic: "Tea" } };
const image: RoomEvent = {
  ...base,
  type: "m.room.message",
  content: { msgtype: "m.image", body: "cat.png", url: "mxc://example.org/cat", info: { w: 1, h: 2 } },
};

Deno.test("StateContentMap requires the fields that the specification requires", () => {
  const good: StateContentMap["m.room.topic"] = { topic: "Tea", "com.example.mood": { colour: "green" } };
  // @ts-expect-error: the topic is missing
  const missing: StateContentMap["m.room.topic"] = {};
  // @ts-expect-error: a topic is a string
  const wrong: StateContentMap["m.room.topic"] = { topic: 5 };
  // @ts-expect-error: membership is required
  const member: MemberStateEventContent = { displayname: "Alice" };
  assertEquals([good.topic, missing.topic, wrong.topic, member.displayname], ["Tea", undefined, 5, "Alice"]);
});

Deno.test("StateContentMap types identifiers in content", () => {
  const good: StateContentMap["m.room.power_levels"] = { users: { "@alice:example.org": 100 } };
  // @ts-expect-error: keys of users are user IDs
  const wrong: StateContentMap["m.room.power_levels"] = { users: { alice: 100 } };
  // @ts-expect-error: pinned events are event IDs
  const pinned: StateContentMap["m.room.pinned_events"] = { pinned: ["event"] };
  assertEquals([good.users?.["@alice:example.org"], Object.keys(wrong.users!), pinned.pinned.length], [
    100,
    ["alice"],
    1,
  ]);
});

Deno.test("OpenObject types unknown fields as unknown", () => {
  const content: StateContentMap["m.room.topic"] = { topic: "Tea", "com.example.mood": "calm" };
  const mood = content["com.example.mood"];
  same<typeof mood, unknown>(true);
  // @ts-expect-error: unknown fields must be narrowed
  const text: string = content["com.example.mood"];
  assertEquals(text, "calm");
});

Deno.test("Membership and other enumerations accept unknown values and complete known ones", () => {
  const known: Membership = "join";
  const other: Membership = "com.example.lurk";
  // @ts-expect-error: still strings
  const wrong: Membership = 5;
  const type: EventType = "com.example.x";
  same<Extract<Membership, "knock">, "knock">(true);
  assertEquals([known, other, wrong, type], ["join", "com.example.lurk", 5, "com.example.x"]);
});

Deno.test("StateEventType contains known types only", () => {
  const known: StateEventType = "m.room.name";
  // @ts-expect-error: not the type of a state event
  const wrong: StateEventType = "m.room.message";
  assertEquals([known, wrong], ["m.room.name", "m.room.message"]);
});

Deno.test("isStateEvent() narrows room events to type and content", () => {
  const event: RoomEvent = topic as RoomEvent;
  assert(isStateEvent(event, "m.room.topic"));
  same<typeof event.content.topic, string>(true);
  const type: "m.room.topic" = event.type;
  const previous: string | undefined = event.unsigned?.prev_content?.topic;
  const room: RoomID = event.room_id;
  assertEquals([type, event.content.topic, previous, room], ["m.room.topic", "Tea", undefined, base.room_id]);
});

Deno.test("isStateEvent() without a type distinguishes state events from message events", () => {
  const keys = [topic as RoomEvent, image as RoomEvent].map((event) => {
    if (isStateEvent(event)) {
      const state: StateEvent = event;
      return state.state_key;
    }
    const message: MessageEvent = event;
    return message.state_key;
  });
  assertEquals(keys, ["", undefined]);
});

Deno.test("isStateEvent() keeps the room ID optional for events of sync", () => {
  const event: WithoutRoomID<RoomEvent> = topic as WithoutRoomID<RoomEvent>;
  assert(isStateEvent(event, "m.room.topic"));
  same<typeof event.room_id, RoomID | undefined>(true);
  const id: EventID = event.event_id;
  assertEquals(id, "$event");
});

Deno.test("isStateEvent() narrows stripped state events and generic events", () => {
  const stripped: StrippedStateEvent = {
    type: "m.room.name",
    state_key: "",
    sender: "@a:b",
    content: { name: "Tea" },
  };
  assert(isStateEvent(stripped, "m.room.name"));
  same<typeof stripped.content.name, string>(true);
  same<typeof stripped.sender, UserID>(true);
  const generic: GenericEvent = topic;
  assert(isStateEvent(generic, "m.room.topic"));
  same<typeof generic.content.topic, string>(true);
  same<typeof generic.state_key, string>(true);
  assertEquals(generic.content.topic, "Tea");
});

Deno.test("isStateEvent() accepts custom content as a type parameter", () => {
  interface Poll {
    question: string;
    answers: string[];
  }
  const event: RoomEvent = {
    ...base,
    type: "com.example.poll",
    state_key: "1",
    content: { question: "Tea?", answers: ["yes", "no"] },
  } as RoomEvent;
  assert(isStateEvent<Poll>(event, "com.example.poll"));
  same<typeof event.content.question, string>(true);
  assertEquals(event.content.answers.map((answer) => answer.length), [3, 2]);
});

Deno.test("isStateEvent() keeps content of unknown types unknown", () => {
  const event: RoomEvent = { ...topic, type: "com.example.poll" } as RoomEvent;
  assert(isStateEvent(event, "com.example.poll"));
  same<typeof event.content.topic, unknown>(true);
});

Deno.test("isRoomMessage() narrows by msgtype", () => {
  const event: RoomEvent = image as RoomEvent;
  assert(isRoomMessage(event, "m.image"));
  same<typeof event.content.url, ContentURI | undefined>(true);
  same<typeof event.content.msgtype, "m.image">(true);
  same<typeof event.sender, UserID>(true);
  assertEquals(event.content.info?.w, 1);
  // @ts-expect-error: an image has no geo URI
  const place: string = event.content.geo_uri;
  assertEquals(place, undefined);
});

Deno.test("isRoomMessage() without a msgtype narrows to the fields of every message", () => {
  const event: RoomEvent = image as RoomEvent;
  assert(isRoomMessage(event));
  same<typeof event.content.body, string>(true);
  const related: EventID | undefined = event.content["m.relates_to"]?.event_id;
  assertEquals([event.content.body, related], ["cat.png", undefined]);
});

Deno.test("MessageTypeContentMap requires the fields of each msgtype", () => {
  // @ts-expect-error: a location has a geo URI
  const place: MessageTypeContentMap["m.location"] = { msgtype: "m.location", body: "Big Ben" };
  // @ts-expect-error: the msgtype is the key of the map
  const text: MessageTypeContentMap["m.text"] = { msgtype: "m.notice", body: "Hello" };
  assertEquals([place.msgtype, text.msgtype as string], ["m.location", "m.notice"]);
});

Deno.test("isMessageEvent() narrows redactions of all room versions", () => {
  const event: RoomEvent = {
    ...base,
    type: "m.room.redaction",
    redacts: "$old",
    content: { redacts: "$new" },
  };
  assert(isMessageEvent(event, "m.room.redaction"));
  same<typeof event.content.redacts, EventID | undefined>(true);
  assertEquals([event.redacts, event.content.redacts], ["$old", "$new"]);
});

Deno.test("isToDeviceEvent(), isEphemeralEvent() and isAccountDataEvent() narrow generic events", () => {
  const key: GenericEvent = { type: "m.dummy", sender: "@a:b", content: {} };
  if (isToDeviceEvent(key, "m.room_key")) same<typeof key.content.session_key, string>(true);
  const receipt: GenericEvent = { type: "m.receipt", content: { "$e": { "m.read": { "@a:b": { ts: 5 } } } } };
  assert(isEphemeralEvent(receipt, "m.receipt"));
  const content: ReceiptEventContent = receipt.content;
  assertEquals(content["$e"]?.["m.read"]?.["@a:b"]?.ts, 5);
  const secret: GenericEvent = { type: "m.secret_storage.key.a", content: { algorithm: "x" } };
  assert(isAccountDataEvent(secret, "m.secret_storage.key.a"));
  const metadata: AccountDataContentMap["m.secret_storage.key.a"] = secret.content;
  assertEquals(metadata.algorithm, "x");
});
