/**
 * A bot that echoes messages, as an application service. The same file runs on Deno Deploy, with `deno serve`, with `bun run`
 * and on Workers. Settings, as environment variables or bindings: `MATRIX_HOMESERVER`, `MATRIX_SERVER_NAME`, and
 * `REGISTRATION`, the registration as JSON.
 */
import { AppService } from "@mtx/client/appservice";

type Settings = Record<string, string | undefined>;
let service: AppService | undefined;

function start(
  { MATRIX_HOMESERVER: baseUrl, MATRIX_SERVER_NAME: serverName, REGISTRATION }: Settings,
): AppService {
  if (!baseUrl || !serverName || !REGISTRATION) throw new Error("The settings are incomplete");
  const bot = new AppService({ baseUrl, serverName, registration: JSON.parse(REGISTRATION) });
  bot.on("m.room.member", async ({ content, state_key }, { bot, roomId }) => {
    if (content.membership === "invite" && state_key === bot.mxid) await bot.joinRoom(roomId);
  });
  bot.on("m.room.message", async ({ content }, { send }) => {
    if (content.msgtype === "m.text") await send({ msgtype: "m.notice", body: content.body });
  });
  return bot;
}

export default {
  fetch(request: Request, env?: Settings, context?: unknown): Promise<Response> {
    // Workers pass the settings with each request. Deno and Bun have them in the environment.
    service ??= start(
      env?.REGISTRATION ? env : (globalThis as { process?: { env: Settings } }).process?.env ?? {},
    );
    return service.fetch(request, env, context);
  },
};
