/**
 * Shows the bot of examples/appservice_bot.ts: starts a Synapse that pushes events to it, runs it with `deno serve`, and
 * prints a conversation. Fails unless each message is echoed once, in order.
 */
import { ClientAPI, type UserID } from "../mod.ts";
import { ROOT } from "./command.ts";
import { startPushingHomeserver } from "./pushing_homeserver.ts";

const TEXTS = ["Hello", "Is anybody there?", "Goodbye"];

console.log("Starting Synapse with the registration of the bot …");
const homeserver = await startPushingHomeserver({ id: "echo", senderLocalpart: "echo", users: [] });
const { url, serverName, registration, port } = homeserver;
const bot = new Deno.Command(Deno.execPath(), {
  args: [
    "serve",
    "--no-prompt",
    "--allow-net",
    "--allow-env",
    "--host=127.0.0.1",
    `--port=${port}`,
    `${ROOT}/examples/appservice_bot.ts`,
  ],
  env: {
    MATRIX_HOMESERVER: url,
    MATRIX_SERVER_NAME: serverName,
    REGISTRATION: JSON.stringify(registration),
  },
  stdout: "null",
  stderr: "inherit",
}).spawn();
let failed = false;
try {
  const { userId, token } = await homeserver.registerUser("alice");
  const alice = new ClientAPI({ baseUrl: url, token, mxid: userId as UserID });
  const botId: UserID = `@echo:${serverName}`;
  const roomId = await alice.createRoom({ name: "Demo", invitees: [botId] });
  console.log(`Alice invites ${botId} to ${roomId}`);
  const conversation = async (): Promise<[string, unknown][]> => {
    const { chunk } = await alice.getMessages(roomId, "f", { limit: 100 });
    return chunk.filter(({ type }) => type === "m.room.message")
      .map(({ sender, content }) => [sender === botId ? "echo" : "Alice", content.body]);
  };
  const until = async (found: () => Promise<boolean>) => {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      if (await found()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("The bot does not respond");
  };
  await until(async () => botId in await alice.getJoinedMembers(roomId));
  console.log("The bot has joined");
  for (const [i, text] of TEXTS.entries()) {
    await alice.sendText(roomId, text);
    await until(async () => (await conversation()).length === 2 * (i + 1));
    for (const [who, body] of (await conversation()).slice(-2)) console.log(`${who.padStart(6)}: ${body}`);
  }
  const expected = TEXTS.flatMap((text) => [["Alice", text], ["echo", text]]);
  if (JSON.stringify(await conversation()) !== JSON.stringify(expected)) throw new Error("The echo differs");
  console.log("Each message was echoed once, in order.");
} catch (error) {
  console.error(`Failed: ${Deno.inspect(error)}`);
  failed = true;
}
bot.kill();
await bot.status;
await homeserver.stop();
Deno.exit(failed ? 1 : 0);
