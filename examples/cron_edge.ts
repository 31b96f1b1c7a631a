/**
 * A bot that runs on a schedule: the platform calls it every minute, and it handles the events since the last call.
 *
 * - Deno Deploy, or locally: `deno run --unstable-kv --unstable-cron --allow-env --allow-net cron_edge.ts`
 * - Cloudflare Workers: bundle it with `npx esbuild cron_edge.ts --bundle --format=esm --outfile=bot.js`, bind a KV
 *   namespace as `STATE`, and set the schedule `crons = ["* * * * *"]`
 *
 * Environment variables: `MATRIX_HOMESERVER`, `MATRIX_TOKEN`.
 */
import { autojoin, Client, isEdit, KvSyncStore, type SyncStore } from "@mtx/client";

/** Environment variables. */
export interface Settings {
  MATRIX_HOMESERVER: string;
  MATRIX_TOKEN: string;
}

/** A KV namespace of Workers. */
interface WorkersKv {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

/** Milliseconds after which a call is aborted. Events that are not handled by then are delivered again. */
const LIMIT = 25_000;

/** Handles the events since the last call, and returns their number. */
export async function handleNewEvents(settings: Settings, store: SyncStore): Promise<number> {
  const { MATRIX_HOMESERVER: baseUrl, MATRIX_TOKEN: token } = settings;
  const client = new Client({
    baseUrl,
    token,
    store,
    onHandlerError: (error, { event_id }) => console.error(`Cannot handle ${event_id}:`, error),
  });
  autojoin(client);
  client.on("m.room.message", async (event, { send }) => {
    const { msgtype, body } = event.content;
    if (msgtype !== "m.text" || body !== "!time" || isEdit(event)) return;
    // If two calls overlap, or one fails, send() uses the same transaction ID, so there is one message.
    await send({ msgtype: "m.notice", body: new Date().toISOString() });
  });
  return await client.runOnce({ signal: AbortSignal.timeout(LIMIT) });
}

// Entry point for Workers.
export default {
  async scheduled(_event: unknown, env: Settings & { STATE: WorkersKv }): Promise<void> {
    const { STATE } = env;
    await handleNewEvents(env, { get: () => STATE.get("sync"), set: (token) => STATE.put("sync", token) });
  },
};

const { Deno: deno } = globalThis as { Deno?: typeof Deno };
if (deno !== undefined && import.meta.main) {
  const settings = {
    MATRIX_HOMESERVER: deno.env.get("MATRIX_HOMESERVER") ?? "http://127.0.0.1:8008",
    MATRIX_TOKEN: deno.env.get("MATRIX_TOKEN") ?? "",
  };
  deno.cron("matrix", "* * * * *", async () => {
    using kv = await deno.openKv();
    await handleNewEvents(settings, new KvSyncStore(kv, ["cron_edge", "sync"]));
  });
}
