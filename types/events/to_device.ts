/**
 * What devices tell each other.
 *
 * @module
 */

import type { DeviceID, IdentityKey, RoomID, SessionID, SigningKey } from "../identifiers.ts";
import type { EncryptionAlgorithm } from "./encrypted.ts";
import type { OpenObject } from "../json.ts";
import type { EncryptedFile } from "./media_info.ts";

/**
 * Why a key is not given.
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
 * Whether a key or secret is asked for, or no longer.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_request
 */
export type KeyRequestAction = "request" | "request_cancellation" | (string & Record<never, never>);

/**
 * Content of `m.room_key`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key
 */
export interface RoomKeyEventContent extends OpenObject {
  /** What the key is for. */
  algorithm: EncryptionAlgorithm;
  /** The room that the key is for. */
  room_id: RoomID;
  /** The session that the key is of. */
  session_id: SessionID;
  /** The key. */
  session_key: string;
  /** Whether the key may be given to those who are invited later; absent means no. */
  shared_history?: boolean;
  /** How long the session is to be used, in milliseconds (Beeper). */
  "com.beeper.max_age_ms"?: number;
  /** How many messages the session is to be used for (Beeper). */
  "com.beeper.max_messages"?: number;
  /** Whether the key is for scheduled messages (Beeper). */
  "com.beeper.is_scheduled"?: boolean;
}

/**
 * Content of `m.forwarded_room_key`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mforwarded_room_key
 */
export interface ForwardedRoomKeyEventContent extends RoomKeyEventContent {
  /** The Curve25519 key of the device that made the session. */
  sender_key: IdentityKey;
  /** The Ed25519 key that the device is said to have. */
  sender_claimed_ed25519_key: SigningKey;
  /** Curve25519 keys of the devices that passed the key on. */
  forwarding_curve25519_key_chain: IdentityKey[];
  /** Why earlier messages of the session cannot be read. */
  withheld?: ForwardedRoomKeyWithheld;
}

/**
 * Why a part of a session was not passed on.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mforwarded_room_key
 */
export interface ForwardedRoomKeyWithheld extends OpenObject {
  /** The reason for programs. */
  code?: RoomKeyWithheldCode;
  /** The reason for people. */
  reason?: string;
}

/**
 * Content of `m.room_key.withheld`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_keywithheld
 */
export interface RoomKeyWithheldEventContent extends OpenObject {
  /** What the key is for. */
  algorithm: EncryptionAlgorithm;
  /** The Curve25519 key of the device that made the session. */
  sender_key: IdentityKey;
  /** The reason for programs. */
  code: RoomKeyWithheldCode;
  /** The reason for people. */
  reason?: string;
  /** The room that the key is for, unless the code is `m.no_olm`. */
  room_id?: RoomID;
  /** The session that the key is of, unless the code is `m.no_olm`. */
  session_id?: SessionID;
}

/**
 * Which key is asked for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_request
 */
export interface RequestedKeyInfo extends OpenObject {
  /** What the key is for. */
  algorithm: EncryptionAlgorithm;
  /** The room that the key is for. */
  room_id: RoomID;
  /** The Curve25519 key of the device that made the session; deprecated since Matrix 1.3. */
  sender_key?: IdentityKey;
  /** The session that the key is of. */
  session_id: SessionID;
}

/**
 * Content of `m.room_key_request`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_request
 */
export interface RoomKeyRequestEventContent extends OpenObject {
  /** Whether the key is asked for, or no longer. */
  action: KeyRequestAction;
  /** The device that asks. */
  requesting_device_id: DeviceID;
  /** What ties a cancellation to its request. */
  request_id: string;
  /** Which key is asked for; absent when cancelling. */
  body?: RequestedKeyInfo;
}

/**
 * Content of `m.room_key_bundle`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroom_key_bundle
 */
export interface RoomKeyBundleEventContent extends OpenObject {
  /** The room that the keys are for. */
  room_id: RoomID;
  /** The encrypted bundle. */
  file: EncryptedFile;
}

/**
 * Content of `m.dummy`: nothing.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mdummy
 */
export interface DummyEventContent extends OpenObject {}

/**
 * Content of `m.secret.request`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msecretrequest
 */
export interface SecretRequestEventContent extends OpenObject {
  /** The secret's name; absent when cancelling. */
  name?: string;
  /** Whether the secret is asked for, or no longer. */
  action: KeyRequestAction;
  /** The device that asks. */
  requesting_device_id: DeviceID;
  /** What ties the answer, or a cancellation, to the request. */
  request_id: string;
}

/**
 * Content of `m.secret.send`. It is for encrypted events only.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msecretsend
 */
export interface SecretSendEventContent extends OpenObject {
  /** The request that this is the answer to. */
  request_id: string;
  /** The secret. */
  secret: string;
}
