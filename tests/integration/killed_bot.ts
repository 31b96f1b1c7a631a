/**
 * Replies to each message once, with nothing but `reply()`. sync_kill_test.ts kills it again and again.
 *
 *     killed_bot.ts <base URL> <token> <file of the sync token>
 */
import { Client, type SyncStore } from "../../client/mod.ts";

const [baseUrl = "", token = "", file = ""] = Deno.args;

/** A file that is replaced atomically. */
const store: SyncStore = {
  get: () => Deno.readTextFile(file).catch(() => undefined),
  set: async (token) => {
    await Deno.writeTextFile(`${file}.new`, token);
    await Deno.rename(`${file}.new`, file);
  },
};

const client = new Client({ baseUrl, token, store, filter: { room: { timeline: { limit: 20 } } } });
client.on("m.room.message", async (event, { reply }) => {
  await reply(`re ${event.content.body}`);
});
console.log("runs");
await client.run();
