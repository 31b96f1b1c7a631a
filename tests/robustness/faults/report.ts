/** Writes the page on reliability from what the runs have measured. */
import { type CallName, type Exception, type FaultCase, type FaultGroup, WITHIN } from "./case.ts";
import type { Run } from "./run.ts";

/** What `main.ts` has measured on a runtime. */
export interface MatrixReport {
  runtime: string;
  version: string;
  runs: Record<string, Run>;
}

/** What `leaks.ts` has measured on a runtime. */
export interface LeakReport {
  runtime: string;
  calls: number;
  timers: number;
  listeners: number;
  unread: number;
}

/** Most bytes by which the heap may grow after the warm-up. */
export const GROWTH: number = 512 * 1024;
/** Longest time from a program's last call to its end, in milliseconds. */
export const ENDING = 2_000;

const INTRODUCTION = `# Reliability

This page is written by \`deno task test:faults\`. A TCP server misbehaves on purpose, in each case in one way, and every call
meets it: a GET (\`whoami()\`), a PUT with a transaction ID (\`sendText()\`), a POST that is not safe to repeat (\`login()\`), uploads,
a download.

A cell says what the call came to, and how many requests the server saw; where our attempts are not as many, their number
stands in brackets. *IDs* is the number of distinct transaction IDs among the PUT's requests: with one ID the homeserver takes
all of them for one. *Time* is how long a call takes at least, where the server has asked for a wait, and at most. Backoff is
between 5 and 20 ms here, so that the table does not take minutes; all else of the retry policy is the default.

In each of these calls a secret stands wherever one can: access token, password, refresh token, cookie, query, and new tokens in
the answer. After each call the test looks for them in errors (message, stack, cause, every field), in what
\`console.log()\`, \`Deno.inspect()\`, \`Bun.inspect()\`, \`util.inspect()\` and \`JSON.stringify()\` make of errors and client, in log lines, in
what hooks are given, in URLs, and in all that reaches another origin. None may be found. Nor may a connection stay open that
nobody wants any more, nor a request come after the call has ended. Garbage is collected all the time meanwhile.
`;

/** Makes the page. */
export function reliabilityPage(groups: FaultGroup[], matrix: MatrixReport[], leaks: LeakReport[]): string {
  const [first] = matrix;
  if (!first) throw new Error("Cannot write the page: nothing was run");
  const cases = groups.reduce((sum, group) => sum + group.cases.length, 0);
  const calls = Object.keys(first.runs).length;
  const runtimes = matrix.map(({ runtime, version }) => `${runtime} ${version}`).join(", ");
  return [
    INTRODUCTION,
    `${cases} cases, ${calls} calls, the same on ${runtimes}; where a runtime differs, a note says how and why.`,
    ...groups.map((group) => section(group, first)),
    leakSection(leaks),
  ].join("\n\n") + "\n";
}

function section(group: FaultGroup, report: MatrixReport): string {
  const calls = [...new Set(group.cases.flatMap(({ expect }) => Object.keys(expect)))] as CallName[];
  const sends = calls.includes("PUT");
  const head = ["Fault", ...calls, ...sends ? ["IDs"] : [], "Time"];
  const notes: string[] = [];
  const rows = group.cases.map((fault) => {
    const marks = (fault.except ?? []).map((exception) => note(notes, exception));
    const run = (call: CallName) => report.runs[`${group.title}: ${fault.name}: ${call}`]!;
    return [
      [fault.name, ...marks].join(" "),
      ...calls.map((call) => fault.expect[call] ? cell(fault, call, run(call)) : ""),
      ...sends ? [fault.expect.PUT ? ids(fault, run("PUT")) : ""] : [],
      time(fault),
    ];
  });
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  return [`## ${group.title}`, group.about, lines.join("\n"), ...notes].join("\n\n");
}

/** The expectation is what was measured, or the run has failed; a range stays a range. */
function cell(fault: FaultCase, call: CallName, run: Run): string {
  const { attempts, requests = attempts } = fault.expect[call]!;
  const seen = typeof requests === "number" ? String(requests) : requests.join("–");
  const outcome = run.outcome === "answer"
    ? "answer"
    : run.outcome === "reason"
    ? "the reason"
    : `\`${run.outcome}\``;
  return `${outcome}, ${seen}${seen === String(attempts) ? "" : ` (${attempts})`}`;
}

function ids(fault: FaultCase, run: Run): string {
  const { requests } = fault.expect.PUT!;
  return requests === 0 || run.attempts === 0
    ? "0"
    : typeof requests === "object"
    ? "0–1"
    : String(run.transactions);
}

function time({ atLeast, within = WITHIN }: FaultCase): string {
  const seconds = (milliseconds: number) => milliseconds / 1000;
  return atLeast === undefined ? `≤ ${seconds(within)} s` : `${seconds(atLeast)}–${seconds(within)} s`;
}

function note(notes: string[], exception: Exception): string {
  const { runtimes, calls, expect, why } = exception;
  const { outcome, attempts, requests, held } = expect;
  const facts = [
    outcome && (outcome === "answer" ? "an answer" : `\`${outcome}\``),
    attempts !== undefined && `${attempts} attempt${attempts === 1 ? "" : "s"}`,
    requests !== undefined && `${requests} requests`,
    held && "a connection is held",
  ].filter(Boolean).join(", ");
  const text = `${runtimes.join(" and ")}, ${calls.join(", ")}: ${facts}. ${why}`;
  let index = notes.findIndex((line) => line.endsWith(text));
  if (index < 0) index = notes.push(`(${notes.length + 1}) ${text}`) - 1;
  return `(${index + 1})`;
}

function leakSection(leaks: LeakReport[]): string {
  const head = ["Runtime", "Calls", "Timers left", "Listeners left", "Bodies unread", "Growth of the heap"];
  const rows = leaks.map(({ runtime, calls, timers, listeners, unread }) =>
    [runtime, calls, timers, listeners, unread, `≤ ${GROWTH / 1024} KiB`].map(String)
  );
  return `## Leaks

Calls of 21 kinds, most of which fail, are cancelled, run out of time or give up a stream, 100 at a time, with one signal that
outlives them all. Growth of the heap is measured from the 2,000th call to the last.

${[head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")}

A program whose last call is one of these kinds ends by itself within ${
    ENDING / 1000
  } s of it, its runtime's own end included.`;
}
