/** Lists the public rooms of a server, and joins rooms. */
import process from "node:process";
import { createInterface } from "node:readline/promises";
import {
  type Client,
  MatrixRequestError,
  type PublicRoomInfo,
  type RoomDirectoryResponse,
} from "@mtx/client";
import { run, sanitize, status } from "./command.ts";

const usage = `Usage: room_directory.ts [SEARCH] [--server=NAME] [--limit=NUMBER]
Lists the public rooms of a server page by page. Press Enter for the next page, or type a number to join that
room, or q to quit.

  --server  Server whose rooms to list. The homeserver by default.
  --limit   Rooms on a page. 10 by default.
`;

function formatRoom(room: PublicRoomInfo, number: number): string {
  const { canonical_alias: alias, name, num_joined_members: members, topic = "", room_id: id } = room;
  const title = sanitize([name, alias ?? (name ? undefined : id)].filter(Boolean).join(" · "));
  const line = sanitize(topic).slice(0, 70);
  return `${String(number).padStart(3)}. ${title} (${members})${line ? `\n     ${line}` : ""}`;
}

async function join(client: Client, room: PublicRoomInfo, server: string | undefined, signal: AbortSignal) {
  // The homeserver joins a room of another server through that server.
  const servers = server ? [server] : undefined;
  const roomId = await client.joinRoom(room.canonical_alias ?? room.room_id, { servers, signal });
  console.log(`Joined ${roomId}`);
}

await run({
  usage,
  more: 1,
  options: { server: "string", limit: "string" },
  async work({ client, args: [searchQuery], text, number, signal }) {
    const server = text("server");
    const limit = number("limit", 10);
    const input = createInterface({ input: process.stdin });
    const lines = input[Symbol.asyncIterator]();
    signal.addEventListener("abort", () => input.close());
    const rooms: PublicRoomInfo[] = [];
    let since: string | undefined;
    try {
      while (true) {
        const page: RoomDirectoryResponse = await client.getRoomDirectory({
          searchQuery,
          server,
          limit,
          since,
          signal,
        });
        for (const room of page.chunk) console.log(formatRoom(room, rooms.push(room)));
        since = page.next_batch;
        if (rooms.length === 0 && !since) return status("No rooms found");
        // The estimate counts all rooms of the server, even for a search.
        const total = searchQuery ? undefined : page.total_room_count_estimate;
        const keys = since ? "Enter: next page, number: join, q: quit" : "Number: join, q: quit";
        status(`${rooms.length}${total ? ` of ${total}` : ""} rooms. ${keys}`);
        for (;;) {
          const { value, done } = await lines.next();
          signal.throwIfAborted();
          if (done || value === "q") return;
          if (value.trim() === "" && since) break;
          const room = rooms[Number(value) - 1];
          if (!room) {
            status(value.trim() === "" ? "This is the last page" : `There is no room ${value}`);
            continue;
          }
          try {
            await join(client, room, server, signal);
            process.exitCode = 0;
          } catch (error) {
            // Not every public room can be joined.
            if (!(error instanceof MatrixRequestError)) throw error;
            status(error.message);
            process.exitCode = 1;
          }
        }
      }
    } finally {
      input.close();
    }
  },
});
