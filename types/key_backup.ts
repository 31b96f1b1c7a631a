/**
 * Backups of room keys on the server.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { RoomID, SessionID } from "./identifiers.ts";
import type { JsonObject } from "./json.ts";

/** Version of a key backup: a string of digits. */
export type KeyBackupVersion = string;

/** Algorithm of a key backup. */
export type KeyBackupAlgorithm = "m.megolm_backup.v1.curve25519-aes-sha2" | (string & Record<never, never>);

/**
 * A version of a key backup.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversion
 */
export interface KeyBackupInfo extends OpenObject {
  /** Algorithm of the backup. */
  algorithm: KeyBackupAlgorithm;
  /** Data of the algorithm: the public key that keys are encrypted for, and signatures of it. */
  auth_data: JsonObject;
  /** Number of keys. */
  count: number;
  /** Opaque string that changes with the keys. */
  etag: string;
  /** The version. */
  version: KeyBackupVersion;
}

/**
 * The key of a session in a backup.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid
 */
export interface KeyBackupData extends OpenObject {
  /** Index of the first message that the key decrypts. */
  first_message_index: number;
  /** Number of times the key was forwarded between devices. */
  forwarded_count: number;
  /** Whether the device that backed up the key trusts where it came from. */
  is_verified: boolean;
  /** Key, encrypted with the algorithm of the backup. */
  session_data: JsonObject;
}

/** Keys of a room in a backup. */
export interface RoomKeyBackup extends OpenObject {
  /** Keys by session. */
  sessions: Record<SessionID, KeyBackupData>;
}

/** Keys in a backup, by room. */
export type KeyBackupRooms = Record<RoomID, RoomKeyBackup>;

/** State of a key backup after a change. */
export interface KeyBackupState extends OpenObject {
  /** Number of keys. */
  count: number;
  /** Opaque string that changes with the keys. */
  etag: string;
}
