/** An application service under load: it is killed, the homeserver is restarted, and every message is accounted for. */
import { AppService } from "../../../client/appservice/mod.ts";
import { startPushingHomeserver } from "../../../scripts/pushing_homeserver.ts";
import type { EventID, RoomID } from "../../../types/mod.ts";

/** Options of {@linkcode loadAppservice}. */
export interface AppserviceLoadOptions {
  messages: number;
  /** Number of times that the service is killed with SIGKILL. */
  kills: number;
  /** Whether the homeserver is restarted in the middle. */
  restart: boolean;
  /** Whether the users act as a device. */
  devices?: boolean;
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
  /** Messages that arrived, but were not handled. */
  lostByService: number;
  /** Messages that were handled more than once. */
  handledAgain: number;
  /** Responses that are in a room twice. */
  answeredTwice: number;
  /** Ghosts whose messages were not handled in the order in which they were sent. */
  outOfOrder: number;
  seconds: number;
}

const GHOSTS = 20;
const ROOMS = 10;
/** Milliseconds without news after which the rest counts as lost. */
const QUIET = 20_000;

/** Runs the load test with a Synapse of its own. */
export async function loadAppservice(options: AppserviceLoadOptions): Promise<AppserviceLoadResult> {
  const { messages, kills, restart, devices = true, acknowledge = "handled", log = () => {} } = options;
  const homeserver = await startPushingHomeserver();
  const folder = await Deno.makeTempDir({ prefix: "mtx_load_" });
  const { url: baseUrl, serverName, registration, port } = homeserver;
  const deviceId = devices ? "BRIDGE" : undefined;
  const common = { baseUrl, serverName, registration, deviceId };
  const settings = JSON.stringify({ ...common, port, folder, acknowledge });
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
    let restarted = !restart;
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (!restarted && count >= messages / 2) {
        restarted = true;
        log(`${count} messages: the homeserver is restarted`);
        await homeserver.restart();
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
    let handled = new Set(await lines("handled"));
    for (let quiet = performance.now(); performance.now() - quiet < QUIET && handled.size < all.length;) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const now = new Set(await lines("handled"));
      if (now.size > handled.size) quiet = performance.now();
      handled = now;
    }
    const seconds = (performance.now() - begun) / 1_000;
    const [received, order] = [new Set(await lines("received")), await lines("handled")];
    const first = new Map<string, number>();
    order.forEach((id, i) => first.has(id) || first.set(id, i));
    const texts: string[] = [];
    const notices: string[] = [];
    for (const roomId of rooms) {
      for await (const { type, content } of service.bot.iterateMessages(roomId, "b", { limit: 100 })) {
        if (type !== "m.room.message") continue;
        const { msgtype, body } = content as { msgtype?: unknown; body?: unknown };
        (msgtype === "m.text" ? texts : notices).push(String(body));
      }
    }
    return {
      sent: all.length,
      sentTwice: texts.length - new Set(texts).size,
      lostByHomeserver: all.filter((id) => !received.has(id)).length,
      lostByService: all.filter((id) => received.has(id) && !handled.has(id)).length,
      handledAgain: order.length - first.size,
      answeredTwice: notices.length - new Set(notices).size,
      outOfOrder: sent.filter((list) => {
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
export function appserviceFaults(result: AppserviceLoadResult): string[] {
  const names = ["lostByService", "answeredTwice", "outOfOrder"] as const;
  return names.filter((name) => result[name] > 0).map((name) => `${name}: ${result[name]}`);
}

if (import.meta.main) {
  const number = (name: string, standard: number) =>
    Number(Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? standard);
  const result = await loadAppservice({
    messages: number("messages", 2_000),
    kills: number("kills", 25),
    restart: !Deno.args.includes("--no-restart"),
    devices: !Deno.args.includes("--no-devices"),
    acknowledge: Deno.args.includes("--received") ? "received" : "handled",
    log: console.log,
  });
  console.log(JSON.stringify(result));
  const faults = appserviceFaults(result);
  if (faults.length > 0) console.log(`FAILED: ${faults.join(", ")}`);
  Deno.exit(faults.length > 0 ? 1 : 0);
}
