/**
 * What a call costs beside plain `fetch` and `JSON.parse()`: CPU time of this process, both in turn, medians.
 *
 *     deno task bench
 */

import process from "node:process";
import { HTTPAPI } from "../http/mod.ts";
import { startServer } from "./server.ts";

const ROUNDS = 15;
const CALLS = 1000;

const { url, stop } = await startServer();
const api = new HTTPAPI({ baseUrl: url, token: "token" });
const whoami = "/_matrix/client/v3/account/whoami";
const send = "/_matrix/client/v3/rooms/!room/send/m.room.message/";
const content = { msgtype: "m.text", body: "Hello, world" };
const headers = { authorization: "Bearer token" };
const jsonHeaders = { ...headers, "content-type": "application/json" };
let n = 0;

const cases: [name: string, plain: () => Promise<unknown>, ours: () => Promise<unknown>][] = [
  [
    "GET whoami",
    async () => JSON.parse(await (await fetch(url + whoami, { headers })).text()),
    () => api.request("GET", whoami),
  ],
  [
    "PUT send",
    async () => {
      const body = JSON.stringify(content);
      return JSON.parse(
        await (await fetch(url + send + ++n, { method: "PUT", headers: jsonHeaders, body })).text(),
      );
    },
    () => api.request("PUT", send + ++n, { body: content }),
  ],
];

/** CPU time of one call in µs, with so many calls in flight. */
async function measure(call: () => Promise<unknown>, inFlight: number): Promise<number> {
  const before = process.cpuUsage();
  let left = CALLS;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (left-- > 0) await call();
  }));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

console.log(`Deno ${Deno.version.deno}, CPU time per call, median of ${ROUNDS} rounds of ${CALLS} calls`);
console.log("call        in flight   fetch     ours    ratio");
for (const [name, plain, ours] of cases) {
  for (const inFlight of [1, 50]) {
    const times: [number[], number[], number[]] = [[], [], []];
    await measure(plain, inFlight);
    await measure(ours, inFlight);
    for (let round = 0; round < ROUNDS; round++) {
      const a = await measure(plain, inFlight);
      const b = await measure(ours, inFlight);
      times[0].push(a);
      times[1].push(b);
      times[2].push(b / a);
    }
    const [a, b, ratio] = times.map(median) as [number, number, number];
    console.log(
      `${name.padEnd(12)}${String(inFlight).padStart(9)}${a.toFixed(1).padStart(6)} µs${
        b.toFixed(1).padStart(6)
      } µs${ratio.toFixed(3).padStart(9)}`,
    );
  }
}
await stop();
