/**
 * Device keys and cross-signing keys for end-to-end encryption.
 *
 * @module
 */
import type { ToDeviceEvent } from "./events/envelope.ts";
import type { EncryptionAlgorithm, EncryptionKeyAlgorithm } from "./events/encrypted.ts";
import type { DeviceID, IdentityKey, KeyID, Signature, SigningKey, UserID } from "./identifiers.ts";
import { type JsonObject, nonEmpty, type OpenObject } from "./json.ts";

/**
 * Signatures of an object by user ID and key ID.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 */
export type Signatures = Record<UserID, Record<KeyID, Signature>>;

/**
 * Data that the homeserver adds to device keys.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export interface UnsignedDeviceInfo extends OpenObject {
  /** Display name of the device. */
  device_display_name?: string;
}

/**
 * Identity keys of a device.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 */
export interface DeviceKeys extends OpenObject {
  /** Owner of the device. */
  user_id: UserID;
  /** Device ID. */
  device_id: DeviceID;
  /** Encryption algorithms that the device supports. */
  algorithms: EncryptionAlgorithm[];
  /** Public keys, unpadded base64. */
  keys: Record<KeyID, string>;
  /** Signatures of this object. */
  signatures: Signatures;
  /** Data added by the homeserver. */
  unsigned?: UnsignedDeviceInfo;
}

/**
 * Usage of a cross-signing key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 */
export type CrossSigningUsage = "master" | "self_signing" | "user_signing" | (string & Record<never, never>);

/**
 * A cross-signing key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 */
export interface CrossSigningKeys extends OpenObject {
  /** Owner of the key. */
  user_id: UserID;
  /** Usage of the key. */
  usage: CrossSigningUsage[];
  /** Public key. The object has one entry, and the key ID contains the public key. */
  keys: Record<KeyID, SigningKey>;
  /** Signatures of this object. */
  signatures?: Signatures;
}

/**
 * A signed one-time key or fallback key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#one-time-and-fallback-keys
 */
export interface SignedKey extends OpenObject {
  /** Public key, unpadded base64. */
  key: IdentityKey;
  /** Signatures of this object. */
  signatures: Signatures;
  /** Whether this is a fallback key, which may be used more than once. */
  fallback?: boolean;
}

/**
 * One-time keys by key ID. Keys with algorithm `signed_curve25519` are objects.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#one-time-and-fallback-keys
 */
export type OneTimeKeys = Record<KeyID, string | SignedKey>;

/**
 * Response of `POST /_matrix/client/v3/keys/query`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export interface QueryKeysResponse extends OpenObject {
  /** Servers that could not be reached, each with an error. */
  failures?: Record<string, JsonObject>;
  /** Device keys by user and device. */
  device_keys?: Record<UserID, Record<DeviceID, DeviceKeys>>;
  /** Master cross-signing keys. */
  master_keys?: Record<UserID, CrossSigningKeys>;
  /** Self-signing keys, with which users sign their own devices. */
  self_signing_keys?: Record<UserID, CrossSigningKeys>;
  /** User-signing key of the requesting user, with which the user signs other users. */
  user_signing_keys?: Record<UserID, CrossSigningKeys>;
}

/**
 * Response of `POST /_matrix/client/v3/keys/claim`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim
 */
export interface ClaimKeysResponse extends OpenObject {
  /** Servers that could not be reached, each with an error. */
  failures?: Record<string, JsonObject>;
  /** Claimed keys, one for each device. */
  one_time_keys: Record<UserID, Record<DeviceID, OneTimeKeys>>;
}

/**
 * Changes to the devices of users.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#e2e-extensions-to-sync
 */
export interface DeviceLists extends OpenObject {
  /** Users whose devices have changed, or who now share an encrypted room with the user of the client. */
  changed?: UserID[];
  /** Users who no longer share an encrypted room with the user of the client. */
  left?: UserID[];
}

/**
 * Number of unclaimed one-time keys of a device, by algorithm.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#e2e-extensions-to-sync
 */
