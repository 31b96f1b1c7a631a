/**
 * Writes to a store of examples/ until it is killed. Each write sets all entries to the next number, which is printed
 * afterwards.
 *
 *     string_store_process.ts <journal or sqlite> <path>
 */
import process from "node:process";
import { openStore } from "./example_stores.ts";

const [kind = "", path = ""] = process.argv.slice(2);
const store = await openStore(kind, path);
const entries = new Map<string, string>();
for await (const [key, value] of store.load()) entries.set(key, value);
let number = Number(entries.get("0") ?? 0);
const owner = `${process.pid}`;
await store.write(new Map([["owner", owner]]));
while (true) {
  number++;
  await store.write(new Map(Array.from({ length: 50 }, (_, i) => [`${i}`, `${number}`])), ["owner", owner]);
  process.stdout.write(`${number}\n`);
}
