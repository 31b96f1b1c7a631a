/**
 * Projects that use the packed library as npm users do, under Bun and Node, against the homeserver at
 * `MATRIX_HOMESERVER`. `deno task test:consumer` runs this file.
 */
import { CACHE, output, ROOT } from "../../../scripts/command.ts";
import { findBun, importedPackages, install, pack } from "../../../scripts/npm.ts";
import { newTestUser } from "../../integration/support.ts";

const FILES = `${ROOT}/tests/runtimes/consumer`;
const packages = {
  "@mtx/client": `file:${await pack()}`,
  ...await importedPackages(),
  "@types/node": "^20.19.0",
  typescript: "5.9.3",
};

/** Creates a project that depends on the packed library. */
async function makeProject(name: string, command?: string[]): Promise<string> {
  // Package managers remember packages by version, and the library changes without one.
  await Deno.remove(`${CACHE}/npm/${name}`, { recursive: true }).catch(() => {});
  const folder = await install(name, packages, command);
  for await (const { name } of Deno.readDir(FILES)) {
    if (!name.endsWith("_test.ts")) await Deno.copyFile(`${FILES}/${name}`, `${folder}/${name}`);
  }
  return folder;
}

async function runStory(cwd: string, command: string[]): Promise<void> {
  const { baseUrl, localpart, password } = await newTestUser();
  const env = { MATRIX_HOMESERVER: baseUrl, MATRIX_USER: localpart, MATRIX_PASSWORD: password };
  console.log(await output(command, { cwd, env }));
}

const tsc = ["node", "node_modules/typescript/bin/tsc", "--project"];

Deno.test("packed library type-checks and runs under Node", async () => {
  const cwd = await makeProject("consumer_node");
  await output([...tsc, "tsconfig.nodenext.json"], { cwd });
  await runStory(cwd, ["node", "out/main.js"]);
});

Deno.test("packed library type-checks and runs under Bun, examples included", async () => {
  const bun = await findBun();
  const cwd = await makeProject("consumer_bun", [bun, "install"]);
  await output([...tsc, "tsconfig.nodenext.json", "--noEmit"], { cwd });
  await output([...tsc, "tsconfig.bundler.json"], { cwd });
  await runStory(cwd, [bun, "run", "main.ts"]);
  await Deno.mkdir(`${cwd}/examples`);
  for await (const { name, isFile } of Deno.readDir(`${ROOT}/examples`)) {
    if (isFile) await Deno.copyFile(`${ROOT}/examples/${name}`, `${cwd}/examples/${name}`);
  }
  const env = { EXAMPLES_ON_BUN: JSON.stringify([cwd, bun]) };
  console.log(await output(["deno", "test", "--allow-all", "tests/integration/examples_test.ts"], { env }));
});
