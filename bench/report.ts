/** Writes docs/measurements/performance.md. */

import { ROOT } from "../scripts/command.ts";
import type { Case, CASES } from "./cases.ts";
import type { Costs, Reports } from "./measure.ts";
import type { Prepared } from "./prepare.ts";
import {
  type Bar,
  barText,
  cell,
  compare,
  figureText,
  median,
  OTHERS,
  type Shown,
  table,
  type Verdict,
} from "./table.ts";
import type { Weight } from "./weigh.ts";

/** All that was measured. */
export interface Results {
  prepared: Prepared;
  /** What imports cost, by runtime. */
  imports: [runtime: string, costs: Costs][];
  weights: Weight[];
  /** Reports, by table, runtime and case. */
  reports: { table: keyof typeof CASES; runtime: string; case: Case; reports: Reports }[];
}

const CPU: Shown = { measure: "cpu", each: true };
const CALL: Bar = { measure: "ratio", most: 1.15 };
const SYNC: Bar = { measure: "ratio", most: 1.3 };
const MEMORY: Bar = { measure: "difference", most: 5, unit: "MiB" };
const GROWTH: Bar = { measure: "value", most: 10, unit: "MiB" };
const IMPORT: Bar = { measure: "value", most: 10, unit: "ms" };

/** The tables in which plain `fetch` with a time limit stands, too. */
export const LIMITED: readonly (keyof typeof CASES)[] = ["calls", "many", "stream"];

/** A part of the page: its words, and what its table shows of each case. */
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
      "CPU time of a call in µs, over rounds of 1,000 calls. With a limit: `fetch` with what no library can do without, " +
      "an `AbortController`, a timer, a User-Agent, and no redirects that carry the token; that much of the difference is " +
      "the runtime's.",
    shown: [{ title: "CPU µs", shown: CPU, bar: CALL }],
  },
  {
    table: "many",
    title: "10,000 calls at once",
    words: "All begun in the same turn, in a new process.",
    shown: [
      { title: "CPU µs a call", shown: CPU, bar: CALL },
      { title: "peak MiB", shown: { measure: "peak" } },
    ],
  },
  {
    table: "sync",
    title: "First sync",
    words:
      "One answer with rooms of 100 events (80 members, 20 messages), in a new process. matrix-js-sdk makes its rooms " +
      "and keeps them, matrix-bot-sdk hands the messages to one handler; `fetch` and ours give the answer as it is, " +
      "and its events are counted.",
    shown: [
      { title: "CPU µs an event", shown: { ...CPU, digits: 2 }, bar: SYNC },
      { title: "peak MiB", shown: { measure: "peak", digits: 0 } },
      { title: "MiB after", shown: { measure: "rss", digits: 0 } },
    ],
  },
  {
    table: "stream",
    title: "A sync that goes on",
    words:
      "Batches of 100 messages in 10 rooms, in a new process: a million events after 100,000 that are not counted; " +
      "for the other libraries, which get slower with all that they have heard, the first 10,000. Without a handler it is " +
      "`client.syncs()`, with one it is `client.run()`. MiB more: memory at the end beside that after the first 100,000, on Deno with V8's " +
      "space for what is young at its largest from the beginning, where it would otherwise grow by some 50 MiB meanwhile, " +
      "for `fetch` as well.",
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
      "One transfer in a new process: the most memory that it ever had, and by how much that is more than before the " +
      "transfer, when the libraries were loaded. The goal is about the latter: what loading takes stands under Import.",
    shown: [
      { title: "MiB more", shown: { measure: "rise" }, bar: MEMORY },
      { title: "peak MiB", shown: { measure: "peak" } },
    ],
  },
];

function rows(results: Results, part: Part, verdicts: Verdict[]): string[][] {
  const rows: string[][] = [];
  for (const { table, runtime, case: { title, most }, reports } of results.reports) {
    if (table !== part.table) continue;
    for (const { title: measure, shown, bar: usual } of part.shown) {
      const bar = usual?.measure === "ratio" ? { ...usual, most: most ?? usual.most } : usual;
      const figure = bar && compare(shown, reports, bar);
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
        bar && bar.measure !== "value" && figure !== undefined ? figureText(bar, figure) : "",
        bar ? barText(bar) : "",
        ...OTHERS.map((other) => cell(shown, reports[other])),
      ]);
    }
  }
  return rows;
}

