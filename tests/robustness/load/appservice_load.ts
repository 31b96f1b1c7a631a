/**
 * An application service under load: it is killed, the homeserver is restarted, and every message is accounted for.
 *
 *     deno task test:load:appservice               2,000 messages, 25 × SIGKILL, the homeserver restarted once
 *     deno task test:load:appservice --table       all rows of the table in docs/measurements/application-services.md
 *     deno task test:load:appservice --table=4     one row; --messages=n changes its number of messages
 *
 * Options of a single run: --messages=n --kills=n --restart=stop|kill|none --no-devices --store=memory|kv --received.
 */
import { AppService } from "../../../client/appservice/mod.ts";
import { startPushingHomeserver } from "../../../scripts/pushing_homeserver.ts";
import type { EventID, RoomID } from "../../../types/mod.ts";

/** Options of {@linkcode loadAppservice}. */
export interface AppserviceLoadOptions {
  messages: number;
  /** Number of times that the service is killed with SIGKILL. */
  kills: number;
  /** The restart of the homeserver in the middle: after SIGTERM, after SIGKILL, or none. */
  restart?: "stop" | "kill" | "none";
  /** Whether the users act as a device. */
  devices?: boolean;
  store?: "kv" | "memory";
  acknowledge?: "handled" | "received";
  log?: (line: string) => void;
}

/** Numbers of messages. */
export interface AppserviceLoadResult {
  sent: number;
  /** Messages that are in a room twice. */
  sentTwice: number;
  /** Messages that never arrived in a transaction. */
  lostByHomeserver: number;
  /** Messages that arrived only after `requestRetry()`. */
  afterRequestRetry: number;
  /** Messages that arrived, but were not handled. */
  lostByService: number;
  /** Messages that were handled more than once. */
  handledAgain: number;
  /** Responses that are in a room twice. */
  repliedTwice: number;
  /** Ghosts whose messages were not handled in the order in which they were sent. */
  outOfOrder: number;
  seconds: number;
}

const GHOSTS = 20;
const ROOMS = 10;
/** Milliseconds without news after which the rest counts as lost. */
const QUIET = 20_000;

/** Milliseconds between pings meanwhile. */
const PING = 5_000;

/** Runs the load test with a Synapse of its own. */
export async function loadAppservice(options: AppserviceLoadOptions): Promise<AppserviceLoadResult> {
  const { messages, kills, restart = "stop", devices = true, store = "kv", acknowledge = "handled" } =
    options;
  const { log = () => {} } = options;
  const homeserver = await startPushingHomeserver();
  const folder = await Deno.makeTempDir({ prefix: "mtx_load_" });
  const { url: baseUrl, serverName, registration, port } = homeserver;
  const deviceId = devices ? "BRIDGE" : undefined;
  const common = { baseUrl, serverName, registration, deviceId };
  const settings = JSON.stringify({ ...common, port, folder, store, acknowledge });
  const spawn = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--unstable-kv", `${import.meta.dirname}/appservice_service.ts`, settings],
      stdout: "null",
      stderr: "null",
    }).spawn();
  const lines = async (file: string): Promise<string[]> => {
    const text = await Deno.readTextFile(`${folder}/${file}`).catch(() => "");
    return text.split("\n").filter(Boolean);
  };
  let child = spawn();
  try {
    const begun = performance.now();
    // While the homeserver restarts, connections are refused.
    const retry = { limit: 60, minTimeout: 200, maxTimeout: 2_000 };
    const service = new AppService({ ...common, retry });
    const rooms: RoomID[] = [];
    for (let i = 0; i < ROOMS; i++) rooms.push(await service.bot.createRoom({ preset: "public_chat" }));
    const sent: EventID[][] = [];
    let count = 0;
    const send = async (ghost: number) => {
      const list: EventID[] = sent[ghost] = [];
      const client = service.intent(`@_push_ghost${ghost}:${serverName}`);
      for (let i = ghost; i < messages; i += GHOSTS) {
        const roomId = rooms[ghost % ROOMS]!;
        list.push(await client.sendText(roomId, `${ghost} ${i}`, { txnId: `${i}` }));
        count++;
      }
    };
    const sending = Promise.all(Array.from({ length: GHOSTS }, (_, ghost) => send(ghost)));
    let done = false;
    sending.finally(() => done = true).catch(() => {});
    let killed = 0;
    let restarted = restart === "none";
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (!restarted && count >= messages / 2) {
        restarted = true;
        log(`${count} messages: the homeserver is ${restart === "kill" ? "killed" : "restarted"}`);
        await (restart === "kill" ? homeserver.crash() : homeserver.restart());
      }
      if (killed < kills && count >= (killed + 1) * messages / (kills + 1)) {
        killed++;
        child.kill("SIGKILL");
        await child.status;
        child = spawn();
        log(`${count} messages: the service was killed for the ${killed}. time`);
      }
    }
    await sending;
    const all = sent.flat();
    /** Waits until every message was handled, or nothing has happened for a while. Returns those that were handled. */
    const settle = async (): Promise<Set<string>> => {
      let handled = new Set(await lines("handled"));
      let pinged = performance.now();
      // A message that was sent twice is handled under an ID that no call has returned.
      const isMissing = () => all.some((id) => !handled.has(id));
      for (let quiet = performance.now(); performance.now() - quiet < QUIET && isMissing();) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        // After many failures, Synapse waits for longer than this program.
        if (performance.now() - pinged > PING) {
          await service.ping().catch(() => {});
          pinged = performance.now();
        }
        const now = new Set(await lines("handled"));
        if (now.size > handled.size) quiet = performance.now();
        handled = now;
      }
      return handled;
    };
    let handled = await settle();
    const before = new Set(await lines("received"));
    const late = all.filter((id) => !before.has(id));
    if (late.length > 0) {
      log(`${late.length} messages did not arrive: requestRetry()`);
      await (await fetch(`http://127.0.0.1:${port}/requestRetry`, { method: "POST" })).body?.cancel();
      await service.bot.sendNotice(rooms[0]!, "The next transaction");
      handled = await settle();
    }
    const seconds = (performance.now() - begun) / 1_000;
    const [received, order] = [new Set(await lines("received")), await lines("handled")];
    // Messages that arrive after requestRetry() are late.
    const inTime = sent.map((list) => list.filter((id) => before.has(id)));
    const first = new Map<string, number>();
    order.forEach((id, i) => first.has(id) || first.set(id, i));
    const texts: string[] = [];
    const notices: string[] = [];
    for (const roomId of rooms) {
      for await (const { chunk } of service.bot.iterateMessages(roomId, "b", { limit: 100 })) {
        for (const { type, content: { msgtype, body } } of chunk) {
          if (type === "m.room.message") (msgtype === "m.text" ? texts : notices).push(String(body));
        }
      }
    }
    if (texts.length < all.length) throw new Error(`${all.length} messages were sent, ${texts.length} found`);
    return {
      sent: all.length,
      sentTwice: texts.length - new Set(texts).size,
      lostByHomeserver: all.filter((id) => !received.has(id)).length,
      afterRequestRetry: late.filter((id) => received.has(id)).length,
      lostByService: all.filter((id) => received.has(id) && !handled.has(id)).length,
      handledAgain: order.length - first.size,
      repliedTwice: notices.length - new Set(notices).size,
      outOfOrder: inTime.filter((list) => {
        const places = list.map((id) => first.get(id)).filter((place) => place !== undefined);
        return places.some((place, i) => i > 0 && place < places[i - 1]!);
      }).length,
      seconds: Math.round(seconds),
    };
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await homeserver.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns what the library is to blame for. */
export function appserviceFaults(
  result: AppserviceLoadResult,
  { acknowledge = "handled", devices = true }: Partial<AppserviceLoadOptions> = {},
): string[] {
  const names = ["lostByService", "repliedTwice", "outOfOrder"] as const;
  // With `received`, a service that is killed loses messages. Without devices, Synapse forgets transaction IDs when it
  // restarts.
  const promised = names.filter((name) =>
    (acknowledge === "handled" || name !== "lostByService") && (devices || name !== "repliedTwice")
  );
  return promised.filter((name) => result[name] > 0).map((name) => `${name}: ${result[name]}`);
}

