/**
 * An echo bot that keeps its place in Deno KV: whenever it is killed, it goes on where it was and answers nothing twice.
 *
 *     deno run --unstable-kv --allow-env --allow-net --allow-read --allow-write examples/echo_bot_deno.ts
 *
 * Settings: `MATRIX_HOMESERVER`, `MATRIX_TOKEN`, and if you like `BOT_KV`, the database's path. On Deno Deploy the
 * database is there without any of it.
 */
import { autojoin, Client, followUpgrades, getEdit, KvSyncStore, MatrixRequestError } from "@mtx/client";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());

using kv = await Deno.openKv(Deno.env.get("BOT_KV"));
const client = new Client({
  baseUrl: Deno.env.get("MATRIX_HOMESERVER") ?? "http://127.0.0.1:8008",
  token: Deno.env.get("MATRIX_TOKEN") ?? "",
  store: new KvSyncStore(kv, ["echo_bot", "sync"]),
  onHandlerError: (error, { event_id }) => console.error(`Cannot answer ${event_id}:`, error),
  onState: ({ state, error, wait }) => {
    if (state === "waiting") console.warn(`Trying again in ${wait} ms: ${error}`);
    else console.info(state);
  },
});

autojoin(client);
followUpgrades(client);
client.on("m.room.message", async (event, { roomId, signal }) => {
  const { msgtype, body } = event.content;
  // Notices are what bots say: nobody answers those. An edit says again what was said before.
  if (msgtype !== "m.text" || typeof body !== "string" || getEdit(event.content)) return;
  // A message comes again if the bot was killed before it was done with it. The answer does not: its transaction ID is
  // made from the message's.
  try {
    await client.sendNotice(roomId, { text: body, txnId: `echo-${event.event_id}`, signal });
  } catch (error) {
    // Where it may not speak, trying again would only keep the others waiting.
    if (!(error instanceof MatrixRequestError && error.status === 403)) throw error;
  }
}, { own: false, retries: 5 });

await client.run({ signal: stop.signal });
