import { assertEquals, assertRejects } from "@std/assert";
import { MForbidden } from "../../http/mod.ts";
import type { EphemeralEvent, ReceiptEventContent, RoomID, SyncResponse, UserID } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, plainSync, syncUntil, type TestUser } from "./support.ts";

/** Returns the ephemeral events of a type in a room. */
function ephemeral(sync: SyncResponse, roomId: RoomID, type: string): EphemeralEvent[] {
  return (sync.rooms?.join?.[roomId]?.ephemeral?.events ?? []).filter((event) => event.type === type);
}

/** Waits until a user receives the list of typing users. */
function typing(reader: TestUser, roomId: RoomID, users: UserID[], since?: string): Promise<true> {
  return syncUntil(
    reader,
    (sync) =>
      ephemeral(sync, roomId, "m.typing").some(({ content }) =>
        JSON.stringify(content.user_ids) === JSON.stringify(users)
      ) || undefined,
    since,
  );
}

online("ClientAPI.setTyping() starts and stops typing as another user sees it", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const { next_batch: since } = await plainSync(bob);
  await alice.client.setTyping(roomId, { timeout: 30_000 });
  await typing(bob, roomId, [alice.userId], since);
  const { next_batch: later } = await plainSync(bob);
  await alice.client.setTyping(roomId);
  await typing(bob, roomId, [], later);
});

online("ClientAPI.setTyping() rejects with MForbidden if the user is not in the room", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice);
  await assertRejects(() => bob.client.setTyping(roomId, { timeout: 1000 }), MForbidden);
});

/** Waits until a user receives another user's receipt of a type for an event. */
function receipt(
  reader: TestUser,
  roomId: RoomID,
  eventId: string,
  type: string,
  userId: UserID,
): Promise<{ thread_id?: string }> {
  return syncUntil(reader, (sync) => {
    for (const { content } of ephemeral(sync, roomId, "m.receipt")) {
      const found = (content as ReceiptEventContent)[eventId as "$"]?.[type]?.[userId];
      if (found) return found;
    }
  });
}

/** Waits until the room's account data contains the fully read marker. */
function fullyRead(reader: TestUser, roomId: RoomID, eventId: string): Promise<true> {
  return syncUntil(
    reader,
    (sync) =>
      (sync.rooms?.join?.[roomId]?.account_data?.events ?? []).some(({ type, content }) =>
        type === "m.fully_read" && content.event_id === eventId
      ) || undefined,
  );
}

online("ClientAPI.sendReceipt() sends a receipt that another user sees, with its thread", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const first = await alice.client.sendText(roomId, "1");
  const second = await alice.client.sendText(roomId, "2");
  await bob.client.sendReceipt(roomId, first);
  assertEquals((await receipt(alice, roomId, first, "m.read", bob.userId)).thread_id, undefined);
  await bob.client.sendReceipt(roomId, second, { threadId: "main" });
  assertEquals((await receipt(alice, roomId, second, "m.read", bob.userId)).thread_id, "main");
});

online("ClientAPI.sendReceipt() sends private receipts and moves the fully read marker", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const first = await alice.client.sendText(roomId, "1");
  const second = await alice.client.sendText(roomId, "2");
  await bob.client.sendReceipt(roomId, first, { receiptType: "m.read.private" });
  await receipt(bob, roomId, first, "m.read.private", bob.userId);
  assertEquals(JSON.stringify(ephemeral(await plainSync(alice), roomId, "m.receipt")).includes(first), false);

  await bob.client.sendReceipt(roomId, second, { receiptType: "m.fully_read" });
  await fullyRead(bob, roomId, second);
});

online("ClientAPI.setFullyReadMarker() moves the marker and sends receipts", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const ids = [
    await alice.client.sendText(roomId, "1"),
    await alice.client.sendText(roomId, "2"),
    await alice.client.sendText(roomId, "3"),
  ] as const;
  await bob.client.setFullyReadMarker(roomId, ids[0]);
  await fullyRead(bob, roomId, ids[0]);
  await bob.client.setFullyReadMarker(roomId, ids[1], { readReceipt: ids[1], privateReadReceipt: ids[2] });
  await fullyRead(bob, roomId, ids[1]);
  await receipt(alice, roomId, ids[1], "m.read", bob.userId);
  await receipt(bob, roomId, ids[2], "m.read.private", bob.userId);
});

online(
  "ClientAPI.setPresence() sets and clears a status that another user's getPresence() returns",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    await newRoom(alice, bob);
    const status = `/_matrix/client/v3/presence/${encodeURIComponent(alice.userId)}/status`;
    const { next_batch: since } = await plainSync(bob);
    await alice.client.setPresence({ presence: "unavailable", status: "Tea" });
    const seen = await syncUntil(
      bob,
      ({ presence }) =>
        presence?.events?.find(({ sender, content }) =>
          sender === alice.userId && content.status_msg === "Tea"
        ),
      since,
    );
    assertEquals(seen.content.presence, "unavailable");

    const presence = await bob.client.getPresence(alice.userId);
    assertEquals([presence.presence, presence.status_msg], ["unavailable", "Tea"]);

    await alice.client.setPresence({ status: "" });
    assertEquals((await ask(alice, "GET", status)).status_msg ?? "", "");
    const cleared = await bob.client.getPresence(alice.userId);
    assertEquals([cleared.presence, cleared.status_msg ?? ""], ["online", ""]);
  },
);

online("ClientAPI.getPresence() rejects with MForbidden if the users share no room", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  await assertRejects(() => bob.client.getPresence(alice.userId), MForbidden);
});
