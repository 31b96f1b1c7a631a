/**
 * Measures how many events an application service handles in a second, without a network: in transactions of 100 events and
 * of one, with each store, one transaction after another; the best of several rounds. Prints a table in Markdown.
 *
 *     deno task bench appservice [--rounds=5]
 */

import { CACHE, output } from "../scripts/command.ts";
import { findBun } from "../scripts/npm.ts";

const PROGRAM = `${CACHE}/appservice_bench.mjs`;
const rounds = Number(Deno.args.find((arg) => arg.startsWith("--rounds="))?.slice(9) ?? 5);
const CASES = [["memory", 100], ["kv", 100], ["memory", 1], ["kv", 1]] as const;

await output(["deno", "bundle", "--platform=deno", `--output=${PROGRAM}`, "bench/appservice_worker.ts"]);
const bun = await findBun();
const runtimes: [name: string, command: string[]][] = [
  [`Deno ${Deno.version.deno}`, ["deno", "run", "-A", "--unstable-kv"]],
  [`Bun ${await output([bun, "--version"])}`, [bun]],
];
console.log("|  | 100, memory | 100, Deno KV | 1, memory | 1, Deno KV |\n| --- | --: | --: | --: | --: |");
for (const [name, command] of runtimes) {
  const cells: string[] = [];
  for (const [store, size] of CASES) {
    if (store === "kv" && !name.startsWith("Deno")) {
      cells.push("–");
      continue;
    }
    const figures: number[] = [];
    for (let i = 0; i < rounds; i++) {
      figures.push(Number(await output([...command, PROGRAM, store, `${size}`])));
    }
    cells.push(Math.round(Math.max(...figures)).toLocaleString("en"));
  }
  console.log(`| ${[name, ...cells].join(" | ")} |`);
}
