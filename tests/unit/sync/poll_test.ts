import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixTimeoutError,
  MForbidden,
  MUnknownToken,
} from "../../../http/mod.ts";
import { MemorySyncStore } from "../../../client/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  type Answer,
  broken,
  chunks,
  json,
  matrixError,
  silence,
  text,
} from "../../support/fake_homeserver.ts";
import { batch, ME, polls, stateLog, syncClient, syncServer, until } from "../../support/sync_server.ts";

const QUICK = { minTimeout: 1, maxTimeout: 2 };
const FILTER = `POST /_matrix/client/v3/user/${encodeURIComponent(ME)}/filter`;

async function first(server: ReturnType<typeof syncServer>, options = {}) {
  const log = stateLog();
  const stream = syncClient(server, { backoff: QUICK, onState: log.onState, ...options }).syncs();
  try {
    return { ...log, answer: (await stream.next()).value };
  } finally {
    await stream.return();
  }
}

Deno.test("Client.syncs() retries after connection errors, rate limits, 5xx and invalid responses, and reports them", async () => {
  const faults: [Answer, unknown][] = [
    [broken(), MatrixConnectionError],
    [text("<h1>Bad Gateway</h1>", 502), MatrixRequestError],
    [matrixError(500, "M_UNKNOWN"), MatrixRequestError],
    [matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }), MatrixRequestError],
    [matrixError(408, "M_UNKNOWN"), MatrixRequestError],
    [chunks(['{"next_batch":'], "error"), MatrixConnectionError],
    [chunks(['{"next_batch":'], "close"), MatrixResponseError],
    [text("<h1>Welcome</h1>", 200), MatrixResponseError],
    [json([]), MatrixResponseError],
    [json({ rooms: {} }), MatrixResponseError],
    [json({ next_batch: "" }), MatrixResponseError],
    [json({ next_batch: 5 }), MatrixResponseError],
    [json({ next_batch: "\ud800" }), MatrixResponseError],
    [text("", 200), MatrixResponseError],
  ];
  const server = syncServer(...faults.map(([answer]) => answer), batch("s1"));
  const { states, names, answer } = await first(server, { since: "s0" });
  assertEquals(answer?.next_batch, "s1");
  assertEquals(names(), ["starting", ...faults.map(() => "waiting"), "syncing", "stopped"]);
  faults.forEach(([, type], i) => {
    const { error, failures, since, wait } = states[i + 1]!;
    assert(error instanceof (type as typeof Error), `${i}: ${error}`);
    assertEquals([failures, since], [i + 1, "s0"]);
    assert(wait! <= 2);
  });
});

Deno.test("Client.run() and runOnce() reject if the program has no permission to use the network", async () => {
  const cause = Object.assign(new Error("Requires net access"), { name: "NotCapable" });
  for (const method of ["run", "runOnce"] as const) {
    const server = syncServer(() => Promise.reject(cause));
    const log = stateLog();
    const error = await assertRejects(() => syncClient(server, log)[method](), MatrixConnectionError);
    assertEquals((error.cause as Error).name, "NotCapable");
    assertEquals(polls(server).length, 1);
    assertEquals(log.names(), ["starting", "stopped"]);
    assertStrictEquals(log.states.at(-1)?.error, error);
  }
});

Deno.test("Client.syncs() rejects at once with errors that end a session", async () => {
  for (
    const [status, code] of [[401, "M_UNKNOWN_TOKEN"], [401, "M_MISSING_TOKEN"], [
      403,
      "M_USER_DEACTIVATED",
    ]] as const
  ) {
    const server = syncServer(batch("s1"), matrixError(status, code));
    const log = stateLog();
    const stream = syncClient(server, log).syncs();
    await stream.next();
    const error = await assertRejects(() => stream.next(), MatrixRequestError);
    assertEquals(error.errcode, code);
    assertEquals(polls(server).length, 2);
    assertEquals(log.states.at(-1), { state: "stopped", since: "s1", failures: 1, error });
  }
});

Deno.test("Client.run() rejects with an unknown token, and resolves when its signal is aborted", async () => {
  const stop = new AbortController();
  await assertRejects(() => syncClient(syncServer(matrixError(401, "M_UNKNOWN_TOKEN"))).run(), MUnknownToken);
  setTimeout(() => stop.abort(new Error("any")), 10);
  assertEquals(await syncClient(syncServer()).run({ signal: stop.signal }), undefined);
});

