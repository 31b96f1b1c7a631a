/**
 * A bot without a process: a platform calls it every minute, and it handles what is new.
 *
 * - Deno Deploy, or at home: `deno run --unstable-kv --unstable-cron --allow-env --allow-net cron_edge.ts`
 * - Cloudflare Workers: bundle it (`npx esbuild cron_edge.ts --bundle --format=esm --outfile=bot.js`), give it a KV
 *   namespace called `STATE`, and a timetable: `crons = ["* * * * *"]`
 *
 * Settings: `MATRIX_HOMESERVER`, `MATRIX_TOKEN`.
 */
import { autojoin, Client, KvSyncStore, type SyncStore } from "@mtx/client";

/** What the platform is told. */
export interface Settings {
  MATRIX_HOMESERVER: string;
  MATRIX_TOKEN: string;
}

/** Workers' key-value store. */
interface WorkersKv {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

/** How long a call may take, in milliseconds. What is not handled by then comes again. */
const TIME = 25_000;

/** Handles what is new. How many events that was. */
export async function handleNews(settings: Settings, store: SyncStore): Promise<number> {
  const { MATRIX_HOMESERVER: baseUrl, MATRIX_TOKEN: token } = settings;
  const client = new Client({
    baseUrl,
    token,
    store,
    onHandlerError: (error, { event_id }) => console.error(`Cannot answer ${event_id}:`, error),
  });
  autojoin(client);
  client.on("m.room.message", async (event, { roomId, signal }) => {
    const { msgtype, body } = event.content;
    if (msgtype !== "m.text" || body !== "!time") return;
    const text = new Date().toISOString();
    // Two calls at the same time, or one after a failure, answer once: the transaction ID is the same.
    await client.sendNotice(roomId, { text, txnId: `time-${event.event_id}`, signal });
  }, { own: false });
  return await client.runOnce({ signal: AbortSignal.timeout(TIME) });
}

// Workers call this.
export default {
  async scheduled(_event: unknown, env: Settings & { STATE: WorkersKv }): Promise<void> {
    const { STATE } = env;
    await handleNews(env, { get: () => STATE.get("sync"), set: (token) => STATE.put("sync", token) });
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
    await handleNews(settings, new KvSyncStore(kv, ["cron_edge", "sync"]));
  });
}
