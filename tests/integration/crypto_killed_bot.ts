/**
 * Replies to each message once, encrypted. crypto_kill_test.ts kills it again and again.
 *
 *     crypto_killed_bot.ts <base URL> <user ID> <device ID> <token> <database>
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { KvStringStore, openOlm } from "../../client/crypto/mod.ts";
import { Client, KvSyncStore } from "../../client/mod.ts";
import type { UserID } from "../../types/mod.ts";

const [baseUrl = "", userId = "", deviceId = "", token = "", path] = Deno.args;
using kv = await Deno.openKv(path);
const crypto = await openOlm(sdk, {
  userId: userId as UserID,
  deviceId,
  key: new Uint8Array(32).fill(1),
  store: new KvStringStore(kv, ["crypto"]),
});
const client = new Client({
  baseUrl,
  token,
  store: new KvSyncStore(kv, ["sync"]),
  crypto,
  trust: "any",
  filter: { room: { timeline: { limit: 20 } } },
  onUndecryptable: ({ event_id }, { reason }) => console.log(`undecryptable ${event_id}: ${reason}`),
});
client.on("m.room.message", async (event, { reply }) => {
  await reply(`re ${event.content.body}`);
});
console.log("runs");
await client.run();
