/**
 * Secrets that are kept, encrypted, in account data.
 *
 * @module
 */

import type { OpenObject } from "../json.ts";

/**
 * How secrets are encrypted.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#secret-storage
 */
export type SecretStorageAlgorithm =
  | "m.secret_storage.v1.aes-hmac-sha2"
  | "m.secret_storage.v1.curve25519-aes-sha2"
  | (string & Record<never, never>);

/**
 * How a key is made from a passphrase.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#deriving-keys-from-passphrases
 */
export type PassphraseAlgorithm = "m.pbkdf2" | (string & Record<never, never>);

/**
 * Content of `m.secret_storage.default_key`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-storage
 */
export interface SecretStorageDefaultKeyEventContent extends OpenObject {
  /** ID of the key that secrets are encrypted with by default. */
  key: string;
}

/**
 * Content of `m.secret_storage.key.…`: what is known of a key, without the key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-storage
 */
export interface KeyMetadata extends OpenObject {
  /** How secrets are encrypted with it. */
  algorithm: SecretStorageAlgorithm;
  /** The key's name for people. */
  name?: string;
  /** How the key is made from a passphrase. */
  passphrase?: PassphraseMetadata;
  /** The initialization vector of the check, base64. */
  iv?: string;
  /** What encrypting zeros with the key gives: a check that the key is the right one, base64. */
  mac?: string;
}

/**
 * How a key is made from a passphrase.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#deriving-keys-from-passphrases
 */
export interface PassphraseMetadata extends OpenObject {
  /** The way of making it. */
  algorithm: PassphraseAlgorithm;
  /** The salt. */
  salt: string;
  /** How many rounds. */
  iterations: number;
  /** The key's length in bits; absent means 256. */
  bits?: number;
}

/**
 * A secret, encrypted with one key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msecret_storagev1aes-hmac-sha2-1
 */
export interface EncryptedKeyData extends OpenObject {
  /** The encrypted secret, base64. */
  ciphertext: string;
  /** The initialization vector, base64. */
  iv: string;
  /** The message authentication code, base64. */
  mac: string;
}

/** A secret, encrypted with one or more keys, by key ID. */
export interface EncryptedKeys {
  /** The secret, encrypted with the key. */
  [keyId: string]: EncryptedKeyData;
}

/**
 * Content of account data that is a secret, such as `m.cross_signing.master`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#secret-storage
 */
export interface EncryptedAccountDataEventContent extends OpenObject {
  /** The secret, encrypted with one or more keys, by key ID. */
  encrypted: EncryptedKeys;
}
