/** `@std` as npm packages, for everything but Deno. */
import { readConfig } from "./environment.ts";
import { npmModules } from "./npm.ts";

/** The same modules on npm, for machines that do not reach JSR. */
export const NPM_STD = "deno-std@1.4.0";

async function makeModule(folder: string, path: string, target: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/${path}.js`, `export * from ${JSON.stringify(target)};\n`);
}

/** The version that a package of ours asks for at least. */
async function wantedVersion(name: string): Promise<string> {
  const { imports } = await readConfig();
  return /\d+\.\d+\.\d+/.exec(imports[`@std/${name}`] ?? "")?.[0] ?? "1.0.0";
}

/**
 * Makes packages whose modules are those of the npm package.
 *
 * @param modules The node_modules folder that holds it, and gets them.
 * @param nameOf The packages' names, `@std/async` by default.
 */
export async function makeStd(
  modules: string,
  nameOf: (name: string) => string = (name) => `@std/${name}`,
): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(`${modules}/deno-std`)) {
    if (!isDirectory) continue;
    const packageName = nameOf(name.replaceAll("_", "-"));
    const folder = `${modules}/${packageName}`;
    await Deno.mkdir(folder, { recursive: true });
    const exported: Record<string, string> = {};
    const add = async (from: string, prefix: string): Promise<void> => {
      for await (const entry of Deno.readDir(`${modules}/deno-std/${from}`)) {
        if (entry.name.startsWith("_")) continue;
        if (entry.isDirectory) await add(`${from}/${entry.name}`, `${prefix}${entry.name}/`);
        if (!entry.name.endsWith(".js")) continue;
        const file = entry.name.slice(0, -".js".length);
        const path = `${prefix}${file}`;
        await makeModule(`${folder}/${prefix}`, file, `deno-std/${from}/${entry.name}`);
        const key = file === "mod" ? `./${prefix}`.replace(/\/$/, "") : `./${path.replaceAll("_", "-")}`;
        exported[key === "./" ? "." : key] = `./${path}.js`;
      }
    };
    await add(name, "");
    const [dependency = "", version = ""] = NPM_STD.split("@");
    const description = {
      name: packageName,
      version: await wantedVersion(name),
      type: "module",
      exports: exported,
      dependencies: { [dependency]: version },
    };
    await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(description));
  }
}

let served: Promise<boolean> | undefined;

async function askNpmJsr(): Promise<boolean> {
  try {
    const response = await fetch("https://npm.jsr.io/@jsr/std__async", {
      signal: AbortSignal.timeout(4_000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Whether JSR's npm endpoint can be reached. */
export function npmJsrReachable(): Promise<boolean> {
  return served ??= askNpmJsr();
}

async function findModules(): Promise<string | undefined> {
  const given = Deno.env.get("JSR_NPM_PACKAGES");
  if (given) return given;
  const names = Object.keys((await readConfig()).imports).filter((name) => name.startsWith("@std/"));
  if (await npmJsrReachable()) {
    const packages = names.flatMap((name) => {
      const there = `@jsr/${name.slice(1).replace("/", "__")}`;
      return [there, `${name}@npm:${there}`];
    });
    return await npmModules("std", ["--@jsr:registry=https://npm.jsr.io", ...packages]);
  }
  const modules = await npmModules("deno-std", [NPM_STD]);
  if (!modules || await Deno.stat(`${modules}/@jsr/.complete`).then(() => true, () => false)) return modules;
  await makeStd(modules);
  await makeStd(modules, (name) => `@jsr/std__${name}`);
  await Deno.writeTextFile(`${modules}/@jsr/.complete`, "");
  return modules;
}

let found: Promise<string | undefined> | undefined;

/**
 * A node_modules folder with `@std` as JSR's npm endpoint serves it (`@jsr/std__async`) and as our code imports it
 * (`@std/async`), from wherever this machine can have it; `undefined` where it cannot.
 */
export function stdModules(): Promise<string | undefined> {
  return found ??= findModules();
}
