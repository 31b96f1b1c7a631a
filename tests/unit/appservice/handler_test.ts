import { assert, assertEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import {
  appserviceHandler,
  type AppserviceHandlerOptions,
  type AppserviceTransaction,
  MemoryTransactionStore,
  type TransactionStore,
} from "../../../client/appservice/mod.ts";
import { silentLog } from "../../../http/mod.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";

const TOKEN = "hs_token";
const BASE = "https://bridge.example.org";

interface Call {
  method?: string;
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

function request(path: string, { method = "PUT", token = TOKEN, body, headers = {} }: Call = {}): Request {
  const text = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  return new Request(BASE + path, {
    method,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    body: body === undefined || method === "GET" ? undefined : text ? body as string : JSON.stringify(body),
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  } as RequestInit);
}

function start(options: Partial<AppserviceHandlerOptions> = {}) {
  const transactions: AppserviceTransaction[] = [];
  const handler = appserviceHandler({
    hsToken: TOKEN,
    onTransaction: (transaction) => {
      transactions.push(transaction);
      transaction.events.forEach((event) => transaction.markHandled(event));
    },
    ...options,
  });
  const call = async (path: string, init?: Call): Promise<[status: number, body: unknown]> => {
    const response = await handler(request(path, init));
    assertEquals(response.headers.get("content-type"), "application/json");
    return [response.status, await response.json()];
  };
  const push = (txnId: string, events: unknown, more: object = {}) =>
    call(`/_matrix/app/v1/transactions/${txnId}`, { body: { events, ...more } });
  return { handler, call, push, transactions };
}

const event = (id: string) => ({ event_id: id, type: "org.example", content: {} });
const eventsOf = (transactions: AppserviceTransaction[]) =>
  transactions.map(({ events }) => events.map((one) => (one as { event_id: string }).event_id));

/** A promise that is resolved from outside. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { open, opened };
}

Deno.test("appserviceHandler() responds with the error codes of the specification", async () => {
  const { call } = start();
  const v1 = "/_matrix/app/v1";
  const cases: [status: number, errcode: string, path: string, init?: Call][] = [
    [401, "M_MISSING_TOKEN", `${v1}/transactions/1`, { token: null, body: { events: [] } }],
    [401, "M_MISSING_TOKEN", `${v1}/transactions/1`, { token: null, headers: { authorization: "Bearer " } }],
    [403, "M_FORBIDDEN", `${v1}/transactions/1`, { token: "other", body: "no JSON" }],
    [403, "M_FORBIDDEN", `${v1}/transactions/1`, { token: `${TOKEN}x` }],
    [403, "M_FORBIDDEN", `${v1}/transactions/1`, { token: TOKEN.slice(1) }],
    [403, "M_FORBIDDEN", `${v1}/transactions/1`, { token: null, headers: { authorization: "Basic abc" } }],
    [403, "M_FORBIDDEN", `${v1}/transactions/1?access_token=${TOKEN}`, { token: "other" }],
    [403, "M_FORBIDDEN", `${v1}/users/@a:b?access_token=other`, { token: null, method: "GET" }],
    [404, "M_UNRECOGNIZED", "/", { method: "GET" }],
    [404, "M_UNRECOGNIZED", `${v1}/transactions/`],
    [404, "M_UNRECOGNIZED", `${v1}/transactions/1/2`],
    [404, "M_UNRECOGNIZED", `${v1}/thirdparty/protocol`, { method: "GET" }],
    [404, "M_UNRECOGNIZED", "/_matrix/app/unstable/org.matrix.msc3983/keys/claim", {
      method: "POST",
      body: {},
    }],
    [405, "M_UNRECOGNIZED", `${v1}/transactions/1`, { method: "POST", body: { events: [] } }],
    [405, "M_UNRECOGNIZED", `${v1}/ping`, { method: "GET" }],
    [405, "M_UNRECOGNIZED", `${v1}/users/@a:b`, { method: "HEAD" }],
    [400, "M_INVALID_PARAM", `${v1}/transactions/%E0%A4%A`, { body: { events: [] } }],
    [400, "M_NOT_JSON", `${v1}/transactions/1`, { body: "{" }],
    [400, "M_NOT_JSON", `${v1}/transactions/1`, { body: "" }],
    [400, "M_NOT_JSON", `${v1}/transactions/1`],
    [400, "M_NOT_JSON", `${v1}/transactions/1`, { body: new Uint8Array([0x22, 0xff, 0x22]) }],
    [400, "M_BAD_JSON", `${v1}/transactions/1`, { body: [] }],
    [400, "M_BAD_JSON", `${v1}/transactions/1`, { body: "null" }],
    [400, "M_BAD_JSON", `${v1}/transactions/1`, { body: {} }],
    [400, "M_BAD_JSON", `${v1}/transactions/1`, { body: { events: null } }],
    [404, "M_NOT_FOUND", `${v1}/users/@a:b`, { method: "GET" }],
    [404, "M_NOT_FOUND", `${v1}/rooms/%23a:b`, { method: "GET" }],
    [404, "M_NOT_FOUND", `${v1}/thirdparty/user/irc`, { method: "GET" }],
    [400, "M_MISSING_PARAM", `${v1}/thirdparty/user`, { method: "GET" }],
  ];
  for (const [status, errcode, path, init] of cases) {
    const [actual, body] = await call(path, init);
    assertEquals(
      [actual, (body as { errcode: string }).errcode],
      [status, errcode],
      `${path} ${JSON.stringify(init)}`,
    );
    assert(!JSON.stringify(body).includes(TOKEN));
  }
});

Deno.test("appserviceHandler() reads the token from the header, or else from the query", async () => {
  const { call, push } = start();
  assertEquals(await push("1", []), [200, {}]);
  for (const headers of [{ authorization: `bearer ${TOKEN}` }, { authorization: `Bearer  ${TOKEN}` }]) {
    assertEquals(await call("/_matrix/app/v1/ping", { method: "POST", token: null, headers, body: {} }), [
      200,
      {},
    ]);
  }
  for (
    const authorization of [`Bearer ${TOKEN} more`, `Bearer ${TOKEN}, Bearer other`, `Basic ${TOKEN}`, TOKEN]
  ) {
    const init = { method: "POST", token: null, headers: { authorization }, body: {} };
    assertEquals((await call("/_matrix/app/v1/ping", init))[0], 403, authorization);
  }
  const query = `?access_token=${TOKEN}`;
  assertEquals(await call(`/transactions/1${query}`, { token: null, body: { events: [] } }), [200, {}]);
});

Deno.test("appserviceHandler() responds to pings, also without a body", async () => {
  const { call } = start();
  for (const body of [undefined, "null", { transaction_id: "a" }]) {
    assertEquals(await call("/_matrix/app/v1/ping", { method: "POST", body }), [200, {}]);
  }
});

Deno.test("appserviceHandler() serves legacy paths, and paths below that of its URL", async () => {
  const { call, transactions } = start({
    basePath: "/irc/",
    onUser: (userId) => userId === "@_irc_a/b:example.org",
    onAlias: (alias) => alias === "#a b:example.org",
  });
  for (const base of ["", "/irc"]) {
    for (const prefix of ["", "/_matrix/app/v1"]) {
      const path = `${base}${prefix}`;
      const id = `${path}-1`;
      const encoded = encodeURIComponent(id);
      assertEquals(await call(`${path}/transactions/${encoded}`, { body: { events: [] } }), [200, {}]);
      assertEquals(transactions.at(-1)!.txnId, id);
      assertEquals(await call(`${path}/users/%40_irc_a%2Fb%3Aexample.org`, { method: "GET" }), [200, {}]);
      assertEquals(await call(`${path}/rooms/%23a%20b%3Aexample.org`, { method: "GET" }), [200, {}]);
    }
  }
});

Deno.test("appserviceHandler() responds with 500 without details if a callback throws", async () => {
  const errors: unknown[] = [];
  const { call, push } = start({
    onUser: () => Promise.reject(new Error("the secret")),
    onTransaction: () => {
      throw new Error("the secret");
    },
    log: { ...silentLog, error: (...data) => errors.push(data) },
  });
  const failed: [number, unknown] = [500, { errcode: "M_UNKNOWN", error: "Internal error" }];
  assertEquals(await call("/_matrix/app/v1/users/@a:b", { method: "GET" }), failed);
  assertEquals(await push("1", [event("$1")]), failed);
  assertEquals(errors.length, 2);
});

Deno.test("appserviceHandler() looks up third-party networks", async () => {
  const asked: unknown[] = [];
  const list = [{ alias: "#a:b", protocol: "irc", fields: {} }];
  const { call } = start({
    thirdParty: {
      protocol: (name) => name === "irc" ? { user_fields: [] } as never : undefined,
      users: (protocol, fields) => void asked.push([protocol, fields]),
      locations: () => Promise.resolve(list),
      usersById: (userId) => [{ userid: userId, protocol: "irc", fields: {} }],
      locationsByAlias: () => [],
    },
  });
  const get = (path: string) => call(`/_matrix/app/v1/thirdparty/${path}`, { method: "GET" });
  assertEquals(await get("protocol/irc"), [200, { user_fields: [] }]);
  assertEquals((await get("protocol/xmpp"))[0], 404);
  assertEquals((await get("user/irc?nick=a&access_token=b"))[0], 404);
  assertEquals(asked, [["irc", { nick: "a" }]]);
  assertEquals(await get("location/irc?channel=a"), [200, list]);
  assertEquals(await get("user?userid=@a:b"), [200, [{ userid: "@a:b", protocol: "irc", fields: {} }]]);
  assertEquals(await get("location?alias=%23a:b"), [200, []]);
  for (const path of ["user?userid=a", "location?alias=@a:b"]) {
    const [status, response] = await get(path);
    assertEquals([status, (response as { errcode: string }).errcode], [400, "M_INVALID_PARAM"]);
  }
});

Deno.test("appserviceHandler() limits the size of bodies, announced or not", async () => {
  const body = JSON.stringify({ events: [] });
  const { call } = start({ maxBodySize: body.length });
  const path = "/_matrix/app/v1/transactions/1";
  const streamed = (text: string) => new Blob([text]).stream();
  assertEquals((await call(path, { body }))[0], 200);
  assertEquals((await call(path, { body: streamed(body) }))[0], 200);
  const large = [413, "M_TOO_LARGE"];
  for (const one of [`${body} `, streamed(`${body} `)]) {
    const [status, response] = await call(path, { body: one });
    assertEquals([status, (response as { errcode: string }).errcode], large);
  }
});

Deno.test("appserviceHandler() responds with 400 to a body that is cut off", async () => {
  const { call } = start();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulled++ > 0) return controller.error(new Error("lost"));
      controller.enqueue(new TextEncoder().encode(`{"events":[`));
    },
  });
  assertEquals((await call("/_matrix/app/v1/transactions/1", { body }))[0], 400);
});

Deno.test("appserviceHandler() responds with 408 to a body that does not arrive, and cancels it", async () => {
  const { call, transactions } = start({ deadline: 20 });
  for (const part of ["", `{"events":[`]) {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(part || " ")),
      pull: () => new Promise(() => {}),
      cancel() {
        cancelled = true;
        return new Promise(() => {});
      },
    });
    const [status, error] = await call("/_matrix/app/v1/transactions/1", { body });
    assertEquals([status, error], [408, { errcode: "M_UNKNOWN", error: "The body takes too long" }]);
    assertEquals(cancelled, true);
  }
  assertEquals(transactions, []);
});

Deno.test("appserviceHandler() responds with 503 to a look-up that exceeds the deadline", async () => {
  const never = () => new Promise<never>(() => {});
  const thirdParty = { protocol: never, users: never };
  const { call } = start({ deadline: 20, onUser: never, onAlias: never, thirdParty });
  for (
    const path of [
      "users/@irc_a:example.org",
      "rooms/%23irc_a:example.org",
      "thirdparty/protocol/irc",
      "thirdparty/user/irc",
    ]
  ) {
    const [status, error] = await call(`/_matrix/app/v1/${path}`, { method: "GET" });
    assertEquals([status, error], [503, { errcode: "M_UNKNOWN", error: "The look-up takes too long" }]);
  }
});

Deno.test("appserviceHandler() reads no body before the token was checked", async () => {
  const { handler } = start();
  let read = false;
  const body = new ReadableStream({
    pull(controller) {
      read = true;
      controller.close();
    },
  }, { highWaterMark: 0 });
  const response = await handler(request("/_matrix/app/v1/transactions/1", { token: "other", body }));
  assertEquals([response.status, read], [403, false]);
});

Deno.test("appserviceHandler() handles a transaction once, also if it comes twice at the same time", async () => {
  const { open, opened } = gate();
  let calls = 0;
  const { push } = start({
    onTransaction: async () => {
      calls++;
      await opened;
    },
  });
  const both = [push("1", [event("$1")]), push("1", [event("$1")])];
  await delay(5);
  open();
  assertEquals(await Promise.all(both), [[200, {}], [200, {}]]);
  assertEquals(await push("1", [event("$1")]), [200, {}]);
  assertEquals(calls, 1);
});

Deno.test("appserviceHandler() handles other events under an ID that was used before", async () => {
  const { push, transactions } = start();
  await push("1", [event("$1")]);
  await push("1", [event("$2")]);
  await push("1", [event("$1"), event("$2")]);
  await push("1", [event("$1")]);
  await push("1", [], { ephemeral: [{ type: "m.typing" }] });
  await push("1", [], { ephemeral: [{ type: "m.presence" }] });
  assertEquals(eventsOf(transactions), [["$1"], ["$2"], ["$1", "$2"], [], []]);
});

Deno.test("appserviceHandler() passes parts on under the names of proposals and of the specification", async () => {
  const { push, transactions } = start();
  const [typing, message] = [{ type: "m.typing" }, { type: "m.dummy" }];
  const lists = { changed: ["@a:b"], left: [] };
  const counts = { "@a:b": { D: { signed_curve25519: 5 } } };
  const unused = { "@a:b": { D: ["signed_curve25519"] } };
  const msc = "org.matrix.msc3202.";
  await push("1", [], {
    "de.sorunome.msc2409.ephemeral": [typing],
    "de.sorunome.msc2409.to_device": [message],
    [`${msc}device_lists`]: lists,
    [`${msc}device_one_time_keys_count`]: counts,
    [`${msc}device_unused_fallback_key_types`]: unused,
  });
  await push("2", [], { [`${msc}device_one_time_key_counts`]: counts });
  await push("3", [], {
    ephemeral: [typing],
    to_device: [message],
    device_lists: lists,
    device_one_time_keys_count: counts,
    device_unused_fallback_key_types: unused,
  });
  await push("4", [], {
    ephemeral: "x",
    to_device: 1,
    device_lists: { changed: 7, left: [] },
    device_one_time_keys_count: [],
  });
  const parts = transactions.map((one) => [
    one.ephemeral,
    one.toDevice,
    one.deviceLists,
    one.keyCounts,
    one.fallbackKeys,
  ]);
  const all = [[typing], [message], lists, counts, unused];
  assertEquals(parts, [all, [[], [], undefined, counts, undefined], all, [
    [],
    [],
    undefined,
    undefined,
    undefined,
  ]]);
});

Deno.test("appserviceHandler() responds with 503 after the deadline, and the repeated request joins", async () => {
  const { open, opened } = gate();
  let calls = 0;
  const { push } = start({
    deadline: 20,
    onTransaction: async () => {
      calls++;
      await opened;
    },
  });
  const [status] = await push("1", [event("$1")]);
  assertEquals(status, 503);
  const again = push("1", [event("$1")]);
  open();
  assertEquals(await again, [200, {}]);
  assertEquals(calls, 1);
});

Deno.test("appserviceHandler() passes work to waitUntil(), wherever the runtime has it", async () => {
  const { handler } = start();
  for (const place of [0, 1, 2]) {
    const passed: Promise<unknown>[] = [];
    const context = {
      own: true,
      waitUntil(work: Promise<unknown>) {
        assert(this.own);
        passed.push(work);
      },
    };
    const rest: unknown[] = [undefined, null, { env: 1 }];
    rest[place] = context;
    const body = { events: [event(`$${place}`)] };
    await handler(request(`/_matrix/app/v1/transactions/${place}`, { body }), ...rest);
    assertEquals(passed.length, 1);
    await passed[0];
  }
});

Deno.test("appserviceHandler() passes work to waitUntil() that outlasts the response, with acknowledge: received", async () => {
  const { open, opened } = gate();
  let ended = false;
  const { handler } = start({
    acknowledge: "received",
    onTransaction: async () => {
      await opened;
      ended = true;
      throw new Error("failed");
    },
  });
  const passed: Promise<unknown>[] = [];
  const body = { events: [event("$1")] };
  const context = { waitUntil: (work: Promise<unknown>) => void passed.push(work) };
  const response = await handler(request("/_matrix/app/v1/transactions/1", { body }), {}, context);
  assertEquals([response.status, ended], [200, false]);
  open();
  await Promise.all(passed);
  assertEquals(ended, true);
});

Deno.test("appserviceHandler() responds with 503 while another process has the transaction", async () => {
  const store = new MemoryTransactionStore();
  const { open, opened } = gate();
  const first = start({ store, onTransaction: () => opened });
  const second = start({ store });
  const pending = first.push("1", [event("$1")]);
  await delay(5);
  assertEquals((await second.push("1", [event("$1")]))[0], 503);
  open();
  assertEquals((await pending)[0], 200);
  assertEquals((await second.push("1", [event("$1")]))[0], 200);
  assertEquals(second.transactions, []);
});

Deno.test("appserviceHandler() skips events that were handled before a failure", async () => {
  const store = new MemoryTransactionStore();
  const dying = start({
    store,
    onTransaction: ({ events, markHandled }) => {
      markHandled(events[0]);
      markHandled(events[2]);
      throw new Error("killed");
    },
  });
  const events = [event("$1"), event("$2"), event("$3"), { type: "org.example" }];
  assertEquals((await dying.push("1", events.slice(0, 3)))[0], 500);
  const next = start({ store });
  assertEquals((await next.push("1", events.slice(0, 3)))[0], 200);
  assertEquals(eventsOf(next.transactions), [["$2"]]);
});

Deno.test("appserviceHandler() stores at most 30,000 characters of event IDs, which fit into Deno KV", async () => {
  const events = Array.from({ length: 5_000 }, (_, i) => event(`$${i}`.padEnd(44, "x")));
  const store = new MemoryTransactionStore();
  const dying = start({
    store,
    onTransaction: (transaction) => {
      transaction.events.forEach((one) => transaction.markHandled(one));
      throw new Error("killed");
    },
  });
  const released: string[][] = [];
  const { release } = store;
  store.release = (key, owner, handled) => {
    released.push(handled);
    return release.call(store, key, owner, handled);
  };
  assertEquals((await dying.push("1", events))[0], 500);
  assert(released[0]!.length > 100 && released[0]!.join("").length <= 30_000);
  const next = start({ store });
  assertEquals((await next.push("1", events))[0], 200);
  assertEquals(eventsOf(next.transactions)[0]!.length, 5_000 - released[0]!.length);
});

Deno.test("appserviceHandler() passes an event on once that is in a transaction twice", async () => {
  const { push, transactions } = start();
  const noId = { type: "org.example" };
  assertEquals((await push("1", [event("$1"), noId, event("$1"), noId, event("$2")]))[0], 200);
  assertEquals(transactions[0]!.events.length, 4);
  assertEquals(eventsOf(transactions), [["$1", undefined, undefined, "$2"] as string[]]);
});

/** A store that fails as often as a test wants. */
function failing(methods: Partial<Record<keyof TransactionStore, number>>): TransactionStore {
  const store = new MemoryTransactionStore();
  const call = <K extends keyof TransactionStore>(name: K) =>
    (async (...args: never[]) => {
      if ((methods[name] ?? 0) > 0) {
        methods[name]!--;
        throw new Error("the store is down");
      }
      return await (store[name] as (...args: never[]) => Promise<unknown>)(...args);
    }) as TransactionStore[K];
  return { claim: call("claim"), save: call("save"), complete: call("complete"), release: call("release") };
}

Deno.test("appserviceHandler() responds with 500 if the store fails, and handles nothing twice", async () => {
  const { push, transactions } = start({ store: failing({ claim: 1, complete: 2 }) });
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await push("1", [event("$1")]))[0]);
  assertEquals(statuses, [500, 500, 500, 200]);
  assertEquals(eventsOf(transactions).flat(), ["$1"]);
});

