/** Contexts of handlers: send(), reply() and their transaction IDs. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type AnyHandlerContext,
  autojoin,
  type Client,
  type ClientOptions,
  MemorySyncStore,
} from "../../../client/mod.ts";
import { isEdit, isRedacted } from "../../../types/mod.ts";
import {
  broken,
  type FakeHomeserver,
  matrixError,
  type Received,
  text,
} from "../../support/fake_homeserver.ts";
import {
  answering,
  batch,
  joined,
  ME,
  message,
  polls,
  ROOM,
  runUntil,
  syncClient,
  syncServer,
} from "../../support/sync_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const QUICK = { minTimeout: 0, maxTimeout: 1 };

/** Messages that a homeserver has received. */
function sends({ received }: FakeHomeserver): Received[] {
  return received.filter(({ path }) => path.includes("/send/"));
}

const txnIds = (server: FakeHomeserver) =>
  sends(server).map(({ path }) => decodeURIComponent(path.split("/").at(-1)!));

function accepting(...responses: unknown[]): FakeHomeserver {
  return syncServer(...responses).on("*", answering(() => ({ event_id: "$sent" })));
}

function client(server: FakeHomeserver, options: Partial<ClientOptions> = {}): Client {
  return syncClient(server, { store: new MemorySyncStore("s0"), backoff: QUICK, retry: QUICK, ...options });
}

/** Returns the content of what a handler sends for an event. */
async function contentFor(
  event: Json,
  send: (context: AnyHandlerContext) => Promise<unknown> | undefined,
  options?: Partial<ClientOptions>,
): Promise<Json> {
  const server = accepting(joined("s1", { timeline: { events: [event] } }));
  const bot = client(server, { own: true, ...options });
  bot.on("*", async (_, context) => void await send(context));
  await runUntil(bot, () => polls(server).length === 2);
  const [{ method, path, body } = {} as Received] = sends(server);
  assertEquals([method, path.includes("/send/m.room.message/")], ["PUT", true]);
  assert(path.includes(encodeURIComponent(ROOM).replace("!", "%21")));
  return body;
}

const mention = { "m.mentions": { user_ids: ["@alice:example.org"] } };

Deno.test("HandlerContext.send() sends text, text with HTML, and message content", async () => {
  const event = message("1");
  const cases: [string | object, object][] = [
    ["Hi", { msgtype: "m.text", body: "Hi" }],
    ["", { msgtype: "m.text", body: "" }],
    [{ text: "Hi", msgtype: "m.notice" }, { msgtype: "m.notice", body: "Hi" }],
    [{ text: "Hi", mentions: { room: true } }, {
      msgtype: "m.text",
      body: "Hi",
      "m.mentions": { room: true },
    }],
    [{ html: "<b>Hi</b>" }, {
      msgtype: "m.text",
      body: "**Hi**",
      format: "org.matrix.custom.html",
      formatted_body: "<b>Hi</b>",
    }],
    [{ msgtype: "m.location", body: "Here", geo_uri: "geo:1,2" }, {
      msgtype: "m.location",
      body: "Here",
      geo_uri: "geo:1,2",
    }],
    [{ text: "Hi", relatesTo: { rel_type: "m.reference", event_id: "$2" } }, {
      msgtype: "m.text",
      body: "Hi",
      "m.relates_to": { rel_type: "m.reference", event_id: "$2" },
    }],
  ];
  for (const [content, expected] of cases) {
    assertEquals(await contentFor(event, ({ send }) => send?.(content as string)), expected);
  }
});

Deno.test("HandlerContext.send() stays in the thread of the event", async () => {
  const relation = { rel_type: "m.thread", event_id: "$root", is_falling_back: true };
  const inThread = message("1", { content: { msgtype: "m.text", body: "1", "m.relates_to": relation } });
  const edit = message("2", {
    content: {
      msgtype: "m.text",
      body: "* 1",
      "m.new_content": { msgtype: "m.text", body: "1", "m.relates_to": relation },
      "m.relates_to": { rel_type: "m.replace", event_id: "$1" },
    },
  });
  for (const event of [inThread, edit]) {
    assertEquals(await contentFor(event, ({ send }) => send?.("Hi")), {
      msgtype: "m.text",
      body: "Hi",
      "m.relates_to": { ...relation, "m.in_reply_to": { event_id: event.event_id } },
    });
  }
  const elsewhere = { rel_type: "m.thread", event_id: "$other" } as const;
  const body = await contentFor(inThread, ({ send }) => send?.({ text: "Hi", relatesTo: elsewhere }));
  assertEquals(body["m.relates_to"], elsewhere);
});

