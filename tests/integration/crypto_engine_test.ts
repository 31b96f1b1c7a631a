/** The adapter of the crypto engine with the real engine, and with a homeserver that only passes requests on. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import {
  type CompareEmoji,
  type CryptoConnection,
  type CryptoEngine,
  type CryptoRequest,
  type CryptoSettings,
  MemoryStringStore,
  openOlmEngine,
  StoreTakenOver,
  type StringStore,
  Undecryptable,
  VerificationCancelled,
} from "../../client/crypto/mod.ts";
import { Verifications } from "../../client/crypto/verification.ts";
import { CryptoError, silentLog } from "../../http/mod.ts";
import type { RoomID, UserID } from "../../types/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const ROOM: RoomID = "!room:example.org";
const OTHER_ROOM: RoomID = "!other:example.org";
const KEY = new Uint8Array(32).fill(7);
const MEGOLM = { algorithm: "m.megolm.v1.aes-sha2" };

/** The key store of a homeserver, and the messages to devices that wait there. */
class KeyServer {
  readonly #devices = new Map<string, Any>();
  readonly #oneTimeKeys = new Map<string, Any>();
  readonly #crossSigning: Any = {};
  readonly #inbox = new Map<string, unknown[]>();

  /** Sends what an engine wants to send until there is nothing left. */
  async flush(engine: CryptoEngine, requests?: Awaited<ReturnType<CryptoEngine["outgoing"]>>): Promise<void> {
    for (const request of requests ?? await engine.outgoing()) {
      await engine.sent(
        request,
        this.#respond(engine, request.kind, JSON.parse(request.body), request.eventType),
      );
    }
    if (requests === undefined && (await engine.outgoing()).length > 0) await this.flush(engine);
  }

