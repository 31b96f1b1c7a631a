/** A process that hears of events in one way, and measures itself: see sync_stream.ts. */

import process from "node:process";
import { Client } from "../client/mod.ts";

/** What came of it. */
export interface StreamReport {
  /** CPU time an event in µs, without the first batches. */
  cpu: number;
  /** Memory in MiB after 100,000 events, and at the end. */
  early: number;
  late: number;
  handled: number;
}

const BATCH = 100;
/** Batches that are not counted: compilers need some. */
const WARM = 500;
/** Batches after which memory is looked at first. */
const EARLY = 1_000;

const [url = "", way = "", count = "0"] = process.argv.slice(2);
const batches = Number(count);
let seen = 0;
let handled = 0;
let early = 0;
let begin = process.cpuUsage();

/** Memory in MiB, when what is garbage has gone. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss / 2 ** 20;
}

/** Counts a batch; whether there are more to come. */
async function next(): Promise<boolean> {
  if (++seen === WARM) begin = process.cpuUsage();
  if (seen === EARLY) early = await memory();
  return seen < batches;
}

async function plain(): Promise<void> {
  let since = "";
  do {
    const response = await fetch(`${url}/_matrix/client/v3/sync?timeout=30000${since}`, {
      headers: { authorization: "Bearer token" },
    });
    since = `&since=${JSON.parse(await response.text()).next_batch}`;
  } while (await next());
}

const client = new Client({ baseUrl: url, token: "token", mxid: "@me:example.org", since: "s0" });

async function syncs(): Promise<void> {
  for await (const _ of client.syncs()) {
    if (!await next()) break;
  }
}

async function run(): Promise<void> {
  const stop = new AbortController();
  let bytes = 0;
  client.on("m.room.message", async (event) => {
    if (event.content.msgtype !== "m.text") return;
    await undefined;
    bytes += event.content.body.length;
    handled++;
  }, { own: false });
  const store = {
    get: () => Promise.resolve(undefined),
    set: async () => {
      if (!await next()) stop.abort();
    },
  };
  await client.run({ signal: stop.signal, store });
}

await { plain, syncs, run }[way]!();
const { user, system } = process.cpuUsage(begin);
const cpu = (user + system) / ((seen - WARM) * BATCH);
console.log(JSON.stringify({ cpu, early, late: await memory(), handled }));
process.exit(0);
