/** Bundles, weighed. */

import { CACHE, ROOT } from "../scripts/tasks/environment.ts";
import { npmModules } from "../scripts/tasks/npm.ts";
import { run } from "../scripts/tasks/process.ts";
import { stdModules } from "../scripts/tasks/std.ts";
import type { Prepared } from "./prepare.ts";

/** What a bundle weighs, in bytes. */
export interface Weight {
  title: string;
  minified: number;
  gzipped: number;
}

async function weigh(
  title: string,
  code: string,
  modules: string,
  ...flags: string[]
): Promise<Weight | undefined> {
  const esbuild = await npmModules("esbuild", ["esbuild@0.28.2"]);
  if (esbuild === undefined) return undefined;
  const output = `${CACHE}/weigh_${crypto.randomUUID()}.js`;
  const entry = `${output}.entry.ts`;
  await Deno.writeTextFile(entry, code);
  try {
    const { code } = await run("node", [
      `${esbuild}/esbuild/bin/esbuild`,
      entry,
      "--bundle",
      "--minify",
      "--format=esm",
      "--target=es2022",
      "--legal-comments=none",
      `--outfile=${output}`,
      ...flags,
    ], { cwd: ROOT, env: { NODE_PATH: modules }, quiet: true });
    if (code !== 0) return undefined;
    const bytes = await Deno.readFile(output);
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    return { title, minified: bytes.length, gzipped: (await new Response(stream).bytes()).length };
  } finally {
    await Deno.remove(entry);
    await Deno.remove(output).catch(() => {});
  }
}

/** Weighs all libraries. */
export async function weighAll({ modules, titles }: Prepared): Promise<Weight[]> {
  const std = await stdModules();
  const client = `import { ClientAPI } from "${ROOT}/mod.ts";
    const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "token" });
    console.log(await client.sendText("!room:example.org", "Hello"));`;
  const all = std === undefined ? [] : [
    await weigh(`${titles.ours}, all of it`, `export * from "${ROOT}/mod.ts";`, std),
    await weigh(`${titles.ours}, a program that uses ClientAPI`, client, std),
  ];
  if (modules !== undefined) {
    const js = "--external:./rust-crypto/index.js";
    all.push(await weigh(titles.js!, 'export * from "matrix-js-sdk";', modules, js));
    all.push(
      await weigh(`${titles.bot} (for Node)`, 'export * from "matrix-bot-sdk";', modules, "--platform=node"),
    );
  }
  return all.filter((weight) => weight !== undefined);
}