/** The rows of the table in docs/measurements/application-services.md. */
const ROWS: [title: string, options: AppserviceLoadOptions][] = [
  ["no fault", { messages: 2_000, kills: 0, restart: "none" }],
  [
    "service killed 25 times, Synapse restarted, no devices",
    { messages: 2_000, kills: 25, restart: "stop", devices: false },
  ],
  ["service killed 25 times, Synapse restarted", { messages: 2_000, kills: 25, restart: "stop" }],
  ["service killed 3 times, memory store", { messages: 1_000, kills: 3, restart: "none", store: "memory" }],
  ["service killed 3 times, `received`", {
    messages: 1_000,
    kills: 3,
    restart: "none",
    acknowledge: "received",
  }],
  ["Synapse killed", { messages: 1_000, kills: 0, restart: "kill" }],
  ["Synapse killed, `received`, memory store", {
    messages: 1_000,
    kills: 0,
    restart: "kill",
    store: "memory",
    acknowledge: "received",
  }],
];

/** Returns a row of the table. */
function row(title: string, result: AppserviceLoadResult): string {
  const { sent, sentTwice, lostByHomeserver, afterRequestRetry, lostByService } = result;
  const { handledAgain, repliedTwice, outOfOrder, seconds } = result;
  const cells = [
    title,
    sent,
    sentTwice,
    lostByHomeserver,
    afterRequestRetry,
    lostByService,
    handledAgain,
    repliedTwice,
    outOfOrder,
    seconds,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Returns the value of an option. */
function value(name: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** Returns the runs that the arguments choose. */
function chosen(): [title: string, options: AppserviceLoadOptions][] {
  const [row, messages] = [value("table"), value("messages")];
  if (row !== undefined || Deno.args.includes("--table")) {
    const rows = row === undefined ? ROWS : [ROWS[Number(row) - 1]!];
    return rows.map(([title, options]) => [
      title,
      { ...options, messages: Number(messages ?? options.messages) },
    ]);
  }
  return [["this run", {
    messages: Number(messages ?? 2_000),
    kills: Number(value("kills") ?? 25),
    restart: (value("restart") ?? "stop") as AppserviceLoadOptions["restart"],
    devices: !Deno.args.includes("--no-devices"),
    store: (value("store") ?? "kv") as AppserviceLoadOptions["store"],
    acknowledge: Deno.args.includes("--received") ? "received" : "handled",
  }]];
}

if (import.meta.main) {
  let failed = false;
  for (const [title, options] of chosen()) {
    const result = await loadAppservice({ ...options, log: console.error });
    console.error(JSON.stringify(result));
    console.log(row(title, result));
    const faults = appserviceFaults(result, options);
    if (faults.length > 0) console.error(`FAILED: ${faults.join(", ")}`);
    failed ||= faults.length > 0;
  }
  Deno.exit(failed ? 1 : 0);
}
