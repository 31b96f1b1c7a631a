/** What this machine has, and where things are. */

const root = new URL("../../", import.meta.url);

/** The repository's folder, without a trailing slash. */
export const ROOT: string =
  (Deno.build.os === "windows"
    ? decodeURIComponent(root.pathname).slice(1)
    : decodeURIComponent(root.pathname)).replace(/\/$/, "");

/** Git-ignored folder for what the tasks keep. */
export const CACHE = `${ROOT}/.cache`;

const JSR_TIMEOUT = 4_000;

let reachable: Promise<boolean> | undefined;

async function askJsr(): Promise<boolean> {
  if (Deno.env.get("JSR_URL")) return true;
  try {
    const response = await fetch("https://jsr.io/@std/async/meta.json", {
      signal: AbortSignal.timeout(JSR_TIMEOUT),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Whether `jsr:` imports can be had here: from JSR itself, or from the registry that `JSR_URL` names. */
export function jsrReachable(): Promise<boolean> {
  return reachable ??= askJsr();
}

/** Flags that let a Deno subcommand find `@std`: none, or our import map to the same modules on npm. */
export async function stdFlags(): Promise<string[]> {
  return await jsrReachable() ? [] : [`--import-map=${ROOT}/scripts/import_map.json`];
}

/** Whether something is at this path of the repository. */
export function exists(path: string): Promise<boolean> {
  return Deno.stat(`${ROOT}/${path}`).then(() => true, () => false);
}

/** Those of the paths that exist. */
export async function existing(paths: string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(exists));
  return paths.filter((_, i) => found[i]);
}

/** deno.json, as far as the tasks ask it. */
export interface Config {
  name: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
}

/** Reads deno.json. */
export async function readConfig(): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
}
