/**
 * Prints what programs load that use the library: bundled with `@std`, minified, and compressed with gzip. Fails if a
 * program is larger than its limit.
 */
import { CACHE, output, readConfig, ROOT } from "./command.ts";

const { name, exports } = await readConfig();
const programs: Record<string, string> = {
  "a program that calls ClientAPI": `import { ClientAPI } from "${name}";
    const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "token" });
    console.log(await client.sendText("!room:example.org", "Hello"));`,
  "a program that calls HTTPAPI": `import { HTTPAPI } from "${name}/http";
    const api = new HTTPAPI({ baseUrl: "https://matrix.example.org" });
    console.log(await api.request("GET", "/_matrix/client/versions"));`,
  "examples/appservice_bot.ts": await Deno.readTextFile(`${ROOT}/examples/appservice_bot.ts`),
};
for (const path of Object.keys(exports)) {
  const entry = name + path.slice(1);
  programs[entry] = `export * from "${entry}";`;
}
/** Limits in bytes, compressed: the sizes with a method for every operation, and some room. */
const LIMITS: Record<string, number> = {
  "a program that calls ClientAPI": 40_000,
  "a program that calls HTTPAPI": 16_500,
  "examples/appservice_bot.ts": 52_000,
  [name]: 61_000,
};

/** Bundles a program and returns its size in bytes, as it is and compressed. */
async function measure(code: string): Promise<[minified: number, gzipped: number]> {
  const file = `${CACHE}/size_${crypto.randomUUID()}`;
  await Deno.mkdir(CACHE, { recursive: true });
  await Deno.writeTextFile(`${file}.ts`, code);
  try {
    await output(["deno", "bundle", "--minify", "--platform=browser", `--output=${file}.js`, `${file}.ts`]);
    const bytes = await Deno.readFile(`${file}.js`);
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    return [bytes.length, (await new Response(stream).bytes()).length];
  } finally {
    await Deno.remove(`${file}.ts`);
    await Deno.remove(`${file}.js`).catch(() => {});
  }
}

const kilobytes = (bytes?: number) => (bytes === undefined ? "" : (bytes / 1_000).toFixed(2)).padStart(9);
console.log(`${"kB".padEnd(32)} minified  gzipped    limit`);
let failed = false;
for (const [title, code] of Object.entries(programs)) {
  const [minified, gzipped] = await measure(code);
  const limit = LIMITS[title];
  const over = limit !== undefined && gzipped > limit;
  failed ||= over;
  console.log(
    title.padEnd(32) + [minified, gzipped, limit].map(kilobytes).join("") + (over ? "  TOO LARGE" : ""),
  );
}
if (failed) Deno.exit(1);
