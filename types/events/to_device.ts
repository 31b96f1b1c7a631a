/**
 * To-device events.
 *
 * @module
 */

import type { DeviceID, IdentityKey, RoomID, SessionID, SigningKey } from "../identifiers.ts";
import type { EncryptionAlgorithm } from "./encrypted.ts";
import type { OpenObject } from "../json.ts";
import type { EncryptedFile } from "./media_info.ts";

/**
 * Reason for which a Megolm session key is withheld.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_keywithheld
 */
export type RoomKeyWithheldCode =
  | "m.blacklisted"
  | "m.unverified"
  | "m.unauthorised"
  | "m.unavailable"
  | "m.no_olm"
  | "m.history_not_shared"
  | "com.beeper.redacted"
  | (string & Record<never, never>);

/**
 * Action of a request: request a key or secret, or cancel the request.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_request
 */
export type KeyRequestAction = "request" | "request_cancellation" | (string & Record<never, never>);

/**
 * Content of an `m.room_key` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key
 */
export interface RoomKeyEventContent extends OpenObject {
  /** Encryption algorithm of the session. */
  algorithm: EncryptionAlgorithm;
  /** Room of the session. */
  room_id: RoomID;
  /** Session ID. */
  session_id: SessionID;
  /** Session key. */
  session_key: string;
  /** Whether the key may be shared with users who are invited later. Absent means `false`. */
  shared_history?: boolean;
  /** Maximum age of the session, in milliseconds. Beeper extension. */
  "com.beeper.max_age_ms"?: number;
  /** Maximum number of messages in the session. Beeper extension. */
  "com.beeper.max_messages"?: number;
  /** Whether the key is for scheduled messages. Beeper extension. */
  "com.beeper.is_scheduled"?: boolean;
}

/**
 * Content of an `m.forwarded_room_key` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mforwarded_room_key
 */
export interface ForwardedRoomKeyEventContent extends RoomKeyEventContent {
  /** Curve25519 key of the device that created the session. */
  sender_key: IdentityKey;
  /** Ed25519 key that the device claims to have. */
  sender_claimed_ed25519_key: SigningKey;
  /** Curve25519 keys of the devices that forwarded the session key. */
  forwarding_curve25519_key_chain: IdentityKey[];
  /** Reason for which earlier messages of the session are withheld. */
  withheld?: ForwardedRoomKeyWithheld;
}

/**
 * Reason for which part of a session is withheld.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mforwarded_room_key
 */
export interface ForwardedRoomKeyWithheld extends OpenObject {
  /** Machine-readable reason. */
  code?: RoomKeyWithheldCode;
  /** Human-readable reason. */
  reason?: string;
}

/**
 * Content of an `m.room_key.withheld` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_keywithheld
 */
export interface RoomKeyWithheldEventContent extends OpenObject {
  /** Encryption algorithm of the session. */
  algorithm: EncryptionAlgorithm;
  /** Curve25519 key of the device that created the session. */
  sender_key: IdentityKey;
  /** Machine-readable reason. */
  code: RoomKeyWithheldCode;
  /** Human-readable reason. */
  reason?: string;
  /** Room of the session. Absent if the code is `m.no_olm`. */
  room_id?: RoomID;
  /** Session ID. Absent if the code is `m.no_olm`. */
  session_id?: SessionID;
}

/**
 * A requested Megolm session key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_request
 */
export interface RequestedKeyInfo extends OpenObject {
  /** Encryption algorithm of the session. */
  algorithm: EncryptionAlgorithm;
  /** Room of the session. */
  room_id: RoomID;
  /** Curve25519 key of the device that created the session. Deprecated since Matrix 1.3. */
  sender_key?: IdentityKey;
  /** Session ID. */
  session_id: SessionID;
}

/**
 * Content of an `m.room_key_request` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_request
 */
export interface RoomKeyRequestEventContent extends OpenObject {
  /** Whether to request the key or cancel the request. */
  action: KeyRequestAction;
  /** Requesting device. */
  requesting_device_id: DeviceID;
  /** Request ID. A cancellation has the ID of the request. */
  request_id: string;
  /** Requested key. Absent in a cancellation. */
  body?: RequestedKeyInfo;
}

/**
 * Content of an `m.room_key_bundle` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_bundle
 */
export interface RoomKeyBundleEventContent extends OpenObject {
  /** Room of the sessions. */
  room_id: RoomID;
  /** Encrypted file with the session keys. */
  file: EncryptedFile;
}

/**
 * Content of an `m.dummy` event. Empty.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mdummy
 */
export interface DummyEventContent extends OpenObject {}

/**
 * Content of an `m.secret.request` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msecretrequest
 */
export interface SecretRequestEventContent extends OpenObject {
  /** Name of the secret. Absent in a cancellation. */
  name?: string;
  /** Whether to request the secret or cancel the request. */
  action: KeyRequestAction;
  /** Requesting device. */
  requesting_device_id: DeviceID;
  /** Request ID. A response or cancellation has the ID of the request. */
  request_id: string;
}

/**
 * Content of an `m.secret.send` event. Must only be sent encrypted.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msecretsend
 */
export interface SecretSendEventContent extends OpenObject {
  /** ID of the request. */
  request_id: string;
  /** The secret. */
  secret: string;
}
