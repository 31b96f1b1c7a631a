/** The fault matrix, syncs against the same server, and the search for leaks, on Deno, Bun and Node. */
import { GROUPS } from "../../tests/robustness/faults/groups.ts";
import { leakServer } from "../../tests/robustness/faults/leak_server.ts";
import {
  ENDING,
  GROWTH,
  type LeakReport,
  type MatrixReport,
  reliabilityPage,
} from "../../tests/robustness/faults/report.ts";
import { findBun, linkModules } from "./bun.ts";
import { CACHE, ROOT, stdFlags } from "./environment.ts";
import { nodeMissing } from "./npm.ts";
import { run } from "./process.ts";
import { type Result, skip, testResult, together } from "./result.ts";

const FOLDER = `${CACHE}/faults`;
const PAGE = "docs/measurements/reliability.md";

/** A runtime, and how it runs a program of tests/faults. */
interface Host {
  name: string;
  command: (program: string) => [command: string, ...args: string[]];
  /** Calls of the search for leaks. */
  calls: number;
}

async function denoHost(): Promise<Host> {
  const flags = ["run", "--allow-all", "--quiet", "--v8-flags=--expose-gc", ...await stdFlags()];
  return {
    name: "Deno",
    calls: 10_000,
    command: (program) => [Deno.execPath(), ...flags, `tests/robustness/faults/${program}.ts`],
  };
}

async function bunHost(): Promise<Host | undefined> {
  const bun = await findBun();
  if (!bun || await linkModules(bun)) return undefined;
  return {
    name: "Bun",
    calls: 10_000,
    command: (program) => [...bun, `tests/robustness/faults/${program}.ts`],
  };
}

/** Node gets bundles, because it reads neither TypeScript nor our imports. */
async function nodeHost(): Promise<Host | undefined> {
  if (await nodeMissing()) return undefined;
  for (const program of ["main", "sync", "leaks"]) {
    const { code } = await run(Deno.execPath(), [
      "bundle",
      "--quiet",
      "--platform=deno",
      ...await stdFlags(),
      `--output=${FOLDER}/${program}.mjs`,
      `tests/robustness/faults/${program}.ts`,
    ], { cwd: ROOT, quiet: true });
    if (code !== 0) return undefined;
  }
  return {
    name: "Node",
    calls: 4_000,
    command: (program) => ["node", "--expose-gc", "--no-warnings", `${FOLDER}/${program}.mjs`],
  };
}

/** Runs the matrix on a host. */
async function runMatrix(host: Host, args: string[]): Promise<Result> {
  const [command, ...first] = host.command("main");
  const report = `--report=${FOLDER}/${host.name}.json`;
  return testResult(await run(command, [...first, report, ...args], { cwd: ROOT }));
}

/** Runs the syncs on a host. */
async function runSyncs(host: Host, args: string[]): Promise<Result> {
  const [command, ...first] = host.command("sync");
  return testResult(await run(command, [...first, ...args], { cwd: ROOT }));
}

type Check = [what: string, fine: boolean];

/** Counts checks as tests, and tells of them as test runners do. */
function checked(name: string, checks: Check[]): Result {
  const failed = checks.filter(([, fine]) => !fine);
  for (const [what] of failed) console.log(`${name}: ${what} ... FAILED`);
  const counts = { passed: checks.length - failed.length, failed: failed.length };
  const ok = counts.failed === 0;
  console.log(`${ok ? "ok" : "FAILED"} | ${counts.passed} passed | ${counts.failed} failed (${name})`);
  return { ok, counts, skipped: [] };
}

/** Runs the program that looks for leaks; its last line is the answer. */
async function ask(host: Host, url: string, ...args: string[]): Promise<string> {
  const [command, ...first] = host.command("leaks");
  const { code, output } = await run(command, [...first, url, ...args], { cwd: ROOT, quiet: true });
  if (code === 0) return output.trim().split("\n").at(-1) ?? "";
  console.log(output);
  return "{}";
}

/** Makes many calls on a host, and looks at what they leave behind. */
async function findLeaks(host: Host, url: string): Promise<{ result: Result; report: LeakReport }> {
  const { done, timers, listeners, unread, growth } = JSON.parse(
    await ask(host, url, "calls", String(host.calls)),
  );
  const result = checked(`leaks on ${host.name}, ${growth} bytes in ${done} calls`, [
    [`${done} calls`, done === host.calls],
    [`${timers} timers left`, timers === 0],
    [`${listeners} listeners left`, listeners === 0],
    [`${unread} bodies unread`, unread === 0],
    [`${growth} bytes more on the heap`, growth <= GROWTH],
  ]);
  return { result, report: { runtime: host.name, calls: done, timers, listeners, unread } };
}

/** Ends programs with each kind of call, and measures how long they live on. */
async function testEndings(host: Host, url: string): Promise<Result> {
  const names: string[] = JSON.parse(await ask(host, url, "names"));
  const checks: Check[] = [];
  let slowest = 0;
  for (const name of names) {
    const last = Number(await ask(host, url, name));
    const time = Date.now() - last;
    slowest = Math.max(slowest, time);
    checks.push([`${time} ms from the end of "${name}" to that of the program`, time <= ENDING]);
  }
  return checked(`endings on ${host.name}, at most ${slowest} ms`, checks);
}

async function writePage(leaks: LeakReport[]): Promise<void> {
  const matrix: MatrixReport[] = [];
  for (const { runtime } of leaks) {
    matrix.push(JSON.parse(await Deno.readTextFile(`${FOLDER}/${runtime}.json`)));
  }
  await Deno.mkdir(`${ROOT}/docs/measurements`, { recursive: true });
  await Deno.writeTextFile(`${ROOT}/${PAGE}`, reliabilityPage(GROUPS, matrix, leaks));
  await run(Deno.execPath(), ["fmt", "--quiet", PAGE], { cwd: ROOT });
}

/**
 * Runs the fault matrix and looks for leaks. Arguments limit the matrix to cases whose names hold them, and leave the
 * rest out. When all has passed on all runtimes, the page on reliability is written.
 */
export async function testFaults(args: string[]): Promise<Result> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const found: [name: string, host: Host | undefined][] = [
    ["Deno", await denoHost()],
    ["Bun", await bunHost()],
    ["Node", await nodeHost()],
  ];
  const hosts = found.map(([, host]) => host).filter((host) => host !== undefined);
  const missing = found.filter(([, host]) => !host).map(([name]) =>
    skip(`faults on ${name}`, "it is not here, or the tests cannot be bundled for it")
  );
  if (args.length > 0) {
    const results: Result[] = [...missing];
    for (const host of hosts) results.push(await runMatrix(host, args), await runSyncs(host, args));
    return together(results);
  }
  const server = leakServer();
  await server.listen();
  const results: Result[] = [...missing];
  const reports: LeakReport[] = [];
  // Two lanes, since the matrix mostly waits.
  await Promise.all([
    (async () => {
      for (const host of hosts) results.push(await runMatrix(host, []), await runSyncs(host, []));
      for (const host of hosts) results.push(await testEndings(host, server.url));
    })(),
    (async () => {
      for (const host of hosts) {
        const { result, report } = await findLeaks(host, server.url);
        results.push(result);
        reports.push(report);
      }
    })(),
  ]);
  server.close();
  const result = together(results);
  if (result.ok && missing.length === 0) await writePage(reports);
  return result;
}
