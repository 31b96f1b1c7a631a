/** Errors that end a run, outages that are waited out, and log lines. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { Client, type ClientOptions, MemorySyncStore } from "../../../client/mod.ts";
import {
  HTTPAPI,
  MatrixConnectionError,
  MatrixError,
  MatrixRequestError,
  MUnknown,
  MUnknownToken,
  MUserDeactivated,
  silentLog,
} from "../../../http/mod.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import {
  broken,
  FakeHomeserver,
  json,
  matrixError,
  type Received,
  silence,
  text,
} from "../../support/fake_homeserver.ts";
import {
  batch,
  joined,
  ME,
  message,
  polls,
  runUntil,
  SYNC,
  syncClient,
  syncServer,
  until,
} from "../../support/sync_server.ts";

const QUICK = { minTimeout: 0, maxTimeout: 1 };
const ONCE = { retry: { limit: 0 } };
const sinces = (server: FakeHomeserver) => polls(server).map(({ query }) => query.get("since"));

/** Collects what is logged. */
function collect() {
  const lines: unknown[][] = [];
  const add = (...line: unknown[]) => void lines.push(line);
  return { lines, log: { debug() {}, info() {}, warn: add, error: add } };
}

/** Collects what is printed to the console while something runs. */
async function printed(run: () => Promise<unknown>): Promise<string[]> {
  const { error, warn, log, info, debug } = console;
  const lines: string[] = [];
  const add = (...line: unknown[]) => void lines.push(line.map(String).join(" "));
  Object.assign(console, { error: add, warn: add, log: add, info: add, debug: add });
  try {
    await run();
  } finally {
    Object.assign(console, { error, warn, log, info, debug });
  }
  return lines;
}

Deno.test("Client.run() rejects before the commit when a handler meets an error that ends a session", async () => {
  const cases = [
    [401, "M_UNKNOWN_TOKEN", MUnknownToken],
    [401, "M_MISSING_TOKEN", MatrixRequestError],
    [403, "M_USER_DEACTIVATED", MUserDeactivated],
  ] as const;
  for (const [status, code, type] of cases) {
    for (const wrap of [false, true]) {
      const server = syncServer(batch("s1"), batch("s2", "a"), batch("s2", "a")).on(
        "*",
        matrixError(status, code),
        { event_id: "$sent" },
      );
      const errors: unknown[] = [];
      const store = new MemorySyncStore();
      const start = () => {
        const client = syncClient(server, {
          store,
          retries: 5,
          onHandlerError: (error) => errors.push(error),
        });
        client.on("m.room.message", async (_, { roomId }) => {
          await client.sendText(roomId, "Hi").catch((cause) => {
            throw wrap ? new Error("Cannot respond", { cause }) : cause;
          });
        });
        return client;
      };
      const client = start();
      const error = await assertRejects(() => client.run(), type);
      assertEquals([await store.get(), errors, client.syncState.error], ["s1", [], error]);
      await runUntil(start(), () => polls(server).length === 4);
      assertEquals(sinces(server), [null, "s1", "s1", "s2"]);
    }
  }
});

Deno.test("Client.run() stops other rooms when a handler meets an unknown token", async () => {
  const rooms = Object.fromEntries(
    ["!a:x", "!b:x"].map((id) => [id, { timeline: { events: [message(id)] } }]),
  );
  const server = syncServer({ next_batch: "s1", rooms: { join: rooms } }).on(
    "*",
    matrixError(401, "M_UNKNOWN_TOKEN"),
  );
  const client = syncClient(server, { since: "s0" });
  let stopped = false;
  client.on("m.room.message", (_, { roomId, signal }) => {
    if (roomId === "!b:x") return client.getProfile("@a:x");
    return new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(void (stopped = true)))
    );
  });
  await assertRejects(() => client.run(), MUnknownToken);
  assert(stopped);
});

Deno.test("Client.run() retries a handler while the homeserver is out of reach, beyond `retries`", async () => {
  const faults = [
    broken(),
    text("", 502),
    text("", 503),
    text("", 504),
    matrixError(429, "M_LIMIT_EXCEEDED"),
  ];
  const server = syncServer(batch("s1", "a"))
    .on("*", ...faults, ...faults, { event_id: "$sent" });
  const errors: unknown[] = [];
  const store = new MemorySyncStore("s0");
  const client = syncClient(server, {
    store,
    backoff: QUICK,
    ...ONCE,
    onHandlerError: (error) => errors.push(error),
  });
  let calls = 0;
  client.on("m.room.message", async (_, { send }) => {
    calls++;
    await send("Hi").catch((cause) => {
      throw calls % 2 === 0 ? cause : new Error("Cannot respond", { cause });
    });
  });
  await runUntil(client, () => polls(server).length === 2);
  const sent = server.received.filter(({ method }) => method === "PUT").map(({ path }) => path);
  assertEquals([calls, errors, await store.get()], [11, [], "s1"]);
  assertEquals(new Set(sent).size, 1);
});

