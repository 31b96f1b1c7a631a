/**
 * A Synapse for tests and demonstrations: `deno task homeserver [--strict] [--port=8008]`, or
 * {@linkcode startHomeserver} from a script. It listens on 127.0.0.1, lets anybody register, and is gone with its data
 * when the script ends.
 */
import { synapsePython } from "./synapse_install.ts";
import {
  APPSERVICE,
  appserviceConfig,
  type AppserviceRegistration,
  logConfig,
  REGISTRATION_SECRET,
  synapseConfig,
} from "./synapse_config.ts";

export { HomeserverUnavailable } from "./synapse_install.ts";
export type { AppserviceRegistration } from "./synapse_config.ts";

/** How to start a homeserver. */
export interface HomeserverOptions {
  /** Whether messages are rate-limited (five at once, then three a second), for honest 429s. */
  strict?: boolean;
  /** Port on 127.0.0.1. @default a free one */
  port?: number;
  /** Where the application service takes transactions. @default nowhere */
  appserviceUrl?: string;
  /** Takes progress, a line at a time. @default silent */
  say?: (line: string) => void;
}

/** A user that a script has made. */
export interface RegisteredUser {
  userId: string;
  token: string;
  deviceId: string;
  username: string;
  password: string;
}

/** A running homeserver. */
export interface Homeserver {
  /** Base URL, without a trailing slash. */
  url: string;
  serverName: string;
  strict: boolean;
  appservice: AppserviceRegistration;
  /** For `/_synapse/admin/v1/register`. */
  registrationSecret: string;
  /** Its log file: warnings and errors. */
  logFile: string;
  /** Makes a user and signs it in. A random name and password where none are given. */
  registerUser(username?: string, password?: string): Promise<RegisteredUser>;
  /** Ends it and removes its data. Repeating it does nothing. */
  stop(): Promise<void>;
}

const SERVER_NAME = "localhost";
const CACHE = new URL("../.cache/synapse", import.meta.url);
const START_TIMEOUT = 60_000;
const TRIES = 3;

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

/** A port that nobody listens at. Otherwise whoever does would pass for the homeserver that is starting. */
function freePort(wanted = 0): number {
  let listener: Deno.Listener;
  try {
    listener = Deno.listen({ hostname: "127.0.0.1", port: wanted });
  } catch (cause) {
    throw new Error(`Cannot start Synapse: port ${wanted} is in use`, { cause });
  }
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}

async function generateConfig(python: string, folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(python, {
    args: [
      "-m",
      "synapse.app.homeserver",
      "--generate-config",
      `--server-name=${SERVER_NAME}`,
      `--config-path=${folder}/homeserver.yaml`,
      `--data-directory=${folder}`,
      "--report-stats=no",
    ],
    cwd: folder,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot configure Synapse: ${new TextDecoder().decode(stderr)}`);
}

/** A Synapse that was installed by hand may lack the library that URL previews need, and would not start with them. */
async function hasPreviews(python: string): Promise<boolean> {
  const question =
    'from synapse.util.check_dependencies import check_requirements; check_requirements("url-preview")';
  const { success } = await new Deno.Command(python, { args: ["-c", question], stderr: "null" }).output();
  return success;
}

/** Waits until the homeserver answers; false if its process ends first. */
async function answers(url: string, ended: Promise<unknown>): Promise<boolean> {
  let running = true;
  ended.then(() => running = false);
  const end = performance.now() + START_TIMEOUT;
  while (running && performance.now() < end) {
    try {
      const response = await fetch(`${url}/_matrix/client/versions`);
      await response.body?.cancel();
      if (response.ok) return true;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function register(url: string, username: string, password: string): Promise<RegisteredUser> {
  const response = await fetch(`${url}/_matrix/client/v3/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, auth: { type: "m.login.dummy" } }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`Cannot register ${username}: ${response.status} ${answer.errcode}`);
  return {
    userId: answer.user_id,
    token: answer.access_token,
    deviceId: answer.device_id,
    username,
    password,
  };
}

