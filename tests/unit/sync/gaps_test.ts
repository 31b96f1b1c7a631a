import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ClientOptions, MemorySyncStore } from "../../../client/mod.ts";
import { MUnknownToken } from "../../../http/mod.ts";
import {
  type Answer,
  broken,
  type FakeHomeserver,
  matrixError,
  silence,
  text,
} from "../../support/fake_homeserver.ts";
import {
  answering,
  joined,
  ME,
  member,
  message,
  MESSAGES,
  pages,
  polls,
  ROOM,
  runUntil,
  stateLog,
  syncClient,
  syncServer,
} from "../../support/sync_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const QUICK = { minTimeout: 1, maxTimeout: 2 };
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);
const ids = (from: number, to: number) => range(from, to).map((n) => `$${n}`);

/** A limited timeline. */
function limited(events: Json[], more: Json = {}): Json {
  return joined("s1", { timeline: { events, limited: true, prev_batch: "p" }, ...more });
}

/** Serves the history of a room, whose messages are numbered from the oldest. A token is a message's number. */
function history(server: FakeHomeserver, from: number, to: number): FakeHomeserver {
  return server.on(
    MESSAGES,
    answering(({ query }) => {
      const begin = query.get("from") === "p" ? to : Number(query.get("from"));
      const end = Math.max(from, begin - Number(query.get("limit") ?? 10));
      return {
        start: query.get("from"),
        chunk: range(end, begin).reverse().map((n) => message(n)),
        ...(begin > from ? { end: `${end}` } : {}),
      };
    }),
  );
}

async function take(server: FakeHomeserver, options: Partial<ClientOptions> = {}) {
  const taken: (string | undefined)[] = [];
  const gaps: string[][] = [];
  const store = new MemorySyncStore("s0");
  const client = syncClient(server, {
    store,
    backoff: QUICK,
    onGap: (...gap) => gaps.push(gap),
    ...options,
  });
  client.on(
    "*",
    ({ event_id }, { from }) => taken.push(from === "timeline" ? event_id : `${from} ${event_id}`),
    {
      from: ["timeline", "leave"],
    },
  );
  await runUntil(client, () => polls(server).length === 2);
  return { taken, gaps, store };
}

Deno.test("Client.run() fills a gap backwards and delivers the oldest event first", async () => {
  const server = history(syncServer(limited([message("300"), message("301")])), 0, 300);
  const { taken, gaps, store } = await take(server);
  assertEquals(taken, ids(0, 302));
  assertEquals(gaps, []);
  assertEquals(await store.get(), "s1");
  assertEquals(
    pages(server).map((
      { query },
    ) => [query.get("dir"), query.get("from"), query.get("to"), query.get("limit")]),
    [["b", "p", "s0", "100"], ["b", "200", "s0", "100"], ["b", "100", "s0", "100"], ["b", "0", "s0", "100"]],
  );
  assertEquals(pages(server).every(({ query }) => !query.has("filter")), true);
});

Deno.test("Client.run() sets room_id on events of gaps", async () => {
  const server = history(syncServer(limited([message("1")])), 0, 1);
  const client = syncClient(server, { since: "s0" });
  const rooms: string[] = [];
  client.on("m.room.message", ({ room_id }, { roomId, since }) => rooms.push(room_id, roomId, since!));
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(rooms, [ROOM, ROOM, "s0", ROOM, ROOM, "s0"]);
});

Deno.test("Client.run() fills at most gapLimit events and calls onGap() with the rest", async () => {
  const server = history(syncServer(limited([message("2000")])), 0, 2_000);
  const { taken, gaps } = await take(server);
  assertEquals(taken, ids(1_000, 2_001));
  assertEquals(gaps, [[ROOM, "s0", "1000"]]);

  const small = history(syncServer(limited([message("20")])), 0, 20);
  const seen = await take(small, { gapLimit: 7 });
  assertEquals(seen.taken, ids(13, 21));
  assertEquals(seen.gaps, [[ROOM, "s0", "13"]]);
  assertEquals(pages(small).map(({ query }) => query.get("limit")), ["7", "1"]);
});

Deno.test("Client.run() does not call onGap() for a gap of exactly gapLimit events", async () => {
  const server = history(syncServer(limited([message("7")])), 0, 7);
  const { taken, gaps } = await take(server, { gapLimit: 7 });
  assertEquals([taken, gaps], [ids(0, 8), []]);
});

