/** Bots of examples/ that keep their place: killed, and started again. */
import { assertEquals } from "@std/assert";
import { MemorySyncStore } from "../../client/mod.ts";
import { handleNews } from "../../examples/cron_edge.ts";
import type { RoomID } from "../../types/mod.ts";
import { start, until } from "./programs.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "./support.ts";

async function tell(user: TestUser, roomId: RoomID, body: string): Promise<void> {
  const path = `/_matrix/client/v3/rooms/${
    encodeURIComponent(roomId)
  }/send/m.room.message/${crypto.randomUUID()}`;
  await ask(user, "PUT", path, { msgtype: "m.text", body });
}

/** What a user has said in a room, oldest first. */
async function said(by: TestUser, roomId: RoomID): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
  const { chunk } = await ask<{ chunk: { sender: string; type: string; content: { body: string } }[] }>(
    by,
    "GET",
    path,
  );
  return chunk.filter(({ sender, type }) => sender === by.userId && type === "m.room.message")
    .map(({ content }) => content.body).reverse();
}

async function comesBack(name: string, env: Record<string, string>, flags: string[]): Promise<void> {
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const settings = { MATRIX_HOMESERVER: bot.baseUrl, MATRIX_TOKEN: bot.token, ...env };
  const first = await start(name, [], settings, { flags });
  await until(`${name} syncs`, () => first.output().includes("syncing"));
  const roomId = await newRoom(alice);
  await ask(alice, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`, {
    user_id: bot.userId,
  });
  await until("the bot has come", async () => (await bot.client.getJoinedRooms()).includes(roomId));
  await tell(alice, roomId, "1");
  await until("an answer", async () => (await said(bot, roomId)).length === 1);
  await tell(alice, roomId, "2");
  first.process.kill("SIGKILL");
  await first.ended;
  for (let n = 3; n <= 30; n++) await tell(alice, roomId, `${n}`);
  const second = await start(name, [], settings, { flags });
  const expected = Array.from({ length: 30 }, (_, i) => `${i + 1}`);
  try {
    await until("all answers", async () => (await said(bot, roomId)).length >= 30);
    assertEquals(await said(bot, roomId), expected);
  } finally {
    second.process.kill("SIGINT");
  }
  assertEquals((await second.ended).code, 0, second.output());
  assertEquals(await said(bot, roomId), expected);
}

online("examples/echo_bot_deno.ts comes back after it was killed, and answers nothing twice", async () => {
  // Under Bun there is nothing to open it with.
  if (Deno.env.get("EXAMPLES_ON_BUN")) return;
  const folder = await Deno.makeTempDir();
  try {
    const flags = ["--unstable-kv", "--allow-read", "--allow-write"];
    await comesBack("echo_bot_deno.ts", { BOT_KV: `${folder}/bot.db` }, flags);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

online("examples/echo_bot_bun.ts comes back after it was killed, and answers nothing twice", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await comesBack("echo_bot_bun.ts", { BOT_FILE: `${folder}/bot.sync` }, ["--allow-read", "--allow-write"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

online("examples/cron_edge.ts handles one batch a call", async () => {
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const settings = { MATRIX_HOMESERVER: bot.baseUrl, MATRIX_TOKEN: bot.token };
  const store = new MemorySyncStore();
  assertEquals(await handleNews(settings, store), 0);
  assertEquals(await handleNews(settings, store), 0);
  const roomId = await newRoom(alice);
  await ask(alice, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`, {
    user_id: bot.userId,
  });
  await handleNews(settings, store);
  assertEquals(await bot.client.getJoinedRooms(), [roomId]);
  await tell(alice, roomId, "!time");
  const begun = await store.get();
  await handleNews(settings, store);
  // As if the call before had ended too early.
  await store.set(begun!);
  await handleNews(settings, store);
  assertEquals((await said(bot, roomId)).length, 1);
});
