/** Projects that use the library as their owners would: from a registry, with Bun and with Node. */
import { findBun } from "./bun.ts";
import { CACHE, ROOT } from "./environment.ts";
import { testFlags } from "./floor.ts";
import { nodeMissing, npmModules } from "./npm.ts";
import { makePackage, type Package, PackageError } from "./package.ts";
import { npm, type Outcome, run } from "./process.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { plainResult, type Result, skip, testResult, together } from "./result.ts";
import { withHomeserver } from "./with_homeserver.ts";

const TYPESCRIPT = "typescript@5.9.3";
const NODE_TYPES = "@types/node@^20.19.0";
const FILES = "tests/runtimes/consumer";

let made: Promise<Package> | undefined;

/** The package, made once a run. */
export function ownPackage(): Promise<Package> {
  return made ??= makePackage();
}

/** How a package manager is called. */
export interface Manager {
  name: string;
  /** Adds our package, as `bunx jsr add` and `npx jsr add` do. */
  add: [command: string, ...args: string[]];
  /** Adds what is only for development. */
  addDev: [command: string, ...args: string[]];
  env?: Record<string, string>;
}

/** npm. */
export const NPM: Manager = {
  name: "npm",
  add: [npm, "install", "--no-audit", "--no-fund"],
  addDev: [npm, "install", "--no-audit", "--no-fund", "--save-dev"],
};

/**
 * Makes a project, and adds our package from a registry.
 *
 * @returns Its folder, or what went wrong.
 */
export async function makeProject(name: string, manager: Manager): Promise<string | Outcome> {
  const own = await ownPackage();
  const folder = `${CACHE}/consumer/${name}`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }\n');
  const registry: Registry = startRegistry(own);
  try {
    await Deno.writeTextFile(`${folder}/.npmrc`, `@jsr:registry=${registry.url}\n`);
    const options = { cwd: folder, env: manager.env, quiet: true };
    const [command, ...args] = manager.add;
    const added = await run(command, [...args, `@mtx/client@npm:${own.name}@${own.version}`], options);
    if (added.code !== 0) return added;
    const [commandDev, ...argsDev] = manager.addDev;
    const addedDev = await run(commandDev, [...argsDev, NODE_TYPES], options);
    if (addedDev.code !== 0) return addedDev;
  } finally {
    await registry.stop();
  }
  for await (const entry of Deno.readDir(`${ROOT}/${FILES}`)) {
    await Deno.copyFile(`${ROOT}/${FILES}/${entry.name}`, `${folder}/${entry.name}`);
  }
  console.log(`${folder}: ${own.path.slice(ROOT.length + 1)} added by ${manager.name}`);
  return folder;
}

/** Type-checks a project as a careful user does, declarations of packages included. */
async function typeCheck(folder: string, resolution: string, ...flags: string[]): Promise<Result> {
  const modules = await npmModules("typescript", [TYPESCRIPT]);
  if (!modules) return skip("type check of a consumer", `npm gives no ${TYPESCRIPT}`);
  const args = [`${modules}/typescript/bin/tsc`, ...flags, "--project", `tsconfig.${resolution}.json`];
  const outcome = await run("node", args, { cwd: folder });
  if (outcome.code === 0) console.log(`tsc is content with moduleResolution ${resolution}`);
  return plainResult(outcome);
}

async function consume(
  what: string,
  manager: Manager,
  typeCheck: (folder: string) => Promise<Result[]>,
  program: [command: string, ...args: string[]],
  further?: (folder: string, url: string) => Promise<Result>,
): Promise<Result> {
  try {
    return await withHomeserver(what, async ({ url, registerUser }) => {
      const folder = await makeProject(manager.name, manager);
      if (typeof folder !== "string") return failure(folder);
      const results = await typeCheck(folder);
      const { username, password } = await registerUser();
      const env = { MATRIX_HOMESERVER: url, MATRIX_USER: username, MATRIX_PASSWORD: password };
      const [command, ...args] = program;
      results.push(plainResult(await run(command, args, { cwd: folder, env })));
      if (further) results.push(await further(folder, url));
      return together(results);
    });
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    console.log(error.message);
    return { ok: false, skipped: [], note: "there is no package" };
  }
}

function failure(outcome: Outcome): Result {
  console.log(outcome.output);
  return plainResult(outcome);
}

/** A consumer of the npm form under Bun: added by `bun add`, checked by tsc, run against a homeserver. */
export async function consumerBun(): Promise<Result> {
  const what = "a consumer under Bun";
  const bun = await findBun();
  if (!bun) return skip(what, "neither bun on PATH nor through npx");
  const missing = await nodeMissing();
  if (missing) return skip(what, `the package is made and checked by npm and tsc, and ${missing}`);
  // Bun remembers packages by version, and ours changes without one.
  const cache = `${CACHE}/consumer/bun_cache`;
  await Deno.remove(cache, { recursive: true }).catch(() => {});
  const manager: Manager = {
    name: "bun",
    add: [...bun, "add"],
    addDev: [...bun, "add", "--dev"],
    env: { BUN_INSTALL_CACHE_DIR: cache },
  };
  const check = async (folder: string) => [
    await typeCheck(folder, "nodenext", "--noEmit"),
    await typeCheck(folder, "bundler", "--noEmit"),
  ];
  const examples = async (folder: string, url: string) => {
    await Deno.mkdir(`${folder}/examples`);
    for await (const { name, isFile } of Deno.readDir(`${ROOT}/examples`)) {
      if (!isFile) continue;
      await Deno.copyFile(`${ROOT}/examples/${name}`, `${folder}/examples/${name}`);
    }
    const env = { MATRIX_HOMESERVER: url, EXAMPLES_ON_BUN: JSON.stringify([folder, ...bun]) };
    const args = ["test", "--allow-all", ...await testFlags(), "tests/integration/examples_test.ts"];
    return testResult(await run(Deno.execPath(), args, { cwd: ROOT, env }));
  };
  return await consume(what, manager, check, [...bun, "run", "main.ts"], examples);
}

/** The same consumer under Node, from the same tarball. */
export async function consumerNode(): Promise<Result> {
  const missing = await nodeMissing();
  if (missing) return skip("a consumer under Node", missing);
  const { output } = await run("node", ["--version"], { quiet: true });
  console.log(`Node ${output.trim()}`);
  const compile = async (folder: string) => [await typeCheck(folder, "nodenext")];
  return await consume("a consumer under Node", NPM, compile, ["node", "out/main.js"]);
}
