/** Measures how the time to import a program depends on the number of its modules. */

import { CACHE, output, ROOT } from "../scripts/command.ts";
import type { Runtime } from "./prepare.ts";
import { importCost } from "./process.ts";
import { median } from "./table.ts";

/** Numbers of modules that the same code is split into. */
export const SPLITS = [20, 40, 80, 160] as const;

/** Functions in all modules together. With their comments, they are about as long as the library. */
const FUNCTIONS = 3_200;

/** Modules that each module imports, as the library's do. */
const IMPORTS = 4;

/** The time in ms for each of {@linkcode SPLITS}. */
export type Curve = number[];

/** Writes the code in this number of modules. Returns the path of one that exports all of it. */
async function writeModules(count: number): Promise<string> {
  const folder = `${CACHE}/bench_modules_${count}`;
  await Deno.mkdir(folder, { recursive: true });
  let all = "";
  for (let module = 0; module < count; module++) {
    let text = "";
    for (let other = Math.max(0, module - IMPORTS); other < module; other++) {
      text +=
        `import { f${other}_0 } from "./m${other}.ts";\nexport const use${other}_${module}: unknown = f${other}_0;\n`;
    }
    for (let n = 0; n < FUNCTIONS / count; n++) {
      text += `/**\n * ${"Returns a number that follows from the other one, by a rule. ".repeat(2)}\n */\n` +
        `${
          n === 0 ? "export " : ""
        }function f${module}_${n}(value: number): number {\n  return value > ${n} ? value * ${n} : ${module};\n}\n`;
    }
    await Deno.writeTextFile(`${folder}/m${module}.ts`, text);
    all += `export * from "./m${module}.ts";\n`;
  }
  await Deno.writeTextFile(`${folder}/mod.ts`, all);
  return `${folder}/mod.ts`;
}

/** Measures the imports of the same code in more and more modules. */
export async function measureModules(runtime: Runtime, rounds: number): Promise<Curve> {
  const paths = await Promise.all(SPLITS.map(writeModules));
  const times: number[][] = SPLITS.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, path] of paths.entries()) {
      const [time] = await importCost(runtime, "ours", path);
      if (round >= 0) times[i]!.push(time);
    }
  }
  return times.map(median);
}

/** Returns the number of modules that a program loads with the root of the library, without those of types. */
export async function countModules(): Promise<number> {
  const { modules, roots, redirects }: {
    modules: { specifier: string; dependencies?: { code?: { specifier?: string } }[] }[];
    roots: string[];
    redirects: Record<string, string>;
  } = JSON.parse(await output(["deno", "info", "--json", `${ROOT}/mod.ts`]));
  const found = new Set(roots);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  for (const specifier of found) {
    for (const { code } of byName.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined) found.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return found.size;
}
