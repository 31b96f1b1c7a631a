/**
 * The adapter for `@matrix-org/matrix-sdk-crypto-wasm`, versions 18.x. Its types are structural, so that the package is a
 * dependency of the program and not of this library.
 *
 * Objects of the package that are passed as arguments are moved: using one twice is an error, so each call makes its own.
 *
 * @module
 */
import { CryptoError, MatrixResponseError } from "../../http/errors/base.ts";
import { toWellFormed } from "../../http/request.ts";
import type { DeviceID, RoomID, UserID } from "../../types/identifiers.ts";
import { isJsonObject, type JsonObject } from "../../types/json.ts";
import { decodeBase64 } from "../encoding.ts";
import type { CryptoTrust, UndecryptableReason } from "../sync/encryption.ts";
import { CryptoDriver } from "./driver.ts";
import {
  type CryptoChanges,
  type CryptoEngine,
  type CryptoRequest,
  type DecryptedEvent,
  type IdentityEngine,
  type RoomEncryption,
  Undecryptable,
} from "./engine.ts";
import { INDEXED_DB_CLASSES, IndexedDB } from "./indexed_db.ts";
import { Lock } from "./lock.ts";
import { OlmIdentityEngine, type OlmIdentityMachine } from "./olm_identity.ts";
import { KINDS, type OlmRequest, toRequest } from "./olm_request.ts";
import type { StringStore } from "./string_store.ts";
import { watched } from "./watchdog.ts";

/** The namespace of the module `@matrix-org/matrix-sdk-crypto-wasm`, as far as {@linkcode openOlm} uses it. */
export interface OlmSdk {
  /** Loads the WebAssembly module. */
  initAsync(): Promise<unknown>;
  /** A user ID. */
  UserId: new (id: string) => object;
  /** A device ID. */
  DeviceId: new (id: string) => object;
  /** A room ID. */
  RoomId: new (id: string) => object;
  /** Users whose devices have changed: arrays of `UserId`. */
  DeviceLists: new (changed?: never[], left?: never[]) => object;
  /** Settings of decryption. */
  DecryptionSettings: new (trust: number) => object;
  /** The private key of a backup. */
  BackupDecryptionKey: { createRandomKey(): object; fromBase64(key: string): object };
  /** Settings of encryption. */
  EncryptionSettings: new () => object;
  /** Settings of a room. */
  RoomSettings: new () => object;
  /** An open store. */
  StoreHandle: { openWithKey(name: string, key: Uint8Array): Promise<object> };
  /** A machine. */
  OlmMachine: { initFromStore(userId: object, deviceId: object, store: object): Promise<object> };
}

/** The machine of the package, as far as it is used. */
interface OlmMachine extends OlmIdentityMachine {
  outgoingRequests(): Promise<OlmRequest[]>;
  markRequestAsSent(id: string, type: number, response: string): Promise<unknown>;
  updateTrackedUsers(users: object[]): Promise<void>;
  getMissingSessions(users: object[]): Promise<OlmRequest | null | undefined>;
  shareRoomKey(roomId: object, users: object[], settings: object): Promise<OlmRequest[]>;
  encryptRoomEvent(roomId: object, type: string, content: string): Promise<string>;
  decryptRoomEvent(event: string, roomId: object, settings: object): Promise<OlmDecrypted>;
  getRoomSettings(roomId: object): Promise<OlmRoomSettings | undefined>;
  setRoomSettings(roomId: object, settings: object): Promise<void>;
  registerRoomKeyUpdatedCallback(
    callback: (keys: { roomId: { toString(): string } }[]) => Promise<void>,
  ): void;
  close(): void;
}

interface OlmDecrypted {
  event: string;
  sender: { toString(): string };
  senderDevice?: { toString(): string } | undefined;
  shieldState(strict: boolean): { color: number; code?: number | undefined; message?: string | undefined };
}

interface OlmRoomSettings {
  algorithm: number;
  sessionRotationPeriodMessages?: number | undefined;
  sessionRotationPeriodMs?: number | undefined;
}

/** Options of {@linkcode openOlm}. */
export interface OpenOlmOptions {
  /** The user. */
  userId: UserID;
  /** The device, which must belong to the access token of the client. */
  deviceId: DeviceID;
  /** Encrypts what is stored: 32 bytes. Losing it means losing the device's keys. */
  key: Uint8Array;
  /** Store of the keys. If the runtime has an IndexedDB, as browsers do, that holds the keys of the engine. */
  store: StringStore;
}

