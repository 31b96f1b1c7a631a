import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type ClientOptions, MemorySyncStore } from "../../../client/mod.ts";
import { MatrixTimeoutError } from "../../../http/mod.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import {
  batch,
  joined,
  message,
  polls,
  ROOM,
  runUntil,
  syncClient,
  syncServer,
  until,
} from "../../support/sync_server.ts";

interface Told {
  error: unknown;
  event: string | undefined;
  aborted: boolean;
}

/** Creates a client with one batch to handle, and collects the calls of `onHandlerError()`. */
function make(bodies: string[], options: Partial<ClientOptions> = {}) {
  const store = new MemorySyncStore("s0");
  const told: Told[] = [];
  const server = syncServer(batch("s1", ...bodies));
  const client = syncClient(server, {
    store,
    onHandlerError: (error, { event_id: event }, { signal }) =>
      told.push({ error, event, aborted: signal.aborted }),
    ...options,
  });
  return { store, told, server, client, done: () => polls(server).length === 2 };
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test("Client.run() handles 999 of a thousand events and reports the one that fails", async () => {
  const bodies = Array.from({ length: 1_000 }, (_, i) => `${i}`);
  const broken = new Error("no");
  for (const later of [false, true]) {
    const { client, told, store, done } = make(bodies);
    let handled = 0;
    client.on("m.room.message", (event) => {
      if (event.event_id === "$500") {
        if (later) return Promise.reject(broken);
        throw broken;
      }
      handled++;
    });
    await runUntil(client, done);
    assertEquals(handled, 999);
    assertEquals(told, [{ error: broken, event: "$500", aborted: false }]);
    assertEquals(await store.get(), "s1");
  }
});

Deno.test("Client.run() logs errors of handlers without onHandlerError()", async () => {
  const lines: unknown[][] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void lines.push(line) };
  const broken = new Error("no");
  const { client, done } = make(["a"], { onHandlerError: undefined, log });
  client.on("m.room.message", () => {
    throw broken;
  });
  await runUntil(client, done);
  assertEquals(lines.length, 1);
  assertStrictEquals(lines[0]?.[1], broken);
  assert(String(lines[0]?.[0]).includes("$a"));
});

Deno.test("Client.run() calls the other handlers of an event that one handler fails on", async () => {
  const { client, told, done } = make(["a", "b"]);
  const calls: string[] = [];
  client.on("m.room.message", () => {
    throw undefined;
  });
  client.on("m.room.message", ({ event_id }) => calls.push(event_id));
  await runUntil(client, done);
  assertEquals(calls, ["$a", "$b"]);
  assertEquals(told.map(({ error, event }) => [error, event]), [[undefined, "$a"], [undefined, "$b"]]);
});

Deno.test("Client.run() retries a handler `retries` times", async () => {
  const backoff = { minTimeout: 1, maxTimeout: 2 };
  const { client, told, done } = make(["a", "b"], { backoff, retries: 1 });
  const calls: string[] = [];
  client.on("m.room.message", ({ event_id }) => {
    calls.push(`1 ${event_id}`);
    if (calls.filter((call) => call === `1 ${event_id}`).length < 3) throw new Error("not yet");
  }, { retries: 5 });
  client.on("m.room.message", async ({ event_id }) => {
    calls.push(`2 ${event_id}`);
    await wait(1);
    throw new Error("never");
  });
  await runUntil(client, done);
  assertEquals(calls, ["1 $a", "1 $a", "1 $a", "2 $a", "2 $a", "1 $b", "1 $b", "1 $b", "2 $b", "2 $b"]);
  assertEquals(told.map(({ event }) => event), ["$a", "$b"]);
});

Deno.test("Client.run() retries a handler with exponential backoff", () =>
  FakeClock.use(async (clock) => {
    const { client } = make(["a"], { backoff: { jitter: 0 } });
    const times: number[] = [];
    client.on("m.room.message", () => {
      times.push(clock.now);
      throw new Error("no");
    }, { retries: 8 });
    client.start();
    await clock.advance(250_000);
    assertEquals(times, [0, 1, 3, 7, 15, 31, 63, 123, 183].map((seconds) => seconds * 1_000));
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
  }));

