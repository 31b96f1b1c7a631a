import { assert, assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../../scripts/command.ts";
import { newTestUser, online } from "./support.ts";

const PROGRAM = `${ROOT}/tests/runtimes/permissions.ts`;

async function start(allowed: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const flags = ["run", `--allow-net=${allowed}`, "--no-prompt"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, PROGRAM, ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

online("ClientAPI requires no permission except network access to its homeserver", async (baseUrl) => {
  const { localpart, password } = await newTestUser();
  const { host } = new URL(baseUrl);
  const { code, output } = await start(host, baseUrl, localpart, password);
  assertEquals(code, 0, output);
  assertMatch(output, /^env: \w+, read: \w+, write: \w+, run: \w+, ffi: \w+, sys: \w+, net: \w+\n/);
  assert(!/: granted/.test(output), output);
  assertMatch(output, /\ndone\n/);
});

online("ClientAPI rejects with MatrixConnectionError if Deno denies network access", async (baseUrl) => {
  const { code, output } = await start("127.0.0.1:9", baseUrl, "nobody", "nothing");
  assertEquals(code, 1, output);
  assertMatch(output, /NotCapable: Requires net access/);
  assertMatch(output, /MatrixConnectionError: Cannot GET \/_matrix\/client\/versions/);
});

Deno.test("mod.ts requires no permission and starts no timer when imported", async () => {
  const args = ["run", "--no-prompt", `${ROOT}/mod.ts`];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
