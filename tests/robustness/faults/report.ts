/** Writes the page on reliability from the results of the runs. */
import { type CallName, type Exception, type FaultCase, type FaultGroup, WITHIN } from "./case.ts";
import type { Run } from "./run.ts";

/** The results of `main.ts` on a runtime. */
export interface MatrixReport {
  runtime: string;
  version: string;
  runs: Record<string, Run>;
}

/** The results of `leaks.ts` on a runtime. */
export interface LeakReport {
  runtime: string;
  calls: number;
  timers: number;
  listeners: number;
  unread: number;
}

/** The maximum growth of the heap after the warm-up in bytes. */
export const GROWTH: number = 512 * 1024;
/** The maximum time from a program's last call to its end in milliseconds. */
export const ENDING = 2_000;

const INTRODUCTION = `# Reliability

\`deno task test:faults\` writes this page. It starts a TCP server that has one fault in each case, and makes every call against
it: a GET (\`whoami()\`), a PUT with a transaction ID (\`sendText()\`), a POST that is not safe to repeat (\`login()\`), uploads and
downloads.

A cell shows the result of the call and the number of requests that the server received. If the number of attempts differs, it
follows in brackets. *IDs* is the number of distinct transaction IDs of the PUT's requests: the homeserver processes requests with
the same ID once. *Time* is the minimum duration of a call, if the server requests a wait, and the maximum. The backoff is between 5
and 20 ms, so that the run takes seconds. The rest of the retry policy is the default.

The user of an application service makes each PUT, too. Its result is the same, except that a user that is refused with 403 also
attempts to register and to join.

Each call sends secrets wherever it can: access token, password, refresh token, both tokens
of the application service, cookies and queries. The responses hold new tokens.
After each call the test searches for them in errors (message, stack, cause and every field), in the output of \`console.log()\`,
\`Deno.inspect()\`, \`Bun.inspect()\`, \`util.inspect()\` and \`JSON.stringify()\` for errors and the client, in log lines, in the arguments of
hooks, in URLs, and in all requests to other origins. It must not find any. No unused connection may stay open, and no request may
follow after the end of a call. The runtime collects garbage during the whole run.
`;

/** Returns the page. */
export function reliabilityPage(groups: FaultGroup[], matrix: MatrixReport[], leaks: LeakReport[]): string {
  const [first] = matrix;
  if (!first) throw new Error("Cannot write the page: nothing was run");
  const cases = groups.reduce((sum, group) => sum + group.cases.length, 0);
  const calls = Object.keys(first.runs).length;
  const runtimes = matrix.map(({ runtime, version }) => `${runtime} ${version}`).join(", ");
  return [
    INTRODUCTION,
    `${cases} cases and ${calls} calls, with the same results on ${runtimes}. Notes describe the differences of runtimes.`,
    ...groups.map((group) => section(group, first)),
    leakSection(leaks),
  ].join("\n\n") + "\n";
}

function section(group: FaultGroup, report: MatrixReport): string {
  const calls = [...new Set(group.cases.flatMap(({ expect }) => Object.keys(expect)))].filter((call) =>
    call !== "ghost"
  ) as CallName[];
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

/** Returns a cell with the expected numbers, which a successful run has confirmed. */
function cell(fault: FaultCase, call: CallName, run: Run): string {
  const { attempts, requests = attempts } = fault.expect[call]!;
  const seen = typeof requests === "number" ? String(requests) : requests.join("–");
  const outcome = run.outcome === "response"
    ? "response"
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
    outcome && (outcome === "response" ? "a response" : `\`${outcome}\``),
    attempts !== undefined && `${attempts} attempt${attempts === 1 ? "" : "s"}`,
    requests !== undefined && `${requests} requests`,
    held && "a connection stays open",
  ].filter(Boolean).join(", ");
  const text = `${runtimes.join(" and ")}, ${calls.join(", ")}: ${facts}. ${why}`;
  let index = notes.findIndex((line) => line.endsWith(text));
  if (index < 0) index = notes.push(`(${notes.length + 1}) ${text}`) - 1;
  return `(${index + 1})`;
}

function leakSection(leaks: LeakReport[]): string {
  const head = ["Runtime", "Calls", "Timers left", "Listeners left", "Unread bodies", "Growth of the heap"];
  const rows = leaks.map(({ runtime, calls, timers, listeners, unread }) =>
    [runtime, calls, timers, listeners, unread, `≤ ${GROWTH / 1024} KiB`].map(String)
  );
  return `## Leaks

The test makes calls of 21 kinds, 100 at a time, with one signal that outlives them all. Most of them fail, are aborted, time out or
cancel a stream. The growth of the heap is measured from the 2,000th call to the last.

${[head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")}

A program whose last call is one of these kinds ends by itself within ${
    ENDING / 1000
  } s, including the exit of the runtime.`;
}
