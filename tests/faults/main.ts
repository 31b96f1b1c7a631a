/**
 * The fault matrix: every case against a server that misbehaves on purpose, on whichever runtime runs this file.
 *
 * Arguments: `--report=file` writes what was measured as JSON; any other limits the run to cases whose name holds it.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import type { CallName, FaultCase } from "./case.ts";
import { GROUPS } from "./groups.ts";
import { type Run, run, RUNTIME } from "./run.ts";

/** Calls in flight at once. */
const WIDTH = 24;

const args = process.argv.slice(2);
const report = args.find((arg) => arg.startsWith("--report="))?.slice("--report=".length);
const wanted = args.filter((arg) => !arg.startsWith("--"));

const stray: unknown[] = [];
process.on("unhandledRejection", (error) => stray.push(error));

const jobs: { name: string; fault: FaultCase; call: CallName }[] = [];
for (const { title, cases } of GROUPS) {
  for (const fault of cases) {
    for (const call of Object.keys(fault.expect) as CallName[]) {
      const name = `${title}: ${fault.name}: ${call}`;
      if (wanted.every((word) => name.includes(word))) jobs.push({ name, fault, call });
    }
  }
}

// Garbage is collected all the time, so that nothing may live by chance.
const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
const collecting = setInterval(() => gc ? gc() : Bun?.gc(true), 100);

const begun = performance.now();
const runs: Record<string, Run> = {};
let failed = 0;
const queue = [...jobs];
await Promise.all(Array.from({ length: WIDTH }, async () => {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const { name, fault, call } = job;
    const done = await run(fault, call).catch((error): Run => ({
      attempts: 0,
      requests: 0,
      transactions: 0,
      outcome: "the test itself failed",
      milliseconds: 0,
      problems: [String(error?.stack ?? error)],
    }));
    runs[name] = done;
    if (done.problems.length === 0) continue;
    failed++;
    console.log(`${RUNTIME}: ${name} ... FAILED\n${done.problems.map((line) => `    ${line}`).join("\n")}`);
  }
}));
clearInterval(collecting);
for (const error of stray) console.log(`${RUNTIME}: unhandled rejection:`, error);
if (stray.length > 0) failed++;
if (report) writeFileSync(report, JSON.stringify({ runtime: RUNTIME, version: process.version, runs }));
const passed = Math.max(0, jobs.length + (stray.length > 0 ? 1 : 0) - failed);
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(
  `${
    failed === 0 ? "ok" : "FAILED"
  } | ${passed} passed | ${failed} failed (faults on ${RUNTIME}, ${seconds} s)`,
);
process.exit(failed === 0 ? 0 : 1);
