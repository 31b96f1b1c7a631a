/** Clients with the real crypto engine, in encrypted rooms of a real homeserver. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals } from "@std/assert";
import { type CryptoDriver, MemoryStringStore, openOlm, type StringStore } from "../../client/crypto/mod.ts";
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
  readonly store: StringStore;
  /** The texts of messages, in the order of their delivery. */
  readonly texts: string[];
  readonly undecryptable: [eventId: EventID | undefined, details: UndecryptableDetails][];
}

const KEY = new Uint8Array(32).fill(7);

type DeviceOptions = Partial<RunOptions & CryptoOptions> & {
  readonly token: string;
  readonly deviceId: DeviceID;
  readonly keys?: StringStore;
};

/** Opens a device of a user that is signed in. */
async function openDevice(user: TestUser, options: DeviceOptions): Promise<Device> {
  const { token, deviceId, keys: store = new MemoryStringStore(), ...more } = options;
  const crypto = await openOlm(sdk, {
    userId: user.userId,
    deviceId,
    key: KEY,
    store,
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
  return { client, crypto, deviceId, token, store, texts, undecryptable };
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
  // Before the first sync of the sender.
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