Deno.test("Client.run() abandons a handler at its deadline, without a retry", () =>
  FakeClock.use(async (clock) => {
    const { client, told, store } = make(["a", "b", "c"], { retries: 3 });
    const calls: string[] = [];
    const signals: AbortSignal[] = [];
    client.on("m.room.message", ({ event_id }, { signal }) => {
      calls.push(event_id);
      signals.push(signal);
      if (event_id !== "$c") return new Promise(() => {});
    });
    client.start();
    await clock.advance(59_999);
    assertEquals([calls, told], [["$a"], []]);
    await clock.advance(1);
    assertEquals([calls, told.map(({ event, aborted }) => [event, aborted])], [["$a", "$b"], [["$a", true]]]);
    assert(told[0]?.error instanceof MatrixTimeoutError);
    assertStrictEquals(signals[0]?.reason, told[0]?.error);
    assertEquals(signals[1]?.aborted, false);
    await clock.advance(60_000);
    assertEquals(calls, ["$a", "$b", "$c"]);
    assertEquals(told.length, 2);
    assertEquals(await store.get(), "s1");
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
    await settle();
    assertEquals(clock.pending, 0);
  }));

Deno.test("Client.on() applies the deadline of a handler", () =>
  FakeClock.use(async (clock) => {
    const rooms = Object.fromEntries(
      ["a", "b", "c"].map((name) => [`!${name}:x`, { timeline: { events: [message(name)] } }]),
    );
    const server = syncServer({ next_batch: "s1", rooms: { join: rooms } });
    const told: [string, number][] = [];
    const client = syncClient(server, {
      since: "s0",
      handlerDeadline: 5_000,
      onHandlerError: (_, { room_id, type }) => told.push([`${room_id} ${type}`, clock.now]),
    });
    const never = () => new Promise(() => {});
    client.on("m.room.message", (_, { roomId }) => roomId === "!a:x" ? never() : undefined, {
      handlerDeadline: 9_000,
    });
    client.on("m.room.message", (_, { roomId }) => roomId === "!b:x" ? never() : undefined);
    client.on("m.room.message", (_, { roomId }) => roomId === "!c:x" ? never() : undefined, {
      handlerDeadline: 2_000,
    });
    client.start();
    await clock.advance(20_000);
    assertEquals(told, [["!c:x m.room.message", 2_000], ["!b:x m.room.message", 5_000], [
      "!a:x m.room.message",
      9_000,
    ]]);
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
  }));

Deno.test("Client.on() counts the deadline of a handler from its own call", () =>
  FakeClock.use(async (clock) => {
    const told: [string | undefined, number][] = [];
    const { client, store } = make(["a", "b", "c"], {
      handlerDeadline: 5_000,
      onHandlerError: (_, { event_id }) => told.push([event_id, clock.now]),
    });
    const ends = [3_000, Infinity, 4_000];
    client.on("m.room.message", () => {
      const end = ends.shift()!;
      return new Promise((resolve) => end < Infinity && setTimeout(resolve, end));
    });
    client.start();
    await clock.advance(20_000);
    assertEquals(told.map(([, time]) => time), [8_000]);
    assertEquals([ends, await store.get()], [[], "s1"]);
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
    await settle();
    assertEquals(clock.pending, 0);
  }));

Deno.test("Client.on() awaits a handler with the deadline Infinity", () =>
  FakeClock.use(async (clock) => {
    const { client, told } = make(["a"]);
    let end = (_: unknown) => {};
    client.on("m.room.message", () => new Promise((resolve) => end = resolve), { handlerDeadline: Infinity });
    client.start();
    await clock.advance(10_000_000);
    assertEquals([told, client.syncState.since], [[], "s0"]);
    end(undefined);
    await clock.advance(0);
    assertEquals(client.syncState.state, "syncing");
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
  }));

Deno.test("Client.run() continues after errors and hangs of onHandlerError()", async () => {
  const lines: unknown[][] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void lines.push(line) };
  const answers = [() => Promise.reject(new Error("rejected")), () => new Promise(() => {}), () => {
    throw new Error("thrown");
  }];
  let n = 0;
  const { client, done, store } = make(["a", "b", "c"], {
    log,
    handlerDeadline: 30,
    onHandlerError: () => answers[n++]!(),
  });
  client.on("m.room.message", () => {
    throw new Error("no");
  });
  await runUntil(client, done);
  assertEquals([n, lines.length, await store.get()], [3, 3, "s1"]);
});

Deno.test("Client.run() commits after onHandlerError() has ended", async () => {
  let kept = false;
  const { client, done, store } = make(["a"], {
    onHandlerError: async () => {
      await wait(20);
      assertEquals(await store.get(), "s0");
      kept = true;
    },
  });
  client.on("m.room.message", () => Promise.reject(new Error("no")));
  await runUntil(client, done);
  assertEquals([kept, await store.get()], [true, "s1"]);
});

