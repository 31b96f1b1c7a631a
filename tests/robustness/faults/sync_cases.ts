/** Cases of syncs with a server that misbehaves: results, and numbers of requests. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  Client,
  type ClientOptions,
  type HandlerContext,
  MemorySyncStore,
  type SyncState,
} from "../../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixResponseError,
  MatrixTimeoutError,
  MInvalidParam,
  MUnknownToken,
} from "../../../http/mod.ts";
import { endless, page, raw, refuse, reply, reset, sequence, silence, wait } from "./behaviours.ts";
import { TOKEN } from "./secrets.ts";
import { type Behaviour, FaultServer, pause } from "./server.ts";

/** A client and a server, and what a test observes of both. */
class Bench {
  readonly server: FaultServer;
  readonly store = new MemorySyncStore("s0");
  readonly client: Client;
  readonly states: SyncState[] = [];
  readonly handled: string[] = [];
  readonly failed: unknown[] = [];
  #run: Promise<void> | undefined;

  constructor(server: FaultServer, options: Partial<ClientOptions>) {
    this.server = server;
    this.client = new Client({
      baseUrl: server.url,
      token: TOKEN,
      mxid: "@alice:localhost",
      store: this.store,
      backoff: { minTimeout: 5, maxTimeout: 20 },
      onState: (state: SyncState) => this.states.push(state),
      onHandlerError: (error: unknown) => this.failed.push(error),
      ...options,
    } as ClientOptions);
    this.client.on("m.room.message", ({ event_id }) => {
      this.handled.push(event_id);
    });
  }

  /** Returns the tokens of the polls, in order. */
  get polls(): string[] {
    return this.server.received.filter(({ target }) => target.includes("/sync?"))
      .map(({ target }) => new URLSearchParams(target.split("?")[1]).get("since") ?? "");
  }

  /** Returns the errors after which the client waited. */
  get faults(): unknown[] {
    return this.states.filter(({ state }) => state === "waiting").map(({ error }) => error);
  }

  /** Starts the sync. */
  start(): void {
    this.#run = this.client.run();
    // An error is thrown where the run is awaited.
    this.#run.catch(() => {});
  }

  /** Syncs until a token is committed, and stops. */
  async until(token: string): Promise<void> {
    this.start();
    const end = performance.now() + 10_000;
    while (await this.store.get() !== token) {
      assert(performance.now() < end, `${await this.store.get()} is all it came to`);
      await pause(5);
    }
    await this.stop();
  }

  /** Syncs for some milliseconds, and stops. */
  async during(milliseconds: number): Promise<void> {
    this.start();
    await pause(milliseconds);
    await this.stop();
  }

  /** Stops the sync, and asserts that this is quick. */
  async stop(): Promise<void> {
    const begin = performance.now();
    await this.client.stop();
    const took = performance.now() - begin;
    assert(took < 400, `${took} ms from stop() to the end`);
    await this.#run;
  }

  /** Syncs until it fails, and returns the error. */
  async error(): Promise<unknown> {
    this.start();
    return await this.#run!.then(() => assert(false, "it did not fail"), (error) => error);
  }
}

/** A case. */
export interface SyncCase {
  name: string;
  /** The server's behaviour for each request. The last one is repeated. */
  serve: Behaviour[];
  options?: Partial<ClientOptions>;
  /** Runs the case with assertions. */
  check: (bench: Bench) => Promise<void>;
}

/** Runs a case. */
export async function runSync({ serve, options = {}, check }: SyncCase): Promise<void> {
  const server = new FaultServer({ serve });
  await server.listen();
  try {
    await check(new Bench(server, options));
    assert(await server.idle(4_000), "a response is never read");
  } finally {
    server.close();
  }
}

function events(...ids: string[]) {
  return ids.map((id) => ({
    type: "m.room.message",
    event_id: `$${id}`,
    sender: "@bob:localhost",
    origin_server_ts: 1,
    content: { msgtype: "m.text", body: id },
  }));
}

/** Returns a response with messages. */
function batch(next: string, ...ids: string[]): string {
  const join = ids.length === 0 ? {} : { "!room:localhost": { timeline: { events: events(...ids) } } };
  return JSON.stringify({ next_batch: next, rooms: { join } });
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const WHOLE = batch("s1", "one");
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);
const close: Behaviour = (x) => x.end();

