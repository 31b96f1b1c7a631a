import { MNotFound } from "../http/errors/codes.ts";
import type { APIRequestOptions, RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { objectResponse, required } from "../http/response_fields.ts";
import { checkContent, checkIdentifier, checkKind } from "../http/validate.ts";
import type { RoomID, SessionID } from "../types/identifiers.ts";
import type { JsonObject } from "../types/json.ts";
import type {
  KeyBackupAlgorithm,
  KeyBackupData,
  KeyBackupInfo,
  KeyBackupRooms,
  KeyBackupState,
  KeyBackupVersion,
} from "../types/key_backup.ts";
import { KeyMethods } from "./keys.ts";

const VERSION = "/_matrix/client/v3/room_keys/version";
const KEYS = "/_matrix/client/v3/room_keys/keys";

/** Backups of room keys on the server. The keys are encrypted by the caller. */
export abstract class KeyBackupMethods extends KeyMethods {
  /**
   * Creates a key backup. The version before becomes read-only at once.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3room_keysversion
   * @param algorithm The algorithm.
   * @param authData Data of the algorithm.
   * @param options Request options. Not retried after a lost connection, because each request creates a version.
   * @returns The new version.
   */
  async createKeyBackup(
    algorithm: KeyBackupAlgorithm,
    authData: object,
    options?: RequestOptions,
  ): Promise<KeyBackupVersion> {
    const response = await this.request("POST", VERSION, options, { body: backupInfo(algorithm, authData) });
    return required(response, "version");
  }

  /**
   * Gets the current key backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversion
   * @param options Request options.
   * @returns The backup, or `null` if there is none.
   */
  async getCurrentKeyBackup(options?: RequestOptions): Promise<KeyBackupInfo | null> {
    return await this.#getOrNull<KeyBackupInfo>(VERSION, options);
  }

  /**
   * Gets a version of the key backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversionversion
   * @param version The version.
   * @param options Request options.
   * @returns The backup.
   * @throws {MNotFound} If there is no such version, or it was deleted.
   */
  async getKeyBackup(version: KeyBackupVersion, options?: RequestOptions): Promise<KeyBackupInfo> {
    return objectResponse(await this.request<KeyBackupInfo>("GET", versionPath(version), options));
  }

  /**
   * Updates the data of a key backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keysversionversion
   * @param version The version.
   * @param algorithm The algorithm, which cannot be changed.
   * @param authData Data of the algorithm.
   * @param options Request options.
   * @throws {MNotFound} If there is no such version.
   */
  async updateKeyBackup(
    version: KeyBackupVersion,
    algorithm: KeyBackupAlgorithm,
    authData: object,
    options?: RequestOptions,
  ): Promise<void> {
    const body = { ...backupInfo(algorithm, authData), version };
    await this.request("PUT", versionPath(version), options, { body });
  }

  /**
   * Deletes a key backup with all of its keys. Deleting it twice succeeds.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keysversionversion
   * @param version The version.
   * @param options Request options.
   */
  async deleteKeyBackup(version: KeyBackupVersion, options?: RequestOptions): Promise<void> {
    await this.request("DELETE", versionPath(version), options);
  }

  /**
   * Backs up keys of several rooms. Of two keys for the same session the server keeps the better one. Some hundred
   * sessions at a time are a good size.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys
   * @param version The version of the backup.
   * @param rooms The keys, by room and session.
   * @param options Request options.
   * @returns The state of the backup.
   * @throws {MWrongRoomKeysVersion} If it is not the current version: another device has created a new one.
   */
  async backUpKeys(
    version: KeyBackupVersion,
    rooms: Readonly<KeyBackupRooms>,
    options?: RequestOptions,
  ): Promise<KeyBackupState> {
    for (const roomId of Object.keys(checkContent(rooms))) checkKind("room ID", roomId);
    return await this.#putKeys(KEYS, version, { rooms }, options);
  }

  /**
   * Backs up keys of a room.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomid
   * @param version The version of the backup.
   * @param roomId The room.
   * @param sessions The keys, by session.
   * @param options Request options.
   * @returns The state of the backup.
   * @throws {MWrongRoomKeysVersion} If it is not the current version: another device has created a new one.
   */
  async backUpRoomKeys(
    version: KeyBackupVersion,
    roomId: RoomID,
    sessions: Readonly<Record<SessionID, KeyBackupData>>,
    options?: RequestOptions,
  ): Promise<KeyBackupState> {
    return await this.#putKeys(roomPath(roomId), version, { sessions: checkContent(sessions) }, options);
  }

  /**
   * Backs up the key of a session.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid
   * @param version The version of the backup.
   * @param roomId The room.
   * @param sessionId The session.
   * @param key The key.
   * @param options Request options.
   * @returns The state of the backup.
   * @throws {MWrongRoomKeysVersion} If it is not the current version: another device has created a new one.
   */
  async backUpSessionKey(
    version: KeyBackupVersion,
    roomId: RoomID,
    sessionId: SessionID,
    key: KeyBackupData,
    options?: RequestOptions,
  ): Promise<KeyBackupState> {
    return await this.#putKeys(sessionPath(roomId, sessionId), version, { ...checkContent(key) }, options);
  }

  /**
   * Gets all keys in a backup, in one response.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeys
   * @param version The version of the backup.
   * @param options Request options.
   * @returns The keys, by room and session.
   * @throws {MNotFound} If there is no such version.
   */
  async getBackedUpKeys(version: KeyBackupVersion, options?: RequestOptions): Promise<KeyBackupRooms> {
    const response = await this.request<{ rooms: KeyBackupRooms }>("GET", KEYS, options, inVersion(version));
    return required(response, "rooms", "object");
  }

  /**
   * Gets the keys of a room in a backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomid
   * @param version The version of the backup.
   * @param roomId The room.
   * @param options Request options.
   * @returns The keys, by session; `{}` for a room without keys.
   * @throws {MNotFound} If there is no such version.
   */
  async getBackedUpRoomKeys(
    version: KeyBackupVersion,
    roomId: RoomID,
    options?: RequestOptions,
  ): Promise<Record<SessionID, KeyBackupData>> {
    const response = await this.request<{ sessions: Record<SessionID, KeyBackupData> }>(
      "GET",
      roomPath(roomId),
      options,
      inVersion(version),
    );
    return required(response, "sessions", "object");
  }

  /**
   * Gets the key of a session in a backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid
   * @param version The version of the backup.
   * @param roomId The room.
   * @param sessionId The session.
   * @param options Request options.
   * @returns The key, or `null` if the backup does not have it or does not exist.
   */
  async getBackedUpSessionKey(
    version: KeyBackupVersion,
    roomId: RoomID,
    sessionId: SessionID,
    options?: RequestOptions,
  ): Promise<KeyBackupData | null> {
    return await this.#getOrNull(sessionPath(roomId, sessionId), options, inVersion(version));
  }

  /**
   * Deletes all keys in a backup, which may be an old version.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeys
   * @param version The version of the backup.
   * @param options Request options.
   * @returns The state of the backup.
   * @throws {MNotFound} If there is no such version.
   */
  async deleteBackedUpKeys(version: KeyBackupVersion, options?: RequestOptions): Promise<KeyBackupState> {
    return await this.#deleteKeys(KEYS, version, options);
  }

  /**
   * Deletes the keys of a room in a backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomid
   * @param version The version of the backup.
   * @param roomId The room.
   * @param options Request options.
   * @returns The state of the backup.
   * @throws {MNotFound} If there is no such version.
   */
  async deleteBackedUpRoomKeys(
    version: KeyBackupVersion,
    roomId: RoomID,
    options?: RequestOptions,
  ): Promise<KeyBackupState> {
    return await this.#deleteKeys(roomPath(roomId), version, options);
  }

  /**
   * Deletes the key of a session in a backup.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomidsessionid
   * @param version The version of the backup.
   * @param roomId The room.
   * @param sessionId The session.
   * @param options Request options.
   * @returns The state of the backup.
   * @throws {MNotFound} If there is no such version.
   */
  async deleteBackedUpSessionKey(
    version: KeyBackupVersion,
    roomId: RoomID,
    sessionId: SessionID,
    options?: RequestOptions,
  ): Promise<KeyBackupState> {
    return await this.#deleteKeys(sessionPath(roomId, sessionId), version, options);
  }

  async #putKeys(
    path: string,
    version: KeyBackupVersion,
    body: object,
    options: RequestOptions | undefined,
  ): Promise<KeyBackupState> {
    const input = { ...inVersion(version), body, sensitive: true };
    return objectResponse(await this.request<KeyBackupState>("PUT", path, options, input));
  }

  async #deleteKeys(
    path: string,
    version: KeyBackupVersion,
    options: RequestOptions | undefined,
  ): Promise<KeyBackupState> {
    return objectResponse(await this.request<KeyBackupState>("DELETE", path, options, inVersion(version)));
  }

  async #getOrNull<T extends object>(
    path: string,
    options: RequestOptions | undefined,
    input?: Pick<APIRequestOptions, "params">,
  ): Promise<T | null> {
    try {
      return objectResponse(await this.request<T>("GET", path, options, input));
    } catch (error) {
      if (error instanceof MNotFound) return null;
      throw error;
    }
  }
}

function backupInfo(
  algorithm: KeyBackupAlgorithm,
  authData: object,
): { algorithm: string; auth_data: JsonObject } {
  return {
    algorithm: checkIdentifier("algorithm", algorithm),
    auth_data: { ...checkContent(authData) } as JsonObject,
  };
}

function inVersion(version: KeyBackupVersion): { params: { version: string } } {
  return { params: { version: checkIdentifier("version", version) } };
}

function versionPath(version: KeyBackupVersion): string {
  return path`/_matrix/client/v3/room_keys/version/${version}`;
}

function roomPath(roomId: RoomID): string {
  return path`/_matrix/client/v3/room_keys/keys/${roomId}`;
}

function sessionPath(roomId: RoomID, sessionId: SessionID): string {
  return path`/_matrix/client/v3/room_keys/keys/${roomId}/${sessionId}`;
}
