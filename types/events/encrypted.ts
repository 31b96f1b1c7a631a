/**
 * Encrypted events.
 *
 * @module
 */

import type { DeviceID, IdentityKey, SessionID } from "../identifiers.ts";
import type { MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";
import type { RelatesTo } from "./relations.ts";

/**
 * How events are encrypted.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#messaging-algorithms
 */
export type EncryptionAlgorithm =
  | "m.olm.v1.curve25519-aes-sha2"
  | "m.megolm.v1.aes-sha2"
  | (string & Record<never, never>);

/**
 * What a key is for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-algorithms
 */
export type EncryptionKeyAlgorithm =
  | "curve25519"
  | "ed25519"
  | "signed_curve25519"
  | (string & Record<never, never>);

/**
 * The kind of an Olm message: 0 starts a session, 1 is in one.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export type OlmMsgType = 0 | 1 | (number & Record<never, never>);

/**
 * An Olm message for one device.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencrypted
 */
export interface OlmCiphertext extends OpenObject {
  /** The encrypted payload. */
  body?: string;
  /** The kind of message. */
  type?: OlmMsgType;
}

/** Olm messages by the device they are for. */
export interface OlmCiphertexts {
  /** The message for the device with that Curve25519 key. */
  [identityKey: IdentityKey]: OlmCiphertext;
}

/**
 * Content of `m.room.encrypted` with Olm.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export interface EncryptedOlmEventContent extends OpenObject {
  /** How it is encrypted. */
  algorithm: "m.olm.v1.curve25519-aes-sha2";
  /** Messages by the Curve25519 key of the device they are for. */
  ciphertext: OlmCiphertexts;
  /** The sender's Curve25519 key. */
  sender_key: IdentityKey;
}

/**
 * Content of `m.room.encrypted` with Megolm.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mmegolmv1aes-sha2
 */
export interface EncryptedMegolmEventContent extends OpenObject {
  /** How it is encrypted. */
  algorithm: "m.megolm.v1.aes-sha2";
  /** The encrypted payload. */
  ciphertext: string;
  /** The session it is encrypted with. */
  session_id: SessionID;
  /** The sender's Curve25519 key; not to be relied on, and deprecated since Matrix 1.3. */
  sender_key?: IdentityKey;
  /** The sender's device; not to be relied on, and deprecated since Matrix 1.3. */
  device_id?: DeviceID;
  /** What it relates to, in the clear so that servers can count. */
  "m.relates_to"?: RelatesTo;
}

/** Content of `m.room.encrypted` with an algorithm that our types do not know. */
export interface EncryptedUnknownEventContent extends OpenObject {
  /** How it is encrypted. */
  algorithm: EncryptionAlgorithm;
  /** The encrypted payload, or payloads by device. */
  ciphertext: string | OlmCiphertexts;
}

/**
 * Content of `m.room.encrypted`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencrypted
 */
export type EncryptedEventContent =
  | EncryptedMegolmEventContent
  | EncryptedOlmEventContent
  | EncryptedUnknownEventContent;

/**
 * An encrypted event of a room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencrypted
 */
export interface EncryptedEvent extends MessageEvent<EncryptedEventContent, "m.room.encrypted"> {}
