/**
 * Secrets that are stored encrypted in account data.
 *
 * @module
 */

import type { OpenObject } from "../json.ts";

/**
 * Encryption algorithm of secrets.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#secret-storage
 */
export type SecretStorageAlgorithm =
  | "m.secret_storage.v1.aes-hmac-sha2"
  | "m.secret_storage.v1.curve25519-aes-sha2"
  | (string & Record<never, never>);

/**
 * Algorithm that derives a key from a passphrase.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#deriving-keys-from-passphrases
 */
export type PassphraseAlgorithm = "m.pbkdf2" | (string & Record<never, never>);

/**
 * Content of an `m.secret_storage.default_key` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-storage
 */
export interface SecretStorageDefaultKeyEventContent extends OpenObject {
  /** ID of the default key. */
  key: string;
}

/**
 * Content of an `m.secret_storage.key.[key ID]` event: the description of a key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-storage
 */
export interface KeyMetadata extends OpenObject {
  /** Encryption algorithm of secrets that are encrypted with the key. */
  algorithm: SecretStorageAlgorithm;
  /** Name of the key. */
  name?: string;
  /** Derivation of the key from a passphrase. */
  passphrase?: PassphraseMetadata;
  /** Initialization vector of `mac`, base64. */
  iv?: string;
  /** MAC of an encrypted block of zeros, base64. Verifies that a key is correct. */
  mac?: string;
}

/**
 * Derivation of a key from a passphrase.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#deriving-keys-from-passphrases
 */
export interface PassphraseMetadata extends OpenObject {
  /** Derivation algorithm. */
  algorithm: PassphraseAlgorithm;
  /** Salt. */
  salt: string;
  /** Number of iterations. */
  iterations: number;
  /** Length of the key in bits. Absent means 256. */
  bits?: number;
}

/**
 * A secret that is encrypted with one key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msecret_storagev1aes-hmac-sha2-1
 */
export interface EncryptedKeyData extends OpenObject {
  /** Encrypted secret, base64. */
  ciphertext: string;
  /** Initialization vector, base64. */
  iv: string;
  /** MAC, base64. */
  mac: string;
}

/** Encrypted versions of a secret by key ID. */
export interface EncryptedKeys {
  /** The secret, encrypted with the key. */
  [keyId: string]: EncryptedKeyData;
}

/**
 * Content of an account data event with a secret, such as `m.cross_signing.master`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#secret-storage
 */
export interface EncryptedAccountDataEventContent extends OpenObject {
  /** Encrypted versions of the secret by key ID. */
  encrypted: EncryptedKeys;
}