function section(results: Results, part: Part, verdicts: Verdict[]): string[] {
  const found = rows(results, part, verdicts);
  if (found.length === 0) return [];
  const limited = LIMITED.includes(part.table) ? ["with a limit"] : [];
  const head = ["", "", "`fetch`", ...limited, "ours", "", "goal", "matrix-js-sdk", "matrix-bot-sdk"];
  return [`## ${part.title}`, part.words, table(head, found)];
}

function imports(runtime: string, costs: Costs, verdicts: Verdict[]): string[][] {
  const columns = ["plain", "ours", "bundled", ...OTHERS] as const;
  const show = (index: 0 | 1) =>
    columns.map((name) => costs[name] ? median(costs[name].map((cost) => cost[index])).toFixed(1) : "");
  for (const [name, title] of [["ours", "import"], ["bundled", "import of one file"]] as const) {
    if (costs[name] === undefined) continue;
    const time = median(costs[name].map((cost) => cost[0]));
    verdicts.push({
      what: `${runtime}: ${title}`,
      figure: figureText(IMPORT, time),
      bar: barText(IMPORT),
      kept: time <= IMPORT.most,
    });
  }
  return [[runtime, "ms", ...show(0)], [runtime, "MiB", ...show(1)]];
}

function loading(results: Results, verdicts: Verdict[]): string[] {
  const text: string[] = [];
  if (results.imports.length > 0) {
    text.push(
      "## Import",
      "`await import()` in a new process, and the memory that it takes. On Deno from the sources, as JSR gives them; on " +
        "Bun from the package as JSR's npm endpoint gives it; and from one file, as a bundler leaves it. Goal: " +
        `${barText(IMPORT)}.`,
      table(
        ["", "", "empty module", "ours", "ours, one file", "matrix-js-sdk", "matrix-bot-sdk"],
        results.imports.flatMap(([runtime, costs]) => imports(runtime, costs, verdicts)),
      ),
    );
  }
  if (results.weights.length > 0) {
    text.push(
      "## Bundle",
      "Bundled and minified by `deno bundle` with all dependencies, in kB. Without WebAssembly, and of matrix-js-sdk without " +
        "what it loads later for encryption.",
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

/** What is known of goals that are missed. */
const REMAINS = `Where a goal is missed, this is what is known of it:

- **Calls.** On Deno ours is about where the column "with a limit" is, so the goal leaves little room for any call that has a
  time limit: a timer alone costs 5 to 7 µs where calls follow one another. (Calls that begin in the same turn as another
  ends take over its timer.) On Bun the limit is the smaller part; the rest is ours: checking arguments, encoding the path,
  and six functions that await one another, each measured at 0.2 µs, together more than their sum.
- **Import.** It is mostly the number of modules, about 0.15 ms each; about a third is their length, comments included. In
  one file the same code takes a fraction.
- **Downloads as bytes.** Content is read chunk by chunk, so that a transfer that stalls is noticed, and the chunks lie
  about until they are collected: on Bun that is as much again as the content. Reading a stream into one piece of memory
  by hand costs the same without this library. They could be let go at once, but may be somebody else's: a clone of the
  answer has the same ones on Bun. \`streamMedia()\` holds nothing.
- **Streams up on Bun.** Uploads go through a second stream that counts. Such a stream alone costs some MiB there.
- **Memory of a sync on Deno.** It differs by 10 MiB from run to run, also for \`fetch\` with a limit.`;

function machine(): string {
  const cores = navigator.hardwareConcurrency;
  let model = "";
  try {
    model = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "";
  } catch {
    // Not everywhere there is such a file.
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
    "What the library costs beside plain `fetch` and `JSON.parse()`, and beside two others. This page is written by " +
    "`deno task bench`; nothing in it is edited by hand.",
    `- ${date}, ${machine()}\n- ${prepared.runtimes.map(({ name }) => name).join(", ")}\n- ${libraries}`,
    "CPU time is that of the whole process, garbage collection and compiler included; the server runs in another one. " +
    "All contenders run in turn, round by round. A figure is the median of the rounds; what ours is compared with `fetch` " +
    "is the median of the rounds' own ratios or differences, so it need not be that of the figures beside it. – means that " +
    "a library cannot do it. matrix-js-sdk has no downloads, neither of the two has streams. Nothing is encrypted: the " +
    "native module that matrix-bot-sdk loads for it is an empty one here.",
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
