/**
 * The benchmarks, one after another, each in a process of its own. Names choose some of them:
 *
 *     deno task bench request
 */

import { ROOT, stdFlags } from "../scripts/tasks/environment.ts";

const all = ["request"];
const chosen = Deno.args.length > 0 ? Deno.args : all;

for (const name of chosen) {
  if (!all.includes(name)) {
    console.error(`Benchmarks: ${all.join(", ")}`);
    Deno.exit(2);
  }
  console.log(`\n# ${name}\n`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...await stdFlags(), `${ROOT}/bench/${name}.ts`],
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
