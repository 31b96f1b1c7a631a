import { assert, assertEquals } from "@std/assert";
import {
  classifyEvent,
  isAccountDataEvent,
  isEdit,
  isEphemeralEvent,
  isMessageEvent,
  isRedacted,
  isRoomMessage,
  isStateEvent,
  isToDeviceEvent,
} from "../../types/events/mod.ts";

const room = {
  room_id: "!room:example.org",
  event_id: "$event",
  sender: "@alice:example.org",
  origin_server_ts: 1,
};
const topic = { ...room, type: "m.room.topic", state_key: "", content: { topic: "Tea" } };
const message = { ...room, type: "m.room.message", content: { msgtype: "m.text", body: "Hello" } };
const key = { type: "m.room_key", sender: "@alice:example.org", content: {} };
const typing = { type: "m.typing", content: { user_ids: [] } };
const tags = { type: "m.tag", content: { tags: {} } };

/** Values that are not events. */
const HOSTILE: unknown[] = [
  ...[undefined, null, true, 0, "m.room.topic", [], [topic], {}, () => topic, Symbol("event")],
  ...[{ ...topic, content: null }, { ...topic, content: [] }, { ...topic, content: "Tea" }],
  ...[{ type: "m.room.topic", state_key: "" }, { ...topic, type: 7 }, { ...topic, type: null }],
  ...[{ ...message, content: null }, { ...message, content: [] }, { ...message, type: ["m.room.message"] }],
  Object.create(null),
];

const GUARDS = [
  isAccountDataEvent,
  isEphemeralEvent,
  isMessageEvent,
  isRoomMessage,
  isStateEvent,
  isToDeviceEvent,
] as ((event: unknown, type?: string) => boolean)[];

Deno.test("classifyEvent() uses the state key, event ID and sender", () => {
  assertEquals(classifyEvent(topic), "state");
  assertEquals(classifyEvent({ type: "m.room.name", state_key: "", content: {} }), "state");
  assertEquals(classifyEvent(message), "message");
  assertEquals(classifyEvent(key), "to_device");
  assertEquals(classifyEvent(typing), "ephemeral");
  assertEquals(classifyEvent({ type: "m.presence", sender: "@a:b", content: {} }), "ephemeral");
  assertEquals(classifyEvent(tags), "account_data");
});

Deno.test("classifyEvent() ignores the event type of room events", () => {
  assertEquals(classifyEvent({ ...topic, state_key: undefined }), "message");
  assertEquals(classifyEvent({ ...message, state_key: "" }), "state");
  assertEquals(classifyEvent({ ...message, type: "m.typing" }), "message");
  const encrypted = { type: "m.room.encrypted", content: {} };
  assertEquals(classifyEvent({ ...room, ...encrypted }), "message");
  assertEquals(classifyEvent({ sender: room.sender, ...encrypted }), "to_device");
});

Deno.test("classifyEvent() returns unknown if fields contradict each other", () => {
  assertEquals(classifyEvent({ ...message, state_key: 7 }), "unknown");
  assertEquals(classifyEvent({ ...message, event_id: {} }), "unknown");
  assertEquals(classifyEvent({ ...tags, sender: [] }), "unknown");
});

Deno.test("classifyEvent() treats null as absent", () => {
  assertEquals(classifyEvent({ ...message, state_key: null }), "message");
  assertEquals(classifyEvent({ ...key, event_id: null, state_key: null }), "to_device");
  assertEquals(classifyEvent({ ...tags, sender: null }), "account_data");
});

Deno.test("classifyEvent() and guards accept any value without throwing", () => {
  for (const event of HOSTILE) {
    assertEquals(classifyEvent(event), "unknown");
    for (const guard of GUARDS) {
      assertEquals(guard(event), false);
      assertEquals(guard(event, "m.room.topic"), false);
      assertEquals(guard(event, "m.text"), false);
    }
  }
});

Deno.test("isStateEvent() requires a state key and the type", () => {
  assert(isStateEvent(topic));
  assert(isStateEvent(topic, "m.room.topic"));
  assertEquals(isStateEvent(topic, "m.room.name"), false);
  const { state_key: _, ...noState } = topic;
  assertEquals(isStateEvent(noState, "m.room.topic"), false);
  assertEquals(isStateEvent({ ...topic, state_key: null }, "m.room.topic"), false);
  assertEquals(isStateEvent({ ...topic, state_key: 0 }, "m.room.topic"), false);
});

Deno.test("isStateEvent() accepts stripped state events and custom types", () => {
  const stripped: unknown = {
    type: "m.room.topic",
    state_key: "",
    sender: "@a:b",
    content: { topic: "Tea" },
  };
  assert(isStateEvent(stripped, "m.room.topic"));
  assertEquals(stripped.content.topic, "Tea");
  const custom: unknown = {
    ...room,
    type: "com.example.poll",
    state_key: "1",
    content: { question: "Tea?" },
  };
  assert(isStateEvent<{ question: string }>(custom, "com.example.poll"));
  assertEquals(custom.content.question, "Tea?");
});

Deno.test("isStateEvent() compares types as plain strings", () => {
  assertEquals(isStateEvent(topic, "constructor"), false);
  assertEquals(isStateEvent({ ...topic, type: "__proto__" }, "__proto__"), true);
});

Deno.test("isMessageEvent() requires an event ID and no state key", () => {
  assert(isMessageEvent(message));
  assert(isMessageEvent(message, "m.room.message"));
  assert(isMessageEvent({ ...message, state_key: null }, "m.room.message"));
  assertEquals(isMessageEvent(message, "m.reaction"), false);
  assertEquals(isMessageEvent({ ...message, state_key: "" }, "m.room.message"), false);
  assertEquals(isMessageEvent({ ...message, event_id: undefined }, "m.room.message"), false);
  assertEquals(isMessageEvent(key), false);
});

