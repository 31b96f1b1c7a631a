/**
 * The fault matrix: runs every call of every case against a faulty server, on the runtime that runs this file.
 *
 * `--report=file` writes the results as JSON. Other arguments select the cases whose names contain them.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { type CallName, callsOf, type FaultCase } from "./case.ts";
import { GROUPS } from "./groups.ts";
import { type Run, run, RUNTIME } from "./run.ts";

/** A pause of the event loop in milliseconds after which a failed call is repeated. */
const STALL = 150;
/** The number of concurrent calls. */
const WIDTH = 24;

interface Job {
  name: string;
  fault: FaultCase;
  call: CallName;
}

const args = process.argv.slice(2);
const report = args.find((arg) => arg.startsWith("--report="))?.slice("--report=".length);
const wanted = args.filter((arg) => !arg.startsWith("--"));

const { Deno } = globalThis as { Deno?: { version: { deno: string } } };
const version = Deno?.version.deno ?? process.versions.bun ?? process.versions.node;

const stray: unknown[] = [];
process.on("unhandledRejection", (error) => stray.push(error));

const jobs: Job[] = [];
for (const { title, cases } of GROUPS) {
  for (const fault of cases) {
    for (const call of callsOf(fault)) {
      const name = `${title}: ${fault.name}: ${call}`;
      if (wanted.every((word) => name.includes(word))) jobs.push({ name, fault, call });
    }
  }
}

// Collects garbage regularly, so that no object survives by chance.
const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
const collecting = setInterval(() => gc ? gc() : Bun?.gc(true), 500);

// Counts pauses of the event loop, which a busy machine causes.
let stalls = 0, repeated = 0, beat = performance.now();
const beating = setInterval(() => {
  const now = performance.now();
  if (now - beat > 20 + STALL) stalls++;
  beat = now;
}, 20);

const begun = performance.now();
const runs: Record<string, Run> = {};
let failed = 0;
const heavy = jobs.filter(({ call }) => !/^(?:GET|PUT|POST)$/.test(call));
await Promise.all([...lanes(jobs.filter((job) => !heavy.includes(job)), WIDTH), ...lanes(heavy, 5)]);
clearInterval(collecting);
clearInterval(beating);
for (const error of stray) console.log(`${RUNTIME}: unhandled rejection:`, error);
if (stray.length > 0) failed++;
if (report) writeFileSync(report, JSON.stringify({ runtime: RUNTIME, version, runs }));
const passed = Math.max(0, jobs.length + (stray.length > 0 ? 1 : 0) - failed);
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(
  `${
    failed === 0 ? "ok" : "FAILED"
  } | ${passed} passed | ${failed} failed (faults on ${RUNTIME}, ${seconds} s, ${repeated} repeated)`,
);
process.exit(failed === 0 ? 0 : 1);

/** Runs jobs with a limited concurrency. */
function lanes(jobs: Job[], width: number): Promise<void>[] {
  const queue = [...jobs];
  return Array.from({ length: width }, async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await doJob(job);
  });
}

async function doJob({ name, fault, call }: Job): Promise<void> {
  let done: Run;
  for (let tries = 1;; tries++) {
    const before = stalls;
    done = await run(fault, call).catch(broken);
    // A pause of the event loop makes times meaningless.
    if (done.problems.length === 0 || stalls === before || tries === 4) break;
    repeated++;
  }
  runs[name] = done;
  if (done.problems.length === 0) return;
  failed++;
  console.log(`${RUNTIME}: ${name} ... FAILED\n${done.problems.map((line) => `    ${line}`).join("\n")}`);
}

function broken(error: unknown): Run {
  const problem = error instanceof Error ? error.stack ?? error.message : String(error);
  return {
    attempts: 0,
    requests: 0,
    transactions: 0,
    outcome: "the test itself failed",
    milliseconds: 0,
    problems: [problem],
  };
}
