/** The oldest Deno that the library runs on. */
import { CACHE, type Config, jsrReachable, readConfig, ROOT, stdFlags } from "./environment.ts";
import { npx, run } from "./process.ts";
import { type Result, skip, testResult } from "./result.ts";

const FLOOR = "deno@2.5.7";

/** Before 2.8 `deno test` refuses a deno.json that switches the sanitizers on; they were always on then. */
function refusesConfig(): boolean {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major < 2 || (major === 2 && minor < 8);
}

function ownModules(config: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.exports).map(([name, path]) => [
      `${config.name}${name.slice(1)}`,
      new URL(`../../${path}`, import.meta.url).href,
    ]),
  );
}

async function otherModules(config: Config): Promise<Record<string, string>> {
  if (await jsrReachable()) {
    return Object.fromEntries(
      Object.entries(config.imports).flatMap(([name, target]) => [
        [name, target],
        [`${name}/`, `${target.replace(/^(jsr|npm):\/?/, "$1:/")}/`],
      ]),
    );
  }
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/scripts/import_map.json`));
  return Object.fromEntries(
    Object.entries(imports as Record<string, string>).map(([name, target]) => [
      name,
      target.startsWith(".") ? new URL(`../${target}`, import.meta.url).href : target,
    ]),
  );
}

/** Flags that let `deno test` find what tests import. */
export async function testFlags(): Promise<string[]> {
  if (!refusesConfig()) return await stdFlags();
  const config = await readConfig();
  const path = `${CACHE}/import_map.json`;
  await Deno.mkdir(CACHE, { recursive: true });
  const imports = { ...await otherModules(config), ...ownModules(config) };
  await Deno.writeTextFile(path, JSON.stringify({ imports }, null, 2));
  return ["--no-config", `--import-map=${path}`];
}

/** The unit and contract tests on the oldest Deno. */
export async function testFloor(args: string[]): Promise<Result> {
  const version = await run(npx, ["--yes", FLOOR, "--version"], { quiet: true });
  if (version.code !== 0) return skip("tests on the oldest Deno", `npx cannot run ${FLOOR}`);
  const paths = args.length > 0 ? args : ["tests/unit", "tests/contract"];
  return testResult(
    await run(npx, ["--yes", FLOOR, "run", "--allow-all", "scripts/task.ts", "test", ...paths], {
      cwd: ROOT,
      // Newer versions trust the machine's own certificates by themselves.
      env: { DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system" },
    }),
  );
}
