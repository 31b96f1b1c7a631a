import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MForbidden } from "../../http/mod.ts";
import type { EventID, RoomEvent, RoomID } from "../../types/mod.ts";
import { homeserver, newRoom, newTestUser, online, plainSync, syncUntil, type TestUser } from "./support.ts";

/** Calls a function that sends a message. Returns the messages that another user has received once that message is among them. */
async function seen(reader: TestUser, roomId: RoomID, act: () => Promise<EventID>): Promise<RoomEvent[]> {
  const { next_batch: since } = await plainSync(reader);
  const id = await act();
  const events: RoomEvent[] = [];
  await syncUntil(reader, ({ rooms }) => {
    events.push(...(rooms?.join?.[roomId]?.timeline?.events ?? []) as RoomEvent[]);
    return events.some(({ event_id }) => event_id === id);
  }, since);
  return events;
}

/** Calls a function that sends a message. Returns the only message that another user receives. */
async function single(reader: TestUser, roomId: RoomID, act: () => Promise<EventID>): Promise<RoomEvent> {
  const events = await seen(reader, roomId, act);
  assertEquals(events.length, 1);
  return events[0]!;
}

/** Returns all messages of a room, oldest first. */
async function messages(user: TestUser, roomId: RoomID): Promise<RoomEvent[]> {
  const { chunk } = await user.client.getMessages(roomId, "f", {
    limit: 1000,
    filter: { types: ["m.room.message"] },
  });
  return chunk;
}

online(
  "ClientAPI.sendText(), sendNotice(), sendEmote() and sendMessageEvent() send events that another user receives",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await newRoom(alice, bob);
    const { client } = alice;

    const text = await single(bob, roomId, () => client.sendText(roomId, "Hello / ‮ 👋"));
    assertEquals(text.content, { msgtype: "m.text", body: "Hello / ‮ 👋" });
    assertEquals([text.type, text.sender], ["m.room.message", alice.userId]);

    const html = await single(
      bob,
      roomId,
      () => client.sendNotice(roomId, { html: "<b>Tea</b> is <i>ready</i>" }),
    );
    assertEquals(html.content, {
      msgtype: "m.notice",
      body: "**Tea** is _ready_",
      format: "org.matrix.custom.html",
      formatted_body: "<b>Tea</b> is <i>ready</i>",
    });

    const emote = await single(bob, roomId, () => client.sendEmote(roomId, "waves"));
    assertEquals(emote.content, { msgtype: "m.emote", body: "waves" });

    const own = await single(
      bob,
      roomId,
      () => client.sendMessageEvent(roomId, "com.example/poll?", { a: 1 }),
    );
    assertEquals([own.type, own.content], ["com.example/poll?", { a: 1 }]);
  },
);

online(
  "ClientAPI.sendText() edits, react() reacts and redact() redacts as another user receives it",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await newRoom(alice, bob);
    const { client } = alice;
    const eventId = await client.sendText(roomId, "Helo");

    const relatesTo = { rel_type: "m.replace", event_id: eventId };
    const edit = await single(
      bob,
      roomId,
      () => client.sendText(roomId, { html: "<b>Hello</b>", relatesTo }),
    );
    assertEquals(edit.content["m.relates_to"], relatesTo);
    assertEquals(edit.content.body, "* **Hello**");
    const edited = await bob.client.getEvent(roomId, eventId);
    assertEquals(edited.unsigned?.["m.relations"]?.["m.replace"]?.event_id, edit.event_id);

    const reply = await single(
      bob,
      roomId,
      () => client.sendText(roomId, "Yes", { relatesTo: { "m.in_reply_to": { event_id: eventId } } }),
    );
    assertEquals(reply.content["m.relates_to"], { "m.in_reply_to": { event_id: eventId } });

    const reaction = await single(bob, roomId, () => client.react(roomId, eventId, "👍️"));
    assertEquals(reaction.type, "m.reaction");
    assertEquals(reaction.content["m.relates_to"], {
      rel_type: "m.annotation",
      event_id: eventId,
      key: "👍️",
    });

    const redaction = await single(
      bob,
      roomId,
      () => client.redact(roomId, reply.event_id, { reason: "Typo", extraContent: { "com.example.a": 1 } }),
    );
    assertEquals(redaction.type, "m.room.redaction");
    assertEquals(redaction.content.reason, "Typo");
    assertEquals(redaction.content["com.example.a"], 1);
    const redacted = await bob.client.getEvent(roomId, reply.event_id);
    assertEquals(redacted.content, {});
    assertEquals(redacted.unsigned?.redacted_because?.event_id, redaction.event_id);
  },
);

