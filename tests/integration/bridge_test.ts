/** Runs examples/bridge.ts between a Synapse that pushes events and the chat server of the example. */
import { assertEquals } from "@std/assert";
import { ROOT } from "../../scripts/command.ts";
import { startPushingHomeserver } from "../../scripts/pushing_homeserver.ts";
import { linesOf, startChatServer } from "../../examples/bridge/chat_server.ts";
import { ClientAPI } from "../../client/mod.ts";
import type { UserID } from "../../types/mod.ts";
import { until } from "./programs.ts";
import { homeserver } from "./support.ts";

/** A person in the chat. */
async function joinChat(port: number, name: string, channel: string) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = connection.writable.getWriter();
  const send = (line: string) => writer.write(new TextEncoder().encode(`${line}\n`));
  const heard: string[] = [];
  (async () => {
    for await (const line of linesOf(connection.readable)) heard.push(line.split(" ").slice(4).join(" "));
  })().catch(() => {});
  await send(`NICK ${name}`);
  await send(`JOIN ${channel}`);
  return { say: (text: string) => send(`SAY ${channel} ${text}`), heard, leave: () => connection.close() };
}

Deno.test("examples/bridge.ts bridges messages in both directions, once, with ghosts and double puppets", async () => {
  if (!homeserver() || Deno.env.get("EXAMPLES_ON_BUN")) return;
  const server = await startPushingHomeserver({
    id: "chat",
    senderLocalpart: "_chat_bot",
    users: ["@_chat_.*:localhost"],
    aliases: ["#_chat_.*:localhost"],
    extra: { "io.element.msc4190": true },
  });
  const chat = startChatServer();
  const newUser = async (name: string) => {
    const { userId, token } = await server.registerUser(name);
    return new ClientAPI({ baseUrl: server.url, token, mxid: userId as UserID });
  };
  const [alice, dave] = [await newUser("alice"), await newUser("dave")];
  const bridge = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--unstable-kv", `${ROOT}/examples/bridge.ts`],
    env: {
      MATRIX_HOMESERVER: server.url,
      MATRIX_SERVER_NAME: server.serverName,
      CHAT_PORT: String(chat.port),
      PORT: String(server.port),
      KV_PATH: ":memory:",
      REGISTRATION: JSON.stringify(server.registration),
      PUPPETS: JSON.stringify({ dave: { userId: dave.mxid, token: dave.api.token } }),
    },
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const people: { leave(): void }[] = [];
  try {
    const roomId = await until(
      "the portal exists",
      () => alice.joinRoom("#_chat_cats:localhost", { retry: { limit: 0 } }).catch(() => undefined),
    );
    await dave.joinRoom(roomId);
    const bob = await joinChat(chat.port, "bob", "#cats");
    const other = await joinChat(chat.port, "dave", "#cats");
    people.push(bob, other);
    const said = async (): Promise<string[]> => {
      const { chunk } = await alice.getMessages(roomId, "f", { limit: 100 });
      return chunk.filter(({ type }) => type === "m.room.message").map(({ sender, content }) =>
        `${sender} ${content.body}`
      );
    };
    await bob.say("Hello from the chat");
    await until("a ghost sends it", async () => (await said()).length === 1);
    await alice.sendText(roomId, "Hello from Matrix");
    await until("the chat hears it", () => bob.heard.length === 2);
    await other.say("I am on both sides");
    await until("the puppet sends it", async () => (await said()).length === 3);
    await alice.sendText(roomId, "Goodbye");
    await until("the chat hears it", () => bob.heard.includes("alice[m] Goodbye"));
    // A name that no user ID can contain, and one that is too long to register: the bridge continues.
    const odd = await joinChat(chat.port, "Zoë[x]", "#cats");
    const long = await joinChat(chat.port, "x".repeat(300), "#cats");
    people.push(odd, long);
    await long.say("Nobody on Matrix reads this");
    await until("the chat hears it", () => bob.heard.length === 5);
    await odd.say("Hello from Zoë");
    await until("the ghost of Zoë sends it", async () => (await said()).length === 5);
    assertEquals(await said(), [
      "@_chat_bob:localhost Hello from the chat",
      `${alice.mxid} Hello from Matrix`,
      `${dave.mxid} I am on both sides`,
      `${alice.mxid} Goodbye`,
      "@_chat_zo=c3=ab=5bx=5d:localhost Hello from Zoë",
    ]);
    assertEquals(bob.heard, [
      "bob Hello from the chat",
      "alice[m] Hello from Matrix",
      "dave I am on both sides",
      "alice[m] Goodbye",
      `${"x".repeat(300)} Nobody on Matrix reads this`,
      "Zoë[x] Hello from Zoë",
    ]);
  } finally {
    people.forEach((one) => one.leave());
    bridge.kill("SIGKILL");
    await bridge.status;
    await chat.stop();
    await server.stop();
  }
});
