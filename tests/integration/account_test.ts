/** Accounts, devices, addresses, rooms and times on the ordinary homeserver. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { answerStages, ClientAPI } from "../../client/mod.ts";
import {
  MForbidden,
  MInvalidParam,
  MInvalidUsername,
  MNotFound,
  MUnknownToken,
  MUserInUse,
} from "../../http/mod.ts";
import { newRoom, newTestUser, online, plainSync, type TestUser } from "./support.ts";

function password({ localpart: user, password }: TestUser) {
  return answerStages({ "m.login.password": { identifier: { type: "m.id.user", user }, password } });
}

online("ClientAPI.register() creates an account that the client then uses", async (baseUrl) => {
  const client = new ClientAPI({ baseUrl });
  const username = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  assertEquals(await client.isUsernameAvailable(username), true);
  await client.register({
    username,
    password: "secret",
    deviceId: "MINE",
    deviceName: "Test",
    auth: answerStages({}),
  });
  assertEquals((await client.whoami()).device_id, "MINE");
  assertEquals(client.localpart, username);
  assertEquals(await client.isUsernameAvailable(username), false);
  await assertRejects(() => client.isUsernameAvailable("a b"), MInvalidUsername);
  await assertRejects(() => client.register({ username, password: "x", auth: answerStages({}) }), MUserInUse);
});

online("ClientAPI.register() creates no token with inhibitLogin", async (baseUrl) => {
  const client = new ClientAPI({ baseUrl });
  const response = await client.register({ password: "secret", inhibitLogin: true, auth: answerStages({}) });
  assertEquals([response.access_token, client.mxid], [undefined, undefined]);
  assert(response.user_id.startsWith("@"));
});

online(
  "ClientAPI.changePassword() changes what login() takes, and keeps other devices with logoutDevices",
  async () => {
    const alice = await newTestUser();
    const other = new ClientAPI({ baseUrl: alice.baseUrl });
    await other.login({ identifier: alice.localpart, password: alice.password });
    await alice.client.changePassword("new secret", { auth: password(alice), logoutDevices: false });
    assertEquals((await other.whoami()).user_id, alice.userId);
    await assertRejects(
      () => other.login({ identifier: alice.localpart, password: alice.password }),
      MForbidden,
    );
    await other.login({ identifier: alice.localpart, password: "new secret" });
    await alice.client.changePassword("newer secret", {
      auth: password({ ...alice, password: "new secret" }),
    });
    await assertRejects(() => other.whoami(), MUnknownToken);
  },
);

online("ClientAPI.deactivateAccount() ends the account", async () => {
  const alice = await newTestUser();
  assertMatch(
    await alice.client.deactivateAccount({ auth: password(alice), erase: true }),
    /success|no-support/,
  );
  assertEquals(alice.client.api.token, "");
  const again = new ClientAPI({ baseUrl: alice.baseUrl });
  await assertRejects(() => again.login({ identifier: alice.localpart, password: alice.password }));
});

online("ClientAPI.requestOpenIdToken() returns a token that is not an access token", async () => {
  const alice = await newTestUser();
  const { access_token, token_type, expires_in } = await alice.client.requestOpenIdToken();
  assert(access_token !== alice.token && token_type === "Bearer" && expires_in > 0);
});

online("ClientAPI's device methods list, rename and delete devices", async () => {
  const alice = await newTestUser();
  const { client } = alice;
  const login = async (deviceId: string) => {
    const other = new ClientAPI({ baseUrl: alice.baseUrl });
    await other.login({ identifier: alice.localpart, password: alice.password, deviceId });
    return other;
  };
  const [one, two, three] = [await login("ONE"), await login("TWO"), await login("THREE")];
  await client.setDeviceName("ONE", "First");
  assertEquals((await client.getDevice("ONE")).display_name, "First");
  const ids = async () => (await client.getDevices()).map(({ device_id }) => device_id).sort();
  assertEquals(await ids(), [client.deviceId, "ONE", "TWO", "THREE"].sort());
  // Synapse sends null for what it does not know, which the specification does not have.
  assertEquals((await client.getDevice("TWO")).display_name, null);
  await client.deleteDevice("ONE", { auth: password(alice) });
  await client.deleteDevice("ONE", { auth: password(alice) });
  await client.deleteDevices(["TWO", "THREE"], { auth: password(alice) });
  assertEquals(await ids(), [client.deviceId]);
  for (const other of [one, two, three]) await assertRejects(() => other.whoami(), MUnknownToken);
  await assertRejects(() => client.getDevice("ONE"), MNotFound);
  await assertRejects(() => client.setDeviceName("ONE", "x"), MNotFound);
});

online("ClientAPI.getThirdPartyIds() and deleteThirdPartyId() work without an address", async () => {
  const { client } = await newTestUser();
  assertEquals(await client.getThirdPartyIds(), []);
  assertMatch(await client.deleteThirdPartyId("email", "nobody@example.org"), /success|no-support/);
  assertMatch(await client.unbindThirdPartyId("email", "nobody@example.org"), /success|no-support/);
});

online("ClientAPI.getCapabilities() returns what the homeserver lets the user do", async () => {
  const { client } = await newTestUser();
  const capabilities = await client.getCapabilities();
  assertEquals(capabilities["m.change_password"], { enabled: true });
  const { default: version, available } = capabilities["m.room_versions"]!;
  assertEquals(available[version], "stable");
});

online("ClientAPI.getEventByTimestamp() finds the events around a time", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  const first = await alice.client.sendText(roomId, "1");
  const second = await alice.client.sendText(roomId, "2");
  const { origin_server_ts: at } = await alice.client.getEvent(roomId, second);
  assertEquals((await alice.client.getEventByTimestamp(roomId, at, "b"))?.origin_server_ts, at);
  const before = await alice.client.getEventByTimestamp(roomId, new Date(at - 1), "b");
  assert(before !== null && before.origin_server_ts < at);
  assertEquals(await alice.client.getEventByTimestamp(roomId, Date.now() + 60_000, "f"), null);
  assert(first !== second);
});

online("ClientAPI.getRoomSummary() shows a public room to others, by ID and alias", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const aliasLocalpart = `room_${crypto.randomUUID()}`;
  const roomId = await alice.client.createRoom({ name: "Tea", preset: "public_chat", aliasLocalpart });
  const alias = `#${aliasLocalpart}:${alice.client.domain}` as const;
  const summary = await bob.client.getRoomSummary(alias, { servers: [alice.client.domain!] });
  assertEquals([summary.room_id, summary.name, summary.membership], [roomId, "Tea", "leave"]);
  assertEquals((await alice.client.getRoomSummary(roomId)).membership, "join");
  assertEquals(await alice.client.getRoomAliases(roomId), [alias]);
  const hidden = await newRoom(alice);
  await assertRejects(() => bob.client.getRoomSummary(hidden), MNotFound);
});

online("ClientAPI.upgradeRoom() creates a room that replaces the old one", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice);
  const additionalCreators = [bob.userId];
  const replacement = await alice.client.upgradeRoom(roomId, "12", { additionalCreators });
  const tombstone = await alice.client.getStateEvent(roomId, "m.room.tombstone");
  assertEquals(tombstone.replacement_room, replacement);
  const create = await alice.client.getStateEvent(replacement, "m.room.create");
  assertEquals(create.additional_creators, additionalCreators);
});

online("ClientAPI.iterateMutualRooms() yields the rooms that two users share", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const shared = [await newRoom(alice, bob), await newRoom(bob, alice)];
  await newRoom(alice);
  const pages = await Array.fromAsync(alice.client.iterateMutualRooms(bob.userId));
  assertEquals(pages.flatMap(({ joined }) => joined).sort(), shared.sort());
  assertEquals((await alice.client.getMutualRooms("@nobody:localhost")).joined, []);
  await assertRejects(() => alice.client.getMutualRooms(alice.userId), MInvalidParam);
});

online("ClientAPI.iterateRoomDirectory() yields the published rooms in pages", async () => {
  const alice = await newTestUser();
  const word = `word${crypto.randomUUID().replaceAll("-", "")}`;
  const rooms = [];
  for (const n of [1, 2, 3]) {
    rooms.push(
      await alice.client.createRoom({ name: `${word} ${n}`, visibility: "public", preset: "public_chat" }),
    );
  }
  const pages = await Array.fromAsync(alice.client.iterateRoomDirectory({ searchQuery: word, limit: 2 }));
  assertEquals(pages.flatMap(({ chunk }) => chunk.map(({ room_id }) => room_id)).sort(), rooms.sort());
  assertEquals(pages[0]?.chunk.length, 2);
});

online("ClientAPI.getKeyChanges() returns users with new keys between two syncs", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  await alice.client.sendStateEvent(roomId, "m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" });
  const { next_batch: from } = await plainSync(alice);
  await bob.client.uploadKeys({
    deviceKeys: {
      user_id: bob.userId,
      device_id: bob.client.deviceId,
      algorithms: ["m.megolm.v1.aes-sha2"],
      keys: { [`ed25519:${bob.client.deviceId}`]: "key" },
      signatures: {},
    },
  });
  const { next_batch: to } = await plainSync(alice);
  assert((await alice.client.getKeyChanges(from, to)).changed?.includes(bob.userId));
});

online("ClientAPI.downloadMedia() downloads under another file name", async () => {
  const { client } = await newTestUser();
  const url = await client.uploadMedia("Tea", { filename: "a.txt", mimeType: "text/plain" });
  const { fileName, body } = await client.streamMedia(url, { fileName: "b é.txt" });
  assertEquals([fileName, await new Response(body).text()], ["b é.txt", "Tea"]);
  assertEquals(await client.downloadMedia(url, { fileName: "c.txt" }), new TextEncoder().encode("Tea"));
});

online(
  "ClientAPI.inviteByThirdPartyId() and bindThirdPartyId() reject without an identity server",
  async () => {
    const alice = await newTestUser();
    const roomId = await newRoom(alice);
    await assertRejects(
      () =>
        alice.client.inviteByThirdPartyId(roomId, "email", "a@example.org", "id.invalid", "t", {
          retry: { limit: 0 },
        }),
    );
    await assertRejects(() =>
      alice.client.bindThirdPartyId("sid", "secret", "id.invalid", "t", { retry: { limit: 0 } })
    );
  },
);