Deno.test("Client.syncs() rejects with the third refusal without a success in between", async () => {
  const no = matrixError(403, "M_FORBIDDEN");
  const server = syncServer(no, no, batch("s1"), no, text("", 502), no, broken(), no);
  const log = stateLog();
  const stream = syncClient(server, { backoff: QUICK, ...log }).syncs();
  await stream.next();
  await assertRejects(() => stream.next(), MForbidden);
  assertEquals(polls(server).length, 8);
  assertEquals(log.names().filter((name) => name === "waiting").length, 6);
  assertEquals(log.states.at(-1)?.failures, 5);
});

Deno.test("Client.syncs() retries the upload of a filter as it retries a poll", async () => {
  const options = { filter: { room: {} } };
  const server = syncServer(batch("s1"))
    .on(FILTER, text("", 502), json({}), broken(), matrixError(429, "M_LIMIT_EXCEEDED"), { filter_id: "1" });
  const { names } = await first(server, options);
  assertEquals(names(), ["starting", ...Array(4).fill("waiting"), "starting", "syncing", "stopped"]);

  const refusing = syncServer().on(FILTER, matrixError(400, "M_BAD_JSON"));
  await assertRejects(() => first(refusing, options), MatrixRequestError);
  assertEquals(refusing.received.length, 3);

  const ending = syncServer().on(FILTER, matrixError(401, "M_UNKNOWN_TOKEN"));
  await assertRejects(() => first(ending, options), MUnknownToken);
  assertEquals(ending.received.length, 1);
});

Deno.test("Client.syncs() retries whoami as it retries a poll", async () => {
  const server = syncServer(batch("s1")).on(FILTER, { filter_id: "1" })
    .on("GET /_matrix/client/v3/account/whoami", text("", 503), json({}), json({ user_id: "me" }), {
      user_id: ME,
    });
  const { names } = await first(server, { mxid: undefined, filter: {} });
  assertEquals(names().filter((name) => name === "waiting").length, 3);
  const refusing = syncServer().on("GET /_matrix/client/v3/account/whoami", matrixError(403, "M_FORBIDDEN"));
  await assertRejects(() => first(refusing, { mxid: undefined, filter: {} }), MForbidden);
  assertEquals(refusing.received.length, 3);
});

Deno.test("Client.syncs() uploads a filter again after a refusal", async () => {
  const server = syncServer(...Array(3).fill(matrixError(404, "M_NOT_FOUND")), batch("s1"))
    .on(FILTER, { filter_id: "1" }, { filter_id: "2" });
  const client = syncClient(server, { filter: {}, backoff: QUICK });
  await assertRejects(() => client.syncs().next());
  const stream = client.syncs();
  await stream.next();
  await stream.return();
  assertEquals(polls(server).map(({ query }) => query.get("filter")), ["1", "1", "1", "2"]);
});

Deno.test("Client.syncs() waits as long as the homeserver asks, else with exponential backoff", () =>
  FakeClock.use(async (clock) => {
    const busy = matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 120_000 });
    const storm = Array(10).fill(text("", 502));
    const server = syncServer(busy, text("", 503, { "retry-after": "7" }), ...storm, batch("s1"));
    const log = stateLog();
    const stream = syncClient(server, log).syncs();
    const answer = stream.next();
    await clock.advance(119_999);
    assertEquals(polls(server).length, 1);
    await clock.advance(1);
    assertEquals(polls(server).length, 2);
    await clock.advance(7_000);
    assertEquals(polls(server).length, 3);
    await clock.advance(10 * 60_000);
    assertEquals((await answer).value?.next_batch, "s1");
    await stream.return();
    const waits = log.states.filter(({ state }) => state === "waiting").slice(2).map(({ wait }) => wait!);
    waits.forEach((wait, i) => {
      const most = Math.min(60_000, 1_000 * 2 ** (i + 2));
      assert(wait <= most && wait >= most / 2, `${wait}`);
    });
  }));

Deno.test("Client.syncs() raises a very short Retry-After to its backoff after ten failures", () =>
  FakeClock.use(async (clock) => {
    const server = syncServer().on(
      "GET /_matrix/client/v3/sync",
      matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }),
    );
    const stop = new AbortController();
    const run = syncClient(server).run({ signal: stop.signal });
    await clock.advance(60_000);
    assert(polls(server).length < 25, `${polls(server).length}`);
    stop.abort();
    await run;
  }));

