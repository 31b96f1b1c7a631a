/**
 * Hostile responses and invalid arguments: `deno task fuzz [rounds] [--seed=number]`.
 *
 * First every argument of every method and every field of every response gets every invalid value. Random rounds follow,
 * each with a seed that a failure reports. `--seed` skips the first part and begins with that round.
 */
import process from "node:process";
import { CALLS } from "./calls.ts";
import { FUNCTIONS } from "./functions.ts";
import { type Failure, invalidArguments, rounds, sweep, validCalls } from "./rounds.ts";

const STANDARD = 10_000;

const args = process.argv.slice(2);
const given = args.find((arg) => arg.startsWith("--seed="))?.slice("--seed=".length);
const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(given);
const count = Number(args.find((arg) => !arg.startsWith("-")) ?? STANDARD);
if (!Number.isInteger(seed) || !Number.isInteger(count)) {
  console.error("Use: deno task fuzz [rounds] [--seed=number]");
  process.exit(2);
}

const stray: unknown[] = [];
process.on("unhandledRejection", (error) => stray.push(error));

const begun = performance.now();
console.log(`fuzz: seed ${seed}, ${count} rounds`);
const failures: Failure[] = await validCalls();
// The first part is always the same, so a run with a seed skips it.
const skipped: { count: number; failures: Failure[] } = { count: 0, failures: [] };
const wrong = given === undefined ? await invalidArguments() : skipped;
const all = given === undefined ? await sweep() : skipped;
failures.push(...wrong.failures, ...all.failures, ...await rounds(seed, count, 20));
await new Promise((resolve) => setTimeout(resolve, 10));
for (const error of stray) {
  failures.push({ subject: "unknown", how: "unhandled rejection", what: String(error) });
}
/** Counts of failures by kind. The first of each kind is printed in full. */
const printed = new Map<string, number>();
for (const { subject, how, what, response, seed } of failures) {
  const kind = `${subject}: ${what.split("\n")[0]}`;
  printed.set(kind, (printed.get(kind) ?? 0) + 1);
  if (printed.get(kind)! > 1) continue;
  console.log(`\n${subject}: ${how}\n  ${what.replaceAll("\n", "\n  ")}`);
  if (response !== undefined) console.log(`  response: ${response}`);
  if (seed !== undefined) console.log(`  repeat: deno task fuzz 1 --seed=${seed}`);
}
for (const [kind, times] of printed) console.log(`${times} × ${kind}`);
const names = (list: readonly { name?: string; method?: string }[]) =>
  new Set(list.map(({ name, method }) => name ?? method)).size;
console.log(
  `\nfuzz: ${names(CALLS)} methods, ${
    names(FUNCTIONS)
  } functions: ${wrong.count} calls with an invalid argument, ` +
    `${all.count} responses with an invalid field, ${count} random rounds in ` +
    `${((performance.now() - begun) / 1_000).toFixed(1)} s`,
);
console.log(failures.length ? `FAILED: ${failures.length} (seed ${seed})` : "fuzz: no failures");
process.exit(failures.length ? 1 : 0);