Deno.test("appserviceHandler() aborts the signal and responds with 500 if the claim is lost", async () => {
  const store = new MemoryTransactionStore();
  const lost: TransactionStore = {
    claim: (...args) => store.claim(...args),
    save: () => Promise.resolve(false),
    complete: (...args) => store.complete(...args),
    release: (...args) => store.release(...args),
  };
  let aborted = false;
  const { push } = start({
    store: lost,
    onTransaction: ({ signal }) =>
      new Promise<void>((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(signal.reason);
        })
      ),
  });
  assertEquals((await push("1", [event("$1")]))[0], 500);
  assert(aborted);
});

/** A store in memory, some of whose methods are replaced. */
function storeWith(methods: (store: MemoryTransactionStore) => Partial<TransactionStore>): TransactionStore {
  const store = new MemoryTransactionStore();
  return {
    claim: (...args) => store.claim(...args),
    save: (...args) => store.save(...args),
    complete: (...args) => store.complete(...args),
    release: (...args) => store.release(...args),
    ...methods(store),
  };
}

Deno.test("appserviceHandler() aborts the signal before the claim ends if the store does not respond", async () => {
  await FakeClock.use(async (clock) => {
    let begun = false;
    let aborted = 0;
    const { push } = start({
      store: storeWith(() => ({ save: () => new Promise(() => {}) })),
      onTransaction: ({ signal }) => {
        begun = true;
        return new Promise<void>((_, reject) =>
          signal.addEventListener("abort", () => {
            aborted = clock.now;
            reject(signal.reason);
          })
        );
      },
    });
    const response = push("1", [event("$1")]);
    while (!begun) await settle();
    await clock.advance(20_000);
    assertEquals((await response)[0], 500);
    assert(aborted > 1_000 && aborted < 10_000, `${aborted}`);
  });
});

