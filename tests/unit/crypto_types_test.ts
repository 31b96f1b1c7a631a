import { assertEquals, assertThrows } from "@std/assert";
import {
  type CrossSigningKeys,
  deviceKey,
  type DeviceKeys,
  firstKey,
  parseTrustState,
  TrustState,
  trustStateName,
} from "../../types/crypto.ts";

Deno.test("deviceKey() returns the key with the device's ID", () => {
  const device: DeviceKeys = {
    user_id: "@alice:example.org",
    device_id: "DEV",
    algorithms: [],
    keys: { "ed25519:DEV": "sign", "curve25519:DEV": "identity", "ed25519:OTHER": "other" },
    signatures: {},
  };
  assertEquals(deviceKey(device, "ed25519"), "sign");
  assertEquals(deviceKey(device, "curve25519"), "identity");
  assertEquals(deviceKey(device, "org.example"), undefined);
});

Deno.test("firstKey() returns the first key, of the given algorithm if any", () => {
  const keys: CrossSigningKeys = {
    user_id: "@alice:example.org",
    usage: ["master"],
    keys: { "org.example:a": "first", "ed25519:b": "second" },
  };
  assertEquals(firstKey(keys), "first");
  assertEquals(firstKey(keys, "ed25519"), "second");
  assertEquals(firstKey(keys, "ed"), undefined);
});

Deno.test("deviceKey() and firstKey() return undefined for malformed keys", () => {
  for (const keys of [undefined, null, 5, "x", [], {}, { "ed25519:DEV": 5 }, { "ed25519:DEV": null }]) {
    const value = { device_id: "DEV", keys };
    assertEquals(deviceKey(value as unknown as DeviceKeys, "ed25519"), undefined);
    assertEquals(firstKey(value as unknown as CrossSigningKeys, "ed25519"), undefined);
  }
  assertEquals(deviceKey(null as unknown as DeviceKeys, "ed25519"), undefined);
  assertEquals(firstKey(undefined as unknown as CrossSigningKeys), undefined);
});

Deno.test("parseTrustState() returns the state that trustStateName() named", () => {
  assertEquals(trustStateName(TrustState.CROSS_SIGNED_TOFU), "cross-signed-tofu");
  for (const state of Object.values(TrustState)) assertEquals(parseTrustState(trustStateName(state)), state);
  assertThrows(() => parseTrustState("constructor"), SyntaxError, "unknown name");
  assertThrows(() => parseTrustState(undefined as unknown as string), SyntaxError);
  assertThrows(() => trustStateName(1 as TrustState), RangeError, "must be a value of TrustState");
});
