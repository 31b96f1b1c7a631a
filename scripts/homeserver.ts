/**
 * Starts a Synapse homeserver for tests and demonstrations: `deno task homeserver [--strict] [--port=8008]`, or
 * {@linkcode startHomeserver} in a program. It listens on 127.0.0.1, allows registration, and its data are removed when
 * the program ends.
 */
import SETTINGS from "./synapse.json" with { type: "json" };
import { installSynapse } from "./synapse.ts";

export { HomeserverUnavailable } from "./synapse.ts";

/** Options of {@linkcode startHomeserver}. */
export interface HomeserverOptions {
  /** Synapse settings, which replace those in synapse.json. Paths in them must be absolute. */
  config?: Record<string, unknown>;
  /** Whether Synapse limits messages to five at once, then three per second. @default false */
  strict?: boolean;
  /** Port on 127.0.0.1. @default a free one */
  port?: number;
  /** Receives a line about each slow step, such as the installation. */
  log?: (line: string) => void;
}

/** A user that {@linkcode Homeserver.registerUser} has created. */
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
  appservice: typeof APPSERVICE;
  /** Shared secret for `/_synapse/admin/v1/register`. */
  registrationSecret: string;
  /** File with Synapse's warnings and errors. */
  logFile: string;
  /** Creates a user and signs it in. Name and password are random by default. */
  registerUser(username?: string, password?: string, admin?: boolean): Promise<RegisteredUser>;
  /** Stops the homeserver as its operator would, keeps its data, and starts it again. */
  restart(): Promise<void>;
  /** Kills the homeserver with SIGKILL, keeps its data, and starts it again. */
  crash(): Promise<void>;
  /** Stops the homeserver and removes its data. */
  stop(): Promise<void>;
}

const { server_name: SERVER_NAME, registration_shared_secret: REGISTRATION_SECRET } = SETTINGS.homeserver;
/** The application service that every homeserver knows, besides those in `config.app_service_config_files`. */
const APPSERVICE = {
  asToken: SETTINGS.appservice.as_token,
  hsToken: SETTINGS.appservice.hs_token,
  senderLocalpart: SETTINGS.appservice.sender_localpart,
  /** Localparts of its users begin with this. */
  userPrefix: "_as_",
};
const START_TIMEOUT = 60_000;
const ATTEMPTS = 3;

/** Makes Synapse's settings, which are written as JSON because that is valid YAML. Relative paths are in its folder. */
function makeConfig(port: number, options: HomeserverOptions): Record<string, unknown> {
  const { config = {}, strict = false } = options;
  const { unlimited } = SETTINGS;
  const limits = Object.entries(SETTINGS.limits).map(([name, kinds]) => [
    name,
    kinds ? Object.fromEntries(kinds.map((kind) => [kind, unlimited])) : unlimited,
  ]);
  return {
    ...SETTINGS.homeserver,
    ...Object.fromEntries(limits),
    ...(strict ? { rc_message: SETTINGS.strict } : {}),
    public_baseurl: `http://127.0.0.1:${port}/`,
    listeners: [{
      port,
      bind_addresses: ["127.0.0.1"],
      type: "http",
      tls: false,
      resources: [{ names: ["client"], compress: false }],
    }],
    database: { name: "sqlite3", args: { database: "homeserver.db" } },
    media_store_path: "media",
    log_config: "log.yaml",
    ...config,
    app_service_config_files: ["appservice.yaml", ...(config.app_service_config_files as string[] ?? [])],
  };
}

/** Returns a free port on 127.0.0.1. Throws if it must be a port that is in use. */
export function freePort(wanted = 0): number {
  try {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: wanted });
    return listener.addr.port;
  } catch (cause) {
    throw new Error(`Cannot start Synapse: port ${wanted} is in use`, { cause });
  }
}

