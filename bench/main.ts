/**
 * Compares the cost of the library with that of plain `fetch` and of other libraries, on Deno and Bun. A complete run
 * writes docs/measurements/performance.md.
 *
 *     deno task bench                 everything; takes about six minutes on a machine that does nothing else
 *     deno task bench --quick         fewer rounds and no large transfers; takes a minute, writes the page only with --write
 *     deno task bench calls media     some tables: import, bundle, calls, many, sync, stream, members, media
 *     deno task bench --own           without the other libraries
 *     deno task bench sync_stream     a million events or, with --first, an initial sync of 1,000 rooms; see sync_stream.ts
 *     deno task bench appservice      events that an application service handles in a second; see appservice.ts
 */

import { CASES } from "./cases.ts";
import { measureFresh, measureImports, measureWarm, present } from "./measure.ts";
import { countModules, measureModules } from "./modules.ts";
import { prepare } from "./prepare.ts";
import { LIMITED, page, type Results, writePage } from "./report.ts";
import { startServer } from "./server.ts";
import { weighAll } from "./weigh.ts";

const TABLES = ["import", "bundle", ...Object.keys(CASES)];
const flags = new Set(Deno.args.filter((arg) => arg.startsWith("--")));
const names = Deno.args.filter((arg) => !arg.startsWith("--"));
const wrong = names.find((name) => !TABLES.includes(name));
// These parse their own options and print their own results.
if (names[0] === "sync_stream") {
  await import("./sync_stream.ts");
  Deno.exit();
}
if (names[0] === "appservice") {
  await import("./appservice.ts");
  Deno.exit();
}
if (wrong !== undefined) {
  console.error(`Tables: ${[...TABLES, "sync_stream", "appservice"].join(", ")}`);
  Deno.exit(2);
}
const quick = flags.has("--quick");
const chosen = new Set(names.length > 0 ? names : TABLES);
const rounds = quick
  ? { warm: 5, fresh: 1, imports: 3, modules: 3 }
  : { warm: 15, fresh: 3, imports: 15, modules: 7 };

const prepared = await prepare();
if (flags.has("--own")) delete prepared.titles.js, delete prepared.titles.bot;
const all = present(prepared);
const results: Results = { prepared, imports: [], curves: [], modules: 0, weights: [], reports: [] };
const say = (text: string) => console.error(`${new Date().toTimeString().slice(0, 8)} ${text}`);
const server = await startServer();
try {
  if (chosen.has("import")) results.modules = await countModules();
  if (chosen.has("bundle")) results.weights = await weighAll(prepared);
  for (const runtime of prepared.runtimes) {
    if (chosen.has("import")) {
      say(`${runtime.name}: import`);
      results.imports.push([runtime.name, await measureImports(runtime, all, rounds.imports)]);
      results.curves.push([runtime.name, await measureModules(runtime, rounds.modules)]);
    }
    for (const [name, list] of Object.entries(CASES)) {
      if (!chosen.has(name)) continue;
      const table = name as keyof typeof CASES;
      const cases = list.filter(({ long }) => !quick || !long);
      const contenders = all.filter((contender) => contender !== "limited" || LIMITED.includes(table));
      const warm = cases.filter(({ fresh }) => !fresh);
      if (warm.length > 0) {
        say(`${runtime.name}: ${table}`);
        const reports = await measureWarm(runtime, contenders, warm, rounds.warm, server.url);
        for (const [i, one] of warm.entries()) {
          results.reports.push({ table, runtime: runtime.name, case: one, reports: reports[i]! });
        }
      }
      for (const one of cases.filter(({ fresh }) => fresh)) {
        say(`${runtime.name}: ${one.title}`);
        const reports = await measureFresh(runtime, contenders, one, rounds.fresh, quick, server.url);
        results.reports.push({ table, runtime: runtime.name, case: one, reports });
      }
    }
  }
} finally {
  await server.stop();
}
const { text, verdicts } = page(results);
console.log(text);
const whole = !quick && names.length === 0 && !flags.has("--own");
if (whole || flags.has("--write")) await writePage(text);
for (const { what, figure, bar, kept } of verdicts) {
  if (!kept) console.error(`missed: ${what}: ${figure}, goal ${bar}`);
}
