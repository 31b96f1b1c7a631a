/**
 * An echo bot for encrypted rooms that keeps its keys and its position in Deno KV. After a crash, it continues where it
 * stopped, and echoes no message twice.
 *
 *     deno run --unstable-kv --allow-env --allow-net --allow-read --allow-write examples/encrypted_bot.ts
 *
 * Environment variables: `MATRIX_SESSION`, a file that `deno task login` has written, or `MATRIX_HOMESERVER` and
 * `MATRIX_TOKEN`. `BOT_KEY`: 32 random bytes in base64, which encrypt the keys, for example from `openssl rand -base64 32`.
 * Optionally `BOT_KV`, the path of the database. Session, `BOT_KEY` and database belong together.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18";
import { autojoin, Client, ClientAPI, followUpgrades, isEdit, KvSyncStore } from "@mtx/client";
import { KvStringStore, openOlm } from "@mtx/client/crypto";
import { sessionOptions } from "./session_file.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());

const session = Deno.env.get("MATRIX_SESSION");
const options = session ? await sessionOptions(session) : {
  baseUrl: Deno.env.get("MATRIX_HOMESERVER") ?? "http://127.0.0.1:8008",
  token: Deno.env.get("MATRIX_TOKEN") ?? "",
};
const { user_id: userId, device_id: deviceId = "" } = await new ClientAPI(options).whoami();
using kv = await Deno.openKv(Deno.env.get("BOT_KV"));
const crypto = await openOlm(sdk, {
  userId,
  deviceId,
  key: Uint8Array.fromBase64(Deno.env.get("BOT_KEY") ?? ""),
  store: new KvStringStore(kv, ["encrypted_bot", "crypto"]),
});
const client = new Client({
  ...options,
  crypto,
  store: new KvSyncStore(kv, ["encrypted_bot", "sync"]),
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
