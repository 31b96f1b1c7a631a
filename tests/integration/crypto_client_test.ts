/** Clients with the real crypto engine, in encrypted rooms of a real homeserver. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type CryptoDriver,
  CryptoStoreOutdated,
  MemoryStringStore,
  openOlm,
  StoreTakenOver,
  type StringStore,
} from "../../client/crypto/mod.ts";
import {
  Client,
  type CryptoOptions,
  MemorySyncStore,
  type RunOptions,
  type UndecryptableDetails,
} from "../../client/mod.ts";
import { silentLog } from "../../http/mod.ts";
import type { DeviceID, EventID, RoomID } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, plain, type TestUser } from "./support.ts";

/** A device of a user: its client, and what it has received. */
interface Device {
  readonly client: Client;
  readonly crypto: CryptoDriver;
  readonly deviceId: DeviceID;
  readonly token: string;
  readonly keys: StringStore;
  /** The texts of messages, in the order of their delivery. */
  readonly texts: string[];
  readonly undecryptable: [eventId: EventID | undefined, details: UndecryptableDetails][];
}

// deno-lint-ignore no-explicit-any
type Json = any;

const KEY = new Uint8Array(32).fill(7);

type DeviceOptions = Partial<RunOptions & CryptoOptions> & {
  readonly fetch?: typeof fetch;
  readonly token: string;
  readonly deviceId: DeviceID;
  readonly keys?: StringStore;
};

/** Opens a device of a user that is signed in. */
async function openDevice(user: TestUser, options: DeviceOptions): Promise<Device> {
  const { token, deviceId, keys = new MemoryStringStore(), ...more } = options;
  const crypto = await openOlm(sdk, {
    userId: user.userId,
    deviceId,
    key: KEY,
    store: keys,
  });
  const texts: string[] = [];
  const undecryptable: Device["undecryptable"] = [];
  const client = new Client({
    baseUrl: user.baseUrl,
    token,
    store: new MemorySyncStore(),
    log: silentLog,
    crypto,
    trust: "any",
    onUndecryptable: (event, details) => undecryptable.push([event.event_id, details]),
    ...more,
  });
  client.on("m.room.message", ({ content }, { encryption }) => {
    texts.push(`${content.body}${encryption === undefined ? " (plain)" : ""}`);
  });
  return { client, crypto, deviceId, token, keys, texts, undecryptable };
}

/** Signs a user in on a new device. */
async function newDevice(user: TestUser, options: Partial<DeviceOptions> = {}): Promise<Device> {
  const { access_token: token, device_id: deviceId } = await plain<
    { access_token: string; device_id: string }
  >(user.baseUrl, undefined, "POST", "/_matrix/client/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: user.localpart },
    password: user.password,
  });
  return await openDevice(user, { token, deviceId, ...options });
}

/** Opens a device again, where its last sync has ended. */
function reopen(user: TestUser, device: Device, options: Partial<DeviceOptions> = {}): Promise<Device> {
  const { token, deviceId, keys, client: { syncState: { since } } } = device;
  return openDevice(user, { token, deviceId, keys, since, ...options });
}

/** Creates an encrypted room, which all users have joined. */
async function newEncryptedRoom(creator: TestUser, ...others: TestUser[]): Promise<RoomID> {
  const roomId = await newRoom(creator, ...others);
  await ask(
    creator,
    "PUT",
    `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.encryption/`,
    { algorithm: "m.megolm.v1.aes-sha2" },
  );
  return roomId;
}

/** Returns the events of a room as the homeserver has them, newest first. */
async function onServer(user: TestUser, roomId: RoomID): Promise<Record<string, unknown>[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
  return (await ask<{ chunk: Record<string, unknown>[] }>(user, "GET", path)).chunk;
}

async function close(...devices: Device[]): Promise<void> {
  for (const { crypto } of devices) await crypto.close();
}

