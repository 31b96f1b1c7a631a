/**
 * Runs a command with a homeserver: `with_homeserver.ts [--strict] deno test …`. The command finds the address in
 * `MATRIX_HOMESERVER`, and with `--strict` that of a second one with strict rate limits in `MATRIX_HOMESERVER_STRICT`. If
 * `MATRIX_HOMESERVER` is set already, the command uses that homeserver.
 */
import { run } from "./command.ts";
import { HomeserverUnavailable, startHomeserver } from "./homeserver.ts";

const strict = Deno.args[0] === "--strict";
const command = Deno.args.slice(strict ? 1 : 0);
if (Deno.env.get("MATRIX_HOMESERVER")) Deno.exit(await run(command));

const homeservers = await Promise.all([
  startHomeserver({ log: console.log }),
  ...(strict ? [startHomeserver({ strict })] : []),
]).catch((error) => {
  if (!(error instanceof HomeserverUnavailable)) throw error;
  console.log(`skipped: ${command.join(" ")}: ${error.message}`);
  Deno.exit(0);
});
const [{ url, serverName, appservice, registrationSecret }, second] = homeservers;
const code = await run(command, {
  env: {
    MATRIX_HOMESERVER: url,
    MATRIX_SERVER_NAME: serverName,
    MATRIX_APPSERVICE_TOKEN: appservice.asToken,
    MATRIX_APPSERVICE_HS_TOKEN: appservice.hsToken,
    MATRIX_APPSERVICE_PREFIX: appservice.userPrefix,
    MATRIX_REGISTRATION_SECRET: registrationSecret,
    ...(second ? { MATRIX_HOMESERVER_STRICT: second.url } : {}),
  },
});
await Promise.all(homeservers.map((homeserver) => homeserver.stop()));
Deno.exit(code);
