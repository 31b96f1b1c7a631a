import { assertEquals, assertRejects } from "@std/assert";
import { MatrixResponseError } from "../../http/mod.ts";
import type { EventID, UserID } from "../../types/mod.ts";
import { fakeClient } from "../support/contract_client.ts";
import { matrixError, text } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const BOB = "@bob:example.org";
const NOT_FOUND = matrixError(404, "M_NOT_FOUND");

Deno.test("ClientAPI.getPowerLevels() returns the levels of a room without the state event", async () => {
  const event = (room_version: string) => ({ type: "m.room.create", sender: BOB, content: { room_version } });
  const old = fakeClient(NOT_FOUND, event("11"));
  assertEquals(await old.client.getPowerLevels(ROOM), { users: { [BOB]: 100 } });
  assertEquals(old.server.received[1]?.query.get("format"), "event");
  const recent = fakeClient(NOT_FOUND, event("12"));
  assertEquals(await recent.client.getPowerLevels(ROOM), {});
});

Deno.test("ClientAPI.setRoomAvatar() removes the avatar for null", async () => {
  const { client, server } = fakeClient({ event_id: "$new" });
  await client.setRoomAvatar(ROOM, null);
  assertEquals(server.received[0]?.body, {});
});

Deno.test("ClientAPI.pinMessage() adds a message behind the others and keeps other fields", async () => {
  const { client, server } = fakeClient({ pinned: ["$a", 5], more: 1 }, { event_id: "$new" });
  await client.pinMessage(ROOM, "$b");
  assertEquals(server.received[1]?.body, { pinned: ["$a", "$b"], more: 1 });
});

Deno.test("ClientAPI.pinMessage() pins the first message of a room", async () => {
  const { client, server } = fakeClient(NOT_FOUND, { event_id: "$new" });
  await client.pinMessage(ROOM, "$b");
  assertEquals(server.received[1]?.body, { pinned: ["$b"] });
});

Deno.test("ClientAPI.unpinMessage() removes a message", async () => {
  const { client, server } = fakeClient({ pinned: ["$a", "$b", "$a"] }, { event_id: "$new" });
  await client.unpinMessage(ROOM, "$a");
  assertEquals(server.received[1]?.body, { pinned: ["$b"] });
});

Deno.test("ClientAPI.markDirect() adds a room and keeps everything else", async () => {
  const { client, server } = fakeClient({ [BOB]: ["!a:example.org"], "@eve:example.org": 5 }, {});
  await client.markDirect(ROOM, BOB);
  const expected = { [BOB]: ["!a:example.org", ROOM], "@eve:example.org": 5 };
  assertEquals(server.received[1]?.body, expected);
});

Deno.test("ClientAPI.markDirect() marks the first direct chat", async () => {
  const { client, server } = fakeClient(NOT_FOUND, {});
  await client.markDirect(ROOM, BOB);
  assertEquals(server.received[1]?.body, { [BOB]: [ROOM] });
});

Deno.test("ClientAPI's room settings reject arguments of other types before anything is sent", async () => {
  const { client, server } = fakeClient({});
  for (const value of [undefined, null, 5, {}]) {
    await assertRejects(() => client.setRoomName(ROOM, value as string), TypeError, "name must be a string");
    await assertRejects(() => client.setPinnedMessages(ROOM, value as EventID[]), TypeError);
    await assertRejects(() => client.pinMessage(ROOM, value as EventID), TypeError);
    await assertRejects(() => client.markDirect(ROOM, value as UserID), TypeError);
  }
  await assertRejects(() => client.setPinnedMessages(ROOM, ["$a", "" as EventID]), TypeError);
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.pinMessage() and markDirect() reject content that is nested too deeply to be sent back", async () => {
  let deep: unknown = [];
  for (let i = 0; i < 5000; i++) deep = [deep];
  const pinned = fakeClient(text(`{"pinned":[],"deep":${"[".repeat(5000)}${"]".repeat(5000)}}`));
  await assertRejects(() => pinned.client.pinMessage(ROOM, "$a"), MatrixResponseError, "nested too deeply");
  await assertRejects(() => pinned.client.markDirect(ROOM, BOB), MatrixResponseError, "nested too deeply");
  await assertRejects(
    () => pinned.client.sendMessageEvent(ROOM, "m.x", { deep }),
    TypeError,
    "nested deeper",
  );
});
