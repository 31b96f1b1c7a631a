/**
 * Keys of devices and users for end-to-end encryption.
 *
 * @module
 */
import type { ToDeviceEvent } from "./events/envelope.ts";
import type { EncryptionAlgorithm, EncryptionKeyAlgorithm } from "./events/encrypted.ts";
import type { DeviceID, IdentityKey, KeyID, Signature, SigningKey, UserID } from "./identifiers.ts";
import type { JsonObject, OpenObject } from "./json.ts";
import { text } from "./object.ts";

/**
 * Signatures of an object, by who signed and with which key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 */
export type Signatures = Record<UserID, Record<KeyID, Signature>>;

/**
 * What the homeserver adds to a device's keys.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export interface UnsignedDeviceInfo extends OpenObject {
  /** The device's name, as its user has set it. */
  device_display_name?: string;
}

/**
 * A device's keys.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 */
export interface DeviceKeys extends OpenObject {
  /** Whose device it is. */
  user_id: UserID;
  /** The device. */
  device_id: DeviceID;
  /** How it can encrypt. */
  algorithms: EncryptionAlgorithm[];
  /** Its public keys, unpadded base64. */
  keys: Record<KeyID, string>;
  /** Signatures of this object. */
  signatures: Signatures;
  /** What the homeserver adds. */
  unsigned?: UnsignedDeviceInfo;
}

/**
 * What a cross-signing key is for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 */
export type CrossSigningUsage = "master" | "self_signing" | "user_signing" | (string & Record<never, never>);

/**
 * A user's cross-signing key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 */
export interface CrossSigningKeys extends OpenObject {
  /** Whose key it is. */
  user_id: UserID;
  /** What it is for. */
  usage: CrossSigningUsage[];
  /** The key; there is one. Its ID is the key itself. */
  keys: Record<KeyID, SigningKey>;
  /** Signatures of this object. */
  signatures?: Signatures;
}

/**
 * A key that is used once, or until its device uploads new ones.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#one-time-and-fallback-keys
 */
export interface SignedKey extends OpenObject {
  /** The public key, unpadded base64. */
  key: IdentityKey;
  /** Signatures of this object. */
  signatures: Signatures;
  /** Whether it may be used more than once. */
  fallback?: boolean;
}

/**
 * Keys that are used once, by their IDs. Those of algorithm `signed_curve25519` are objects.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#one-time-and-fallback-keys
 */
export type OneTimeKeys = Record<KeyID, string | SignedKey>;

/**
 * Keys of users and their devices.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export interface QueryKeysResponse extends OpenObject {
  /** Servers that could not be asked, and what went wrong. */
  failures?: Record<string, JsonObject>;
  /** Keys of devices. */
  device_keys?: Record<UserID, Record<DeviceID, DeviceKeys>>;
  /** Keys that users sign their other cross-signing keys with. */
  master_keys?: Record<UserID, CrossSigningKeys>;
  /** Keys that users sign their devices with. */
  self_signing_keys?: Record<UserID, CrossSigningKeys>;
  /** The key that the client's own user signs other users with. */
  user_signing_keys?: Record<UserID, CrossSigningKeys>;
}

/**
 * Keys that were claimed, one for each device.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim
 */
export interface ClaimKeysResponse extends OpenObject {
  /** Servers that could not be asked, and what went wrong. */
  failures?: Record<string, JsonObject>;
  /** The keys. */
  one_time_keys: Record<UserID, Record<DeviceID, OneTimeKeys>>;
}

/**
 * Users whose devices have changed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#e2e-extensions-to-sync
 */
export interface DeviceLists extends OpenObject {
  /** Users whose devices are new or have new keys, or who now share a room with the client's own user. */
  changed?: UserID[];
  /** Users who share no encrypted room with the client's own user any more. */
  left?: UserID[];
}

/**
 * How many one-time keys of a device are left, by algorithm.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#e2e-extensions-to-sync
 */
export interface DeviceOTKCount {
  /** Signed keys. */
  signed_curve25519?: number;
  /** Keys without a signature. */
  curve25519?: number;
  /** Keys of another algorithm. */
  [algorithm: string]: number | undefined;
}

