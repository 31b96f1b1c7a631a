import type { DeviceID, RoomID, SessionID, UserID } from "../../types/identifiers.ts";
import type { JsonObject } from "../../types/json.ts";
import { decodeBase64, encodeBase64 } from "../encoding.ts";
import type { CrossSigningKeySet } from "../keys.ts";
import type { VerificationEmoji } from "../sync/identity.ts";
import type { CryptoRequest } from "./engine.ts";
import type { BackupKey, CrossSigningState, EngineVerification, IdentityEngine } from "./engine.ts";
import { type OlmRequest, toRequest } from "./olm_request.ts";

/** The classes of the package that identities need. */
export interface OlmIdentitySdk {
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
}

/** The machine of the package, as far as identities need it. */
export interface OlmIdentityMachine {
  receiveSyncChanges(
    toDevice: string,
    lists: object,
    counts: Map<string, number>,
    fallback: Set<string> | undefined,
    settings: object,
  ): Promise<{ rawEvent: string }[]>;
  queryKeysForUsers(users: object[]): OlmRequest;
  crossSigningStatus(): Promise<{ hasMaster: boolean; hasSelfSigning: boolean; hasUserSigning: boolean }>;
  bootstrapCrossSigning(reset: boolean): Promise<{
    uploadSigningKeysRequest: { body: string };
    uploadSignaturesRequest: OlmRequest;
  }>;
  getIdentity(userId: object): Promise<OlmIdentity | undefined>;
  getDevice(userId: object, deviceId: object): Promise<OlmDevice | undefined>;
  getUserDevices(userId: object): Promise<{ devices(): OlmDevice[] }>;
  getVerificationRequest(userId: object, flowId: string): OlmVerificationRequest | undefined;
  sign(message: string): Promise<{ asJSON(): string }>;
  getSecretsFromInbox(name: string): Promise<Set<string>>;
  getBackupKeys(): Promise<{ decryptionKey?: object | undefined; backupVersion?: string | undefined }>;
  saveBackupDecryptionKey(key: object, version: string): Promise<void>;
  enableBackupV1(publicKey: string, version: string): Promise<void>;
  disableBackup(): Promise<void>;
  backupRoomKeys(): Promise<OlmRequest | undefined>;
  importBackedUpRoomKeys(
    keys: Map<object, Map<string, JsonObject>>,
    onProgress: undefined,
    version: string,
  ): Promise<{ importedCount: number }>;
}

interface OlmIdentity {
  isVerified(): boolean;
  requestVerification(methods?: number[]): Promise<[OlmVerificationRequest, OlmRequest]>;
}

interface OlmDevice {
  readonly deviceId: { toString(): string };
  readonly isDehydrated: boolean;
  isCrossSignedByOwner(): boolean;
  requestVerification(methods?: number[]): [OlmVerificationRequest, OlmRequest];
}

interface OlmBackupDecryptionKey {
  readonly megolmV1PublicKey: { readonly algorithm: string; readonly publicKeyBase64: string };
  toBase64(): string;
  decryptV1(ephemeral: unknown, mac: unknown, ciphertext: unknown): string;
}

interface OlmCancellation {
  cancelCode(): string;
  reason(): string;
  cancelledbyUs(): boolean;
}

interface OlmVerificationRequest {
  readonly flowId: string;
  readonly otherUserId: { toString(): string };
  readonly otherDeviceId?: { toString(): string } | undefined;
  readonly cancelInfo?: OlmCancellation | undefined;
  weStarted(): boolean;
  isReady(): boolean;
  isDone(): boolean;
  isCancelled(): boolean;
  acceptWithMethods(methods: number[]): OlmRequest | undefined;
  startSas(): Promise<[object, OlmRequest] | undefined>;
  getVerification(): object | undefined;
  cancel(): OlmRequest | undefined;
}

interface OlmSas {
  isDone(): boolean;
  isCancelled(): boolean;
  cancelInfo(): OlmCancellation | undefined;
  accept(): OlmRequest | undefined;
  emoji(): VerificationEmoji[] | undefined;
  confirm(): Promise<OlmRequest[]>;
  cancelWithCode(code: string): OlmRequest | undefined;
}

/** Calls the machine. Ends the wait for it after some time, and hides the errors of the package. */
export type OlmCall = <T>(action: string, work: () => T | Promise<T>) => Promise<T>;

/** The package's number of the verification method `m.sas.v1`. */
const SAS = 0;
/** The package's number of no requirement of trust. */
const ANY_TRUST = 0;
/** A number of one-time keys that needs no upload. */
const ENOUGH_KEYS = 50;

/** The part of the adapter that concerns identities. */
export class OlmIdentityEngine implements IdentityEngine {
  readonly #sdk: OlmIdentitySdk;
  readonly #userId: UserID;
  readonly #deviceId: DeviceID;
  readonly #machine: OlmIdentityMachine;
  readonly #call: OlmCall;

