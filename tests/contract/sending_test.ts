import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { ClientAPI, type SendImageOptions, type SendOptions } from "../../client/mod.ts";
import { MForbidden } from "../../http/mod.ts";
import type { ContentURI, EventID, Mentions, RelatesTo, RoomID } from "../../types/mod.ts";
import {
  BASE_URL,
  type CallOf,
  exchange,
  fakeClient,
  malformed,
  MXID,
  ODD,
  ODD_PATH,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const ROOMS = "/_matrix/client/v3/rooms";
const PREFIX = `${ROOMS}/%21room%3Aexample.org`;
const URI = "mxc://example.org/abc";
const OK = { event_id: "$sent" };
const EDIT: RelatesTo = Object.freeze({ rel_type: "m.replace", event_id: "$1" });
const REPLY: RelatesTo = Object.freeze({ "m.in_reply_to": Object.freeze({ event_id: "$1" as const }) });
const THREAD: RelatesTo = Object.freeze({ rel_type: "m.thread", event_id: "$1", is_falling_back: true });
/** Relations without an effect. */
const EMPTY = [undefined, null, {}, { rel_type: "m.thread" }, { event_id: "$1" }, {
  rel_type: "",
  event_id: "$1",
}, { "m.in_reply_to": {} }] as RelatesTo[];

/** Returns the type and the content of the event that a call sends. */
async function content(call: CallOf<EventID>): Promise<[type: string, content: unknown]> {
  const { request, result } = await exchange(OK, call);
  assertEquals(result, "$sent");
  assertEquals([...request.query], []);
  const [, type, txnId] = request.path.match(/\/send\/([^/]+)\/([^/]+)$/)!;
  assertEquals(request.path, `${PREFIX}/send/${type}/${txnId}`);
  assertEquals(request.method, "PUT");
  return [type!, request.body];
}

async function message(call: CallOf<EventID>): Promise<unknown> {
  const [type, body] = await content(call);
  assertEquals(type, "m.room.message");
  return body;
}

Deno.test("ClientAPI.sendMessageEvent() sends the content under type and transaction ID", async () => {
  const body = Object.freeze({ "org.example.a": Object.freeze([1]) });
  const { request, result } = await exchange(
    OK,
    (client) => client.sendMessageEvent(ODD.room, "com.example/a", body, { txnId: "t/1" }),
  );
  assertEquals(
    `${request.method} ${request.path}`,
    `PUT ${ROOMS}/${ODD_PATH.room}/send/com.example%2Fa/t%2F1`,
  );
  assertEquals(request.body, { "org.example.a": [1] });
  assertEquals(result, "$sent");
});

Deno.test("ClientAPI.sendMessageEvent() creates a transaction ID for each call without one", async () => {
  const { client, server } = fakeClient(OK);
  const given = [undefined, null, ""] as string[];
  for (const txnId of given) await client.sendMessageEvent(ROOM, "com.example", {}, { txnId });
  await client.sendMessageEvent(ROOM, "com.example", {});
  const ids = server.received.map(({ path }) => path.split("/").at(-1)!);
  assertEquals(new Set(ids).size, 4);
  for (const id of ids) assert(id.startsWith("mtx_"));
});

Deno.test("ClientAPI.sendMessageEvent() keeps its transaction ID over all attempts", async () => {
  const { client, server } = fakeClient(
    broken(),
    matrixError(502, "M_UNKNOWN"),
    matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }),
    OK,
  );
  assertEquals(await client.sendMessageEvent(ROOM, "com.example", { a: 1 }), "$sent");
  assertEquals(server.received.length, 4);
  assertEquals(new Set(server.received.map(({ path }) => path)).size, 1);
  for (const { body } of server.received) assertEquals(body, { a: 1 });
});

