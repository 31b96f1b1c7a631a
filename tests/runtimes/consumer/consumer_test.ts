/**
 * Projects that use the packed library as npm users do, under Bun and Node, against the homeserver at
 * `MATRIX_HOMESERVER`. `deno task test:consumer` runs this file.
 */
import { output, ROOT } from "../../../scripts/command.ts";
import { findBun } from "../../../scripts/npm.ts";
import { newTestUser } from "../../integration/support.ts";
import { makeProject, TSC } from "../project.ts";

const FILES = `${ROOT}/tests/runtimes/consumer`;
/** The dependency of examples/encrypted_bot_bun.ts. */
const ENGINE = { "@matrix-org/matrix-sdk-crypto-wasm": "18.9.0" };

async function runStory(cwd: string, command: string[]): Promise<void> {
  const { baseUrl, localpart, password } = await newTestUser();
  const env = { MATRIX_HOMESERVER: baseUrl, MATRIX_USER: localpart, MATRIX_PASSWORD: password };
  console.log(await output(command, { cwd, env }));
}

Deno.test("packed library type-checks and runs under Node", async () => {
  const cwd = await makeProject("consumer_node", FILES);
  await output([...TSC, "tsconfig.nodenext.json"], { cwd });
  await runStory(cwd, ["node", "out/main.js"]);
});

Deno.test("packed library type-checks and runs under Bun, examples included", async () => {
  const bun = await findBun();
  const cwd = await makeProject("consumer_bun", FILES, ENGINE, [bun, "install"]);
  await output([...TSC, "tsconfig.nodenext.json", "--noEmit"], { cwd });
  await output([...TSC, "tsconfig.bundler.json"], { cwd });
  await runStory(cwd, [bun, "run", "main.ts"]);
  await Deno.mkdir(`${cwd}/examples`);
  for await (const { name, isFile } of Deno.readDir(`${ROOT}/examples`)) {
    if (isFile) await Deno.copyFile(`${ROOT}/examples/${name}`, `${cwd}/examples/${name}`);
  }
  const env = { EXAMPLES_ON_BUN: JSON.stringify([cwd, bun]) };
  const tests = ["examples_test.ts", "encrypted_examples_test.ts"].map((name) => `tests/integration/${name}`);
  console.log(await output(["deno", "test", "--allow-all", ...tests], { env }));
});