for (const method of ["claim", "complete", "release"] as const) {
  Deno.test(`appserviceHandler() responds with 500 if ${method}() of the store does not respond, and recovers`, async () => {
    await FakeClock.use(async (clock) => {
      let hangs = true;
      const store = storeWith((memory) => ({
        [method]: (...args: never[]) =>
          hangs
            ? new Promise(() => {})
            : (memory[method] as (...args: never[]) => Promise<unknown>).apply(memory, args),
      }));
      let calls = 0;
      const { push } = start({
        store,
        onTransaction: ({ events, markHandled }) => {
          events.forEach(() => calls++);
          if (method === "release" && hangs) throw new Error("failed");
          events.forEach((one) => markHandled(one));
        },
      });
      let status = 0;
      const first = push("1", [event("$1")]).then(([is]) => status = is);
      for (let i = 0; status === 0 && i < 100; i++) await clock.advance(1_000);
      await first;
      assertEquals(status, 500);
      hangs = false;
      assertEquals((await push("1", [event("$1")]))[0], 200);
      assertEquals(calls, method === "release" ? 2 : 1);
    });
  });
}

Deno.test("appserviceHandler() does not extend a claim after its release", async () => {
  await FakeClock.use(async (clock) => {
    const saving = gate();
    const failing = gate();
    const calls: string[] = [];
    let begun = false;
    const store = storeWith((memory) => ({
      save: async (...args) => {
        calls.push("save");
        await saving.opened;
        calls.push("saved");
        return await memory.save(...args);
      },
      release: async (...args) => {
        calls.push("release");
        await memory.release(...args);
      },
    }));
    const { push } = start({
      store,
      onTransaction: async () => {
        begun = true;
        await failing.opened;
        throw new Error("failed");
      },
    });
    const response = push("1", [event("$1")]);
    while (!begun) await settle();
    await clock.advance(1_000);
    failing.open();
    await settle();
    assertEquals(calls, ["save"]);
    saving.open();
    assertEquals((await response)[0], 500);
    await clock.advance(20_000);
    assertEquals(calls, ["save", "saved", "release"]);
  });
});