Deno.test("ClientAPI.sendMessageEvent() names a missing argument before it sends anything", async () => {
  for (const bad of [undefined, null, ""]) {
    await refused(
      (client) => client.sendMessageEvent(bad as RoomID, "com.example", {}),
      TypeError,
      "Room ID not given",
    );
    await refused(
      (client) => client.sendMessageEvent(ROOM, bad as string, {}),
      TypeError,
      "Event type not given",
    );
    await refused((client) => client.sendText(bad as RoomID, "x"), TypeError, "Room ID not given");
  }
  for (const bad of [undefined, null, "text", []]) {
    await refused((client) => client.sendMessageEvent(ROOM, "com.example", bad as object), TypeError);
  }
  await refused((client) => client.sendMessageEvent(".." as RoomID, "com.example", {}), TypeError);
});

Deno.test("ClientAPI.sendMessageEvent() rejects a response without an event ID", async () => {
  const call = (client: ClientAPI) => client.sendMessageEvent(ROOM, "com.example", {});
  await malformed({}, call, "`event_id` not in response.");
  await malformed({ event_id: null }, call, "`event_id` not in response.");
  await malformed({ event_id: {} }, call, "Invalid `event_id` in response: expected string");
  await malformed(null, call, "Invalid response: expected object");
});

Deno.test("ClientAPI.sendMessageEvent() type-checks content of known types, and accepts other content", () => {
  // Checks types only; never called.
  const _typed = async (client: ClientAPI) => {
    interface Poll {
      question: string;
    }
    const poll: Poll = { question: "Tea?" };
    await client.sendMessageEvent(ROOM, "com.example.poll", poll);
    await client.sendMessageEvent(ROOM, "m.reaction", {
      "m.relates_to": { rel_type: "m.annotation", event_id: "$1", key: "👍" },
    });
    await client.sendMessage(ROOM, poll);
    // @ts-expect-error Content is an object.
    await client.sendMessageEvent(ROOM, "com.example.poll", "Tea?");
    // @ts-expect-error sendNotice() has no msgtype.
    await client.sendNotice(ROOM, { text: "Tea?", msgtype: "m.text" });
  };
  assertEquals(typeof _typed, "function");
});

Deno.test("ClientAPI.sendMessage() sends content of every kind unchanged", async () => {
  const body = Object.freeze({
    msgtype: "m.location",
    body: "Here",
    geo_uri: "geo:1,2",
    "m.relates_to": EDIT,
  });
  assertEquals(await message((client) => client.sendMessage(ROOM, body)), { ...body });
});

Deno.test("ClientAPI.react() sends an annotation", async () => {
  for (const key of ["👍", "", "a/b"]) {
    const [type, body] = await content((client) => client.react(ROOM, "$1", key));
    assertEquals(type, "m.reaction");
    assertEquals(body, { "m.relates_to": { rel_type: "m.annotation", event_id: "$1", key } });
  }
  for (const bad of [undefined, null, ""]) {
    await refused((client) => client.react(ROOM, bad as EventID, "👍"), TypeError);
  }
  for (const bad of [undefined, null, 1]) {
    await refused((client) => client.react(ROOM, "$1", bad as unknown as string), TypeError);
  }
});

Deno.test("ClientAPI.sendText() accepts text and options, or one object", async () => {
  const text = { msgtype: "m.text", body: "Tea?" };
  assertEquals(await message((client) => client.sendText(ROOM, "Tea?")), text);
  assertEquals(await message((client) => client.sendText(ROOM, { text: "Tea?" })), text);

  const both = { ...text, format: "org.matrix.custom.html", formatted_body: "<i>Tea?</i>" };
  const html = "<i>Tea?</i>";
  assertEquals(await message((client) => client.sendText(ROOM, "Tea?", { html })), both);
  assertEquals(await message((client) => client.sendText(ROOM, { text: "Tea?", html })), both);

  const made = { ...both, body: "_Tea?_" };
  assertEquals(await message((client) => client.sendText(ROOM, { html })), made);
  for (const absent of [undefined, null]) {
    assertEquals(await message((client) => client.sendText(ROOM, absent, { html })), made);
    assertEquals(await message((client) => client.sendText(ROOM, { text: absent!, html })), made);
    assertEquals(await message((client) => client.sendText(ROOM, "Tea?", { html: absent! })), text);
  }
});

