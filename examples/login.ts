/**
 * Signs in to a homeserver and stores the session in a file: `deno task login`.
 *
 * Uses what the homeserver offers: OAuth 2.0 on another device, otherwise a password.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Writable } from "node:stream";
import {
  ClientAPI,
  MatrixError,
  RefreshingTokens,
  type Session,
  sessionOf,
  supportsLoginType,
} from "@mtx/client";
import { FileSessionStore } from "./session_file.ts";

const usage = `Usage: login.ts HOMESERVER [--file=matrix_session.json] [--name=TEXT] [--logout]
Signs in to a homeserver and stores the session in a file, which the other examples take as MATRIX_SESSION.
HOMESERVER is a server name (example.org) or a base URL (https://matrix.example.org).

  --file    Where to store the session. Only you can read the file.
  --name    What the device is called in the list of your devices.
  --logout  Ends the session in the file and removes it.

The user and the password are asked for, unless MATRIX_USER and MATRIX_PASSWORD are set.`;

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Finds the homeserver of a server name; a URL is used as it is. */
async function findHomeserver(server: string): Promise<string | URL> {
  if (/^https?:\/\//.test(server)) return server;
  return await ClientAPI.discover(server) ?? `https://${server}`;
}

/** The lines of a pipe. One reader for all of them, because it reads ahead. */
let piped: AsyncIterator<string> | undefined;

/** Asks for a line on the terminal, or reads one from a pipe. */
async function ask(question: string, hidden = false): Promise<string> {
  if (!process.stdin.isTTY) {
    piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const { value, done } = await piped.next();
    if (done) throw new Error(`${question}standard input has ended`);
    return value;
  }
  let muted = false;
  const output = new Writable({
    write: (chunk, _, done) => (muted || process.stderr.write(chunk), done()),
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      lines.once("close", () => reject(new Error("Interrupted")));
      lines.question(question, resolve);
      muted = hidden;
    });
  } finally {
    lines.close();
    if (hidden) process.stderr.write("\n");
  }
}

/** Signs in with OAuth 2.0 on another device; `null` if the homeserver does not offer that, but perhaps a password. */
async function signInElsewhere(client: ClientAPI, name: string): Promise<Session | null> {
  const metadata = await client.getAuthMetadata();
  if (!metadata?.device_authorization_endpoint) return null;
  const { client_id } = await client.registerOAuthClient(metadata, {
    client_name: name,
    client_uri: "https://jsr.io/@mtx/client",
    application_type: "native",
    token_endpoint_auth_method: "none",
    grant_types: [DEVICE_GRANT, "refresh_token"],
  });
  const started = await client.startDeviceAuthorization(metadata, client_id);
  console.error(`Open ${started.verification_uri_complete ?? started.verification_uri}`);
  console.error(`and confirm the code ${started.user_code}`);
  return await client.finishDeviceAuthorization(metadata, started);
}

async function signInWithPassword(client: ClientAPI, name: string): Promise<Session> {
  if (!supportsLoginType(await client.getLoginFlows(), "m.login.password")) {
    throw new Error("This homeserver offers neither OAuth 2.0 on another device nor passwords");
  }
  const identifier = process.env.MATRIX_USER || await ask("User: ");
  const password = process.env.MATRIX_PASSWORD || await ask("Password: ", true);
  return sessionOf(
    client,
    await client.login({ identifier, password, deviceName: name, refreshToken: true }),
  );
}

async function logOut(store: FileSessionStore, file: string): Promise<void> {
  const session = await store.get();
  if (session === null) throw new Error(`There is no session in ${file}`);
  const log = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error };
  const client = new ClientAPI({ baseUrl: session.baseUrl, auth: new RefreshingTokens(store), log });
  await client.logout();
  console.error(`Signed out ${session.userId}`);
}

async function main(): Promise<void> {
  const { values, positionals: [server] } = parseArgs({
    allowPositionals: true,
    options: {
      file: { type: "string", default: "matrix_session.json" },
      name: { type: "string", default: "@mtx/client" },
      logout: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { file = "", name = "" } = values;
  const store = new FileSessionStore(file);
  if (values.logout) return await logOut(store, file);
  const homeserver = server || process.env.MATRIX_HOMESERVER;
  if (values.help || !homeserver) return console.log(usage);
  if (await store.get() !== null) {
    throw new Error(`There is a session in ${file} already: end it with --logout`);
  }
  // Fails if the session cannot be stored, before there is one.
  await store.lock(() => Promise.resolve());
  const client = new ClientAPI({ baseUrl: await findHomeserver(homeserver) });
  const session = await signInElsewhere(client, name) ?? await signInWithPassword(client, name);
  await store.set(session);
  console.error(
    `Signed in as ${session.userId}, device ${session.deviceId}. The session is in ${file}; use it with`,
  );
  console.log(`export MATRIX_SESSION=${file}`);
}

try {
  await main();
} catch (error) {
  const { code } = error as { code?: unknown };
  const expected = error instanceof MatrixError ||
    (error instanceof Error && (error.constructor === Error || String(code).startsWith("ERR_PARSE_ARGS")));
  console.error(expected ? error.message : error);
  process.exitCode = 1;
}
await piped?.return?.();