Deno.test("Client.run() retries a handler for up to an hour, then calls onHandlerError()", () =>
  FakeClock.use(async (clock) => {
    const server = syncServer(batch("s1", "a")).on("*", broken());
    const errors: unknown[] = [];
    const client = syncClient(server, {
      since: "s0",
      ...ONCE,
      onHandlerError: (error) => errors.push(error),
    });
    client.on("m.room.message", async (_, { send }) => void await send("Hi"));
    client.start();
    await clock.advance(3_590_000);
    assertEquals([errors, polls(server).length], [[], 1]);
    await clock.advance(130_000);
    assertInstanceOf(errors[0], MatrixConnectionError);
    assertEquals([errors.length, polls(server).length > 1], [1, true]);
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
  }));

Deno.test("Client.run() does not retry refusals, and errors of other kinds, beyond `retries`", async () => {
  const cases = [
    matrixError(403, "M_FORBIDDEN"),
    matrixError(502, "M_TOO_LARGE"),
    matrixError(500, "M_UNKNOWN"),
    text("{", 200),
  ];
  for (const answer of cases) {
    const server = syncServer(batch("s1", "a")).on("*", answer);
    const errors: unknown[] = [];
    const client = syncClient(server, {
      since: "s0",
      backoff: QUICK,
      onHandlerError: (error) => errors.push(error),
    });
    client.on("m.room.message", async (_, { send }) => void await send("Hi"));
    await runUntil(client, () => polls(server).length === 2);
    assertEquals(errors.length, 1);
    assertEquals(server.received.length, 3);
  }
});

Deno.test("Client.run() retries a handler whose deadline passes while a message is being sent", () =>
  FakeClock.use(async (clock) => {
    const server = syncServer(batch("s1", "a")).on("*", silence(), silence(), { event_id: "$sent" });
    const errors: unknown[] = [];
    const store = new MemorySyncStore("s0");
    const client = syncClient(server, {
      store,
      handlerDeadline: 5_000,
      onHandlerError: (error) => errors.push(error),
    });
    client.on("m.room.message", async (_, { send }) => void await send("Hi"));
    client.start();
    await clock.advance(60_000);
    assertEquals([errors, await store.get(), polls(server).length], [[], "s1", 2]);
    const stopped = client.stop();
    await clock.advance(0);
    await stopped;
  }));

Deno.test("Client.stop() ends the wait for a homeserver that is out of reach, and does not commit", async () => {
  const server = syncServer(batch("s1", "a")).on("*", broken());
  const store = new MemorySyncStore("s0");
  const errors: unknown[] = [];
  const client = syncClient(server, { store, ...ONCE, onHandlerError: (error) => errors.push(error) });
  client.on("m.room.message", async (_, { send }) => void await send("Hi"));
  client.start();
  await until(() => server.received.length > 1);
  await client.stop();
  assertEquals([await store.get(), errors], ["s0", []]);
});

Deno.test("Client.run() names the stored sync token when the first poll is refused", async () => {
  const refused = matrixError(400, "M_UNKNOWN", { error: "Invalid stream token" });
  const cases: [Partial<ClientOptions>, string | undefined][] = [
    [{ store: new MemorySyncStore("s_other_server") }, "the homeserver refuses the stored sync token:"],
    [{ since: "s_other_server" }, "the homeserver refuses the stored sync token:"],
    [{ since: "s1", filter: "7" }, "the homeserver refuses the stored sync token, or the filter:"],
    [{}, undefined],
  ];
  for (const [options, expected] of cases) {
    for (const method of ["run", "runOnce"] as const) {
      const server = syncServer(refused, refused, refused);
      const client = syncClient(server, { backoff: QUICK, ...options });
      const error = await assertRejects(() => client[method](), MUnknown);
      assertEquals([polls(server).length, error.status, error.errcode], [3, 400, "M_UNKNOWN"]);
      if (expected === undefined) assertEquals(error.message.includes("sync token"), false);
      else assertStringIncludes(error.message, expected);
      assertStringIncludes(error.message, "Invalid stream token");
      assertEquals(error.cause instanceof MUnknown, expected !== undefined);
    }
  }
  const later = syncServer(batch("s1"), refused, refused, refused);
  const error = await assertRejects(() => syncClient(later, { since: "s0", backoff: QUICK }).run(), MUnknown);
  assertEquals(error.message.includes("sync token"), false);
});

