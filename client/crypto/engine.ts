import { DecryptionError } from "../../http/errors/crypto.ts";
import type { DeviceID, RoomID, UserID } from "../../types/identifiers.ts";
import type { JsonObject } from "../../types/json.ts";
import type { CryptoTrust, UndecryptableReason } from "../sync/encryption.ts";
import type { EventEncryption } from "../sync/events.ts";

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