Deno.test("Client.stop() delivers no further event, waits for handlers, and does not commit the batch", async () => {
  const { client, told, store, server } = make(["a", "b", "c"]);
  const calls: string[] = [];
  client.on("m.room.message", async ({ event_id }, { signal }) => {
    calls.push(`begin ${event_id}`);
    assertEquals(signal.aborted, false);
    await wait(30);
    calls.push(`end ${event_id}`);
  });
  client.start();
  await until(() => calls.length === 3);
  await client.stop();
  assertEquals(calls, ["begin $a", "end $a", "begin $b", "end $b"]);
  assertEquals([told, await store.get(), polls(server).length], [[], "s0", 1]);
});

Deno.test("Client.stop() commits a batch whose last handler ends meanwhile", async () => {
  const { client, store, told } = make(["a"]);
  let begun = false;
  client.on("m.room.message", async () => {
    begun = true;
    await wait(20);
  });
  client.start();
  await until(() => begun);
  await client.stop();
  assertEquals([await store.get(), told], ["s1", []]);
});

Deno.test("Client.stop() does not report a handler that rejects because of the signal", async () => {
  const reasons: ((signal: AbortSignal) => unknown)[] = [
    (signal) => signal.reason,
    (signal) => new Error("Cannot respond", { cause: signal.reason }),
    () => new DOMException("aborted", "AbortError"),
  ];
  for (const reason of reasons) {
    const { client, store, told } = make(["a"], { retries: 3 });
    let begun = 0;
    client.on("m.room.message", (_, { signal }) => {
      begun++;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(reason(signal))));
    });
    const stop = new AbortController();
    const run = client.run({ signal: stop.signal });
    await until(() => begun > 0);
    stop.abort(new Error("enough"));
    await run;
    assertEquals([begun, await store.get(), told], [1, "s0", []]);
  }
});

Deno.test("Client.stop() reports a handler that fails for another reason", async () => {
  const { client, told, store } = make(["a"]);
  const broken = new Error("no");
  let begun = false;
  client.on("m.room.message", async () => {
    begun = true;
    await wait(20);
    throw broken;
  });
  client.start();
  await until(() => begun);
  await client.stop();
  assertEquals(told.map(({ error }) => error), [broken]);
  assertEquals(await store.get(), "s1");
});

Deno.test("Client.stop() ends the wait before a retry and does not commit the batch", async () => {
  const { client, told, store } = make(["a"], { backoff: { minTimeout: 60_000 } });
  let calls = 0;
  client.on("m.room.message", () => {
    calls++;
    throw new Error("not yet");
  }, { retries: 5 });
  client.start();
  await until(() => calls > 0);
  const begin = performance.now();
  await client.stop();
  assert(performance.now() - begin < 1_000); // 100 on a quiet machine; it would wait far longer otherwise
  assertEquals([calls, told, await store.get()], [1, [], "s0"]);
});

Deno.test("Client.stop() waits for a handler up to its deadline", async () => {
  const { client, told, store } = make(["a"], { handlerDeadline: 50 });
  let begun = false;
  client.on("m.room.message", () => {
    begun = true;
    return new Promise(() => {});
  });
  client.start();
  await until(() => begun);
  await client.stop();
  assertEquals(told.length, 1);
  assertEquals(await store.get(), "s1");
});

Deno.test("Client.stop() works when a handler calls it", async () => {
  const { client, store } = make(["a", "b"]);
  const calls: string[] = [];
  client.on("m.room.message", ({ event_id }, { signal }) => {
    calls.push(event_id);
    client.stop();
    assert(signal.aborted);
  });
  await client.run();
  assertEquals([calls, await store.get()], [["$a"], "s0"]);
});

Deno.test("Client.runOnce() rejects with the signal's reason", async () => {
  const { client, store } = make(["a", "b"]);
  const reason = new Error("enough");
  const stop = new AbortController();
  client.on("m.room.message", () => stop.abort(reason));
  let caught: unknown;
  await client.runOnce({ signal: stop.signal }).catch((error) => caught = error);
  assertStrictEquals(caught, reason);
  assertEquals(await store.get(), "s0");
});

Deno.test("Client.run() continues in other rooms while a handler is running", async () => {
  const answer = joined("s1", { timeline: { events: [message("slow")] } });
  for (let i = 0; i < 50; i++) answer.rooms.join[`!${i}:x`] = { timeline: { events: [message(`${i}`)] } };
  const server = syncServer(answer);
  const client = syncClient(server, { since: "s0", concurrency: 2 });
  let others = 0;
  let end = (_: unknown) => {};
  client.on("m.room.message", (_, { roomId }) => {
    if (roomId === ROOM) return new Promise((resolve) => end = resolve);
    others++;
  });
  const run = client.run();
  await until(() => others === 50);
  end(undefined);
  await until(() => polls(server).length === 2);
  await client.stop();
  await run;
});
