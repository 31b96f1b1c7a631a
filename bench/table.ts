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

/** A bar: what the ratio to `fetch`, the difference from it, or our own figure may be at most. */
export interface Bar {
  measure: "ratio" | "difference" | "value";
  most: number;
  /** Of a difference or a value. */
  unit?: "ms" | "MiB";
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

function values(shown: Shown, reports: Report[] = []): number[] {
  const good = reports.filter((report) => report.done !== undefined && report[shown.measure] !== undefined);
  return good.map((report) => value(shown, report));
}

/** The median of a contender, or why there is none. */
export function cell(shown: Shown, reports: Report[] | undefined): string {
  if (reports === undefined) return "";
  const good = values(shown, reports);
  if (good.length > 0) return minus(median(good).toFixed(shown.digits ?? 1));
  return reports.some((report) => report.error !== undefined) ? "fails" : "–";
}

/** Ours against plain `fetch`, round by round; or ours alone. */
export function compare(shown: Shown, reports: Reports, bar: Bar): number | undefined {
  const ours = values(shown, reports.ours);
  const plain = values(shown, reports.plain);
  if (ours.length === 0) return undefined;
  if (bar.measure === "value") return median(ours);
  if (ours.length !== plain.length) return undefined;
  return median(ours.map((b, i) => bar.measure === "ratio" ? b / plain[i]! : b - plain[i]!));
}

/** How a bar is written. */
export function barText({ measure, most, unit }: Bar): string {
  if (measure === "ratio") return `≤ ${most.toFixed(2)} ×`;
  return `≤ ${measure === "difference" ? "+" : ""}${most} ${unit}`;
}

/** How a comparison is written. */
export function figureText({ measure, unit }: Bar, figure: number): string {
  if (measure === "ratio") return `${figure.toFixed(2)} ×`;
  return `${measure === "difference" && figure >= 0 ? "+" : ""}${minus(figure.toFixed(1))} ${unit}`;
}

function minus(text: string): string {
  return text.replace("-", "−");
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
