import { DecryptionError } from "../../http/errors/base.ts";
import type { DeviceID, RoomID, SessionID, UserID } from "../../types/identifiers.ts";
import type { JsonObject } from "../../types/json.ts";
import type { CrossSigningKeySet } from "../keys.ts";
import type { CryptoTrust, UndecryptableReason } from "../sync/encryption.ts";
import type { EventEncryption } from "../sync/events.ts";
import type { VerificationEmoji } from "../sync/identity.ts";

/** Encryption settings of a room. */
export interface RoomEncryption {
  /** Algorithm of the room, from its `m.room.encryption` event. */
  algorithm: string;
  /** Number of messages after which the room key is replaced. */
  rotationMessages?: number | undefined;
  /** Milliseconds after which the room key is replaced. */
  rotationPeriod?: number | undefined;
}

/** A request that a crypto engine wants to send. */
export interface CryptoRequest {
  /** ID of the request. */
  id: string;
  /** Kind of the request. */
  kind: "keysUpload" | "keysQuery" | "keysClaim" | "toDevice" | "signatures" | "roomMessage" | "backup";
  /** Body, as JSON. Holds keys. */
  body: string;
  /** Event type of `toDevice` and `roomMessage`. */
  eventType?: string | undefined;
  /** Transaction ID of `toDevice` and `roomMessage`. */
  txnId?: string | undefined;
  /** Room of `roomMessage`. */
  roomId?: string | undefined;
  /** Version of `backup`. */
  version?: string | undefined;
}

/** Changes in a sync response that concern encryption. */
export interface CryptoChanges {
  /** Messages to the device. */
  toDevice: readonly unknown[];
  /** Users whose devices have changed. */
  changed: readonly UserID[];
  /** Users who no longer share an encrypted room. */
  left: readonly UserID[];
  /** Number of one-time keys that the server has, by algorithm. */
  counts: Readonly<Record<string, number>>;
  /** Algorithms of fallback keys that were not used, if the server says so. */
  fallback: readonly string[] | undefined;
}

/** A decrypted event. */
export interface DecryptedEvent extends EventEncryption {
  /** The event with its decrypted type and content. */
  readonly event: JsonObject;
  /** Index of the message within its session, which is authenticated. Identifies a message that is replayed. */
  readonly index: number;
}

/** Thrown if an event cannot be decrypted. */
export class Undecryptable extends DecryptionError {
  /** Name of the class. */
  static override get name(): string {
    return "Undecryptable";
  }
  /** Why: `missingKey`, `unknownIndex`, `untrusted`, `forgedSender`, `replayed` or `malformed`. */
  readonly reason: UndecryptableReason;
  /** Code with which the sender has withheld the key. */
  readonly withheld: string | undefined;

  /**
   * Creates an error.
   *
   * @param reason Why the event cannot be decrypted.
   * @param withheld Code with which the sender has withheld the key.
   */
  constructor(reason: UndecryptableReason, withheld?: string) {
    super(`Cannot decrypt the event: ${REASONS[reason]}${withheld === undefined ? "" : ` (${withheld})`}`);
    this.reason = reason;
    this.withheld = withheld;
  }
}

const REASONS: Readonly<Record<UndecryptableReason, string>> = {
  missingKey: "its key has not arrived",
  unknownIndex: "its key is newer than the event",
  untrusted: "its device is not signed by its owner",
  forgedSender: "its sender is not the user who encrypted it",
  replayed: "the same ciphertext was in another event",
  malformed: "it is malformed",
};

/** An engine that encrypts and decrypts for one device. Keeps its keys by itself and sends nothing. */
export interface CryptoEngine {
  /** The user. */
  readonly userId: UserID;
  /** The device. */
  readonly deviceId: DeviceID;
  /** Cross-signing, key backup and verification. */
  readonly identity: IdentityEngine;
  /**
   * Takes in what a sync response says that concerns encryption.
   *
   * @returns The messages to the device, decrypted where possible.
   */
  receive(changes: CryptoChanges): Promise<unknown[]>;
  /** Returns requests to send. Each is returned again until {@linkcode CryptoEngine.sent} is called. */
  outgoing(): Promise<CryptoRequest[]>;
  /** Takes in the response to a request. */
  sent(request: CryptoRequest, response: unknown): Promise<void>;
  /** Follows the devices of users. */
  track(users: readonly UserID[]): Promise<void>;
  /** Returns the request that claims missing one-time keys for the devices of users, if there is one. */
  claim(users: readonly UserID[]): Promise<CryptoRequest | undefined>;
  /** Returns the requests that share the key of a room. Must be called before each {@linkcode CryptoEngine.encrypt}. */
  share(roomId: RoomID, users: readonly UserID[], how: RoomEncryption): Promise<CryptoRequest[]>;
  /** Encrypts content and returns that of `m.room.encrypted`. */
  encrypt(roomId: RoomID, type: string, content: object): Promise<JsonObject>;
  /**
   * Decrypts an event.
   *
   * @throws {Undecryptable} If that is impossible.
   */
  decrypt(roomId: RoomID, event: object, trust: CryptoTrust): Promise<DecryptedEvent>;
  /** Returns how a room is encrypted; `undefined` if that is unknown. */
  room(roomId: RoomID): Promise<RoomEncryption | undefined>;
  /** Keeps how a room is encrypted. It cannot be reverted. */
  setRoom(roomId: RoomID, how: RoomEncryption): Promise<void>;
  /** Registers a function that is called with the rooms for which keys have arrived. */
  onKeys(listener: (rooms: RoomID[]) => void): void;
  /** Releases the engine. */
  close(): Promise<void>;
}

