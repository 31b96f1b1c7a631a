import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Timers } from "../../../http/timer.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Counts the timers that run while `during` does. */
async function runningTimers(during: (running: () => number) => Promise<void>): Promise<void> {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const ids = new Set<unknown>();
  globalThis.setTimeout = ((callback: () => void, ms?: number) => {
    const id = set(() => (ids.delete(id), callback()), ms);
    ids.add(id);
    return id;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((id: number) => (ids.delete(id), clear(id))) as typeof clearTimeout;
  try {
    await during(() => ids.size);
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
}

Deno.test("Timers ring in time, and not after they were stopped", async () => {
  const timers = new Timers();
  const rung: string[] = [];
  const start = performance.now();
  let took = 0;
  timers.start(20, {
    ring() {
      rung.push("a");
      took = performance.now() - start;
    },
  });
  timers.stop(timers.start(10, { ring: () => rung.push("b") }));
  await sleep(50);
  assertEquals(rung, ["a"]);
  assert(took >= 19 && took < 45, `${took}`);
});

Deno.test("Timers hand on what was stopped in the same turn, and time begins anew", async () => {
  const timers = new Timers();
  const rung: string[] = [];
  const first = timers.start(30, { ring: () => rung.push("first") });
  await sleep(20);
  timers.stop(first);
  await undefined;
  assertStrictEquals(timers.start(30, { ring: () => rung.push("second") }), first);
  await sleep(20);
  assertEquals(rung, []);
  await sleep(25);
  assertEquals(rung, ["second"]);
});

Deno.test("Timers hand on nothing that would ring too late", async () => {
  const timers = new Timers();
  const rung: string[] = [];
  const long = timers.start(10_000, { ring: () => rung.push("long") });
  timers.stop(long);
  assert(timers.start(10, { ring: () => rung.push("short") }) !== long);
  await sleep(30);
  assertEquals(rung, ["short"]);
});

Deno.test("Timers leave none behind at the end of the turn", async () => {
  await runningTimers(async (running) => {
    const timers = new Timers();
    const some = Array.from({ length: 5 }, () => timers.start(60_000, { ring() {} }));
    assertEquals(running(), 5);
    for (const timer of some) timers.stop(timer);
    const next = timers.start(60_000, { ring() {} });
    assertEquals(running(), 5);
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => (port1.close(), port2.close(), resolve());
      port2.postMessage(0);
    });
    assertEquals(running(), 1);
    timers.stop(next);
  });
});
