/** The adapter of the crypto engine with the real engine, and with a homeserver that only passes requests on. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type CryptoEngine,
  MemoryStringStore,
  openOlmEngine,
  StoreTakenOver,
  type StringStore,
  Undecryptable,
} from "../../client/crypto/mod.ts";
import { CryptoError } from "../../http/mod.ts";
import type { RoomID, UserID } from "../../types/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const ROOM: RoomID = "!room:example.org";
const KEY = new Uint8Array(32).fill(7);
const MEGOLM = { algorithm: "m.megolm.v1.aes-sha2" };

/** The key store of a homeserver, and the messages to devices that wait there. */
class KeyServer {
  readonly #devices = new Map<string, Any>();
  readonly #oneTimeKeys = new Map<string, Any>();
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

  /** Gives an engine its messages. */
  async deliver(engine: CryptoEngine, changed: UserID[] = []): Promise<unknown[]> {
    const inbox = this.#inbox.get(engine.deviceId) ?? [];
    this.#inbox.delete(engine.deviceId);
    return await engine.receive({
      toDevice: inbox,
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
        return { device_keys, failures: {} };
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
async function send(server: KeyServer, alice: CryptoEngine, content: object, eventId: string) {
  await alice.track([ALICE, BOB]);
  await server.flush(alice);
  const claim = await alice.claim([ALICE, BOB]);
  if (claim !== undefined) await server.flush(alice, [claim]);
  await server.flush(alice, await alice.share(ROOM, [ALICE, BOB], MEGOLM));
  return {
    type: "m.room.encrypted",
    event_id: eventId,
    room_id: ROOM,
    sender: ALICE,
    origin_server_ts: 1,
    content: await alice.encrypt(ROOM, "m.room.message", content),
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
  const error = await assertRejects(() => older.setRoom(ROOM, MEGOLM), CryptoError);
  assert(error.cause instanceof StoreTakenOver);
  await newer.setRoom(ROOM, MEGOLM);
  assertEquals((await newer.room(ROOM))?.algorithm, MEGOLM.algorithm);
});