  /**
   * Creates the part.
   *
   * @param sdk The namespace of the package.
   * @param userId The user.
   * @param deviceId The device.
   * @param machine The machine.
   * @param call Calls the machine.
   */
  constructor(
    sdk: OlmIdentitySdk,
    userId: UserID,
    deviceId: DeviceID,
    machine: OlmIdentityMachine,
    call: OlmCall,
  ) {
    this.#sdk = sdk;
    this.#userId = userId;
    this.#deviceId = deviceId;
    this.#machine = machine;
    this.#call = call;
  }

  queryKeys(users: readonly UserID[]): CryptoRequest {
    return toRequest(this.#machine.queryKeysForUsers(users.map((user) => new this.#sdk.UserId(user))));
  }

  async crossSigning(): Promise<CrossSigningState> {
    const { UserId, DeviceId } = this.#sdk;
    return await this.#call("read the cross-signing keys", async () => {
      const { hasMaster, hasSelfSigning, hasUserSigning } = await this.#machine.crossSigningStatus();
      const identity = await this.#machine.getIdentity(new UserId(this.#userId));
      const device = await this.#machine.getDevice(new UserId(this.#userId), new DeviceId(this.#deviceId));
      const held = [hasMaster, hasSelfSigning, hasUserSigning];
      return {
        held: held.every(Boolean) ? "all" : held.some(Boolean) ? "some" : "none",
        trusted: identity?.isVerified() ?? false,
        signed: device?.isCrossSignedByOwner() ?? false,
      };
    });
  }

  async bootstrap(reset: boolean): Promise<{ keys: CrossSigningKeySet; signatures: CryptoRequest }> {
    const { uploadSigningKeysRequest, uploadSignaturesRequest } = await this.#call(
      "create cross-signing keys",
      () => this.#machine.bootstrapCrossSigning(reset),
    );
    const { master_key, self_signing_key, user_signing_key } = JSON.parse(uploadSigningKeysRequest.body);
    return {
      keys: { master: master_key, self_signing: self_signing_key, user_signing: user_signing_key },
      signatures: toRequest(uploadSignaturesRequest),
    };
  }

  async sign(json: string): Promise<Record<UserID, Record<string, string>>> {
    const signatures = await this.#call("sign", () => this.#machine.sign(json));
    return JSON.parse(signatures.asJSON());
  }

  backupKey(bytes?: Uint8Array): BackupKey {
    const { BackupDecryptionKey } = this.#sdk;
    const key = bytes === undefined
      ? BackupDecryptionKey.createRandomKey()
      : BackupDecryptionKey.fromBase64(encodeBase64(bytes).replace(/=+$/, ""));
    return new OlmBackupKey(key as OlmBackupDecryptionKey);
  }

  async storedBackup(): Promise<{ key: BackupKey; version: string } | undefined> {
    const stored = await this.#call("read the key of the backup", () => this.#machine.getBackupKeys());
    const { decryptionKey, backupVersion } = stored;
    if (decryptionKey === undefined) return undefined;
    const key = new OlmBackupKey(decryptionKey as OlmBackupDecryptionKey);
    return { key, version: backupVersion ?? "" };
  }

  async receivedBackupKeys(): Promise<BackupKey[]> {
    const { BackupDecryptionKey } = this.#sdk;
    return await this.#call("read the received keys of backups", async () => {
      const keys = await this.#machine.getSecretsFromInbox("m.megolm_backup.v1");
      return [...keys].map((key) =>
        new OlmBackupKey(BackupDecryptionKey.fromBase64(key) as OlmBackupDecryptionKey)
      );
    });
  }

  async storeBackup(key: BackupKey, version: string): Promise<void> {
    const { BackupDecryptionKey } = this.#sdk;
    await this.#call("store the key of the backup", () => {
      const copy = BackupDecryptionKey.fromBase64(encodeBase64(key.toBytes()).replace(/=+$/, ""));
      return this.#machine.saveBackupDecryptionKey(copy, version);
    });
  }

  async enableBackup({ publicKey }: BackupKey, version: string): Promise<void> {
    await this.#call("enable the backup", () => this.#machine.enableBackupV1(publicKey, version));
  }

  async disableBackup(): Promise<void> {
    await this.#call("disable the backup", () => this.#machine.disableBackup());
  }

  async backUp(): Promise<CryptoRequest | undefined> {
    const request = await this.#call("back up keys", () => this.#machine.backupRoomKeys());
    return request ? toRequest(request) : undefined;
  }

  async importBackup(
    rooms: ReadonlyMap<RoomID, ReadonlyMap<SessionID, JsonObject>>,
    version: string,
  ): Promise<number> {
    const { importedCount } = await this.#call("import keys from the backup", () => {
      const keys = new Map<object, Map<string, JsonObject>>();
      for (const [roomId, sessions] of rooms) keys.set(new this.#sdk.RoomId(roomId), new Map(sessions));
      return this.#machine.importBackedUpRoomKeys(keys, undefined, version);
    });
    return importedCount;
  }

  async devices(userId: UserID): Promise<DeviceID[]> {
    const devices = await this.#call("read the devices of a user", async () => {
      return (await this.#machine.getUserDevices(new this.#sdk.UserId(userId))).devices();
    });
    return devices.filter(({ isDehydrated }) => !isDehydrated).map(({ deviceId }) => deviceId.toString())
      .filter((deviceId) => userId !== this.#userId || deviceId !== this.#deviceId);
  }

  async requestVerification(
    userId: UserID,
    deviceId?: DeviceID,
  ): Promise<{ verification: EngineVerification; request: CryptoRequest } | undefined> {
    const { UserId, DeviceId } = this.#sdk;
    const requested = await this.#call("request a verification", async () => {
      if (deviceId === undefined) {
        return await (await this.#machine.getIdentity(new UserId(userId)))?.requestVerification([SAS]);
      }
      const device = await this.#machine.getDevice(new UserId(userId), new DeviceId(deviceId));
      return device?.requestVerification([SAS]);
    });
    if (requested === undefined) return undefined;
    const [verification, request] = requested;
    return { verification: new OlmVerification(verification, this.#call), request: toRequest(request) };
  }

  async receiveAgain(event: object): Promise<void> {
    const { DeviceLists, DecryptionSettings } = this.#sdk;
    await this.#call("receive a message again", () =>
      this.#machine.receiveSyncChanges(
        JSON.stringify([event]),
        new DeviceLists(),
        // The number is unknown here. Enough keys until the next sync response says how many there are.
        new Map([["signed_curve25519", ENOUGH_KEYS]]),
        undefined,
        new DecryptionSettings(ANY_TRUST),
      ));
  }

  verification(userId: UserID, id: string): EngineVerification | undefined {
    const request = this.#machine.getVerificationRequest(new this.#sdk.UserId(userId), id);
    return request && new OlmVerification(request, this.#call);
  }
}

