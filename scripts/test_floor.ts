/** Runs the unit and contract tests on the oldest Deno that the library supports. Arguments go to `deno test`. */
import { CACHE, readConfig, ROOT, run } from "./command.ts";

const FLOOR = "deno@2.5.7";

// Before Deno 2.8, `deno test` rejects a deno.json with settings for the sanitizers, so it gets an import map instead.
const { name, exports, imports } = await readConfig();
const map: Record<string, string> = { ...imports };
for (const [name, target] of Object.entries(imports)) map[`${name}/`] = `${target.replace("jsr:", "jsr:/")}/`;
for (const [path, file] of Object.entries(exports)) map[name + path.slice(1)] = `file://${ROOT}/${file}`;
await Deno.mkdir(CACHE, { recursive: true });
await Deno.writeTextFile(`${CACHE}/floor.json`, JSON.stringify({ imports: map }, null, 2));
const flags = ["--no-config", `--import-map=${CACHE}/floor.json`, "--allow-all", "--parallel"];
const args = Deno.args.length > 0 ? Deno.args : ["tests/unit", "tests/contract"];
// Newer versions trust the certificates of the operating system by default.
const env = { DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system" };
Deno.exit(await run(["npx", "--yes", FLOOR, "test", ...flags, ...args], { env }));
