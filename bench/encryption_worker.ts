/**
 * One measurement of bench/encryption.ts, in a process of its own, on Deno or Bun. Prints the result as JSON.
 *
 *     encryption_worker.ts <measurement> [arguments]
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import {
  decryptAttachment,
  encryptAttachment,
  MemoryStringStore,
  type OlmSdk,
  openOlm,
} from "../client/crypto/mod.ts";
import { createSha256, type IncrementalHash, Sha256 } from "../client/crypto/sha256.ts";
import {
  type AttachmentDecryptor,
  type AttachmentEncryptor,
  Client,
  ClientAPI,
  type ClientOptions,
} from "../client/mod.ts";
import { JournalStringStore } from "../examples/journal_string_store.ts";
import type { EncryptedFile } from "../types/mod.ts";

const MIB = 2 ** 20;
const PIECE = 256 * 1024;
const [measurement = "", ...args] = process.argv.slice(2);

/** Returns a figure of `/proc/self/status` in MiB. */
function memory(name: "VmRSS" | "VmHWM"): number {
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "utf8")) ??
    [];
  return Number(kib) / 1024;
}

function content(size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(left, PIECE)));
      left -= PIECE;
    },
  }, { highWaterMark: 0 });
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

/** Measures work on content, after a round to warm up. */
async function speed(size: number, work: () => Promise<unknown>): Promise<object> {
  await work();
  const before = memory("VmRSS");
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const cpu = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(cpu);
    times.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  return { mbPerSecond: size / 1e3 / times[2]!, memory: memory("VmHWM") - before };
}

async function hash(hash: IncrementalHash, size: number): Promise<void> {
  const piece = new Uint8Array(PIECE);
  for (let done = 0; done < size; done += PIECE) await hash.update(piece);
  await hash.digest();
}

/** Encrypts and decrypts a buffer as a whole, as programs do without streams. */
async function buffered(size: number): Promise<void> {
  const data = new Uint8Array(size);
  const key = await crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt"]);
  const how = { name: "AES-CTR", counter: new Uint8Array(16), length: 64 };
  const encrypted = await crypto.subtle.encrypt(how, key, data);
  await crypto.subtle.digest("SHA-256", encrypted);
}

/** Encrypts attachments in every room, as a client with `crypto` does. */
class EncryptingClient extends ClientAPI {
  protected override attachmentEncryptor(): Promise<AttachmentEncryptor> {
    return Promise.resolve(encryptAttachment);
  }
  protected override attachmentDecryptor(): AttachmentDecryptor {
    return decryptAttachment;
  }
}

/** Measures the memory that one transfer needs, after a small one. */
async function transfer(work: (client: ClientAPI, size: number) => Promise<void>): Promise<object> {
  const [baseUrl = "", size] = args;
  const client = new EncryptingClient({ baseUrl, token: "token", deadline: Infinity });
  await work(client, 8 * MIB);
  const before = memory("VmHWM");
  await work(client, Number(size));
  return { memory: memory("VmHWM") - before };
}

async function loadEngine(): Promise<OlmSdk> {
  const name = "@matrix-org/matrix-sdk-crypto-wasm";
  return await import("Bun" in globalThis ? name : `npm:${name}@18`);
}

/** Echoes messages until it has sent a number of them, and measures the CPU time of an echo. */
async function echo(): Promise<object> {
  const [baseUrl = "", token = "", kind, path = "", count] = args;
  const options: ClientOptions = { baseUrl, token, trust: "any" };
  if (kind !== "plain") {
    const sdk = await loadEngine();
    const { user_id: userId, device_id: deviceId = "" } = await new ClientAPI(options).whoami();
    const store = kind === "memory" ? new MemoryStringStore() : new JournalStringStore(path);
    options.crypto = await openOlm(sdk, { userId, deviceId, key: new Uint8Array(32), store });
  }
  const client = new Client(options);
  let echoed = 0;
  let cpu = process.cpuUsage();
  const warmUp = 20;
  client.on("m.room.message", async ({ content }, { reply }) => {
    await reply(`${content.body}`);
    if (++echoed === warmUp) cpu = process.cpuUsage();
    if (echoed === warmUp + Number(count)) client.stop();
  });
  await client.runOnce();
  console.log("ready");
  await client.run();
  const { user, system } = process.cpuUsage(cpu);
  return { milliseconds: (user + system) / 1000 / Number(count) };
}

/** Loads the engine and opens a new device. */
async function start(): Promise<object> {
  const before = memory("VmRSS");
  const begun = process.cpuUsage();
  const sdk = await loadEngine();
  const store = new MemoryStringStore();
  await openOlm(sdk, { userId: "@bot:example.org", deviceId: "DEVICE", key: new Uint8Array(32), store });
  const { user, system } = process.cpuUsage(begun);
  return { milliseconds: (user + system) / 1000, memory: memory("VmRSS") - before };
}

const [size] = args.map(Number);

async function decrypt(verify: "end" | "before"): Promise<object> {
  const encryption = encryptAttachment();
  const encrypted = await new Response(content(size!).pipeThrough(encryption)).blob();
  const file: EncryptedFile = { ...await encryption.file, url: "mxc://example.org/file" };
  return await speed(
    size!,
    () => drain(encrypted.stream().pipeThrough(decryptAttachment(file, { verify, maxSize: Infinity }))),
  );
}

const MEASUREMENTS: Record<string, () => Promise<object>> = {
  hashTypeScript: () => speed(size!, () => hash(new Sha256(), size!)),
  hashRuntime: () => speed(size!, () => hash(createSha256(), size!)),
  encrypt: () => speed(size!, () => drain(content(size!).pipeThrough(encryptAttachment()))),
  decrypt: () => decrypt("end"),
  decryptBefore: () => decrypt("before"),
  buffered: () => speed(size!, () => buffered(size!)),
  sendFile: () =>
    transfer(async (client, size) => {
      await client.sendFile("!room:example.org", content(size), { size });
    }),
  streamMedia: () =>
    transfer(async (client, size) => {
      const file: EncryptedFile = JSON.parse(args[2]!)[size];
      await drain((await client.streamMedia(file)).body);
    }),
  start,
  echo,
};

console.log(JSON.stringify(await MEASUREMENTS[measurement]!()));
process.exit();