/**
 * A device's public key, such as its `ed25519` or its `curve25519` one.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 * @param device The device's keys.
 * @param algorithm What the key is for.
 * @returns The key, or `undefined` if there is none.
 */
export function deviceKey(device: DeviceKeys, algorithm: EncryptionKeyAlgorithm): string | undefined {
  return text(device?.keys?.[`${algorithm}:${device.device_id}`]);
}

/**
 * The public key of a cross-signing key, the first one if there are several.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 * @param keys The cross-signing key.
 * @param algorithm What the key has to be for, such as `ed25519`; by default anything.
 * @returns The key, or `undefined` if there is none.
 */
export function firstKey(keys: CrossSigningKeys, algorithm?: EncryptionKeyAlgorithm): SigningKey | undefined {
  const prefix = algorithm ? `${algorithm}:` : "";
  return text(Object.entries(keys?.keys ?? {}).find(([id]) => id.startsWith(prefix))?.[1]);
}

/** How far a device is trusted, from least to most: comparable as numbers. */
export const TrustState = {
  BLACKLISTED: -100,
  UNVERIFIED: 0,
  UNKNOWN_DEVICE: 10,
  FORWARDED: 20,
  CROSS_SIGNED_UNTRUSTED: 50,
  CROSS_SIGNED_TOFU: 100,
  CROSS_SIGNED_TRUSTED: 200,
  VERIFIED: 300,
} as const;

/** How far a device is trusted, one of the values of {@linkcode TrustState}. */
export type TrustState = (typeof TrustState)[keyof typeof TrustState];

/**
 * The name of a trust state for people, such as `cross-signed-tofu`.
 *
 * @param state The trust state.
 * @returns Its name.
 * @throws {RangeError} If there is no such trust state.
 */
export function trustStateName(state: TrustState): string {
  for (const [name, value] of Object.entries(TrustState)) {
    if (value === state) return name.toLowerCase().replaceAll("_", "-");
  }
  throw new RangeError("Cannot name trust state: there is no such state");
}

/**
 * The trust state of a name, as {@linkcode trustStateName} makes it.
 *
 * @param name The name; case does not matter.
 * @returns The trust state.
 * @throws {SyntaxError} If there is no trust state of this name.
 */
export function parseTrustState(name: string): TrustState {
  const key = String(name).toUpperCase().replaceAll("-", "_");
  if (Object.hasOwn(TrustState, key)) return TrustState[key as keyof typeof TrustState];
  throw new SyntaxError("Cannot parse trust state: there is no such name");
}

/** A device whose keys are known, and how far it is trusted. */
export interface DeviceIdentity {
  /** Whose device it is. */
  user_id: UserID;
  /** The device. */
  device_id: DeviceID;
  /** Its Curve25519 key. */
  identity_key: IdentityKey;
  /** Its Ed25519 key. */
  signing_key: SigningKey;
  /** How far it is trusted. */
  trust: TrustState;
  /** Whether its user has removed it. */
  deleted: boolean;
  /** Its name, as its user has set it. */
  name: string;
}

/**
 * The keys that stand within an Olm event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export interface OlmEventKeys extends OpenObject {
  /** The Ed25519 key. */
  ed25519: SigningKey;
}

/**
 * An event as it stands within an Olm message.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export interface DecryptedOlmEvent extends ToDeviceEvent {
  /** The sending device's keys. */
  keys: OlmEventKeys;
  /** Whom it is for. */
  recipient: UserID;
  /** Keys of the device that it is for. */
  recipient_keys: OlmEventKeys;
  /** The sending device's keys and who signed them. */
  sender_device_keys?: DeviceKeys;
  /** The sending device. Not in the event: for whoever decrypts it to fill in. */
  sender_device?: DeviceID;
  /** The sending device's Curve25519 key. Not in the event: for whoever decrypts it to fill in. */
  sender_key?: IdentityKey;
}

/** A user's cross-signing key, and the first one of theirs that was seen: trust on first use. */
export interface TOFUSigningKey {
  /** The key. */
  key: SigningKey;
  /** The first one that was seen. */
  first: SigningKey;
}

/** Who has signed a key, and with which one. */
export interface CrossSigner {
  /** The user. */
  user_id: UserID;
  /** The key. */
  key: SigningKey;
}
