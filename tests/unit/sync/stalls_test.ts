import { assert, assertEquals } from "@std/assert";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { FakeHomeserver, json, type Received } from "../../support/fake_homeserver.ts";
import {
  answering,
  batch,
  joined,
  message,
  polls,
  stateLog,
  SYNC,
  syncClient,
  syncServer,
} from "../../support/sync_server.ts";

/** Runs a client for some time and returns its states and the number of polls. */
async function watch(clock: FakeClock, server: FakeHomeserver, milliseconds: number, options = {}) {
  const log = stateLog();
  const stop = new AbortController();
  let handled = 0;
  const client = syncClient(server, { ...log, ...options });
  client.on("m.room.message", () => handled++);
  const run = client.run({ signal: stop.signal });
  await clock.advance(milliseconds);
  stop.abort();
  await run;
  await settle();
  assertEquals(clock.pending, 0);
  return { ...log, handled, polls: polls(server).length };
}

Deno.test("Client.run() slows down and reports a stall when responses come at once and empty", () =>
  FakeClock.use(async (clock) => {
    let n = 0;
    const server = new FakeHomeserver().on(SYNC, answering(() => ({ next_batch: `s${++n}` })));
    const seen = await watch(clock, server, 300_000, { since: "s0" });
    assert(seen.polls < 15, `${seen.polls}`);
    const stalls = seen.states.filter(({ state }) => state === "stalled");
    assertEquals(
      stalls.map(({ wait }) => wait).slice(0, 8),
      [1, 2, 4, 8, 16, 32, 60, 60].map((s) => s * 1_000),
    );
    assertEquals(seen.names().slice(0, 3), ["starting", "syncing", "stalled"]);
  }));

Deno.test("Client.run() slows down when the token does not change although there are events", () =>
  FakeClock.use(async (clock) => {
    const server = new FakeHomeserver().on(SYNC, batch("s1", "a"));
    const seen = await watch(clock, server, 120_000);
    assert(seen.polls < 10, `${seen.polls}`);
    assertEquals(seen.handled, seen.polls - 1);
    assertEquals(
      seen.states.filter(({ state }) => state === "stalled").map(({ wait, since }) => [wait, since]).slice(
        0,
        3,
      ),
      [[1_000, "s1"], [2_000, "s1"], [4_000, "s1"]],
    );
  }));

Deno.test("Client.run() slows down when tokens repeat although there are events", () =>
  FakeClock.use(async (clock) => {
    let n = 0;
    const server = new FakeHomeserver().on(SYNC, answering(() => batch(`s${n++ % 3}`, "a")));
    const seen = await watch(clock, server, 120_000);
    assert(seen.polls < 12, `${seen.polls}`);
    assertEquals(seen.names().includes("stalled"), true);
  }));

Deno.test("Client.run() reports the end of a stall and resets its wait", () =>
  FakeClock.use(async (clock) => {
    const stuck = batch("s1", "a");
    const server = syncServer(batch("s1"), stuck, stuck, batch("s2", "b"), batch("s2", "c"));
    const seen = await watch(clock, server, 20_000);
    assertEquals(seen.names(), [
      "starting",
      "syncing",
      "stalled",
      "stalled",
      "syncing",
      "stalled",
      "stopped",
    ]);
    assertEquals(seen.states.map(({ wait }) => wait), [
      undefined,
      undefined,
      1_000,
      2_000,
      undefined,
      1_000,
      undefined,
    ]);
  }));

Deno.test("Client.run() waits between empty responses with timeout 0 without reporting a stall", () =>
  FakeClock.use(async (clock) => {
    const server = new FakeHomeserver().on(SYNC, { next_batch: "s1" });
    const seen = await watch(clock, server, 60_000, { timeout: 0 });
    assert(seen.polls < 12, `${seen.polls}`);
    assertEquals(seen.names(), ["starting", "syncing", "stopped"]);
  }));

Deno.test("Client.run() does not slow down for a quiet account or a busy one", () =>
  FakeClock.use(async (clock) => {
    let n = 0;
    const quiet = new FakeHomeserver().on(SYNC, async (request: Received) => {
      await new Promise((resolve) => setTimeout(resolve, 30_000));
      request.signal?.throwIfAborted();
      return await json({ next_batch: `s${++n}` })(request);
    });
    const log = stateLog();
    const client = syncClient(quiet, log);
    const run = client.run();
    await clock.advance(300_000);
    assertEquals(log.names(), ["starting", "syncing"]);
    assertEquals(polls(quiet).length, 11);
    const stopped = client.stop();
    await clock.advance(100);
    await stopped;
    await run;

    const busy = new FakeHomeserver().on(SYNC, answering(() => batch(`s${++n}`, "a")));
    const stream = syncClient(busy, log).syncs();
    for (let i = 0; i < 100; i++) await stream.next();
    await stream.return();
    assert(!log.names().includes("stalled"));
    await clock.advance(30_000);
  }));

Deno.test("Client.run() accepts a token that does not change after full state", () =>
  FakeClock.use(async (clock) => {
    const answer = joined("s1", { state: { events: [message("x", { state_key: "" })] } });
    const seen = await watch(clock, syncServer(answer), 1_000, { fullState: true, since: "s1" });
    assertEquals(seen.names(), ["starting", "syncing", "stopped"]);
    assertEquals(seen.polls, 2);
  }));

Deno.test("Client.run() ends the wait of a stall with the signal", () =>
  FakeClock.use(async (clock) => {
    const client = syncClient(new FakeHomeserver().on(SYNC, batch("s1", "a")));
    const run = client.run();
    await clock.advance(30_000);
    assertEquals(client.syncState.state, "stalled");
    await client.stop();
    await run;
    await settle();
    assertEquals(clock.pending, 0);
  }));