  /** Publishes the cross-signing keys of a user. */
  publish(userId: UserID, { master, self_signing, user_signing }: Any): void {
    Object.assign(this.#crossSigning, { [userId]: { master, self_signing, user_signing } });
  }

  /** Sends a request of an engine. */
  async send(engine: CryptoEngine, request: CryptoRequest): Promise<unknown> {
    const response = this.#respond(engine, request.kind, JSON.parse(request.body), request.eventType);
    await engine.sent(request, response);
    return response;
  }

  /** Returns the messages to a device, and removes them. */
  inbox(deviceId: string): unknown[] {
    const inbox = this.#inbox.get(deviceId) ?? [];
    this.#inbox.delete(deviceId);
    return inbox;
  }

  /** Gives an engine its messages. */
  async deliver(engine: CryptoEngine, changed: UserID[] = []): Promise<unknown[]> {
    return await engine.receive({
      toDevice: this.inbox(engine.deviceId),
      changed,
      left: [],
      counts: { signed_curve25519: 50 },
      fallback: ["signed_curve25519"],
    });
  }

  #respond({ userId, deviceId }: CryptoEngine, kind: string, body: Any, eventType?: string): unknown {
    switch (kind) {
      case "keysUpload":
        if (body.device_keys) this.#devices.set(`${userId} ${deviceId}`, body.device_keys);
        for (const [id, key] of Object.entries(body.one_time_keys ?? {})) {
          this.#oneTimeKeys.set(`${userId} ${deviceId} ${id}`, key);
        }
        return { one_time_key_counts: { signed_curve25519: 50 } };
      case "keysQuery": {
        const device_keys: Any = {};
        for (const [key, value] of this.#devices) {
          const [user, device] = key.split(" ") as [string, string];
          if (user in body.device_keys) (device_keys[user] ??= {})[device] = value;
        }
        const keys: Any = { master_keys: {}, self_signing_keys: {}, user_signing_keys: {} };
        for (const [user, ofUser] of Object.entries<Any>(this.#crossSigning)) {
          if (!(user in body.device_keys)) continue;
          keys.master_keys[user] = ofUser.master;
          keys.self_signing_keys[user] = ofUser.self_signing;
          if (user === userId) keys.user_signing_keys[user] = ofUser.user_signing;
        }
        return { device_keys, ...keys, failures: {} };
      }
      case "keysClaim": {
        const one_time_keys: Any = {};
        for (const [user, devices] of Object.entries<Any>(body.one_time_keys)) {
          for (const device of Object.keys(devices)) {
            const found = [...this.#oneTimeKeys].find(([key]) => key.startsWith(`${user} ${device} `));
            if (found === undefined) continue;
            this.#oneTimeKeys.delete(found[0]);
            (one_time_keys[user] ??= {})[device] = { [found[0].split(" ")[2]!]: found[1] };
          }
        }
        return { one_time_keys, failures: {} };
      }
      case "signatures":
        for (const [user, signed] of Object.entries<Any>(body)) {
          for (const [id, { signatures }] of Object.entries<Any>(signed)) {
            const keys = this.#devices.get(`${user} ${id}`) ?? this.#crossSigning[user]?.master;
            for (const [signer, more] of Object.entries(signatures)) {
              keys.signatures[signer] = { ...keys.signatures[signer], ...more as object };
            }
          }
        }
        return { failures: {} };
      case "toDevice":
        for (const devices of Object.values<Any>(body.messages)) {
          for (const [device, content] of Object.entries(devices)) {
            const inbox = this.#inbox.get(device) ?? [];
            this.#inbox.set(device, [...inbox, { type: eventType, sender: userId, content }]);
          }
        }
        return {};
      default:
        return {};
    }
  }
}

function open(userId: UserID, deviceId: string, store: StringStore, key = KEY): Promise<CryptoEngine> {
  return openOlmEngine(sdk, { userId, deviceId, key, store });
}

const ALICE: UserID = "@alice:example.org";
const BOB: UserID = "@bob:example.org";

/** Encrypts an event of Alice's for Bob. */
async function send(
  server: KeyServer,
  alice: CryptoEngine,
  content: object,
  eventId: string,
  users: UserID[] = [ALICE, BOB],
  roomId = ROOM,
) {
  await alice.track(users);
  await server.flush(alice);
  const claim = await alice.claim(users);
  if (claim !== undefined) await server.flush(alice, [claim]);
  await server.flush(alice, await alice.share(roomId, users, MEGOLM));
  return {
    type: "m.room.encrypted",
    event_id: eventId,
    room_id: roomId,
    sender: alice.userId,
    origin_server_ts: 1,
    content: await alice.encrypt(roomId, "m.room.message", content),
  };
}

Deno.test("openOlmEngine() opens engines that exchange encrypted events, and keeps them over a restart", async () => {
  const server = new KeyServer();
  const [aliceStore, bobStore] = [new MemoryStringStore(), new MemoryStringStore()];
  let [alice, bob] = [await open(ALICE, "ALICE1", aliceStore), await open(BOB, "BOB1", bobStore)];
  assert(!("indexedDB" in globalThis));
  await server.flush(alice);
  await server.flush(bob);

  const first = await send(server, alice, { msgtype: "m.text", body: "secret tea" }, "$1");
  assert(!JSON.stringify(first).includes("tea"));
  const missing = await assertRejects(() => bob.decrypt(ROOM, first, "any"), Undecryptable);
  assertEquals(missing.reason, "missingKey");

  const rooms: RoomID[] = [];
  bob.onKeys((more) => rooms.push(...more));
  await server.deliver(bob, [ALICE]);
  await server.flush(bob);
  const decrypted = await bob.decrypt(ROOM, first, "any");
  assertEquals(decrypted.event.content, { msgtype: "m.text", body: "secret tea" });
  assertEquals([decrypted.sender, decrypted.device, decrypted.verified], [ALICE, "ALICE1", false]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(rooms, [ROOM]);
  const untrusted = await assertRejects(() => bob.decrypt(ROOM, first, "crossSigned"), Undecryptable);
  assertEquals(untrusted.reason, "untrusted");

  await alice.setRoom(ROOM, { ...MEGOLM, rotationMessages: 50, rotationPeriod: 100_000 });
  await bob.close();
  await alice.close();
  [alice, bob] = [await open(ALICE, "ALICE1", aliceStore), await open(BOB, "BOB1", bobStore)];
  assertEquals(await alice.room(ROOM), { ...MEGOLM, rotationMessages: 50, rotationPeriod: 100_000 });
  assertEquals(await bob.room(ROOM), undefined);
  assertEquals((await bob.decrypt(ROOM, first, "any")).event.content, decrypted.event.content);
  const second = await send(server, alice, { body: "more" }, "$2");
  await server.deliver(bob);
  assertEquals((await bob.decrypt(ROOM, second, "any")).event.content, { body: "more" });
  await alice.close();
  await bob.close();
});

Deno.test("CryptoEngine.decrypt() refuses a forged sender and encrypted state", async () => {
  const server = new KeyServer();
  const alice = await open(ALICE, "ALICE2", new MemoryStringStore());
  const bob = await open(BOB, "BOB2", new MemoryStringStore());
  await server.flush(alice);
  await server.flush(bob);
  const event = await send(server, alice, { body: "x" }, "$1");
  await server.deliver(bob, [ALICE]);
  await server.flush(bob);
  const forged = { ...event, sender: "@eve:example.org" };
  const error = await assertRejects(() => bob.decrypt(ROOM, forged, "any"), Undecryptable);
  assertEquals(error.reason, "forgedSender");
  await assertRejects(
    () => bob.decrypt(ROOM, { ...event, state_key: "" }, "any"),
    Undecryptable,
    "malformed",
  );
  await assertRejects(() => bob.decrypt(ROOM, { ...event, content: {} }, "any"), Undecryptable);
  await alice.close();
  await bob.close();
});

Deno.test("openOlmEngine() refuses a wrong key, and malformed options", async () => {
  const store = new MemoryStringStore();
  await (await open(ALICE, "ALICE3", store)).close();
  await assertRejects(() => open(ALICE, "ALICE3", store, new Uint8Array(32).fill(8)), CryptoError);
  await assertRejects(() => open(ALICE, "ALICE3", store, new Uint8Array(31)), TypeError, "32 bytes");
  await assertRejects(() => open(ALICE, "ALICE3", {} as StringStore), TypeError, "StringStore");
});

Deno.test("CryptoEngine fails with the store's error once another process has opened the store", async () => {
  const server = new KeyServer();
  const store = new MemoryStringStore();
  const older = await open(ALICE, "ALICE4", store);
  await server.flush(older);
  const newer = await open(ALICE, "ALICE4", store);
  await assertRejects(() => older.setRoom(ROOM, MEGOLM), StoreTakenOver);
  await newer.setRoom(ROOM, MEGOLM);
  assertEquals((await newer.room(ROOM))?.algorithm, MEGOLM.algorithm);
});

/** Connects an engine to a key server. */
function connected(
  server: KeyServer,
  engine: CryptoEngine,
  options: Partial<CryptoSettings>,
): CryptoConnection {
  return {
    engine,
    client: { log: silentLog } as Any,
    options: { trust: "any", ...options },
    flush: () => server.flush(engine),
    send: (request) => server.send(engine, request),
  };
}

Deno.test("IdentityEngine creates cross-signing keys, which verified users sign", async () => {
  const server = new KeyServer();
  const store = new MemoryStringStore();
  let alice = await open(ALICE, "ALICE5", store);
  const bob = await open(BOB, "BOB5", new MemoryStringStore());
  for (const engine of [alice, bob]) {
    await server.flush(engine);
    assertEquals(await engine.identity.crossSigning(), { held: "none", trusted: false, signed: false });
    const first = await engine.identity.bootstrap(true);
    // As after a crash.
    const { keys, signatures } = await engine.identity.bootstrap(false);
    assertEquals(keys.master?.keys, first.keys.master?.keys);
    server.publish(engine.userId, keys);
    await server.send(engine, signatures);
    await engine.track([engine.userId]);
    await server.send(engine, engine.identity.queryKeys([engine.userId]));
    assertEquals(await engine.identity.crossSigning(), { held: "all", trusted: true, signed: true });
  }
  await alice.close();
  alice = await open(ALICE, "ALICE5", store);
  assertEquals(await alice.identity.crossSigning(), { held: "all", trusted: true, signed: true });

  const seen: unknown[] = [];
  const onVerification: CompareEmoji = (emoji) => seen.push(emoji) > 0;
  const ofAlice = new Verifications(() => connected(server, alice, {}));
  const ofBob = new Verifications(() =>
    connected(server, bob, { acceptVerificationFrom: [ALICE], onVerification })
  );
  let isOver = false;
  const verify = async (onEmoji: CompareEmoji) => {
    isOver = false;
    const ended = ofAlice.verify(BOB, { onEmoji, timeout: 20_000 }).finally(() => isOver = true);
    ended.catch(() => {});
    for (let idle = 0; !isOver || idle < 3; idle = isOver ? idle + 1 : 0) {
      for (const [engine, verifications] of [[alice, ofAlice], [bob, ofBob]] as const) {
        const messages = await server.deliver(engine);
        await server.flush(engine);
        verifications.received(messages);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await ended;
  };
  await alice.track([BOB]);
  await server.flush(alice);
  const event = await send(server, bob, { body: "x" }, "$5");
  await server.deliver(alice);
  const before = await alice.decrypt(ROOM, event, "crossSigned");
  assertEquals([before.verified, before.shield !== undefined], [true, true]);

  await verify((emoji) => seen.push(emoji) > 0);
  assertEquals(seen[0], seen[1]);
  assertEquals((seen[0] as unknown[]).length, 7);
  await server.send(alice, alice.identity.queryKeys([BOB]));
  // The engine keeps the warning of sessions that it received before.
  const second = await send(server, bob, { body: "y" }, "$6", [ALICE, BOB], OTHER_ROOM);
  await server.deliver(alice);
  const after = await alice.decrypt(OTHER_ROOM, second, "crossSigned");
  assertEquals([after.verified, after.shield], [true, undefined]);

  const error = await assertRejects(() => verify(() => false), VerificationCancelled);
  assertEquals([error.code, error.byUs], ["m.mismatched_sas", true]);
  await assertRejects(
    () => ofAlice.verify(BOB, { deviceId: "NONE", onEmoji: () => true }),
    CryptoError,
    "unknown",
  );
  assertEquals(await alice.identity.devices(BOB), ["BOB5"]);
  assertEquals(await alice.identity.devices(ALICE), []);
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("IdentityEngine backs up keys, which another device imports", async () => {
  const server = new KeyServer();
  const alice = await open(ALICE, "ALICE6", new MemoryStringStore());
  const other = await open(ALICE, "ALICE7", new MemoryStringStore());
  await server.flush(alice);
  const event = await send(server, alice, { body: "x" }, "$6", [ALICE]);
  const { identity } = alice;
  assertEquals(await identity.storedBackup(), undefined);
  assertEquals(await identity.backUp(), undefined);
  const key = identity.backupKey();
  assertEquals(key.toBytes().length, 32);
  assertEquals(identity.backupKey(key.toBytes()).publicKey, key.publicKey);
  const signatures = await identity.sign(JSON.stringify({ public_key: key.publicKey }));
  assertEquals(Object.keys(signatures[ALICE] ?? {}), ["ed25519:ALICE6"]);
  await identity.storeBackup(key, "1");
  await identity.enableBackup(key, "1");
  const stored = await identity.storedBackup();
  assertEquals([stored?.version, stored?.key.publicKey], ["1", key.publicKey]);
  const request = await identity.backUp();
  assertEquals([request?.kind, request?.version], ["backup", "1"]);
  await alice.sent(request!, { count: 1, etag: "1" });
  assertEquals(await identity.backUp(), undefined);

  const { rooms } = JSON.parse(request!.body);
  const [[session, { session_data }]] = Object.entries<Any>(rooms[ROOM].sessions) as [[string, Any]];
  const restored = other.identity.backupKey(key.toBytes());
  assertThrows(() => other.identity.backupKey().decrypt(session_data));
  const sessions = () => new Map([[ROOM, new Map([[session, restored.decrypt(session_data)]])]]);
  assertEquals(await other.identity.importBackup(sessions(), "1"), 1);
  assertEquals(await other.identity.importBackup(sessions(), "1"), 0);
  const decrypted = await other.decrypt(ROOM, event, "any");
  assertEquals([decrypted.event.content, decrypted.verified], [{ body: "x" }, false]);
  await assertRejects(() => other.decrypt(ROOM, event, "crossSigned"), Undecryptable);

  // A new version gets all keys again.
  await identity.disableBackup();
  await identity.enableBackup(key, "2");
  assertEquals((await identity.backUp())?.version, "2");
  for (const secret of [key, stored]) {
    const inspected = Deno.inspect(secret, { depth: 10, showHidden: true }) + JSON.stringify(secret);
    assert(!inspected.includes(encodeBase64(key.toBytes()).replace("=", "")));
  }
  await Promise.all([alice.close(), other.close()]);
});

/** A store that can be copied as it was after each write. */
class RecordingStore extends MemoryStringStore {
  readonly #entries = new Map<string, string>();
  /** Whether writes fail. */
  isFull = false;
  /** The entries after each write. */
  readonly copies: Map<string, string>[] = [];

  override async write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    if (this.isFull) throw new Error("The disk is full");
    await super.write(changes, expect);
    for (const [key, value] of changes) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
    this.copies.push(new Map(this.#entries));
  }
}

Deno.test("CryptoEngine.receive() loses no key, whichever write the process ends after", async () => {
  const server = new KeyServer();
  const [alice, store] = [await open(ALICE, "ALICE7", new MemoryStringStore()), new RecordingStore()];
  const bob = await open(BOB, "BOB5", store);
  await server.flush(alice);
  await server.flush(bob);
  const event = await send(server, alice, { body: "tea" }, "$1");
  const changes = {
    toDevice: server.inbox(bob.deviceId),
    changed: [ALICE],
    left: [],
    counts: { signed_curve25519: 49 },
    fallback: ["signed_curve25519"],
  };
  const before = store.copies.length;
  await bob.receive(changes);
  await bob.close();
  const copies = store.copies.slice(before - 1);
  assertEquals(copies.length, 2, "receive() is one write");
  for (const copy of copies) {
    const restored = new MemoryStringStore();
    await restored.write(copy);
    const again = await open(BOB, "BOB5", restored);
    await again.receive(changes);
    assertEquals((await again.decrypt(ROOM, event, "any")).event.content, { body: "tea" });
    await again.close();
  }
  await alice.close();
});

Deno.test("CryptoEngine fails with the error of a full store, and stores what it has received later", async () => {
  const server = new KeyServer();
  const [alice, store] = [await open(ALICE, "ALICE8", new MemoryStringStore()), new RecordingStore()];
  let bob = await open(BOB, "BOB6", store);
  await server.flush(alice);
  await server.flush(bob);
  const event = await send(server, alice, { body: "tea" }, "$1");
  store.isFull = true;
  const error = await assertRejects(() => server.deliver(bob, [ALICE]), CryptoError, "receive");
  assertEquals((error.cause as Error).message, "The disk is full");
  await assertRejects(() => bob.setRoom(ROOM, MEGOLM), CryptoError);
  store.isFull = false;
  await bob.setRoom(ROOM, MEGOLM);
  await bob.close();
  bob = await open(BOB, "BOB6", store);
  assertEquals((await bob.decrypt(ROOM, event, "any")).event.content, { body: "tea" });
  assertEquals(await bob.room(ROOM), { ...MEGOLM, rotationMessages: undefined, rotationPeriod: undefined });
  await alice.close();
  await bob.close();
});

Deno.test("CryptoEngine.decrypt() returns the code with which the sender has withheld the key", async () => {
  const server = new KeyServer();
  const alice = await open(ALICE, "ALICE9", new MemoryStringStore());
  const bob = await open(BOB, "BOB9", new MemoryStringStore());
  await server.flush(alice);
  await server.flush(bob);
  const event = await send(server, alice, { body: "x" }, "$1");
  const { session_id, sender_key } = event.content as { session_id: string; sender_key: string };
  const content = {
    algorithm: MEGOLM.algorithm,
    code: "m.unverified",
    reason: "Not verified",
    room_id: ROOM,
    sender_key,
    session_id,
  };
  await bob.receive({
    toDevice: [{ type: "m.room_key.withheld", sender: ALICE, content }],
    changed: [],
    left: [],
    counts: {},
    fallback: undefined,
  });
  const error = await assertRejects(() => bob.decrypt(ROOM, event, "any"), Undecryptable);
  assertEquals([error.reason, error.withheld], ["missingKey", "m.unverified"]);
  await alice.close();
  await bob.close();
});

Deno.test("CryptoEngine.encrypt() rejects before share(), where the package would panic", async () => {
  const server = new KeyServer();
  const store = new MemoryStringStore();
  let alice = await open(ALICE, "ALICE9", store);
  await server.flush(alice);
  await assertRejects(() => alice.encrypt(ROOM, "m.room.message", {}), CryptoError, "has not been shared");
  await send(server, alice, { body: "tea" }, "$1", [ALICE]);
  await alice.close();
  alice = await open(ALICE, "ALICE9", store);
  await assertRejects(() => alice.encrypt(ROOM, "m.room.message", {}), CryptoError, "has not been shared");
  await send(server, alice, { body: "milk" }, "$2", [ALICE]);
  await alice.close();
});