Deno.test("ClientAPI.sendText() treats empty strings as given", async () => {
  const html = { format: "org.matrix.custom.html", formatted_body: "" };
  assertEquals(await message((client) => client.sendText(ROOM, "")), { msgtype: "m.text", body: "" });
  assertEquals(await message((client) => client.sendText(ROOM, { html: "" })), {
    msgtype: "m.text",
    body: "",
    ...html,
  });
  assertEquals(await message((client) => client.sendText(ROOM, { text: "", html: "<p>x</p>" })), {
    msgtype: "m.text",
    body: "",
    ...html,
    formatted_body: "<p>x</p>",
  });
});

Deno.test("ClientAPI.sendText() accepts a msgtype", async () => {
  for (
    const [msgtype, expected] of [["m.notice", "m.notice"], ["com.example.x", "com.example.x"], [
      null,
      "m.text",
    ]]
  ) {
    assertEquals(await message((client) => client.sendText(ROOM, "x", { msgtype: msgtype! })), {
      msgtype: expected,
      body: "x",
    });
  }
});

Deno.test("ClientAPI.sendText() rejects missing text and HTML, and values that are not strings", async () => {
  const none = "Cannot send a message: neither text nor html is given";
  for (const bad of [undefined, null]) {
    await refused((client) => client.sendText(ROOM, bad), TypeError, none);
    await refused((client) => client.sendText(ROOM, bad, { html: bad! }), TypeError, none);
    await refused((client) => client.sendText(ROOM, { text: bad!, html: bad! }), TypeError, none);
    await refused((client) => client.sendNotice(ROOM, bad), TypeError, none);
    await refused((client) => client.sendEmote(ROOM, { html: bad! }), TypeError, none);
  }
  await refused((client) => client.sendText(ROOM, {}), TypeError, none);
  await refused(
    (client) => client.sendText(ROOM, 0 as unknown as string),
    TypeError,
    "text must be a string, received number",
  );
  await refused(
    (client) => client.sendText(ROOM, { html: false as unknown as string }),
    TypeError,
    "html must be a string, received boolean",
  );
});

Deno.test("ClientAPI.sendText() attaches a relation only if it relates to something", async () => {
  for (const relatesTo of [REPLY, THREAD]) {
    assertEquals(await message((client) => client.sendText(ROOM, "x", { relatesTo })), {
      msgtype: "m.text",
      body: "x",
      "m.relates_to": relatesTo,
    });
  }
  for (const relatesTo of EMPTY) {
    const body = await message((client) => client.sendText(ROOM, { text: "x", relatesTo }));
    assertEquals(body, { msgtype: "m.text", body: "x" });
  }
});

Deno.test("ClientAPI.sendText() creates an edit for a replacing relation, and keeps the rest of the relation", async () => {
  const format = "org.matrix.custom.html";
  assertEquals(await message((client) => client.sendText(ROOM, { html: "<b>x</b>", relatesTo: EDIT })), {
    msgtype: "m.text",
    body: "* **x**",
    format,
    formatted_body: "* <b>x</b>",
    "m.new_content": { msgtype: "m.text", body: "**x**", format, formatted_body: "<b>x</b>" },
    "m.relates_to": EDIT,
  });
  const relatesTo = { ...EDIT, "org.example.more": 1 };
  const body = await message((client) => client.sendText(ROOM, "x", { relatesTo }));
  assertEquals((body as { "m.relates_to": RelatesTo })["m.relates_to"], relatesTo);
});

