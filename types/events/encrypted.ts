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
 * Algorithm of an encrypted event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#messaging-algorithms
 */
export type EncryptionAlgorithm =
  | "m.olm.v1.curve25519-aes-sha2"
  | "m.megolm.v1.aes-sha2"
  | (string & Record<never, never>);

/**
 * Algorithm of a device key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-algorithms
 */
export type EncryptionKeyAlgorithm =
  | "curve25519"
  | "ed25519"
  | "signed_curve25519"
  | (string & Record<never, never>);

/**
 * Type of an Olm message: 0 for a pre-key message, 1 for an ordinary message.
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
  /** Encrypted payload. */
  body?: string;
  /** Type of the message. */
  type?: OlmMsgType;
}

/** Olm messages by recipient device. */
export interface OlmCiphertexts {
  /** Message for the device with this Curve25519 key. */
  [identityKey: IdentityKey]: OlmCiphertext;
}

/**
 * Content of an `m.room.encrypted` event with Olm.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#molmv1curve25519-aes-sha2
 */
export interface EncryptedOlmEventContent extends OpenObject {
  /** Encryption algorithm. */
  algorithm: "m.olm.v1.curve25519-aes-sha2";
  /** Messages by the Curve25519 key of the recipient device. */
  ciphertext: OlmCiphertexts;
  /** Curve25519 key of the sender. */
  sender_key: IdentityKey;
}

/**
 * Content of an `m.room.encrypted` event with Megolm.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mmegolmv1aes-sha2
 */
export interface EncryptedMegolmEventContent extends OpenObject {
  /** Encryption algorithm. */
  algorithm: "m.megolm.v1.aes-sha2";
  /** Encrypted payload. */
  ciphertext: string;
  /** Megolm session ID. */
  session_id: SessionID;
  /** Curve25519 key of the sender. Deprecated since Matrix 1.3 and not to be relied on. */
  sender_key?: IdentityKey;
  /** Device of the sender. Deprecated since Matrix 1.3 and not to be relied on. */
  device_id?: DeviceID;
  /** Relation to another event. Unencrypted, so that homeservers can aggregate it. */
  "m.relates_to"?: RelatesTo;
}

/** Content of an `m.room.encrypted` event with an algorithm that these types do not describe. */
export interface EncryptedUnknownEventContent extends OpenObject {
  /** Encryption algorithm. */
  algorithm: EncryptionAlgorithm;
  /** Encrypted payload, or payloads by device. */
  ciphertext: string | OlmCiphertexts;
}

/**
 * Content of an `m.room.encrypted` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencrypted
 */
export type EncryptedEventContent =
  | EncryptedMegolmEventContent
  | EncryptedOlmEventContent
  | EncryptedUnknownEventContent;

/**
 * An encrypted room event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomencrypted
 */
export interface EncryptedEvent extends MessageEvent<EncryptedEventContent, "m.room.encrypted"> {}
