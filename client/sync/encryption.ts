/**
 * The interface between {@linkcode Client} and what encrypts for it. Types only, so that a program without encryption
 * loads no module of `@mtx/client/crypto`.
 *
 * @module
 */
import type { Filter } from "../../types/filter.ts";
import type { DeviceID, EventID, RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { SyncResponse } from "../../types/sync.ts";
import type { AttachmentDecryptor, AttachmentEncryptor } from "../media.ts";
import type { ClientAPI } from "../client_api.ts";
import type { AnyHandledEvent, EventEncryption, EventOrigin } from "./events.ts";
import type { CryptoIdentity, IdentityOptions } from "./identity.ts";

/** Required trust in the sender of an event: `any`, or `crossSigned` for devices that their owner has signed. */
export type CryptoTrust = "crossSigned" | "any";

/** Why an event cannot be decrypted. */
export type UndecryptableReason =
  | "missingKey"
  | "unknownIndex"
  | "untrusted"
  | "forgedSender"
  | "replayed"
  | "malformed";

/** Details of an event that cannot be decrypted. */
export interface UndecryptableDetails {
  /** The room. */
  readonly roomId: RoomID;
  /** Why the event cannot be decrypted. */
  readonly reason: UndecryptableReason;
  /** The code with which the sender has withheld the key, such as `m.unverified`. */
  readonly withheld: string | undefined;
}

/** Options of {@linkcode Client} that concern encryption. */
export interface CryptoOptions extends IdentityOptions {
  /** Encrypts and decrypts, for example what `openOlm()` of `@mtx/client/crypto` resolves to. */
  crypto?: ClientCrypto | undefined;
  /**
   * Required trust in the sender of an event. With `"crossSigned"`, events from devices that their owner has not signed
   * are not decrypted. Events whose keys come from a backup need `"any"`.
   *
   * @default {"crossSigned"}
   */
  trust?: CryptoTrust | undefined;
  /**
   * Called with an event that cannot be decrypted. If its key arrives later, the event is delivered then. By default, a
   * warning is logged once.
   */
  onUndecryptable?: ((event: AnyHandledEvent, details: UndecryptableDetails) => unknown) | undefined;
}

/** An event to send, in its encrypted form if the room is encrypted. */
export interface OutgoingEvent {
  /** The event type. */
  readonly type: string;
  /** The content. */
  readonly content: object;
}

/** An event that is delivered later than it arrived, because its key was missing. */
export interface LateEvent {
  /** The decrypted event. */
  readonly event: AnyHandledEvent & { event_id: EventID };
  /** The part of the sync response that it arrived in. */
  readonly from: EventOrigin;
}

/** Options of {@linkcode ClientCrypto.receive}. */
export interface ReceiveOptions {
  /** The token that the response was requested with. */
  readonly since: SyncToken | undefined;
  /** Ends requests. */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode ClientCrypto.decrypt}. */
export interface DecryptOptions {
  /**
   * The origin of events that are being delivered. Those that cannot be decrypted are reported, and kept until their key
   * arrives.
   */
  readonly from?: EventOrigin | undefined;
  /** A sender whose events no handler takes. They are returned unchanged. */
  readonly ignoredSender?: UserID | undefined;
  /** Ends requests. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * End-to-end encryption of a {@linkcode Client}, which passes it as `client.crypto`. `openOlm()` of `@mtx/client/crypto`
 * creates one. Each belongs to one device and serves one client.
 */
export interface ClientCrypto extends CryptoIdentity {
  /** The user. */
  readonly userId: UserID;
  /** The device. */
  readonly deviceId: DeviceID;
  /**
   * Returns whether a room is encrypted. The homeserver is asked if that is unknown.
   *
   * @throws {MatrixRequestError} If the homeserver refuses to say so.
   */
  isEncrypted(roomId: RoomID, options?: { signal?: AbortSignal | undefined }): Promise<boolean>;
  /** Returns how a decrypted event was encrypted; `undefined` if it was not. The object must be the decrypted one. */
  encryptionOf(event: object): EventEncryption | undefined;
  /** Encrypts a file, see `encryptAttachment()` of `@mtx/client/crypto`. */
  readonly encryptAttachment: AttachmentEncryptor;
  /** Decrypts a file, see `decryptAttachment()` of `@mtx/client/crypto`. */
  readonly decryptAttachment: AttachmentDecryptor;
  /** Releases the engine. The sync must have ended. */
  close(): Promise<void>;

  /**
   * Connects to the client, whose constructor calls it, and sets the user and the device of the client. Sends nothing.
   *
   * @throws {TypeError} If it is connected to another client, if the client has another user or device, or if an option is
   * invalid.
   */
  connect(client: ClientAPI, options: CryptoOptions): void;
  /**
   * Returns a filter with which a sync receives all that encryption needs.
   *
   * @param filter The filter of the program, which is not modified.
   * @returns The filter itself, if it already fits.
   * @throws {TypeError} If encryption cannot work with the filter.
   */
  widenFilter(filter: Filter): Filter;
  /**
   * Processes a sync response, before its events are delivered: receives keys, follows rooms, and sends what is due.
   *
   * @returns The messages to the device, decrypted where possible.
   * @throws {CryptoError} If the engine or its store fails, which must end the sync.
   */
  receive(response: SyncResponse, options: ReceiveOptions): Promise<readonly unknown[]>;
  /**
   * Decrypts events of a room.
   *
   * @param roomId The room.
   * @param events The events. Values that are not encrypted events are returned unchanged.
   * @param options Whether the events are being delivered.
   * @returns The events in the same order, without those that are being delivered late. Decrypted ones are new objects,
   * others are unchanged.
   * @throws {CryptoError} If the engine or its store fails.
   */
  decrypt<E>(roomId: RoomID, events: readonly E[], options?: DecryptOptions): Promise<readonly E[]>;
  /** Decrypts the events that were kept and whose keys have arrived. Returns them by room, oldest first. */
  late(): Promise<ReadonlyMap<RoomID, readonly LateEvent[]>>;
  /** Forgets late events that have been delivered. */
  forget(events: ReadonlyMap<RoomID, readonly LateEvent[]>): Promise<void>;
  /**
   * Encrypts an event before it is sent.
   *
   * @returns The event to send; unchanged if the room is not encrypted, or events of the type are never encrypted.
   * @throws {EncryptionError} If the room is encrypted in a way that is not supported.
   * @throws {MatrixError} If it is unknown whether the room is encrypted, or keys cannot be shared.
   */
  encrypt(
    roomId: RoomID,
    event: OutgoingEvent,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<OutgoingEvent>;
}
