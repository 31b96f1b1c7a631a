/** Requests of the crypto engine. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { inspect } from "node:util";
import { MemorySyncStore } from "../../../client/mod.ts";
import { type CryptoRequest, MemoryStringStore } from "../../../client/crypto/mod.ts";
import { Lock } from "../../../client/crypto/lock.ts";
import { HTTPAPI, MatrixRequestError } from "../../../http/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { cryptoClient, cryptoServer, FakeEngine, requestsOf } from "../../support/fake_engine.ts";
import { type Answering, broken, json, matrixError } from "../../support/fake_homeserver.ts";
import { ME, ROOM } from "../../support/sync_server.ts";

const resumed = () => ({ store: new MemorySyncStore("s0") });
const counted = (next: string, count: number) => ({
  next_batch: next,
  device_one_time_keys_count: { signed_curve25519: count },
});
const uploads = (server: ReturnType<typeof cryptoServer>) =>
  server.received.filter(({ path }) => path.endsWith("/keys/upload")).map(({ text }) => text);

Deno.test("Client sends the requests of the engine, each to its endpoint, and passes the responses on", async () => {
  const engine = new FakeEngine();
  const requests: [CryptoRequest, string][] = [
    [engine.request("keysQuery", { a: 1 }), "POST /_matrix/client/v3/keys/query"],
    [engine.request("keysUpload", { a: 2 }), "POST /_matrix/client/v3/keys/upload"],
    [engine.request("keysClaim", { a: 3 }), "POST /_matrix/client/v3/keys/claim"],
    [
      engine.request("toDevice", { a: 4 }, { eventType: "m.x", txnId: "t" }),
      "PUT /_matrix/client/v3/sendToDevice/m.x/t",
    ],
    [engine.request("signatures", { a: 5 }), "POST /_matrix/client/v3/keys/signatures/upload"],
    [
      engine.request("roomMessage", { a: 6 }, { eventType: "m.y", txnId: "u", roomId: ROOM }),
      "PUT /_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.y/u",
    ],
    [engine.request("backup", { a: 7 }, { version: "8" }), "PUT /_matrix/client/v3/room_keys/keys"],
  ];
  const server = cryptoServer({}, { next_batch: "s1" });
  for (const [, route] of requests) server.on(route, { route });
  const { client } = cryptoClient(server, { engine, ...resumed() });
  engine.requests.push(...requests.map(([request]) => request));
  await client.runOnce();
  assertEquals(
    server.received.slice(1).map(({ method, path, text }) => [`${method} ${path}`, text]),
    requests.map(([{ body }, route]) => [route, body]),
  );
  assertEquals(server.last.query.get("version"), "8");
  assertEquals<unknown>(engine.sentRequests, requests.map(([request, route]) => [request, { route }]));
});

Deno.test("Client passes an empty object to the engine for a response that is not an object", async () => {
  const { client, engine } = cryptoClient(cryptoServer({ query: json([]) }, { next_batch: "s1" }), resumed());
  engine.requests.push(engine.request("keysQuery"));
  await client.runOnce();
  assertEquals(engine.sentRequests.map(([, response]) => response), [{}]);
});

Deno.test("Client does not repeat an upload of keys whose response was lost, if the homeserver has the keys", async () => {
  const responses: Answering[] = [broken(), json({ one_time_key_counts: { signed_curve25519: 50 } })];
  const upload: Answering = (request) => responses.shift()!(request);
  const server = cryptoServer({ upload }, counted("s1", 0), counted("s2", 50));
  const { client, engine } = cryptoClient(server, resumed());
  const request = engine.request("keysUpload", { one_time_keys: { a: 1 } });
  engine.requests.push(request);
  await client.runOnce();
  assertEquals([uploads(server), engine.sentRequests], [[request.body], []]);
  await client.runOnce();
  assertEquals(uploads(server), [request.body, "{}"]);
  assertEquals(engine.sentRequests, [[request, { one_time_key_counts: { signed_curve25519: 50 } }]]);
});

Deno.test("Client repeats an upload of keys whose response was lost, if the homeserver lacks the keys, also after a restart", async () => {
  const keys = new MemoryStringStore();
  const first = cryptoServer({ upload: broken() }, counted("s1", 20));
  const { client, engine } = cryptoClient(first, { ...resumed(), keys });
  const request = engine.request("keysUpload", { one_time_keys: { a: 1 } });
  engine.requests.push(request);
  await client.runOnce();
  assertEquals(uploads(first), [request.body]);

  const responses = [20, 50, 50].map((count) => json({ one_time_key_counts: { signed_curve25519: count } }));
  const upload: Answering = (request) => responses.shift()!(request);
  const second = cryptoServer({ upload }, counted("s2", 20), counted("s3", 50));
  const restarted = cryptoClient(second, { ...resumed(), keys });
  restarted.engine.requests.push(request);
  await restarted.client.runOnce();
  assertEquals(uploads(second), ["{}", request.body]);
  // The next upload is an ordinary one.
  const next = engine.request("keysUpload", { one_time_keys: { b: 1 } });
  restarted.engine.requests.push(next);
  await restarted.client.runOnce();
  assertEquals(uploads(second), ["{}", request.body, next.body]);
});

Deno.test("Client uploads keys again after the homeserver has refused them", async () => {
  const responses: Answering[] = [matrixError(403, "M_FORBIDDEN"), json({ one_time_key_counts: {} })];
  const server = cryptoServer(
    { upload: (request) => responses.shift()!(request) },
    counted("s1", 0),
    counted("s2", 0),
  );
  const { client, engine } = cryptoClient(server, resumed());
  const request = engine.request("keysUpload", { one_time_keys: { a: 1 } });
  engine.requests.push(request);
  await client.runOnce();
  await client.runOnce();
  assertEquals(uploads(server), [request.body, request.body]);
});

Deno.test("Client does not ask the engine without end for requests", async () => {
  class Endless extends FakeEngine {
    override sent(...args: Parameters<FakeEngine["sent"]>) {
      this.requests.push(this.request("keysQuery"));
      return super.sent(...args);
    }
  }
  const server = cryptoServer({}, { next_batch: "s1" });
  const { client, engine } = cryptoClient(server, { ...resumed(), engine: new Endless() });
  engine.requests.push(engine.request("keysQuery"));
  await client.runOnce();
  assertEquals(requestsOf(server).length, 5);
});

Deno.test("Client keeps the bodies of key requests out of logs, hooks, errors and inspection", async () => {
  const secret = "c2VjcmV0LWtleQ";
  const lines: unknown[] = [];
  const add = (...data: unknown[]) => void lines.push(...data);
  const log = { debug: add, info: add, warn: add, error: add };
  const echo: Answering = (request) =>
    matrixError(400, "M_UNKNOWN", { error: request.text, echo: request.body })(request);
  const server = cryptoServer({ upload: echo, query: echo, claim: echo, toDevice: echo }, {
    next_batch: "s1",
  });
  const hooks = { onRequest: add, onResponse: add, onRetry: add };
  const api = new HTTPAPI({
    baseUrl: "https://hs.example.org",
    token: "secret",
    fetch: server.fetch,
    log,
    hooks,
    retry: { minTimeout: 0, maxTimeout: 0 },
  });
  const { client, engine, crypto } = cryptoClient(server, { ...resumed(), api, log });
  const body = {
    one_time_keys: { "signed_curve25519:A": { key: secret } },
    messages: { ciphertext: secret },
  };
  const more = { eventType: "m.room.encrypted", txnId: "t" };
  for (const kind of ["keysUpload", "keysQuery", "keysClaim", "toDevice", "signatures", "backup"] as const) {
    engine.requests.push(engine.request(kind, body, more));
  }
  await client.runOnce();
  const error = await assertRejects(() => client.sendText(ROOM, "x"), MatrixRequestError);
  lines.push(error, error.cause, error.body, error.text, JSON.stringify(error), client, crypto);
  const text = lines.map((line) => `${line} ${inspect(line, { depth: 20 })}`).join("\n");
  assert(text.includes("/keys/upload"));
  assert(!text.includes(secret), text.split("\n").find((line) => line.includes(secret)));
});

Deno.test("Client sends key requests with a time limit that is shorter than that of the locks", async () => {
  await FakeClock.use(async (clock) => {
    let calls = 0;
    const server = cryptoServer({
      toDevice: () => {
        calls++;
        return new Promise(() => {});
      },
    });
    const { client } = cryptoClient(server);
    const sending = assertRejects(() => client.sendText(ROOM, "x"));
    await clock.advance(119_000);
    await sending;
    assertEquals(calls, 3);
  });
});

Deno.test("Lock.run() runs actions one after another, and passes over one that never ends", async () => {
  await FakeClock.use(async (clock) => {
    const lock = new Lock();
    const steps: string[] = [];
    const act = (name: string, milliseconds: number) =>
      lock.run(async () => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        steps.push(`${name} ends`);
      });
    assert(lock.isFree);
    const first = act("1", 1_000);
    const second = act("2", 1_000);
    await clock.advance(2_000);
    await Promise.all([first, second]);
    assertEquals(steps.splice(0), ["1 begins", "1 ends", "2 begins", "2 ends"]);
    assert(lock.isFree);

    // As a request on Workers that has ended.
    act("dead", 1e9);
    act("next", 1_000);
    act("last", 1_000);
    await clock.advance(119_000);
    assertEquals(steps, ["dead begins"]);
    await clock.advance(2_500);
    assertEquals(steps, ["dead begins", "next begins", "next ends", "last begins"]);
    await clock.advance(1_000);
    assertEquals(steps.length, 5);

    await assertRejects(() => lock.run(() => Promise.reject(new Error("x"))), Error, "x");
    assertEquals(await lock.run(() => Promise.resolve(5)), 5);
  });
});

Deno.test("Client continues on Workers after a request that has ended while it held a lock", async () => {
  await FakeClock.use(async (clock) => {
    const server = cryptoServer({}, { next_batch: "s1" });
    const { client, engine } = cryptoClient(server, resumed());
    engine.before = (call) => call === "share" ? new Promise(() => {}) : undefined;
    // The watchdog of this call never fires, because timers of the request do not.
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
    client.sendText(ROOM, "dead").catch(() => {});
    for (let i = 0; i < 100; i++) await Promise.resolve();
    while (!engine.calls.includes("share")) await new Promise<void>((resolve) => queueMicrotask(resolve));
    globalThis.setTimeout = setTimeout;
    engine.before = undefined;
    const sending = client.sendText(ROOM, "x");
    await clock.advance(121_000);
    assertEquals(await sending, "$sent1");
    assertEquals(client.mxid, ME);
  });
});