online(
  "ClientAPI.sendFile(), sendImage() and sendSticker() send events that another user receives",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await newRoom(alice, bob);
    const { client } = alice;
    const url = "mxc://localhost/abcdefgh";
    const file = await single(
      bob,
      roomId,
      () => client.sendFile(roomId, url, { fileName: "é.txt", info: { mimetype: "text/plain", size: 3 } }),
    );
    assertEquals(file.content, {
      msgtype: "m.file",
      body: "é.txt",
      url,
      info: { mimetype: "text/plain", size: 3 },
    });
    const image = await single(bob, roomId, () => client.sendImage(roomId, url));
    assertEquals(image.content, { msgtype: "m.image", body: "image", url });
    const sticker = await single(bob, roomId, () => client.sendSticker(roomId, url, { text: "A cat" }));
    assertEquals([sticker.type, sticker.content], ["m.sticker", { body: "A cat", url, info: {} }]);
  },
);

online("ClientAPI.sendText() rejects with MForbidden if the user is not in the room", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice);
  await assertRejects(() => bob.client.sendText(roomId, "x"), MForbidden);
  const eventId = await alice.client.sendText(roomId, "x");
  await assertRejects(() => bob.client.react(roomId, eventId, "x"), MForbidden);
  await assertRejects(() => bob.client.redact(roomId, eventId), MForbidden);
});

online("ClientAPI.sendText() sends each of 50 concurrent messages once", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const numbers = Array.from({ length: 50 }, (_, i) => `${i}`);
  const ids = await Promise.all(numbers.map((text) => alice.client.sendText(roomId, text)));
  assertEquals(new Set(ids).size, 50);
  const got = await messages(bob, roomId);
  assertEquals(got.length, 50);
  for (const { event_id, content } of got) assertEquals(ids.indexOf(event_id), Number(content.body));
});

online("ClientAPI.sendText() sends one message for calls with the same transaction ID", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const first = await alice.client.sendText(roomId, "once", { txnId: "t/1" });
  assertEquals(await alice.client.sendText(roomId, "once", { txnId: "t/1" }), first);
  assertNotEquals(await alice.client.sendText(roomId, "once"), first);
  assertEquals((await messages(bob, roomId)).length, 2);
});

/**
 * Starts a proxy that forwards every request to the homeserver, and closes the connection in place of the first
 * `drops` responses for each path.
 */