Deno.test("ClientAPI.sendText() and similar methods notify nobody again with an edit", async () => {
  const mentions: Mentions = { user_ids: ["@alice:example.org"], room: true };
  const options = { mentions, relatesTo: EDIT };
  const senders: CallOf<EventID>[] = [
    (client) => client.sendText(ROOM, "x", options),
    (client) => client.sendText(ROOM, { html: "x", ...options }),
    (client) => client.sendNotice(ROOM, "x", options),
    (client) => client.sendEmote(ROOM, "x", options),
    (client) => client.sendFile(ROOM, URI, options),
    (client) => client.sendImage(ROOM, URI, { ...options, caption: "x" }),
    (client) => client.sendSticker(ROOM, URI, options),
  ];
  for (const send of senders) {
    const body = (await content(send))[1] as Record<string, object>;
    assertEquals<unknown>([body["m.mentions"], body["m.relates_to"]], [{}, EDIT]);
    assertEquals((body["m.new_content"] as Record<string, unknown>)["m.mentions"], mentions);
  }
  const plain = await message((client) => client.sendText(ROOM, "x", { relatesTo: EDIT }));
  assertEquals("m.mentions" in (plain as object), false);
});

Deno.test("ClientAPI.sendText() and similar methods send mentions, {} included", async () => {
  const all: Mentions[] = [{}, { user_ids: [] }, { room: true }, {
    user_ids: ["@alice:example.org"],
    room: false,
  }];
  for (const mentions of all) {
    const body = await message((client) => client.sendText(ROOM, "x", { mentions }));
    assertEquals(body, { msgtype: "m.text", body: "x", "m.mentions": mentions });
  }
  for (
    const bad of [5, "x", [], { user_ids: MXID }, { user_ids: ["alice"] }, { user_ids: null }, { room: 1 }]
  ) {
    const mentions = bad as unknown as Mentions;
    await refused((client) => client.sendText(ROOM, "x", { mentions }), TypeError, "mentions must be");
  }
});

Deno.test("ClientAPI.sendFile() and sendImage() send a caption as body and the name as filename", async () => {
  const format = "org.matrix.custom.html";
  const cases: [options: SendImageOptions, fields: object][] = [
    [{ fileName: "a.txt", caption: "Look" }, { body: "Look", filename: "a.txt" }],
    [{ fileName: "a.txt", caption: "" }, { body: "", filename: "a.txt" }],
    [
      { fileName: "a.txt", caption: "Look", captionHtml: "<b>Look!</b>" },
      { body: "Look", format, formatted_body: "<b>Look!</b>", filename: "a.txt" },
    ],
    [
      { fileName: "a.txt", captionHtml: "<b>Look</b>" },
      { body: "**Look**", format, formatted_body: "<b>Look</b>", filename: "a.txt" },
    ],
    [{ fileName: "a.txt", caption: undefined, captionHtml: null! }, { body: "a.txt" }],
  ];
  for (const [options, fields] of cases) {
    const file = await message((client) => client.sendFile(ROOM, URI, options));
    assertEquals(file, { msgtype: "m.file", url: URI, ...fields });
    const image = await message((client) => client.sendImage(ROOM, URI, options));
    assertEquals(image, { msgtype: "m.image", url: URI, ...fields });
  }
  const video = { fileType: "m.video", caption: "Look" } as const;
  assertEquals(await message((client) => client.sendFile(ROOM, URI, video)), {
    msgtype: "m.video",
    body: "Look",
    filename: "video",
    url: URI,
  });
});

Deno.test("ClientAPI.react() reacts to the event that an edit has edited", async () => {
  const edit = { event_id: "$edit", content: { body: "* x", "m.relates_to": EDIT } } as const;
  const event = { event_id: "$plain", content: { body: "x" } } as const;
  for (
    const [target, event_id] of [[edit, EDIT.event_id], [event, "$plain"], ["$plain", "$plain"]] as const
  ) {
    const { request } = await exchange(OK, (client) => client.react(ROOM, target, "👍"));
    assertEquals(request.body, { "m.relates_to": { rel_type: "m.annotation", event_id, key: "👍" } });
  }
});