Deno.test("Client.run() fills nothing with gapLimit 0", async () => {
  const server = history(syncServer(limited([message("7")])), 0, 7);
  const { taken, gaps } = await take(server, { gapLimit: 0 });
  assertEquals([taken, gaps, pages(server).length], [["$7"], [[ROOM, "s0", "p"]], 0]);
});

Deno.test("Client.run() ignores events of a page beyond gapLimit", async () => {
  const server = syncServer(limited([message("9")]))
    .on(MESSAGES, { start: "p", end: "e", chunk: range(0, 9).reverse().map((n) => message(n)) });
  const { taken, gaps } = await take(server, { gapLimit: 3 });
  assertEquals([taken, gaps], [ids(6, 10), [[ROOM, "s0", "p"]]]);
});

Deno.test("Client.run() ends a gap only where `end` is missing, past empty pages", async () => {
  const page = (n: number, end?: string) => ({ start: "x", chunk: [message(`${n}`)], end });
  const empty = (end?: string) => ({ start: "x", chunk: [], end });
  const cases: [Answer[], string[], number][] = [
    [[empty("p2"), page(3)], ["$3"], 2],
    [[page(3, "a"), empty("b"), empty("c"), page(2, "d"), empty("e"), page(1)], ["$1", "$2", "$3"], 6],
    [[page(3, "a"), page(2), page(1)], ["$2", "$3"], 2],
    [[empty()], [], 1],
  ];
  for (const [answers, ids, requests] of cases) {
    const server = syncServer(limited([message("4")])).on(MESSAGES, ...answers);
    const { taken, gaps } = await take(server);
    assertEquals([taken, gaps, pages(server).length], [[...ids, "$4"], [], requests]);
  }
});

Deno.test("Client.run() calls onGap() where `end` is repeated, and after 100 empty pages in a row", async () => {
  const page = (n: number, end?: string) => ({ start: "x", chunk: [message(`${n}`)], end });
  const cases: [Answer[], number, string, number][] = [
    [[page(3, "a"), page(2, "a"), page(1, "b")], 2, "a", 2],
    [[page(3, "p"), page(2, "a")], 3, "p", 1],
    [[page(3, "a"), page(2, "b"), page(1, "a"), page(0)], 1, "b", 3],
  ];
  for (const [answers, oldest, missing, requests] of cases) {
    const server = syncServer(limited([message("4")])).on(MESSAGES, ...answers);
    const { taken, gaps } = await take(server);
    assertEquals([taken, gaps, pages(server).length], [ids(oldest, 5), [[ROOM, "s0", missing]], requests]);
  }
  for (const [empty, end] of [[99, []], [100, [[ROOM, "s0", "e100"]]]] as const) {
    let n = 0;
    const answer = answering(() => ++n <= empty ? { start: "x", chunk: [], end: `e${n}` } : page(3));
    const server = syncServer(limited([message("4")])).on(MESSAGES, answer);
    const { taken, gaps } = await take(server);
    assertEquals([taken, gaps, pages(server).length], [empty < 100 ? ids(3, 5) : ["$4"], [...end], 100]);
  }
});

Deno.test("Client.run() fills no gap without a token, without prev_batch, and unless the timeline is limited", async () => {
  const events = [message("1")];
  const cases: [Json, Partial<ClientOptions>][] = [
    [limited(events), { store: new MemorySyncStore(), catchUp: "all" }],
    [joined("s1", { timeline: { events, limited: true } }), {}],
    [joined("s1", { timeline: { events, limited: false, prev_batch: "p" } }), {}],
    [joined("s1", { timeline: { events, prev_batch: "p" } }), {}],
  ];
  for (const [answer, options] of cases) {
    const server = history(syncServer(answer), 0, 1);
    const { taken, gaps } = await take(server, options);
    assertEquals([taken, gaps, pages(server).length], [["$1"], [], 0]);
  }
});

Deno.test("Client.run() retries pages after connection errors, rate limits and 5xx, and reports them", async () => {
  const log = stateLog();
  const server = syncServer(limited([message("2")])).on(
    MESSAGES,
    text("", 502),
    broken(),
    matrixError(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }),
    { start: "x" },
    { start: "x", chunk: [message("1")], end: "e" },
    text("", 504),
    { start: "x", chunk: [message("0")] },
  );
  const { taken, gaps, store } = await take(server, log);
  assertEquals([taken, gaps, await store.get()], [ids(0, 3), [], "s1"]);
  assertEquals(log.names(), [
    "starting",
    "syncing",
    ...Array(4).fill("waiting"),
    "syncing",
    "waiting",
    "syncing",
    "stopped",
  ]);
});

