/** Writes a room's history to JSON lines, from its end back to its beginning. */
import { type FileHandle, open, stat } from "node:fs/promises";
import process from "node:process";
import type { RoomEvent } from "@mtx/client";
import { findRoom, run, UsageError } from "./command.ts";

const usage = `Usage: export_history.ts ROOM FILE [--from=TOKEN] [--page=NUMBER] [--force]
Writes all events of a room that its members may see to FILE, an event a line, the newest first.

  --from   Go on where an export was interrupted, at the end of FILE; it has said where that is.
  --page   Events to ask for at once. 500 by default.
  --force  Write over FILE, once the room's first events are there.
`;

/** Writes a line of progress over the last one; where nobody watches, on a line of its own now and then. */
function progressLine(): (text: string, last?: boolean) => void {
  const { stderr } = process;
  let told = 0;
  return (text, last = false) => {
    if (stderr.isTTY) stderr.write(`\r\x1b[K${text}${last ? "\n" : ""}`);
    else if (last || Date.now() - told > 5_000) {
      stderr.write(`${text}\n`);
      told = Date.now();
    }
  };
}

await run({
  usage,
  parameters: ["ROOM", "FILE"],
  options: { from: "string", page: "string", force: "boolean" },
  async work({ client, args: [room = "", path = ""], text, flag, number, signal }) {
    const roomId = await findRoom(client, room);
    const from = text("from");
    const limit = number("page", 500);
    const flags = from ? "a" : flag("force") ? "w" : "wx";
    const taken = () => new UsageError(`${path} is there already: --force writes over it`);
    if (flags === "wx" && await stat(path).catch(() => undefined)) throw taken();
    let file: FileHandle | undefined;
    // Not before there is something to write: an export that fails leaves no file behind, and none is lost.
    const openFile = () =>
      open(path, flags).catch((error) => {
        throw error.code === "EEXIST" ? taken() : error;
      });
    const progress = progressLine();
    let count = 0;
    let last: RoomEvent | undefined;
    let next = from;
    const reached = () => {
      const time = new Date(last?.origin_server_ts ?? NaN);
      // Servers may say any number.
      return Number.isNaN(time.getTime()) ? "some time" : time.toISOString().slice(0, 16);
    };
    try {
      for await (const page of client.iterateMessages(roomId, "b", { from, limit, signal })) {
        file ??= await openFile();
        await file.appendFile(page.chunk.map((event) => `${JSON.stringify(event)}\n`).join(""));
        count += page.chunk.length;
        last = page.chunk.at(-1) ?? last;
        next = page.end;
        progress(`${count} events, back to ${reached()}`);
      }
      const whole = last?.type === "m.room.create";
      progress(
        `${count} events, back to ${
          whole ? "the room's beginning" : `${reached()}; what is older is not to be seen`
        }`,
        true,
      );
    } catch (error) {
      if (count > 0) progress(`${count} events, back to ${reached()}; --from=${next} goes on`, true);
      throw error;
    } finally {
      await file?.close();
    }
  },
});