Deno.test("appserviceHandler() responds before events are handled with acknowledge: received", async () => {
  const { open, opened } = gate();
  const errors: unknown[] = [];
  const ids: string[] = [];
  const { push } = start({
    acknowledge: "received",
    log: { ...silentLog, error: (...data) => errors.push(data) },
    onTransaction: async ({ txnId }) => {
      ids.push(txnId);
      await opened;
      throw new Error("later");
    },
  });
  assertEquals(await push("1", [event("$1")]), [200, {}]);
  assertEquals(await push("2", [event("$2")]), [200, {}]);
  assertEquals(await push("1", [event("$1")]), [200, {}]);
  assertEquals(ids, ["1", "2"]);
  open();
  await delay(1);
  assertEquals(errors.length, 2);
});

Deno.test("appserviceHandler() passes transactions on in the order of arrival, however slow the store is", async () => {
  const store = new MemoryTransactionStore();
  const waits = [20, 0, 10, 0];
  const slow: TransactionStore = {
    claim: async (...args) => {
      await delay(waits.shift() ?? 0);
      return await store.claim(...args);
    },
    save: (...args) => store.save(...args),
    complete: (...args) => store.complete(...args),
    release: (...args) => store.release(...args),
  };
  await store.complete("nothing", "me");
  const { push, transactions } = start({ store: slow });
  await Promise.all(["1", "2", "3", "4"].map((id) => push(id, [event(`$${id}`)])));
  assertEquals(transactions.map(({ txnId }) => txnId), ["1", "2", "3", "4"]);
});

Deno.test("appserviceHandler().requestRetry() refuses one transaction, and nothing else", async () => {
  const { handler, call, push, transactions } = start();
  handler.requestRetry();
  assertEquals((await call("/_matrix/app/v1/ping", { method: "POST" }))[0], 200);
  assertEquals((await call("/_matrix/app/v1/transactions/1", { token: "other" }))[0], 403);
  assertEquals((await push("1", [event("$1")]))[0], 503);
  assertEquals((await push("1", [event("$1")]))[0], 200);
  assertEquals(transactions.length, 1);
});

Deno.test("appserviceHandler() throws if an option is invalid", () => {
  const valid = { hsToken: TOKEN, onTransaction: () => {} };
  for (
    const options of [
      undefined,
      { ...valid, hsToken: "" },
      { ...valid, onTransaction: undefined },
      { ...valid, store: {} },
      { ...valid, acknowledge: "stored" },
      { ...valid, onUser: 1 },
      { ...valid, thirdParty: 1 },
    ]
  ) assertThrows(() => appserviceHandler(options as never), TypeError);
  for (const options of [{ ...valid, deadline: 0 }, { ...valid, maxBodySize: -1 }]) {
    assertThrows(() => appserviceHandler(options as never), RangeError);
  }
});