Deno.test("ClientAPI.sendNotice() and sendEmote() ignore msgtype", async () => {
  for (const [method, msgtype] of [["sendNotice", "m.notice"], ["sendEmote", "m.emote"]] as const) {
    const other: object = { msgtype: "m.text" };
    assertEquals(await message((client) => client[method](ROOM, "x")), { msgtype, body: "x" });
    assertEquals(await message((client) => client[method](ROOM, "x", other)), { msgtype, body: "x" });
    const options = { html: "<b>x</b>", relatesTo: EDIT, ...other };
    assertEquals(await message((client) => client[method](ROOM, options)), {
      msgtype,
      body: "* **x**",
      format: "org.matrix.custom.html",
      formatted_body: "* <b>x</b>",
      "m.new_content": {
        msgtype,
        body: "**x**",
        format: "org.matrix.custom.html",
        formatted_body: "<b>x</b>",
      },
      "m.relates_to": EDIT,
    });
  }
});

Deno.test("ClientAPI.sendFile() sends a file with its info", async () => {
  const info = Object.freeze({ mimetype: "text/plain", size: 5 });
  assertEquals(
    await message((client) =>
      client.sendFile(ROOM, URI, { info, fileName: "a.txt", fileType: "m.audio", relatesTo: REPLY })
    ),
    { msgtype: "m.audio", body: "a.txt", url: URI, info, "m.relates_to": REPLY },
  );
});

Deno.test("ClientAPI.sendFile() derives the body from the msgtype if there is no file name", async () => {
  for (const absent of [undefined, null]) {
    const options = { info: absent!, fileName: absent!, fileType: absent!, relatesTo: absent! };
    assertEquals(await message((client) => client.sendFile(ROOM, URI, options)), {
      msgtype: "m.file",
      body: "file",
      url: URI,
    });
  }
  for (const [fileType, body] of [["m.video", "video"], ["com.example.x", "com.example.x"]]) {
    assertEquals(await message((client) => client.sendFile(ROOM, URI, { fileType })), {
      msgtype: fileType,
      body,
      url: URI,
    });
  }
  assertEquals(await message((client) => client.sendFile(ROOM, URI, { fileName: "", info: {} })), {
    msgtype: "m.file",
    body: "",
    url: URI,
    info: {},
  });
});

Deno.test("ClientAPI.sendFile() attaches relations as sendText() does", async () => {
  for (const relatesTo of EMPTY) {
    assertEquals(await message((client) => client.sendFile(ROOM, URI, { relatesTo })), {
      msgtype: "m.file",
      body: "file",
      url: URI,
    });
  }
  assertEquals(await message((client) => client.sendFile(ROOM, URI, { fileName: "a", relatesTo: EDIT })), {
    msgtype: "m.file",
    body: "* a",
    url: URI,
    "m.new_content": { msgtype: "m.file", body: "a", url: URI },
    "m.relates_to": EDIT,
  });
});

Deno.test("ClientAPI.sendImage() sends an image", async () => {
  const info = { w: 1, h: 2, mimetype: "image/png" };
  assertEquals(await message((client) => client.sendImage(ROOM, URI)), {
    msgtype: "m.image",
    body: "image",
    url: URI,
  });
  const options = { info, fileName: "a.png", relatesTo: THREAD, fileType: "m.video" };
  assertEquals(await message((client) => client.sendImage(ROOM, URI, options)), {
    msgtype: "m.image",
    body: "a.png",
    url: URI,
    info,
    "m.relates_to": THREAD,
  });
});

