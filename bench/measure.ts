/** Runs cases with one contender after the other. */

import type { Case } from "./cases.ts";
import { type ContenderName, CONTENDERS, type Prepared, type Runtime } from "./prepare.ts";
import { importCost, Worker } from "./process.ts";
import type { Report } from "./protocol.ts";
import type { Reports } from "./table.ts";

/** Costs of imports: of an empty module (`plain`), of the libraries, and of ours in one file. */
export type Costs = Partial<Record<ContenderName | "bundled", [time: number, memory: number][]>>;

/** Returns the contenders that are installed. */
export function present(prepared: Prepared): ContenderName[] {
  return CONTENDERS.filter((name) => prepared.titles[name] !== undefined);
}

const EMPTY = "data:text/javascript,export default 0";

/** Rounds that are not counted, because compilers optimize only after some thousand calls. */
const WARMUP = 3;

/** Number of rounds for the other libraries, whose distance shows in a third of them. */
function takesPart(contender: ContenderName, round: number): boolean {
  return !isOther(contender) || round % 3 === 0;
}

function isOther(contender: ContenderName): boolean {
  return contender === "js" || contender === "bot";
}

/** Returns the contenders, in the opposite order in every second round. */
function inTurn(contenders: ContenderName[], round: number): ContenderName[] {
  const part = contenders.filter((contender) => takesPart(contender, round));
  return round % 2 === 0 ? part : part.toReversed();
}

/**
 * Measures cases in long-lived processes. The first rounds are not counted. `fetch` and our library share a process, so that
 * their ratio does not depend on anything else that happens to a process.
 */
export async function measureWarm(
  runtime: Runtime,
  contenders: ContenderName[],
  cases: Case[],
  rounds: number,
  url: string,
): Promise<Reports[]> {
  const workers = new Map<ContenderName, Worker>();
  const shared = await Worker.start(runtime, "ours", url);
  for (const contender of contenders) {
    workers.set(contender, isOther(contender) ? await Worker.start(runtime, contender, url) : shared);
  }
  try {
    const results: Reports[] = [];
    for (const { order, own } of cases) {
      const reports: Reports = {};
      for (let round = -WARMUP; round < rounds; round++) {
        for (const contender of inTurn(contenders, round)) {
          if (own && isOther(contender)) continue;
          const report = await workers.get(contender)!.obey({ ...order, contender });
          if (round >= 0) (reports[contender] ??= []).push(report);
        }
      }
      results.push(reports);
    }
    return results;
  } finally {
    for (const worker of new Set([shared, ...workers.values()])) await worker.stop();
  }
}

/** Runs a case in a worker. */
async function perform(worker: Worker, one: Case, other: boolean, quick: boolean): Promise<Report> {
  const { order, tenth } = one;
  if (!tenth) return await worker.obey(order);
  const calls = order.calls!;
  // The other libraries become slower with the number of received events.
  if (other) return await worker.obey({ ...order, calls: calls / 100 });
  const first = await worker.obey({ ...order, calls: calls / 10 });
  const report = await worker.obey(quick ? { ...order, calls: calls / 10 } : order);
  return { ...report, grown: report.rss! - first.rss! };
}

/** Measures a case, each time in a new process. */
export async function measureFresh(
  runtime: Runtime,
  contenders: ContenderName[],
  one: Case,
  rounds: number,
  quick: boolean,
  url: string,
): Promise<Reports> {
  const reports: Reports = {};
  for (let round = 0; round < (one.rounds ?? rounds); round++) {
    for (const contender of inTurn(contenders, round)) {
      if ((one.own && isOther(contender)) || (one.alone && contender !== "ours")) continue;
      const worker = await Worker.start(runtime, contender, url, one.tenth);
      try {
        (reports[contender] ??= []).push(await perform(worker, one, isOther(contender), quick));
      } finally {
        await worker.stop();
      }
    }
  }
  return reports;
}

/** Measures the imports of the libraries in ms and MiB. */
export async function measureImports(
  runtime: Runtime,
  contenders: ContenderName[],
  rounds: number,
): Promise<Costs> {
  const costs: Costs = {};
  for (let round = -1; round < rounds; round++) {
    for (const name of [...contenders.filter((name) => takesPart(name, round)), "bundled"] as const) {
      const module = name === "plain" ? EMPTY : name === "bundled" ? runtime.bundled : runtime.modules[name];
      if (!module) continue;
      const cost = await importCost(runtime, name === "bundled" ? "ours" : name, module);
      if (round >= 0) (costs[name] ??= []).push(cost);
    }
  }
  return costs;
}
