/** Programs from npm, kept in the git-ignored folder. */
import { CACHE } from "./environment.ts";
import { npm, run } from "./process.ts";

/**
 * Installs packages, once.
 *
 * @param name Of their folder.
 * @param packages With their versions: `esbuild@0.28.2`.
 * @returns The node_modules folder, or `undefined` where npm is missing or has no way out.
 */
export async function npmModules(name: string, packages: string[]): Promise<string | undefined> {
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