Deno.test("ClientAPI.sendSticker() always sends body and info, and no msgtype", async () => {
  for (const absent of [undefined, null]) {
    assertEquals(
      await content((client) => client.sendSticker(ROOM, URI, { text: absent!, info: absent! })),
      ["m.sticker", { body: "", url: URI, info: {} }],
    );
  }
  const options = { text: "A cat", info: Object.freeze({ w: 5 }), relatesTo: REPLY };
  assertEquals(await content((client) => client.sendSticker(ROOM, URI, options)), [
    "m.sticker",
    { body: "A cat", url: URI, info: { w: 5 }, "m.relates_to": REPLY },
  ]);
  for (const relatesTo of EMPTY) {
    const [, body] = await content((client) => client.sendSticker(ROOM, URI, { relatesTo }));
    assertEquals(body, { body: "", url: URI, info: {} });
  }
});

Deno.test("ClientAPI.sendFile(), sendImage() and sendSticker() reject a missing URI", async () => {
  for (const bad of ["", undefined, null]) {
    for (const method of ["sendFile", "sendImage", "sendSticker"] as const) {
      await refused((client) => client[method](ROOM, bad as ContentURI), TypeError);
    }
  }
});

Deno.test("ClientAPI.redact() sends a truthy reason, which replaces one in the extra content", async () => {
  const extraContent = Object.freeze({ reason: "old", "org.example.a": 1 });
  for (
    const [options, expected] of [
      [undefined, {}],
      [{}, {}],
      [{ reason: null, extraContent: null }, {}],
      [{ reason: "", extraContent: {} }, {}],
      [{ reason: "spam" }, { reason: "spam" }],
      [{ extraContent }, extraContent],
      [{ extraContent, reason: "" }, extraContent],
      [{ extraContent, reason: "new" }, { reason: "new", "org.example.a": 1 }],
    ] as const
  ) {
    const [line, query, body] = await sent(
      OK,
      (client) => client.redact(ODD.room, ODD.event, { ...options, txnId: "t1" } as SendOptions),
    );
    assertEquals(line, `PUT ${ROOMS}/${ODD_PATH.room}/redact/${ODD_PATH.event}/t1`);
    assertEquals(query, {});
    assertEquals<unknown>(body, { ...expected });
  }
});

Deno.test("ClientAPI.redact() does not modify the caller's content", async () => {
  const extraContent = { a: 1 };
  await exchange(OK, (client) => client.redact(ROOM, "$1", { extraContent, reason: "spam" }));
  assertEquals(extraContent, { a: 1 });
});

Deno.test("ClientAPI.redact() creates one transaction ID per call, and rejects malformed responses", async () => {
  const { client, server } = fakeClient(broken(), OK);
  assertEquals(await client.redact(ROOM, "$1"), "$sent");
  await client.redact(ROOM, "$1");
  const [first, again, second] = server.received.map(({ path }) => path);
  assertEquals(first, again);
  assertNotEquals(first, second);
  await malformed({}, (client) => client.redact(ROOM, "$1"), "`event_id` not in response.");
  for (const bad of ["", ".", undefined]) {
    await refused((client) => client.redact(ROOM, bad as EventID), TypeError);
  }
});

Deno.test("ClientAPI's message helpers accept a transaction ID and request options", async () => {
  const options: SendOptions = {
    txnId: "mine",
    timestamp: 7,
    headers: { "x-mark": "1" },
    query: { "org.example.a": "b" },
  };
  const calls: CallOf<EventID>[] = [
    (client) => client.sendMessageEvent(ROOM, "m.room.message", { msgtype: "m.text", body: "x" }, options),
    (client) => client.sendMessage(ROOM, { msgtype: "m.text", body: "x" }, options),
    (client) => client.react(ROOM, "$1", "x", options),
    (client) => client.sendText(ROOM, "x", options),
    (client) => client.sendText(ROOM, { text: "x", ...options }),
    (client) => client.sendNotice(ROOM, "x", options),
    (client) => client.sendNotice(ROOM, { html: "x", ...options }),
    (client) => client.sendEmote(ROOM, "x", options),
    (client) => client.sendEmote(ROOM, { text: "x", ...options }),
    (client) => client.sendFile(ROOM, URI, options),
    (client) => client.sendImage(ROOM, URI, options),
    (client) => client.sendSticker(ROOM, URI, options),
    (client) =>
      client.redact(ROOM, "$1", { ...options, timestamp: undefined, query: { ...options.query, ts: 7 } }),
  ];
  for (const call of calls) {
    const { request } = await exchange(OK, call);
    assertEquals(request.path.split("/").at(-1), "mine");
    assertEquals(Object.fromEntries(request.query), { ts: "7", "org.example.a": "b" });
    assertEquals(request.headers.get("x-mark"), "1");
    assert(!request.text.includes("mine"));
  }
});

