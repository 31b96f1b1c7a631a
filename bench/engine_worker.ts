/**
 * Measures calls of the crypto engine with one store, on Deno or Bun. Prints the median milliseconds of CPU time as JSON.
 *
 *     engine_worker.ts <memory, kv, sqlite or journal> <folder>
 */
import process from "node:process";
import { KvStringStore, MemoryStringStore, openOlmEngine, type StringStore } from "../client/crypto/mod.ts";
import type { CryptoEngine, CryptoRequest } from "../client/crypto/mod.ts";
import { encodeBase64 } from "../client/encoding.ts";
import { JournalStringStore } from "../examples/journal_string_store.ts";
import { type SqliteDatabase, SqliteStringStore } from "../examples/sqlite_string_store.ts";
import type { JsonObject, RoomID, SessionID, UserID } from "../types/mod.ts";

const [kind = "", folder = ""] = process.argv.slice(2);
const isDeno = "Deno" in globalThis;
const sdk = await import(`${isDeno ? "npm:" : ""}@matrix-org/matrix-sdk-crypto-wasm`);
const ROUNDS = 100;
const KEYS = 5_000;
const ALICE: UserID = "@alice:example.org";
const BOB: UserID = "@bob:example.org";
const MEGOLM = { algorithm: "m.megolm.v1.aes-sha2" };

async function openStore(name: string): Promise<StringStore> {
  const path = `${folder}/${name}`;
  switch (kind) {
    case "kv": {
      const { Deno } = globalThis as unknown as {
        Deno: { openKv(path: string): Promise<ConstructorParameters<typeof KvStringStore>[0]> };
      };
      return new KvStringStore(await Deno.openKv(path), ["crypto"]);
    }
    case "sqlite": {
      const module = await import(isDeno ? "node:sqlite" : "bun:sqlite");
      return new SqliteStringStore(new (module.DatabaseSync ?? module.Database)(path) as SqliteDatabase);
    }
    case "journal":
      return new JournalStringStore(path);
    default:
      return new MemoryStringStore();
  }
}

function open(userId: UserID, store: StringStore): Promise<CryptoEngine> {
  return openOlmEngine(sdk, { userId, deviceId: "DEVICE", key: new Uint8Array(32), store });
}

/** The device keys that a homeserver would store, by user. */
const devices: Record<string, JsonObject> = {};
const oneTimeKeys: Record<string, [string, unknown][]> = {};
let inbox: JsonObject[] = [];

/** Responds to a request of an engine as a homeserver does. */
async function send(engine: CryptoEngine, request: CryptoRequest): Promise<void> {
  const body = JSON.parse(request.body);
  let response: JsonObject = {};
  if (request.kind === "keysUpload") {
    if (body.device_keys) devices[engine.userId] = { DEVICE: body.device_keys };
    (oneTimeKeys[engine.userId] ??= []).push(...Object.entries(body.one_time_keys ?? {}));
    response = { one_time_key_counts: { signed_curve25519: 50 } };
  } else if (request.kind === "keysQuery") {
    response = { device_keys: devices, failures: {} };
  } else if (request.kind === "keysClaim") {
    const claimed = Object.keys(body.one_time_keys).map((user) => [
      user,
      { DEVICE: Object.fromEntries([oneTimeKeys[user]!.shift()!]) },
    ]);
    response = { one_time_keys: Object.fromEntries(claimed), failures: {} };
  } else if (request.kind === "toDevice") {
    const { [BOB]: messages = {} } = body.messages;
    for (const content of Object.values(messages)) {
      inbox.push({ type: request.eventType!, sender: engine.userId, content: content as JsonObject });
    }
  }
  await engine.sent(request, response);
}

async function flush(engine: CryptoEngine): Promise<void> {
  for (const request of await engine.outgoing()) await send(engine, request);
}

async function receive(engine: CryptoEngine): Promise<void> {
  const toDevice = inbox;
  inbox = [];
  await engine.receive({
    toDevice,
    changed: [],
    left: [],
    counts: { signed_curve25519: 50 },
    fallback: ["signed_curve25519"],
  });
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  times.push((user + system) / 1000);
  return result;
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

/** Makes keys of room sessions as in an unencrypted backup. */
async function sessions(): Promise<Map<SessionID, JsonObject>> {
  const keys = new Map<SessionID, JsonObject>();
  while (keys.size < KEYS) {
    const { publicKey } = await crypto.subtle.generateKey("Ed25519", true, [
      "sign",
      "verify",
    ]) as CryptoKeyPair;
    const bytes = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    const id = encodeBase64(bytes).replace("=", "") as SessionID;
    // Version, index, ratchet, and the public key, which is also the ID of the session.
    const exported = new Uint8Array([
      1,
      0,
      0,
      0,
      0,
      ...crypto.getRandomValues(new Uint8Array(128)),
      ...bytes,
    ]);
    keys.set(id, {
      algorithm: MEGOLM.algorithm,
      sender_key: id,
      sender_claimed_keys: { ed25519: id },
      forwarding_curve25519_key_chain: [],
      session_key: encodeBase64(exported).replace(/=+$/, ""),
    });
  }
  return keys;
}

const users = [ALICE, BOB];
const store = await openStore("alice");
const [alice, bob] = [await open(ALICE, store), await open(BOB, await openStore("bob"))];
await flush(alice);
await flush(bob);
for (const engine of [alice, bob]) {
  await engine.track(users);
  await flush(engine);
}
const claim = await alice.claim(users);
if (claim !== undefined) await send(alice, claim);

const [encrypts, decrypts, receives]: number[][] = [[], [], []];
const room: RoomID = "!room:example.org";
for (let round = 0; round < ROUNDS; round++) {
  const content = await timed(encrypts!, async () => {
    for (const request of await alice.share(room, users, MEGOLM)) await send(alice, request);
    return await alice.encrypt(room, "m.room.message", { msgtype: "m.text", body: `${round}` });
  });
  if (inbox.length > 0) await receive(bob);
  const event = {
    type: "m.room.encrypted",
    event_id: `$${round}`,
    sender: ALICE,
    origin_server_ts: 1,
    content,
  };
  await timed(decrypts!, () => bob.decrypt(room, event, "any"));
}
for (let round = 0; round < ROUNDS; round++) {
  for (const request of await alice.share(`!room${round}:example.org`, users, MEGOLM)) {
    await send(alice, request);
  }
  await timed(receives!, async () => {
    await receive(bob);
    await bob.outgoing();
  });
}
await alice.identity.importBackup(new Map([[room, await sessions()]]), "1");
await alice.close();
const opens: number[] = [];
await timed(opens, () => open(ALICE, store));
console.log(JSON.stringify([encrypts!, decrypts!, receives!, opens].map(median)));
process.exit();
