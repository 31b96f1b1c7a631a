/** Leafs through a server's list of public rooms, and joins one. */
import process from "node:process";
import { createInterface } from "node:readline/promises";
import {
  type Client,
  MatrixRequestError,
  type PublicRoomInfo,
  type RoomDirectoryResponse,
} from "@mtx/client";
import { plain, run, say } from "./command.ts";

const usage = `Usage: room_directory.ts [SEARCH] [--server=NAME] [--limit=NUMBER]
Shows the public rooms of a server, a page at a time: Enter shows the next page, a number joins that room, q ends.

  --server  Whose rooms. By default those of the homeserver.
  --limit   Rooms on a page. 10 by default.
`;

function show(room: PublicRoomInfo, number: number): string {
  const { canonical_alias: alias, name, num_joined_members: members, topic = "", room_id: id } = room;
  const title = plain([name, alias ?? (name ? undefined : id)].filter(Boolean).join(" · "));
  const line = plain(topic).slice(0, 70);
  return `${String(number).padStart(3)}. ${title} (${members})${line ? `\n     ${line}` : ""}`;
}

async function join(client: Client, room: PublicRoomInfo, server: string | undefined, signal: AbortSignal) {
  // Another server's room is found through that server.
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
    const keyboard = createInterface({ input: process.stdin });
    const lines = keyboard[Symbol.asyncIterator]();
    signal.addEventListener("abort", () => keyboard.close());
    const seen: PublicRoomInfo[] = [];
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
        for (const room of page.chunk) console.log(show(room, seen.push(room)));
        since = page.next_batch;
        if (seen.length === 0 && !since) return say("There are none");
        // Servers count their rooms, not those that were searched for.
        const all = searchQuery ? undefined : page.total_room_count_estimate;
        say(
          `${seen.length}${all ? ` of ${all}` : ""}. ${
            since ? "Enter: more, number: join" : "Number: join"
          }, q: end`,
        );
        for (;;) {
          const { value, done } = await lines.next();
          signal.throwIfAborted();
          if (done || value === "q") return;
          if (value.trim() === "" && since) break;
          const room = seen[Number(value) - 1];
          if (!room) {
            say(since ? `There is no room ${value}` : "That is all");
            continue;
          }
          try {
            await join(client, room, server, signal);
            process.exitCode = 0;
          } catch (error) {
            // Not every room can be joined. There are others.
            if (!(error instanceof MatrixRequestError)) throw error;
            say(error.message);
            process.exitCode = 1;
          }
        }
      }
    } finally {
      keyboard.close();
    }
  },
});