Deno.test("ClientAPI's message helpers reject with the signal's reason", async () => {
  const reason = new Error("no more");
  const signal = AbortSignal.abort(reason);
  const { client, server } = fakeClient(OK);
  const error = await assertRejects(() => client.sendText(ROOM, { text: "x", signal }));
  assertEquals(error, reason);
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.sendText() throws the error class of the errcode", async () => {
  const { client } = fakeClient(matrixError(403, "M_FORBIDDEN"));
  await assertRejects(() => client.sendText(ROOM, "x"), MForbidden);
});

/** Replaces messages as encryption does, and records its arguments. */
class Subclass extends ClientAPI {
  readonly calls: unknown[] = [];

  override async sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions & { disableEncryption?: boolean },
  ): Promise<EventID> {
    this.calls.push([eventType, content, options]);
    if (options?.disableEncryption) return await super.sendMessageEvent(roomId, eventType, content, options);
    return await super.sendMessageEvent(roomId, "m.room.encrypted", { ciphertext: "…" }, options);
  }
}

Deno.test("ClientAPI.sendMessageEvent() is called by all message helpers", async () => {
  const server = new FakeHomeserver().on("*", OK);
  const client = new Subclass({ baseUrl: BASE_URL, fetch: server.fetch });
  const options: SendOptions & { disableEncryption: boolean } = { disableEncryption: true, txnId: "t" };
  await client.sendMessage(ROOM, { msgtype: "m.text", body: "x" });
  await client.sendText(ROOM, "x");
  await client.sendNotice(ROOM, { text: "x" });
  await client.sendEmote(ROOM, "x");
  await client.sendFile(ROOM, URI);
  await client.sendImage(ROOM, URI);
  await client.sendSticker(ROOM, URI);
  await client.react(ROOM, "$1", "x");
  for (const { path, body } of server.received) {
    assert(path.includes("/send/m.room.encrypted/"));
    assertEquals(body, { ciphertext: "…" });
  }
  assertEquals(server.received.length, 8);
  assertEquals(client.calls.length, 8);

  await client.sendNotice(ROOM, "x", options);
  assertEquals(client.calls.at(-1), ["m.room.message", { msgtype: "m.notice", body: "x" }, options]);
  assertEquals(server.last.body, { msgtype: "m.notice", body: "x" });
});

Deno.test("ClientAPI.sendMessage() and sendText() can be overridden for the helpers that call them", async () => {
  const seen: string[] = [];
  class Marked extends ClientAPI {
    override async sendMessage(roomId: RoomID, content: object, options?: SendOptions): Promise<EventID> {
      seen.push((content as { msgtype: string }).msgtype);
      return await super.sendMessage(roomId, { ...content, "org.example.mark": true }, options);
    }
  }
  const server = new FakeHomeserver().on("*", OK);
  const client = new Marked({ baseUrl: BASE_URL, fetch: server.fetch });
  await client.sendText(ROOM, "x");
  await client.sendNotice(ROOM, "x");
  await client.sendEmote(ROOM, "x");
  await client.sendFile(ROOM, URI);
  await client.sendImage(ROOM, URI);
  assertEquals(seen, ["m.text", "m.notice", "m.emote", "m.file", "m.image"]);
  for (const { body } of server.received) {
    assertEquals((body as Record<string, unknown>)["org.example.mark"], true);
  }
});
