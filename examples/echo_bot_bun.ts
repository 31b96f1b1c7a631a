/**
 * An echo bot that stores its position in a file. After a crash, it continues where it stopped, and echoes no message
 * twice.
 *
 *     bun run echo_bot_bun.ts
 *
 * Environment variables: `MATRIX_SESSION`, a file that `deno task login` has written, or `MATRIX_HOMESERVER` and
 * `MATRIX_TOKEN`. Optionally `BOT_FILE`, the path of the file.
 */
import { open, readFile, rename } from "node:fs/promises";
import process from "node:process";
import { autojoin, Client, followUpgrades, isEdit, type SyncStore } from "@mtx/client";
import { sessionOptions } from "./session_file.ts";

/** Stores the sync token in a file. Writes another file first and renames it, so that the file is never incomplete. */
class FileSyncStore implements SyncStore {
  constructor(readonly path: string) {}

  async get(): Promise<string | undefined> {
    try {
      return await readFile(this.path, "utf8");
    } catch (error) {
      // Throw other errors. A bot that cannot read its position must not start from the beginning.
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

const { MATRIX_HOMESERVER: baseUrl = "http://127.0.0.1:8008", MATRIX_TOKEN: token = "" } = process.env;
const { MATRIX_SESSION, BOT_FILE = "echo_bot.sync" } = process.env;
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop.abort());

const client = new Client({
  ...(MATRIX_SESSION ? await sessionOptions(MATRIX_SESSION) : { baseUrl, token }),
  store: new FileSyncStore(BOT_FILE),
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
