/** Keeps order in a room. */
import { type Client, type EventID, isEventId, isUserId, type RoomID, type UserID } from "@mtx/client";
import { findRoom, run, UsageError } from "./command.ts";

const usage = `Usage: moderate.ts ROOM kick|ban|unban USER [--reason=TEXT]
       moderate.ts ROOM redact EVENT|USER [--reason=TEXT] [--limit=NUMBER]
Removes a user from a room, keeps it out, lets it in again; removes a message, or the last messages of a user.

  --reason  For the room to see.
  --limit   How many messages of a user to remove at most. 50 by default.
`;

/** The last messages of a user, which were not removed yet. */
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
    const reason = text("reason");
    const limit = number("limit", 50);
    const options = { reason, signal };
    if (!["kick", "ban", "unban", "redact"].includes(action)) {
      throw new UsageError(`${action} is neither kick, ban, unban nor redact`);
    }
    if (!isUserId(target) && !(action === "redact" && isEventId(target))) {
      throw new UsageError(`${target} is no user's ID${action === "redact" ? " and no event's" : ""}`);
    }
    const roomId = await findRoom(client, room);
    switch (action) {
      case "kick":
        await client.kickUser(roomId, target as UserID, options);
        break;
      case "ban":
        await client.banUser(roomId, target as UserID, options);
        break;
      case "unban":
        await client.unbanUser(roomId, target as UserID, options);
        break;
      case "redact": {
        const events = isUserId(target)
          ? await findMessages(client, roomId, target, limit, signal)
          : [target];
        let removed = 0;
        try {
          for (const event of events) {
            await client.redact(roomId, event as EventID, options);
            removed++;
          }
        } finally {
          console.log(`${removed} removed`);
        }
        return;
      }
    }
    console.log(`${action}: ${target}`);
  },
});
