import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MNotFound } from "../../http/mod.ts";
import { ask, newRoom, newTestUser, online, plainSync, type TestUser } from "./support.ts";

/** Returns another client of the same user. */
async function secondClient(user: TestUser): Promise<ClientAPI> {
  const answer = await ask<{ access_token: string }>(user, "POST", "/_matrix/client/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: user.localpart },
    password: user.password,
  });
  return new ClientAPI({ baseUrl: user.baseUrl, token: answer.access_token, mxid: user.userId });
}

online(
  "ClientAPI.setAccountData() sets global account data that another client of the user reads",
  async () => {
    const alice = await newTestUser();
    const other = await secondClient(alice);
    await assertRejects(() => other.getAccountData("com.example/a"), MNotFound);
    await alice.client.setAccountData("com.example/a", { theme: "dark", "é": [1, null] });
    assertEquals(await other.getAccountData("com.example/a"), { theme: "dark", "é": [1, null] });
    const { account_data: data } = await plainSync(alice);
    assertEquals(data?.events?.find(({ type }) => type === "com.example/a")?.content.theme, "dark");

    await alice.client.setAccountData("com.example/a", {});
    assertEquals(await other.getAccountData("com.example/a"), {});
  },
);

online(
  "ClientAPI.setAccountData() sets account data of a room separately from global account data",
  async () => {
    const alice = await newTestUser();
    const roomId = await newRoom(alice);
    await alice.client.setAccountData("com.example", { where: "room" }, { roomId });
    await assertRejects(() => alice.client.getAccountData("com.example"), MNotFound);
    await alice.client.setAccountData("com.example", { where: "global" });
    const other = await secondClient(alice);
    assertEquals(await other.getAccountData("com.example", { roomId }), { where: "room" });
    assertEquals(await other.getAccountData("com.example"), { where: "global" });
  },
);

online(
  "ClientAPI.setRoomTag(), getRoomTag(), getRoomTags() and removeRoomTag() tag a room for all clients",
  async () => {
    const alice = await newTestUser();
    const roomId = await newRoom(alice);
    const other = await secondClient(alice);
    assertEquals(await other.getRoomTag(roomId, "m.favourite"), null);
    assertEquals(await other.getRoomTags(roomId), { tags: {} });

    await alice.client.setRoomTag(roomId, "m.favourite", { info: { order: 0.25 } });
    await alice.client.setRoomTag(roomId, "u.Büro/2");
    assertEquals(await other.getRoomTags(roomId), {
      tags: { "m.favourite": { order: 0.25 }, "u.Büro/2": {} },
    });
    assertEquals(await other.getRoomTag(roomId, "m.favourite"), { order: 0.25 });
    assertEquals(await other.getRoomTag(roomId, "u.Büro/2"), {});
    const user = `/_matrix/client/v3/user/${encodeURIComponent(alice.userId)}`;
    const raw = await ask(alice, "GET", `${user}/rooms/${encodeURIComponent(roomId)}/tags`);
    assertEquals<unknown>(raw, await other.getRoomTags(roomId));

    await alice.client.removeRoomTag(roomId, "u.Büro/2");
    assertEquals(await other.getRoomTag(roomId, "u.Büro/2"), null);
    const events = (await plainSync(alice)).rooms?.join?.[roomId]?.account_data?.events ?? [];
    assertEquals(events.find(({ type }) => type === "m.tag")?.content, {
      tags: { "m.favourite": { order: 0.25 } },
    });
  },
);
