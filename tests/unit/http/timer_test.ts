import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Timers } from "../../../http/timer.ts";
import { FakeClock } from "../../support/fake_clock.ts";

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
  await FakeClock.use(async (clock) => {
    const timers = new Timers();
    const rung: number[] = [];
    timers.start(20, { ring: () => rung.push(clock.now) });
    timers.stop(timers.start(10, { ring: () => rung.push(-1) }));
    await clock.advance(50);
    assertEquals(rung, [20]);
  });
});

Deno.test("Timers hand on what was stopped in the same turn, and time begins anew", async () => {
  await FakeClock.use(async (clock) => {
    const timers = new Timers();
    const rung: [string, number][] = [];
    const first = timers.start(30, { ring: () => rung.push(["first", clock.now]) });
    await clock.advance(20);
    timers.stop(first);
    await undefined;
    assertStrictEquals(timers.start(30, { ring: () => rung.push(["second", clock.now]) }), first);
    await clock.advance(100);
    assertEquals(rung, [["second", 50]]);
  });
});

Deno.test("Timers hand on nothing that would ring too late", async () => {
  await FakeClock.use(async (clock) => {
    const timers = new Timers();
    const rung: [string, number][] = [];
    const long = timers.start(10_000, { ring: () => rung.push(["long", clock.now]) });
    timers.stop(long);
    assert(timers.start(10, { ring: () => rung.push(["short", clock.now]) }) !== long);
    await clock.advance(20_000);
    assertEquals(rung, [["short", 10]]);
  });
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
