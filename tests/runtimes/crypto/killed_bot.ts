/**
 * Replies to each message once, in encrypted rooms, and prints the events that it cannot decrypt. kills_test.ts kills it
 * again and again.
 *
 *     killed_bot.ts <base URL> <token> <user ID> <device ID> <folder>
 *
 * `MTX_OLM` is the specifier of the crypto engine. On Deno, Deno KV keeps keys and sync token; on Bun, SQLite and a file.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import process from "node:process";
import { Client, KvSyncStore, type SyncStore } from "@mtx/client";
import { KvStringStore, type OlmSdk, openOlm, type StringStore } from "@mtx/client/crypto";
import type { DeviceID, UserID } from "@mtx/client/types";

/** A module that the runtime has, but not the others. */
type Module = Record<string, new (...values: unknown[]) => StringStore>;

const [baseUrl = "", token = "", userId, deviceId, folder] = process.argv.slice(2);
let keys: StringStore;
let store: SyncStore;
const { Deno } = globalThis as unknown as {
  Deno?: { openKv(path: string): Promise<ConstructorParameters<typeof KvStringStore>[0]> };
};
if (Deno) {
  const kv = await Deno.openKv(`${folder}/bot.kv`);
  keys = new KvStringStore(kv, ["crypto"]);
  store = new KvSyncStore(kv as unknown as ConstructorParameters<typeof KvSyncStore>[0], ["sync"]);
} else {
  const [sqlite, example] = ["bun:sqlite", "./sqlite_string_store.ts"];
  const { Database }: Module = await import(sqlite!);
  const { SqliteStringStore }: Module = await import(example!);
  keys = new SqliteStringStore!(new Database!(`${folder}/bot.sqlite`));
  const file = `${folder}/sync`;
  store = {
    get: () => readFile(file, "utf8").catch(() => undefined),
    async set(token) {
      await writeFile(`${file}.new`, token);
      await rename(`${file}.new`, file);
    },
  };
}
const sdk: OlmSdk = await import(process.env.MTX_OLM!);
const crypto = await openOlm(sdk, {
  userId: userId as UserID,
  deviceId: deviceId as DeviceID,
  key: new Uint8Array(32).fill(7),
  store: keys,
});
const client = new Client({
  baseUrl,
  token,
  store,
  crypto,
  trust: "any",
  onUndecryptable: (event, { reason }) => console.log(`undecryptable ${event.event_id} ${reason}`),
  filter: { room: { timeline: { limit: 20 } } },
});
client.on("m.room.message", async (event, { reply, encryption }) => {
  await reply(`re ${event.content.body}${encryption === undefined ? " (plain)" : ""}`);
});
console.log("runs");
await client.run();