export interface DeviceOTKCount {
  /** Number of signed Curve25519 keys. */
  signed_curve25519?: number;
  /** Number of unsigned Curve25519 keys. */
  curve25519?: number;
  /** Number of keys of another algorithm. */
  [algorithm: string]: number | undefined;
}

/**
 * Returns a public key of a device, such as its `ed25519` or `curve25519` key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#device-keys
 * @param device Identity keys of the device.
 * @param algorithm Algorithm of the key.
 * @returns The public key. `undefined` if the device has none for the algorithm.
 */
export function deviceKey(device: DeviceKeys, algorithm: EncryptionKeyAlgorithm): string | undefined {
  return nonEmpty(device?.keys?.[`${algorithm}:${device.device_id}`]);
}

/**
 * Returns the public key of a cross-signing key. If there are several, the first one.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 * @param keys The cross-signing key.
 * @param algorithm Algorithm of the key, such as `ed25519`. Any if absent.
 * @returns The public key. `undefined` if there is none.
 */
export function firstKey(keys: CrossSigningKeys, algorithm?: EncryptionKeyAlgorithm): SigningKey | undefined {
  const prefix = algorithm ? `${algorithm}:` : "";
  return nonEmpty(Object.entries(keys?.keys ?? {}).find(([id]) => id.startsWith(prefix))?.[1]);
}

/** Trust levels of a device. Higher numbers mean more trust. */
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

/** Trust level of a device, one of the values of {@linkcode TrustState}. */
export type TrustState = (typeof TrustState)[keyof typeof TrustState];

/**
 * Returns the name of a trust level, such as `cross-signed-tofu`.
 *
 * @param state The trust level.
 * @returns The name.
 * @throws {RangeError} If there is no such trust level.
 */
export function trustStateName(state: TrustState): string {
  for (const [name, value] of Object.entries(TrustState)) {
    if (value === state) return name.toLowerCase().replaceAll("_", "-");
  }
  throw new RangeError("Cannot name trust state: the state must be a value of TrustState");
}

/**
 * Returns the trust level with a name that {@linkcode trustStateName} returns.
 *
 * @param name The name, in any case.
 * @returns The trust level.
 * @throws {SyntaxError} If no trust level has this name.
 */
export function parseTrustState(name: string): TrustState {
  const key = String(name).toUpperCase().replaceAll("-", "_");
  if (Object.hasOwn(TrustState, key)) return TrustState[key as keyof typeof TrustState];
  throw new SyntaxError("Cannot parse trust state: unknown name");
}

/** A device with known keys, and its trust level. */
export interface DeviceIdentity {
  /** Owner of the device. */
  user_id: UserID;
  /** Device ID. */
  device_id: DeviceID;
  /** Curve25519 key of the device. */
  identity_key: IdentityKey;
  /** Ed25519 key of the device. */
  signing_key: SigningKey;
  /** Trust level of the device. */
  trust: TrustState;
  /** Whether the user has deleted the device. */
  deleted: boolean;
  /** Display name of the device. */
  name: string;
}

/**
 * Keys in the plaintext of an Olm event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export interface OlmEventKeys extends OpenObject {
  /** Ed25519 key. */
  ed25519: SigningKey;
}

/**
 * Plaintext of an Olm event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export interface DecryptedOlmEvent extends ToDeviceEvent {
  /** Keys of the sending device. */
  keys: OlmEventKeys;
  /** Recipient of the event. */
  recipient: UserID;
  /** Keys of the receiving device. */
  recipient_keys: OlmEventKeys;
  /** Signed identity keys of the sending device. */
  sender_device_keys?: DeviceKeys;
  /** Sending device. Not in the plaintext, added when decrypting. */
  sender_device?: DeviceID;
  /** Curve25519 key of the sending device. Not in the plaintext, added when decrypting. */
  sender_key?: IdentityKey;
}

/** A user's cross-signing key and the first one seen of that user, for trust on first use. */
export interface TOFUSigningKey {
  /** Current key. */
  key: SigningKey;
  /** First key that was seen. */
  first: SigningKey;
}

/** A user who signed a key. */
export interface CrossSigner {
  /** The user. */
  user_id: UserID;
  /** Key that the user signed with. */
  key: SigningKey;
}
