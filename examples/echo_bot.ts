/** A bot that joins rooms it is invited to and echoes messages, until Ctrl-C. */
import { autojoin, isEdit, isUserId, type SyncState, type UserID } from "@mtx/client";
import { describeError, run, sanitize, status, UsageError } from "./command.ts";

const usage = `Usage: echo_bot.ts [USER]...
Echoes messages. Accepts invites from these users, or from all users.
`;

/** Returns a function that reports when the connection is lost and restored. */
function stateReporter(): (state: SyncState) => void {
  let lost = false;
  return ({ state, error, wait = 0 }) => {
    if (state === "waiting") {
      status(`Lost the homeserver: ${describeError(error)}; next attempt in ${wait} ms`);
      lost = true;
    } else if (state === "syncing") {
      status(lost ? "The homeserver is back" : "Listening; press Ctrl-C to stop");
      lost = false;
    }
  };
}

await run({
  usage,
  more: 100,
  interrupted: 0,
  async work({ client, args, signal }) {
    for (const user of args) if (!isUserId(user)) throw new UsageError(`${user} is not a user ID`);
    autojoin(client, args.length > 0 ? { from: args as UserID[] } : {});
    client.on("m.room.message", async (event, { roomId, send }) => {
      const { msgtype, body } = event.content;
      // Bots send notices. Ignoring them prevents endless conversations between bots.
      if (msgtype !== "m.text" || typeof body !== "string" || isEdit(event)) return;
      await send({ msgtype: "m.notice", body });
      status(`${roomId}: ${sanitize(body)}`);
    });
    await client.run({
      signal,
      onState: stateReporter(),
      onHandlerError: (error, { event_id }) => status(`Cannot echo ${event_id}: ${describeError(error)}`),
      backoff: { minTimeout: 500, maxTimeout: 30_000 },
    });
    status("Stopped");
  },
});
