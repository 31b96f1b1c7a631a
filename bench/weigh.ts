/** Measures the size of bundles. */

import { output } from "../scripts/command.ts";
import { bundle, type Prepared } from "./prepare.ts";

/** The size of a bundle in bytes. */
export interface Weight {
  title: string;
  minified: number;
  gzipped: number;
}

async function weigh(title: string, path: string): Promise<Weight> {
  const bytes = await Deno.readFile(path);
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return { title, minified: bytes.length, gzipped: (await new Response(stream).bytes()).length };
}

/** Bundles and measures all libraries. */
export async function weighAll({ folder, titles }: Prepared): Promise<Weight[]> {
  const client = `import { ClientAPI } from "@mtx/client";
    const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "token" });
    console.log(await client.sendText("!room:example.org", "Hello"));`;
  const http = `import { HTTPAPI } from "@mtx/client/http";
    const api = new HTTPAPI({ baseUrl: "https://matrix.example.org" });
    console.log(await api.request("GET", "/_matrix/client/versions"));`;
  /** Bundles a library from npm, which has dependencies in its own node_modules. */
  const other = async (name: string, ...flags: string[]) => {
    const path = `${folder}/${name}.bundle.js`;
    await output(["deno", "bundle", "--minify", ...flags, `--output=${path}`, `${name}.mjs`], {
      cwd: folder,
    });
    return path;
  };
  const weights = [
    await weigh(`${titles.ours}, all of it`, await bundle("all", 'export * from "@mtx/client";')),
    await weigh(`${titles.ours}, a program that uses ClientAPI`, await bundle("client", client)),
    await weigh(`${titles.ours}, a program that uses HTTPAPI`, await bundle("http", http)),
  ];
  if (titles.js !== undefined) {
    const flags = ["--platform=browser", "--external=./rust-crypto/index.js"];
    weights.push(await weigh(titles.js, await other("matrix-js-sdk", ...flags)));
  }
  if (titles.bot !== undefined) {
    weights.push(await weigh(`${titles.bot} (for Node)`, await other("matrix-bot-sdk", "--platform=deno")));
  }
  return weights;
}
