/**
 * Encryption with the packed library under Deno, Bun and Node, against the homeserver at `MATRIX_HOMESERVER`.
 * `deno task test:crypto` runs this file.
 */
import { assertEquals } from "@std/assert";
import { output, ROOT } from "../../../scripts/command.ts";
import { findBun } from "../../../scripts/npm.ts";
import { online } from "../../integration/support.ts";
import { makeProject, TSC } from "../project.ts";

const OLM = "@matrix-org/matrix-sdk-crypto-wasm";
const OLM_VERSION = "18.9.0";
const FILES = `${ROOT}/tests/runtimes/crypto`;

/** The output of each runtime for each item. */
const results = new Map<string, Map<string, string>>();

/** Runs the scenario, prints its lines, and remembers them for the table. */
async function runScenario(runtime: string, command: string[], cwd: string): Promise<void> {
  const [name = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(name, { args, cwd }).output();
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

online("the scenario of encrypted rooms runs under Deno with --allow-net alone", async (baseUrl) => {
  // With the condition, WebAssembly is imported instead of read.
  const args = ["run", "--no-check", "--no-prompt", "--allow-net", "--conditions=matrix-org:wasm-esm"];
  const command = [Deno.execPath(), ...args, `${FILES}/main.ts`, baseUrl, `npm:${OLM}@${OLM_VERSION}`];
  await runScenario("Deno", command, ROOT);
});

online("the scenario of encrypted rooms runs under Node", async (baseUrl) => {
  const cwd = await compiled();
  await runScenario("Node", ["node", "out/main.js", baseUrl, OLM], cwd);
});

online("the scenario of encrypted rooms runs under Bun", async (baseUrl) => {
  const cwd = await compiled();
  await runScenario("Bun", [await findBun(), "run", "main.ts", baseUrl, OLM], cwd);
  const runtimes = ["Deno", "Bun", "Node"];
  console.log(`| | ${runtimes.join(" | ")} |\n| --- |${" --- |".repeat(runtimes.length)}`);
  for (const [item, row] of results) {
    console.log(`| ${item} | ${runtimes.map((runtime) => row.get(runtime) ?? "not run").join(" | ")} |`);
  }
});
