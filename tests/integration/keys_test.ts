import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MatrixRequestError, MatrixUIARequired, MNotFound } from "../../http/mod.ts";
import type { CrossSigningKeys, DeviceKeys, SignedKey } from "../../types/mod.ts";
import { ask, newTestUser, online, syncUntil, type TestUser } from "./support.ts";

const V3 = "/_matrix/client/v3";

/** Returns a signing key as unpadded base64, and a function that signs with it. */
async function signingKey(): Promise<{ id: string; sign: (value: object) => Promise<string> }> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const id = base64(await crypto.subtle.exportKey("raw", publicKey));
  return {
    id,
    sign: async (value) =>
      base64(await crypto.subtle.sign("Ed25519", privateKey, new TextEncoder().encode(canonical(value)))),
  };
}

const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/=+$/, "");

/** Returns canonical JSON without signatures. */
function canonical(value: object): string {
  const sort = (part: unknown): unknown =>
    typeof part !== "object" || part === null || Array.isArray(part) ? part : Object.fromEntries(
      Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1).map(([key, inner]) => [key, sort(inner)]),
    );
  const { signatures: _signatures, unsigned: _unsigned, ...rest } = value as Record<string, unknown>;
  return JSON.stringify(sort(rest));
}

/** Returns the keys of a user's device, signed by the device. */
async function deviceKeys({ userId, client }: TestUser): Promise<DeviceKeys> {
  const { id, sign } = await signingKey();
  const keys: DeviceKeys = {
    user_id: userId,
    device_id: client.deviceId,
    algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
    keys: { [`ed25519:${client.deviceId}`]: id, [`curve25519:${client.deviceId}`]: id },
    signatures: {},
  };
  return { ...keys, signatures: { [userId]: { [`ed25519:${client.deviceId}`]: await sign(keys) } } };
}

const oneTimeKey = ({ userId, client }: TestUser, key: string): SignedKey => ({
  key,
  signatures: { [userId]: { [`ed25519:${client.deviceId}`]: "signature" } },
});

/** Requests the keys of a user as another user, with a plain request. */
const plainQuery = (asking: TestUser, { userId }: TestUser) =>
  ask<Record<string, Record<string, unknown>>>(asking, "POST", `${V3}/keys/query`, {
    device_keys: { [userId]: [] },
  });

online("ClientAPI.uploadKeys() uploads keys that another user's queryKeys() returns", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const keys = await deviceKeys(alice);
  await alice.client.uploadKeys({ deviceKeys: keys });
  const plain = await plainQuery(bob, alice);
  const { deviceId } = alice.client;
  assertEquals((plain.device_keys?.[alice.userId] as Record<string, DeviceKeys>)[deviceId]?.keys, keys.keys);
  for (const asked of [[alice.userId], new Set([alice.userId]), { [alice.userId]: [deviceId] }]) {
    const { device_keys } = await bob.client.queryKeys(asked);
    const { unsigned: _unsigned, ...read } = device_keys![alice.userId]![deviceId]!;
    assertEquals(read as DeviceKeys, keys);
  }
});

online(
  "ClientAPI.uploadKeys() counts one-time keys that claimKeys() claims before the fallback key",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const oneTimeKeys = { "signed_curve25519:AAAA": oneTimeKey(alice, "one") };
    const fallbackKeys = { "signed_curve25519:BBBB": { ...oneTimeKey(alice, "spare"), fallback: true } };
    const counts = await alice.client.uploadKeys({
      deviceKeys: await deviceKeys(alice),
      oneTimeKeys,
      fallbackKeys,
    });
    assertEquals(counts.signed_curve25519, 1);
    const wanted = { [alice.userId]: { [alice.client.deviceId]: "signed_curve25519" } };
    const first = await bob.client.claimKeys(wanted);
    assertEquals(first.one_time_keys[alice.userId]?.[alice.client.deviceId], oneTimeKeys);
    assertEquals((await alice.client.uploadKeys()).signed_curve25519 ?? 0, 0);
    for (let i = 0; i < 2; i++) {
      const again = await bob.client.claimKeys(wanted, { timeout: 1_000 });
      assertEquals(again.one_time_keys[alice.userId]?.[alice.client.deviceId], fallbackKeys);
    }
  },
);

online(
  "ClientAPI.uploadKeys() rejects if the homeserver has other keys with the same ID",
  async () => {
    const alice = await newTestUser();
    const upload = (key: string) =>
      alice.client.uploadKeys({ oneTimeKeys: { "signed_curve25519:AAAA": oneTimeKey(alice, key) } });
    await upload("one");
    assertEquals((await assertRejects(() => upload("two"), MatrixRequestError)).status, 400);
  },
);

