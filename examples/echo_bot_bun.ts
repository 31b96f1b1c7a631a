/**
 * An echo bot that keeps its place in a file: whenever it is killed, it goes on where it was and answers nothing twice.
 *
 *     bun run echo_bot_bun.ts
 *
 * Settings: `MATRIX_HOMESERVER`, `MATRIX_TOKEN`, and if you like `BOT_FILE`, where the place is kept.
 */
import { open, readFile, rename } from "node:fs/promises";
import process from "node:process";
import { autojoin, Client, followUpgrades, getEdit, MatrixRequestError, type SyncStore } from "@mtx/client";

/** Keeps the place in a file that is written whole or not at all: beside it first, then in its place. */
class FileSyncStore implements SyncStore {
  constructor(readonly path: string) {}

  async get(): Promise<string | undefined> {
    try {
      return await readFile(this.path, "utf8");
    } catch (error) {
      // Any other error is thrown: a bot that cannot read its place must not begin anew.
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async set(token: string): Promise<void> {
    const file = await open(`${this.path}.new`, "w");
    try {
      await file.writeFile(token);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${this.path}.new`, this.path);
  }
}

const { MATRIX_HOMESERVER = "http://127.0.0.1:8008", MATRIX_TOKEN = "", BOT_FILE = "echo_bot.sync" } =
  process.env;
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop.abort());

const client = new Client({
  baseUrl: MATRIX_HOMESERVER,
  token: MATRIX_TOKEN,
  store: new FileSyncStore(BOT_FILE),
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
