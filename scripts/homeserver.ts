/**
 * Starts a Synapse homeserver for tests and demonstrations: `deno task homeserver [--strict] [--port=8008]`, or
 * {@linkcode startHomeserver} in a program. It listens on 127.0.0.1, allows registration, and its data are removed when
 * the program ends.
 */
import { installSynapse } from "./synapse.ts";

export { HomeserverUnavailable } from "./synapse.ts";

/** Options of {@linkcode startHomeserver}. */
export interface HomeserverOptions {
  /** Synapse settings, which replace those of {@linkcode makeConfig}. Paths in it must be absolute. */
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
  /** Stops the homeserver and removes its data. */
  stop(): Promise<void>;
}

const SERVER_NAME = "localhost";
const REGISTRATION_SECRET = "registration_secret_of_the_test_homeserver";
const START_TIMEOUT = 60_000;
const ATTEMPTS = 3;

/** The application service that every homeserver knows, next to those in `config.app_service_config_files`. */
const APPSERVICE = {
  asToken: "as_token_of_the_test_bridge",
  hsToken: "hs_token_of_the_test_bridge",
  senderLocalpart: "_as_bot",
  /** Localparts of its users begin with this. */
  userPrefix: "_as_",
};

const APPSERVICE_REGISTRATION = {
  id: "test-bridge",
  url: null,
  as_token: APPSERVICE.asToken,
  hs_token: APPSERVICE.hsToken,
  sender_localpart: APPSERVICE.senderLocalpart,
  rate_limited: false,
  receive_ephemeral: true,
  "org.matrix.msc3202": true,
  "io.element.msc4190": true,
  namespaces: {
    users: [{ exclusive: true, regex: `@${APPSERVICE.userPrefix}.*` }],
    aliases: [{ exclusive: true, regex: `#${APPSERVICE.userPrefix}.*` }],
    rooms: [],
  },
};

const LOGGING = (file: string) => ({
  version: 1,
  formatters: { plain: { format: "%(asctime)s %(levelname)s %(name)s %(message)s" } },
  handlers: { file: { class: "logging.FileHandler", formatter: "plain", filename: file, encoding: "utf8" } },
  root: { level: "WARNING", handlers: ["file"] },
  disable_existing_loggers: false,
});

function rateLimits(strict: boolean): Record<string, unknown> {
  const off = { per_second: 100_000, burst_count: 100_000 };
  const names = "registration registration_token_validity admin_redaction joins_per_room 3pid_validation " +
    "third_party_invite media_create delayed_event_mgmt room_creation reports user_directory profile key_requests";
  return {
    ...Object.fromEntries(names.split(" ").map((name) => [`rc_${name}`, off])),
    rc_message: strict ? { per_second: 3, burst_count: 5 } : off,
    rc_login: { address: off, account: off, failed_attempts: off },
    rc_joins: { local: off, remote: off },
    rc_invites: { per_room: off, per_user: off, per_issuer: off },
    rc_presence: { per_user: off },
  };
}

/** Makes Synapse's settings. They are written as JSON, which is valid YAML. */
function makeConfig(folder: string, port: number, options: HomeserverOptions): Record<string, unknown> {
  const { config = {}, strict = false } = options;
  // Synapse may fetch previews from other servers on this machine, but from nothing else in its network.
  const networks = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fe80::/10",
    "fc00::/7",
  ];
  return {
    server_name: SERVER_NAME,
    public_baseurl: `http://127.0.0.1:${port}/`,
    listeners: [{
      port,
      bind_addresses: ["127.0.0.1"],
      type: "http",
      tls: false,
      resources: [{ names: ["client"], compress: false }],
    }],
    database: { name: "sqlite3", args: { database: `${folder}/homeserver.db` } },
    log_config: `${folder}/log.yaml`,
    media_store_path: `${folder}/media`,
    signing_key_path: `${folder}/signing.key`,
    macaroon_secret_key: "macaroon_secret_of_the_test_homeserver",
    form_secret: "form_secret_of_the_test_homeserver",
    trusted_key_servers: [],
    report_stats: false,
    federation_domain_whitelist: [],
    enable_registration: true,
    enable_registration_without_verification: true,
    registration_shared_secret: REGISTRATION_SECRET,
    bcrypt_rounds: 4,
    max_upload_size: "512M",
    max_pending_media_uploads: 1000,
    url_preview_enabled: true,
    url_preview_ip_range_blacklist: networks,
    ip_range_blacklist: networks,
    allow_public_rooms_without_auth: true,
    room_list_publication_rules: [{ action: "allow" }],
    user_directory: { enabled: true, search_all_users: true, prefer_local_users: true },
    turn_uris: ["turn:turn.localhost:3478?transport=udp"],
    turn_shared_secret: "turn_secret_of_the_test_homeserver",
    experimental_features: {
      msc2409_to_device_messages_enabled: true,
      msc3202_transaction_extensions: true,
      msc3720_enabled: true,
      msc3848_enabled: true,
      msc3881_enabled: true,
      msc4133_enabled: true,
      msc4222_enabled: true,
    },
    ...rateLimits(strict),
    ...config,
    app_service_config_files: [
      `${folder}/appservice.yaml`,
      ...(config.app_service_config_files as string[] | undefined ?? []),
    ],
  };
}

function freePort(wanted = 0): number {
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
      homeserver: makeConfig(folder, port, options),
      appservice: APPSERVICE_REGISTRATION,
      log: LOGGING(logFile),
    })
  ) await Deno.writeTextFile(`${folder}/${name}.yaml`, JSON.stringify(content, null, 2));
  const child = new Deno.Command(python, {
    args: [`${import.meta.dirname}/run_synapse.py`, folder, `--config-path=${folder}/homeserver.yaml`],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const stop = async () => {
    await child.stdin.close().catch(() => {});
    await child.status;
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
