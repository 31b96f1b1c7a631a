/** Exports the history of a room to JSON lines, newest event first. */
import { type FileHandle, open, stat } from "node:fs/promises";
import process from "node:process";
import type { RoomEvent } from "@mtx/client";
import { resolveRoom, run, UsageError } from "./command.ts";

const usage = `Usage: export_history.ts ROOM FILE [--from=TOKEN] [--page=NUMBER] [--force]
Writes all events of a room that the user may see to FILE, one event per line, newest first.

  --from   Resume an interrupted export, and append to FILE. An interrupted export prints the token.
  --page   Events per request. 500 by default.
  --force  Overwrite FILE, after the first events have been received.
`;

/** Returns a function that prints progress: on one line of a terminal, otherwise at most every 5 seconds. */
function progressLine(): (text: string, last?: boolean) => void {
  const { stderr } = process;
  let printed = 0;
  return (text, last = false) => {
    if (stderr.isTTY) {
      stderr.write(`\r\x1b[K${text}${last ? "\n" : ""}`);
    } else if (last || Date.now() - printed > 5_000) {
      stderr.write(`${text}\n`);
      printed = Date.now();
    }
  };
}

/** Returns the time of an event; servers may send any number. */
function formatTime(event: RoomEvent | undefined): string {
  const time = new Date(event?.origin_server_ts ?? NaN);
  return Number.isNaN(time.getTime()) ? "an unknown time" : time.toISOString().slice(0, 16);
}

await run({
  usage,
  parameters: ["ROOM", "FILE"],
  options: { from: "string", page: "string", force: "boolean" },
  async work({ client, args: [room = "", path = ""], text, flag, number, signal }) {
    const roomId = await resolveRoom(client, room);
    const from = text("from");
    const limit = number("page", 500);
    const flags = from ? "a" : flag("force") ? "w" : "wx";
    const exists = () => new UsageError(`${path} exists already; use --force to overwrite it`);
    if (flags === "wx" && await stat(path).catch(() => undefined)) throw exists();
    const openFile = () =>
      open(path, flags).catch((error) => {
        throw error.code === "EEXIST" ? exists() : error;
      });
    const progress = progressLine();
    let file: FileHandle | undefined;
    let count = 0;
    let oldest: RoomEvent | undefined;
    let next = from;
    try {
      for await (const page of client.iterateMessages(roomId, "b", { from, limit, signal })) {
        // Open the file after the first response, so that a failed export neither creates nor overwrites it.
        file ??= await openFile();
        await file.appendFile(page.chunk.map((event) => `${JSON.stringify(event)}\n`).join(""));
        count += page.chunk.length;
        oldest = page.chunk.at(-1) ?? oldest;
        next = page.end;
        progress(`${count} events, back to ${formatTime(oldest)}`);
      }
      const isComplete = oldest?.type === "m.room.create";
      const end = isComplete
        ? "the creation of the room"
        : `${formatTime(oldest)}; older events are not visible to the user`;
      progress(`${count} events, back to ${end}`, true);
    } catch (error) {
      if (count > 0) {
        progress(`${count} events, back to ${formatTime(oldest)}; resume with --from=${next}`, true);
      }
      throw error;
    } finally {
      await file?.close();
    }
  },
});
