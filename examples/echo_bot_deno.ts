/**
 * An echo bot that stores its position in Deno KV. After a crash, it continues where it stopped, and echoes no message
 * twice.
 *
 *     deno run --unstable-kv --allow-env --allow-net --allow-read --allow-write examples/echo_bot_deno.ts
 *
 * Environment variables: `MATRIX_SESSION`, a file that `deno task login` has written, or `MATRIX_HOMESERVER` and
 * `MATRIX_TOKEN`. Optionally `BOT_KV`, the path of the database.
 */
import { autojoin, Client, followUpgrades, isEdit, KvSyncStore } from "@mtx/client";
import { sessionOptions } from "./session_file.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());

using kv = await Deno.openKv(Deno.env.get("BOT_KV"));
const session = Deno.env.get("MATRIX_SESSION");
const client = new Client({
  ...(session ? await sessionOptions(session) : {
    baseUrl: Deno.env.get("MATRIX_HOMESERVER") ?? "http://127.0.0.1:8008",
    token: Deno.env.get("MATRIX_TOKEN") ?? "",
  }),
  store: new KvSyncStore(kv, ["echo_bot", "sync"]),
  onHandlerError: (error, { event_id }) => console.error(`Cannot echo ${event_id}:`, error),
  onState: ({ state, error, wait }) => {
    if (state === "waiting") console.warn(`Next attempt in ${wait} ms: ${error}`);
    else console.info(state);
  },
});

autojoin(client);
followUpgrades(client);
client.on("m.room.message", async (event, { send }) => {
  const { msgtype, body } = event.content;
  // Bots send notices. Ignoring them prevents endless conversations between bots.
  if (msgtype !== "m.text" || typeof body !== "string" || isEdit(event)) return;
  // After a crash, the message may be delivered again. send() uses the same transaction ID, so it is echoed once.
  await send({ msgtype: "m.notice", body });
});

await client.run({ signal: stop.signal });
