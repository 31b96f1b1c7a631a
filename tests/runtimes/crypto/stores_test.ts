/** Stores with more keys than one atomic operation of their database takes. `deno task test:crypto` runs this file. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { KvStringStore, openOlmEngine } from "@mtx/client/crypto";
import type { JsonObject, RoomID, SessionID, UserID } from "@mtx/client/types";
import { MEGOLM } from "./world.ts";

const ROOM: RoomID = "!room:example.org";

/** Keys of room sessions as in an unencrypted backup. */
async function sessions(count: number): Promise<Map<RoomID, Map<SessionID, JsonObject>>> {
  const keys = new Map<SessionID, JsonObject>();
  while (keys.size < count) {
    const { publicKey } = await crypto.subtle.generateKey("Ed25519", true, [
      "sign",
      "verify",
    ]) as CryptoKeyPair;
    const ed25519 = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    // Version, index, ratchet, and the public key, which is also the ID of the session.
    const exported = new Uint8Array([
      1,
      0,
      0,
      0,
      0,
      ...crypto.getRandomValues(new Uint8Array(128)),
      ...ed25519,
    ]);
    const id = encodeBase64(ed25519).replace("=", "") as SessionID;
    keys.set(id, {
      algorithm: MEGOLM,
      sender_key: id,
      sender_claimed_keys: { ed25519: id },
      forwarding_curve25519_key_chain: [],
      session_key: encodeBase64(exported).replace(/=+$/, ""),
    });
  }
  return new Map([[ROOM, keys]]);
}

Deno.test("KvStringStore keeps 5,000 imported keys, which exceed the limits of Deno KV", async () => {
  const path = await Deno.makeTempFile();
  const kv = await Deno.openKv(path);
  try {
    const keys = await sessions(5_000);
    const userId: UserID = "@bob:example.org";
    const key = new Uint8Array(32).fill(7);
    const open = () =>
      openOlmEngine(sdk, { userId, deviceId: "BOB", key, store: new KvStringStore(kv, ["crypto"]) });
    let bob = await open();
    await bob.identity.storeBackup(bob.identity.backupKey(), "1");
    assertEquals(await bob.identity.importBackup(keys, "1"), 5_000);
    await bob.close();
    bob = await open();
    assertEquals(await bob.identity.importBackup(keys, "1"), 0);
    await bob.close();
  } finally {
    kv.close();
    await Deno.remove(path);
  }
});
