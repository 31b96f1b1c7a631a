/** What a step of a task came to, and how it is told. */
import type { Outcome } from "./process.ts";

/** Tests by outcome. */
export interface Counts {
  passed: number;
  failed: number;
}

/** What a step came to. */
export interface Result {
  ok: boolean;
  /** Of tests; without it the step counts as one. */
  counts?: Counts;
  /** What was left out, each with its reason. */
  skipped: string[];
  /** A word on a success or failure. */
  note?: string;
}

const DENO_SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/gm;
const BUN_SUMMARY = /^ *(\d+) (pass|fail)$/gm;
/** Tests say what they leave out on a line of their own: `skipped: name: reason` or `… are skipped: reason`. */
const SAID = /^\s*(?:skipped: (.+)|(.+ (?:is|are) skipped: .+))$/gim;
const DENO_IGNORED = /^(.+) \.\.\. ignored/gm;
const BUN_SKIPPED = /^(?:»|\(skip\)) (.+?)(?: \[[\d.]+ ?ms\])?$/gm;

function countTests(output: string): Counts {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(DENO_SUMMARY)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  for (const [, number, what] of output.matchAll(BUN_SUMMARY)) {
    counts[what === "pass" ? "passed" : "failed"] += Number(number);
  }
  return counts;
}

function skippedTests(output: string): string[] {
  const names = [
    ...[...output.matchAll(SAID)].map(([, short, long]) => short ?? long ?? ""),
    ...[...output.matchAll(DENO_IGNORED), ...output.matchAll(BUN_SKIPPED)].map(([, name]) =>
      `${name}: switched off in its file`
    ),
  ];
  return [...new Set(names)];
}

/** The result of a test run. A run that dies without counting failures (a type error, say) has failed once. */
export function testResult({ code, output }: Outcome): Result {
  const counts = countTests(output);
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return { ok: code === 0 && counts.failed === 0, counts, skipped: skippedTests(output) };
}

/** The result of a program whose exit code says it all. */
export function plainResult({ code, output }: Outcome): Result {
  return {
    ok: code === 0,
    skipped: skippedTests(output),
    note: code === 0 ? undefined : code === 127 ? output : `exit code ${code}`,
  };
}

/** The result of several runs that make up one step. */
export function together(results: Result[]): Result {
  const counted = results.filter((result) => result.counts);
  return {
    ok: results.every((result) => result.ok),
    skipped: results.flatMap((result) => result.skipped),
    // What was left out does not hide what was done.
    note: results.find(({ note }) => note && note !== "skipped")?.note ??
      (results.every(({ note }) => note === "skipped") ? "skipped" : undefined),
    counts: counted.length === 0 ? undefined : {
      passed: counted.reduce((sum, { counts }) => sum + (counts?.passed ?? 0), 0),
      failed: counted.reduce((sum, { counts }) => sum + (counts?.failed ?? 0), 0),
    },
  };
}

/** A step that cannot be taken here. */
export function skip(what: string, reason: string): Result {
  console.log(`skipped: ${what}: ${reason}`);
  return { ok: true, counts: { passed: 0, failed: 0 }, skipped: [`${what}: ${reason}`], note: "skipped" };
}
