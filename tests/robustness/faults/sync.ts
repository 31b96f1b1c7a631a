/** Runs the cases of sync_cases.ts on the current runtime: all, or those whose name contains all arguments. */
import process from "node:process";
import { RUNTIME } from "./run.ts";
import { runSync, SYNC_CASES, type SyncCase } from "./sync_cases.ts";

/** Attempts for a case that fails, because a busy machine exceeds time limits. */
const TRIES = 3;
/** The number of cases that run at the same time. */
const WIDTH = 6;

const stray: unknown[] = [];
process.on("unhandledRejection", (error) => stray.push(error));

const wanted = process.argv.slice(2);
const cases = SYNC_CASES.filter(({ name }) => wanted.every((word) => `sync: ${name}`.includes(word)));
const begun = performance.now();
let failed = 0;
const queue = [...cases];
await Promise.all(Array.from({ length: WIDTH }, async () => {
  for (let one = queue.shift(); one; one = queue.shift()) await attempt(one);
}));
for (const error of stray) console.log(`${RUNTIME}: unhandled rejection:`, error);
if (stray.length > 0) failed++;
const passed = Math.max(0, cases.length + (stray.length > 0 ? 1 : 0) - failed);
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(
  `${
    failed === 0 ? "ok" : "FAILED"
  } | ${passed} passed | ${failed} failed (syncs on ${RUNTIME}, ${seconds} s)`,
);
process.exit(failed === 0 ? 0 : 1);

async function attempt(one: SyncCase): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await runSync(one);
    } catch (error) {
      if (tries < TRIES) continue;
      failed++;
      const text = error instanceof Error ? error.stack ?? error.message : String(error);
      return console.log(`${RUNTIME}: sync: ${one.name} ... FAILED\n    ${text.replaceAll("\n", "\n    ")}`);
    }
  }
}