/** The cross-signing keys of the owner of a device, as far as the device knows them. */
export interface CrossSigningState {
  /** Whether the device holds the private keys: all three, some of them, or none. */
  held: "all" | "some" | "none";
  /** Whether the device trusts the public keys, because it holds the private ones or another device was verified. */
  trusted: boolean;
  /** Whether the device is signed with the self-signing key. */
  signed: boolean;
}

/** The private key of a key backup. */
export interface BackupKey {
  /** The algorithm of the backup. */
  readonly algorithm: string;
  /** The public key, unpadded base64. */
  readonly publicKey: string;
  /** Returns the private key: 32 bytes. */
  toBytes(): Uint8Array;
  /**
   * Decrypts the key of a session.
   *
   * @throws If the data is malformed or was encrypted for another key.
   */
  decrypt(sessionData: JsonObject): JsonObject;
}

/** A verification of an engine. */
export interface EngineVerification {
  /** The ID of the verification. */
  readonly id: string;
  /** The other user. */
  readonly userId: UserID;
  /** The other device, once it is known. */
  readonly deviceId: DeviceID | undefined;
  /** Whether this device has requested the verification. */
  readonly isOurs: boolean;
  /**
   * The progress: `requested`; `ready` once the other side has accepted the request; `started` once emoji are being
   * exchanged; `done` once both sides are done; `cancelled`.
   */
  readonly phase: "requested" | "ready" | "started" | "done" | "cancelled";
  /** Why the verification was cancelled. */
  readonly cancellation: { code: string; reason: string; byUs: boolean } | undefined;
  /** The emoji to compare, once they are known. */
  readonly emoji: VerificationEmoji[] | undefined;
  /** Accepts the request, or the emoji comparison that the other side has started. */
  accept(): CryptoRequest | undefined;
  /** Starts the emoji comparison. Returns `undefined` if the other side does not support it. */
  start(): Promise<CryptoRequest | undefined>;
  /** Confirms that the emoji match. */
  confirm(): Promise<CryptoRequest[]>;
  /** Cancels the verification. */
  cancel(code: string): CryptoRequest | undefined;
}

/** The part of a crypto engine that concerns identities: cross-signing, key backup and verification. */
export interface IdentityEngine {
  /** Returns the request that gets the current keys of users. */
  queryKeys(users: readonly UserID[]): CryptoRequest;
  /** Returns what is known of the user's cross-signing keys, up to the last response to a query. */
  crossSigning(): Promise<CrossSigningState>;
  /**
   * Returns the user's cross-signing keys, and the request that uploads signatures of the keys and of the device.
   *
   * @param reset Whether to create new keys although the device holds some.
   */
  bootstrap(reset: boolean): Promise<{ keys: CrossSigningKeySet; signatures: CryptoRequest }>;
  /** Signs canonical JSON with the key of the device and, if the device holds it, with the user's master key. */
  sign(json: string): Promise<Record<UserID, Record<string, string>>>;
  /** Returns the key of a backup, a random one by default. */
  backupKey(bytes?: Uint8Array): BackupKey;
  /** Returns the stored key of a backup and the version that it is for. */
  storedBackup(): Promise<{ key: BackupKey; version: string } | undefined>;
  /** Returns keys of backups that the user's other devices have sent to this one after a verification. */
  receivedBackupKeys(): Promise<BackupKey[]>;
  /** Stores the key of a backup, and the version that it is for. */
  storeBackup(key: BackupKey, version: string): Promise<void>;
  /** Starts to back up keys. */
  enableBackup(key: BackupKey, version: string): Promise<void>;
  /** Stops to back up keys, and forgets which ones are backed up. */
  disableBackup(): Promise<void>;
  /** Returns the request that backs up the next keys, if there are any. */
  backUp(): Promise<CryptoRequest | undefined>;
  /** Imports keys from a backup. Returns the number of those that are better than the ones in the store. */
  importBackup(
    rooms: ReadonlyMap<RoomID, ReadonlyMap<SessionID, JsonObject>>,
    version: string,
  ): Promise<number>;
  /** Returns the known devices of a user, except for this one and dehydrated ones. */
  devices(userId: UserID): Promise<DeviceID[]>;
  /**
   * Requests the verification of a device; by default, of the user's own other devices.
   *
   * @returns The verification, and the request to send. `undefined` if the device or the user's own identity is unknown.
   */
  requestVerification(
    userId: UserID,
    deviceId?: DeviceID,
  ): Promise<{ verification: EngineVerification; request: CryptoRequest } | undefined>;
  /** Receives a message to the device that was received before. */
  receiveAgain(event: object): Promise<void>;
  /** Returns a verification that the user has requested. */
  verification(userId: UserID, id: string): EngineVerification | undefined;
}
