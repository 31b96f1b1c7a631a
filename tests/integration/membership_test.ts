import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { MatrixRequestError, MBadState, MForbidden, MNotFound, MNotJoined } from "../../http/mod.ts";
import type { MemberStateEventContent, RoomID } from "../../types/mod.ts";
import { ask, newTestUser, online, syncUntil, type TestUser } from "./support.ts";

/** Returns the content of a member event from a plain request. */
function member(reader: TestUser, roomId: RoomID, user: TestUser): Promise<MemberStateEventContent> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.member/`;
  return ask<MemberStateEventContent>(reader, "GET", path + encodeURIComponent(user.userId));
}

/** Returns the membership and reason of a user from a plain request. */
async function standing(
  reader: TestUser,
  roomId: RoomID,
  user: TestUser,
): Promise<[string, string | undefined]> {
  const { membership, reason } = await member(reader, roomId, user);
  return [membership, reason];
}

online("ClientAPI.inviteUser() invites a user whose joinRoomById() joins", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await alice.client.createRoom();
  await alice.client.inviteUser(roomId, bob.userId, { reason: "Tea?" });
  assertEquals(await standing(alice, roomId, bob), ["invite", "Tea?"]);
  const invitation = await syncUntil(bob, (sync) => sync.rooms?.invite?.[roomId]?.invite_state?.events);
  assertEquals(invitation.find(({ state_key }) => state_key === bob.userId)?.content.reason, "Tea?");
  assertEquals(await bob.client.joinRoomById(roomId, { reason: "Yes" }), roomId);
  assertEquals(await standing(alice, roomId, bob), ["join", "Yes"]);
  await assertRejects(() => alice.client.inviteUser(roomId, bob.userId), MForbidden);
  const carol = await newTestUser();
  await assertRejects(() => carol.client.inviteUser(roomId, alice.userId), MForbidden);
});

online("ClientAPI.joinRoom() joins by alias and by ID, also if already joined", async () => {
  const [alice, bob, carol] = await Promise.all([newTestUser(), newTestUser(), newTestUser()]);
  const aliasLocalpart = `room_${crypto.randomUUID().slice(0, 8)}é/?`;
  const roomId = await alice.client.createRoom({ preset: "public_chat", aliasLocalpart });
  const alias = `#${aliasLocalpart}:${alice.client.domain}` as const;
  const servers = [alice.client.domain!];
  assertEquals(await bob.client.joinRoom(alias, { servers, reason: "Here" }), roomId);
  assertEquals(await standing(alice, roomId, bob), ["join", "Here"]);
  assertEquals(await carol.client.joinRoom(roomId, { maxRetries: 0 }), roomId);
  assertEquals(await standing(alice, roomId, carol), ["join", undefined]);
  assertEquals(await carol.client.joinRoom(alias), roomId);
  assertEquals(await carol.client.joinRoomById(roomId), roomId);
});

online(
  "ClientAPI.joinRoom() rejects with the class of the errcode and retries only with maxRetries",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await alice.client.createRoom();
    await assertRejects(() => bob.client.joinRoom(roomId), MForbidden);
    await assertRejects(() => bob.client.joinRoomById(roomId), MForbidden);
    await assertRejects(() => bob.client.joinRoom(`#none:${alice.client.domain}`), MNotFound);
    await assertRejects(() => bob.client.joinRoom(roomId, { maxRetries: 0 }), MForbidden);
    let requests = 0;
    bob.client.api.hooks = { onRequest: () => void requests++ };
    const controller = new AbortController();
    const joined = bob.client.joinRoom(roomId, { maxRetries: 1, signal: controller.signal }).catch((error) =>
      error
    );
    setTimeout(() => controller.abort("enough"), 500);
    assertStrictEquals(await joined, "enough");
    assertEquals(requests, 1);
  },
);

online("ClientAPI.leaveRoom() leaves rooms, rejects invites and ignores rooms already left", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await alice.client.createRoom({ invitees: [bob.userId] });
  await bob.client.leaveRoom(roomId, { reason: "No tea" });
  assertEquals(await standing(alice, roomId, bob), ["leave", "No tea"]);
  await alice.client.inviteUser(roomId, bob.userId);
  await bob.client.joinRoom(roomId);
  await bob.client.leaveRoom(roomId);
  assertEquals(await standing(alice, roomId, bob), ["leave", undefined]);

  const carol = await newTestUser();
  await carol.client.leaveRoom(roomId);
  const error = await assertRejects(
    () => carol.client.leaveRoom(roomId, { raiseNotInRoom: true }),
    MForbidden,
  );
  assertInstanceOf(error, MNotJoined);
  await carol.client.leaveRoom(roomId, { extraContent: { "org.example.a": 1 } });
});

