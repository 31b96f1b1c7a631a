/** Work that handlers detach with waitUntil(). */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { type ClientOptions, MemorySyncStore } from "../../../client/mod.ts";
import { MatrixTimeoutError, MUnknownToken } from "../../../http/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { matrixError, silence } from "../../support/fake_homeserver.ts";
import {
  batch,
  joined,
  message,
  polls,
  runUntil,
  syncClient,
  syncServer,
  until,
} from "../../support/sync_server.ts";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Creates a client, a store that notes what is written, and work that a test ends. */
function setUp(responses: unknown[], options: Partial<ClientOptions> = {}) {
  const server = syncServer(...responses);
  const stored: string[] = [];
  const store = {
    get: () => Promise.resolve(stored.at(-1) ?? "s0"),
    set: (token: string) => Promise.resolve(void stored.push(token)),
  };
  const errors: unknown[] = [];
  const client = syncClient(server, { store, onHandlerError: (error) => errors.push(error), ...options });
  const works = new Map<
    string,
    { resolve: () => void; reject: (error: unknown) => void; signal: AbortSignal }
  >();
  client.on("m.room.message", ({ event_id }, { waitUntil, signal }) => {
    waitUntil(
      new Promise<void>((resolve, reject) => {
        works.set(event_id, { resolve, reject, signal });
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    );
  });
  return { server, client, stored, errors, works };
}

const sinces = (server: ReturnType<typeof syncServer>) =>
  polls(server).map(({ query }) => query.get("since"));

Deno.test("HandlerContext.waitUntil() delays neither events nor polls, but the commit of its batch and of later ones", async () => {
  const { server, client, stored, works } = setUp([
    batch("s1", "a", "b"),
    batch("s2"),
    batch("s3", "c"),
    batch("s4"),
  ]);
  client.start();
  await until(() => polls(server).length === 5);
  assertEquals([sinces(server), stored, client.syncState.since], [["s0", "s1", "s2", "s3", "s4"], [], "s0"]);
  works.get("$b")!.resolve();
  await wait(10);
  assertEquals(stored, []);
  works.get("$a")!.resolve();
  await until(() => stored.length === 2);
  await wait(10);
  assertEquals(stored, ["s1", "s2"]);
  works.get("$c")!.resolve();
  await until(() => stored.length === 4);
  assertEquals(stored, ["s1", "s2", "s3", "s4"]);
  await client.stop();
});

Deno.test("HandlerContext.waitUntil() holds a token while an earlier batch has running work", async () => {
  const { server, client, stored, works } = setUp([batch("s1", "a"), batch("s2", "b")]);
  client.start();
  await until(() => polls(server).length === 3);
  works.get("$b")!.resolve();
  await wait(10);
  assertEquals(stored, []);
  works.get("$a")!.resolve();
  await until(() => stored.length === 2);
  assertEquals(stored, ["s1", "s2"]);
  await client.stop();
});

Deno.test("HandlerContext.waitUntil() reports work that fails, and commits", async () => {
  const { server, client, stored, errors, works } = setUp([batch("s1", "a")]);
  const error = new Error("no");
  client.start();
  await until(() => polls(server).length === 2);
  works.get("$a")!.reject(error);
  await until(() => stored.length === 1);
  assertEquals(errors.length, 1);
  assertStrictEquals(errors[0], error);
  await client.stop();
});

Deno.test("HandlerContext.waitUntil() passes event and context to onHandlerError()", async () => {
  const seen: unknown[] = [];
  const { server, client, works } = setUp([batch("s1", "a")], {
    onHandlerError: (_, event, { roomId, from, since }) => seen.push(event.event_id, roomId, from, since),
  });
  client.start();
  await until(() => polls(server).length === 2);
  works.get("$a")!.reject(new Error("no"));
  await until(() => seen.length > 0);
  assertEquals(seen, ["$a", "!room:example.org", "timeline", "s0"]);
  await client.stop();
});

Deno.test("HandlerContext.waitUntil() abandons work at its deadline, ten minutes by default", () =>
  FakeClock.use(async (clock) => {
    for (const [options, deadline] of [[undefined, 600_000], [{ deadline: 5_000 }, 5_000]] as const) {
      const server = syncServer(batch("s1", "a"));
      const store = new MemorySyncStore("s0");
      const errors: unknown[] = [];
      const client = syncClient(server, { store, onHandlerError: (error) => errors.push(error) });
      let signal: AbortSignal | undefined;
      client.on("m.room.message", (_, context) => {
        signal = context.signal;
        context.waitUntil(new Promise(() => {}), options);
      });
      client.start();
      await clock.advance(deadline - 1);
      assertEquals([errors, await store.get(), signal?.aborted], [[], "s0", false]);
      await clock.advance(1);
      assertInstanceOf(errors[0], MatrixTimeoutError);
      assertEquals([await store.get(), signal?.reason], ["s1", errors[0]]);
      const stopped = client.stop();
      await clock.advance(0);
      await stopped;
      assertEquals(clock.pending, 0);
    }
  }));

Deno.test("HandlerContext.waitUntil() keeps the signal alive after the handler, and aborts it at a stop", async () => {
  const { server, client, stored, errors, works } = setUp([batch("s1", "a"), batch("s2")]);
  const reason = new Error("enough");
  const stop = new AbortController();
  const run = client.run({ signal: stop.signal });
  await until(() => polls(server).length === 3);
  assertEquals(works.get("$a")!.signal.aborted, false);
  stop.abort(reason);
  await run;
  assertStrictEquals(works.get("$a")!.signal.reason, reason);
  assertEquals([stored, errors, client.syncState.error], [[], [], undefined]);
});

Deno.test("Client.stop() waits for detached work that ends by itself, and commits it", async () => {
  const server = syncServer(batch("s1", "a"));
  const store = new MemorySyncStore("s0");
  const client = syncClient(server, { store });
  let done = false;
  client.on("m.room.message", (_, { waitUntil }) => waitUntil(wait(40).then(() => done = true)));
  client.start();
  await until(() => polls(server).length === 2);
  await client.stop();
  assertEquals([done, await store.get()], [true, "s1"]);
});

Deno.test("Client.run() commits nothing after work that was interrupted", async () => {
  const server = syncServer(batch("s1", "a"), batch("s2", "b"));
  const store = new MemorySyncStore("s0");
  const client = syncClient(server, { store });
  client.on("m.room.message", ({ event_id }, { waitUntil, signal }) => {
    if (event_id === "$b") return waitUntil(wait(20));
    waitUntil(new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  });
  client.start();
  await until(() => polls(server).length === 3);
  await client.stop();
  assertEquals(await store.get(), "s0");
});

Deno.test("Client.runOnce() waits for detached work before it commits", async () => {
  const server = syncServer(batch("s1", "a"));
  const store = new MemorySyncStore("s0");
  const client = syncClient(server, { store });
  const tokens: unknown[] = [];
  client.on("m.room.message", (_, { waitUntil }) =>
    waitUntil((async () => {
      await wait(20);
      tokens.push(await store.get());
      waitUntil(wait(10).then(async () => tokens.push(await store.get())));
    })()));
  assertEquals(await client.runOnce(), 1);
  assertEquals([tokens, await store.get()], [["s0", "s0"], "s1"]);
});

Deno.test("Client.run() rejects before the commit when detached work meets an unknown token", async () => {
  for (const method of ["run", "runOnce"] as const) {
    const server = syncServer(batch("s1", "a")).on(
      "GET /_matrix/client/v3/profile/%40a%3Ax",
      matrixError(401, "M_UNKNOWN_TOKEN"),
    );
    const store = new MemorySyncStore("s0");
    const errors: unknown[] = [];
    const client = syncClient(server, { store, onHandlerError: (error) => errors.push(error) });
    client.on("m.room.message", (_, { waitUntil }) => waitUntil(client.getProfile("@a:x")));
    const error = await assertRejects(() => client[method](), MUnknownToken);
    assertEquals([await store.get(), errors], ["s0", []]);
    assertStrictEquals(client.syncState.error, error);
  }
});

Deno.test("Client.run() rejects with the error of the store when it commits in the background", async () => {
  const broken = new Error("disk full");
  const server = syncServer(batch("s1", "a"), silence());
  const store = { get: () => Promise.resolve("s0"), set: () => Promise.reject(broken) };
  const client = syncClient(server, { store });
  client.on("m.room.message", (_, { waitUntil }) => waitUntil(wait(20)));
  assertStrictEquals(await assertRejects(() => client.run()), broken);
  const stopping = syncClient(syncServer(batch("s1", "a")), { store });
  stopping.on("m.room.message", (_, { waitUntil }) => {
    waitUntil(wait(20));
    stopping.stop();
  });
  assertStrictEquals(await assertRejects(() => stopping.run()), broken);
});

Deno.test("HandlerContext.waitUntil() rejects invalid deadlines, and accepts values that are not promises", async () => {
  const { server } = setUp([]);
  const errors: unknown[] = [];
  const client = syncClient(syncServer(batch("s1", "a")), { since: "s0" });
  client.on("m.room.message", (_, { waitUntil }) => {
    for (const deadline of [0, -1, NaN, "5"]) {
      try {
        waitUntil(Promise.resolve(), { deadline: deadline as number });
      } catch (error) {
        errors.push(error);
      }
    }
    waitUntil(undefined as never);
    waitUntil({ then: (resolve: (value: unknown) => unknown) => void resolve(1) } as never);
  });
  assertEquals(await client.runOnce(), 1);
  assertEquals(errors.length, 4);
  for (const error of errors) assertInstanceOf(error, RangeError);
  assertEquals(server.received.length, 0);
});

Deno.test("HandlerContext.waitUntil() works for events outside of rooms", async () => {
  const store = new MemorySyncStore("s0");
  const event = { type: "m.dummy", sender: "@a:x", content: {} };
  const client = syncClient(syncServer({ next_batch: "s1", to_device: { events: [event] } }), { store });
  let end = () => {};
  client.on("m.dummy", (_, { waitUntil }) => waitUntil(new Promise<void>((resolve) => end = resolve)), {
    from: "toDevice",
  });
  client.start();
  await wait(20);
  assertEquals(await store.get(), "s0");
  end();
  await wait(5);
  assertEquals(await store.get(), "s1");
  await client.stop();
});

Deno.test("Client.run() keeps the signals of other handlers when one exceeds its deadline", async () => {
  const events = [message("a"), message("b"), message("c")];
  const client = syncClient(syncServer(joined("s1", { timeline: { events } })), {
    since: "s0",
    handlerDeadline: 30,
    onHandlerError: () => {},
  });
  const signals = new Map<string, AbortSignal>();
  client.on("m.room.message", ({ event_id }, { signal, waitUntil }) => {
    signals.set(event_id, signal);
    if (event_id === "$a") return waitUntil(wait(80));
    if (event_id === "$b") return new Promise(() => {});
  });
  await runUntil(client, () => signals.size === 3);
  assertEquals(["$a", "$b", "$c"].map((id) => signals.get(id)!.reason?.name), [
    "AbortError",
    "MatrixTimeoutError",
    undefined,
  ]);
  assert(!signals.get("$c")!.aborted);
});
