/**
 * The leak test. Its arguments are the URL of a `leakServer()`, and either `calls` for many calls of all kinds, or the
 * name of the last call of the program.
 */
import process from "node:process";
import { type AttemptEnd, HTTPAPI, type HTTPAPIOptions } from "../../../http/mod.ts";

/** The number of concurrent calls. */
const WIDTH = 100;
/** The number of calls before the heap is measured. */
const WARM_UP = 2_000;

type Act = (api: HTTPAPI, signal: AbortSignal, query: { call: number }) => Promise<unknown>;

/** Aborts a call 15 ms after its start. */
function cancelled(act: Act): Act {
  return async (api, outer, query) => {
    const controller = new AbortController();
    const follow = () => controller.abort();
    outer.addEventListener("abort", follow);
    const timer = setTimeout(follow, 15);
    try {
      return await act(api, controller.signal, query);
    } finally {
      clearTimeout(timer);
      outer.removeEventListener("abort", follow);
    }
  };
}

const get = (path: string, deadline?: number): Act => (api, signal, query) =>
  api.request("GET", path, { signal, query, deadline });

/** The calls by name. Most of them fail. */
const ACTS: Record<string, Act> = {
  get: get("/success"),
  put: (api, signal, query) => api.request("PUT", "/success", { signal, query, body: { a: 1 } }),
  post: (api, signal, query) => api.request("POST", "/success", { signal, query, body: { a: 1 } }),
  limited: (api, signal, query) => api.request("POST", "/limited", { signal, query }),
  gateway: get("/gateway"),
  forbidden: get("/forbidden"),
  html: get("/html"),
  huge: get("/huge"),
  endless: get("/endless"),
  reset: get("/reset"),
  cut: get("/cut"),
  silent: get("/silent", 20),
  stuck: get("/stuck", 20),
  "cancelled in silence": cancelled(get("/silent")),
  "cancelled in a body": cancelled(get("/stuck")),
  "cancelled in a wait": cancelled((api, signal, query) =>
    api.request("GET", "/forbidden", {
      signal,
      query,
      retry: { minTimeout: 60_000, maxTimeout: 60_000, isRetriable: () => true },
    })
  ),
  upload: (api, signal, query) => api.upload("POST", "/success", new Uint8Array(10_000), { signal, query }),
  stream: async (api, signal, query) => {
    const { body } = await api.stream("GET", "/content", { signal, query });
    return await new Response(body).arrayBuffer();
  },
  "stream cut": async (api, signal, query) => {
    const { body } = await api.stream("GET", "/cut", { signal, query });
    return await new Response(body).arrayBuffer();
  },
  "stream cancelled": async (api, signal, query) => {
    const { body } = await api.stream("GET", "/content", { signal, query });
    await body.cancel();
  },
  "stream stuck": async (api, signal, query) => {
    const { body } = await api.stream("GET", "/stuck", { signal, query, deadline: 20 });
    return await new Response(body).arrayBuffer();
  },
};

/** Counts the timers that keep the program alive. */
function watchTimers(): () => number {
  type Timer = ReturnType<typeof setTimeout> & { hasRef?(): boolean };
  const live = new Map<number, Timer>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  Object.assign(globalThis, {
    setTimeout: (fn: (...args: unknown[]) => void, milliseconds: number, ...args: unknown[]) => {
      const timer: Timer = set(() => {
        live.delete(Number(timer));
        fn(...args);
      }, milliseconds);
      // Node code may pass the timer's number in place of the object.
      live.set(Number(timer), timer);
      return timer;
    },
    clearTimeout: (timer: Timer) => {
      live.delete(Number(timer));
      clear(timer);
    },
  });
  return () => [...live.values()].filter((timer) => timer.hasRef?.() ?? true).length;
}

/** Counts the listeners on a signal. */
function watchListeners(signal: AbortSignal): Set<unknown> {
  const live = new Set<unknown>();
  const { addEventListener: add, removeEventListener: remove } = signal;
  Object.assign(signal, {
    addEventListener(...args: Parameters<typeof add>) {
      live.add(args[1]);
      add.apply(signal, args);
    },
    removeEventListener(...args: Parameters<typeof remove>) {
      live.delete(args[1]);
      remove.apply(signal, args);
    },
  });
  return live;
}

/** Returns the used heap in bytes after garbage collection. */
async function memory(): Promise<number> {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  for (let i = 0; i < 5; i++) {
    Bun?.gc(true);
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}

async function manyCalls(baseUrl: string, calls: number): Promise<void> {
  const flying = new Map<number, string>();
  const watchdog = setTimeout(() => {
    console.error("These calls hang:", [...flying.values()]);
    process.exit(1);
  }, 300_000);
  const timers = watchTimers();
  const { signal } = new AbortController();
  const listeners = watchListeners(signal);
  // A body must be read when its attempt ends, and the body of a stream when its call ends.
  const responses = new Map<number, { response: Response; read: boolean }[]>();
  const isRead = ({ body, bodyUsed }: Response) => bodyUsed || body === null;
  const fetch: HTTPAPIOptions["fetch"] = async (url, init) => {
    const response = await globalThis.fetch(url, init);
    const call = Number(/call=(\d+)/.exec(url)?.[1]);
    responses.set(call, [...responses.get(call) ?? [], { response, read: false }]);
    return response;
  };
  const onResponse = ({ call }: AttemptEnd) => {
    const last = responses.get(call)?.at(-1);
    if (last) last.read ||= isRead(last.response);
  };
  const api = new HTTPAPI({ baseUrl, fetch, hooks: { onResponse }, retry: { minTimeout: 1, maxTimeout: 5 } });
  const acts = Object.entries(ACTS).filter(([name]) => wanted === undefined || wanted === name);
  let unread = 0, failed = 0, done = 0, next = 1;
  const work = async (end: number) => {
    while (next <= end) {
      const call = next++;
      const [name, act] = acts[call % acts.length]!;
      flying.set(call, name);
      await act(api, signal, { call }).catch(() => failed++);
      flying.delete(call);
      for (const { response, read } of responses.get(call) ?? []) if (!read && !isRead(response)) unread++;
      responses.delete(call);
      done++;
    }
  };
  const round = (end: number) => Promise.all(Array.from({ length: WIDTH }, () => work(end)));
  // Memory that grows after the warm-up is a leak.
  await round(WARM_UP);
  const before = await memory();
  await round(calls);
  const growth = await memory() - before;
  clearTimeout(watchdog);
  console.log(
    JSON.stringify({ done, failed, timers: timers(), listeners: listeners.size, unread, growth }),
  );
}

async function oneCall(baseUrl: string, name: string): Promise<void> {
  const api = new HTTPAPI({ baseUrl, retry: { minTimeout: 1, maxTimeout: 5 } });
  const { signal } = new AbortController();
  await ACTS.get!(api, signal, { call: 0 });
  await ACTS[name]!(api, signal, { call: 1 }).catch(() => {});
  console.log(Date.now());
}

const [baseUrl = "", name = "", calls = "10000", wanted] = process.argv.slice(2);
if (name === "calls") await manyCalls(baseUrl, Number(calls));
else if (name === "names") console.log(JSON.stringify(Object.keys(ACTS)));
else await oneCall(baseUrl, name);