Deno.test("Client.run() delivers the events it has when a page is refused", async () => {
  const no = matrixError(403, "M_FORBIDDEN");
  const refused = syncServer(limited([message("2")])).on(MESSAGES, no);
  const nothing = await take(refused);
  assertEquals([nothing.taken, nothing.gaps, pages(refused).length], [["$2"], [[ROOM, "s0", "p"]], 1]);
  assertEquals(await nothing.store.get(), "s1");

  const later = syncServer(limited([message("2")])).on(MESSAGES, {
    start: "p",
    chunk: [message("1")],
    end: "e",
  }, no);
  const some = await take(later);
  assertEquals([some.taken, some.gaps], [ids(1, 3), [[ROOM, "s0", "e"]]]);
});

Deno.test("Client.run() does not commit when the access token expires while it fills a gap", async () => {
  const store = new MemorySyncStore("s0");
  const gaps: unknown[] = [];
  const server = syncServer(limited([message("2")])).on(MESSAGES, matrixError(401, "M_UNKNOWN_TOKEN"));
  const client = syncClient(server, { store, onGap: () => gaps.push(1) });
  client.on("m.room.message", () => {});
  await assertRejects(() => client.run(), MUnknownToken);
  assertEquals([await store.get(), gaps], ["s0", []]);
});

Deno.test("Client.stop() ends the filling of a gap and does not commit the batch", async () => {
  for (const answer of [silence(), text("", 502)]) {
    const store = new MemorySyncStore("s0");
    const server = syncServer(limited([message("2")])).on(MESSAGES, answer);
    const client = syncClient(server, { store });
    const taken: unknown[] = [];
    client.on("m.room.message", () => taken.push(1));
    client.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const begin = performance.now();
    await client.stop();
    assert(performance.now() - begin < 1_000); // 100 on a quiet machine; it would wait far longer otherwise
    assertEquals([taken, await store.get()], [[], "s0"]);
  }
});

Deno.test("Client.run() requests pages with the timeline part of the filter", async () => {
  const timeline = { types: ["m.room.message"], not_senders: [ME] };
  const filter = { room: { timeline, state: { types: [] } } };
  const user = encodeURIComponent(ME);
  for (const given of [filter, "7", JSON.stringify(filter)]) {
    const server = history(syncServer(limited([message("300")])), 0, 300)
      .on(`POST /_matrix/client/v3/user/${user}/filter`, { filter_id: "7" })
      .on(`GET /_matrix/client/v3/user/${user}/filter/7`, filter);
    const { taken } = await take(server, { filter: given, mxid: undefined });
    assertEquals(taken.length, 301);
    for (const { query } of pages(server)) assertEquals(JSON.parse(query.get("filter")!), timeline);
    assertEquals(
      server.received.filter(({ path }) => path.includes("/filter")).length,
      given === filter || given === "7" ? 1 : 0,
    );
  }
  const without = history(syncServer(limited([message("1")])), 0, 1)
    .on(`GET /_matrix/client/v3/user/${user}/filter/7`, matrixError(404, "M_NOT_FOUND"));
  const { taken, gaps } = await take(without, { filter: "7" });
  assertEquals([taken, gaps, pages(without).length], [["$1"], [[ROOM, "s0", "p"]], 0]);
});

Deno.test("Client.run() fills no gap in a room that the user has just entered", async () => {
  const cases: Json[] = [
    limited([member(ME, "join"), message("1")]),
    limited([member(ME, "join", "invite"), message("1")]),
    limited([member(ME, "join", "leave"), message("1")]),
    limited([message("1"), member(ME, "invite"), member(ME, "join", "invite")]),
    limited([message("1"), member(ME, "invite", "leave"), member(ME, "join", "invite")]),
    limited([message("1"), member(ME, "knock"), member(ME, "invite", "knock"), member(ME, "join", "invite")]),
    limited([message("1"), member(ME, "join", "invite")]),
    limited([message("1")], { state: { events: [member(ME, "join", "invite")] } }),
    limited([message("1")], { state_after: { events: [member(ME, "join", "invite")] } }),
  ];
  for (const answer of cases) {
    const server = history(syncServer(answer), 0, 50);
    const { taken, gaps } = await take(server, { mxid: undefined });
    const { timeline: { events } } = answer.rooms.join[ROOM];
    const isAfterEntry = events.every((event: Json) => event.type !== "m.room.member") ||
      events.at(-1).event_id === "$1";
    assertEquals(
      [taken.includes("$1"), gaps, pages(server).length],
      [isAfterEntry, [], 0],
      JSON.stringify(answer),
    );
  }
});