online("Client exchanges messages in an encrypted room, of which the homeserver sees none", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const [one, two] = [await newDevice(alice), await newDevice(bob)];
  await two.client.runOnce();
  // Before the initial sync of the sender.
  const first = await one.client.sendText(roomId, "secret tea");
  await one.client.sendMessageEvent(roomId, "com.example.secret", { leaves: "green" });
  await one.client.react(roomId, first, "🫖");
  await two.client.runOnce();
  assertEquals([two.texts, two.undecryptable], [["secret tea"], []]);

  await one.client.runOnce();
  await two.client.sendText(roomId, "secret milk", { relatesTo: { rel_type: "m.thread", event_id: first } });
  await one.client.runOnce();
  assertEquals(one.texts, ["secret milk"]);

  const events = await onServer(alice, roomId);
  assert(!/tea|milk|green/.test(JSON.stringify(events)));
  assertEquals(events.filter(({ type }) => type === "m.room.encrypted").length, 3);
  assert(events.some(({ type }) => type === "m.reaction"));
  const { chunk } = await two.client.getMessages(roomId, "b", { limit: 4 });
  assertEquals(chunk.map(({ type }) => type), [
    "m.room.message",
    "m.reaction",
    "com.example.secret",
    "m.room.message",
  ]);
  assertEquals((chunk[0]!.content as { body: string }).body, "secret milk");
  assertEquals(two.crypto.encryptionOf(chunk[3]!)?.device, one.deviceId);
  const { content } = await two.client.getEvent(roomId, first);
  assertEquals(content, { msgtype: "m.text", body: "secret tea" });
  const { chunk: replies } = await two.client.getRelations(roomId, first, { relType: "m.thread" });
  assertEquals(replies.map(({ content }) => (content as { body: string }).body), ["secret milk"]);
  await close(one, two);
});

online("Client encrypts for a new device of a user, which cannot read older messages", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const [one, two] = [await newDevice(alice), await newDevice(bob)];
  await two.client.runOnce();
  await one.client.runOnce();
  await one.client.sendText(roomId, "old");
  const three = await newDevice(bob, { catchUp: "all" });
  await three.client.runOnce();
  await one.client.runOnce();
  await one.client.sendText(roomId, "new");
  await three.client.runOnce();
  assertEquals(three.texts, ["new"]);
  assertEquals(three.undecryptable.map(([, { reason }]) => reason), ["missingKey"]);
  await two.client.runOnce();
  assertEquals(two.texts, ["old", "new"]);
  await close(one, two, three);
});

online("Client does not encrypt for a user who has left the room", async () => {
  const [alice, bob, carol] = [await newTestUser(), await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob, carol);
  const devices = [await newDevice(alice), await newDevice(bob), await newDevice(carol)] as const;
  const [one, two, three] = devices;
  for (const { client } of [two, three, one]) await client.runOnce();
  await one.client.sendText(roomId, "before");
  for (const { client } of [two, three]) await client.runOnce();
  await three.client.leaveRoom(roomId);
  await one.client.runOnce();
  const after = await one.client.sendText(roomId, "after");
  await one.client.inviteUser(roomId, carol.userId);
  await three.client.joinRoom(roomId);
  for (const { client } of [two, three]) await client.runOnce();
  assertEquals([two.texts, three.texts], [["before", "after"], ["before"]]);
  const event = await three.client.getEvent(roomId, after);
  assertEquals(event.type, "m.room.encrypted");
  await one.client.runOnce();
  await one.client.sendText(roomId, "again");
  for (const { client } of [two, three]) await client.runOnce();
  assertEquals(three.texts, ["before", "again"]);
  assertEquals(two.texts.length, 3);
  await close(...devices);
});

/** Returns a `fetch` that changes the responses to polls. */
function changing(change: (response: Json) => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!String(input).includes("/v3/sync") || !response.ok) return response;
    const body = await response.json();
    change(body);
    return Response.json(body);
  };
}

online("Client delivers messages late whose keys arrive late, also after a restart", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const held: Json[] = [];
  let holds = true;
  const fetch = changing((response) => {
    const events = response.to_device?.events ?? [];
    if (holds) held.push(...events.splice(0));
    else response.to_device = { events: [...held.splice(0), ...events] };
  });
  const [one, two] = [await newDevice(alice), await newDevice(bob, { fetch })];
  await two.client.runOnce();
  await one.client.sendText(roomId, "1");
  await one.client.sendText(roomId, "2");
  await two.client.runOnce();
  const ids = two.undecryptable.map(([, { reason }]) => reason);
  assertEquals([two.texts, ids], [[], ["missingKey", "missingKey"]]);
  await two.crypto.close();

  const again = await reopen(bob, two, { fetch });
  await again.client.runOnce();
  assertEquals(again.texts, []);
  holds = false;
  await one.client.sendText(roomId, "3");
  await again.client.runOnce();
  assertEquals([again.texts, again.undecryptable], [["1", "2", "3"], []]);
  await close(one, again);
});

