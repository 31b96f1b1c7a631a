/** Kills and restarts the bots in examples/ that store their position. */
import { assertEquals } from "@std/assert";
import { MemorySyncStore } from "../../client/mod.ts";
import { handleNewEvents } from "../../examples/cron_edge.ts";
import type { RoomID } from "../../types/mod.ts";
import { start, until } from "./programs.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "./support.ts";

async function say(user: TestUser, roomId: RoomID, body: string): Promise<void> {
  const path = `/_matrix/client/v3/rooms/${
    encodeURIComponent(roomId)
  }/send/m.room.message/${crypto.randomUUID()}`;
  await ask(user, "PUT", path, { msgtype: "m.text", body });
}

/** Returns the messages of a user in a room, oldest first. */
async function messagesOf(by: TestUser, roomId: RoomID): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
  const { chunk } = await ask<{ chunk: { sender: string; type: string; content: { body: string } }[] }>(
    by,
    "GET",
    path,
  );
  return chunk.filter(({ sender, type }) => sender === by.userId && type === "m.room.message")
    .map(({ content }) => content.body).reverse();
}

/** Kills a bot in the middle of its work, restarts it, and checks that it echoes each message once. */
async function testRestart(name: string, env: Record<string, string>, flags: string[]): Promise<void> {
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const settings = { MATRIX_HOMESERVER: bot.baseUrl, MATRIX_TOKEN: bot.token, ...env };
  const first = await start(name, [], settings, { flags });
  await until(`${name} syncs`, () => first.output().includes("syncing"));
  const roomId = await newRoom(alice);
  await ask(alice, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`, {
    user_id: bot.userId,
  });
  await until("the bot joins", async () => (await bot.client.getJoinedRooms()).includes(roomId));
  await say(alice, roomId, "1");
  await until("an echo", async () => (await messagesOf(bot, roomId)).length === 1);
  await say(alice, roomId, "2");
  first.process.kill("SIGKILL");
  await first.ended;
  for (let n = 3; n <= 30; n++) await say(alice, roomId, `${n}`);
  const second = await start(name, [], settings, { flags });
  const expected = Array.from({ length: 30 }, (_, i) => `${i + 1}`);
  try {
    await until("all echoes", async () => (await messagesOf(bot, roomId)).length >= 30);
    assertEquals(await messagesOf(bot, roomId), expected);
  } finally {
    second.process.kill("SIGINT");
  }
  assertEquals((await second.ended).code, 0, second.output());
  assertEquals(await messagesOf(bot, roomId), expected);
}

online("examples/echo_bot_deno.ts resumes after SIGKILL, and echoes each message once", async () => {
  // Bun has no Deno.openKv().
  if (Deno.env.get("EXAMPLES_ON_BUN")) return;
  const folder = await Deno.makeTempDir();
  try {
    const flags = ["--unstable-kv", "--allow-read", "--allow-write"];
    await testRestart("echo_bot_deno.ts", { BOT_KV: `${folder}/bot.db` }, flags);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

online("examples/echo_bot_bun.ts resumes after SIGKILL, and echoes each message once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await testRestart("echo_bot_bun.ts", { BOT_FILE: `${folder}/bot.sync` }, [
      "--allow-read",
      "--allow-write",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

online("examples/cron_edge.ts handles one batch for each call", async () => {
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const settings = { MATRIX_HOMESERVER: bot.baseUrl, MATRIX_TOKEN: bot.token };
  const store = new MemorySyncStore();
  assertEquals(await handleNewEvents(settings, store), 0);
  assertEquals(await handleNewEvents(settings, store), 0);
  const roomId = await newRoom(alice);
  await ask(alice, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`, {
    user_id: bot.userId,
  });
  await handleNewEvents(settings, store);
  assertEquals(await bot.client.getJoinedRooms(), [roomId]);
  await say(alice, roomId, "!time");
  const position = await store.get();
  await handleNewEvents(settings, store);
  // Simulate a call that was stopped before it stored its position.
  await store.set(position!);
  await handleNewEvents(settings, store);
  assertEquals((await messagesOf(bot, roomId)).length, 1);
});
