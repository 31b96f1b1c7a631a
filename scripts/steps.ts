/** Prints the steps of a demonstration. */

const COLORS: Record<string, number> = { Alice: 36, Bob: 35 };

/** The lines that were printed, with colours. */
export const lines: string[] = [];
let steps = 0;

/** Prints a line, in colour on a terminal. */
export function print(line: string): void {
  lines.push(line);
  const plain = Deno.noColor || !Deno.stdout.isTerminal();
  // deno-lint-ignore no-control-regex
  console.log(plain ? line.replaceAll(/\x1b\[[\d;]*m/g, "") : line);
}

/**
 * Runs a step and prints it with its result and duration.
 *
 * @param who The name of a user, or of the homeserver.
 * @param what Describes the step.
 * @param run The step.
 * @param show Describes its result.
 */
export async function step<T>(
  who: string,
  what: string,
  run: () => Promise<T>,
  show?: (result: T) => string,
): Promise<T> {
  const start = performance.now();
  const result = await run();
  const name = `\x1b[1;${COLORS[who] ?? 33}m${who.padEnd(8)}\x1b[0m`;
  const shown = show ? ` → \x1b[32m${show(result)}\x1b[0m` : "";
  const time = `\x1b[2m${Math.round(performance.now() - start)} ms\x1b[0m`;
  print(`${String(++steps).padStart(3)}  ${name}${what}${shown}  ${time}`);
  return result;
}

/** Returns the number of steps so far. */
export function countSteps(): number {
  return steps;
}
