/**
 * A bot that is killed: it answers each message once, whatever happens to it.
 *
 *     killed_bot.ts <base URL> <token> <file of the sync token>
 */
import { Client, type SyncStore } from "../../client/mod.ts";

const [baseUrl = "", token = "", file = ""] = Deno.args;

/** A file that is written whole or not at all. */
const store: SyncStore = {
  get: () => Deno.readTextFile(file).catch(() => undefined),
  set: async (token) => {
    await Deno.writeTextFile(`${file}.new`, token);
    await Deno.rename(`${file}.new`, file);
  },
};

const client = new Client({ baseUrl, token, store, filter: { room: { timeline: { limit: 20 } } } });
client.on("m.room.message", async (event, { roomId, signal }) => {
  if (event.content.msgtype !== "m.text") return;
  await client.sendNotice(roomId, `re ${event.content.body}`, { txnId: `echo-${event.event_id}`, signal });
}, { own: false, retries: 3 });
console.log("runs");
await client.run();