Deno.test("HandlerContext.reply() sends a rich reply that mentions the sender", async () => {
  const plain = { msgtype: "m.text", body: "Hi" };
  assertEquals(await contentFor(message("1"), ({ reply }) => reply?.("Hi")), {
    ...plain,
    ...mention,
    "m.relates_to": { "m.in_reply_to": { event_id: "$1" } },
  });
  const both = { user_ids: ["@bob:x", "@alice:example.org"], room: true };
  const given = { ...plain, "m.mentions": { user_ids: ["@bob:x"], room: true } };
  const mentions = await contentFor(message("1"), ({ reply }) => reply?.(given));
  assertEquals(mentions["m.mentions"], both);
  assertEquals(given["m.mentions"], { user_ids: ["@bob:x"], room: true });
  const own = await contentFor(message("1", { sender: ME }), ({ reply }) => reply?.("Hi"));
  assertEquals(own["m.mentions"], {});
});

Deno.test("HandlerContext.reply() stays in the thread, and replies to the edited event", async () => {
  const thread = { rel_type: "m.thread", event_id: "$root" };
  const inThread = message("1", { content: { msgtype: "m.text", body: "1", "m.relates_to": thread } });
  assertEquals(await contentFor(inThread, ({ reply }) => reply?.("Hi")), {
    msgtype: "m.text",
    body: "Hi",
    ...mention,
    "m.relates_to": { ...thread, "m.in_reply_to": { event_id: "$1" } },
  });
  const edit = message("2", {
    content: {
      msgtype: "m.text",
      body: "* x",
      "m.relates_to": { rel_type: "m.replace", event_id: "$original" },
    },
  });
  const body = await contentFor(edit, ({ reply }) => reply?.("Hi"));
  assertEquals(body["m.relates_to"], { "m.in_reply_to": { event_id: "$original" } });
});

Deno.test("HandlerContext.reply() sends an edit that mentions nobody again and keeps its relation", async () => {
  const relatesTo = { rel_type: "m.replace", event_id: "$progress" } as const;
  const edit = {
    msgtype: "m.text",
    body: "* Done",
    "m.new_content": { msgtype: "m.text", body: "Done" },
    "m.relates_to": relatesTo,
  };
  assertEquals(await contentFor(message("1"), ({ reply }) => reply?.({ text: "Done", relatesTo })), edit);
  assertEquals(await contentFor(message("1"), ({ reply }) => reply?.(edit)), edit);
});

Deno.test("HandlerContext.send() derives transaction IDs that a second delivery repeats", async () => {
  const run = async () => {
    const server = accepting(batch("s1", "a", "b"));
    const bot = client(server);
    for (let n = 0; n < 50; n++) {
      bot.on("m.room.message", async (_, { send, reply }) => {
        await Promise.all([send("1"), send("2"), reply("3")]);
      });
    }
    await runUntil(bot, () => polls(server).length === 2);
    return txnIds(server);
  };
  const first = await run();
  assertEquals([first.length, new Set(first).size], [300, 300]);
  assertEquals(await run(), first);
});

Deno.test("HandlerContext.send() counts handlers as they are registered, and never reuses a number", async () => {
  const server = accepting(batch("s1", "a"));
  const bot = client(server);
  autojoin(bot);
  bot.on("m.room.message", () => {})();
  bot.on("m.room.message", async (_, { send }) => void await send("x"));
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals(txnIds(server), ["$a_2_0"]);
});

Deno.test("HandlerContext.send() repeats its transaction IDs when the handler is retried", async () => {
  const server = accepting(batch("s1", "a"));
  const bot = client(server, { retries: 2 });
  let calls = 0;
  bot.on("m.room.message", async (_, { send }) => {
    await send("1");
    await send("2");
    if (++calls < 3) throw new Error("not yet");
  });
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals(txnIds(server), ["$a_0_0", "$a_0_1", "$a_0_0", "$a_0_1", "$a_0_0", "$a_0_1"]);
});

