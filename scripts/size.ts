/**
 * What a program that uses the library has to load: bundled by esbuild with `@std` and all, minified, gzipped.
 * `deno task size` prints it beside what we would like it to be, and fails where it has grown beyond what it was; with
 * `--analyze` it says what each module adds.
 */
import { CACHE, ROOT } from "./tasks/environment.ts";
import { bundle, hasEsbuild } from "./tasks/esbuild.ts";
import { stdModules } from "./tasks/std.ts";

interface Program {
  name: string;
  code: string;
  /** What it should weigh, minified and gzipped, in bytes. */
  goal: number;
  /** The most that it may weigh until it does. */
  bar: number;
}

const PROGRAMS: Program[] = [
  {
    name: "the whole library",
    code: `export * from "${ROOT}/mod.ts";`,
    goal: 25_000,
    bar: 40_000,
  },
  {
    name: "a program that uses ClientAPI",
    code: `import { ClientAPI } from "${ROOT}/mod.ts";
      const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "token" });
      console.log(await client.sendText("!room:example.org", "Hello"));`,
    goal: 15_000,
    bar: 28_000,
  },
  {
    name: "a program that uses HTTPAPI alone",
    code: `import { HTTPAPI } from "${ROOT}/http/mod.ts";
      const api = new HTTPAPI({ baseUrl: "https://matrix.example.org" });
      console.log(await api.request("GET", "/_matrix/client/versions"));`,
    goal: 6_000,
    bar: 14_000,
  },
];

const analyze = Deno.args.includes("--analyze");

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).length;
}

async function weigh(program: Program, modules: string): Promise<[minified: number, gzipped: number]> {
  const output = `${CACHE}/size_${crypto.randomUUID()}.js`;
  try {
    await bundle({ code: program.code, modules, output, minify: true, analyze });
    const bytes = await Deno.readFile(output);
    return [bytes.length, await gzip(bytes)];
  } finally {
    await Deno.remove(output).catch(() => {});
  }
}

async function main(): Promise<number> {
  await Deno.mkdir(CACHE, { recursive: true });
  const modules = await stdModules();
  if (!modules || !await hasEsbuild()) {
    console.log("skipped: sizes: npm gives neither esbuild nor @std");
    return 0;
  }
  const kilo = (bytes: number) => (bytes / 1_000).toFixed(2).padStart(9);
  const width = Math.max(...PROGRAMS.map(({ name }) => name.length));
  console.log(
    `${"kB".padEnd(width)} ${["minified", "gzipped", "goal", "at most"].map((h) => h.padStart(9)).join("")}`,
  );
  let over = 0;
  for (const program of PROGRAMS) {
    const [minified, gzipped] = await weigh(program, modules);
    const verdict = gzipped > program.bar ? "  TOO MUCH" : gzipped > program.goal ? "  goal missed" : "";
    if (gzipped > program.bar) over++;
    console.log(
      `${program.name.padEnd(width)} ${kilo(minified)}${kilo(gzipped)}${kilo(program.goal)}${
        kilo(program.bar)
      }${verdict}`,
    );
  }
  return over === 0 ? 0 : 1;
}

Deno.exit(await main());
