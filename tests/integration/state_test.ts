import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI, type SendStateEventOptions } from "../../client/mod.ts";
import { MForbidden, MNotFound } from "../../http/mod.ts";
import type { EventID, RoomID } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, plainSync } from "./support.ts";

online("ClientAPI.sendStateEvent() sets state that another user reads", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const eventId = await alice.client.sendStateEvent(roomId, "m.room.topic", { topic: "Tea / or not?" });
  const own = await alice.client.sendStateEvent(roomId, "com.example.a/b", { a: [1, null, "é"] }, {
    stateKey: "x/y?#é%",
  });

  assertEquals(await bob.client.getStateEvent(roomId, "m.room.topic"), { topic: "Tea / or not?" });
  assertEquals(await bob.client.getStateEvent(roomId, "com.example.a/b", { stateKey: "x/y?#é%" }), {
    a: [1, null, "é"],
  });
  const event = await bob.client.getStateEvent(roomId, "m.room.topic", { format: "event" });
  assertEquals(event.event_id, eventId);
  assertEquals(event.state_key, "");
  assertEquals(event.content.topic, "Tea / or not?");
  assertEquals(event.sender, alice.userId);

  const room = (await plainSync(bob)).rooms?.join?.[roomId];
  const events = [...room?.state?.events ?? [], ...room?.timeline?.events ?? []];
  assertEquals(events.find((one) => one.event_id === own)?.type, "com.example.a/b");
  assertEquals(events.find((one) => one.event_id === own)?.state_key, "x/y?#é%");

  await alice.client.sendStateEvent(roomId, "com.example.empty", {});
  assertEquals(await bob.client.getStateEvent(roomId, "com.example.empty"), {});
});

online("ClientAPI.getStateEvent() and sendStateEvent() reject with the class of the errcode", async () => {
  const [alice, bob, carol] = await Promise.all([newTestUser(), newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  await assertRejects(() => alice.client.getStateEvent(roomId, "m.room.topic"), MNotFound);
  await assertRejects(() => carol.client.getStateEvent(roomId, "m.room.create"), MForbidden);
  await assertRejects(() => bob.client.sendStateEvent(roomId, "m.room.topic", { topic: "" }), MForbidden);
  await assertRejects(() => carol.client.getState(roomId), MForbidden);
  await assertRejects(() => carol.client.getMembers(roomId), MForbidden);
  await assertRejects(() => carol.client.getJoinedMembers(roomId), MForbidden);
});

online("ClientAPI.getState() returns all state events", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  await alice.client.sendStateEvent(roomId, "m.room.name", { name: "Kitchen" });
  const state = await alice.client.getState(roomId);
  const types = state.map(({ type }) => type);
  for (const type of ["m.room.create", "m.room.member", "m.room.power_levels", "m.room.name"]) {
    assert(types.includes(type), type);
  }
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`;
  const expected = await ask<{ event_id: string }[]>(alice, "GET", path);
  assertEquals(state.map(({ event_id }) => event_id).sort(), expected.map(({ event_id }) => event_id).sort());
});

online("ClientAPI.getMembers() returns members by membership, now and at an earlier time", async () => {
  const [alice, bob, carol] = await Promise.all([newTestUser(), newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob, carol);
  const { next_batch: before } = await plainSync(alice);
  await ask(bob, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});

  const users = async (options?: Parameters<ClientAPI["getMembers"]>[1]) =>
    (await alice.client.getMembers(roomId, options)).map(({ state_key }) => state_key).sort();
  assertEquals(await users(), [alice.userId, bob.userId, carol.userId].sort());
  assertEquals(await users({ membership: "join" }), [alice.userId, carol.userId].sort());
  assertEquals(await users({ membership: "leave" }), [bob.userId]);
  assertEquals(await users({ notMembership: "join" }), [bob.userId]);
  assertEquals(
    await users({ at: before, membership: "join" }),
    [alice.userId, bob.userId, carol.userId].sort(),
  );

  const member = (await alice.client.getMembers(roomId, { membership: "leave" }))[0];
  assertEquals(member?.content.membership, "leave");
});

online("ClientAPI.getJoinedMembers() returns display names by user", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const path = `/_matrix/client/v3/profile/${encodeURIComponent(bob.userId)}/displayname`;
  await ask(bob, "PUT", path, { displayname: "Bob é" });
  const roomId = await newRoom(alice, bob);
  const members = await alice.client.getJoinedMembers(roomId);
  assertEquals(Object.keys(members).sort(), [alice.userId, bob.userId].sort());
  assertEquals(members[bob.userId]?.display_name, "Bob é");
});

online("ClientAPI.sendStateEvent() passes ensureJoined to a subclass that overrides it", async () => {
  class Joining extends ClientAPI {
    override async sendStateEvent(
      roomId: RoomID,
      eventType: string,
      content: object,
      options?: SendStateEventOptions,
    ): Promise<EventID> {
      if (options?.ensureJoined ?? true) {
        await this.api.request("POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`);
      }
      return await super.sendStateEvent(roomId, eventType, content, options);
    }
  }
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const { room_id: roomId } = await ask<{ room_id: RoomID }>(alice, "POST", "/_matrix/client/v3/createRoom", {
    preset: "public_chat",
    power_level_content_override: { state_default: 0 },
  });
  const client = new Joining({ baseUrl: bob.baseUrl, token: bob.token, mxid: bob.userId });
  await assertRejects(
    () => client.sendStateEvent(roomId, "com.example", { a: 1 }, { ensureJoined: false }),
    MForbidden,
  );
  await client.sendStateEvent(roomId, "com.example", { a: 1 });
  assertEquals(await alice.client.getStateEvent(roomId, "com.example"), { a: 1 });
});
