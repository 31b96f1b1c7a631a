/** Cross-signing, key backup and verification with the real crypto engine and a real homeserver. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import {
  type CompareEmoji,
  type CryptoDriver,
  MemoryStringStore,
  openOlm,
  parseRecoveryKey,
  type StringStore,
  VerificationCancelled,
  type VerificationEmoji,
} from "../../client/crypto/mod.ts";
import {
  answerStages,
  Client,
  type ClientOptions,
  type CryptoOptions,
  MemorySyncStore,
  type RunOptions,
} from "../../client/mod.ts";
import { CryptoError, MatrixUIARequired, silentLog } from "../../http/mod.ts";
import type { DeviceID, RoomID, UserID } from "../../types/mod.ts";
import { ask, newRoom, newTestUser, online, plain, type TestUser } from "./support.ts";

const STORE_KEY = Uint8Array.from({ length: 32 }, (_, index) => index + 7);

/** A device of a user. */
interface Device {
  readonly client: Client;
  readonly crypto: CryptoDriver;
  readonly deviceId: DeviceID;
  readonly token: string;
  readonly keys: StringStore;
  /** The texts of messages, and whether their senders' devices are verified. */
  readonly texts: [text: string, isVerified: boolean | undefined][];
}

type DeviceOptions = Partial<RunOptions & CryptoOptions & Pick<ClientOptions, "log">> & {
  readonly token?: string;
  readonly deviceId?: DeviceID;
  readonly keys?: StringStore;
  readonly fetch?: typeof fetch;
};

async function newDevice(user: TestUser, options: DeviceOptions = {}): Promise<Device> {
  let { token, deviceId, keys = new MemoryStringStore(), ...more } = options;
  if (token === undefined || deviceId === undefined) {
    const session = await plain<{ access_token: string; device_id: string }>(
      user.baseUrl,
      undefined,
      "POST",
      "/_matrix/client/v3/login",
      {
        type: "m.login.password",
        identifier: { type: "m.id.user", user: user.localpart },
        password: user.password,
      },
    );
    [token, deviceId] = [session.access_token, session.device_id];
  }
  const crypto = await openOlm(sdk, {
    userId: user.userId,
    deviceId,
    key: STORE_KEY,
    store: keys,
  });
  const client = new Client({
    baseUrl: user.baseUrl,
    token,
    store: new MemorySyncStore(),
    log: silentLog,
    timeout: 1_000,
    crypto,
    ...more,
  });
  const texts: Device["texts"] = [];
  client.on("m.room.message", ({ content }, { encryption }) => {
    texts.push([`${content.body}`, encryption?.verified]);
  });
  return { client, crypto, deviceId, token, keys, texts };
}

/** Opens a device again, as after a restart. */
async function reopened(
  user: TestUser,
  { crypto, ...device }: Device,
  options?: DeviceOptions,
): Promise<Device> {
  await crypto.close();
  return await newDevice(user, {
    token: device.token,
    deviceId: device.deviceId,
    keys: device.keys,
    ...options,
  });
}

