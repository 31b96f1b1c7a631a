/** Writes docs/measurements/performance.md. */

import { ROOT } from "../scripts/command.ts";
import type { Case, CASES } from "./cases.ts";
import type { Costs } from "./measure.ts";
import { type Curve, SPLITS } from "./modules.ts";
import type { Prepared } from "./prepare.ts";
import {
  type Bar,
  barText,
  cell,
  compare,
  figureText,
  median,
  type Most,
  mostOn,
  OTHERS,
  type Reports,
  type Shown,
  table,
  type Verdict,
} from "./table.ts";
import type { Weight } from "./weigh.ts";

/** All measurements. */
export interface Results {
  prepared: Prepared;
  /** Costs of imports, by runtime. */
  imports: [runtime: string, costs: Costs][];
  /** Times to import the same code in more and more modules, by runtime. */
  curves: [runtime: string, curve: Curve][];
  /** Number of modules that the root loads. */
  modules: number;
  weights: Weight[];
  /** Reports, by table, runtime and case. */
  reports: { table: keyof typeof CASES; runtime: string; case: Case; reports: Reports }[];
}

const CPU: Shown = { measure: "cpu", each: true };
const CALL: Bar = { measure: "ratio", base: "limited", most: 1.1 };
const SYNC: Bar = { measure: "ratio", most: 1.3 };
const MEMORY: Bar = { measure: "difference", most: 5, unit: "MiB" };
const GROWTH: Bar = { measure: "value", most: 10, unit: "MiB" };
const IMPORT: Bar = { measure: "value", most: 10, unit: "ms" };
const IMPORT_MOST: Most = { Deno: 8, Bun: 10 };

/** The tables with a column for `fetch` with a time limit. */
export const LIMITED: readonly (keyof typeof CASES)[] = ["calls", "many", "stream"];

/** A section of the page: its text, and the measures of each case in its table. */
interface Part {
  table: keyof typeof CASES;
  title: string;
  words: string;
  shown: { title: string; shown: Shown; bar?: Bar }[];
}

const PARTS: Part[] = [
  {
    table: "calls",
    title: "Calls",
    words:
      "CPU time of a call in µs, in rounds of 1,000 calls. “With a limit” is `fetch` with the minimum of a library: an " +
      "`AbortController`, a timer, a User-Agent, and no redirects with the token. `fetch` and ours run in the same process. " +
      "The goal is the ratio to `fetch` with a limit.",
    shown: [{ title: "CPU µs", shown: CPU, bar: CALL }],
  },
  {
    table: "many",
    title: "10,000 calls at once",
    words: "All calls start in the same turn of the event loop, in a new process.",
    shown: [
      { title: "CPU µs a call", shown: CPU, bar: CALL },
      { title: "peak MiB", shown: { measure: "peak" } },
    ],
  },
  {
    table: "sync",
    title: "Initial sync",
    words:
      "One response with rooms of 100 events (80 members, 20 messages), in a new process, except for the case that is warm: " +
      "there, code has been compiled by earlier syncs. matrix-js-sdk creates and keeps " +
      "its rooms. matrix-bot-sdk calls one handler for the messages. `fetch` and ours return the response, and its events " +
      "are counted.",
    shown: [
      { title: "CPU µs an event", shown: { ...CPU, digits: 2 }, bar: SYNC },
      { title: "peak MiB", shown: { measure: "peak", digits: 0 } },
      { title: "MiB after", shown: { measure: "rss", digits: 0 } },
    ],
  },
  {
    table: "stream",
    title: "Incremental syncs",
    words:
      "Batches of 100 messages in 10 rooms, in a new process: 200,000 events, or a million, after a tenth of them that is not " +
      "counted. The other libraries become slower with the number of received events, so they receive only the first " +
      "2,000. The case without a handler uses `client.syncs()`, those with one use `client.run()`. “MiB more” is the " +
      "difference between memory at the end and after the first tenth. On Deno, V8's young generation has its maximum size " +
      "from the start. It would otherwise grow by some 50 MiB, also with `fetch`.",
    shown: [
      { title: "CPU µs an event", shown: { ...CPU, digits: 2 }, bar: SYNC },
      { title: "MiB more", shown: { measure: "grown" }, bar: GROWTH },
    ],
  },
  {
    table: "members",
    title: "Members of a large room",
    words: "`getMembers()` of a room with 50,000 members, in a new process.",
    shown: [
      { title: "CPU ms", shown: { measure: "cpu", scale: 1000, digits: 0 }, bar: SYNC },
      { title: "peak MiB", shown: { measure: "peak", digits: 0 } },
    ],
  },
  {
    table: "media",
    title: "Media",
    words:
      "One transfer in a new process: its peak memory, and the difference between the peak and the memory before the " +
      "transfer, after the libraries were loaded. The goal applies to the difference. The cost of loading is under Import.",
    shown: [
      { title: "MiB more", shown: { measure: "rise" }, bar: MEMORY },
      { title: "peak MiB", shown: { measure: "peak" } },
    ],
  },
];