function droppingProxy(target: string, drops: number) {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const passed = new Map<string, number>();
  const open = new Set<Promise<void>>();

  async function serve(connection: Deno.Conn): Promise<void> {
    let upstream: Deno.Conn | undefined;
    try {
      const request = await readRequest(connection);
      const route = request.head.split(" ")[1]!;
      const count = (passed.get(route) ?? 0) + 1;
      passed.set(route, count);
      upstream = await Deno.connect({ hostname, port: Number(port) });
      // One request for each connection, so that closing the connection drops only its response.
      const head = request.head.replace(/^(?:connection|host): .*\r\n/gim, "");
      await writeAll(upstream, encoder.encode(`${head}host: ${hostname}\r\nconnection: close\r\n\r\n`));
      await writeAll(upstream, request.body);
      const answer = new Uint8Array(await new Response(upstream.readable).arrayBuffer());
      upstream = undefined; // Already closed at the end of its stream.
      if (count > drops) await writeAll(connection, answer);
    } finally {
      upstream?.close();
      connection.close();
    }
  }

  const accepting = (async () => {
    for await (const connection of listener) {
      const served: Promise<void> = serve(connection).catch(() => {}).finally(() => open.delete(served));
      open.add(served);
    }
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    passed,
    async close(): Promise<void> {
      listener.close();
      await accepting;
      await Promise.all(open);
    },
  };
}

const encoder = new TextEncoder();

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

/** Reads one request. Returns its head without the empty line, and its body. */
async function readRequest(from: Deno.Conn): Promise<{ head: string; body: Uint8Array }> {
  let bytes = new Uint8Array();
  const chunk = new Uint8Array(65_536);
  while (true) {
    const read = await from.read(chunk);
    if (read === null) throw new Error("connection closed");
    bytes = new Uint8Array([...bytes, ...chunk.subarray(0, read)]);
    const end = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
    if (end < 0) continue;
    const head = new TextDecoder().decode(bytes.subarray(0, end + 2));
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (bytes.length >= end + 4 + length) return { head, body: bytes.subarray(end + 4, end + 4 + length) };
  }
}

online("ClientAPI.sendText() sends a message once if the response is lost", async (baseUrl) => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const proxy = droppingProxy(baseUrl, 2);
  try {
    const client = new ClientAPI({
      baseUrl: proxy.url,
      token: alice.token,
      mxid: alice.userId,
      retry: { minTimeout: 1, maxTimeout: 5 },
    });
    const eventId = await client.sendText(roomId, "once");
    const reaction = await client.react(roomId, eventId, "👍️");
    const redaction = await client.redact(roomId, eventId);
    const state = await client.sendStateEvent(roomId, "com.example", { a: 1 });

    // Each of the four requests was forwarded three times.
    assertEquals([...proxy.passed.values()], [3, 3, 3, 3]);
    const all: RoomEvent[] = [];
    for await (const { chunk } of bob.client.iterateMessages(roomId, "f", { limit: 100 })) all.push(...chunk);
    const mine = all.filter(({ type, sender }) =>
      sender === alice.userId &&
      ["m.room.message", "m.reaction", "m.room.redaction", "com.example"].includes(type)
    );
    assertEquals(mine.map(({ event_id }) => event_id), [eventId, reaction, redaction, state]);
  } finally {
    await proxy.close();
  }
});

online(
  "ClientAPI.sendText() sends each of 20 concurrent messages once if responses are lost",
  async (baseUrl) => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await newRoom(alice, bob);
    const proxy = droppingProxy(baseUrl, 1);
    try {
      const client = new ClientAPI({
        baseUrl: proxy.url,
        token: alice.token,
        retry: { minTimeout: 1, maxTimeout: 5 },
      });
      const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => client.sendText(roomId, `${i}`)));
      const got = await messages(bob, roomId);
      assertEquals(got.map(({ event_id }) => event_id).sort(), [...ids].sort());
      for (const { event_id, content } of got) assertEquals(ids.indexOf(event_id), Number(content.body));
    } finally {
      await proxy.close();
    }
  },
);

online("ClientAPI.sendText() sends each message once and in order under strict rate limits", async () => {
  const baseUrl = homeserver("MATRIX_HOMESERVER_STRICT");
  if (!baseUrl) return;
  let limited = 0;
  const onRetry = ({ error }: { error: unknown }) => {
    if ((error as Error).name === "MLimitExceeded") limited++;
  };
  const alice = await newTestUser({ baseUrl, hooks: { onRetry } });
  const roomId = await newRoom(alice);
  for (let i = 0; i < 10; i++) await alice.client.sendText(roomId, `${i}`);
  assert(limited > 0);
  const got = await messages(alice, roomId);
  assertEquals(got.map(({ content }) => content.body), Array.from({ length: 10 }, (_, i) => `${i}`));
});
