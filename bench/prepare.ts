/** Puts together what is compared: runtimes, libraries, and where each finds the other. */

import { findBun } from "../scripts/tasks/bun.ts";
import { CACHE, ROOT, stdFlags } from "../scripts/tasks/environment.ts";
import { bundle, hasEsbuild } from "../scripts/tasks/esbuild.ts";
import { npmModules } from "../scripts/tasks/npm.ts";
import { makePackage } from "../scripts/tasks/package.ts";
import { run } from "../scripts/tasks/process.ts";
import { stdModules } from "../scripts/tasks/std.ts";

const SDKS = { js: "matrix-js-sdk@43.0.0", bot: "matrix-bot-sdk@0.8.0" };
const FOLDER = `${CACHE}/npm/bench`;

/** What is compared, in the order of the tables. */
export const CONTENDERS = ["plain", "limited", "ours", "js", "bot"] as const;

/** A library, or none. */
export type ContenderName = typeof CONTENDERS[number];

/** A runtime with all that is compared on it. */
export interface Runtime {
  /** Name and version. */
  name: string;
  /**
   * How a script is run with a contender: command and arguments, script and its arguments to follow. Steady means that
   * the collector takes as much memory for what is young at once as it would in the long run.
   */
  command: (contender: ContenderName, steady?: boolean) => string[];
  /** The module of a contender's library. Empty for none. */
  modules: Partial<Record<ContenderName, string>>;
  /** All of our library in one file. */
  bundled: string | undefined;
}

/** What there is to measure. */
export interface Prepared {
  runtimes: Runtime[];
  /** The libraries' names and versions; those are missing that npm does not give. */
  titles: Partial<Record<ContenderName, string>>;
  /** node_modules of the libraries from npm. */
  modules: string | undefined;
}

/**
 * The libraries from npm, in a git-ignored folder. The native part of matrix-bot-sdk's encryption is fetched by an
 * install script, which is not run: an empty module takes its place.
 */
async function installSdks(): Promise<string | undefined> {
  const modules = await npmModules("bench", Object.values(SDKS));
  if (modules === undefined) return undefined;
  await Deno.writeTextFile(
    `${modules}/@matrix-org/matrix-sdk-crypto-nodejs/index.js`,
    "module.exports = {};\n",
  );
  await Deno.writeTextFile(`${FOLDER}/deno.json`, '{ "nodeModulesDir": "manual" }\n');
  for (const name of ["matrix-js-sdk", "matrix-bot-sdk"]) {
    await Deno.writeTextFile(`${FOLDER}/${name}.mjs`, `export * from "${name}";\n`);
  }
  return modules;
}

/** Our package as npm users get it; its module. */
async function installOurs(): Promise<string> {
  const { path } = await makePackage();
  const folder = `${CACHE}/bench`;
  const modules = `${folder}/node_modules`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${modules}/@mtx`, { recursive: true });
  await run("tar", ["-xzf", path, "-C", `${modules}/@mtx`], { quiet: true });
  await Deno.rename(`${modules}/@mtx/package`, `${modules}/@mtx/client`);
  const std = await stdModules();
  if (std === undefined) throw new Error("Cannot prepare Bun: npm gives no @std");
  await Deno.symlink(`${std}/@jsr`, `${modules}/@jsr`);
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }\n');
  await Deno.writeTextFile(`${folder}/client.mjs`, 'export * from "@mtx/client";\n');
  return `${folder}/client.mjs`;
}

/** Our library in one file, as a bundler leaves it; where that is. */
async function bundleOurs(): Promise<string | undefined> {
  const std = await stdModules();
  if (std === undefined || !await hasEsbuild()) return undefined;
  const output = `${CACHE}/bench_bundle.js`;
  await bundle({ code: `export * from "${ROOT}/mod.ts";`, modules: std, output, minify: true });
  return output;
}

/** Gets everything ready. */
export async function prepare(): Promise<Prepared> {
  const modules = await installSdks();
  if (modules === undefined) console.log("npm does not give the other libraries: they are left out");
  const sdks = modules === undefined
    ? {}
    : { js: `${FOLDER}/matrix-js-sdk.mjs`, bot: `${FOLDER}/matrix-bot-sdk.mjs` };
  const bundled = await bundleOurs();
  const flags = await stdFlags();
  const young = ",--min-semi-space-size=16,--max-semi-space-size=16";
  const runtimes: Runtime[] = [{
    name: `Deno ${Deno.version.deno}`,
    command: (contender, steady) => [
      Deno.execPath(),
      "run",
      "-A",
      `--v8-flags=--expose-gc${steady ? young : ""}`,
      ...(contender in sdks ? [`--config=${FOLDER}/deno.json`] : [`--config=${ROOT}/deno.json`, ...flags]),
    ],
    bundled,
    modules: { plain: "", limited: "", ours: `${ROOT}/mod.ts`, ...sdks },
  }];
  const bun = await findBun();
  if (bun === undefined) {
    console.log("There is no Bun here: it is left out");
  } else {
    const { output } = await run(bun[0], [...bun.slice(1), "--version"], { quiet: true });
    runtimes.push({
      name: `Bun ${output.trim()}`,
      command: () => [...bun, "--expose-gc"],
      bundled,
      modules: { plain: "", limited: "", ours: await installOurs(), ...sdks },
    });
  }
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const titles: Prepared["titles"] = {
    plain: "`fetch`",
    limited: "`fetch` with a time limit",
    ours: `@mtx/client ${version}`,
  };
  if (modules !== undefined) {
    titles.js = SDKS.js.replace("@", " ");
    titles.bot = SDKS.bot.replace("@", " ");
  }
  return { runtimes, titles, modules };
}
