/** The example for edge platforms, under `deno serve` and in Workers' own runtime. */
import { makeProject, NPM } from "./consumer.ts";
import { ROOT } from "./environment.ts";
import { bundle } from "./esbuild.ts";
import { testFlags } from "./floor.ts";
import { nodeMissing, npmModules } from "./npm.ts";
import { run } from "./process.ts";
import { plainResult, type Result, skip, testResult, together } from "./result.ts";
import { withHomeserver } from "./with_homeserver.ts";

const WORKERD = "workerd@1.20261117.1";

/** Tests examples/edge.ts; without workerd under `deno serve` only. */
export async function testEdge(args: string[]): Promise<Result> {
  return await withHomeserver("the example for edge platforms", async ({ url }) => {
    const results: Result[] = [];
    const env: Record<string, string> = { MATRIX_HOMESERVER: url };
    const modules = await npmModules("workerd", [WORKERD]);
    // The binary itself: the script before it would not hand signals on.
    const asked = await run("node", ["-p", `require("${modules}/workerd").default`], { quiet: true });
    const workerd = asked.output.trim();
    if (modules && asked.code === 0 && (await run(workerd, ["--version"], { quiet: true })).code === 0) {
      const project = await makeProject("edge", NPM);
      if (typeof project !== "string") return plainResult(project);
      env.EDGE_WORKERD = workerd;
      env.EDGE_BUNDLE = `${project}/edge.js`;
      env.EDGE_WORKER_BUNDLE = `${project}/worker.js`;
      const modules = `${project}/node_modules`;
      await bundle({ file: `${ROOT}/examples/edge.ts`, modules, output: env.EDGE_BUNDLE });
      await bundle({ file: `${project}/worker.ts`, modules, output: env.EDGE_WORKER_BUNDLE });
    } else {
      results.push(
        skip(
          "the example in Workers' runtime",
          await nodeMissing() ?? `npm gives no ${WORKERD} that runs here`,
        ),
      );
    }
    const flags = ["test", "--allow-all", ...await testFlags(), ...args, "tests/runtimes/edge/edge_test.ts"];
    results.push(testResult(await run(Deno.execPath(), flags, { cwd: ROOT, env })));
    return together(results);
  });
}
