/** What each task does. Arguments go on to the program that does the work. */
import { COVERAGE, coverageFlags, reportCoverage } from "./coverage.ts";
import { CACHE, existing, exists, jsrReachable, readConfig, ROOT, stdFlags } from "./environment.ts";
import { testFlags } from "./floor.ts";
import { run } from "./process.ts";
import { plainResult, type Result, skip, testResult, together } from "./result.ts";

async function deno(args: string[]) {
  return await run(Deno.execPath(), args, { cwd: ROOT });
}

/** Type-checks everything, examples in comments and pages included. */
export async function check(args: string[]): Promise<Result> {
  return plainResult(
    await deno(["check", "--doc", ...await stdFlags(), ...(args.length > 0 ? args : ["."])]),
  );
}

/** Lints the code. */
export async function lintCode(args: string[]): Promise<Result> {
  // `deno lint` takes no import map. Where JSR cannot be reached it goes on without, and should learn that at once.
  const env = await jsrReachable() ? undefined : { JSR_URL: "http://127.0.0.1:9/" };
  return plainResult(await run(Deno.execPath(), ["lint", ...args], { cwd: ROOT, env }));
}

/** Lints the comments of all that is exported. */
export async function lintDocs(): Promise<Result> {
  const entries = await existing(Object.values((await readConfig()).exports));
  if (entries.length === 0) return skip("doc lint", "there is no entry point yet");
  return plainResult(await deno(["doc", "--lint", ...await stdFlags(), ...entries]));
}

/** Lints code and comments. */
export async function lint(args: string[]): Promise<Result> {
  return together([await lintCode(args), await lintDocs()]);
}

/** Formats. */
export async function fmt(args: string[]): Promise<Result> {
  return plainResult(await deno(["fmt", ...args]));
}

/** Says whether everything is formatted. */
export async function fmtCheck(): Promise<Result> {
  return plainResult(await deno(["fmt", "--check"]));
}

/** Unit and contract tests: files and processes of this machine, and of the network only itself. */
async function testCode(flags: string[], paths: string[]): Promise<Result> {
  if (paths.length === 0) return skip("unit and contract tests", "there are none yet");
  return testResult(
    await deno([
      "test",
      "--parallel",
      "--permit-no-files",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-run",
      "--allow-sys",
      "--allow-net=127.0.0.1,localhost",
      ...await testFlags(),
      ...flags,
      ...paths,
    ]),
  );
}

/** The examples in comments, README and guides, with a homeserver of their own behind `fetch`. */
async function testDocs(flags: string[], paths: string[]): Promise<Result> {
  if (paths.length === 0) return skip("examples", "there are none yet");
  const preload = "tests/support/doc_preload.ts";
  return testResult(
    await deno([
      "test",
      "--doc",
      "--parallel",
      "--permit-no-files",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      ...(await exists(preload) ? [`--preload=${preload}`] : []),
      ...await testFlags(),
      ...flags,
      ...paths,
    ]),
  );
}

const CODE = ["tests/unit", "tests/contract"];
const DOCS = ["mod.ts", "client", "http", "types", "README.md", "CONTRIBUTING.md", "docs"];

/** Unit tests, contract tests and examples; the raw coverage data is kept. */
export async function testAll(args: string[]): Promise<Result> {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const paths = args.filter((arg) => !arg.startsWith("-"));
  if (paths.length > 0) return await testCode(flags, paths);
  await Deno.remove(COVERAGE, { recursive: true }).catch(() => {});
  await Deno.mkdir(CACHE, { recursive: true });
  return together([
    await testCode([...coverageFlags(), ...flags], await existing(CODE)),
    await testDocs([...coverageFlags(), ...flags], await existing(DOCS)),
  ]);
}

/** `deno task test`: the tests, and what they cover. */
export async function test(args: string[]): Promise<Result> {
  const result = await testAll(args);
  if (args.every((arg) => arg.startsWith("-"))) await reportCoverage();
  return result;
}

/** `deno task coverage`: the tests, and a failure where they cover too little. */
export async function coverage(args: string[]): Promise<Result> {
  return together([await testAll(args), await reportCoverage()]);
}

/** Whether JSR would take the package. */
export async function publishDryRun(): Promise<Result> {
  if (!await jsrReachable()) {
    return skip("publish dry run", "it needs JSR, which cannot be reached, and JSR_URL is not set");
  }
  return plainResult(await deno(["publish", "--dry-run", "--allow-dirty"]));
}

/** Runs a program of the repository. */
export function program(path: string, ...fixed: string[]): (args: string[]) => Promise<Result> {
  return async (args) => {
    if (!await exists(path)) return skip(path, "there is no such program yet");
    return plainResult(await deno(["run", "--allow-all", ...await stdFlags(), path, ...fixed, ...args]));
  };
}