class OlmBackupKey implements BackupKey {
  readonly algorithm: string;
  readonly publicKey: string;
  readonly #key: OlmBackupDecryptionKey;

  constructor(key: OlmBackupDecryptionKey) {
    this.#key = key;
    const { algorithm, publicKeyBase64 } = key.megolmV1PublicKey;
    this.algorithm = algorithm;
    this.publicKey = publicKeyBase64;
  }

  toBytes(): Uint8Array {
    return decodeBase64(`${this.#key.toBase64()}=`);
  }

  decrypt({ ephemeral, mac, ciphertext }: JsonObject): JsonObject {
    return JSON.parse(this.#key.decryptV1(ephemeral, mac, ciphertext));
  }
}

class OlmVerification implements EngineVerification {
  readonly id: string;
  readonly userId: UserID;
  readonly isOurs: boolean;
  readonly #request: OlmVerificationRequest;
  readonly #call: OlmCall;
  #lastSas: OlmSas | undefined;

  constructor(request: OlmVerificationRequest, call: OlmCall) {
    this.id = request.flowId;
    this.userId = request.otherUserId.toString() as UserID;
    this.isOurs = request.weStarted();
    this.#request = request;
    this.#call = call;
  }

  get deviceId(): DeviceID | undefined {
    return this.#request.otherDeviceId?.toString();
  }

  get phase(): EngineVerification["phase"] {
    const sas = this.#sas;
    if (this.#request.isDone()) return "done";
    if (this.#request.isCancelled() || sas?.isCancelled()) return "cancelled";
    if (sas !== undefined) return "started";
    return this.#request.isReady() ? "ready" : "requested";
  }

  get cancellation(): EngineVerification["cancellation"] {
    const info = this.#request.cancelInfo ?? this.#sas?.cancelInfo();
    return info && { code: info.cancelCode(), reason: info.reason(), byUs: info.cancelledbyUs() };
  }

  get emoji(): VerificationEmoji[] | undefined {
    return this.#sas?.emoji()?.map(({ symbol, description }) => ({ symbol, description }));
  }

  accept(): CryptoRequest | undefined {
    const sas = this.#sas;
    const request = sas === undefined ? this.#request.acceptWithMethods([SAS]) : sas.accept();
    return request && toRequest(request);
  }

  async start(): Promise<CryptoRequest | undefined> {
    const started = await this.#call("start the comparison of emoji", () => this.#request.startSas());
    return started && toRequest(started[1]);
  }

  async confirm(): Promise<CryptoRequest[]> {
    const requests = await this.#call("confirm a verification", () => this.#sas?.confirm() ?? []);
    return requests.map(toRequest);
  }

  cancel(code: string): CryptoRequest | undefined {
    const sas = this.#sas;
    const request = sas === undefined ? this.#request.cancel() : sas.cancelWithCode(code);
    return request && toRequest(request);
  }

  /** The comparison of emoji. The request no longer returns it when it has ended. */
  get #sas(): OlmSas | undefined {
    const verification = this.#request.getVerification();
    if (verification !== undefined && "emoji" in verification) this.#lastSas = verification as OlmSas;
    return this.#lastSas;
  }
}
