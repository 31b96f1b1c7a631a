/**
 * Compares the cost of receiving a million events in batches of 100 with `fetch` and `JSON.parse`, with `Client.syncs()`,
 * and with `Client.run()` without a handler, with one, and with one that returns a promise: CPU time per event, and
 * memory at the end and after 100,000 events.
 *
 *     deno run -A bench/sync_stream.ts [--events=1000000] [--rooms=10] [--rounds=3] [--bun]
 *
 * With `--first`, it measures time and peak memory of the initial sync of an account with 1,000 rooms of 1,000 members.
 *
 *     deno run -A bench/sync_stream.ts --first [--rounds=3] [--bun]
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { StreamReport } from "./sync_stream_worker.ts";

const BATCH = 100;
const WAYS = ["plain", "syncs", "run", "handler", "promise"] as const;
/** The goals: CPU time as a multiple of `plain`, or in µs above it, and the growth of memory in MiB. */
const GOALS: Record<string, { ratio?: number; above?: number }> = {
  syncs: { ratio: 1.3 },
  run: { ratio: 1.3 },
  handler: { ratio: 2 },
  promise: { above: 8 },
};
const MOST_GROWTH = 10;

function option(name: string, standard: number): number {
  const given = process.argv.find((arg) => arg.startsWith(`--${name}=`));
  return given === undefined ? standard : Number(given.split("=")[1]);
}

/**
 * V8's young generation grows by some 60 MiB while a program runs, also with plain `fetch`. It has its maximum size from
 * the start if retained memory is measured, and the default size if the peak is measured.
 */
const NURSERY = "--min-semi-space-size=16,--max-semi-space-size=16";

const events = option("events", 1_000_000);
const rooms = option("rooms", 10);
const rounds = option("rounds", 3);

/** Makes a message of usual length. */
function message(batch: number, n: number): string {
  return JSON.stringify({
    type: "m.room.message",
    event_id: `$${batch}_${n}_pQ9VbqSgG0JAHVYNNbYoYt0sFMmXzKkP3bb`,
    sender: `@user${n % 20}:example.org`,
    origin_server_ts: 1_700_000_000_000 + batch,
    content: { msgtype: "m.text", body: `Message ${n} of batch ${batch}, as long as a sentence mostly is.` },
    unsigned: { age: 1_234, membership: "join" },
  });
}

function respond(since: number): string {
  const parts: string[] = [];
  for (let room = 0; room < rooms; room++) {
    const list: string[] = [];
    for (let n = room; n < BATCH; n += rooms) list.push(message(since, n));
    parts.push(
      `"!room${room}:example.org":{"timeline":{"events":[${list}],"limited":false,"prev_batch":"p${since}"},` +
        `"state":{"events":[]},"account_data":{"events":[]},"ephemeral":{"events":[]},"summary":{},` +
        `"unread_notifications":{"highlight_count":0,"notification_count":1}}`,
    );
  }
  return `{"next_batch":"s${
    since + 1
  }","rooms":{"join":{${parts}}},"device_one_time_keys_count":{"signed_curve25519":50}}`;
}

/** Makes a room with this number of members and its complete state. */
function roomState(room: number, members: number): string {
  const state = Array.from(
    { length: members },
    (_, n) =>
      `{"type":"m.room.member","state_key":"@user${n}:example.org","sender":"@user${n}:example.org",` +
      `"event_id":"$${room}_${n}_pQ9VbqSgG0JAHVYNNbYoYt0sFMmXzKkP3bb","origin_server_ts":1700000000000,` +
      `"content":{"membership":"join","displayname":"User ${n}"}}`,
  );
  return `"!room${room}:example.org":{"timeline":{"events":[${
    message(room, 0)
  }],"limited":true,"prev_batch":"p"},` +
    `"state":{"events":[${state}]}}`;
}

const first = process.argv.includes("--first");
const firstAnswer: Uint8Array[] = [];
if (first) {
  const encoder = new TextEncoder();
  firstAnswer.push(encoder.encode('{"next_batch":"s1","rooms":{"join":{'));
  for (let room = 0; room < 1_000; room++) {
    firstAnswer.push(encoder.encode((room > 0 ? "," : "") + roomState(room, 1_000)));
  }
  firstAnswer.push(encoder.encode("}}}"));
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (first) {
    const length = firstAnswer.reduce((sum, { length }) => sum + length, 0);
    response.writeHead(200, { "content-type": "application/json", "content-length": length });
    for (const part of firstAnswer) response.write(part);
    response.end();
    return;
  }
  const since = Number(/since=s(\d+)/.exec(request.url ?? "")?.[1] ?? 0);
  const body = new TextEncoder().encode(respond(since));
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function measure(way: string): Promise<StreamReport> {
  const flags = first ? "--expose-gc,--max-old-space-size=8192" : `--expose-gc,${NURSERY}`;
  const worker = fileURLToPath(new URL("./sync_stream_worker.ts", import.meta.url));
  const args = process.argv.includes("--bun") ? ["bun", "--expose-gc", worker] : [
    Deno.execPath(),
    "run",
    "-A",
    `--v8-flags=${flags}`,
    worker,
  ];
  const { stdout, success } = await new Deno.Command(args[0]!, {
    args: [...args.slice(1), url, way, first ? "first" : `${Math.ceil(events / BATCH)}`],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot measure ${way}: the worker failed`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}

function printStream(best: Map<string, StreamReport>): void {
  const plain = best.get("plain")!.cpu;
  for (const [way, { cpu, early, late, handled }] of best) {
    const { ratio = Infinity, above = Infinity } = GOALS[way] ?? {};
    const grown = late - early;
    const isKept = cpu <= plain * ratio && cpu <= plain + above && grown <= MOST_GROWTH;
    console.log(
      `${isKept ? "kept  " : "MISSED"} ${way.padEnd(7)} ${cpu.toFixed(2)} µs per event, ` +
        `× ${(cpu / plain).toFixed(2)}, ${(cpu - plain).toFixed(2)} µs above; ${early.toFixed(0)} MiB, ` +
        `${grown.toFixed(1)} MiB more at the end; ${handled} handled`,
    );
  }
}

function printFirst(best: Map<string, StreamReport>): void {
  const plain = best.get("plain")!;
  for (const [way, { wall, cpu, peak }] of best) {
    console.log(
      `${way.padEnd(6)} ${wall.toFixed(0)} ms, × ${(wall / plain.wall).toFixed(2)}; CPU ${
        (cpu / 1_000).toFixed(0)
      } ms; ` +
        `${peak.toFixed(0)} MiB at most, × ${(peak / plain.peak).toFixed(2)}`,
    );
  }
}

console.log(
  first
    ? `Initial sync of 1,000 rooms of 1,000 members each; the best of ${rounds}`
    : `${events} events in batches of ${BATCH}, ${rooms} rooms a batch; the best of ${rounds}`,
);
const best = new Map<string, StreamReport>();
for (let round = 0; round < rounds; round++) {
  for (const way of WAYS) {
    const report = await measure(way);
    if (report.cpu < (best.get(way)?.cpu ?? Infinity)) best.set(way, report);
  }
}
if (first) printFirst(best);
else printStream(best);
server.close();
server.closeAllConnections();
