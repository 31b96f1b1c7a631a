/** Writes a room's history to JSON lines, from its end back to its beginning. */
import { open, rm } from "node:fs/promises";
import process from "node:process";
import type { RoomEvent } from "@mtx/client";
import { findRoom, run, UsageError } from "./command.ts";

const usage = `Usage: export_history.ts ROOM FILE [--from=TOKEN] [--page=NUMBER] [--force]
Writes all events of a room that its members may see to FILE, an event a line, the newest first.

  --from   Go on where an export was interrupted, at the end of FILE; it has said where that is.
  --page   Events to ask for at once. 500 by default.
  --force  Write over FILE.
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
    const file = await open(path, from ? "a" : flag("force") ? "w" : "wx").catch((error) => {
      if (error.code !== "EEXIST") throw error;
      throw new UsageError(`${path} is there already: --force writes over it`);
    });
    const progress = progressLine();
    let count = 0;
    let last: RoomEvent | undefined;
    let next = from;
    const reached = () => last ? new Date(last.origin_server_ts).toISOString().slice(0, 16) : "the end";
    try {
      for await (const page of client.iterateMessages(roomId, "b", { from, limit, signal })) {
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
      progress(`${count} events, back to ${reached()}${next ? `; --from=${next} goes on` : ""}`, true);
      throw error;
    } finally {
      await file.close();
      // Nothing came: the next try should not find a file there.
      if (!next && !last) await rm(path);
    }
  },
});
