/** Installs packages from npm and from JSR's npm endpoint. */
import { CACHE, output, readConfig, ROOT } from "./command.ts";

const BUN = "bun@1.4.5";

/** Finds Bun on PATH or else on npm. Returns the path of its program; throws if there is neither. */
export async function findBun(): Promise<string> {
  const print = ["-e", "console.log(process.execPath)"];
  return await output(["bun", ...print]).catch(() => output(["npx", "--yes", BUN, ...print]));
}

/** Returns the packages that deno.json imports as `bunx jsr add` and `npx jsr add` write them into package.json. */
export async function importedPackages(): Promise<Record<string, string>> {
  const { imports } = await readConfig();
  return Object.fromEntries(
    Object.entries(imports).map(([name, target]) => [
      name,
      target.replace(/^jsr:@([^/]+)\/(.+)$/, "npm:@jsr/$1__$2"),
    ]),
  );
}

/**
 * Installs packages into a folder of their own, once.
 *
 * @param name Name of the folder below `.cache/npm`.
 * @param dependencies Packages and versions, as in package.json.
 * @param command Installs what package.json names.
 * @returns The folder, which contains package.json and node_modules.
 */
export async function install(
  name: string,
  dependencies: Record<string, string>,
  command: string[] = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
): Promise<string> {
  const folder = `${CACHE}/npm/${name}`;
  const description = JSON.stringify({ private: true, type: "module", dependencies });
  if (await Deno.readTextFile(`${folder}/.complete`).catch(() => "") === description) return folder;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, description);
  const registry = Deno.env.get("JSR_NPM_URL") ?? "https://npm.jsr.io";
  await Deno.writeTextFile(`${folder}/.npmrc`, `@jsr:registry=${registry}\n`);
  await output(command, { cwd: folder, env: { BUN_INSTALL_CACHE_DIR: `${folder}/.bun` } });
  await Deno.writeTextFile(`${folder}/.complete`, description);
  return folder;
}

/** Lets the modules of a folder import the library by its name, as the files in examples/ do, without packing it. */
export async function linkLibrary(folder: string): Promise<void> {
  const { name, exports } = await readConfig();
  const link = `${folder}/node_modules/${name}`;
  await Deno.remove(link, { recursive: true }).catch(() => {});
  await Deno.mkdir(link, { recursive: true });
  await Deno.symlink(ROOT, `${link}/root`, { type: "junction" });
  const targets = Object.entries(exports).map(([key, path]) => [key, path.replace("./", "./root/")]);
  const description = { name, type: "module", exports: Object.fromEntries(targets) };
  await Deno.writeTextFile(`${link}/package.json`, JSON.stringify(description));
}

/** Packs the library as `npm publish` would upload it. Returns the path of the tarball. */
export async function pack(): Promise<string> {
  const path = `${CACHE}/mtx__client.tgz`;
  await Deno.mkdir(CACHE, { recursive: true });
  await output(["deno", "pack", "--allow-dirty", "--no-source-maps", `--output=${path}`]);
  return path;
}
