/**
 * Measures encryption on Deno and Bun: attachments, their memory at 1 GiB, and an encrypted echo beside a plain one.
 * `deno task bench:encryption` prints the tables of docs/measurements/encryption.md.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18";
import { createSha256 } from "../client/crypto/sha256.ts";
import { MemoryStringStore, openOlm } from "../client/crypto/mod.ts";
import { Client } from "../client/mod.ts";
import { silentLog } from "../http/mod.ts";
import { ROOT } from "../scripts/command.ts";
import { type Homeserver, startHomeserver } from "../scripts/homeserver.ts";
import { findBun, importedPackages, install, linkLibrary } from "../scripts/npm.ts";
import type { RoomID, UserID } from "../types/mod.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const ENGINE = "@matrix-org/matrix-sdk-crypto-wasm";
const WORKER = `${ROOT}/bench/encryption_worker.ts`;
/** MiB of memory that a transfer of any size may take. On Deno most of it is garbage. */
const MAX_MEMORY = 160;
const ECHOES = 60;

interface Result {
  mbPerSecond: number;
  memory: number;
  milliseconds: number;
}

const bun = await findBun();
const folder = await install("bench_encryption", { ...await importedPackages(), [ENGINE]: "18.9.0" }, [
  bun,
  "install",
]);
await linkLibrary(folder);
await Deno.remove(`${ROOT}/node_modules`, { recursive: true }).catch(() => {});
await Deno.symlink(`${folder}/node_modules`, `${ROOT}/node_modules`, { type: "junction" });
const RUNTIMES: Record<string, string[]> = {
  [`Deno ${Deno.version.deno}`]: [Deno.execPath(), "run", "-A", "--no-check", WORKER],
  Bun: [bun, "run", WORKER],
};

/** Runs one measurement. `onReady` is called when the worker prints its first line, if that is not the result. */
async function measure(runtime: string[], args: unknown[], onReady?: () => Promise<void>): Promise<Result> {
  const [command = "", ...first] = runtime;
  const child = new Deno.Command(command, {
    args: [...first, ...args.map(String)],
    cwd: ROOT,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text === "ready\n") await onReady?.();
  }
  await child.status;
  return JSON.parse(text.trim().split("\n").at(-1) ?? "");
}

function table(head: string[], rows: string[][]): void {
  console.log(`\n| ${head.join(" | ")} |\n| --- |${" ---: |".repeat(head.length - 1)}`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

/** Makes one row: a measurement on each runtime. */
async function row(label: string, show: (result: Result) => string, ...args: unknown[]): Promise<string[]> {
  const cells = [label];
  for (const runtime of Object.values(RUNTIMES)) cells.push(show(await measure(runtime, args)));
  return cells;
}

const mb = ({ mbPerSecond }: Result) => mbPerSecond.toFixed(0);
const withMemory = (result: Result) => `${mb(result)} (+${result.memory.toFixed(0)} MiB)`;
const plus = ({ memory }: Result) => `+${memory.toFixed(1)}`;
/** Shows the memory of a transfer, and fails if it is not constant. */
function bounded(result: Result): string {
  if (result.memory > MAX_MEMORY) {
    throw new Error(`A transfer took ${result.memory.toFixed(0)} MiB of memory`);
  }
  return plus(result);
}

/** Returns the hash of zeros. The decryption of zeros is noise, but it has the right hash. */
async function hashOfZeros(size: number): Promise<string> {
  const hash = createSha256();
  const piece = new Uint8Array(MIB);
  for (let done = 0; done < size; done += MIB) await hash.update(piece);
  return (await hash.digest() as Uint8Array<ArrayBuffer>).toBase64({ omitPadding: true });
}

function zeros(size: number): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(PIECE);
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(piece);
      left -= PIECE;
    },
  });
}

const PIECE = 64 * 1024;

/** Accepts uploads of any size, and serves zeros. */
async function serve(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith("/versions")) return Response.json({ versions: ["v1.11"] });
  if (request.method === "GET") {
    const size = Number(pathname.split("/").at(-1));
    return new Response(zeros(size), { headers: { "content-length": `${size}` } });
  }
  for await (const _ of request.body ?? []);
  return Response.json({ content_uri: "mxc://example.org/1", event_id: "$event" });
}