/** Registers a user with the shared secret, which also works where registration is closed or has stages. */
async function registerUser(
  url: string,
  username = `user_${crypto.randomUUID().slice(0, 8)}`,
  password: string = crypto.randomUUID(),
  admin = false,
): Promise<RegisteredUser> {
  const endpoint = `${url}/_synapse/admin/v1/register`;
  const { nonce } = await (await fetch(endpoint)).json();
  const bytes = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(REGISTRATION_SECRET), hmac, false, ["sign"]);
  const text = [nonce, username, password, admin ? "admin" : "notadmin"].join("\0");
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text))).toHex();
  const body = JSON.stringify({ nonce, username, password, admin, mac });
  const response = await fetch(endpoint, { method: "POST", body });
  const user = await response.json();
  if (!response.ok) throw new Error(`Cannot register ${username}: ${response.status} ${user.errcode}`);
  return { userId: user.user_id, token: user.access_token, deviceId: user.device_id, username, password };
}

/** Waits until the homeserver responds. Returns false if its process ends first. */
async function untilReady(url: string, ended: Promise<unknown>): Promise<boolean> {
  let running = true;
  ended.then(() => running = false);
  for (const end = performance.now() + START_TIMEOUT; running && performance.now() < end;) {
    const response = await fetch(`${url}/_matrix/client/versions`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Attempts to start Synapse. Returns its error output if it ends at once, for example because the port is taken. */
async function start(python: string, options: HomeserverOptions): Promise<Homeserver | string> {
  const port = freePort(options.port);
  const url = `http://127.0.0.1:${port}`;
  const folder = (await Deno.makeTempDir({ prefix: "mtx_synapse_" })).replaceAll("\\", "/");
  const logFile = `${folder}/synapse.log`;
  const seed = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replace(/=+$/, "");
  await Deno.writeTextFile(`${folder}/signing.key`, `ed25519 a_test ${seed}\n`);
  for (
    const [name, content] of Object.entries({
      homeserver: makeConfig(port, options),
      appservice: SETTINGS.appservice,
      log: SETTINGS.log,
    })
  ) await Deno.writeTextFile(`${folder}/${name}.yaml`, JSON.stringify(content, null, 2));
  const spawn = () =>
    new Deno.Command(python, {
      cwd: folder,
      args: [`${import.meta.dirname}/run_synapse.py`, folder, `--config-path=${folder}/homeserver.yaml`],
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  let child = spawn();
  let errors = new Response(child.stderr).text();
  const stop = async () => {
    await child.stdin.close().catch(() => {});
    await child.status;
  };
  const startAgain = async () => {
    child = spawn();
    errors = new Response(child.stderr).text();
    if (!await untilReady(url, child.status)) throw new Error(`Cannot restart Synapse\n${await errors}`);
  };
  const restart = async () => {
    await Deno.writeTextFile(`${folder}/keep`, "");
    await stop();
    await Deno.remove(`${folder}/keep`);
    await startAgain();
  };
  const crash = async () => {
    child.kill("SIGKILL");
    await stop();
    await startAgain();
  };
  if (!await untilReady(url, child.status)) {
    await stop();
    return await errors;
  }
  return {
    url,
    serverName: SERVER_NAME,
    appservice: APPSERVICE,
    registrationSecret: REGISTRATION_SECRET,
    logFile,
    registerUser: (...user) => registerUser(url, ...user),
    restart,
    crash,
    stop,
  };
}

/**
 * Installs Synapse if necessary, starts it and waits until it responds.
 *
 * @throws {HomeserverUnavailable} If Python 3 is missing or Synapse cannot be installed.
 */
export async function startHomeserver(options: HomeserverOptions = {}): Promise<Homeserver> {
  const python = await installSynapse(options.log);
  let errors = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const started = await start(python, options);
    if (typeof started !== "string") return started;
    errors = started;
  }
  throw new Error(`Cannot start Synapse: it ended before it responded\n${errors.slice(-2_000)}`);
}

if (import.meta.main) {
  const port = Deno.args.find((arg) => arg.startsWith("--port="))?.slice("--port=".length);
  const strict = Deno.args.includes("--strict");
  const homeserver = await startHomeserver({
    strict,
    port: port ? Number(port) : undefined,
    log: console.log,
  });
  console.log(`Synapse listens at ${homeserver.url}${strict ? " with strict rate limits" : ""}`);
  console.log(`Application service token: ${homeserver.appservice.asToken}`);
  console.log("Press Ctrl-C to stop.");
  setInterval(() => {}, 60_000); // Keeps the process alive.
}