const MEGOLM = "m.megolm.v1.aes-sha2";
/** The package's number of {@linkcode MEGOLM}. */
const MEGOLM_NUMBER = 1;
/** A Megolm message: the tag of its index, the wire type of its ciphertext, and the number of bytes after the fields. */
const INDEX_TAG = 0x08;
const LENGTH_DELIMITED = 2;
const MAC_AND_SIGNATURE = 8 + 64;
/** The package's numbers of trust requirements. */
const TRUST: Readonly<Record<CryptoTrust, number>> = { any: 0, crossSigned: 2 };
/** The package's numbers of reasons. */
const REASONS: readonly UndecryptableReason[] = [
  "missingKey",
  "unknownIndex",
  "malformed",
  "untrusted",
  "untrusted",
  "untrusted",
  "malformed",
  "forgedSender",
];
/** The package's numbers of colours and codes of shields. */
const RED = 0;
const NO_SHIELD = 2;
const MISMATCHED_SENDER = 5;
/** Opens one engine after another, because each has to find its own database under the global name. */
const opening = new Lock();

/**
 * Opens the encryption of a device, for the option `crypto` of a {@linkcode Client}.
 *
 * @param sdk The namespace of `@matrix-org/matrix-sdk-crypto-wasm`, version 18.
 * @param options The device, and where its keys are kept.
 * @returns The encryption, which uses the same store.
 * @throws {TypeError} If an option is missing or malformed.
 * @throws {CryptoError} If the store cannot be opened, for example because the key is wrong. The cause is the store's.
 */
export async function openOlm(sdk: OlmSdk, options: OpenOlmOptions): Promise<CryptoDriver> {
  const { engine, store } = await openNext(sdk, options);
  return new CryptoDriver(engine, store);
}

/**
 * Opens the crypto engine of a device, for programs with a driver of their own.
 *
 * @param sdk The namespace of `@matrix-org/matrix-sdk-crypto-wasm`, version 18.
 * @param options The device, and where its keys are kept.
 * @returns The engine.
 * @throws {TypeError} If an option is missing or malformed.
 * @throws {CryptoError} If the store cannot be opened, for example because the key is wrong. The cause is the store's.
 */
export async function openOlmEngine(sdk: OlmSdk, options: OpenOlmOptions): Promise<CryptoEngine> {
  return (await openNext(sdk, options)).engine;
}

/** An open engine, and a store that is part of its fence: only the process that opened the engine last can write. */
interface OpenEngine {
  readonly engine: CryptoEngine;
  readonly store: StringStore;
}

async function openNext(sdk: OlmSdk, options: OpenOlmOptions): Promise<OpenEngine> {
  const { userId, deviceId, key, store } = options;
  if (!(key instanceof Uint8Array) || key.length !== 32) {
    throw new TypeError("Cannot open the crypto store: key must be 32 bytes");
  }
  if (typeof store?.load !== "function") {
    throw new TypeError("Cannot open the crypto store: store must be a StringStore");
  }
  return await opening.run(() => open(sdk, userId, deviceId, key, store));
}

async function open(
  sdk: OlmSdk,
  userId: UserID,
  deviceId: DeviceID,
  key: Uint8Array,
  store: StringStore,
): Promise<OpenEngine> {
  await sdk.initAsync();
  const database = "indexedDB" in globalThis ? undefined : await IndexedDB.load(store);
  try {
    if (database !== undefined) {
      for (const [name, value] of Object.entries(INDEXED_DB_CLASSES)) define(name, value);
      define("indexedDB", database);
    }
    const name = `mtx-crypto:${userId}:${deviceId}`;
    const handle = await sdk.StoreHandle.openWithKey(name, key.slice());
    const machine = await sdk.OlmMachine.initFromStore(
      new sdk.UserId(userId),
      new sdk.DeviceId(deviceId),
      handle,
    );
    const engine = new OlmEngine(sdk, userId, deviceId, machine as OlmMachine, database);
    return { engine, store: database === undefined ? store : besides(database) };
  } catch (error) {
    throw new CryptoError("Cannot open the crypto store", { cause: database?.failure ?? error });
  } finally {
    // The engine keeps its connections. Other code must not take this for a complete IndexedDB.
    if (database !== undefined) delete (globalThis as { indexedDB?: unknown }).indexedDB;
  }
}

/**
 * Returns the part of a store that is not the engine's, without reading it again. It is written through the database of
 * the engine, in whose transactions the fence is checked.
 */
