import { type MatrixRequestError, MatrixResponseError } from "../http/errors/base.ts";
import { MNotFound } from "../http/errors/codes.ts";
import { makeRequestError, objectResponse, present, required } from "../http/response.ts";
import type { APIRequestOptions, RequestOptions } from "../http/options.ts";
import { path } from "../http/request.ts";
import {
  checkContent,
  checkGiven,
  checkIdentifier,
  checkKind,
  checkTimeout,
  given,
  kindOf,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type {
  ClaimKeysResponse,
  CrossSigningKeys,
  DeviceKeys,
  DeviceLists,
  DeviceOTKCount,
  OneTimeKeys,
  QueryKeysResponse,
} from "../types/crypto.ts";
import type {
  EncryptionKeyAlgorithm,
  OpenObject,
  ToDeviceContentMap,
  ToDeviceEventType,
} from "../types/events/mod.ts";
import type { DeviceID, RoomID, SessionID, SigningKey, SyncToken, UserID } from "../types/identifiers.ts";
import { fieldsOf, isJsonObject, type JsonObject } from "../types/json.ts";
import type {
  KeyBackupAlgorithm,
  KeyBackupData,
  KeyBackupInfo,
  KeyBackupRooms,
  KeyBackupState,
  KeyBackupVersion,
} from "../types/key_backup.ts";
import type { AuthOptions } from "./account.ts";
import { RoomSettingsMethods } from "./room_settings.ts";

/** To-device messages: contents by user and device. `*` means all devices of a user. */
export type ToDeviceMessages<C extends object = OpenObject> = Readonly<
  Record<UserID, Readonly<Record<DeviceID, C>>>
>;

/** Options of {@linkcode KeyMethods.prototype.sendToDevice} and `sendToOneDevice()`. */
export interface SendToDeviceOptions extends RequestOptions {
  /**
   * The transaction ID. The homeserver ignores a second request with the same ID. By default each call has a new one,
   * which its retries share.
   */
  txnId?: string | undefined;
}

/** Options of {@linkcode KeyMethods.prototype.uploadKeys}. */
export interface UploadKeysOptions extends RequestOptions {
  /** The one-time keys, by algorithm and key ID. */
  oneTimeKeys?: OneTimeKeys | undefined;
  /** The identity keys of the device. */
  deviceKeys?: DeviceKeys | undefined;
  /** The fallback keys, which are used if no one-time key is left; one for each algorithm. */
  fallbackKeys?: OneTimeKeys | undefined;
}

/** Cross-signing keys by usage, for {@linkcode KeyMethods.prototype.uploadCrossSigningKeys}. */
export interface CrossSigningKeySet {
  /** The master key, which signs the other two. */
  master?: CrossSigningKeys;
  /** The self-signing key, which signs the user's devices. */
  self_signing?: CrossSigningKeys;
  /** The user-signing key, which signs the master keys of other users. */
  user_signing?: CrossSigningKeys;
}

/** Options of {@linkcode KeyMethods.prototype.uploadCrossSigningKeys}. */
export type UploadCrossSigningKeysOptions = AuthOptions;

/** Keys with a new signature: the keys of a device, or a cross-signing key. */
export type SignedKeys = DeviceKeys | CrossSigningKeys;

/** Signed keys by user, and by device or, for cross-signing keys, by public key. */
export type SignedKeysMap = Readonly<Record<UserID, Readonly<Record<DeviceID | SigningKey, SignedKeys>>>>;

/** A signature that the homeserver has refused. */
export interface SignatureFailure extends OpenObject {
  /** The error code, such as `M_INVALID_SIGNATURE`. */
  errcode?: string;
  /** The error message. Synapse sends `message` and `status` instead. */
  error?: string;
}

/** Refused signatures by user, and by device or, for cross-signing keys, by public key. */
export type SignatureFailures = Record<UserID, Record<DeviceID | SigningKey, SignatureFailure>>;

const SIGNATURES_PATH = "/_matrix/client/v3/keys/signatures/upload";

/** Options of {@linkcode KeyMethods.prototype.queryKeys}. */
export interface QueryKeysOptions extends RequestOptions {
  /**
   * The sync token that announced the device list change. Removed from the specification.
   *
   * @default {""}
   */
  token?: string | undefined;
  /**
   * The time that the homeserver waits for other homeservers, in milliseconds. It is added to `deadline`.
   *
   * @default {10000}
   */
  timeout?: number | undefined;
}

/** Options of {@linkcode KeyMethods.prototype.claimKeys}. */
export interface ClaimKeysOptions extends RequestOptions {
  /**
   * The time that the homeserver waits for other homeservers, in milliseconds. It is added to `deadline`.
   *
   * @default {10000}
   */
  timeout?: number | undefined;
}

/** End-to-end encryption keys, and to-device messages. */
export abstract class KeyMethods extends RoomSettingsMethods {
  /**
   * Sends to-device messages.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
   * @param eventType The event type of the messages.
   * @param messages The contents by user and device; `*` for all devices of a user.
   * @param options The transaction ID, and request options.
   * @throws {TypeError} If the event type is empty, or the messages are not an object of user IDs.
   */
  sendToDevice<T extends ToDeviceEventType>(
    eventType: T,
    messages: ToDeviceMessages<ToDeviceContentMap[T]>,
    options?: SendToDeviceOptions,
  ): Promise<void>;
  /**
   * Sends to-device messages.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
   * @param eventType The event type of the messages.
   * @param messages The contents by user and device; `*` for all devices of a user.
   * @param options The transaction ID, and request options.
   * @throws {TypeError} If the event type is empty, or the messages are not an object of user IDs.
   */
  sendToDevice<C extends object = OpenObject>(
    eventType: string,
    messages: ToDeviceMessages<C>,
    options?: SendToDeviceOptions,
  ): Promise<void>;
  async sendToDevice(
    eventType: string,
    messages: ToDeviceMessages<object>,
    options?: SendToDeviceOptions,
  ): Promise<void> {
    checkUserMap("messages", messages);
    const txnId = this.transactionId(options?.txnId);
    await this.request("PUT", path`/_matrix/client/v3/sendToDevice/${eventType}/${txnId}`, options, {
      body: { messages },
    });
  }

  /**
   * Sends a to-device message to one device.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
   * @param eventType The event type of the message.
   * @param userId The owner of the device.
   * @param deviceId The device; `*` for all devices of the user.
   * @param message The message's content.
   * @param options The transaction ID, and request options.
   * @throws {TypeError} If event type, user ID or device ID are empty, or the message is not an object.
   */
  sendToOneDevice<T extends ToDeviceEventType>(
    eventType: T,
    userId: UserID,
    deviceId: DeviceID,
    message: ToDeviceContentMap[T],
    options?: SendToDeviceOptions,
  ): Promise<void>;
  /**
   * Sends a to-device message to one device.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
   * @param eventType The event type of the message.
   * @param userId The owner of the device.
   * @param deviceId The device; `*` for all devices of the user.
   * @param message The message's content.
   * @param options The transaction ID, and request options.
   * @throws {TypeError} If event type, user ID or device ID are empty, or the message is not an object.
   */
  sendToOneDevice<C extends object = OpenObject>(
    eventType: string,
    userId: UserID,
    deviceId: DeviceID,
    message: C,
    options?: SendToDeviceOptions,
  ): Promise<void>;
  async sendToOneDevice(
    eventType: string,
    userId: UserID,
    deviceId: DeviceID,
    message: object,
    options?: SendToDeviceOptions,
  ): Promise<void> {
    checkIdentifier("user ID", userId);
    checkIdentifier("device ID", deviceId);
    checkMap("message", message);
    await this.sendToDevice(eventType, { [userId]: { [deviceId]: message } }, options);
  }

  /**
   * Uploads keys of the client's device. Without keys, only returns the number of one-time keys.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload
   * @param options The keys, and request options.
   * @returns The number of one-time keys that the homeserver has for the device, by algorithm.
   * @throws {MatrixResponseError} If the response has no counts.
   */
  async uploadKeys(options?: UploadKeysOptions): Promise<DeviceOTKCount> {
    const { oneTimeKeys, deviceKeys, fallbackKeys } = given(options);
    checkGiven("object", { oneTimeKeys, deviceKeys, fallbackKeys });
    // Not repeatable: a one-time key that was claimed in the meantime would be uploaded, and used, twice.
    const response = await this.request("POST", "/_matrix/client/v3/keys/upload", options, {
      body: {
        device_keys: unlessEmpty(deviceKeys),
        one_time_keys: unlessEmpty(oneTimeKeys),
        fallback_keys: unlessEmpty(fallbackKeys),
      },
    });
    const counts = present(response, "one_time_key_counts");
    if (isJsonObject(counts)) return counts as DeviceOTKCount;
    throw new MatrixResponseError("Invalid `one_time_key_counts` field in response.");
  }

  /**
   * Uploads the user's cross-signing keys.
   *
   * Homeservers require user-interactive authentication, at least to replace keys. Without `auth` the call throws
   * {@linkcode MatrixUIARequired}.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysdevice_signingupload
   * @param keys The keys, by usage.
   * @param options Authentication, and request options.
   * @throws {MatrixUIARequired} If the user must authenticate.
   * @throws {MInvalidSignature} If the self-signing or user-signing key is not signed by the master key.
   */
  async uploadCrossSigningKeys(
    keys: CrossSigningKeySet,
    options?: UploadCrossSigningKeysOptions,
  ): Promise<void> {
    checkMap("keys", keys);
    const present = Object.entries(onlyGiven({ ...keys }));
    const body = Object.fromEntries(present.map(([usage, key]) => [`${usage}_key`, key]));
    await this.withAuth(
      given(options).auth,
      options,
      (auth) =>
        this.request("POST", "/_matrix/client/v3/keys/device_signing/upload", options, {
          body: { ...body, auth },
          sensitive: true,
        }),
    );
  }

  /**
   * Publishes new signatures of one device's keys, or of one cross-signing key.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
   * @param userId The owner of the keys.
   * @param deviceId The device; for a cross-signing key its public key.
   * @param keys The keys with the new signatures.
   * @param options Request options.
   * @returns An empty object, because any failure is thrown.
   * @throws {MatrixRequestError} If the homeserver refuses a signature: the class of its error code, such as
   * {@linkcode MInvalidSignature}. `status` is the one in the failure, or 200.
   * @throws {TypeError} If user ID or device ID are empty, or the keys are not an object.
   */
  async uploadOneSignature(
    userId: UserID,
    deviceId: DeviceID | SigningKey,
    keys: SignedKeys,
    options?: RequestOptions,
  ): Promise<SignatureFailures> {
    checkIdentifier("user ID", userId);
    checkIdentifier("device ID", deviceId);
    checkMap("keys", keys);
    const failures = await this.uploadManySignatures({ [userId]: { [deviceId]: keys } }, options);
    const refused = Object.values(failures).flatMap((ofUser) => Object.values(fieldsOf(ofUser)));
    if (refused.length > 0) throw signatureError(refused[0]);
    return failures;
  }

  /**
   * Publishes new signatures of keys. The homeserver may refuse some and accept the others.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
   * @param signatures Keys with new signatures, by user, and by device or, for cross-signing keys, public key.
   * @param options Request options.
   * @returns The refused signatures, by user and by device or public key; an empty object if there are none.
   * @throws {MatrixResponseError} If `failures` in the response is not an object.
   * @throws {TypeError} If the signatures are not an object of user IDs.
   */
  async uploadManySignatures(
    signatures: SignedKeysMap,
    options?: RequestOptions,
  ): Promise<SignatureFailures> {
    checkUserMap("signatures", signatures);
    const response = objectResponse(
      await this.request("POST", SIGNATURES_PATH, options, {
        body: signatures,
        // Repeating is safe: the same signature replaces itself.
        repeatable: true,
      }),
    );
    if ((response.failures ?? undefined) === undefined) return {};
    return required(response, "failures", "object") as SignatureFailures;
  }

  /**
   * Gets the keys of users and their devices.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
   * @param deviceKeys The users, for the keys of all their devices; or the devices by user, `[]` for all of them.
   * @param options The time for other homeservers, and request options.
   * @returns The response with `device_keys`, `master_keys`, `self_signing_keys`, `user_signing_keys`, and `failures` of
   * homeservers that did not respond.
   * @throws {TypeError} If the users are neither an iterable nor an object, or one is not a user ID.
   * @throws {RangeError} If `timeout` is not a whole number of milliseconds.
   */
  async queryKeys(
    deviceKeys: Iterable<UserID> | Readonly<Record<UserID, readonly DeviceID[]>>,
    options?: QueryKeysOptions,
  ): Promise<QueryKeysResponse> {
    const { token, timeout: requested } = given(options);
    const timeout = checkTimeout(requested, 10_000);
    checkGiven("string", { token });
    checkMap("device keys", deviceKeys, true);
    const wanted = Symbol.iterator in deviceKeys
      ? Object.fromEntries(Array.from(deviceKeys, (userId) => [checkIdentifier("user ID", userId), []]))
      : deviceKeys;
    checkUserMap("device keys", wanted);
    return objectResponse(
      await this.request<QueryKeysResponse>("POST", "/_matrix/client/v3/keys/query", options, {
        body: { timeout, device_keys: wanted, token: unlessEmpty(token) },
        serverTimeout: timeout,
        repeatable: true,
      }),
    );
  }

  /**
   * Claims one-time keys of devices. Each key is returned to one user only.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim
   * @param oneTimeKeys The algorithm of the key, such as `signed_curve25519`, by user and device.
   * @param options The time for other homeservers, and request options.
   * @returns The response with `one_time_keys`, and `failures` of homeservers that did not respond.
   * @throws {TypeError} If `oneTimeKeys` is not an object of user IDs.
   * @throws {RangeError} If `timeout` is not a whole number of milliseconds.
   * @throws {MatrixResponseError} If the response has no `one_time_keys`.
   */
  async claimKeys(
    oneTimeKeys: Readonly<Record<UserID, Readonly<Record<DeviceID, EncryptionKeyAlgorithm>>>>,
    options?: ClaimKeysOptions,
  ): Promise<ClaimKeysResponse> {
    const timeout = checkTimeout(given(options).timeout, 10_000);
    checkUserMap("one-time keys", oneTimeKeys);
    // Not repeatable: each request uses up keys.
    const response = await this.request<ClaimKeysResponse>("POST", "/_matrix/client/v3/keys/claim", options, {
      body: { timeout, one_time_keys: oneTimeKeys },
      serverTimeout: timeout,
    });
    required(response, "one_time_keys", "object");
    return response;
  }

  /**
   * Gets the users whose devices have changed between two sync responses.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3keyschanges
   * @param from `next_batch` of the earlier sync response.
   * @param to `next_batch` of the later sync response.
   * @param options Request options.
   * @returns Users with changed devices, and users who no longer share an encrypted room. Either list may be missing.
   */
  async getKeyChanges(from: SyncToken, to: SyncToken, options?: RequestOptions): Promise<DeviceLists> {
    const params = { from: checkIdentifier("from", from), to: checkIdentifier("to", to) };
    return objectResponse(
      await this.request<DeviceLists>("GET", "/_matrix/client/v3/keys/changes", options, { params }),
    );
  }
}

/** Returns the error for a refused signature. */
function signatureError(failure: unknown): MatrixRequestError {
  const { status, error, message } = fieldsOf(failure);
  return makeRequestError({
    status: typeof status === "number" ? status : 200,
    body: { ...fieldsOf(failure), error: error ?? message },
    method: "POST",
    path: SIGNATURES_PATH,
  });
}

/** Checks that a value is an object, or with `lists` an iterable object. A `Map` has no JSON form. */
function checkMap(name: string, value: unknown, lists = false): void {
  if (typeof value === "object" && value !== null && (lists || !(Symbol.iterator in value))) return;
  throw new TypeError(
    `Cannot make a request: ${name} must be ${lists ? "a list or " : ""}an object, received ${kindOf(value)}`,
  );
}

/** Checks that a value is an object whose keys are user IDs. */
function checkUserMap(name: string, value: object): void {
  checkMap(name, value);
  for (const userId of Object.keys(value)) checkKind("user ID", userId);
}

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