online("ClientAPI.uploadCrossSigningKeys() and signature methods publish keys and signatures", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const device = await deviceKeys(alice);
  await alice.client.uploadKeys({ deviceKeys: device });
  const [one, two] = [await signingKey(), await signingKey()];
  const crossSigningKey = (usage: string, id: string): CrossSigningKeys => ({
    user_id: alice.userId,
    usage: [usage],
    keys: { [`ed25519:${id}`]: id },
  });
  const master = crossSigningKey("master", one.id);
  const selfSigning = crossSigningKey("self_signing", two.id);
  selfSigning.signatures = { [alice.userId]: { [`ed25519:${one.id}`]: await one.sign(selfSigning) } };
  const keys = { master, self_signing: selfSigning };
  const auth = async () => {
    const error = await assertRejects(() => alice.client.uploadCrossSigningKeys(keys), MatrixUIARequired);
    return {
      type: "m.login.password",
      session: error.session,
      identifier: { type: "m.id.user", user: alice.userId },
      password: alice.password,
    };
  };
  // Some homeservers require authentication for the first keys, others only to replace keys.
  await alice.client.uploadCrossSigningKeys(keys).catch(async (error) => {
    if (!(error instanceof MatrixUIARequired)) throw error;
    await alice.client.uploadCrossSigningKeys(keys, { auth: await auth() });
  });
  const plain = await plainQuery(bob, alice);
  assertEquals((plain.master_keys?.[alice.userId] as CrossSigningKeys).keys, master.keys);
  const { self_signing_keys } = await bob.client.queryKeys([alice.userId]);
  assertEquals(self_signing_keys?.[alice.userId], selfSigning);

  const signature = await two.sign(device);
  const signed = { ...device, signatures: { [alice.userId]: { [`ed25519:${two.id}`]: signature } } };
  await alice.client.uploadOneSignature(alice.userId, alice.client.deviceId, signed);
  const { device_keys } = await bob.client.queryKeys([alice.userId]);
  const { signatures } = device_keys![alice.userId]![alice.client.deviceId]!;
  assertEquals(signatures[alice.userId]?.[`ed25519:${two.id}`], signature);

  const phone = { ...alice, client: new ClientAPI({ baseUrl: alice.baseUrl }) };
  await phone.client.login({ identifier: alice.userId, password: alice.password });
  const other = await deviceKeys(phone);
  await phone.client.uploadKeys({ deviceKeys: other });
  const signedByTwo = async (keys: DeviceKeys) => ({
    ...keys,
    signatures: { [alice.userId]: { [`ed25519:${two.id}`]: await two.sign(keys) } },
  });
  await alice.client.uploadManySignatures({
    [alice.userId]: {
      [device.device_id]: await signedByTwo(device),
      [other.device_id]: await signedByTwo(other),
    },
  });
  const after = (await plainQuery(bob, alice)).device_keys?.[alice.userId] as Record<string, DeviceKeys>;
  for (const keys of [device, other]) {
    const found = after[keys.device_id]?.signatures[alice.userId];
    assertEquals(found?.[`ed25519:${two.id}`], await two.sign(keys));
  }
});

online(
  "ClientAPI.uploadManySignatures() returns rejected signatures, uploadOneSignature() throws",
  async () => {
    const alice = await newTestUser();
    const keys = { ...await deviceKeys(alice), device_id: "NOWHERE" };
    const failures = await alice.client.uploadManySignatures({ [alice.userId]: { NOWHERE: keys } });
    assertEquals(failures[alice.userId]?.NOWHERE?.errcode, "M_NOT_FOUND");
    const error = await assertRejects(
      () => alice.client.uploadOneSignature(alice.userId, "NOWHERE", keys),
      MNotFound,
    );
    assert(error.serverMessage?.includes("self_signing key"), error.message);
  },
);

online("ClientAPI.sendToDevice() sends to one device or all devices of a user", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const type = "org.example/odd é";
  await alice.client.sendToDevice(type, { [bob.userId]: { "*": { n: 1 } } });
  await alice.client.sendToOneDevice(type, bob.userId, bob.client.deviceId, { n: 2 });
  const contents: unknown[] = [];
  let since: string | undefined;
  for (let i = 0; i < 10 && contents.length < 2; i++) {
    const sync = await bob.client.sync({ since, timeout: 1_000 });
    since = sync.next_batch;
    for (const event of sync.to_device?.events ?? []) {
      assertEquals([event.type, event.sender], [type, alice.userId]);
      contents.push(event.content);
    }
  }
  assertEquals(contents, [{ n: 1 }, { n: 2 }]);
});

online("ClientAPI.sendToDevice() delivers one event for calls with the same transaction ID", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  for (let i = 0; i < 2; i++) {
    await alice.client.sendToOneDevice("org.example.a", bob.userId, "*", { n: i }, { txnId: "same" });
  }
  await alice.client.sendToOneDevice("org.example.last", bob.userId, "*", {});
  const events = await syncUntil(bob, ({ to_device }) => {
    const list = to_device?.events ?? [];
    return list.some(({ type }) => type === "org.example.last") && list;
  });
  assert(events);
  assertEquals(events.map(({ type }) => type), ["org.example.a", "org.example.last"]);
});
