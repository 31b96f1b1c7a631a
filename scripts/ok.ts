/** Runs everything that CI checks, also after a failure. The last line is `N passed, N failed`. */
import { ROOT } from "./command.ts";

const TASKS = [
  "fmt --check",
  "lint",
  "check",
  "coverage",
  "test:bun",
  "test:floor",
  "fuzz 3000",
  "test:integration",
  "test:faults",
  "test:consumer",
  "test:crypto",
  "test:browser",
  "test:edge",
  "size",
  "demo",
  "demo:encrypted",
  "publish:check",
];

/** Runs a task on this terminal and returns its output without colours. */
async function runTask(args: string[]): Promise<{ success: boolean; text: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: ROOT,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const show = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      text += decoder.decode(bytes, { stream: true });
      // Two streams at once cannot share `Deno.stdout.writable`.
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
    }
  };
  const [{ success }] = await Promise.all([child.status, show(child.stdout), show(child.stderr)]);
  // deno-lint-ignore no-control-regex
  return { success, text: text.replaceAll(/\x1b\[[0-9;]*m/g, "") };
}

const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed|^ *(\d+) pass\n(?:.*\n)*? *(\d+) fail$/gm;

let [passed, failed] = [0, 0];
const skipped = new Set<string>();
const table: string[] = [];
for (const task of TASKS) {
  console.log(`\n=== deno task ${task}`);
  const start = performance.now();
  const { success, text } = await runTask(task.split(" "));
  const counts = [...text.matchAll(SUMMARY)].map((match) => match.slice(1).filter(Boolean).map(Number));
  // A program that is not a test runner counts as one test.
  let [good, bad] = counts.reduce(([a = 0, b = 0], [c = 0, d = 0]) => [a + c, b + d], [0, 0]) as [
    number,
    number,
  ];
  if (counts.length === 0 && success) good = 1;
  if (bad === 0 && !success) bad = 1;
  passed += good;
  failed += bad;
  for (const [line] of text.matchAll(/^skipped: .+$|^.+ \.\.\. ignored.*$/gm)) {
    skipped.add(`${task}: ${line}`);
  }
  const seconds = ((performance.now() - start) / 1_000).toFixed(1).padStart(7);
  table.push(`${task.padEnd(18)}${seconds} s  ${bad === 0 ? "ok" : "FAILED"}, ${good} passed, ${bad} failed`);
}
console.log(`\n${[...skipped, "", ...table].join("\n").trim()}`);
console.log(`\n${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
