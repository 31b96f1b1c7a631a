/**
 * Encryption with the packed library under Deno, Bun and Node, against the homeserver at `MATRIX_HOMESERVER`.
 * `deno task test:crypto` runs this file.
 */
import { assertEquals } from "@std/assert";
import { output, ROOT } from "../../../scripts/command.ts";
import { findBun } from "../../../scripts/npm.ts";
import { homeserver, online } from "../../integration/support.ts";
import { makeProject, TSC } from "../project.ts";

const OLM = "@matrix-org/matrix-sdk-crypto-wasm";
const OLM_VERSION = "18.9.0";
const FILES = `${ROOT}/tests/runtimes/crypto`;

/** What each runtime printed for each item. */
const results = new Map<string, Map<string, string>>();

/** Runs the scenario, prints its lines, and remembers them for the table. */
async function runScenario(runtime: string, command: string[], cwd: string, olm: string): Promise<void> {
  const [name = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(name, {
    args,
    cwd,
    env: { MATRIX_HOMESERVER: homeserver()!, MTX_OLM: olm },
  }).output();
  const text = new TextDecoder().decode(stdout);
  console.log(text);
  for (const [, result = "", item = ""] of text.matchAll(/^(ok|FAILED|skipped) +(.+)$/gm)) {
    const row = results.get(item) ?? new Map<string, string>();
    results.set(item, row.set(runtime, result));
  }
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

let project: Promise<string> | undefined;

/** Creates the project once, and compiles it. */
function compiled(): Promise<string> {
  return project ??= (async () => {
    const cwd = await makeProject("crypto", FILES, { [OLM]: OLM_VERSION });
    await output([...TSC, "tsconfig.json"], { cwd });
    return cwd;
  })();
}

online("the scenario of encrypted rooms runs under Deno", async () => {
  const args = ["run", "--no-check", "-A", `${FILES}/main.ts`];
  await runScenario("Deno", [Deno.execPath(), ...args], ROOT, `npm:${OLM}@${OLM_VERSION}`);
});

online("the scenario of encrypted rooms runs under Node", async () => {
  const cwd = await compiled();
  await runScenario("Node", ["node", "out/main.js"], cwd, OLM);
});

online("the scenario of encrypted rooms runs under Bun", async () => {
  const cwd = await compiled();
  await runScenario("Bun", [await findBun(), "run", "main.ts"], cwd, OLM);
  const runtimes = ["Deno", "Bun", "Node"];
  console.log(`| | ${runtimes.join(" | ")} |\n| --- |${" --- |".repeat(runtimes.length)}`);
  for (const [item, row] of results) {
    console.log(`| ${item} | ${runtimes.map((runtime) => row.get(runtime) ?? "not run").join(" | ")} |`);
  }
});
