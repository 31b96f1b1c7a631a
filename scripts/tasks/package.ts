/** The package as JSR's npm endpoint serves it: compiled code, declarations, and `@std` as `@jsr/std__…`. */
import { CACHE, jsrReachable, readConfig, ROOT } from "./environment.ts";
import { npm, npx, run } from "./process.ts";

const PACKER = "deno@2.9.6";

/** Why there is no package. */
export class PackageError extends Error {
  override readonly name = "PackageError";
}

/** A tarball for npm. */
export interface Package {
  /** `@jsr/mtx__client`. */
  name: string;
  version: string;
  /** Its file. */
  path: string;
  /** package.json. */
  description: Record<string, unknown>;
}

/** What JSR calls a package on npm. */
export function npmName(name: string): string {
  return name.replace(/^@([^/]+)\//, "@jsr/$1__");
}

async function must(what: string, command: string, args: string[], cwd: string): Promise<string> {
  const { code, output } = await run(command, args, { cwd, quiet: true });
  if (code !== 0) throw new PackageError(`Cannot ${what}:\n${output}`);
  return output;
}

/** `deno pack` came with Deno 2.9. */
async function packer(): Promise<[command: string, ...args: string[]]> {
  const own = await run(Deno.execPath(), ["pack", "--help"], { quiet: true });
  return own.code === 0 ? [Deno.execPath()] : [npx, "--yes", PACKER];
}

/** A copy of what is published whose deno.json finds `@std` without JSR. */
async function copyWithoutJsr(folder: string): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const copy = async (path: string): Promise<void> => {
    const { isDirectory } = await Deno.stat(`${ROOT}/${path}`);
    if (!isDirectory) return await Deno.copyFile(`${ROOT}/${path}`, `${folder}/${path}`);
    await Deno.mkdir(`${folder}/${path}`, { recursive: true });
    for await (const { name } of Deno.readDir(`${ROOT}/${path}`)) await copy(`${path}/${name}`);
  };
  for (const path of [...config.publish.include, "scripts"]) {
    if (await Deno.stat(`${ROOT}/${path}`).then(() => true, () => false)) await copy(path);
  }
  const { imports: _, ...rest } = config;
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ ...rest, importMap: "./scripts/import_map.json" }),
  );
}

/** Names `@std` as npm users have it, in code and declarations; says what was named. */
async function renameStd(folder: string, named: Set<string>): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await renameStd(path, named);
    if (!/\.(js|d\.ts)$/.test(name)) continue;
    const code = await Deno.readTextFile(path);
    const renamed = code.replaceAll(
      /^((?:import|export)\b.*? from "|import ")@std\/([\w-]+)/gm,
      (_, from, std) => {
        named.add(`@std/${std}`);
        return `${from}${npmName(`@std/${std}`)}`;
      },
    );
    if (renamed !== code) await Deno.writeTextFile(path, renamed);
  }
}

/**
 * Makes the tarball.
 *
 * @throws {PackageError} If this machine cannot.
 */
export async function makePackage(): Promise<Package> {
  const folder = `${CACHE}/package`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${folder}/source`, { recursive: true });
  const [command, ...first] = await packer();
  const packed = `${folder}/packed.tgz`;
  const bare = !await jsrReachable();
  if (bare) await copyWithoutJsr(`${folder}/source`);
  await must(
    "pack",
    command,
    [...first, "pack", "--allow-dirty", "--no-source-maps", `--output=${packed}`],
    bare ? `${folder}/source` : ROOT,
  );
  await must("unpack", "tar", ["-xzf", packed, "-C", folder], folder);
  const inside = `${folder}/package`;
  await Deno.remove(`${inside}/scripts`, { recursive: true }).catch(() => {});
  const named = new Set<string>();
  await renameStd(inside, named);
  const { name, imports } = await readConfig();
  const description = JSON.parse(await Deno.readTextFile(`${inside}/package.json`));
  description.name = npmName(name);
  description.dependencies = Object.fromEntries(
    [...named].sort().map((std) => [npmName(std), imports[std]?.split("@").at(-1)]),
  );
  await Deno.writeTextFile(`${inside}/package.json`, JSON.stringify(description, null, 2) + "\n");
  const path = await packFolder(inside, folder);
  return { name: description.name, version: description.version, path, description };
}

/** `npm pack`; the tarball's path. */
export async function packFolder(folder: string, destination: string): Promise<string> {
  const output = await must(
    "pack",
    npm,
    ["pack", "--ignore-scripts", "--loglevel=error", `--pack-destination=${destination}`],
    folder,
  );
  return `${destination}/${output.trim().split("\n").at(-1)?.trim()}`;
}
