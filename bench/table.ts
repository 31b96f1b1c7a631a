/** Figures and tables. */

import type { Measure } from "./cases.ts";
import type { Reports } from "./measure.ts";
import type { ContenderName } from "./prepare.ts";
import type { Report } from "./protocol.ts";

/** What stands in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A bar: what a ratio or a difference may be at most. */
export interface Bar {
  measure: "ratio" | "difference" | "value";
  most: number;
}

/** How a measure is shown. */
export interface Shown {
  measure: Measure;
  /** Whether it is divided by how much was done. */
  each?: boolean;
  /** What the report's unit is divided by. */
  scale?: number;
  digits?: number;
}

/** A bar that was or was not kept. */
export interface Verdict {
  what: string;
  figure: string;
  bar: string;
  kept: boolean;
}

function value({ measure, each = false, scale = 1 }: Shown, report: Report): number {
  return report[measure]! / scale / (each ? report.done! : 1);
}

/** The median of a contender, or why there is none. */
export function cell(shown: Shown, reports: Report[] | undefined): string {
  if (reports === undefined) return "";
  const good = reports.filter((report) => report.done !== undefined);
  if (good.length > 0) return median(good.map((report) => value(shown, report))).toFixed(shown.digits ?? 1);
  return reports.some((report) => report.error !== undefined) ? "fails" : "–";
}

/** Ours against plain `fetch`, round by round. */
export function compare(shown: Shown, reports: Reports, bar: Bar): number | undefined {
  const pairs: number[] = [];
  for (const [i, ours] of (reports.ours ?? []).entries()) {
    const plain = reports.plain?.[i];
    if (ours.done === undefined || plain?.done === undefined) continue;
    const [a, b] = [value(shown, plain), value(shown, ours)];
    pairs.push(bar.measure === "ratio" ? b / a : b - a);
  }
  return pairs.length > 0 ? median(pairs) : undefined;
}

/** How a bar is written. */
export function barText({ measure, most }: Bar): string {
  return measure === "ratio"
    ? `≤ ${most.toFixed(2)} ×`
    : measure === "difference"
    ? `≤ +${most} MiB`
    : `≤ ${most} ms`;
}

/** How a comparison is written. */
export function figureText({ measure }: Bar, figure: number): string {
  if (measure === "ratio") return `${figure.toFixed(2)} ×`;
  return measure === "difference"
    ? `${figure < 0 ? "−" : "+"}${Math.abs(figure).toFixed(1)} MiB`
    : `${figure.toFixed(1)} ms`;
}

/** A Markdown table, its first columns text, the others figures. */
export function table(head: string[], rows: string[][], texts = 2): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map((_, i) => (i < texts ? "---" : "--:"))),
    ...rows.map(line),
  ].join("\n");
}

/** The order of the columns beside plain `fetch` and ours. */
export const OTHERS: readonly ContenderName[] = ["js", "bot"];
