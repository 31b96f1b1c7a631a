/** Tests and programs that want real homeservers. */
import { type Homeserver, HomeserverUnavailable, startHomeserver, untilInterrupted } from "../homeserver.ts";
import { exists, ROOT } from "./environment.ts";
import { testFlags } from "./floor.ts";
import { run } from "./process.ts";
import { type Result, skip, testResult } from "./result.ts";

const FOLDER = "tests/integration";

/** What the tests read. */
function addresses(relaxed: Homeserver, strict: Homeserver): Record<string, string> {
  return {
    MATRIX_HOMESERVER: relaxed.url,
    MATRIX_HOMESERVER_STRICT: strict.url,
    MATRIX_SERVER_NAME: relaxed.serverName,
    MATRIX_APPSERVICE_TOKEN: relaxed.appservice.asToken,
    MATRIX_APPSERVICE_HS_TOKEN: relaxed.appservice.hsToken,
    MATRIX_APPSERVICE_PREFIX: relaxed.appservice.userPrefix,
    MATRIX_REGISTRATION_SECRET: relaxed.registrationSecret,
  };
}

async function runTests(env: Record<string, string>, args: string[]): Promise<Result> {
  return testResult(
    await run(Deno.execPath(), [
      "test",
      "--allow-all",
      "--parallel",
      ...await testFlags(),
      ...args,
      ...(args.every((arg) => arg.startsWith("-")) ? [FOLDER] : []),
    ], { cwd: ROOT, env }),
  );
}

/**
 * Runs the integration tests: against `MATRIX_HOMESERVER` where that is set, else against two homeservers of their
 * own, one with lifted and one with strict rate limits.
 */
export async function testIntegration(args: string[]): Promise<Result> {
  if (!await exists(FOLDER)) return skip("integration tests", "there are none yet");
  if (Deno.env.get("MATRIX_HOMESERVER")) return await runTests({}, args);
  let homeservers: [Homeserver, Homeserver];
  try {
    homeservers = await Promise.all([
      startHomeserver({ say: console.log }),
      startHomeserver({ strict: true }),
    ]);
  } catch (error) {
    if (error instanceof HomeserverUnavailable) return skip("integration tests", error.message);
    throw error;
  }
  const [relaxed, strict] = homeservers;
  console.log(`Synapse answers at ${relaxed.url}, with strict rate limits at ${strict.url}`);
  const result = await untilInterrupted(runTests(addresses(relaxed, strict), args), async () => {
    await Promise.all([relaxed.stop(), strict.stop()]);
  });
  return typeof result === "number"
    ? { ok: false, counts: { passed: 0, failed: 1 }, skipped: [], note: "interrupted" }
    : result;
}
