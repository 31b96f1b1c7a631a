/**
 * The tasks of deno.json. A small program rather than shell lines, for two reasons: it runs on every system, and it
 * takes `@std` from npm where JSR cannot be reached, so that a machine with nothing but `npx` can test.
 */
import { testBrowser } from "./tasks/browser.ts";
import { testBun } from "./tasks/bun.ts";
import { consumerBun, consumerNode } from "./tasks/consumer.ts";
import { testEdge } from "./tasks/edge.ts";
import { testFloor } from "./tasks/floor.ts";
import { testIntegration } from "./tasks/integration.ts";
import { ok } from "./tasks/ok.ts";
import { type Result, together } from "./tasks/result.ts";
import { check, coverage, fmt, lint, program, test } from "./tasks/steps.ts";

const TASKS: Record<string, (args: string[]) => Promise<Result>> = {
  bench: program("bench/main.ts"),
  check,
  coverage,
  demo: program("scripts/demo.ts"),
  fmt,
  fuzz: program("tests/robustness/fuzz/main.ts"),
  lint,
  size: program("scripts/size.ts"),
  test,
  "test:browser": testBrowser,
  "test:bun": testBun,
  "test:consumer": async () => together([await consumerBun(), await consumerNode()]),
  "test:edge": testEdge,
  // Its tables are made when they are read.
  "test:faults": async (args) => await (await import("./tasks/faults.ts")).testFaults(args),
  "test:floor": testFloor,
  "test:integration": testIntegration,
  "test:load": program("tests/robustness/load/main.ts"),
};

async function main([name = "", ...args]: string[]): Promise<number> {
  if (name === "ok") return await ok();
  const task = TASKS[name];
  if (!task) {
    console.error(`Tasks: ${[...Object.keys(TASKS), "ok"].sort().join(", ")}`);
    return 2;
  }
  return (await task(args)).ok ? 0 : 1;
}

Deno.exit(await main(Deno.args));
