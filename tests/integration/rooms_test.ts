import { assert, assertEquals, assertRejects } from "@std/assert";
import { ensureUserLevel, userLevel } from "../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MForbidden,
  MRoomInUse,
  MUnsupportedRoomVersion,
} from "../../http/mod.ts";
import type { RoomID, StateEvent } from "../../types/mod.ts";
import { DroppingProxy } from "./dropping_proxy.ts";
import { ask, newTestUser, online, plainSync, syncUntil, type TestUser } from "./support.ts";

/** Returns a random part of an alias. */
function randomName(): string {
  return `room_${crypto.randomUUID().slice(0, 13)}`;
}

/** Returns a room's state from a plain request, by event type and, if not empty, state key. */
async function plainState(user: TestUser, roomId: RoomID): Promise<Record<string, Record<string, unknown>>> {
  const events = await ask<StateEvent[]>(
    user,
    "GET",
    `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`,
  );
  return Object.fromEntries(
    events.map(({ type, state_key, content }) => [state_key ? `${type} ${state_key}` : type, content]),
  );
}

/** Returns the user's joined rooms from a plain request. */
async function plainRooms(user: TestUser): Promise<RoomID[]> {
  return (await ask<{ joined_rooms: RoomID[] }>(user, "GET", "/_matrix/client/v3/joined_rooms")).joined_rooms;
}

online("ClientAPI.createRoom() creates a room with all of its options", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const aliasLocalpart = randomName();
  const roomId = await alice.client.createRoom({
    aliasLocalpart,
    visibility: "public",
    preset: "public_chat",
    name: "Tea é",
    topic: "All about / tea",
    isDirect: true,
    invitees: [bob.userId],
    initialState: [
      { type: "m.room.history_visibility", content: { history_visibility: "joined" } },
      { type: "org.example.note", state_key: "a/b", content: { note: [1, null] } },
    ],
    roomVersion: "11",
    creationContent: { "m.federate": false, type: "m.space" },
    powerLevelOverride: { users: { [alice.userId]: 100, [bob.userId]: 50 }, invite: 75 },
  });
  const invitation = await syncUntil(bob, (sync) => sync.rooms?.invite?.[roomId]?.invite_state?.events);
  const own = invitation.find(({ type, state_key }) => type === "m.room.member" && state_key === bob.userId);
  assertEquals(own?.content.is_direct, true);
  await ask(bob, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  const state = await plainState(bob, roomId);
  assertEquals(state["m.room.name"], { name: "Tea é" });
  assertEquals(state["m.room.topic"]?.topic, "All about / tea");
  assertEquals(state["m.room.canonical_alias"], { alias: `#${aliasLocalpart}:${alice.client.domain}` });
  assertEquals(state["m.room.join_rules"], { join_rule: "public" });
  assertEquals(state["m.room.history_visibility"], { history_visibility: "joined" });
  assertEquals(state["org.example.note a/b"], { note: [1, null] });
  const { room_version, type, "m.federate": federate } = state["m.room.create"]!;
  assertEquals([room_version, type, federate], ["11", "m.space", false]);
  const levels = state["m.room.power_levels"] as { users: object; invite: number; ban: number };
  assertEquals(levels.users, { [alice.userId]: 100, [bob.userId]: 50 });
  assertEquals([levels.invite, levels.ban], [75, 50]);
  const list = `/_matrix/client/v3/directory/list/room/${encodeURIComponent(roomId)}`;
  assertEquals(await ask(bob, "GET", list), { visibility: "public" });
});

online("ClientAPI.createRoom() creates a private room by default", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await alice.client.createRoom();
  assertEquals((await plainState(alice, roomId))["m.room.join_rules"], { join_rule: "invite" });
  assertEquals(await plainRooms(alice), [roomId]);
  await assertRejects(() => bob.client.joinRoom(roomId), MForbidden);
});

online("ClientAPI.createRoom() rejects with the class of the errcode", async () => {
  const alice = await newTestUser();
  const aliasLocalpart = randomName();
  await alice.client.createRoom({ aliasLocalpart });
  const error = await assertRejects(() => alice.client.createRoom({ aliasLocalpart }), MRoomInUse);
  assertEquals(error.errcode, "M_ROOM_IN_USE");
  await assertRejects(
    () => alice.client.createRoom({ roomVersion: "org.example.none" }),
    MUnsupportedRoomVersion,
  );
  assertEquals((await plainRooms(alice)).length, 1);
});

