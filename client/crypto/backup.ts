import { within } from "../../http/retry.ts";
import { CryptoError } from "../../http/errors/base.ts";
import { MNotFound, MWrongRoomKeysVersion } from "../../http/errors/codes.ts";
import type { RequestOptions } from "../../http/options.ts";
import { checkGiven, given } from "../../http/validate.ts";
import type { RoomID, SessionID } from "../../types/identifiers.ts";
import { fieldsOf, isJsonObject, type JsonObject } from "../../types/json.ts";
import type { KeyBackupInfo, KeyBackupRooms } from "../../types/key_backup.ts";
import { notify } from "../sync/deliver.ts";
import type { CryptoBackup, EnableBackupOptions, EnabledBackup, RestoredBackup } from "../sync/identity.ts";
import type { CryptoConnection } from "./connection.ts";
import type { BackupKey } from "./engine.ts";
import { Lock } from "./lock.ts";
import { formatRecoveryKey, parseRecoveryKey } from "./recovery_key.ts";

/**
 * Number of keys that are decrypted and imported at once. The engine decrypts without a pause, and stores them in one
 * transaction.
 */
const PIECE = 200;
/** The longest wait for an upload or a callback, in milliseconds. */
const PATIENCE = 2_000;

/** The backup of room keys on the homeserver. */
export class KeyBackup implements CryptoBackup {
  readonly #connect: () => CryptoConnection;
  readonly #lock = new Lock();
  /** Whether keys are being backed up; `undefined` until the store was read. */
  #isEnabled: boolean | undefined;
  /** Whether there may be keys that are not backed up. */
  #isDue = true;
  #uploading: Promise<void> | undefined;

  /**
   * Creates the backup. Sends nothing.
   *
   * @param connect Returns the client and the engine.
   */
  constructor(connect: () => CryptoConnection) {
    this.#connect = connect;
  }

  async enable(options?: EnableBackupOptions): Promise<EnabledBackup> {
    const { recoveryKey, replace, ...requestOptions } = given(options);
    checkGiven("boolean", { replace });
    const bytes = recoveryKey === undefined || recoveryKey === null
      ? undefined
      : parseRecoveryKey(recoveryKey);
    return await this.#lock.run(() => this.#enable(bytes, replace ?? false, requestOptions));
  }

  async restore(recoveryKey: string, options?: RequestOptions): Promise<RestoredBackup> {
    const { client, engine } = this.#connect();
    const key = engine.identity.backupKey(parseRecoveryKey(recoveryKey));
    const requestOptions = given(options);
    const backup = await client.getCurrentKeyBackup(requestOptions);
    if (backup === null) throw new CryptoError("Cannot restore the key backup: the account has none");
    checkFit("restore", key, backup);
    const rooms = await client.getBackedUpKeys(backup.version, requestOptions);
    const sessions = listSessions(rooms);
    const restored = { imported: 0, total: sessions.length, failed: 0 };
    for (let start = 0; start < sessions.length; start += PIECE) {
      requestOptions.signal?.throwIfAborted();
      const piece = new Map<RoomID, Map<SessionID, JsonObject>>();
      for (const [roomId, sessionId, data] of sessions.slice(start, start + PIECE)) {
        const decrypted = decrypt(key, data);
        if (decrypted === undefined) {
          restored.failed++;
          continue;
        }
        const ofRoom = piece.get(roomId) ?? new Map<SessionID, JsonObject>();
        piece.set(roomId, ofRoom.set(sessionId, decrypted));
      }
      restored.imported += await engine.identity.importBackup(piece, backup.version);
    }
    return restored;
  }

  /** Called when there may be keys that are not backed up. */
  expectKeys(): void {
    this.#isDue = true;
  }