online("ClientAPI.knockRoom() knocks on a room and leaveRoom() retracts the knock", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await alice.client.createRoom({
    initialState: [{ type: "m.room.join_rules", content: { join_rule: "knock" } }],
  });
  const servers = [alice.client.domain!];
  assertEquals(await bob.client.knockRoom(roomId, { reason: "Tea?", servers }), roomId);
  assertEquals(await standing(alice, roomId, bob), ["knock", "Tea?"]);
  await bob.client.leaveRoom(roomId);
  assertEquals((await standing(alice, roomId, bob))[0], "leave");
  await bob.client.knockRoom(roomId);
  await alice.client.inviteUser(roomId, bob.userId);
  await bob.client.joinRoom(roomId);
  assertEquals((await standing(alice, roomId, bob))[0], "join");

  const closed = await alice.client.createRoom();
  await assertRejects(() => bob.client.knockRoom(closed), MForbidden);
});

online("ClientAPI.kickUser(), banUser() and unbanUser() change the membership with a reason", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await alice.client.createRoom({ preset: "public_chat" });
  await bob.client.joinRoom(roomId);
  await assertRejects(() => bob.client.kickUser(roomId, alice.userId), MForbidden);
  await assertRejects(() => bob.client.banUser(roomId, alice.userId), MForbidden);

  await alice.client.kickUser(roomId, bob.userId, { reason: "No cups" });
  assertEquals(await standing(alice, roomId, bob), ["leave", "No cups"]);
  await assertRejects(() => alice.client.kickUser(roomId, bob.userId), MForbidden);
  await assertRejects(() => alice.client.unbanUser(roomId, bob.userId), MBadState);
  await bob.client.joinRoom(roomId);
  await alice.client.banUser(roomId, bob.userId, { reason: "No saucers" });
  assertEquals(await standing(alice, roomId, bob), ["ban", "No saucers"]);
  await assertRejects(() => bob.client.joinRoom(roomId), MBadState);
  await alice.client.unbanUser(roomId, bob.userId, { reason: "Found them" });
  assertEquals(await standing(alice, roomId, bob), ["leave", "Found them"]);
  assertEquals(await bob.client.joinRoom(roomId), roomId);
  await alice.client.kickUser(roomId, bob.userId);
  assertEquals((await standing(alice, roomId, bob))[0], "leave");
});

online("ClientAPI.inviteUser() and other membership methods send extraContent", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await alice.client.createRoom();
  const extra = async (): Promise<unknown[]> => {
    const content = await member(alice, roomId, bob);
    return [content.membership, content["org.example.note"], content.reason];
  };
  const extraContent = Object.freeze({ "org.example.note": "é" });
  await alice.client.inviteUser(roomId, bob.userId, { extraContent, reason: "one" });
  assertEquals(await extra(), ["invite", "é", "one"]);
  assertEquals(
    await bob.client.joinRoomById(roomId, {
      extraContent: { ...extraContent, displayname: "Bob here" },
      reason: "two",
    }),
    roomId,
  );
  assertEquals(await extra(), ["join", "é", "two"]);
  assertEquals((await member(alice, roomId, bob)).displayname, "Bob here");
  assertEquals((await member(alice, roomId, bob)).is_direct, false);
  await bob.client.leaveRoom(roomId, { extraContent, reason: "three" });
  assertEquals(await extra(), ["leave", "é", "three"]);
  await alice.client.inviteUser(roomId, bob.userId);
  await alice.client.kickUser(roomId, bob.userId, { extraContent, reason: "four" });
  assertEquals(await extra(), ["leave", "é", "four"]);
  await alice.client.banUser(roomId, bob.userId, { extraContent, reason: "five" });
  assertEquals(await extra(), ["ban", "é", "five"]);
  await alice.client.unbanUser(roomId, bob.userId, { extraContent, reason: "six" });
  assertEquals(await extra(), ["leave", "é", "six"]);
});

online(
  "ClientAPI.sendMemberEvent() changes a name in one room and sends what fillMemberEvent() returns",
  async () => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const roomId = await alice.client.createRoom({ invitees: [bob.userId] });
    await bob.client.joinRoom(roomId);
    bob.client.fillMemberEventCallback = (room, user, content) =>
      room === roomId && user === bob.userId ? { ...content, "org.example.filled": true } : null;
    const eventId = await bob.client.sendMemberEvent(roomId, bob.userId, "join", {
      extraContent: { displayname: "Bob the tester" },
    });
    const content = await member(alice, roomId, bob);
    assertEquals(content.displayname, "Bob the tester");
    assertEquals(content["org.example.filled"], true);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/event/${
      encodeURIComponent(eventId)
    }`;
    assertEquals((await ask(alice, "GET", path)).sender, bob.userId);
  },
);

online("ClientAPI.leaveRoom() ignores an unknown room unless raiseNotInRoom is set", async () => {
  const { client } = await newTestUser();
  for (const roomId of ["!unknown:localhost", "!unknown:elsewhere.example"] as const) {
    await client.leaveRoom(roomId);
    await client.leaveRoom(roomId, { extraContent: { "org.example.a": 1 } });
    const error = await assertRejects(
      () => client.leaveRoom(roomId, { raiseNotInRoom: true }),
      MatrixRequestError,
    );
    assertEquals(error.status, 404);
  }
});