online(
  "ClientAPI.createRoom() creates one room if a kept-alive connection closes before the response",
  async (baseUrl) => {
    const alice = await newTestUser();
    await using proxy = new DroppingProxy(baseUrl, "POST /_matrix/client/v3/createRoom", "answer");
    alice.client.api.baseUrl = proxy.url;
    assertEquals(await alice.client.getJoinedRooms(), []);
    await assertRejects(() => alice.client.createRoom({ name: "One" }), MatrixConnectionError);
    assertEquals(proxy.dropped, [1], "sent once, on a connection that was in use before");
    assertEquals((await plainRooms(alice)).length, 1);
    const [roomId] = await alice.client.getJoinedRooms();
    assertEquals((await plainState(alice, roomId!))["m.room.name"], { name: "One" });
  },
);

online(
  "ClientAPI.createRoom() creates no room if a kept-alive connection closes before the request",
  async (baseUrl) => {
    const alice = await newTestUser();
    await using proxy = new DroppingProxy(baseUrl, "POST /_matrix/client/v3/createRoom", "request");
    alice.client.api.baseUrl = proxy.url;
    assertEquals(await alice.client.getJoinedRooms(), []);
    await assertRejects(() => alice.client.createRoom(), MatrixConnectionError);
    assertEquals(proxy.dropped, [1]);
    alice.client.api.baseUrl = baseUrl;
    const roomId = await alice.client.createRoom();
    assertEquals(await plainRooms(alice), [roomId]);
  },
);

online("ClientAPI.getJoinedRooms() returns the joined rooms", async () => {
  const alice = await newTestUser();
  assertEquals(await alice.client.getJoinedRooms(), []);
  const rooms = [await alice.client.createRoom(), await alice.client.createRoom()];
  assertEquals((await alice.client.getJoinedRooms()).sort(), rooms.toSorted());
  assertEquals((await plainRooms(alice)).sort(), rooms.toSorted());
});

online("ClientAPI.forgetRoom() forgets a room only after the user has left it", async () => {
  const alice = await newTestUser();
  const roomId = await alice.client.createRoom();
  const error = await assertRejects(() => alice.client.forgetRoom(roomId), MatrixRequestError);
  assertEquals(error.status, 400);
  await alice.client.leaveRoom(roomId);
  const messages = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b`;
  assert("chunk" in await ask(alice, "GET", messages));
  await alice.client.forgetRoom(roomId);
  assertEquals((await ask(alice, "GET", messages)).errcode, "M_FORBIDDEN");
  assertEquals((await plainSync(alice)).rooms?.leave?.[roomId], undefined);
});

online(
  "ClientAPI.createRoom() creates rooms whose power levels name creators, before and since version 12",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const powerLevelOverride = { users: { [alice.userId]: 100, [bob.userId]: 50 } };
    for (const roomVersion of ["11", "12", undefined]) {
      const roomId = await alice.client.createRoom({ roomVersion, powerLevelOverride });
      const levels = await alice.client.getStateEvent(roomId, "m.room.power_levels");
      assertEquals(levels.users?.[bob.userId], 50);
      const state = await alice.client.getState(roomId);
      assertEquals(userLevel(levels, alice.userId, state), roomVersion === "11" ? 100 : Infinity);
    }
    const roomId = await alice.client.createRoom({
      roomVersion: "12",
      preset: "trusted_private_chat",
      invitees: [bob.userId],
      powerLevelOverride,
    });
    const create = await alice.client.getStateEvent(roomId, "m.room.create", { format: "event" });
    const levels = await alice.client.getStateEvent(roomId, "m.room.power_levels");
    assertEquals(userLevel(levels, bob.userId, create), Infinity);
    // Nothing is left of a room that was refused.
    assertEquals((await alice.client.getJoinedRooms()).length, 4);
  },
);

online(
  "ensureUserLevel() makes content that the homeserver accepts for a creator of version 12",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const old = await alice.client.createRoom({ roomVersion: "11" });
    const roomId = await alice.client.createRoom({ roomVersion: "12" });
    const state = await alice.client.getState(roomId);
    // The levels of the older room name its creator.
    const levels = await alice.client.getStateEvent(old, "m.room.power_levels");
    assertEquals(levels.users, { [alice.userId]: 100 });
    const { content, changed } = ensureUserLevel(levels, bob.userId, 75, state);
    assertEquals([changed, content.users], [true, { [bob.userId]: 75 }]);
    await alice.client.sendStateEvent(roomId, "m.room.power_levels", content);
    assertEquals(ensureUserLevel(content, alice.userId, 100, state), { content, changed: false });
  },
);
