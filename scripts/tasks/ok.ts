/** `deno task ok`: everything that CI checks, whatever fails on the way. */
import { testBrowser } from "./browser.ts";
import { testBun } from "./bun.ts";
import { consumerBun, consumerNode } from "./consumer.ts";
import { reportCoverage } from "./coverage.ts";
import { testEdge } from "./edge.ts";
import { testFloor } from "./floor.ts";
import { testIntegration } from "./integration.ts";
import type { Counts, Result } from "./result.ts";
import { check, fmtCheck, lintCode, lintDocs, program, publishDryRun, testAll } from "./steps.ts";

type Step = [name: string, take: () => Promise<Result>];

const STEPS: Step[] = [
  ["fmt", fmtCheck],
  ["lint", () => lintCode([])],
  ["doc lint", lintDocs],
  ["check", () => check([])],
  ["test", () => testAll([])],
  ["coverage", reportCoverage],
  ["test:bun", () => testBun([])],
  ["test:floor", () => testFloor([])],
  ["fuzz", () => program("tests/robustness/fuzz/main.ts")(["3000"])],
  ["test:integration", () => testIntegration([])],
  ["test:faults", async () => await (await import("./faults.ts")).testFaults([])],
  ["consumer: Bun", consumerBun],
  ["consumer: Node", consumerNode],
  ["test:browser", testBrowser],
  ["test:edge", () => testEdge([])],
  ["size", () => program("scripts/size.ts")([])],
  ["demo", () => program("scripts/demo.ts")([])],
  ["publish dry run", publishDryRun],
];

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function counted({ ok, counts }: Result): Counts {
  return counts ?? { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

function verdict(result: Result): string {
  const { ok, counts, note } = result;
  const words = counts && note !== "skipped" ? `${counts.passed} passed, ${counts.failed} failed` : undefined;
  return [note === "skipped" ? undefined : ok ? "ok" : "FAILED", words, note].filter(Boolean).join(", ");
}

/** Takes every step, and ends with a table and the sum. */
export async function ok(): Promise<number> {
  const rows: { name: string; result: Result; ms: number }[] = [];
  for (const [name, take] of STEPS) {
    console.log(`\n=== ${name}`);
    const begun = performance.now();
    let result: Result;
    try {
      result = await take();
    } catch (error) {
      console.error(error);
      result = { ok: false, skipped: [], note: "the step itself failed" };
    }
    const ms = performance.now() - begun;
    console.log(`=== ${name}: ${verdict(result)} (${seconds(ms)})`);
    rows.push({ name, result, ms });
  }
  const skipped = rows.flatMap(({ name, result }) =>
    result.skipped.map((what) => what.startsWith(`${name}: `) ? what : `${name}: ${what}`)
  );
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((line) => `  ${line}`).join("\n")}`);
  console.log("\nSteps:");
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, result, ms } of rows) {
    console.log(`  ${name.padEnd(width)}  ${seconds(ms).padStart(8)}  ${verdict(result)}`);
  }
  const total = rows.map(({ result }) => counted(result))
    .reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }));
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return rows.every(({ result }) => result.ok) && total.failed === 0 ? 0 : 1;
}