/** One try; what Synapse said if it ended by itself, as it does when somebody else took the port. */
async function start(
  python: string,
  folder: string,
  options: HomeserverOptions,
  onSpawn: (stop: () => Promise<void>) => void,
): Promise<Homeserver | string> {
  const { strict = false, appserviceUrl, port: wanted } = options;
  const port = freePort(wanted);
  const url = `http://127.0.0.1:${port}`;
  await writeJson(
    `${folder}/ours.yaml`,
    synapseConfig({ folder, port, strict, previews: await hasPreviews(python) }),
  );
  await writeJson(`${folder}/appservice.yaml`, appserviceConfig(appserviceUrl));
  await writeJson(`${folder}/log.yaml`, logConfig(folder));
  const child = new Deno.Command(python, {
    args: [
      pathOf(new URL("./run_synapse.py", import.meta.url)),
      `--config-path=${folder}/homeserver.yaml`,
      `--config-path=${folder}/ours.yaml`,
    ],
    cwd: folder,
    // Held open: when this process dies, however it dies, Synapse reads the end and goes too.
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const complaint = new Response(child.stderr).text();
  let stopped: Promise<void> | undefined;
  const stop = () =>
    stopped ??= (async () => {
      try {
        child.kill("SIGTERM");
      } catch {
        // Ended already.
      }
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await child.status;
      clearTimeout(killer);
      await child.stdin.close().catch(() => {});
    })();
  onSpawn(stop);
  if (!await answers(url, child.status)) {
    await stop();
    return await complaint;
  }
  return {
    url,
    serverName: SERVER_NAME,
    strict,
    appservice: APPSERVICE,
    registrationSecret: REGISTRATION_SECRET,
    logFile: `${folder}/synapse.log`,
    registerUser: (username = `user_${crypto.randomUUID().slice(0, 8)}`, password = crypto.randomUUID()) =>
      register(url, username, password),
    stop,
  };
}

/** Ends what is just starting, when somebody interrupts. */
const starting = new Set<() => Promise<void>>();

/**
 * Starts a homeserver, and waits until it answers.
 *
 * @throws {HomeserverUnavailable} If Python 3 is missing or Synapse cannot be installed.
 */
export async function startHomeserver(options: HomeserverOptions = {}): Promise<Homeserver> {
  const python = await synapsePython(pathOf(CACHE), options.say ?? (() => {}));
  const folder = await Deno.makeTempDir({ prefix: "mtx_synapse_" });
  const clean = () => Deno.remove(folder, { recursive: true }).catch(() => {});
  let stop = () => Promise.resolve();
  const abandon = () => stop().then(clean);
  starting.add(abandon);
  try {
    await generateConfig(python, folder);
    let complaint = "";
    for (let i = 0; i < TRIES; i++) {
      const started = await start(python, folder, options, (own) => stop = own);
      if (typeof started !== "string") return { ...started, stop: () => started.stop().then(clean) };
      complaint = started;
    }
    throw new Error(`Cannot start Synapse: it ended before it answered\n${complaint.slice(-2_000)}`);
  } catch (error) {
    await clean();
    throw error;
  } finally {
    starting.delete(abandon);
  }
}

/**
 * Runs `work`, and `end` after it, also on Ctrl-C and SIGTERM.
 *
 * @returns What `work` gave, or the exit code of the signal.
 */
export async function untilInterrupted<T>(work: Promise<T>, end: () => Promise<void>): Promise<T | number> {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  const codes: Record<string, number> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  const handlers = new Map<Deno.Signal, () => void>();
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of signals) {
      const handler = () => resolve(codes[signal] ?? 1);
      handlers.set(signal, handler);
      Deno.addSignalListener(signal, handler);
    }
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    await Promise.all([end(), ...[...starting].map((abandon) => abandon())]);
    for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
  }
}

if (import.meta.main) {
  const port = Deno.args.find((arg) => arg.startsWith("--port="))?.slice("--port=".length);
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) {
    console.error("Cannot start Synapse: --port wants a number from 1 to 65535");
    Deno.exit(2);
  }
  let homeserver: Homeserver | undefined;
  const work = async () => {
    homeserver = await startHomeserver({
      strict: Deno.args.includes("--strict"),
      port: port ? Number(port) : undefined,
      say: console.log,
    });
    console.log(`Synapse answers at ${homeserver.url}${homeserver.strict ? " (strict rate limits)" : ""}`);
    console.log(`Application service token: ${homeserver.appservice.asToken}`);
    console.log("Ctrl-C ends it.");
    setInterval(() => {}, 60_000); // A pending promise alone does not keep the process alive.
    return await new Promise<never>(() => {});
  };
  Deno.exit(
    await untilInterrupted(work(), async () => await homeserver?.stop()).catch((error) => {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }),
  );
}