async function attachments(): Promise<void> {
  const size = 64 * MIB;
  table(["MB a second of CPU time", ...Object.keys(RUNTIMES)], [
    await row("SHA-256 in TypeScript", mb, "hashTypeScript", size),
    await row("SHA-256 of the runtime", mb, "hashRuntime", size),
    await row("`encryptAttachment()`", mb, "encrypt", size),
    await row("`decryptAttachment()`", mb, "decrypt", size),
    await row('`decryptAttachment()`, `verify: "before"`', mb, "decryptBefore", size),
    await row("WebCrypto on a buffer of 128 MiB", withMemory, "buffered", 128 * MIB),
  ]);

  table(["loading the engine and opening a device", ...Object.keys(RUNTIMES)], [
    await row("ms of CPU time", ({ milliseconds }) => milliseconds.toFixed(0), "start"),
    await row("MiB of memory", plus, "start"),
  ]);

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serve);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const file = async (size: number) => ({
    url: `mxc://example.org/${size}`,
    v: "v2",
    key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: "A".repeat(43), ext: true },
    iv: "A".repeat(22),
    hashes: { sha256: await hashOfZeros(size) },
  });
  const sizes = [256 * MIB, GIB];
  const files = JSON.stringify(
    Object.fromEntries(await Promise.all([8 * MIB, ...sizes].map(async (size) => [size, await file(size)]))),
  );
  const rows: string[][] = [];
  for (const size of sizes) {
    const label = `${size / MIB} MiB`;
    rows.push(await row(`\`sendFile()\` of a stream of ${label}`, bounded, "sendFile", url, size));
    rows.push(await row(`\`streamMedia()\` of ${label}`, bounded, "streamMedia", url, size, files));
  }
  table(["MiB of memory", ...Object.keys(RUNTIMES)], rows);
  await server.shutdown();
}

/** Lets a bot echo messages, and returns its result. */
async function echo(homeserver: Homeserver, runtime: string[], kind: string): Promise<Result> {
  const [alice, bot] = [await homeserver.registerUser(), await homeserver.registerUser()];
  const crypto = await openOlm(sdk, {
    userId: alice.userId as UserID,
    deviceId: alice.deviceId,
    key: new Uint8Array(32),
    store: new MemoryStringStore(),
  });
  const client = new Client({
    baseUrl: homeserver.url,
    token: alice.token,
    crypto,
    log: silentLog,
    trust: "any",
  });
  const algorithm = "m.megolm.v1.aes-sha2";
  const roomId: RoomID = await client.createRoom({
    invitees: [bot.userId as UserID],
    initialState: kind === "plain"
      ? []
      : [{ type: "m.room.encryption", state_key: "", content: { algorithm } }],
  });
  await client.runOnce();
  await new Client({ baseUrl: homeserver.url, token: bot.token, log: silentLog }).joinRoom(roomId);
  const path = await Deno.makeTempFile();
  let arrived = () => {};
  client.on("m.room.message", () => arrived());
  client.start();
  const result = await measure(runtime, ["echo", homeserver.url, bot.token, kind, path, ECHOES], async () => {
    // One message after another, so that each has a sync of its own.
    for (let n = 0; n < ECHOES + 20; n++) {
      const echoed = new Promise<void>((resolve) => arrived = resolve);
      await client.sendText(roomId, `${n}`);
      await echoed;
    }
  });
  await client.stop();
  await crypto.close();
  return result;
}

async function echoes(): Promise<void> {
  const homeserver = await startHomeserver({ log: console.error });
  const rows: string[][] = [];
  for (const kind of ["plain", "memory", "journal"]) {
    const label = kind === "plain"
      ? "plain"
      : `encrypted, keys in ${kind === "memory" ? "memory" : "a journal"}`;
    const cells = [label];
    for (const runtime of Object.values(RUNTIMES)) {
      cells.push((await echo(homeserver, runtime, kind)).milliseconds.toFixed(2));
    }
    rows.push(cells);
  }
  table(["ms of CPU time for an echo", ...Object.keys(RUNTIMES)], rows);
  await homeserver.stop();
}

if (!Deno.args.includes("--echoes")) await attachments();
if (!Deno.args.includes("--attachments")) await echoes();
Deno.exit();