function besides(database: IndexedDB): StringStore {
  return {
    async *load() {
      yield* database.others;
    },
    // The engine writes each time it encrypts, so there is no need to check the fence before.
    write: (changes) => changes.size === 0 ? Promise.resolve() : database.write(changes),
  };
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

class OlmEngine implements CryptoEngine {
  readonly userId: UserID;
  readonly deviceId: DeviceID;
  readonly identity: IdentityEngine;
  readonly #sdk: OlmSdk;
  readonly #machine: OlmMachine;
  /** The database over the store; `undefined` if the runtime has one of its own. */
  readonly #database: IndexedDB | undefined;
  readonly #lock = new Lock();
  /** Rooms whose keys were shared by this process. */
  readonly #shared = new Set<RoomID>();

  constructor(
    sdk: OlmSdk,
    userId: UserID,
    deviceId: DeviceID,
    machine: OlmMachine,
    database: IndexedDB | undefined,
  ) {
    this.#sdk = sdk;
    this.userId = userId;
    this.deviceId = deviceId;
    this.#machine = machine;
    this.#database = database;
    this.identity = new OlmIdentityEngine(
      sdk,
      userId,
      deviceId,
      machine,
      (action, work) => this.#call(action, async () => await work()),
    );
  }

  async receive({ toDevice, changed, left, counts, fallback }: CryptoChanges): Promise<unknown[]> {
    const { DeviceLists, DecryptionSettings } = this.#sdk;
    const events = await this.#call("receive a sync response", () =>
      this.#machine.receiveSyncChanges(
        toJson(toDevice),
        new DeviceLists(this.#users(changed) as never[], this.#users(left) as never[]),
        new Map(Object.entries(counts)),
        fallback && new Set(fallback),
        new DecryptionSettings(TRUST.any),
      ));
    return events.map(({ rawEvent }) => JSON.parse(rawEvent));
  }

  async outgoing(): Promise<CryptoRequest[]> {
    const requests = await this.#call("make requests", () => this.#machine.outgoingRequests());
    return requests.map(toRequest);
  }

  async sent({ id, kind }: CryptoRequest, response: unknown): Promise<void> {
    try {
      await watched(
        "process a response",
        () => this.#machine.markRequestAsSent(id, KINDS.indexOf(kind), toJson(response)),
      );
    } catch (error) {
      const failure = this.#failure("process a response", error);
      if (failure === error || failure.cause !== undefined) throw failure;
      throw new MatrixResponseError(`Invalid response to a request of the encryption (${kind})`);
    }
  }

  async track(users: readonly UserID[]): Promise<void> {
    await this.#call("track users", () => this.#machine.updateTrackedUsers(this.#users(users)));
  }

  async claim(users: readonly UserID[]): Promise<CryptoRequest | undefined> {
    const request = await this.#call(
      "claim keys",
      () => this.#machine.getMissingSessions(this.#users(users)),
    );
    return request ? toRequest(request) : undefined;
  }

  async share(roomId: RoomID, users: readonly UserID[], how: RoomEncryption): Promise<CryptoRequest[]> {
    const settings = new this.#sdk.EncryptionSettings() as object & {
      rotationPeriodMessages: bigint;
      rotationPeriod: bigint;
    };
    if (how.rotationMessages !== undefined) settings.rotationPeriodMessages = BigInt(how.rotationMessages);
    // The engine counts in microseconds.
    if (how.rotationPeriod !== undefined) settings.rotationPeriod = BigInt(how.rotationPeriod) * 1000n;
    const room = new this.#sdk.RoomId(roomId);
    const requests = await this.#call(
      "share a room key",
      () => this.#machine.shareRoomKey(room, this.#users(users), settings),
    );
    this.#shared.add(roomId);
    return requests.map(toRequest);
  }

  async encrypt(roomId: RoomID, type: string, content: object): Promise<JsonObject> {
    if (!this.#shared.has(roomId)) {
      // A panic of the engine would end the program.
      throw new CryptoError(`Cannot encrypt an event for ${roomId}: its key has not been shared`);
    }
    const room = new this.#sdk.RoomId(roomId);
    const encrypted = await this.#call(
      "encrypt an event",
      () => this.#machine.encryptRoomEvent(room, type, toJson(content)),
    );
    return JSON.parse(encrypted);
  }

  async decrypt(roomId: RoomID, event: object, trust: CryptoTrust): Promise<DecryptedEvent> {
    const { RoomId, DecryptionSettings } = this.#sdk;
    // The engine would decrypt state, which the server could then forge.
    if ("state_key" in event) throw new Undecryptable("malformed");
    let decrypted: OlmDecrypted;
    try {
      decrypted = await this.#write("decrypt an event", () =>
        this.#machine.decryptRoomEvent(
          toJson(event),
          new RoomId(roomId),
          new DecryptionSettings(TRUST[trust]),
        ));
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code;
      if (typeof code !== "number") throw this.#failure("decrypt an event", error);
      const { withheldCode } = error as { withheldCode?: string };
      throw new Undecryptable(REASONS[code] ?? "malformed", withheldCode);
    }
    const { color, code, message } = decrypted.shieldState(true);
    const sender = decrypted.sender.toString() as UserID;
    // Without a requirement of trust the engine decrypts under any sender, and only shows a red shield.
    if ((color === RED && code === MISMATCHED_SENDER) || (event as { sender?: unknown }).sender !== sender) {
      throw new Undecryptable("forgedSender");
    }
    const clear: unknown = JSON.parse(decrypted.event);
    if (!isJsonObject(clear) || typeof clear.type !== "string" || !isJsonObject(clear.content)) {
      throw new Undecryptable("malformed");
    }
    // A decrypted event is never state, even if the ciphertext says so.
    delete clear.state_key;
    return {
      event: clear,
      index: messageIndex((event as { content: { ciphertext: string } }).content.ciphertext),
      sender,
      device: decrypted.senderDevice?.toString(),
      // Without the strict mode it does not matter whether this user has verified the sender.
      verified: decrypted.shieldState(false).color === NO_SHIELD,
      shield: color === NO_SHIELD ? undefined : message,
    };
  }

  async room(roomId: RoomID): Promise<RoomEncryption | undefined> {
    const room = new this.#sdk.RoomId(roomId);
    const settings = await this.#call(
      "read the settings of a room",
      () => this.#machine.getRoomSettings(room),
    );
    if (settings === undefined) return undefined;
    return {
      algorithm: settings.algorithm === MEGOLM_NUMBER ? MEGOLM : "",
      rotationMessages: settings.sessionRotationPeriodMessages,
      rotationPeriod: settings.sessionRotationPeriodMs,
    };
  }

  async setRoom(roomId: RoomID, how: RoomEncryption): Promise<void> {
    const { RoomId, RoomSettings } = this.#sdk;
    if (how.algorithm !== MEGOLM) {
      throw new CryptoError(`Cannot encrypt in ${roomId}: its algorithm is not ${MEGOLM}`);
    }
    const settings = new RoomSettings() as object & Partial<OlmRoomSettings>;
    settings.algorithm = MEGOLM_NUMBER;
    settings.sessionRotationPeriodMessages = how.rotationMessages;
    settings.sessionRotationPeriodMs = how.rotationPeriod;
    await this.#call(
      "keep the settings of a room",
      () => this.#machine.setRoomSettings(new RoomId(roomId), settings),
    );
  }

  onKeys(listener: (rooms: RoomID[]) => void): void {
    this.#machine.registerRoomKeyUpdatedCallback((keys) => {
      listener([...new Set(keys.map(({ roomId }) => roomId.toString() as RoomID))]);
      return Promise.resolve();
    });
  }

  close(): Promise<void> {
    this.#machine.close();
    return Promise.resolve();
  }

  /** User IDs as the package has them. It refuses some that servers accept, for example very long ones. */
  #users(users: readonly UserID[]): object[] {
    return users.flatMap((user) => {
      try {
        return [new this.#sdk.UserId(user)];
      } catch {
        return [];
      }
    });
  }

  async #call<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#write(action, work);
    } catch (error) {
      throw this.#failure(action, error);
    }
  }

  /**
   * Makes a call, and writes everything that it changes at once. The engine itself stores in one transaction that it has
   * received a message, and in the next one the room key that the message holds: a process that ends in between would
   * have lost the key. So one call follows the other.
   */
  async #write<T>(action: string, work: () => Promise<T>): Promise<T> {
    return await this.#lock.run(async () => {
      this.#database?.hold();
      const result = await watched(action, work);
      await watched(action, async () => await this.#database?.flush());
      return result;
    });
  }

  /** The engine loses the cause of a store that fails, and its own errors can hold keys. */
  #failure(action: string, error: unknown): CryptoError {
    if (error instanceof CryptoError) return error;
    return new CryptoError(`Cannot ${action}: the crypto engine failed`, { cause: this.#database?.failure });
  }
}

/**
 * Reads the index of a Megolm message. The package does not return it, but has authenticated it: the message is signed.
 *
 * @see https://gitlab.matrix.org/matrix-org/olm/-/blob/master/docs/megolm.md#message-format
 */
function messageIndex(ciphertext: string): number {
  const bytes = decodeBase64(ciphertext);
  let at = 1;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new Undecryptable("malformed");
  };
  let index: number | undefined;
  const end = bytes.length - MAC_AND_SIGNATURE;
  while (at < end) {
    const tag = varint();
    const value = varint();
    if (tag === INDEX_TAG) index = value;
    else if ((tag & 7) === LENGTH_DELIMITED) at += value;
    else if ((tag & 7) !== 0) throw new Undecryptable("malformed");
  }
  if (index === undefined || at !== end) throw new Undecryptable("malformed");
  return index;
}

/** Returns JSON without lone surrogates, which the package refuses. */
function toJson(value: unknown): string {
  return toWellFormed(JSON.stringify(value));
}