/** All cases. */
export const SYNC_CASES: SyncCase[] = [
  {
    name: "a poll without a response is aborted at its deadline and repeated",
    serve: [silence, silence, reply(200, WHOLE), silence],
    options: { timeout: 0, deadline: 600 },
    check: async (bench) => {
      await bench.until("s1");
      assertEquals([bench.polls.slice(0, 3), bench.handled], [["s0", "s0", "s0"], ["$one"]]);
      assertEquals(bench.faults.length, 2);
      for (const fault of bench.faults) assertInstanceOf(fault, MatrixTimeoutError);
    },
  },
  {
    name: "stop() ends a poll without a response",
    serve: [silence],
    check: async (bench) => {
      await bench.during(300);
      assertEquals(bench.polls, ["s0"]);
    },
  },
  {
    name: "60 responses with 502 are waited out",
    serve: [...times(60, page(502)), reply(200, WHOLE), silence],
    check: async (bench) => {
      await bench.until("s1");
      assertEquals(
        bench.states.filter(({ state }) => state === "waiting").map(({ failures }) => failures),
        [
          ...Array(60).keys(),
        ].map((n) => n + 1),
      );
      assertEquals(bench.handled, ["$one"]);
    },
  },
  {
    name: "502 is followed by a wait, not by a tight loop",
    serve: [page(502)],
    options: { backoff: { minTimeout: 1_000 } },
    check: async (bench) => {
      await bench.during(1_200);
      assert(bench.polls.length <= 3, `${bench.polls.length} requests`);
    },
  },
  {
    name: "429 is followed by the wait that the server asks for",
    serve: [
      page(429, { "retry-after": "1" }),
      refuse(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 200 }),
      reply(200, WHOLE),
      silence,
    ],
    check: async (bench) => {
      await bench.until("s1");
      assertEquals(bench.states.map(({ wait }) => wait).filter((wait) => wait !== undefined), [1_000, 200]);
      const [first, second, third] = bench.server.received.map(({ time }) => time);
      assert(second! - first! > 990 && third! - second! > 190, `${first} ${second} ${third}`);
    },
  },
  {
    name: "truncated responses are retried",
    serve: [
      sequence(raw(`${HEAD}content-length: ${WHOLE.length}\r\n\r\n${WHOLE.slice(0, 50)}`), wait(50), reset),
      sequence(raw(`${HEAD}content-length: ${WHOLE.length}\r\n\r\n${WHOLE.slice(0, 50)}`), wait(50), close),
      reply(200, WHOLE.slice(0, 50)),
      reply(200, WHOLE),
      silence,
    ],
    check: async (bench) => {
      await bench.until("s1");
      assertEquals([bench.faults.length, bench.handled], [3, ["$one"]]);
      for (const fault of bench.faults) {
        assert(fault instanceof MatrixConnectionError || fault instanceof MatrixResponseError, `${fault}`);
      }
    },
  },
  {
    name: "a response that never ends is aborted at the deadline",
    serve: [sequence(raw(`${HEAD}\r\n`), endless(" ", 50)), reply(200, WHOLE), silence],
    options: { timeout: 0, deadline: 600 },
    check: async (bench) => {
      await bench.until("s1");
      assertInstanceOf(bench.faults[0], MatrixTimeoutError);
    },
  },
  {
    name: "invalid responses are retried",
    serve: [
      page(200),
      ...["null", "[]", "{}", '{"next_batch":null}', '{"next_batch":""}', '{"next_batch":5}', ""]
        .map((body) => reply(200, body)),
      reply(200, '{"next_batch":"s1","rooms":[],"to_device":7,"presence":null}'),
      reply(200, '{"next_batch":"s2","rooms":{"join":{"!a:x":null,"!b:x":{"timeline":{"events":{}}}}}}'),
      silence,
    ],
    check: async (bench) => {
      await bench.until("s2");
      assertEquals(bench.faults.length, 8);
      for (const fault of bench.faults) assertInstanceOf(fault, MatrixResponseError);
    },
  },
  {
    name: "a token that does not change stalls the sync",
    serve: [reply(200, batch("s0", "one"))],
    check: async (bench) => {
      await bench.during(3_500);
      assert(bench.polls.length <= 3, `${bench.polls.length} requests`);
      assertEquals(bench.client.syncState.state, "stopped");
      const stalls = bench.states.filter(({ state }) => state === "stalled");
      assertEquals(stalls.map(({ wait }) => wait).slice(0, 2), [1_000, 2_000]);
    },
  },
  {
    name: "empty responses at once stall the sync",
    serve: [reply(200, batch("s0"))],
    check: async (bench) => {
      await bench.during(3_500);
      assert(bench.polls.length <= 5, `${bench.polls.length} requests`);
      assert(bench.states.some(({ state }) => state === "stalled"));
    },
  },
  {
    name: "empty responses at once with timeout 0 are no stall",
    serve: [reply(200, batch("s0"))],
    options: { timeout: 0 },
    check: async (bench) => {
      await bench.during(3_500);
      assert(bench.polls.length <= 5, `${bench.polls.length} requests`);
      assert(!bench.states.some(({ state }) => state === "stalled"));
    },
  },
  {
    name: "401 M_UNKNOWN_TOKEN ends the sync",
    serve: [
      reply(200, WHOLE),
      refuse(401, "M_UNKNOWN_TOKEN", { soft_logout: true }),
      reply(200, batch("s2")),
    ],
    check: async (bench) => {
      const error = await bench.error();
      assertInstanceOf(error, MUnknownToken);
      assertEquals([bench.polls, bench.handled, await bench.store.get()], [["s0", "s1"], ["$one"], "s1"]);
      assertEquals(bench.client.syncState, { state: "stopped", since: "s1", failures: 1, error });
    },
  },
  {
    name: "a filter whose upload is refused ends the sync",
    serve: [refuse(400, "M_INVALID_PARAM")],
    options: { filter: { room: {} } },
    check: async (bench) => {
      assertInstanceOf(await bench.error(), MInvalidParam);
      assertEquals([bench.polls.length, bench.server.received.length], [0, 3]);
    },
  },
  {
    name: "a poll that is refused three times, with faults in between, ends the sync",
    serve: [
      refuse(400, "M_INVALID_PARAM"),
      refuse(408, "M_UNKNOWN"),
      refuse(400, "M_INVALID_PARAM"),
      page(502),
      refuse(400, "M_INVALID_PARAM"),
      reply(200, WHOLE),
    ],
    options: { filter: "no_such_filter" },
    check: async (bench) => {
      assertInstanceOf(await bench.error(), MInvalidParam);
      assertEquals(bench.polls.length, 5);
    },
  },
  {
    name: "a handler that does not end is abandoned at its deadline",
    serve: [reply(200, batch("s1", "one", "two", "three")), silence],
    options: { handlerDeadline: 300, retries: 5 },
    check: async (bench) => {
      let told: unknown;
      const hang = ({ event_id }: { event_id: string }, { signal }: HandlerContext) => {
        if (event_id !== "$two") return;
        signal.addEventListener("abort", () => told = signal.reason);
        return new Promise(() => {});
      };
      bench.client.on("m.room.message", hang);
      await bench.until("s1");
      assertEquals(bench.handled, ["$one", "$two", "$three"]);
      assertEquals(bench.failed, [told]);
      assertInstanceOf(told, MatrixTimeoutError);
    },
  },
  {
    name: "a handler that throws for one event handles 999 others",
    serve: [
      ...Array.from(
        { length: 10 },
        (_, n) => reply(200, batch(`s${n + 1}`, ...Array.from({ length: 100 }, (_, m) => `${n * 100 + m}`))),
      ),
      silence,
    ],
    check: async (bench) => {
      const done = new Set<string>();
      bench.client.on("m.room.message", async ({ event_id }) => {
        await pause(0);
        if (event_id === "$555") throw new Error("Not this one");
        done.add(event_id);
      });
      await bench.until("s10");
      assertEquals([done.size, bench.handled.length], [999, 1_000]);
      assertEquals(bench.failed.map(String), ["Error: Not this one"]);
    },
  },
  {
    name: "a handler is retried while its message meets a lost connection, 503 and 429",
    serve: [
      reply(200, WHOLE),
      reset,
      page(503),
      refuse(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 10 }),
      reply(200, '{"event_id":"$sent"}'),
      silence,
    ],
    options: { retry: { limit: 0 } },
    check: async (bench) => {
      bench.client.on("m.room.message", async (_, { reply }) => void await reply("Hi"));
      await bench.until("s1");
      const sent = bench.server.received.filter(({ target }) => target.includes("/send/")).map(({ target }) =>
        target
      );
      assertEquals([sent.length, new Set(sent).size, bench.failed], [4, 1, []]);
    },
  },
  {
    name: "detached work holds the token, and a stop leaves it uncommitted",
    serve: [reply(200, WHOLE), silence],
    check: async (bench) => {
      bench.client.on("m.room.message", (_, { waitUntil, signal }) => {
        waitUntil(new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
      });
      await bench.during(300);
      assertEquals([bench.polls, await bench.store.get(), bench.failed], [["s0", "s1"], "s0", []]);
    },
  },
];
