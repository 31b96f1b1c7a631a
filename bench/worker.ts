/**
 * A process that executes orders from its standard input with one library and measures itself.
 *
 *     worker.ts <contender> <module of its library> <base URL>
 */

import process from "node:process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { makeBotSdk } from "./contenders/bot_sdk.ts";
import type { Contender, MakeContender } from "./contenders/contender.ts";
import { makeJsSdk } from "./contenders/js_sdk.ts";
import { makeLimited } from "./contenders/limited.ts";
import { makeOurs } from "./contenders/ours.ts";
import { makePlain } from "./contenders/plain.ts";
import { byteStream, countBytes } from "./data.ts";
import type { Order, Report } from "./protocol.ts";

const makers: Record<string, MakeContender> = {
  plain: makePlain,
  limited: makeLimited,
  ours: makeOurs,
  js: makeJsSdk,
  bot: makeBotSdk,
};

const [name = "", module = "", url = ""] = process.argv.slice(2);
const library: unknown = module === "" ? undefined : await import(module);
const contenders = new Map<string, Contender>();

/** Returns a contender with an access token, which is created once. */
function contenderOf(contender: string, token: string): Contender {
  const key = `${contender} ${token}`;
  let made = contenders.get(key);
  if (made === undefined) contenders.set(key, made = makers[contender]!(library, { url, token }));
  return made;
}

/** Makes this number of calls with this concurrency. */
async function repeat(call: () => Promise<unknown>, calls: number, inFlight: number): Promise<void> {
  let left = calls;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (left-- > 0) await call();
  }));
}

/** Executes an order. Returns the amount, or `undefined` if the library does not support it. */
async function obey(
  { what, contender = name, token = "token", calls = 1, inFlight = 1, size = 0 }: Order,
): Promise<number | undefined> {
  const one = contenderOf(contender, token);
  switch (what) {
    case "whoami":
      await repeat(() => one.whoami(), calls, inFlight);
      return calls;
    case "send":
      await repeat(() => one.send(), calls, inFlight);
      return calls;
    case "sync":
      return await one.sync();
    case "stream":
      return await one.stream?.(calls);
    case "handle":
      return await one.handle?.(calls);
    case "promise":
      return await one.promise?.(calls);
    case "members":
      return await one.members();
    case "upload stream":
      if (one.uploadStream) await one.uploadStream(byteStream(size), size);
      return one.uploadStream && size;
    case "upload bytes":
      if (one.uploadBytes) await one.uploadBytes(new Uint8Array(size).fill(120));
      return one.uploadBytes && size;
    case "download stream":
      return one.downloadStream && await countBytes(await one.downloadStream(`bytes_${size}`));
    case "download bytes":
      return await one.downloadBytes?.(`bytes_${size}`);
  }
}

/** Returns the peak memory of this process in MiB. */
function peak(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/** Returns the memory in MiB after a garbage collection. */
async function settled(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss / 2 ** 20;
}

function tell(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

tell({});
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order;
  const memory = order.memory ? await settled() : 0;
  const before = process.cpuUsage();
  const start = performance.now();
  try {
    const done = await obey(order);
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    const report: Report = { done, cpu: user + system, wall };
    if (order.memory) Object.assign(report, { peak: peak(), rise: peak() - memory, rss: await settled() });
    tell(report);
  } catch (error) {
    tell({ error: String(error) });
  }
}
process.exit(0);
