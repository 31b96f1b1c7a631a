/**
 * A bot on tokens that expire. It is killed, and replies to each message once.
 *
 *     session_bot.ts <session file> <file of the sync token>
 */
import process from "node:process";
import { Client, type SyncStore } from "@mtx/client";
import { sessionOptions } from "../../examples/session_file.ts";

const [session = "", file = ""] = process.argv.slice(2);

/** Writes the token whole or not at all. */
const store: SyncStore = {
  get: () => Deno.readTextFile(file).catch(() => undefined),
  set: async (token) => {
    await Deno.writeTextFile(`${file}.new`, token);
    await Deno.rename(`${file}.new`, file);
  },
};

const client = new Client({
  ...await sessionOptions(session),
  store,
  filter: { room: { timeline: { limit: 50 } } },
});
client.on("m.room.message", async (event, { roomId, signal }) => {
  if (event.content.msgtype !== "m.text") return;
  await client.sendNotice(roomId, `re ${event.content.body}`, { txnId: `echo-${event.event_id}`, signal });
}, { own: false, retries: 3 });
console.log("runs");
await client.run();
