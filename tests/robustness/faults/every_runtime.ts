/**
 * Runs the fault cases and the search for leaks on Deno, Bun and Node. `deno task test:faults` runs this program; with
 * arguments, it runs only the cases whose name contains them. If every case passes on every runtime, it writes
 * docs/measurements/reliability.md.
 */
import { CACHE, output, ROOT, run } from "../../../scripts/command.ts";
import { findBun } from "../../../scripts/npm.ts";
import { GROUPS } from "./groups.ts";
import { leakServer } from "./leak_server.ts";
import { ENDING, GROWTH, type LeakReport, type MatrixReport, reliabilityPage } from "./report.ts";

const FOLDER = `${CACHE}/faults`;
const PAGE = "docs/measurements/reliability.md";
const PROGRAMS = ["main", "sync", "leaks"];

interface Runtime {
  name: string;
  /** Command that runs a bundled program. */
  command: string[];
  /** Number of calls in the search for leaks. */
  calls: number;
}

async function findRuntimes(): Promise<Runtime[]> {
  const runtimes = [{
    name: "Deno",
    command: ["deno", "run", "--allow-all", "--quiet", "--v8-flags=--expose-gc"],
    calls: 10_000,
  }];
  const bun = await findBun().catch((error) => console.log(`skipped: faults on Bun: ${error.message}`));
  if (bun) runtimes.push({ name: "Bun", command: [bun], calls: 10_000 });
  runtimes.push({ name: "Node", command: ["node", "--expose-gc", "--no-warnings"], calls: 4_000 });
  return runtimes;
}

const file = (program: string) => `${FOLDER}/${program}.mjs`;

/** Prints a summary as test runners do. Returns whether all checks passed. */
function summarize(title: string, checks: [what: string, passed: boolean][]): boolean {
  const failed = checks.filter(([, passed]) => !passed);
  for (const [what] of failed) console.log(`${title}: ${what} ... FAILED`);
  const state = failed.length === 0 ? "ok" : "FAILED";
  console.log(`${state} | ${checks.length - failed.length} passed | ${failed.length} failed (${title})`);
  return failed.length === 0;
}

/** Runs leaks.ts. Its last line is the result. */
async function runLeaks({ command }: Runtime, url: string, ...args: string[]): Promise<string> {
  return (await output([...command, file("leaks"), url, ...args])).split("\n").at(-1) ?? "";
}

/** Makes many calls and checks what they leave behind. */
async function findLeaks(runtime: Runtime, url: string, reports: LeakReport[]): Promise<boolean> {
  const { name, calls } = runtime;
  const { done, timers, listeners, unread, growth } = JSON.parse(
    await runLeaks(runtime, url, "calls", String(calls)),
  );
  reports.push({ runtime: name, calls: done, timers, listeners, unread });
  return summarize(`leaks on ${name}, ${growth} bytes in ${done} calls`, [
    [`${done} calls`, done === calls],
    [`${timers} timers left`, timers === 0],
    [`${listeners} listeners left`, listeners === 0],
    [`${unread} bodies unread`, unread === 0],
    [`${growth} bytes of growth`, growth <= GROWTH],
  ]);
}

/** Ends a program after each kind of call and measures how long the process lives after it. */
async function testEndings(runtime: Runtime, url: string): Promise<boolean> {
  const checks: [string, boolean][] = [];
  for (const name of JSON.parse(await runLeaks(runtime, url, "names"))) {
    const last = Number(await runLeaks(runtime, url, name));
    const time = Date.now() - last;
    checks.push([`${time} ms from the end of ${name} to the end of the process`, time <= ENDING]);
  }
  return summarize(`endings on ${runtime.name}`, checks);
}

await Deno.mkdir(FOLDER, { recursive: true });
for (const program of PROGRAMS) {
  const source = `${import.meta.dirname}/${program}.ts`;
  await output(["deno", "bundle", "--platform=deno", `--output=${file(program)}`, source]);
}
const runtimes = await findRuntimes();
const server = leakServer();
await server.listen();
const leaks: LeakReport[] = [];
const results: boolean[] = [];

async function testFaults(): Promise<void> {
  for (const { name, command } of runtimes) {
    const report = `--report=${FOLDER}/${name}.json`;
    results.push(await run([...command, file("main"), report, ...Deno.args]) === 0);
    results.push(await run([...command, file("sync"), ...Deno.args]) === 0);
  }
  if (Deno.args.length > 0) return;
  for (const runtime of runtimes) results.push(await testEndings(runtime, server.url));
}

async function testLeaks(): Promise<void> {
  if (Deno.args.length > 0) return;
  for (const runtime of runtimes) results.push(await findLeaks(runtime, server.url, leaks));
}

// The fault cases mostly wait, so the search for leaks runs at the same time.
await Promise.all([testFaults(), testLeaks()]);
server.close();
if (results.includes(false)) Deno.exit(1);
if (leaks.length === 3) {
  const matrix: MatrixReport[] = [];
  for (const { runtime } of leaks) {
    matrix.push(JSON.parse(await Deno.readTextFile(`${FOLDER}/${runtime}.json`)));
  }
  await Deno.writeTextFile(`${ROOT}/${PAGE}`, reliabilityPage(GROUPS, matrix, leaks));
  await output(["deno", "fmt", "--quiet", PAGE]);
}
