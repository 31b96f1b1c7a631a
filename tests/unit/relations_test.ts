import { assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import {
  ensureHtml,
  getEdit,
  getRelatesTo,
  getReplyTo,
  getThreadParent,
  hasRelation,
  makeEdit,
  makeReaction,
  makeReply,
  type RelatedEvent,
  setThreadParent,
  trimReplyFallback,
} from "../../client/content/message.ts";

const text = Object.freeze({ msgtype: "m.text", body: "b" });

/** Relations that say nothing. */
const malformed: unknown[] = [
  undefined,
  null,
  5,
  "m.replace",
  [],
  {},
  { rel_type: "m.replace" },
  { event_id: "$a" },
  { rel_type: "m.replace", event_id: null },
  { rel_type: 5, event_id: "$a" },
  { rel_type: "", event_id: "$a" },
  { rel_type: "m.thread", event_id: "" },
  { "m.in_reply_to": null },
  { "m.in_reply_to": "$a" },
  { "m.in_reply_to": {} },
  { "m.in_reply_to": { event_id: 5 } },
  { "m.in_reply_to": { event_id: "" } },
];

Deno.test("hasRelation() needs a type and an event, or a reply", () => {
  assertEquals(hasRelation({ rel_type: "m.annotation", event_id: "$a", key: "x" }), true);
  assertEquals(hasRelation({ "m.in_reply_to": { event_id: "$a" } }), true);
  for (const relation of malformed) assertEquals(hasRelation(relation), false);
});

Deno.test("getRelatesTo() and similar functions accept malformed content", () => {
  for (const relation of malformed) {
    const content = { body: "b", "m.relates_to": relation };
    assertEquals([getRelatesTo, getEdit, getThreadParent, getReplyTo].map((get) => get(content)), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  }
  for (const content of [undefined, null, 5, "x", []]) {
    assertEquals(getEdit(content as unknown as object), undefined);
  }
});

Deno.test("getEdit(), getThreadParent() and getReplyTo() distinguish relations", () => {
  const edit = { "m.relates_to": { rel_type: "m.replace", event_id: "$a" } };
  const thread = {
    "m.relates_to": { rel_type: "m.thread", event_id: "$a", "m.in_reply_to": { event_id: "$b" } },
  };
  assertEquals([getEdit(edit), getThreadParent(edit), getReplyTo(edit)], ["$a", undefined, undefined]);
  assertEquals([getEdit(thread), getThreadParent(thread), getReplyTo(thread)], [undefined, "$a", "$b"]);
  assertEquals(getRelatesTo(edit), { rel_type: "m.replace", event_id: "$a" });
});

Deno.test("makeEdit() puts the content under m.new_content and marks the outer text", () => {
  const content = Object.freeze({
    ...text,
    format: "org.matrix.custom.html",
    formatted_body: "<b>b</b>",
    "m.mentions": { user_ids: ["@a:example.org"] },
    "org.example.extra": [1],
  });
  assertEquals(makeEdit(content, "$a") as object, {
    ...content,
    "m.mentions": {},
    body: "* b",
    formatted_body: "* <b>b</b>",
    "m.new_content": content,
    "m.relates_to": { rel_type: "m.replace", event_id: "$a" },
  });
});

Deno.test("makeEdit() drops what the content related to", () => {
  const reply = setThreadParent(makeReply(text, "$b"), "$c");
  const edit = makeEdit(reply, "$a");
  assertEquals(edit["m.relates_to"], { rel_type: "m.replace", event_id: "$a" });
  assertEquals(edit["m.new_content"] as object, text);
  assertEquals(reply["m.relates_to"].event_id, "$c");
});

Deno.test("makeEdit() of an edit replaces the first event", () => {
  const event = { event_id: "$edit", content: makeEdit(text, "$first") } as const;
  assertEquals(makeEdit(text, event)["m.relates_to"].event_id, "$first");
  assertEquals(makeEdit(event.content, "$a") as object, { ...makeEdit({ ...text, body: "* b" }, "$a") });
});

Deno.test("makeEdit() notifies only users whom the original event does not mention", () => {
  const alice = "@alice:example.org";
  const bob = "@bob:example.org";
  const mentions = Object.freeze({ user_ids: Object.freeze([alice, bob]), room: true });
  const content = Object.freeze({ ...text, "m.mentions": mentions });
  const original = (mentions?: unknown) =>
    ({
      event_id: "$a",
      content: { ...text, ...(mentions === undefined ? {} : { "m.mentions": mentions }) },
    }) as const;
  const cases: [event: RelatedEvent, outer: object][] = [
    ["$a", {}],
    [{ event_id: "$a" }, {}],
    [original(), { user_ids: [alice, bob], room: true }],
    [original({}), { user_ids: [alice, bob], room: true }],
    [original({ user_ids: [alice] }), { user_ids: [bob], room: true }],
    [original({ room: true }), { user_ids: [alice, bob] }],
    [original({ user_ids: [bob, alice], room: true }), {}],
    [original({ user_ids: "@alice:example.org", room: "yes" }), { user_ids: [alice, bob], room: true }],
    [original([]), { user_ids: [alice, bob], room: true }],
    // The latest edit mentions Alice inside; outside it mentions whom it has added.
    [
      { event_id: "$edit", content: makeEdit({ ...text, "m.mentions": { user_ids: [alice] } }, "$a") },
      { user_ids: [bob], room: true },
    ],
  ];
  for (const [event, outer] of cases) {
    const edit = makeEdit(content, event);
    assertEquals<unknown>([edit["m.mentions"], edit["m.new_content"]["m.mentions"]], [outer, mentions]);
    assertEquals(edit["m.relates_to"], { rel_type: "m.replace", event_id: "$a" });
  }
});

Deno.test("makeEdit() adds no mentions to content without mentions", () => {
  for (const mentions of [undefined, null, 5, "x"]) {
    const edit = makeEdit({ ...text, "m.mentions": mentions }, "$a");
    assertEquals(edit["m.mentions"], mentions);
  }
  assertEquals("m.mentions" in makeEdit(text, "$a"), false);
});

Deno.test("makeEdit() leaves content without text alone", () => {
  assertEquals(makeEdit({ msgtype: "m.image", body: 5, formatted_body: null }, "$a") as object, {
    msgtype: "m.image",
    body: 5,
    formatted_body: null,
    "m.new_content": { msgtype: "m.image", body: 5, formatted_body: null },
    "m.relates_to": { rel_type: "m.replace", event_id: "$a" },
  });
});

Deno.test("makeReply() replies to an event or its ID", () => {
  const reply = { ...text, "m.relates_to": { "m.in_reply_to": { event_id: "$a" } } };
  assertEquals<object>(makeReply(text, "$a"), reply);
  assertEquals<object>(makeReply(text, { event_id: "$a", content: text }), reply);
});

Deno.test("makeReply() stays in the thread and is then no fallback", () => {
  assertEquals(makeReply(setThreadParent(text, "$root"), "$a")["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
    "m.in_reply_to": { event_id: "$a" },
  });
});

Deno.test("setThreadParent() falls back to a reply to the last event", () => {
  assertEquals(setThreadParent(text, "$root")["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
    is_falling_back: true,
    "m.in_reply_to": { event_id: "$root" },
  });
  for (const lastEventInThread of ["$last", { event_id: "$last" }] as RelatedEvent[]) {
    const relation = setThreadParent(text, "$root", { lastEventInThread })["m.relates_to"];
    assertEquals([relation.event_id, relation["m.in_reply_to"]], ["$root", { event_id: "$last" }]);
  }
});

Deno.test("setThreadParent() uses the thread of an event that is in one", () => {
  const event: RelatedEvent = { event_id: "$a", content: setThreadParent(text, "$root") };
  const relation = setThreadParent(text, event)["m.relates_to"];
  assertEquals([relation.event_id, relation["m.in_reply_to"]], ["$root", { event_id: "$a" }]);
});

Deno.test("setThreadParent() without fallback keeps a reply of its own only", () => {
  const options = { disableReplyFallback: true };
  assertEquals(setThreadParent(text, "$root", options)["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
  });
  assertEquals(setThreadParent(makeReply(text, "$a"), "$root", options)["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
    "m.in_reply_to": { event_id: "$a" },
  });
});

Deno.test("makeEdit() and similar functions refuse to relate to nothing", () => {
  for (const event of [undefined, null, "", {}, { content: {} }] as unknown as RelatedEvent[]) {
    assertThrows(() => makeEdit(text, event), TypeError, "Cannot relate");
    assertThrows(() => makeReply(text, event), TypeError, "Cannot relate");
    assertThrows(() => setThreadParent(text, event), TypeError, "Cannot relate");
  }
});

Deno.test("setThreadParent() keeps the reply of makeReply() in both orders", () => {
  const expected = { rel_type: "m.thread", event_id: "$root", "m.in_reply_to": { event_id: "$quoted" } };
  const last = { lastEventInThread: "$last" } as const;
  for (
    const options of [undefined, {}, last, { disableReplyFallback: true }, {
      ...last,
      disableReplyFallback: false,
    }]
  ) {
    assertEquals<unknown>(
      setThreadParent(makeReply(text, "$quoted"), "$root", options)["m.relates_to"],
      expected,
    );
  }
  assertEquals<unknown>(makeReply(setThreadParent(text, "$root"), "$quoted")["m.relates_to"], expected);
});

Deno.test("setThreadParent() replaces the fallback of another thread", () => {
  const content = setThreadParent(text, "$other");
  assertEquals(setThreadParent(content, "$root")["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
    is_falling_back: true,
    "m.in_reply_to": { event_id: "$root" },
  });
  assertEquals(setThreadParent(content, "$root", { disableReplyFallback: true })["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
  });
});

Deno.test("makeReply(), setThreadParent() and makeReaction() point at the event that an edit has edited", () => {
  const edit: RelatedEvent = { event_id: "$edit", content: makeEdit(text, "$first") };
  assertEquals(makeReply(text, edit)["m.relates_to"], { "m.in_reply_to": { event_id: "$first" } });
  assertEquals(setThreadParent(text, edit)["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$first",
    is_falling_back: true,
    "m.in_reply_to": { event_id: "$first" },
  });
  assertEquals(setThreadParent(text, "$root", { lastEventInThread: edit })["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$root",
    is_falling_back: true,
    "m.in_reply_to": { event_id: "$first" },
  });
  const reaction = { rel_type: "m.annotation", event_id: "$first", key: "👍" };
  assertEquals<unknown>(makeReaction(edit, "👍"), { "m.relates_to": reaction });
  assertEquals<unknown>(makeReaction("$first", "👍"), { "m.relates_to": reaction });
});

Deno.test("makeReply() stays in the thread of the event unless inThread is false", () => {
  const event: RelatedEvent = { event_id: "$a", content: setThreadParent(text, "$root") };
  const reply = { "m.in_reply_to": { event_id: "$a" } };
  for (const options of [undefined, {}, { inThread: undefined }, { inThread: true }]) {
    assertEquals<unknown>(makeReply(text, event, options)["m.relates_to"], {
      rel_type: "m.thread",
      event_id: "$root",
      ...reply,
    });
  }
  assertEquals<unknown>(makeReply(text, event, { inThread: false })["m.relates_to"], reply);
  assertEquals<unknown>(makeReply(setThreadParent(text, "$other"), event)["m.relates_to"], {
    rel_type: "m.thread",
    event_id: "$other",
    ...reply,
  });
});

Deno.test("makeReply() and setThreadParent() find the thread that the new content of an edit names", () => {
  const edit = makeEdit(text, "$first");
  const content = { ...edit, "m.new_content": setThreadParent(text, "$root") };
  const event: RelatedEvent = { event_id: "$edit", content };
  const thread = { rel_type: "m.thread", event_id: "$root", "m.in_reply_to": { event_id: "$first" } };
  assertEquals<unknown>(makeReply(text, event)["m.relates_to"], thread);
  assertEquals<unknown>(setThreadParent(text, event)["m.relates_to"], { ...thread, is_falling_back: true });
});

Deno.test("makeReply() and setThreadParent() keep the relation of an edit", () => {
  const edit = Object.freeze(makeEdit(text, "$first"));
  assertEquals(makeReply(edit, "$quoted"), edit);
  assertEquals(setThreadParent(edit, "$root"), edit);
  assertEquals(makeEdit(makeReply(text, "$quoted"), "$first"), edit);
  assertThrows(() => makeReply(edit, undefined as unknown as RelatedEvent), TypeError, "Cannot relate");
});

Deno.test("trimReplyFallback() removes the quoted text", () => {
  const bodies: [before: string, after: string][] = [
    ["> <@a:b> hi\n> x\n\nrest", "rest"],
    ["> * <@a:b> hi\n\nrest\n> quoted", "rest\n> quoted"],
    ["> <@a:b> hi", "> <@a:b> hi"],
    ["> <@a:b> hi\r\n\r\nrest", "rest"],
    ["> <@a:b> hi\n>q\nrest", ">q\nrest"],
    ["> nope\n\nrest", "> nope\n\nrest"],
    ["> <@a>\n> z\n", ""],
    ["rest", "rest"],
  ];
  for (const [before, after] of bodies) {
    assertEquals(trimReplyFallback(makeReply({ ...text, body: before }, "$a")).body, after);
  }
});

Deno.test("trimReplyFallback() removes the quoted HTML", () => {
  const bodies: [before: string, after: string][] = [
    ["<mx-reply>q</mx-reply>rest", "rest"],
    ["<mx-reply>a\nb</mx-reply>\nrest", "\nrest"],
    ["x<mx-reply>q</mx-reply>rest", "x<mx-reply>q</mx-reply>rest"],
    ["<mx-reply>rest", "<mx-reply>rest"],
  ];
  for (const [before, after] of bodies) {
    assertEquals(
      trimReplyFallback(makeReply({ ...text, formatted_body: before }, "$a")).formatted_body,
      after,
    );
  }
});

Deno.test("trimReplyFallback() keeps content that is not a reply or has no text", () => {
  const plain = Object.freeze({
    ...text,
    body: "> <@a:b> hi\n\nrest",
    formatted_body: "<mx-reply>q</mx-reply>rest",
  });
  assertEquals(trimReplyFallback(plain), plain);
  const odd = makeReply({ body: 5, formatted_body: null }, "$a");
  assertEquals(trimReplyFallback(odd), odd);
  const reply = Object.freeze(makeReply(plain, "$a"));
  assertNotStrictEquals(trimReplyFallback(reply), reply);
  assertEquals(reply.body, plain.body);
});

Deno.test("trimReplyFallback() is fast on long texts", () => {
  const body = "> <@a:b> hi\n" + "> x\n".repeat(20_000) + "> y";
  const formatted_body = "<mx-reply>".repeat(20_000);
  assertEquals(trimReplyFallback(makeReply({ body, formatted_body }, "$a")).body, "> y");
});

Deno.test("ensureHtml() keeps HTML and makes it out of text", () => {
  const html = { ...text, format: "org.matrix.custom.html", formatted_body: "<b>b</b>" };
  assertEquals(ensureHtml(html), html as unknown as ReturnType<typeof ensureHtml<typeof html>>);
  assertEquals(ensureHtml({ body: "a<b>&\"'\nq" }).formatted_body, "a&lt;b&gt;&amp;&quot;&#x27;<br/>q");
  assertEquals(ensureHtml({ body: "x", formatted_body: "f" }).formatted_body, "x");
  assertEquals(
    ensureHtml({ body: "x", format: "org.example", formatted_body: "f" }).format,
    "org.matrix.custom.html",
  );
  assertEquals(ensureHtml({ body: 5 }).formatted_body, "");
});

Deno.test("makeEdit(), makeReply() and ensureHtml() treat malformed content as empty", () => {
  for (const none of [null, undefined, 5, "text", []] as unknown as object[]) {
    assertEquals<unknown>(makeEdit(none, "$event"), {
      "m.new_content": {},
      "m.relates_to": { rel_type: "m.replace", event_id: "$event" },
    });
    assertEquals(makeReply(none, "$event")["m.relates_to"], { "m.in_reply_to": { event_id: "$event" } });
    assertEquals(ensureHtml(none).formatted_body, "");
  }
});
