/** Kills and restarts the bots for encrypted rooms in examples/, on Deno and Bun. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18";
import { assert, assertEquals } from "@std/assert";
import { type CryptoDriver, MemoryStringStore, openOlm } from "../../client/crypto/mod.ts";
import { Client } from "../../client/mod.ts";
import { silentLog } from "../../http/mod.ts";
import type { RoomID } from "../../types/mod.ts";
import { start, until } from "./programs.ts";
import { ask, newTestUser, online, type TestUser } from "./support.ts";

const BOT_KEY = btoa("k".repeat(32));

/** Signs a user's device, and opens its encryption. */
async function openClient(user: TestUser): Promise<{ client: Client; crypto: CryptoDriver }> {
  const crypto = await openOlm(sdk, {
    userId: user.userId,
    deviceId: user.client.deviceId,
    key: new Uint8Array(32),
    store: new MemoryStringStore(),
  });
  const client = new Client({ baseUrl: user.baseUrl, token: user.token, crypto, log: silentLog });
  await crypto.bootstrapCrossSigning();
  await client.runOnce();
  return { client, crypto };
}

/** Returns a value of the bot's device that a new device would not have. */
async function identityKey(user: TestUser, of: TestUser): Promise<unknown> {
  const { device_keys } = await ask<{ device_keys: Record<string, Record<string, { keys: object }>> }>(
    user,
    "POST",
    "/_matrix/client/v3/keys/query",
    { device_keys: { [of.userId]: [] } },
  );
  return Object.values(device_keys[of.userId] ?? {}).map(({ keys }) => keys);
}

/** Kills a bot in the middle of its work, restarts it, and checks that it echoes each message once, encrypted. */
async function testRestart(name: string, env: Record<string, string>, flags: string[]): Promise<void> {
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const { client, crypto } = await openClient(alice);
  const echoes: string[] = [];
  client.on("m.room.message", ({ content }, { encryption }) => {
    echoes.push(`${content.body}${encryption?.verified ? "" : " (not verified)"}`);
  });
  const settings = { MATRIX_HOMESERVER: bot.baseUrl, MATRIX_TOKEN: bot.token, BOT_KEY, ...env };
  const first = await start(name, [], settings, { flags });
  await until(`${name} syncs`, () => first.output().includes("syncing"));
  const roomId: RoomID = await client.createRoom({
    invitees: [bot.userId],
    initialState: [
      { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
    ],
  });
  await until("the bot joins", async () => bot.userId in await client.getJoinedMembers(roomId));
  client.start();
  await client.sendText(roomId, "1");
  await until("an echo", () => echoes.length === 1);
  const keys = await identityKey(alice, bot);
  await client.sendText(roomId, "2");
  first.process.kill("SIGKILL");
  await first.ended;
  for (let n = 3; n <= 20; n++) await client.sendText(roomId, `${n}`);
  const second = await start(name, [], settings, { flags });
  const expected = Array.from({ length: 20 }, (_, i) => `${i + 1}`);
  try {
    await until("all echoes", () => echoes.length >= 20);
  } finally {
    second.process.kill("SIGINT");
  }
  const { code } = await second.ended;
  assertEquals(code, 0, second.output());
  assertEquals(echoes, expected);
  assert(!/Cannot decrypt/.test(first.output() + second.output()), second.output());
  assertEquals(await identityKey(alice, bot), keys);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
  const { chunk } = await ask<{ chunk: { type: string }[] }>(alice, "GET", path);
  const count = (type: string) => chunk.filter((event) => event.type === type).length;
  assertEquals([count("m.room.encrypted"), count("m.room.message")], [40, 0]);
  await client.stop();
  await crypto.close();
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const isBun = Deno.env.has("EXAMPLES_ON_BUN");

online(
  "examples/encrypted_bot.ts resumes after SIGKILL, and echoes each message once, encrypted",
  async () => {
    if (isBun) return console.log("skipped: Bun has no Deno KV");
    await inFolder((folder) =>
      testRestart("encrypted_bot.ts", { BOT_KV: `${folder}/bot.db` }, [
        "--unstable-kv",
        "--allow-read",
        "--allow-write",
      ])
    );
  },
);

online(
  "examples/encrypted_bot_bun.ts resumes after SIGKILL, and echoes each message once, encrypted",
  async () => {
    if (!isBun) return console.log("skipped: Deno has no bun:sqlite, deno task test:consumer runs this");
    await inFolder((folder) => testRestart("encrypted_bot_bun.ts", { BOT_FILE: `${folder}/bot.db` }, []));
  },
);
