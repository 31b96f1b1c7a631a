/** Moderates a room: kicks, bans and unbans users, and redacts messages. */
import { type Client, type EventID, isEventId, isUserId, type RoomID, type UserID } from "@mtx/client";
import { resolveRoom, run, UsageError } from "./command.ts";

const usage = `Usage: moderate.ts ROOM kick|ban|unban USER [--reason=TEXT]
       moderate.ts ROOM redact EVENT|USER [--reason=TEXT] [--limit=NUMBER]
Kicks, bans or unbans a user, or redacts a message or the latest messages of a user.

  --reason  Reason that the members of the room can read.
  --limit   Maximum number of messages of a user to redact. 50 by default.
`;

/** Returns the latest messages of a user that are not redacted. */
async function findMessages(
  client: Client,
  roomId: RoomID,
  user: UserID,
  limit: number,
  signal: AbortSignal,
): Promise<EventID[]> {
  const found: EventID[] = [];
  const filter = { senders: [user], not_types: ["m.room.redaction"] };
  for await (const { chunk } of client.iterateMessages(roomId, "b", { limit: 100, filter, signal })) {
    for (const event of chunk) {
      if (event.state_key !== undefined || event.unsigned?.redacted_because) continue;
      if (found.length === limit) return found;
      found.push(event.event_id);
    }
  }
  return found;
}

await run({
  usage,
  parameters: ["ROOM", "kick, ban, unban or redact", "USER or EVENT"],
  options: { reason: "string", limit: "string" },
  async work({ client, args: [room = "", action = "", target = ""], text, number, signal }) {
    const limit = number("limit", 50);
    const options = { reason: text("reason"), signal };
    if (!["kick", "ban", "unban", "redact"].includes(action)) {
      throw new UsageError(`${action} is not kick, ban, unban or redact`);
    }
    if (action === "redact") {
      if (!isUserId(target) && !isEventId(target)) {
        throw new UsageError(`${target} is not a user ID or event ID`);
      }
      const roomId = await resolveRoom(client, room);
      const events = isUserId(target) ? await findMessages(client, roomId, target, limit, signal) : [target];
      let redacted = 0;
      try {
        for (const event of events) {
          await client.redact(roomId, event, options);
          redacted++;
        }
      } finally {
        console.log(`${redacted} redacted`);
      }
      return;
    }
    if (!isUserId(target)) throw new UsageError(`${target} is not a user ID`);
    const roomId = await resolveRoom(client, room);
    if (action === "kick") await client.kickUser(roomId, target, options);
    else if (action === "ban") await client.banUser(roomId, target, options);
    else await client.unbanUser(roomId, target, options);
    console.log(`${action}: ${target}`);
  },
});
