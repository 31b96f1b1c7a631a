/** A process that receives events in one way and measures itself (sync_stream.ts). */

import { readFileSync } from "node:fs";
import process from "node:process";
import { Client, type HandledEvent } from "../client/mod.ts";

/** The result. */
export interface StreamReport {
  /** CPU time in µs: per event after the first batches, or of the initial sync. */
  cpu: number;
  /** Time in ms. */
  wall: number;
  /** Peak memory in MiB. */
  peak: number;
  /** Memory in MiB after 100,000 events and at the end. */
  early: number;
  late: number;
  handled: number;
}

const BATCH = 100;
/** Batches that are not counted, because code is compiled meanwhile. */
const WARM = 500;
/** Batches before the first measurement of memory. */
const EARLY = 1_000;

const [url = "", way = "", count = "0"] = process.argv.slice(2);
const first = count === "first";
const batches = first ? 1 : Number(count);
let seen = 0;
let handled = 0;
let early = 0;
let begin = process.cpuUsage();
const start = performance.now();

/** Returns the memory in MiB after a garbage collection. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss / 2 ** 20;
}

/** Counts a batch and returns whether more follow. */
async function next(): Promise<boolean> {
  if (++seen === WARM) begin = process.cpuUsage();
  if (seen === EARLY) early = await memory();
  return seen < batches;
}

async function plain(): Promise<void> {
  let query = "";
  do {
    const response = await fetch(`${url}/_matrix/client/v3/sync?timeout=30000${query}`, {
      headers: { authorization: "Bearer token" },
    });
    query = `&since=${JSON.parse(await response.text()).next_batch}`;
  } while (await next());
}

const since = first ? undefined : "s0";
const client = new Client({ baseUrl: url, token: "token", mxid: "@me:example.org", since });

async function syncs(): Promise<void> {
  for await (const _ of client.syncs()) {
    if (!await next()) break;
  }
}

let bytes = 0;

/** Counts the bytes of a message. */
function handle(event: HandledEvent<"m.room.message", "timeline">): void {
  if (event.content.msgtype !== "m.text") return;
  bytes += event.content.body.length;
  handled++;
}

async function run(): Promise<void> {
  const stop = new AbortController();
  const store = {
    get: () => Promise.resolve(undefined),
    set: async () => {
      if (!await next()) stop.abort();
    },
  };
  await client.run({ signal: stop.signal, store });
}

async function handler(): Promise<void> {
  client.on("m.room.message", handle, { from: "timeline" });
  await run();
}

async function promise(): Promise<void> {
  client.on("m.room.message", async (event) => {
    await undefined;
    handle(event);
  }, { from: "timeline" });
  await run();
}

await { plain, syncs, run, handler, promise }[way]!();
if (bytes < 0) throw new Error("Unreachable: keeps the compiler from removing the handler");
const wall = performance.now() - start;
const { user, system } = process.cpuUsage(begin);
const cpu = (user + system) / (first ? 1 : (seen - WARM) * BATCH);
let peak = process.resourceUsage().maxRSS / 1024;
try {
  peak = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
} catch {
  // Not every system has this file.
}
console.log(JSON.stringify({ cpu, wall, peak, early, late: await memory(), handled }));
process.exit(0);
