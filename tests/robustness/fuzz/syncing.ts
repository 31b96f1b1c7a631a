/** Calls of the methods that Client adds to ClientAPI: syncs with handlers for all events. */
import {
  autojoin,
  type Client,
  followUpgrades,
  MemorySyncStore,
  type RunOptions,
} from "../../../client/mod.ts";
import { ORIGINS } from "../../../client/sync/session.ts";
import { withOption } from "../../contract/methods/row.ts";
import { fields, list, nothing, object, string } from "../../support/shapes.ts";
import type { MethodCall } from "./call.ts";

/** The maximum duration of a sync in milliseconds. */
const TIME = 150;

/**
 * Runs a sync until it is stopped or its time is over. A homeserver may request a wait of an hour. A sync that does not
 * wait hangs.
 */
async function within(client: Client, stop: AbortController, work: () => Promise<unknown>): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = !["waiting", "stalled"].includes(client.syncState.state);
    stop.abort();
  }, TIME);
  try {
    await work();
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (late) throw new Error("The sync neither continues nor reports why");
}

/** Syncs with handlers for all events until two batches are handled, and returns the events. */
async function sync(client: Client, once: boolean): Promise<unknown> {
  const events: unknown[] = [];
  const stop = new AbortController();
  let batches = 0;
  const store = {
    get: () => Promise.resolve("s0"),
    set: () => {
      if (++batches === 2) stop.abort();
      return Promise.resolve();
    },
  };
  autojoin(client);
  followUpgrades(client);
  client.on("*", (event, { roomId }) => {
    events.push(event);
    if (roomId !== undefined && event.room_id !== roomId) throw new Error("The event has another room");
  }, { from: ORIGINS, own: false });
  const run = { store, signal: stop.signal, onGap: () => {}, onHandlerError: () => {} };
  await within(client, stop, async () => {
    if (!once) return await client.run(run);
    while (!stop.signal.aborted) await client.runOnce(run);
  });
  return events;
}

async function responses(client: Client): Promise<unknown> {
  const result: unknown[] = [];
  const stop = new AbortController();
  await within(client, stop, async () => {
    for await (const response of client.syncs({ signal: stop.signal })) {
      if (result.push(response) === 3) break;
    }
  });
  return result;
}

const handled = list(fields({ type: string, content: object }));

/** Options for calls with invalid options. Their signal is already aborted. */
const OPTIONS: Partial<MethodCall> = {
  options: {
    since: ["s0", "text?"],
    timeout: [0, "number?"],
    filter: ["7", "filter-or-id?"],
    store: [new MemorySyncStore(), "made?"],
    own: [false, "boolean?"],
    from: ["timeline", "origin?"],
    retries: [0, "number?"],
    handlerDeadline: [5, "number?"],
    concurrency: [2, "number?"],
    gapLimit: [5, "number?"],
    catchUp: ["all", "origin?"],
    backoff: [{ minTimeout: 0 }, "made?"],
    onState: [() => {}, "made?"],
    onGap: [() => {}, "made?"],
    onHandlerError: [() => {}, "made?"],
  },
  ignores: ["deadline", "retry", "headers", "query", "timestamp", "signal"],
};

/** Calls of what Client adds. */
export const CLIENT_CALLS: readonly MethodCall[] = [
  { method: "run", args: [], resolves: handled, via: (client) => sync(client as Client, false), plain: true },
  {
    method: "runOnce",
    args: [],
    resolves: handled,
    via: (client) => sync(client as Client, true),
    plain: true,
  },
  {
    method: "syncs",
    args: [],
    resolves: list(fields({ next_batch: string })),
    via: (client) => responses(client as Client),
    plain: true,
  },
  {
    method: "run",
    args: [],
    resolves: nothing,
    ...OPTIONS,
    via: async (client, args) => {
      const [options] = withOption(args, "signal", AbortSignal.abort());
      await (client as Client).run(options as RunOptions);
    },
  },
];
