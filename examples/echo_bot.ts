/** A bot that accepts invites and repeats what it hears, whatever the network does, until Ctrl-C. */
import { autojoin, getEdit, isUserId, MatrixRequestError, type SyncState, type UserID } from "@mtx/client";
import { plain, run, say, UsageError } from "./command.ts";

const usage = `Usage: echo_bot.ts [USER]...
Repeats what is said in its rooms. Accepts invites: of these users, or without any of everybody.
`;

/** Tells of the connection, when it is lost and when it is back. */
function tellState(): (state: SyncState) => void {
  let lost = false;
  return ({ state, error, wait = 0 }) => {
    if (state === "waiting") {
      say(
        `Lost the homeserver: ${error instanceof Error ? error.message : error}; trying again in ${wait} ms`,
      );
      lost = true;
    } else if (state === "syncing") {
      say(lost ? "The homeserver is back" : "Listening; Ctrl-C ends it");
      lost = false;
    }
  };
}

await run({
  usage,
  more: 100,
  interrupted: 0,
  async work({ client, args, signal }) {
    for (const user of args) if (!isUserId(user)) throw new UsageError(`${user} is no user's ID`);
    autojoin(client, args.length > 0 ? { from: args as UserID[] } : {});
    client.on("m.room.message", async (event, { roomId, signal }) => {
      const { msgtype, body } = event.content;
      // Notices are what bots say: nobody answers those. An edit says again what was said before.
      if (msgtype !== "m.text" || typeof body !== "string" || getEdit(event.content)) return;
      try {
        // What came again after a failure is answered once: the transaction ID is that of the first answer.
        await client.sendNotice(roomId, { text: body, txnId: `echo-${event.event_id}`, signal });
        say(`${roomId}: ${plain(body)}`);
      } catch (error) {
        // Where it may not speak, trying again would only keep the others waiting.
        if (!(error instanceof MatrixRequestError && error.status === 403)) throw error;
        say(`${roomId}: it may not speak here`);
      }
    }, { own: false, retries: 5 });
    // Waits, tries again and goes on where it was, until the signal.
    await client.run({
      signal,
      onState: tellState(),
      onHandlerError: (error, { event_id }) => say(`Cannot answer ${event_id}: ${error}`),
      backoff: { minTimeout: 500, maxTimeout: 30_000 },
    });
    say("Good-bye");
  },
});