async function newEncryptedRoom(creator: TestUser, ...others: TestUser[]): Promise<RoomID> {
  const roomId = await newRoom(creator, ...others);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.encryption/`;
  await ask(creator, "PUT", path, { algorithm: "m.megolm.v1.aes-sha2" });
  return roomId;
}

function password({ localpart, password }: TestUser) {
  return answerStages({
    "m.login.password": { identifier: { type: "m.id.user", user: localpart }, password },
  });
}

/** Returns the public cross-signing keys of a user, and who has signed what. */
async function published({ client, userId }: TestUser) {
  const { master_keys, self_signing_keys, user_signing_keys, device_keys } = await client.queryKeys([userId]);
  const signers = (value: unknown, of: UserID = userId) =>
    Object.keys((value as { signatures?: Record<UserID, object> })?.signatures?.[of] ?? {});
  return {
    master: Object.values(master_keys?.[userId]?.keys ?? {})[0],
    selfSigning: Object.values(self_signing_keys?.[userId]?.keys ?? {})[0],
    userSigning: Object.values(user_signing_keys?.[userId]?.keys ?? {})[0],
    masterSigners: signers(master_keys?.[userId]),
    signersOf: (device: DeviceID) => signers(device_keys?.[userId]?.[device]),
  };
}

/** Runs devices while something is done, then closes them. */
async function running(devices: readonly Device[], action: () => Promise<void>): Promise<void> {
  for (const { client } of devices) client.start();
  try {
    await action();
  } finally {
    await Promise.all(devices.map(({ client }) => client.stop()));
    for (const { crypto } of devices) await crypto.close();
  }
}

/** Collects emoji, and accepts them. */
class Emoji {
  readonly seen: (readonly VerificationEmoji[])[] = [];
  readonly peers: string[] = [];
  readonly accept: CompareEmoji = (emoji, { userId, deviceId }) => {
    this.seen.push(emoji);
    this.peers.push(`${userId} ${deviceId}`);
    return true;
  };
}

online("bootstrapCrossSigning() creates keys once, and signs the device with them", async () => {
  const user = await newTestUser();
  const device = await newDevice(user);
  await device.client.crypto!.bootstrapCrossSigning({ auth: password(user) });
  const first = await published(user);
  assert(first.master && first.selfSigning && first.userSigning);
  assert(first.signersOf(device.deviceId).includes(`ed25519:${first.selfSigning}`));
  assert(first.masterSigners.includes(`ed25519:${device.deviceId}`));

  // Without auth, because there is nothing left to do.
  await Promise.all([
    device.crypto.bootstrapCrossSigning(),
    device.crypto.bootstrapCrossSigning({ replace: true }),
  ]);
  const again = await reopened(user, device);
  await again.crypto.bootstrapCrossSigning();
  assertEquals((await published(user)).master, first.master);
  await again.crypto.close();
});

online(
  "bootstrapCrossSigning() does not replace keys that the device does not hold, unless asked to",
  async () => {
    const user = await newTestUser();
    const [one, two] = [await newDevice(user), await newDevice(user)];
    await one.crypto.bootstrapCrossSigning({ auth: password(user) });
    const before = await published(user);
    const error = await assertRejects(
      () => two.crypto.bootstrapCrossSigning({ auth: password(user) }),
      CryptoError,
      "that this device does not hold",
    );
    assertStringIncludes(error.message, "Verify this device");
    assertStringIncludes(error.message, "replace: true");
    await assertRejects(() => two.crypto.bootstrapCrossSigning({ replace: true }), MatrixUIARequired);
    assertEquals(await published(user).then(({ master }) => master), before.master);

    await two.crypto.bootstrapCrossSigning({ replace: true, auth: password(user) });
    const after = await published(user);
    assert(after.master !== before.master);
    assert(after.signersOf(two.deviceId).includes(`ed25519:${after.selfSigning}`));
    // The device that held the keys before is now the other one.
    await assertRejects(() => one.crypto.bootstrapCrossSigning(), CryptoError, "does not hold");
    await Promise.all([one.crypto.close(), two.crypto.close()]);
  },
);

online("bootstrapCrossSigning() completes what a crash has interrupted", async () => {
  for (const path of ["/keys/device_signing/upload", "/keys/signatures/upload"]) {
    for (const when of ["before", "after"] as const) {
      const user = await newTestUser();
      const failing: typeof fetch = async (input, init) => {
        if (!String(input).includes(path)) return await fetch(input, init);
        if (when === "after") await (await fetch(input, init)).body?.cancel();
        throw new TypeError("The process ended");
      };
      const device = await newDevice(user, { fetch: failing });
      const retry = { limit: 0 };
      await assertRejects(() => device.crypto.bootstrapCrossSigning({ auth: password(user), retry }));
      const before = await published(user);
      const again = await reopened(user, device);
      await again.crypto.bootstrapCrossSigning({ auth: password(user) });
      const { master, selfSigning, signersOf } = await published(user);
      if (before.master !== undefined) assertEquals(master, before.master);
      assert(signersOf(device.deviceId).includes(`ed25519:${selfSigning}`));
      await again.crypto.close();
    }
  }
});

online("A message of a cross-signed device is verified for another user", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const [signed, unsigned, reader] = [await newDevice(alice), await newDevice(alice), await newDevice(bob)];
  await signed.crypto.bootstrapCrossSigning({ auth: password(alice) });
  await reader.client.runOnce();
  await unsigned.client.sendText(roomId, "unsigned");
  await signed.client.sendText(roomId, "signed");
  await reader.client.runOnce();
  assertEquals(reader.texts, [["signed", true]]);
  await Promise.all([signed, unsigned, reader].map(({ crypto }) => crypto.close()));
});

online("backup.enable() makes a signed backup, and backup.restore() imports it on a new device", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const [one, other] = [await newDevice(alice), await newDevice(bob)];
  await one.crypto.bootstrapCrossSigning({ auth: password(alice) });
  await other.crypto.bootstrapCrossSigning({ auth: password(bob) });
  await one.client.runOnce();
  await other.client.runOnce();
  await one.client.sendText(roomId, "old tea");
  await other.client.sendText(roomId, "old milk");

  const none = () => one.crypto.backup.restore("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d");
  await assertRejects(none, CryptoError, "the account has none");
  const { version, recoveryKey } = await one.crypto.backup.enable();
  assertEquals(await one.crypto.backup.enable(), { version, recoveryKey });
  const { master } = await published(alice);
  const info = await alice.client.getKeyBackup(version);
  const { [alice.userId]: signatures } = info.auth_data.signatures as Record<string, object>;
  assertEquals(Object.keys(signatures!).sort(), [`ed25519:${master}`, `ed25519:${one.deviceId}`].sort());
  await one.client.runOnce();
  await one.client.runOnce();
  assertEquals((await alice.client.getKeyBackup(version)).count, 2);
  // After a restart, keys are still backed up.
  const restarted = await reopened(alice, one);
  await restarted.client.runOnce();
  const secondRoom = await newEncryptedRoom(alice, bob);
  await restarted.client.sendText(secondRoom, "new tea");
  await restarted.client.runOnce();
  assertEquals((await alice.client.getKeyBackup(version)).count, 3);

  const two = await newDevice(alice, { trust: "any" });
  await assertRejects(
    () => two.crypto.backup.enable(),
    CryptoError,
    "recovery key this device does not hold",
  );
  assertEquals(await two.crypto.backup.restore(recoveryKey.replaceAll(" ", "")), {
    imported: 3,
    total: 3,
    failed: 0,
  });
  assertEquals((await two.crypto.backup.restore(recoveryKey)).imported, 0);
  const { chunk } = await two.client.getMessages(roomId, "b", { limit: 2 });
  assertEquals(chunk.map(({ content }) => (content as { body: string }).body), ["old milk", "old tea"]);
  assertEquals(chunk.map((event) => two.crypto.encryptionOf(event)?.verified), [false, false]);
  // Without trust: "any" the homeserver could have made them up.
  const strict = await reopened(alice, two, { trust: "crossSigned" });
  const { chunk: untrusted } = await strict.client.getMessages(roomId, "b", { limit: 2 });
  assertEquals(untrusted.map(({ type }) => type), ["m.room.encrypted", "m.room.encrypted"]);

  assertEquals(await strict.crypto.backup.enable({ recoveryKey }), { version, recoveryKey });
  const after = await alice.client.getKeyBackup(version);
  const { [alice.userId]: more } = after.auth_data.signatures as Record<string, object>;
  assertEquals(Object.keys(more!).length, 3);
  await Promise.all([restarted, strict, other].map(({ crypto }) => crypto.close()));
});

online("backup.enable() and restore() refuse recovery keys of other backups, and damaged keys", async () => {
  const user = await newTestUser();
  const roomId = await newEncryptedRoom(user);
  const [one, two] = [await newDevice(user), await newDevice(user)];
  const { version } = await one.crypto.backup.enable();
  const wrong = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d";
  for (
    const call of [
      () => two.crypto.backup.restore(wrong),
      () => two.crypto.backup.enable({ recoveryKey: wrong }),
    ]
  ) {
    const error = await assertRejects(call, CryptoError, `is not that of version ${version}`);
    assert(!error.message.includes("PGiF"));
  }
  const { version: second, recoveryKey } = await two.crypto.backup.enable({ replace: true });
  assert(second !== version);
  await two.client.runOnce();
  await two.client.sendText(roomId, "tea");
  await two.client.runOnce();
  const session_data = { ciphertext: "AAAA", ephemeral: "AAAA", mac: "AAAA" };
  const key = { first_message_index: 0, forwarded_count: 0, is_verified: false };
  await user.client.backUpKeys(second, {
    [roomId]: { sessions: { one: { ...key, session_data }, two: { ...key, session_data: {} } } },
  });
  const three = await newDevice(user);
  assertEquals(await three.crypto.backup.restore(recoveryKey), { imported: 1, total: 3, failed: 2 });
  await Promise.all([one, two, three].map(({ crypto }) => crypto.close()));
});

online("The backup stops and reports it once if it is deleted or replaced", async () => {
  const user = await newTestUser();
  const roomId = await newEncryptedRoom(user);
  const stopped: Error[] = [];
  let puts = 0;
  const counting: typeof fetch = async (input, init) => {
    if (init?.method === "PUT" && String(input).includes("/room_keys/keys")) puts++;
    return await fetch(input, init);
  };
  const one = await newDevice(user, { onBackupStopped: (error) => stopped.push(error), fetch: counting });
  const first = await one.crypto.backup.enable();
  await one.client.runOnce();
  await one.client.sendText(roomId, "tea");
  await user.client.deleteKeyBackup(first.version);
  for (let round = 0; round < 4; round++) await one.client.runOnce();
  assertEquals([stopped.length, puts], [1, 1]);
  assertStringIncludes(stopped[0]!.message, "it was deleted");

  // Also after a restart. Another backup gets all keys.
  const again = await reopened(user, one, {
    onBackupStopped: (error) => stopped.push(error),
    fetch: counting,
  });
  for (let round = 0; round < 2; round++) await again.client.runOnce();
  assertEquals([stopped.length, puts], [1, 1]);
  const second = await again.crypto.backup.enable();
  assert(second.version !== first.version && second.recoveryKey !== first.recoveryKey);
  await again.client.runOnce();
  assertEquals((await user.client.getKeyBackup(second.version)).count, 1);

  const third = await user.client.createKeyBackup("m.megolm_backup.v1.curve25519-aes-sha2", {
    public_key: "77",
  });
  await again.client.sendText(await newEncryptedRoom(user), "milk");
  for (let round = 0; round < 4; round++) await again.client.runOnce();
  assertEquals([stopped.length, puts], [2, 3]);
  assertStringIncludes(stopped[1]!.message, "there is a newer version");
  await assertRejects(() => again.crypto.backup.enable(), CryptoError, `version ${third}`);
  await again.crypto.close();
});

online("backup.enable() finds the backup that a crash has left without a version", async () => {
  const user = await newTestUser();
  const failing: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method !== "POST" || !String(input).includes("/room_keys/version")) return response;
    await response.body?.cancel();
    throw new TypeError("The process ended");
  };
  const device = await newDevice(user, { fetch: failing });
  await assertRejects(() => device.crypto.backup.enable());
  const current = await user.client.getCurrentKeyBackup();
  const again = await reopened(user, device);
  assertEquals((await again.crypto.backup.enable()).version, current?.version);
  await again.crypto.close();
});

online("verify() and acceptVerificationFrom let two users compare the same emoji", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const emoji = new Emoji();
  const one = await newDevice(alice);
  const two = await newDevice(bob, {
    acceptVerificationFrom: [alice.userId],
    onVerification: emoji.accept,
  });
  // The devices that registration has created have no keys.
  await one.crypto.bootstrapCrossSigning({ auth: password(alice) });
  await two.crypto.bootstrapCrossSigning({ auth: password(bob) });
  await running([one, two], async () => {
    const own = new Emoji();
    await one.client.crypto!.verify(bob.userId, { onEmoji: own.accept });
    assertEquals([own.seen.length, own.seen[0]?.length], [1, 7]);
    assertEquals(own.seen, emoji.seen);
    assert(own.seen[0]!.every(({ symbol, description }) => symbol && /^[A-Z]/.test(description)));
    assertEquals(own.peers, [`${bob.userId} ${two.deviceId}`]);
    assertEquals(emoji.peers, [`${alice.userId} ${one.deviceId}`]);

    // Alice's user-signing key has signed Bob's master key, which only Alice can see.
    const { master_keys } = await alice.client.queryKeys([bob.userId]);
    const { userSigning } = await published(alice);
    const signatures = master_keys?.[bob.userId]?.signatures?.[alice.userId];
    assertEquals(Object.keys(signatures ?? {}), [`ed25519:${userSigning}`]);

    await two.client.sendText(roomId, "tea");
    while (one.texts.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(one.texts, [["tea", true]]);

    // At once again, and with the device.
    await one.crypto.verify(bob.userId, { deviceId: two.deviceId, onEmoji: own.accept });
    assertEquals(own.seen, emoji.seen);
  });
});

online("verify() rejects with a typed error if a side cancels, or the emoji do not match", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  let answer: CompareEmoji = () => true;
  const ended: unknown[] = [];
  const one = await newDevice(alice);
  const two = await newDevice(bob, {
    acceptVerificationFrom: [alice.userId],
    onVerification: (emoji, peer) => {
      peer.signal.addEventListener("abort", () => ended.push(peer.signal.reason));
      return answer(emoji, peer);
    },
  });
  await one.crypto.bootstrapCrossSigning({ auth: password(alice) });
  await two.crypto.bootstrapCrossSigning({ auth: password(bob) });
  await running([one, two], async () => {
    const verify = (onEmoji: CompareEmoji, options?: { timeout?: number; signal?: AbortSignal }) => () =>
      one.crypto.verify(bob.userId, { onEmoji, ...options });
    const never = () => new Promise<boolean>(() => {});

    const mismatch = await assertRejects(verify(() => false), VerificationCancelled);
    assertEquals([mismatch.code, mismatch.byUs], ["m.mismatched_sas", true]);
    answer = () => false;
    const theirs = await assertRejects(verify(never), VerificationCancelled);
    assertEquals([theirs.code, theirs.byUs], ["m.mismatched_sas", false]);
    answer = () => {
      throw new Error("They closed the window");
    };
    const closed = await assertRejects(verify(() => true), VerificationCancelled);
    assertEquals([closed.code, closed.byUs], ["m.user", false]);
    assert(closed.reason.length > 0);

    answer = never;
    const reason = new Error("I closed the window");
    const controller = new AbortController();
    const aborted = verify(() => {
      controller.abort(reason);
      return never();
    }, { signal: controller.signal });
    assertEquals(await assertRejects(aborted), reason);
    const failure = new Error("The window does not open");
    assertEquals(
      await assertRejects(verify(() => {
        throw failure;
      })),
      failure,
    );
    const late = await assertRejects(verify(never, { timeout: 2_000 }), VerificationCancelled);
    assertEquals([late.code, late.byUs], ["m.timeout", true]);
    await assertRejects(verify(never, { signal: AbortSignal.abort(reason) }), Error, reason.message);
  });
  assert(ended.length >= 4);
});

online("Requests of verification are ignored unless their sender is in acceptVerificationFrom", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const emoji = new Emoji();
  const one = await newDevice(alice);
  const two = await newDevice(bob, {
    acceptVerificationFrom: ["@carol:localhost"],
    onVerification: emoji.accept,
  });
  const own = await newDevice(bob);
  await one.crypto.bootstrapCrossSigning({ auth: password(alice) });
  await own.crypto.bootstrapCrossSigning({ auth: password(bob) });
  await two.client.runOnce();
  await running([one, two, own], async () => {
    for (
      const verify of [
        () =>
          one.crypto.verify(bob.userId, { deviceId: two.deviceId, onEmoji: emoji.accept, timeout: 2_500 }),
        // The user's own other devices, too.
        () => own.crypto.verify(bob.userId, { onEmoji: emoji.accept, timeout: 2_500 }),
      ]
    ) {
      const error = await assertRejects(verify, VerificationCancelled);
      assertEquals([error.code, error.byUs], ["m.timeout", true]);
    }
  });
  assertEquals(emoji.seen, []);
  const { signersOf, selfSigning } = await published(bob);
  assertEquals(signersOf(two.deviceId).includes(`ed25519:${selfSigning}`), false);
});

online("verify() of the own user signs the other device, which trusts the user's keys then", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newEncryptedRoom(alice, bob);
  const emoji = new Emoji();
  const one = await newDevice(alice);
  await one.crypto.bootstrapCrossSigning({ auth: password(alice) });
  const backup = await one.crypto.backup.enable();
  const { selfSigning } = await published(alice);
  const reader = await newDevice(bob);
  // Signs in while the first device is running.
  await running([one, reader], async () => {
    const two = await newDevice(alice, {
      acceptVerificationFrom: [alice.userId],
      onVerification: emoji.accept,
    });
    await running([two], async () => {
      // Its keys are published by its initial sync.
      while (!(await alice.client.queryKeys([alice.userId])).device_keys?.[alice.userId]?.[two.deviceId]) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await one.crypto.verify(alice.userId, { onEmoji: emoji.accept });
      assertEquals(emoji.seen[0], emoji.seen[1]);
      const { signersOf } = await published(alice);
      assert(signersOf(two.deviceId).includes(`ed25519:${selfSigning}`));
      await two.crypto.bootstrapCrossSigning();
      await two.client.sendText(roomId, "from the second device");
      while (reader.texts.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      assertEquals(reader.texts, [["from the second device", true]]);

      // The first device has sent its secrets.
      let received: unknown;
      while (received === undefined) {
        received = await two.crypto.backup.enable().catch(() =>
          new Promise((resolve) => setTimeout(resolve, 50))
        );
      }
      assertEquals(received, backup);
    });
  });
});

online(
  "verify() rejects unknown devices, users with several devices, and a second verification",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const one = await newDevice(alice);
    const others = [await newDevice(bob), await newDevice(bob)];
    for (const { client } of others) await client.runOnce();
    const onEmoji = () => true;
    await running([one], async () => {
      const unknown = () => one.crypto.verify(bob.userId, { deviceId: "NOBODY", onEmoji });
      await assertRejects(unknown, CryptoError, "the device NOBODY is unknown");
      await assertRejects(
        () => one.crypto.verify(bob.userId, { onEmoji }),
        CryptoError,
        "name one of the 2 devices",
      );
      await assertRejects(
        () => one.crypto.verify(alice.userId, { onEmoji }),
        CryptoError,
        "no cross-signing keys",
      );
      const { deviceId } = others[0]!;
      const first = assertRejects(
        () => one.crypto.verify(bob.userId, { deviceId, onEmoji, timeout: 1_000 }),
        VerificationCancelled,
      );
      await assertRejects(
        () => one.crypto.verify(bob.userId, { deviceId, onEmoji }),
        CryptoError,
        "in progress",
      );
      await first;
    });
    for (const { crypto } of others) await crypto.close();
  },
);

online("Recovery keys, private keys and pickles are in no log, hook, error or inspection", async () => {
  const user = await newTestUser();
  const roomId = await newEncryptedRoom(user);
  const shown: string[] = [];
  const show = (...data: unknown[]) => {
    for (const value of data) {
      shown.push(typeof value === "string" ? value : Deno.inspect(value, { depth: 20, showHidden: true }));
      if (value instanceof Error) shown.push(value.message, String(value.stack), JSON.stringify(value));
    }
  };
  const written = new Map<string, string>();
  class SpiedStore extends MemoryStringStore {
    override write(...args: Parameters<MemoryStringStore["write"]>): Promise<void> {
      for (const [key, value] of args[0]) if (value !== undefined) written.set(key, value);
      return super.write(...args);
    }
  }
  // Repeats requests in its errors, as some homeservers do.
  let isEchoing = false;
  const echoing: typeof fetch = async (input, init) => {
    if (!isEchoing || !/room_keys|device_signing|signatures/.test(String(input)) || !init?.body) {
      return await fetch(input, init);
    }
    const error = await new Response(init.body).text();
    return Response.json({ errcode: "M_UNKNOWN", error }, { status: 400 });
  };
  const keys = new SpiedStore();
  const client = await newDevice(user, {
    keys,
    fetch: echoing,
    log: { debug: show, info: show, warn: show, error: show },
    hooks: { onRequest: show, onResponse: show, onRetry: show },
  } as DeviceOptions);
  const { crypto } = client;
  isEchoing = true;
  show(await assertRejects(() => crypto.bootstrapCrossSigning({ auth: password(user) })));
  isEchoing = false;
  await crypto.bootstrapCrossSigning({ auth: password(user) });
  const { recoveryKey } = await crypto.backup.enable();
  await client.client.runOnce();
  await client.client.sendText(roomId, "secret tea");
  isEchoing = true;
  await client.client.runOnce();
  await client.client.runOnce();
  isEchoing = false;
  await client.client.runOnce();
  await crypto.backup.restore(recoveryKey);
  const [first = "", ...rest] = recoveryKey.split(" ");
  for (
    const malformed of [rest.join(" "), [first, ...rest.slice(0, -1), "zzzz"].join(" "), `${recoveryKey}0`]
  ) {
    show(await assertRejects(() => crypto.backup.restore(malformed)));
    show(await assertRejects(() => crypto.backup.enable({ recoveryKey: malformed })));
  }
  const other = await newDevice(user);
  const another = await other.crypto.backup.enable({ replace: true });
  show(await assertRejects(() => crypto.backup.restore(recoveryKey)));
  show(client.client, crypto, crypto.backup, keys, Deno.inspect(sdk, { depth: 3 }));
  for (const expected of ["/room_keys/keys", "Cannot back up keys", "Cannot parse the recovery key"]) {
    assert(shown.some((text) => text.includes(expected)), `not shown: ${expected}`);
  }

  const bytes = (text: string) => parseRecoveryKey(text);
  const secrets = [recoveryKey, another.recoveryKey].flatMap((key) => [
    key,
    key.replaceAll(" ", ""),
    key.split(" ").slice(1, 4).join(" "),
    key.split(" ").slice(1, 4).join(""),
    encodeBase64(bytes(key)).replace("=", ""),
    encodeHex(bytes(key)),
    [...bytes(key)].slice(0, 8).join(", "),
  ]);
  secrets.push(user.password, client.token, "secret tea", encodeBase64(STORE_KEY), encodeHex(STORE_KEY));
  secrets.push([...STORE_KEY].slice(0, 8).join(", "));
  for (const value of written.values()) if (value.length > 60) secrets.push(value.slice(20, 60));
  assert(secrets.length > 25);
  const all = shown.join("\n");
  for (const secret of secrets) assert(!all.includes(secret), `shown: ${secret}`);
  await Promise.all([crypto.close(), other.crypto.close()]);
});
