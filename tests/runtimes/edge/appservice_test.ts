/** examples/appservice_bot.ts under `deno serve`, Bun and workerd, with a Synapse that pushes events to it. */
import { assert, assertEquals } from "@std/assert";
import { output, ROOT } from "../../../scripts/command.ts";
import { freePort } from "../../../scripts/homeserver.ts";
import { startPushingHomeserver } from "../../../scripts/pushing_homeserver.ts";
import { ClientAPI, type UserID } from "../../../mod.ts";
import { homeserver } from "../../integration/support.ts";
import { until } from "../../integration/programs.ts";
import { bundle, type EdgeFunction, getWorkerd, serveOnWorkerd, type Settings, start } from "./serve.ts";

const FILE = `${ROOT}/examples/appservice_bot.ts`;
const TEXTS = Array.from({ length: 20 }, (_, i) => `Message ${i}`);

async function hasBun(): Promise<boolean> {
  try {
    await output(["bun", "--version"]);
    return true;
  } catch {
    console.log("skipped: Bun is not installed");
    return false;
  }
}

Deno.test("examples/appservice_bot.ts echoes each message once, in order, on every runtime", async (t) => {
  if (!homeserver()) return;
  const bundled = await bundle(FILE);
  const { size } = await Deno.stat(bundled);
  console.log(`bundle of the bot: ${size} bytes`);
  const workerd = await getWorkerd();
  const server = await startPushingHomeserver({ id: "echo", senderLocalpart: "echo", users: [] });
  const { url, port, registration, serverName } = server;
  const host = "--host=127.0.0.1";
  const serve = ["serve", "--no-prompt", "--allow-net", "--allow-env", host, `--port=${port}`, FILE];
  const starts: Record<string, (settings: Settings) => Promise<EdgeFunction>> = {
    "deno serve": (settings) => start(Deno.execPath(), serve, port, settings),
  };
  if (await hasBun()) {
    starts.Bun = (settings) => start("bun", ["run", bundled], port, { ...settings, PORT: String(port) });
  }
  if (workerd) starts.workerd = (settings) => serveOnWorkerd(workerd, bundled, settings, undefined, port);
  try {
    for (const [name, run] of Object.entries(starts)) {
      await t.step(name, async () => {
        const bot = await run({
          MATRIX_HOMESERVER: url,
          MATRIX_SERVER_NAME: serverName,
          REGISTRATION: JSON.stringify(registration),
        });
        try {
          const user = await server.registerUser();
          const alice = new ClientAPI({ baseUrl: url, token: user.token, mxid: user.userId as UserID });
          const botId: UserID = `@echo:${serverName}`;
          const roomId = await alice.createRoom({ invitees: [botId] });
          await until("the bot joins", async () => botId in await alice.getJoinedMembers(roomId));
          const begun = performance.now();
          for (const text of TEXTS) await alice.sendText(roomId, text);
          const echoes = async (): Promise<unknown[]> => {
            const { chunk } = await alice.getMessages(roomId, "f", { limit: 100 });
            return chunk.filter(({ type, sender }) => type === "m.room.message" && sender === botId)
              .map(({ content }) => content.body);
          };
          await until("all messages are echoed", async () => (await echoes()).length >= TEXTS.length);
          console.log(`${name}: ${TEXTS.length} messages in ${Math.round(performance.now() - begun)} ms`);
          assertEquals(await echoes(), TEXTS);
          for (const token of [registration.as_token, registration.hs_token]) {
            assert(!bot.output().includes(token), "a token is printed");
          }
        } finally {
          await bot.stop();
        }
      });
    }
  } finally {
    await server.stop();
  }
});

Deno.test("an AppService can be the default export of a module on every runtime", async (t) => {
  const file = `${import.meta.dirname}/default_export.ts`;
  const bundled = await bundle(file);
  const workerd = await getWorkerd();
  const port = freePort();
  const starts: Record<string, () => Promise<EdgeFunction>> = {
    "deno serve": () =>
      start(Deno.execPath(), ["serve", "--allow-net", "--host=127.0.0.1", `--port=${port}`, file], port),
  };
  if (await hasBun()) starts.Bun = () => start("bun", ["run", bundled], port, { PORT: String(port) });
  if (workerd) starts.workerd = () => serveOnWorkerd(workerd, bundled, {}, undefined, port);
  for (const [name, run] of Object.entries(starts)) {
    await t.step(name, async () => {
      const server = await run();
      try {
        const headers = { authorization: "Bearer hs" };
        const response = await fetch(`${server.url}_matrix/app/v1/ping`, {
          method: "POST",
          headers,
          body: "{}",
        });
        assertEquals([response.status, await response.json()], [200, {}]);
      } finally {
        await server.stop();
      }
    });
  }
});
