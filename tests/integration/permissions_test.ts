import { assert, assertEquals, assertMatch } from "@std/assert";
import { testFlags } from "../../scripts/tasks/floor.ts";
import { newTestUser, online } from "./support.ts";

const PROGRAM = new URL("../runtimes/permissions.ts", import.meta.url).pathname;

async function start(allowed: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const flags = ["run", `--allow-net=${allowed}`, "--no-prompt", ...await testFlags()];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, PROGRAM, ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

online("ClientAPI needs the network with its homeserver, and no other permission", async (baseUrl) => {
  const { localpart, password } = await newTestUser();
  const { host } = new URL(baseUrl);
  const { code, output } = await start(host, baseUrl, localpart, password);
  assertEquals(code, 0, output);
  assertMatch(output, /^env: \w+, read: \w+, write: \w+, run: \w+, ffi: \w+, sys: \w+, net: \w+\n/);
  assert(!/: granted/.test(output), output);
  assertMatch(output, /\ndone\n/);
});

online("ClientAPI says what it may not reach", async (baseUrl) => {
  const { code, output } = await start("127.0.0.1:9", baseUrl, "nobody", "nothing");
  assertEquals(code, 1, output);
  assertMatch(output, /MatrixConnectionError: Cannot GET \/_matrix\/client\/versions/);
});

Deno.test("mod.ts asks for nothing when it is imported, and leaves no timer behind", async () => {
  const args = [
    "run",
    "--no-prompt",
    ...await testFlags(),
    new URL("../../mod.ts", import.meta.url).pathname,
  ];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});

/** Code files below a folder. */
async function* codeFiles(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* codeFiles(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

Deno.test("client/, http/ and types/ name no runtime", async () => {
  const names =
    /\b(?:deno|bun|nodejs|node\.js|workerd|cloudflare|chrom(?:e|ium)|firefox|safari|browsers?)\b|\bnode:|\bnpm:|\bprocess\./i;
  for (const folder of ["client", "http", "types"]) {
    for await (const file of codeFiles(new URL(`../../${folder}/`, import.meta.url))) {
      const found = names.exec(await Deno.readTextFile(file));
      assertEquals(found, null, `${file.pathname}: ${found?.[0]}`);
    }
  }
});

Deno.test("Files in client/, http/ and types/ have at most 400 lines", async () => {
  for (const folder of ["client", "http", "types"]) {
    for await (const file of codeFiles(new URL(`../../${folder}/`, import.meta.url))) {
      const lines = (await Deno.readTextFile(file)).trimEnd().split("\n").length;
      assert(lines <= 400, `${file.pathname}: ${lines}`);
    }
  }
});
