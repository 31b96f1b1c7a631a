/** The unit and contract tests under Bun. */
import { CACHE, existing, exists, readConfig, ROOT } from "./environment.ts";
import { npx, run } from "./process.ts";
import { type Result, skip, testResult } from "./result.ts";
import { makeStd, NPM_STD } from "./std.ts";

const BUN = "bun@1.4.5";
// The validator that tests/support/specification.ts loads at run time.
const AJV = "ajv@8.20.0";
const FOLDER = `${CACHE}/bun`;

/** How Bun is called here. */
export type Bun = [command: string, ...args: string[]];

/** Bun from PATH, else from npm; the program itself, because npx would not hand signals on. */
export async function findBun(): Promise<Bun | undefined> {
  for (const bun of [["bun"], [npx, "--yes", BUN]] as Bun[]) {
    const [command, ...args] = bun;
    const { code, output } = await run(command, [...args, "-e", "console.log(process.execPath)"], {
      quiet: true,
    });
    const path = output.trim().split("\n").at(-1);
    if (code === 0 && path) return [path];
  }
}

/** Packages that deno.json takes from npm, as Bun wants them: `ajv@^8`. */
async function npmPackages(): Promise<string[]> {
  const packages = Object.values((await readConfig()).imports)
    .map((target) => /^npm:\/?((?:@[^/]+\/)?[^/]+)/.exec(target)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set([NPM_STD, AJV, ...packages])].sort();
}

async function replaceLink(path: string, target: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
  await Deno.symlink(target, path, { type: "junction" });
}

/** Gives the repository the node_modules that Bun looks into; the folder is git-ignored. */
export async function linkModules(bun: Bun): Promise<Result | undefined> {
  const packages = await npmPackages();
  const modules = `${FOLDER}/node_modules`;
  const stamp = packages.join(" ");
  if (await Deno.readTextFile(`${FOLDER}/.complete`).catch(() => "") !== stamp) {
    await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
    await Deno.mkdir(FOLDER, { recursive: true });
    await Deno.writeTextFile(`${FOLDER}/package.json`, '{ "private": true }\n');
    const [command, ...args] = bun;
    const added = await run(command, [...args, "add", "--exact", ...packages], { cwd: FOLDER, quiet: true });
    if (added.code !== 0) {
      console.log(added.output);
      return { ok: false, skipped: [], note: "bun add failed", counts: { passed: 0, failed: 1 } };
    }
    await makeStd(modules);
    await Deno.writeTextFile(`${FOLDER}/.complete`, stamp);
  }
  await Deno.mkdir(`${ROOT}/node_modules`, { recursive: true });
  for await (const { name } of Deno.readDir(modules)) {
    if (!name.startsWith(".")) await replaceLink(`${ROOT}/node_modules/${name}`, `${modules}/${name}`);
  }
  // Where somebody serves the packages as JSR's npm endpoint does, those are the real thing.
  const served = Deno.env.get("JSR_NPM_PACKAGES");
  if (served) await replaceLink(`${ROOT}/node_modules/@std`, `${served}/@std`);
}

/** Runs the unit and contract tests under Bun. */
export async function testBun(args: string[]): Promise<Result> {
  const paths = args.length > 0 ? args : await existing(["tests/unit", "tests/contract"]);
  if (paths.length === 0) return skip("tests under Bun", "there are none yet");
  const bun = await findBun();
  if (!bun) return skip("tests under Bun", `neither bun on PATH nor ${BUN} through npx`);
  const failure = await linkModules(bun);
  if (failure) return failure;
  const [command, ...first] = bun;
  const preload = "tests/support/bun_preload.ts";
  return testResult(
    await run(command, [
      ...first,
      "test",
      ...(await exists(preload) ? ["--preload", `./${preload}`] : []),
      ...paths.map((path) => path.startsWith("-") || path.startsWith("./") ? path : `./${path}`),
    ], { cwd: ROOT }),
  );
}
