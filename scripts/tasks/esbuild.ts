/** Bundles for browsers, for edge runtimes, and to weigh. */
import { ROOT } from "./environment.ts";
import { npmModules } from "./npm.ts";
import { run } from "./process.ts";

const ESBUILD = "esbuild@0.28.2";

/** What to bundle. */
export interface BundleOptions {
  /** Code to begin with, as if it stood in a file of the repository's root. */
  code?: string;
  /** Or a file. */
  file?: string;
  /** Where imported packages are looked for. */
  modules: string;
  /** Where the bundle goes. */
  output: string;
  minify?: boolean;
  /** Print what each module adds. */
  analyze?: boolean;
}

/** Why there is no bundle. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** Whether bundles can be made here. */
export async function hasEsbuild(): Promise<boolean> {
  return await npmModules("esbuild", [ESBUILD]) !== undefined;
}

/** Makes an ES module without imports. */
export async function bundle(options: BundleOptions): Promise<void> {
  const { code, modules, output, minify, analyze } = options;
  const folder = await npmModules("esbuild", [ESBUILD]);
  if (!folder) throw new BundleError(`Cannot bundle: npm gives no ${ESBUILD}`);
  const entry = options.file ?? `${output}.entry.ts`;
  if (code !== undefined) await Deno.writeTextFile(entry, code);
  const result = await run("node", [
    `${folder}/esbuild/bin/esbuild`,
    entry,
    "--bundle",
    "--format=esm",
    "--target=es2022",
    "--legal-comments=none",
    "--log-level=warning",
    `--outfile=${output}`,
    ...(minify ? ["--minify"] : []),
    ...(analyze ? ["--analyze"] : []),
  ], { cwd: ROOT, env: { NODE_PATH: modules }, quiet: !analyze });
  if (code !== undefined) await Deno.remove(entry);
  if (result.code !== 0) throw new BundleError(`Cannot bundle ${entry}: ${result.output}`);
}
