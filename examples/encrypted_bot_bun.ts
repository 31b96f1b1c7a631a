/**
 * An echo bot for encrypted rooms that keeps its keys and its position in SQLite. After a crash, it continues where it
 * stopped, and echoes no message twice.
 *
 *     bun add @matrix-org/matrix-sdk-crypto-wasm@18
 *     bun run encrypted_bot_bun.ts
 *
 * Environment variables: `MATRIX_SESSION`, a file that `deno task login` has written, or `MATRIX_HOMESERVER` and
 * `MATRIX_TOKEN`. `BOT_KEY`: 32 random bytes in base64, which encrypt the keys, for example from `openssl rand -base64 32`.
 * Optionally `BOT_FILE`, the path of the database. Session, `BOT_KEY` and database belong together.
 */
// @ts-ignore: the program's own dependency
import * as sdk from "@matrix-org/matrix-sdk-crypto-wasm";
import { Database } from "bun:sqlite";
import process from "node:process";
import { autojoin, Client, ClientAPI, followUpgrades, isEdit, type SyncStore } from "@mtx/client";
import { openOlm } from "@mtx/client/crypto";
import { sessionOptions } from "./session_file.ts";
import { SqliteStringStore } from "./sqlite_string_store.ts";

const { MATRIX_HOMESERVER: baseUrl = "http://127.0.0.1:8008", MATRIX_TOKEN: token = "" } = process.env;
const { MATRIX_SESSION, BOT_KEY = "", BOT_FILE = "encrypted_bot.db" } = process.env;
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop.abort());

const options = MATRIX_SESSION ? await sessionOptions(MATRIX_SESSION) : { baseUrl, token };
const { user_id: userId, device_id: deviceId = "" } = await new ClientAPI(options).whoami();
const database = new Database(BOT_FILE);
const position = new SqliteStringStore(database, "position");
const store: SyncStore = {
  async get() {
    for await (const [, token] of position.load()) return token;
  },
  set: (token) => position.write(new Map([["token", token]])),
};
const crypto = await openOlm(sdk, {
  userId,
  deviceId,
  key: Uint8Array.fromBase64(BOT_KEY),
  store: new SqliteStringStore(database, "crypto"),
});
const client = new Client({
  ...options,
  crypto,
  store,
  onUndecryptable: ({ event_id }, { reason }) => console.warn(`Cannot decrypt ${event_id}: ${reason}`),
  onHandlerError: (error, { event_id }) => console.error(`Cannot echo ${event_id}:`, error),
  onState: ({ state, error, wait }) => {
    if (state === "waiting") console.warn(`Next attempt in ${wait} ms: ${error}`);
    else console.info(state);
  },
});

// Signs the device, so that other users do not see a warning next to each message.
await crypto.bootstrapCrossSigning();
autojoin(client);
followUpgrades(client);
client.on("m.room.message", async (event, { send }) => {
  const { msgtype, body } = event.content;
  // Bots send notices. Ignoring them prevents endless conversations between bots.
  if (msgtype !== "m.text" || typeof body !== "string" || isEdit(event)) return;
  // Encrypted where the room is. After a crash, send() uses the same transaction ID, so the message is echoed once.
  await send({ msgtype: "m.notice", body });
});

await client.run({ signal: stop.signal });
await crypto.close();
