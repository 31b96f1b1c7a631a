/** KvTransactionStore with Deno KV. Needs no homeserver. */
import { assertEquals } from "@std/assert";
import { output } from "../../scripts/command.ts";

const PROGRAM = `${import.meta.dirname}/kv_transactions.ts`;

Deno.test("KvTransactionStore with Deno KV passes the tests of every store, also between processes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mtx_kv_" });
  const run = (...args: string[]) =>
    output(["deno", "run", "-A", "--no-check", "--unstable-kv", PROGRAM, `${folder}/kv.sqlite`, ...args]);
  try {
    await run();
    const claimed = await Promise.all(Array.from({ length: 3 }, () => run("claim")));
    const keys: string[] = claimed.flatMap((text) => JSON.parse(text));
    assertEquals(keys.length, 100);
    assertEquals(new Set(keys).size, 100);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