  /**
   * Sends the keys that are not backed up. Waits for it a little, because a program that calls `runOnce()` may end
   * afterwards.
   *
   * @param signal Ends requests.
   */
  async upload(signal: AbortSignal): Promise<void> {
    if (!this.#isDue || this.#isEnabled === false || this.#uploading !== undefined) return;
    this.#isDue = false;
    this.#uploading = this.#lock.run(() => this.#upload(signal)).catch((error) => {
      this.#isDue = true;
      if (!signal.aborted) this.#connect().client.log.warn("Cannot back up keys:", error);
    }).finally(() => this.#uploading = undefined);
    await within(this.#uploading, PATIENCE, undefined);
  }

  /** Ends the upload after its current request. */
  async stop(): Promise<void> {
    this.#isEnabled = false;
    if (this.#uploading !== undefined) await within(this.#uploading, PATIENCE, undefined);
  }

  async #enable(
    bytes: Uint8Array | undefined,
    replace: boolean,
    options: RequestOptions,
  ): Promise<EnabledBackup> {
    const { client, engine: { identity } } = this.#connect();
    const stored = await identity.storedBackup();
    const current = await client.getCurrentKeyBackup(options);
    const known = bytes && identity.backupKey(bytes);
    if (current !== null) {
      if (known !== undefined) checkFit("enable", known, current);
      const received = await identity.receivedBackupKeys();
      const key = known ?? [stored?.key, ...received].find((key) => key !== undefined && fits(key, current));
      if (key !== undefined) return await this.#use(key, current, options);
      if (!replace) {
        throw new CryptoError(
          `Cannot enable the key backup: the account has version ${current.version}, whose recovery key this device ` +
            "does not hold. Pass its recoveryKey, or create a new backup with { replace: true }",
        );
      }
    }
    const key = known ?? identity.backupKey();
    // If the process ends before the version is known, the next call finds a backup for the stored key.
    await identity.storeBackup(key, "");
    const authData = { public_key: key.publicKey, signatures: await this.#sign(key) };
    const version = await client.createKeyBackup(key.algorithm, authData, options);
    return await this.#start(key, version);
  }

  /** Uses a backup that exists, and adds the signatures that it lacks. */
  async #use(key: BackupKey, backup: KeyBackupInfo, options: RequestOptions): Promise<EnabledBackup> {
    const { client, engine: { userId } } = this.#connect();
    const signatures = fieldsOf(backup.auth_data.signatures);
    const present = fieldsOf(signatures[userId]);
    const own = (await this.#sign(key))[userId] ?? {};
    if (Object.keys(own).some((id) => present[id] !== own[id])) {
      const authData = {
        ...backup.auth_data,
        signatures: { ...signatures, [userId]: { ...present, ...own } },
      };
      await client.updateKeyBackup(backup.version, backup.algorithm, authData, options);
    }
    return await this.#start(key, backup.version);
  }

  async #start(key: BackupKey, version: string): Promise<EnabledBackup> {
    const { identity } = this.#connect().engine;
    const stored = await identity.storedBackup();
    if (!this.#isEnabled || stored?.version !== version || stored.key.publicKey !== key.publicKey) {
      // Forgets which keys are in another version.
      if (stored !== undefined && stored.version !== version) await identity.disableBackup();
      await identity.storeBackup(key, version);
      await identity.enableBackup(key, version);
      this.#isEnabled = this.#isDue = true;
    }
    return { version, recoveryKey: formatRecoveryKey(key.toBytes()) };
  }

  /** Signs the public key. An object with one ASCII field is canonical JSON. */
  async #sign({ publicKey }: BackupKey): Promise<Record<string, Record<string, string>>> {
    return await this.#connect().engine.identity.sign(JSON.stringify({ public_key: publicKey }));
  }

  async #upload(signal: AbortSignal): Promise<void> {
    const { engine: { identity }, send } = this.#connect();
    if (this.#isEnabled === undefined) {
      const stored = await identity.storedBackup();
      this.#isEnabled ??= stored !== undefined && stored.version !== "";
    }
    while (this.#isEnabled) {
      const request = await identity.backUp();
      if (request === undefined) return;
      try {
        await send(request, signal);
      } catch (error) {
        if (!(error instanceof MNotFound || error instanceof MWrongRoomKeysVersion)) throw error;
        await this.#end(request.version ?? "", error);
      }
    }
  }

  /** Stops to back up keys, also after a restart. */
  async #end(version: string, cause: MNotFound | MWrongRoomKeysVersion): Promise<void> {
    const { engine: { identity }, client: { log }, options: { onBackupStopped } } = this.#connect();
    this.#isEnabled = false;
    const stored = await identity.storedBackup();
    if (stored !== undefined) await identity.storeBackup(stored.key, "");
    const reason = cause instanceof MNotFound ? "it was deleted" : "there is a newer version";
    const error = new CryptoError(
      `Cannot back up keys to version ${version} of the key backup: ${reason}. Call backup.enable() to use another`,
      { cause },
    );
    if (onBackupStopped === undefined) log.warn("Keys are no longer backed up:", error);
    else await notify(log, "onBackupStopped", () => onBackupStopped(error), PATIENCE);
  }
}

/** Returns whether a key is that of a backup. */
function fits({ algorithm, publicKey }: BackupKey, { algorithm: other, auth_data }: KeyBackupInfo): boolean {
  return algorithm === other && publicKey === fieldsOf(auth_data).public_key;
}

function checkFit(action: string, key: BackupKey, backup: KeyBackupInfo): void {
  if (key.algorithm !== backup.algorithm) {
    throw new CryptoError(`Cannot ${action} the key backup: its algorithm is not ${key.algorithm}`);
  }
  if (!fits(key, backup)) {
    throw new CryptoError(
      `Cannot ${action} the key backup: the recovery key is not that of version ${backup.version}`,
    );
  }
}

/** Lists the sessions in a backup. */
function listSessions(rooms: KeyBackupRooms): [RoomID, SessionID, unknown][] {
  const sessions: [RoomID, SessionID, unknown][] = [];
  for (const [roomId, room] of Object.entries(rooms)) {
    for (const [sessionId, session] of Object.entries(fieldsOf(fieldsOf(room).sessions))) {
      sessions.push([roomId as RoomID, sessionId, fieldsOf(session).session_data]);
    }
  }
  return sessions;
}

/** Decrypts the key of a session; `undefined` if it is malformed or was encrypted for another key. */
function decrypt(key: BackupKey, data: unknown): JsonObject | undefined {
  try {
    const decrypted = isJsonObject(data) ? key.decrypt(data) : undefined;
    return isJsonObject(decrypted) ? decrypted : undefined;
  } catch {
    return undefined;
  }
}
