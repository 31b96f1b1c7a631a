/**
 * Runs a command: `deno run -A scripts/offline/run.ts deno test`. On a machine that does not reach JSR, the command finds
 * a registry with the same `@std` modules from npm in `JSR_URL`, which Deno reads, and `JSR_NPM_URL`, which scripts/npm.ts
 * reads. Elsewhere it changes nothing.
 */
import { buildRegistries, serveNpm } from "./registry.ts";

async function reachesJsr(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(4_000);
    const response = await fetch("https://jsr.io/@std/async/meta.json", { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

const env: Record<string, string> = {};
const given = Deno.env.get("JSR_URL");
if (!given && !await reachesJsr()) {
  env.JSR_URL = `file://${Deno.build.os === "windows" ? "/" : ""}${await buildRegistries()}/jsr/`;
}
const local = (env.JSR_URL ?? given)?.startsWith("file:");
if (local && !Deno.env.get("JSR_NPM_URL")) env.JSR_NPM_URL = serveNpm();

const [name = "", ...args] = Deno.args;
const child = new Deno.Command(name === "deno" ? Deno.execPath() : name, { args, env }).spawn();
if (Deno.build.os !== "windows") {
  // A terminal sends Ctrl-C to the command, too, which then ends in its own time.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
}
Deno.exit((await child.status).code);