Deno.test("Client.syncs() aborts a poll at its deadline and polls again", () =>
  FakeClock.use(async (clock) => {
    const server = syncServer(silence(), batch("s1"));
    const log = stateLog();
    const stream = syncClient(server, { deadline: 10_000, timeout: 20_000, ...log }).syncs();
    const answer = stream.next();
    await clock.advance(29_999);
    assertEquals(log.names(), ["starting"]);
    await clock.advance(1);
    assert(log.states[1]?.error instanceof MatrixTimeoutError);
    await clock.advance(1_000);
    assertEquals((await answer).value?.next_batch, "s1");
    await stream.return();
  }));

Deno.test("Client.syncs() abandons a poll at its deadline if fetch ignores the signal", async () => {
  const server = syncServer(batch("s1"));
  let calls = 0;
  const fetch = (url: string, init: RequestInit) =>
    calls++ === 0 ? new Promise<Response>(() => {}) : server.fetch(url, init);
  const { states, answer } = await first(server, { fetch, deadline: 20, timeout: 10 });
  assert(states[1]?.error instanceof MatrixTimeoutError);
  assertEquals(answer?.next_batch, "s1");
});

Deno.test("Client.run() ends at once when stopped, in every request and wait", async () => {
  const filter = { filter: {} };
  const never = () => new Promise<Response>(() => {});
  const cases = [
    { server: syncServer(), options: {} },
    { server: syncServer(text("", 502)), options: {} },
    { server: syncServer(chunks(['{"next'], "hang")), options: {} },
    { server: syncServer().on(FILTER, silence()), options: filter },
    { server: syncServer().on(FILTER, text("", 502)), options: filter },
    {
      server: syncServer().on("GET /_matrix/client/v3/account/whoami", silence()),
      options: { ...filter, mxid: undefined },
    },
    { server: syncServer(), options: { fetch: never } },
    { server: syncServer(), options: { signal: AbortSignal.abort() } },
    {
      server: syncServer(),
      options: { store: { get: () => new Promise<string>(() => {}), set: () => Promise.resolve() } },
    },
  ];
  for (const { server, options } of cases) {
    const client = syncClient(server, options);
    const run = client.run();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const begin = performance.now();
    await client.stop();
    await run;
    assert(performance.now() - begin < 1_000); // 100 on a quiet machine; it would wait far longer otherwise
    assertEquals(client.syncState.state, "stopped");
  }
});

Deno.test("Client.run() logs errors of onState() and continues", async () => {
  const lines: unknown[][] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void lines.push(line) };
  const server = syncServer(text("", 502), batch("s1"), batch("s2"));
  const onState = (): unknown => {
    if (lines.length % 2 === 0) throw new Error("thrown");
    return Promise.reject(new Error("rejected"));
  };
  const client = syncClient(server, { log, onState, backoff: QUICK });
  const run = client.run();
  await until(() => polls(server).length === 4);
  await client.stop();
  await run;
  assertEquals(lines.length, 4);
});

Deno.test("Client.syncState is the state that was reported last", async () => {
  const log = stateLog();
  const server = syncServer(text("", 502), batch("s1"));
  const client = syncClient(server, { ...log, backoff: QUICK });
  assertEquals(client.syncState, { state: "stopped", since: undefined, failures: 0 });
  let seen: unknown;
  const onState = log.onState;
  const run = client.run({ onState: (state) => (onState(state), seen = client.syncState) });
  await until(() => polls(server).length === 3);
  assertStrictEquals(seen, client.syncState);
  assertEquals(client.syncState.state, "syncing");
  await client.stop();
  await run;
  assertEquals(client.syncState, { state: "stopped", since: "s1", failures: 0 });
});

Deno.test("Client.runOnce() retries as often as the client's retry policy allows", async () => {
  const store = new MemorySyncStore("s0");
  const server = syncServer(text("", 502), broken(), batch("s1", "a"));
  const client = syncClient(server, { store, backoff: QUICK });
  client.on("m.room.message", () => {});
  assertEquals(await client.runOnce(), 1);
  assertEquals(polls(server).map(({ query }) => query.get("timeout")), ["0", "0", "0"]);
  const down = syncServer().on("GET /_matrix/client/v3/sync", text("", 502));
  await assertRejects(
    () => syncClient(down, { retry: { limit: 2 }, backoff: QUICK }).runOnce(),
    MatrixRequestError,
  );
  assertEquals(polls(down).length, 3);
});