Deno.test("Client.run() does not mistake profile changes and joins of others for an entry", async () => {
  const cases: Json[] = [
    limited([message("50"), member(ME, "join", "join")]),
    limited([message("50"), member("@other:x", "join", "invite")]),
    limited([message("50")], { state: { events: [member(ME, "join", "join")] } }),
    limited([message("50"), { ...member(ME, "join"), unsigned: {}, prev_content: { membership: "join" } }]),
  ];
  for (const answer of cases) {
    const { taken } = await take(history(syncServer(answer), 0, 50));
    assertEquals(taken.slice(0, 51), ids(0, 51));
  }
});

Deno.test("Client.run() fills a gap back to the user's entry, if state may be old", async () => {
  const joining = { ...member(ME, "join", "invite"), event_id: "$join" };
  const chunk = [message("3"), message("2"), joining, message("1"), message("0")];
  const lazy = { room: { state: { lazy_load_members: true } } };
  const path = `POST /_matrix/client/v3/user/${encodeURIComponent(ME)}/filter`;
  for (const options of [{ filter: lazy }, { fullState: true }]) {
    const make = (state: Json[]) =>
      syncServer(limited([message("4")], { state: { events: state } })).on(path, { filter_id: "1" });
    const fresh = make([joining]).on(MESSAGES, { start: "p", chunk, end: "e" });
    const { taken, gaps } = await take(fresh, options);
    assertEquals([taken, gaps, pages(fresh).length], [["$join", "$2", "$3", "$4"], [], 1]);

    const { taken: all } = await take(history(make([joining]), 0, 4), options);
    assertEquals(all, ids(0, 5));
  }
  const whole = syncServer(limited([message("4")], {
    state: { events: [joining, message("create", { type: "m.room.create", state_key: "" })] },
  })).on(path, { filter_id: "1" });
  assertEquals((await take(whole, { filter: lazy })).taken, ["$4"]);
  assertEquals(pages(whole).length, 0);
});

Deno.test("Client.run() fills the gap of a left room, unless the user was never in it", async () => {
  const leave = (...events: Json[]) => ({
    next_batch: "s1",
    rooms: { leave: { [ROOM]: { timeline: { events, limited: true, prev_batch: "p" } } } },
  });
  const kicked = { ...member(ME, "leave", "join"), event_id: "$kick" };
  const { taken } = await take(history(syncServer(leave(message("2"), kicked)), 0, 2));
  assertEquals(taken, ["leave $0", "leave $1", "leave $2", "leave $kick"]);

  const declined = { ...member(ME, "leave", "invite"), event_id: "$no" };
  const server = history(syncServer(leave(declined)), 0, 2);
  const never = await take(server);
  assertEquals([never.taken, never.gaps, pages(server).length], [["leave $no"], [], 0]);
});

Deno.test("Client.run() handles other rooms while it fills a gap", async () => {
  const answer = limited([message("1")]);
  for (let i = 0; i < 20; i++) {
    answer.rooms.join[`!${i}:x`] = { timeline: { events: [message(`other${i}`)] } };
  }
  const server = syncServer(answer).on(MESSAGES, silence());
  const client = syncClient(server, { since: "s0", concurrency: 2 });
  const taken: string[] = [];
  client.on("m.room.message", ({ event_id }) => taken.push(event_id));
  await runUntil(client, () => taken.length === 20);
  assertEquals(taken.includes("$1"), false);
});

Deno.test("Client.run() requests no pages if no handler takes timelines", async () => {
  const server = history(syncServer(limited([message("1")])), 0, 1);
  const client = syncClient(server, { since: "s0" });
  client.on("m.room_key", () => {}, { from: "toDevice" });
  await runUntil(client, () => polls(server).length === 2);
  assertEquals(pages(server).length, 0);
});
