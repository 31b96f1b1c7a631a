/** Computes figures and formats tables. */

import type { ContenderName } from "./prepare.ts";
import type { Report } from "./protocol.ts";

/** A measure that a table shows. */
export type Measure = "cpu" | "peak" | "rise" | "rss" | "grown" | "wall";

/** The reports of a case: a list for each contender, in the order of the rounds. */
export type Reports = Partial<Record<ContenderName, Report[]>>;

/** Returns the median. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A maximum: one number, or one for each runtime. */
export type Most = number | { Deno: number; Bun: number };

/** Returns the maximum for a runtime. */
export function mostOn(runtime: string, most: Most): number {
  if (typeof most === "number") return most;
  return runtime.startsWith("Bun") ? most.Bun : most.Deno;
}

/** A goal: the maximum of a ratio, of a difference, or of our own figure. */
export interface Bar {
  measure: "ratio" | "difference" | "value";
  /** The contender that a ratio or difference refers to; plain `fetch` by default. */
  base?: "plain" | "limited";
  most: number;
  /** Unit of a difference or a value. */
  unit?: "µs" | "ms" | "MiB";
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

/** Compares our reports with those of another contender in each round, or returns our own median. */
export function compare(shown: Shown, reports: Reports, bar: Bar): number | undefined {
  const ours = values(shown, reports.ours);
  const base = values(shown, reports[bar.base ?? "plain"]);
  if (ours.length === 0) return undefined;
  if (bar.measure === "value") return median(ours);
  if (ours.length !== base.length) return undefined;
  return median(ours.map((one, i) => bar.measure === "ratio" ? one / base[i]! : one - base[i]!));
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
