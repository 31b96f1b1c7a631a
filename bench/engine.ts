/**
 * Measures the crypto engine with each store on Deno and Bun: sharing a key that is shared already and encrypting,
 * decrypting, receiving a key, and opening a store with 5,000 keys. Two members, a device each.
 * `deno task bench:engine [memory kv sqlite journal]` prints the table of docs/measurements/encryption.md.
 */
import { output, ROOT } from "../scripts/command.ts";
import { findBun, importedPackages, install, linkLibrary } from "../scripts/npm.ts";

const WORKER = `${ROOT}/bench/engine_worker.ts`;
const STORES: Record<string, string> = {
  memory: "memory",
  kv: "Deno KV",
  sqlite: "SQLite",
  journal: "journal file",
};

const bun = await findBun();
const packages = { ...await importedPackages(), "@matrix-org/matrix-sdk-crypto-wasm": "18.9.0" };
const folder = await install("bench_encryption", packages, [bun, "install"]);
await linkLibrary(folder);
await Deno.remove(`${ROOT}/node_modules`, { recursive: true }).catch(() => {});
await Deno.symlink(`${folder}/node_modules`, `${ROOT}/node_modules`, { type: "junction" });
const RUNTIMES: Record<string, string[]> = {
  [`Deno ${Deno.version.deno}`]: [Deno.execPath(), "run", "-A", "--no-check", "--unstable-kv", WORKER],
  Bun: [bun, "run", WORKER],
};

console.log(`| ms of CPU time | ${Object.keys(RUNTIMES).join(" | ")} |\n| --- |${" --- |".repeat(2)}`);
for (const [store, title] of Object.entries(STORES)) {
  if (Deno.args.length > 0 && !Deno.args.includes(store)) continue;
  const cells: string[] = [];
  for (const [runtime, command] of Object.entries(RUNTIMES)) {
    if (store === "kv" && runtime === "Bun") {
      cells.push("–");
      continue;
    }
    const path = await Deno.makeTempDir();
    const times: number[] = JSON.parse(await output([...command, store, path]));
    await Deno.remove(path, { recursive: true });
    cells.push(times.map((time) => time < 100 ? time.toFixed(1) : time.toFixed(0)).join(" / "));
  }
  console.log(`| ${title} | ${cells.join(" | ")} |`);
}
