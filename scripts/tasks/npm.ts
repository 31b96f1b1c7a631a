/** Programs from npm, kept in the git-ignored folder. */
import { CACHE } from "./environment.ts";
import { npm, run } from "./process.ts";

let missing: Promise<string | undefined> | undefined;

async function lookForNode(): Promise<string | undefined> {
  const { code, output } = await run("node", ["--version"], { quiet: true });
  // Where there is no Node, `deno task` puts a `node` on PATH that is Deno.
  if (code !== 0 || !/^v\d/.test(output)) return "Node is not on PATH";
  if ((await run(npm, ["--version"], { quiet: true })).code !== 0) return "npm is not on PATH";
}

/** What is missing of Node and npm, if anything is. */
export function nodeMissing(): Promise<string | undefined> {
  return missing ??= lookForNode();
}

/**
 * Installs packages, once.
 *
 * @param name Of their folder.
 * @param packages With their versions: `esbuild@0.28.2`.
 * @returns The node_modules folder, or `undefined` where Node or npm is missing, or npm has no way out.
 */
export async function npmModules(name: string, packages: string[]): Promise<string | undefined> {
  const reason = await nodeMissing();
  if (reason) {
    console.log(reason);
    return undefined;
  }
  const folder = `${CACHE}/npm/${name}`;
  const stamp = packages.join(" ");
  if (await Deno.readTextFile(`${folder}/.complete`).catch(() => "") !== stamp) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }\n');
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...packages];
    const { code, output } = await run(npm, args, { cwd: folder, quiet: true });
    if (code !== 0) {
      console.log(output);
      return undefined;
    }
    await Deno.writeTextFile(`${folder}/.complete`, stamp);
  }
  return `${folder}/node_modules`;
}
