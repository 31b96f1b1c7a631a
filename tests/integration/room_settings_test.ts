import { assertEquals, assertRejects } from "@std/assert";
import { setUserLevel } from "../../client/mod.ts";
import { MForbidden } from "../../http/mod.ts";
import { newRoom, newTestUser, online } from "./support.ts";

online("ClientAPI's room settings set state that another user reads", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const { client } = alice;
  const state = (type: string) => bob.client.getStateEvent(roomId, type);

  await client.setRoomName(roomId, "Kitchen");
  assertEquals(await state("m.room.name"), { name: "Kitchen" });
  await client.setRoomTopic(roomId, "Tea", { html: "<b>Tea</b>" });
  assertEquals(await state("m.room.topic"), {
    topic: "Tea",
    "m.topic": { "m.text": [{ mimetype: "text/html", body: "<b>Tea</b>" }, { body: "Tea" }] },
  });
  await client.setRoomAvatar(roomId, "mxc://example.org/tea", { info: { w: 1 } });
  assertEquals(await state("m.room.avatar"), { url: "mxc://example.org/tea", info: { w: 1 } });
  await client.setRoomAvatar(roomId, null);
  assertEquals(await state("m.room.avatar"), {});
  await client.setJoinRule(roomId, "knock");
  assertEquals(await state("m.room.join_rules"), { join_rule: "knock" });
  await client.setHistoryVisibility(roomId, "world_readable");
  assertEquals(await state("m.room.history_visibility"), { history_visibility: "world_readable" });
  await client.setGuestAccess(roomId, "can_join");
  assertEquals(await state("m.room.guest_access"), { guest_access: "can_join" });
  await assertRejects(() => bob.client.setRoomName(roomId, "Bath"), MForbidden);
});

online("ClientAPI.setPowerLevels() gives a user the power that getPowerLevels() then shows", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const levels = await alice.client.getPowerLevels(roomId);
  await alice.client.setPowerLevels(roomId, setUserLevel(levels, bob.userId, 50));
  assertEquals((await bob.client.getPowerLevels(roomId)).users?.[bob.userId], 50);
  await bob.client.setRoomName(roomId, "Bob's");
  assertEquals(await alice.client.getStateEvent(roomId, "m.room.name"), { name: "Bob's" });
});

online("ClientAPI.pinMessage() and unpinMessage() change what getPinnedMessages() returns", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const [one, two] = [await bob.client.sendText(roomId, "1"), await bob.client.sendText(roomId, "2")];
  assertEquals(await bob.client.getPinnedMessages(roomId), []);
  await alice.client.pinMessage(roomId, one);
  await alice.client.pinMessage(roomId, two);
  await alice.client.pinMessage(roomId, one);
  assertEquals(await bob.client.getPinnedMessages(roomId), [one, two]);
  await alice.client.unpinMessage(roomId, one);
  assertEquals(await bob.client.getPinnedMessages(roomId), [two]);
  await alice.client.setPinnedMessages(roomId, []);
  assertEquals(await bob.client.getPinnedMessages(roomId), []);
});

online("ClientAPI.markDirect() adds to what getDirectRooms() returns", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  assertEquals(await alice.client.getDirectRooms(), {});
  const [first, second] = [await newRoom(alice), await newRoom(alice)];
  for (const roomId of [first, second, first]) await alice.client.markDirect(roomId, bob.userId);
  assertEquals(await alice.client.getDirectRooms(), { [bob.userId]: [first, second] });
});
