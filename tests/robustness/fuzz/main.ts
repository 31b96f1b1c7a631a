/**
 * Hostile answers and wrong arguments: `deno task fuzz [rounds] [--seed=number]`.
 *
 * First each argument of each method is wrong in every way, and each field of each answer; then come random rounds. Every
 * round has a seed of its own, which a failure tells: `--seed` leaves out the former and begins with that round.
 */
import process from "node:process";
import { CALLS } from "./calls.ts";
import { FUNCTIONS } from "./functions.ts";
import { type Failure, rounds, sweep, validCalls, wrongArguments } from "./rounds.ts";

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
// What is the same each time need not be repeated with a seed.
const skipped: { count: number; failures: Failure[] } = { count: 0, failures: [] };
const wrong = given === undefined ? await wrongArguments() : skipped;
const all = given === undefined ? await sweep() : skipped;
failures.push(...wrong.failures, ...all.failures, ...await rounds(seed, count, 20));
await new Promise((resolve) => setTimeout(resolve, 10));
for (const error of stray) {
  failures.push({ subject: "somewhere", how: "unhandled rejection", what: String(error) });
}
/** One of each kind is told in full. */
const told = new Map<string, number>();
for (const { subject, how, what, answer, seed } of failures) {
  const kind = `${subject}: ${what.split("\n")[0]}`;
  told.set(kind, (told.get(kind) ?? 0) + 1);
  if (told.get(kind)! > 1) continue;
  console.log(`\n${subject}: ${how}\n  ${what.replaceAll("\n", "\n  ")}`);
  if (answer !== undefined) console.log(`  answer: ${answer}`);
  if (seed !== undefined) console.log(`  again: deno task fuzz 1 --seed=${seed}`);
}
for (const [kind, times] of told) console.log(`${times} × ${kind}`);
const names = (list: readonly { name?: string; method?: string }[]) =>
  new Set(list.map(({ name, method }) => name ?? method)).size;
console.log(
  `\nfuzz: ${names(CALLS)} methods, ${
    names(FUNCTIONS)
  } functions: ${wrong.count} calls with a wrong argument, ` +
    `${all.count} answers with a wrong field, ${count} random rounds in ` +
    `${((performance.now() - begun) / 1_000).toFixed(1)} s`,
);
console.log(failures.length ? `FAILED: ${failures.length} (seed ${seed})` : "fuzz: nothing found");
process.exit(failures.length ? 1 : 0);