Deno.test("Client logs warnings and errors to the console by default", async () => {
  const { fetch } = new FakeHomeserver().on(SYNC, matrixError(401, "M_UNKNOWN_TOKEN"));
  const options = { baseUrl: "https://hs.example.org", token: "wrong", mxid: ME, fetch } as const;
  const ended = (client: Client) => async () => {
    client.start();
    await until(() => client.syncState.state === "stopped");
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const [line, ...others] = await printed(ended(new Client(options)));
  assertStringIncludes(line!, "M_UNKNOWN_TOKEN");
  assertEquals([others, line!.includes("wrong")], [[], false]);
  assertEquals((await printed(ended(new Client({ api: new HTTPAPI(options), mxid: ME })))).length, 1);
  assertEquals(await printed(ended(new Client({ ...options, log: silentLog }))), []);
  assertEquals(await printed(ended(new Client({ api: new HTTPAPI(options), log: silentLog }))), []);

  const { lines, log } = collect();
  assertEquals(await printed(ended(new Client({ ...options, log }))), []);
  assertEquals(lines.length, 1);
  const client = new Client(options);
  client.log = log;
  assertEquals([client.log, client.api.log], [log, log]);
});

Deno.test("Client logs errors of handlers, malformed events and gaps to the console by default", async () => {
  const timeline = { events: [message("a"), { type: "m.room.message" }], limited: true, prev_batch: "p" };
  const { fetch } = syncServer(joined("s1", { timeline }));
  const options = { baseUrl: "https://hs.example.org", token: "t", mxid: ME, since: "s0", fetch } as const;
  const client = new Client(options);
  client.on("m.room.message", () => {
    throw new Error("broken handler");
  });
  const lines = await printed(() => client.runOnce());
  assertEquals(lines.length, 3);
  for (const [i, words] of ["Cannot fill the gap", "broken handler", "has no type or no content"].entries()) {
    assertStringIncludes(lines[i]!, words);
  }
});

Deno.test("ClientAPI and HTTPAPI log nothing by default", async () => {
  const server = new FakeHomeserver().on("*", matrixError(403, "M_FORBIDDEN"));
  const api = new HTTPAPI({ baseUrl: "https://hs.example.org", fetch: server.fetch });
  assertEquals(await printed(() => assertRejects(() => api.request("GET", "/x"), MatrixError)), []);
});

Deno.test("Client.run() warns once of encrypted events that no handler takes", async () => {
  const encrypted = (id: string) =>
    message(id, { type: "m.room.encrypted", content: { algorithm: "m.megolm.v1.aes-sha2" } });
  const response = (next: string) =>
    joined(next, { timeline: { events: [encrypted("a"), message("b"), encrypted("c")] } });
  for (const [type, count] of [["m.room.message", 1], ["m.room.encrypted", 0], ["*", 0]] as const) {
    const { lines, log } = collect();
    const server = syncServer(response("s1"), response("s2"));
    const client = syncClient(server, { since: "s0", log });
    client.on(type, () => {});
    await runUntil(client, () => polls(server).length === 3);
    assertEquals(lines.length, count);
    if (count > 0) assertStringIncludes(String(lines[0]), "encrypted");
  }
});

Deno.test("Client.runOnce() runs again when an earlier one can no longer end", () =>
  FakeClock.use(async (clock) => {
    // As on Workers: promises and timers of a request that has ended never settle.
    const server = new FakeHomeserver().on(SYNC, () => new Promise<Response>(() => {}), batch("s1", "a"));
    const store = new MemorySyncStore("s0");
    const client = syncClient(server, { store, deadline: 10_000, handlerDeadline: 5_000 });
    client.on("m.room.message", () => {});
    const lost = client.runOnce({ timeout: 1_000 });
    lost.catch(() => {});
    await settle();
    clock.now += 16_000;
    await assertRejects(() => client.runOnce(), TypeError, "running already");
    clock.now += 1;
    assertEquals(await client.runOnce(), 1);
    assertEquals([await store.get(), client.syncState.state], ["s1", "stopped"]);
    assertEquals(await client.runOnce(), 1);
  }));

Deno.test("Client.runOnce() stays locked while a handler or a wait is within its time", () =>
  FakeClock.use(async (clock) => {
    const busy = matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 300_000 });
    const server = syncServer(busy, batch("s1", "a"));
    const client = syncClient(server, { since: "s0", retry: { limit: 1 } });
    client.on(
      "m.room.message",
      (_, { waitUntil }) => waitUntil(new Promise((resolve) => setTimeout(resolve, 590_000))),
    );
    const run = client.runOnce();
    for (let seconds = 0; seconds < 880; seconds += 10) {
      await clock.advance(10_000);
      await assertRejects(() => client.runOnce(), TypeError, "running already");
    }
    await clock.advance(10_000);
    assertEquals(await run, 1);
  }));

Deno.test("Client.run() stays locked while polls come and go without events", () =>
  FakeClock.use(async (clock) => {
    let n = 0;
    const server = new FakeHomeserver().on(SYNC, async (request: Received) => {
      await new Promise((resolve) => setTimeout(resolve, 30_000));
      request.signal?.throwIfAborted();
      return await json({ next_batch: `s${++n}` })(request);
    });
    for (const timeout of [30_000, 0]) {
      const client = syncClient(server, { since: "s0", timeout });
      client.start();
      for (let minutes = 0; minutes < 20; minutes++) {
        await clock.advance(60_000);
        await assertRejects(() => client.run(), TypeError, "running already");
      }
      const stopped = client.stop();
      await clock.advance(100);
      await stopped;
    }
    await clock.advance(30_000);
  }));
