/** Line coverage, read from LCOV. */
import { CACHE, ROOT } from "./environment.ts";
import { run } from "./process.ts";
import type { Result } from "./result.ts";

/** Where test runs leave their raw data. */
export const COVERAGE = `${CACHE}/coverage`;

const BAR = 95;
const FOLDERS = ["client", "http"];

interface FileCoverage {
  path: string;
  lines: number;
  hit: number;
  missed: number[];
}

function parseLcov(text: string): FileCoverage[] {
  const files: FileCoverage[] = [];
  for (const record of text.split("end_of_record")) {
    const path = /^SF:(.+)$/m.exec(record)?.[1]?.trim().replaceAll("\\", "/");
    if (!path?.startsWith(`${ROOT}/`)) continue; // @std from a registry that is a folder
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map((
      [, line, hits],
    ) => [Number(line), Number(hits)]);
    const missed = lines.filter(([, hits]) => hits === 0).map(([line]) => line ?? 0);
    files.push({
      path: path.slice(ROOT.length + 1),
      lines: lines.length,
      hit: lines.length - missed.length,
      missed,
    });
  }
  return files;
}

function percent(files: FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  return lines === 0 ? 100 : 100 * files.reduce((sum, file) => sum + file.hit, 0) / lines;
}

/** `[1, 2, 3, 7]` as `1-3, 7`. */
function ranges(lines: number[]): string {
  const parts: [number, number][] = [];
  for (const line of lines) {
    const last = parts.at(-1);
    if (last && line <= last[1] + 1) last[1] = line;
    else parts.push([line, line]);
  }
  return parts.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(", ");
}

/** Prints the coverage of what ran; a folder under the bar makes the result a failure. */
export async function reportCoverage(): Promise<Result> {
  const { code, output } = await run(Deno.execPath(), [
    "coverage",
    "--quiet",
    "--lcov",
    "--include=/(client|http|types)/",
    "--exclude=/(scripts|tests|examples|bench)/",
    `--output=${CACHE}/coverage.lcov`,
    COVERAGE,
  ], { cwd: ROOT, quiet: true });
  if (code !== 0) {
    console.log(output);
    return { ok: false, skipped: [], note: "no coverage data" };
  }
  const files = parseLcov(await Deno.readTextFile(`${CACHE}/coverage.lcov`));
  for (const file of files.filter((file) => file.missed.length > 0)) {
    console.log(`${percent([file]).toFixed(1).padStart(6)} %  ${file.path}: ${ranges(file.missed)}`);
  }
  let ok = true;
  const notes: string[] = [];
  for (const folder of [...FOLDERS, "types"]) {
    const inside = files.filter((file) => file.path.startsWith(`${folder}/`));
    if (inside.length === 0) continue;
    const share = percent(inside);
    console.log(`${share.toFixed(1).padStart(6)} %  ${folder}/ in all`);
    if (!FOLDERS.includes(folder)) continue;
    if (share < BAR) ok = false;
    notes.push(`${folder}/ ${share.toFixed(1)} %`);
  }
  return { ok, skipped: [], note: `${notes.join(", ")}${ok ? "" : `: under ${BAR} %`}` };
}

/** Flags that make a test run leave its raw data. */
export function coverageFlags(): string[] {
  return ["--coverage-raw-data-only", `--coverage=${COVERAGE}`];
}