function rows(results: Results, part: Part, verdicts: Verdict[]): string[][] {
  const rows: string[][] = [];
  for (const { table, runtime, case: one, reports } of results.reports) {
    if (table !== part.table) continue;
    const { title } = one;
    for (const { title: measure, shown, bar: usual } of part.shown) {
      const bar = usual && barOf(one, usual, runtime);
      const figure = bar && compare(shown, reports, bar);
      if (cell(shown, reports.ours) === "–") continue;
      if (bar !== undefined && figure !== undefined) {
        verdicts.push({
          what: `${runtime}: ${title}`,
          figure: figureText(bar, figure),
          bar: barText(bar),
          kept: figure <= bar.most,
        });
      }
      rows.push([
        runtime,
        part.shown.length > 1 ? `${title}, ${measure}` : title,
        cell(shown, reports.plain),
        ...(LIMITED.includes(part.table) ? [cell(shown, reports.limited)] : []),
        cell(shown, reports.ours),
        ...(isJudgedByLimit(part) ? [ratioToFetch(shown, reports, bar)] : []),
        bar && bar.measure !== "value" && figure !== undefined ? figureText(bar, figure) : "",
        bar !== undefined && figure !== undefined ? barText(bar) : "",
        ...OTHERS.map((other) => cell(shown, reports[other])),
      ]);
    }
  }
  return rows;
}

/** Returns the goal of a case: its own, or that of the table. */
function barOf({ most, above }: Case, usual: Bar, runtime: string): Bar {
  if (usual.measure === "value") return usual;
  if (usual.measure === "ratio" && above !== undefined) {
    return { measure: "difference", most: above, unit: "µs" };
  }
  return { ...usual, most: mostOn(runtime, most ?? usual.most) };
}

function isJudgedByLimit({ shown }: Part): boolean {
  return shown.some(({ bar }) => bar?.base === "limited");
}

/** Formats the ratio to plain `fetch`, which is not judged. */
function ratioToFetch(shown: Shown, reports: Reports, bar: Bar | undefined): string {
  if (bar?.base !== "limited") return "";
  const plain: Bar = { ...bar, base: "plain" };
  const figure = compare(shown, reports, plain);
  return figure === undefined ? "" : figureText(plain, figure);
}

function section(results: Results, part: Part, verdicts: Verdict[]): string[] {
  const found = rows(results, part, verdicts);
  if (found.length === 0) return [];
  const limited = LIMITED.includes(part.table) ? ["with a limit"] : [];
  const ratios = isJudgedByLimit(part) ? ["÷ `fetch`", "÷ limit"] : [""];
  const head = ["", "", "`fetch`", ...limited, "ours", ...ratios, "goal", "matrix-js-sdk", "matrix-bot-sdk"];
  return [`## ${part.title}`, part.words, table(head, found)];
}

function imports(runtime: string, costs: Costs, verdicts: Verdict[]): string[][] {
  const columns = ["plain", "ours", "bundled", ...OTHERS] as const;
  const show = (index: 0 | 1) =>
    columns.map((name) => costs[name] ? median(costs[name].map((cost) => cost[index])).toFixed(1) : "");
  for (const [name, title] of [["ours", "import"], ["bundled", "import of one file"]] as const) {
    if (costs[name] === undefined) continue;
    // An import takes a runtime some time in any case.
    const time = median(costs[name].map((cost) => cost[0])) - median(costs.plain!.map((cost) => cost[0]));
    const bar = { ...IMPORT, most: mostOn(runtime, IMPORT_MOST) };
    verdicts.push({
      what: `${runtime}: ${title}`,
      figure: figureText(bar, time),
      bar: barText(bar),
      kept: time <= bar.most,
    });
  }
  return [[runtime, "ms", ...show(0)], [runtime, "MiB", ...show(1)]];
}

