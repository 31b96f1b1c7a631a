/** Search, spaces and peeking. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MForbidden } from "../../http/mod.ts";
import type { EventID, RoomID } from "../../types/mod.ts";
import { newRoom, newTestUser, online, type TestUser } from "./support.ts";

online("ClientAPI.iterateSearch() yields the events that match, in pages", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  const word = `word${crypto.randomUUID().replaceAll("-", "")}`;
  const sent: (EventID | undefined)[] = [];
  for (const text of ["one", "two", "three"]) {
    sent.unshift(await alice.client.sendText(roomId, `${word} ${text}`));
  }
  await alice.client.sendText(roomId, "something else");

  const options = { orderBy: "recent", filter: { limit: 2 }, eventContext: { before_limit: 1 } } as const;
  const pages = await Array.fromAsync(alice.client.iterateSearch(word, options));
  assertEquals(pages.flatMap(({ results }) => results?.map(({ result }) => result?.event_id)), sent);
  assertEquals(pages[0]?.results?.length, 2);
  assertEquals(pages[0]?.count, 3);
  assert(Array.isArray(pages[0]?.results?.[0]?.context?.events_before));
  const other = await alice.client.searchEvents(word, {
    keys: ["content.name"],
    groupings: [{ key: "room_id" }],
  });
  assertEquals(other.results ?? [], []);
});

async function space(alice: TestUser, ...children: [roomId: RoomID, suggested: boolean][]): Promise<RoomID> {
  const roomId = await alice.client.createRoom({ creationContent: { type: "m.space" } });
  for (const [child, suggested] of children) {
    const content = { via: [alice.client.domain], suggested };
    await alice.client.sendStateEvent(roomId, "m.space.child", content, { stateKey: child });
  }
  return roomId;
}

online("ClientAPI.iterateSpaceHierarchy() yields the rooms of a space and its subspaces", async () => {
  const alice = await newTestUser();
  const [one, two, three] = [await newRoom(alice), await newRoom(alice), await newRoom(alice)];
  const inner = await space(alice, [three, false]);
  const outer = await space(alice, [one, true], [two, false], [inner, false]);
  const ids = async (options = {}) => {
    const pages = await Array.fromAsync(alice.client.iterateSpaceHierarchy(outer, options));
    return [pages.length, pages.flatMap(({ rooms }) => rooms.map(({ room_id }) => room_id)).sort()];
  };
  assertEquals(await ids(), [1, [outer, one, two, inner, three].sort()]);
  assertEquals(await ids({ limit: 2 }), [3, [outer, one, two, inner, three].sort()]);
  assertEquals(await ids({ maxDepth: 1 }), [1, [outer, one, two, inner].sort()]);
  assertEquals(await ids({ maxDepth: 0 }), [1, [outer]]);
  assertEquals(await ids({ suggestedOnly: true }), [1, [outer, one].sort()]);
  const stranger = await newTestUser();
  await assertRejects(() => stranger.client.getSpaceHierarchy(outer), MForbidden);
});

online("ClientAPI.peekEvents() continues after getRoomInitialSync() in a world-readable room", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await alice.client.createRoom({ preset: "public_chat" });
  await assertRejects(() => bob.client.getRoomInitialSync(roomId), MForbidden);
  await alice.client.setHistoryVisibility(roomId, "world_readable");
  await alice.client.sendText(roomId, "before");

  const { room_id, messages, state } = await bob.client.getRoomInitialSync(roomId);
  assertEquals(room_id, roomId);
  assertEquals(messages?.chunk.at(-1)?.content.body, "before");
  assert(state?.some(({ type }) => type === "m.room.create"));
  const eventId = await alice.client.sendText(roomId, "after");
  const { chunk, end } = await bob.client.peekEvents(roomId, { from: messages!.end, timeout: 5000 });
  // Synapse adds presence events.
  const messageIds = chunk?.filter(({ type }) => type === "m.room.message").map(({ event_id }) => event_id);
  assertEquals(messageIds, [eventId]);
  assertEquals((await bob.client.peekEvents(roomId, { from: end, timeout: 1 })).chunk, []);
});
