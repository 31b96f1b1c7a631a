import { assert, assertEquals, assertRejects } from "@std/assert";
import { MForbidden, MNotFound } from "../../http/mod.ts";
import type { RoomEvent } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, plainSync, type TestUser } from "./support.ts";

/** Sends numbered messages one after another. Returns their event IDs. */
async function talk(user: TestUser, roomId: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/n${i}`;
    const { event_id } = await ask<{ event_id: string }>(user, "PUT", path, {
      msgtype: "m.text",
      body: `${i}`,
    });
    ids.push(event_id);
  }
  return ids;
}

const bodies = (events: RoomEvent[] = []) => events.map(({ content }) => content.body);

online("ClientAPI.getEvent() returns an event that another user sent", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const [id] = await talk(alice, roomId, 1);
  const event = await bob.client.getEvent(roomId, id as "$");
  assertEquals(event.content, { msgtype: "m.text", body: "0" });
  assertEquals([event.event_id, event.room_id, event.sender], [id as "$", roomId, alice.userId]);
  await assertRejects(() => bob.client.getEvent(roomId, "$no/such+event"), MNotFound);
});

online("ClientAPI.getEventContext() returns the events around an event", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  const ids = await talk(alice, roomId, 9);
  const context = await alice.client.getEventContext(roomId, ids[4] as "$", {
    limit: 4,
    filter: { types: ["m.room.message"] },
  });
  assertEquals(context.event?.event_id, ids[4] as "$");
  assertEquals(bodies(context.events_before), ["3", "2"]);
  assertEquals(bodies(context.events_after), ["5", "6"]);

  const alone = await alice.client.getEventContext(roomId, ids[4] as "$", { limit: 0 });
  assertEquals([bodies(alone.events_before), bodies(alone.events_after)], [[], []]);
  assert(alone.state!.some(({ type }) => type === "m.room.create"));
  const older = await alice.client.getMessages(roomId, "b", { from: context.start, limit: 2 });
  assertEquals(bodies(older.chunk), ["1", "0"]);
});

online(
  "ClientAPI.getMessages() pages in both directions and omits end on the last page",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await newRoom(alice, bob);
    await talk(alice, roomId, 7);
    const filter = { types: ["m.room.message"] };
    const first = await bob.client.getMessages(roomId, "b", { limit: 3, filter });
    assertEquals(bodies(first.chunk), ["6", "5", "4"]);
    const second = await bob.client.getMessages(roomId, "b", {
      from: first.end,
      limit: 10,
      filter: JSON.stringify(filter),
    });
    assertEquals(bodies(second.chunk), ["3", "2", "1", "0"]);
    const forwards = await bob.client.getMessages(roomId, "f", { from: first.end, limit: 2, filter });
    assertEquals(bodies(forwards.chunk), ["4", "5"]);
    const between = await bob.client.getMessages(roomId, "f", { from: first.end, to: forwards.end, filter });
    assertEquals(bodies(between.chunk), ["4", "5"]);

    const all = await bob.client.getMessages(roomId, "b", { limit: 1000 });
    assertEquals(all.chunk.at(-1)?.type, "m.room.create");
    const beyond = await bob.client.getMessages(roomId, "b", { from: all.end });
    assertEquals([beyond.chunk, beyond.end], [[], undefined]);
  },
);

online("ClientAPI.iterateMessages() reads the whole history, or from a sync token", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  const { next_batch: since } = await plainSync(alice);
  await talk(alice, roomId, 12);

  const backwards: RoomEvent[] = [];
  for await (const { chunk } of alice.client.iterateMessages(roomId, "b", { limit: 5 })) {
    backwards.push(...chunk);
  }
  assertEquals(bodies(backwards).slice(0, 12), Array.from({ length: 12 }, (_, i) => `${11 - i}`));
  assertEquals(backwards.at(-1)?.type, "m.room.create");

  const forwards: RoomEvent[] = [];
  for await (const { chunk } of alice.client.iterateMessages(roomId, "f", { from: since, limit: 5 })) {
    forwards.push(...chunk);
  }
  assertEquals(bodies(forwards), Array.from({ length: 12 }, (_, i) => `${i}`));
});

online("ClientAPI.getMessages() rejects with MForbidden if the user is not in the room", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice);
  await assertRejects(() => bob.client.getMessages(roomId, "b"), MForbidden);
});
