/** Computes figures and formats tables. */

import type { Measure } from "./cases.ts";
import type { Reports } from "./measure.ts";
import type { ContenderName } from "./prepare.ts";
import type { Report } from "./protocol.ts";

/** Returns the median. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A goal: the maximum of the ratio to `fetch`, of the difference from it, or of our own figure. */
export interface Bar {
  measure: "ratio" | "difference" | "value";
  most: number;
  /** Unit of a difference or a value. */
  unit?: "ms" | "MiB";
}

/** The presentation of a measure. */
export interface Shown {
  measure: Measure;
  /** Whether the measure is divided by the number of calls, events or bytes. */
  each?: boolean;
  /** Divisor for the unit of the report. */
  scale?: number;
  digits?: number;
}

/** The comparison of a figure with a goal. */
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

/** Formats the median of a contender, or the reason why it is missing. */
export function cell(shown: Shown, reports: Report[] | undefined): string {
  if (reports === undefined) return "";
  const good = values(shown, reports);
  if (good.length > 0) return minus(median(good).toFixed(shown.digits ?? 1));
  return reports.some((report) => report.error !== undefined) ? "fails" : "–";
}

/** Compares our reports with those of plain `fetch` in each round, or returns our own median. */
export function compare(shown: Shown, reports: Reports, bar: Bar): number | undefined {
  const ours = values(shown, reports.ours);
  const plain = values(shown, reports.plain);
  if (ours.length === 0) return undefined;
  if (bar.measure === "value") return median(ours);
  if (ours.length !== plain.length) return undefined;
  return median(ours.map((b, i) => bar.measure === "ratio" ? b / plain[i]! : b - plain[i]!));
}

/** Formats a goal. */
export function barText({ measure, most, unit }: Bar): string {
  if (measure === "ratio") return `≤ ${most.toFixed(2)} ×`;
  return `≤ ${measure === "difference" ? "+" : ""}${most} ${unit}`;
}

/** Formats a comparison. */
export function figureText({ measure, unit }: Bar, figure: number): string {
  if (measure === "ratio") return `${figure.toFixed(2)} ×`;
  return `${measure === "difference" && figure >= 0 ? "+" : ""}${minus(figure.toFixed(1))} ${unit}`;
}

function minus(text: string): string {
  return text.replace("-", "−");
}

/** Formats a Markdown table. The first columns are text and the others figures. */
export function table(head: string[], rows: string[][], texts = 2): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map((_, i) => (i < texts ? "---" : "--:"))),
    ...rows.map(line),
  ].join("\n");
}

/** The other libraries, in the order of the columns. */
export const OTHERS: readonly ContenderName[] = ["js", "bot"];