Deno.test("isRoomMessage() checks the msgtype", () => {
  assert(isRoomMessage(message));
  assert(isRoomMessage(message, "m.text"));
  assertEquals(isRoomMessage(message, "m.image"), false);
  const custom: unknown = { ...message, content: { msgtype: "com.example.poll", body: "?", answers: 2 } };
  assert(isRoomMessage<{ answers: number }>(custom, "com.example.poll"));
  assertEquals(custom.content.answers, 2);
});

Deno.test("isRoomMessage() rejects messages without a body", () => {
  for (
    const content of [{}, { msgtype: "m.text" }, { msgtype: "m.text", body: 5 }, { msgtype: 5, body: "a" }]
  ) {
    assertEquals(isRoomMessage({ ...message, content }), false);
    assertEquals(isRoomMessage({ ...message, content }, "m.text"), false);
  }
  assertEquals(isRoomMessage({ ...message, state_key: "" }), false);
  assertEquals(isRoomMessage({ ...message, type: "m.sticker" }), false);
});

Deno.test("isRoomMessage() accepts a verification request without a body", () => {
  const content = {
    msgtype: "m.key.verification.request",
    from_device: "A",
    methods: [],
    to: "@bob:example.org",
  };
  assert(isRoomMessage({ ...message, content }, "m.key.verification.request"));
});

Deno.test("isToDeviceEvent() requires a sender, no event ID and no state key", () => {
  assert(isToDeviceEvent(key));
  assert(isToDeviceEvent(key, "m.room_key"));
  assert(isToDeviceEvent({ ...key, type: "com.example.x" }, "com.example.x"));
  assertEquals(isToDeviceEvent(key, "m.dummy"), false);
  assertEquals(isToDeviceEvent({ ...key, event_id: "$event" }, "m.room_key"), false);
  assertEquals(isToDeviceEvent({ ...key, state_key: "" }, "m.room_key"), false);
  assertEquals(isToDeviceEvent({ ...key, sender: undefined }, "m.room_key"), false);
});

Deno.test("isAccountDataEvent() requires no sender, no event ID and no state key", () => {
  assert(isAccountDataEvent(tags));
  assert(isAccountDataEvent(tags, "m.tag"));
  assert(isAccountDataEvent({ type: "m.secret_storage.key.abc", content: {} }, "m.secret_storage.key.abc"));
  assertEquals(isAccountDataEvent(tags, "m.direct"), false);
  assertEquals(isAccountDataEvent({ ...tags, sender: "@a:b" }, "m.tag"), false);
  assertEquals(isAccountDataEvent({ ...tags, event_id: "$event" }, "m.tag"), false);
});

Deno.test("isEphemeralEvent() accepts three types, and others if the caller names them", () => {
  assert(isEphemeralEvent(typing));
  assert(isEphemeralEvent(typing, "m.typing"));
  assert(isEphemeralEvent({ ...typing, room_id: room.room_id }, "m.typing"));
  assert(isEphemeralEvent({ type: "com.example.x", content: {} }, "com.example.x"));
  assertEquals(isEphemeralEvent({ type: "com.example.x", content: {} }), false);
  assertEquals(isEphemeralEvent(typing, "m.receipt"), false);
  assertEquals(isEphemeralEvent({ ...typing, event_id: "$event" }, "m.typing"), false);
});

Deno.test("isRedacted() recognizes redacted events by unsigned, and messages by their empty content", () => {
  const redacted_because = { type: "m.room.redaction", content: {}, sender: "@a:x", event_id: "$r" };
  const event = { type: "m.room.message", event_id: "$1", content: { msgtype: "m.text", body: "x" } };
  const state = { type: "m.room.topic", state_key: "", event_id: "$1", content: {} };
  for (
    const redacted of [
      { ...event, content: {}, unsigned: { redacted_because } },
      { ...event, content: {}, unsigned: { redacted_by: "$r" } },
      { ...state, unsigned: { redacted_because } },
      { ...event, type: "com.example.x", content: {}, unsigned: { redacted_because } },
      { ...event, content: {} },
      { ...event, type: "m.reaction", content: {} },
      { ...event, type: "m.sticker", content: {} },
      { ...event, type: "m.room.encrypted", content: {} },
    ]
  ) assertEquals(isRedacted(redacted), true, JSON.stringify(redacted));
  for (
    const other of [
      event,
      state,
      { ...event, type: "com.example.ping", content: {} },
      { ...event, unsigned: { age: 5 } },
      { ...event, unsigned: { redacted_because: "x" } },
      { type: "m.room.message" },
      null,
      "x",
    ]
  ) assertEquals(isRedacted(other), false, JSON.stringify(other));
});

Deno.test("isEdit() recognizes events that replace another one", () => {
  const relation = { rel_type: "m.replace", event_id: "$1" };
  const event = (content: unknown, type = "m.room.message") => ({ type, event_id: "$2", content });
  assertEquals(isEdit(event({ "m.relates_to": relation, "m.new_content": {} })), true);
  assertEquals(isEdit(event({ algorithm: "x", "m.relates_to": relation }, "m.room.encrypted")), true);
  for (
    const content of [
      {},
      { "m.new_content": {} },
      { "m.relates_to": { ...relation, rel_type: "m.thread" } },
      { "m.relates_to": { ...relation, event_id: 5 } },
      { "m.relates_to": { rel_type: "m.replace" } },
      { "m.relates_to": "m.replace" },
      { "m.relates_to": null },
      null,
    ]
  ) assertEquals(isEdit(event(content)), false, JSON.stringify(content));
  assertEquals(isEdit(undefined), false);
});