Deno.test("HandlerContext.send() prefers the transaction ID and the signal that are given", async () => {
  const server = accepting(batch("s1", "a"));
  const bot = client(server);
  let error: unknown;
  bot.on("m.room.message", async (_, { send, reply }) => {
    await send("1", { txnId: "mine" });
    await reply({ text: "2", txnId: "ours" });
    await send("3", { txnId: undefined });
    await reply("4", null as never);
    await send("5", { signal: AbortSignal.abort("no") }).catch((reason) => error = reason);
  });
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals([txnIds(server), error], [["mine", "ours", "$a_0_2", "$a_0_3"], "no"]);
});

Deno.test("HandlerContext has no send() and no reply() for events without an ID", async () => {
  const invited = { type: "m.room.member", state_key: ME, sender: "@a:x", content: { membership: "invite" } };
  const server = accepting({
    next_batch: "s1",
    to_device: { events: [{ type: "m.dummy", sender: "@a:x", content: {} }] },
    account_data: { events: [{ type: "m.direct", content: {} }] },
    rooms: { invite: { [ROOM]: { invite_state: { events: [invited] } } } },
  });
  const bot = client(server);
  const kinds: string[] = [];
  bot.on("*", (_, { send, reply, waitUntil }) => {
    kinds.push([send, reply, waitUntil].map((one) => typeof one).join());
  });
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals(kinds, Array(3).fill("undefined,undefined,function"));
});

Deno.test("HandlerContext.send() rejects content that is not a message", async () => {
  const server = accepting(batch("s1", "a"));
  const bot = client(server);
  const errors: unknown[] = [];
  bot.on("m.room.message", async (_, { send }) => {
    for (const wrong of [undefined, null, 5, {}, { text: 5 }, []]) {
      await send(wrong as never).catch((error) => errors.push(error));
    }
  });
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals([errors.length, sends(server).length], [6, 0]);
  for (const error of errors) assert(error instanceof TypeError, String(error));
});

Deno.test("Client.run() redelivers a message after a failed commit, and send() repeats its transaction ID", async () => {
  const server = accepting(batch("s1", "a"), batch("s1", "a"));
  let fails = true;
  const store = {
    get: () => Promise.resolve("s0"),
    set: () => fails ? Promise.reject(new Error("killed")) : Promise.resolve(),
  };
  const start = () => {
    const bot = client(server, { store });
    bot.on("m.room.message", async (_, { reply }) => void await reply("Hi"));
    return bot;
  };
  await assertRejects(() => start().run(), Error, "killed");
  fails = false;
  await runUntil(start(), () => polls(server).length === 3);
  const [first, second] = txnIds(server);
  assertMatch(first!, /^\$a/);
  assertEquals(second, first);
});

Deno.test("A bot that ignores edits and redacted events replies to questions only", async () => {
  const events = [
    message("question"),
    message("edit", {
      content: {
        msgtype: "m.text",
        body: "* q",
        "m.relates_to": { rel_type: "m.replace", event_id: "$question" },
      },
    }),
    message("redacted", {
      content: {},
      unsigned: { redacted_because: { type: "m.room.redaction", content: {} } },
    }),
    message("bare", { content: {} }),
  ];
  const server = accepting(joined("s1", { timeline: { events } }));
  const errors: unknown[] = [];
  const bot = client(server, { onHandlerError: (error) => errors.push(error) });
  bot.on("m.room.message", async (event, { reply }) => {
    if (isRedacted(event) || isEdit(event) || event.content.msgtype !== "m.text") return;
    await reply(event.content.body);
  });
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals([txnIds(server), errors], [["$question_0_0"], []]);
});

Deno.test("HandlerContext.send() reaches a homeserver that fails at first, with one transaction ID", async () => {
  const server = syncServer(batch("s1", "a"))
    .on("*", text("", 502), broken(), matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }), {
      event_id: "$x",
    });
  const bot = client(server);
  bot.on("m.room.message", async (_, { send }) => void await send("x"));
  await runUntil(bot, () => polls(server).length === 2);
  assertEquals(txnIds(server), Array(4).fill("$a_0_0"));
});