online(
  "Client refuses messages that the homeserver replays or attributes to another user, with any trust",
  async () => {
    const [alice, bob, carol] = [await newTestUser(), await newTestUser(), await newTestUser()];
    const roomId = await newEncryptedRoom(alice, bob);
    let forge: (event: Json) => Json[] = () => [];
    const fetch = changing((response) => {
      const { timeline } = response.rooms?.join?.[roomId] ?? {};
      if (timeline) timeline.events = timeline.events.flatMap((event: Json) => [...forge(event), event]);
    });
    const [one, two] = [await newDevice(alice), await newDevice(bob, { fetch })];
    await two.client.runOnce();
    let first: Json;
    forge = (event) => {
      first = event;
      return [{ ...event, event_id: "$forged", sender: carol.userId }];
    };
    await one.client.sendText(roomId, "1");
    await two.client.runOnce();
    forge = () => [{ ...first, event_id: "$replayed" }, { ...first, event_id: "$state", state_key: "" }];
    await one.client.sendText(roomId, "2");
    await two.client.runOnce();
    assertEquals(two.texts, ["1", "2"]);
    assertEquals(two.undecryptable.map(([id, { reason }]) => [id, reason]), [
      ["$forged", "forgedSender"],
      ["$replayed", "replayed"],
      ["$state", "malformed"],
    ]);
    await close(one, two);
  },
);

online(
  "Client with trust crossSigned refuses messages of a device that its owner has not signed",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const roomId = await newEncryptedRoom(alice, bob);
    const [one, two] = [await newDevice(alice), await newDevice(bob, { trust: "crossSigned" })];
    await two.client.runOnce();
    await one.client.sendText(roomId, "1");
    await two.client.runOnce();
    assertEquals([two.texts, two.undecryptable.map(([, { reason }]) => reason)], [[], ["untrusted"]]);
    await one.crypto.bootstrapCrossSigning();
    await two.client.runOnce();
    assertEquals(two.texts, ["1"]);
    await one.client.sendText(roomId, "2");
    await two.client.runOnce();
    assertEquals(two.texts, ["1", "2"]);
    await close(one, two);
  },
);

online("Client keeps its device key over a restart, and reads and sends on", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const [one, two] = [await newDevice(alice), await newDevice(bob)];
  await two.client.runOnce();
  await one.client.sendText(roomId, "1");
  await two.client.runOnce();
  const key = await deviceKey(alice, bob, two.deviceId);
  await two.crypto.close();

  const again = await reopen(bob, two);
  await one.client.sendText(roomId, "2");
  await again.client.runOnce();
  await again.client.sendText(roomId, "3");
  await one.client.runOnce({ catchUp: "all" });
  assertEquals([two.texts, again.texts, again.undecryptable], [["1"], ["2"], []]);
  assertEquals(one.texts, ["3"]);
  assert(key !== undefined);
  assertEquals(await deviceKey(alice, bob, two.deviceId), key);
  await close(one, again);
});

online("Client of the older of two processes on one store ends, and sends nothing", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const [one, older] = [await newDevice(alice), await newDevice(bob)];
  await older.client.runOnce();
  await older.client.sendText(roomId, "1");
  const newer = await reopen(bob, older);
  await one.client.sendText(roomId, "2");
  await assertRejects(() => older.client.sendText(roomId, "3"), StoreTakenOver);
  await assertRejects(() => older.client.run(), StoreTakenOver);
  await newer.client.runOnce();
  await newer.client.sendText(roomId, "4");
  assertEquals([older.texts, newer.texts], [[], ["2"]]);
  const sent = await onServer(alice, roomId);
  assertEquals(sent.filter(({ sender }) => sender === bob.userId).length, 3); // the join, 1 and 4
  await close(one, newer);
});

online("Client ends with CryptoStoreOutdated if its store was restored from an older copy", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const device = await newDevice(bob);
  await device.client.runOnce();
  const copy = new MemoryStringStore();
  await copy.write(new Map(await Array.fromAsync(device.keys.load())));
  const claim = async () => {
    for (let i = 0; i < 5; i++) {
      await alice.client.claimKeys({ [bob.userId]: { [device.deviceId]: "signed_curve25519" } });
    }
  };
  await claim();
  await device.client.runOnce();
  await device.crypto.close();
  await claim();
  const restored = await reopen(bob, device, { keys: copy, timeout: 1_000 });
  await assertRejects(() => restored.client.run(), CryptoStoreOutdated);
  await assertRejects(() => restored.client.runOnce(), CryptoStoreOutdated);
  await close(restored);
});

/** Returns the public key of a device that a user sees. */
async function deviceKey(by: TestUser, owner: TestUser, deviceId: DeviceID): Promise<string | undefined> {
  const { device_keys } = await by.client.queryKeys([owner.userId]);
  return device_keys?.[owner.userId]?.[deviceId]?.keys?.[`ed25519:${deviceId}`];
}
