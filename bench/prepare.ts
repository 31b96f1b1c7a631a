/** Installs the runtimes and libraries that are compared. */

import { CACHE, output, ROOT } from "../scripts/command.ts";
import { findBun, importedPackages, install, pack } from "../scripts/npm.ts";

const SDKS = { js: "matrix-js-sdk@43.0.0", bot: "matrix-bot-sdk@0.8.0" };

/** The contenders, in the order of the tables. */
export const CONTENDERS = ["plain", "limited", "ours", "js", "bot"] as const;

/** Name of a library or of a way to use plain `fetch`. */
export type ContenderName = typeof CONTENDERS[number];

/** A runtime and the libraries that are compared on it. */
export interface Runtime {
  /** Name and version. */
  name: string;
  /**
   * Returns the command and arguments that run a script with a contender. Steady means that V8's young generation has its
   * maximum size from the start.
   */
  command: (contender: ContenderName, steady?: boolean) => string[];
  /** Path of the module of each library. Empty for plain `fetch`. */
  modules: Partial<Record<ContenderName, string>>;
  /** Path of a bundle of our library. */
  bundled: string;
}

/** The result of {@linkcode prepare}. */
export interface Prepared {
  runtimes: Runtime[];
  /** The libraries' names and versions. */
  titles: Partial<Record<ContenderName, string>>;
  /** Folder with the node_modules of the libraries from npm. */
  folder: string;
}

/**
 * Installs the libraries from npm and returns their folder. The native part of matrix-bot-sdk's encryption is downloaded by
 * an install script, which does not run. An empty module replaces it.
 */
async function installSdks(): Promise<string> {
  const folder = await install(
    "bench",
    Object.fromEntries(Object.values(SDKS).map((name) => name.split("@"))),
  );
  await Deno.writeTextFile(
    `${folder}/node_modules/@matrix-org/matrix-sdk-crypto-nodejs/index.js`,
    "module.exports = {};\n",
  );
  await Deno.writeTextFile(`${folder}/deno.json`, '{ "nodeModulesDir": "manual" }\n');
  for (const name of ["matrix-js-sdk", "matrix-bot-sdk"]) {
    await Deno.writeTextFile(`${folder}/${name}.mjs`, `export * from "${name}";\n`);
  }
  return folder;
}

/** Installs the packed library as npm users do and returns the path of its module. */
async function installOurs(): Promise<string> {
  await Deno.remove(`${CACHE}/npm/bench_ours`, { recursive: true }).catch(() => {});
  const folder = await install("bench_ours", {
    "@mtx/client": `file:${await pack()}`,
    ...await importedPackages(),
  });
  await Deno.writeTextFile(`${folder}/client.mjs`, 'export * from "@mtx/client";\n');
  return `${folder}/client.mjs`;
}

/** Bundles a module and returns the path of the bundle. */
export async function bundle(name: string, code: string, ...flags: string[]): Promise<string> {
  const file = `${CACHE}/bundle_${name}`;
  await Deno.mkdir(CACHE, { recursive: true });
  await Deno.writeTextFile(`${file}.ts`, code);
  const command = ["deno", "bundle", "--minify", "--platform=browser", ...flags];
  await output([...command, `--output=${file}.js`, `${file}.ts`]);
  await Deno.remove(`${file}.ts`);
  return `${file}.js`;
}

/** Installs everything. */
export async function prepare(): Promise<Prepared> {
  const folder = await installSdks();
  const sdks = { js: `${folder}/matrix-js-sdk.mjs`, bot: `${folder}/matrix-bot-sdk.mjs` };
  const bundled = await bundle("bench", 'export * from "@mtx/client";');
  const young = ",--min-semi-space-size=16,--max-semi-space-size=16";
  const runtimes: Runtime[] = [{
    name: `Deno ${Deno.version.deno}`,
    command: (contender, steady) => [
      Deno.execPath(),
      "run",
      "-A",
      `--v8-flags=--expose-gc${steady ? young : ""}`,
      `--config=${contender in sdks ? folder : ROOT}/deno.json`,
    ],
    bundled,
    modules: { plain: "", limited: "", ours: `${ROOT}/mod.ts`, ...sdks },
  }];
  const bun = await findBun();
  runtimes.push({
    name: `Bun ${await output([bun, "--version"])}`,
    command: () => [bun, "--expose-gc"],
    bundled,
    modules: { plain: "", limited: "", ours: await installOurs(), ...sdks },
  });
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const titles: Prepared["titles"] = {
    plain: "`fetch`",
    limited: "`fetch` with a time limit",
    ours: `@mtx/client ${version}`,
    js: SDKS.js.replace("@", " "),
    bot: SDKS.bot.replace("@", " "),
  };
  return { runtimes, titles, folder };
}