function loading(results: Results, verdicts: Verdict[]): string[] {
  const text: string[] = [];
  if (results.imports.length > 0) {
    text.push(
      "## Import",
      "Time and memory of `await import()` in a new process: on Deno from the sources, as JSR serves them, on Bun from the " +
        "npm package, and from one file, as a bundler writes it. Goal, above an empty module: " +
        `${barText({ ...IMPORT, most: mostOn("Deno", IMPORT_MOST) })} on Deno, ${
          barText({ ...IMPORT, most: mostOn("Bun", IMPORT_MOST) })
        } on Bun.`,
      table(
        ["", "", "empty module", "ours", "ours, one file", "matrix-js-sdk", "matrix-bot-sdk"],
        results.imports.flatMap(([runtime, costs]) => imports(runtime, costs, verdicts)),
      ),
      `The root loads ${results.modules} modules, those of \`@std\` included. This is the time in ms for generated code that is ` +
        "as long as the library, comments included, in different numbers of modules, each of which imports four others:",
      table(
        ["", ...SPLITS.map((count) => `${count} modules`)],
        results.curves.map(([runtime, curve]) => [runtime, ...curve.map((time) => time.toFixed(1))]),
        1,
      ),
    );
  }
  if (results.weights.length > 0) {
    text.push(
      "## Bundle",
      "Bundled and minified by `deno bundle` with all dependencies, in kB, without WebAssembly and without the " +
        "modules that matrix-js-sdk loads later for encryption. `deno task size` guards the sizes. Before there was a method " +
        "for every operation of the specification, the goals were 12.5 kB for `HTTPAPI`, 32 kB for a program that uses " +
        "`ClientAPI`, and 36 kB for all of it.",
      table(
        ["", "minified", "gzipped"],
        results.weights.map(({ title, minified, gzipped }) => [
          title,
          (minified / 1000).toFixed(1),
          (gzipped / 1000).toFixed(1),
        ]),
        1,
      ),
    );
  }
  return text;
}

/** The known reasons for missed goals. */
const REMAINS = `These are the known reasons for missed goals:

- **Import.** On Deno, the time grows with the number of modules: a table under Import shows that. Related themes of the
  specification share a module for that reason. \`client_api.ts\` names all of them, because Deno 2.9.6 reads a module twice if
  it is the first to import another one. On Bun, most of the time is the code itself, also in one file.
- **Calls.** Beyond \`fetch\` with a limit, a call checks its arguments, encodes its path, and awaits four functions.
  \`sendText()\` also makes the content, the transaction ID and a path of three values, checks that the body is JSON, and
  awaits two functions more. Each attempt has a timer of its own, as \`fetch\` with a limit has: timers that calls pass on to
  each other would save 2.6 µs on Deno. On Bun, a call of \`fetch\` takes half of the time that it takes on Deno, so that all
  of this counts most there.
- **Downloads into memory.** On Deno and Node, content is read into its final place. Bun has no such reader for responses. The
  chunks are copied and their memory is freed, unless a custom \`fetch\` might have kept a clone of the response: Bun's clones
  share their memory.
- **Uploads of streams on Bun.** Uploads pass through a second stream that counts the bytes, which takes some MiB.
- **Memory of a sync on Deno.** It varies by 10 MiB between runs, also for \`fetch\` with a limit.`;

function machine(): string {
  const cores = navigator.hardwareConcurrency;
  let model = "";
  try {
    model = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "";
  } catch {
    // Not every system has this file.
  }
  return `${cores} cores${model && ` (${model.trim()})`}, ${Deno.build.os} ${Deno.build.arch}`;
}

/** Makes the page. */
export function page(results: Results): { text: string; verdicts: Verdict[] } {
  const { prepared } = results;
  const verdicts: Verdict[] = [];
  const parts = [...loading(results, verdicts), ...PARTS.flatMap((part) => section(results, part, verdicts))];
  const missed = verdicts.filter(({ kept }) => !kept);
  const libraries = Object.values(prepared.titles).filter((title) => !title.startsWith("`")).join(", ");
  const date = new Date().toISOString().slice(0, 10);
  const text = [
    "# Performance",
    "The cost of the library, of plain `fetch` with `JSON.parse()`, and of two other libraries. `deno task bench` writes this " +
    "page. Do not edit it.",
    `- ${date}, ${machine()}\n- ${prepared.runtimes.map(({ name }) => name).join(", ")}\n- ${libraries}`,
    "CPU time is that of the whole process, garbage collection and compiler included. The server runs in another process. " +
    "The contenders alternate in each round. A figure is the median of the rounds. Ratios and differences are medians of " +
    "each round's own value, so they can differ from those of the medians. – means that a library does not support a case: " +
    "matrix-js-sdk has no downloads, and neither of the two has streams. Nothing is encrypted. An empty module replaces the " +
    "native module of matrix-bot-sdk.",
    "## Goals",
    missed.length === 0
      ? `All ${verdicts.length} are met.`
      : `${verdicts.length - missed.length} of ${verdicts.length} are met. Missed:\n\n` +
        missed.map(({ what, figure, bar }) => `- ${what}: ${figure}, goal ${bar}`).join("\n"),
    ...(missed.length === 0 ? [] : [REMAINS]),
    ...parts,
  ].join("\n\n");
  return { text: `${text}\n`, verdicts };
}

/** Writes the page. */
export async function writePage(text: string): Promise<void> {
  const path = `${ROOT}/docs/measurements/performance.md`;
  await Deno.writeTextFile(path, text);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] }).output();
}
