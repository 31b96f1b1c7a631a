/** The identity part of a crypto engine without cryptography, and what connects it to a client. */
import type {
  BackupKey,
  CrossSigningState,
  CryptoConnection,
  CryptoEngine,
  CryptoRequest,
  CryptoSettings,
  EngineVerification,
  IdentityEngine,
  VerificationEmoji,
} from "../../client/crypto/mod.ts";
import { ClientAPI, type CrossSigningKeySet } from "../../client/mod.ts";
import type { DeviceID, JsonObject, RoomID, SessionID, UserID } from "../../types/mod.ts";
import type { FakeHomeserver } from "./fake_homeserver.ts";

export const ME: UserID = "@me:example.org";
export const DEVICE: DeviceID = "MYDEVICE";
export const BACKUP_ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2";
export const EMOJI: VerificationEmoji[] = [{ symbol: "🐶", description: "Dog" }];

function request(kind: CryptoRequest["kind"], id: string, more: Partial<CryptoRequest> = {}): CryptoRequest {
  return { id, kind, body: "{}", ...more };
}

/** A key whose public key is made of its first byte. */
export function fakeBackupKey(bytes: Uint8Array): BackupKey {
  return {
    algorithm: BACKUP_ALGORITHM,
    publicKey: `public${bytes[0]}`,
    toBytes: () => bytes,
    decrypt({ of, ...data }) {
      if (of !== bytes[0]) throw new Error("of another key");
      return data;
    },
  };
}

/** A verification whose progress tests set. Records what is called. */
export class FakeVerification implements EngineVerification {
  readonly id: string;
  readonly userId: UserID;
  deviceId: DeviceID | undefined = "OTHER";
  readonly isOurs: boolean;
  phase: EngineVerification["phase"] = "requested";
  cancellation: EngineVerification["cancellation"];
  emoji: VerificationEmoji[] | undefined;
  /** Whether the other side can compare emoji. */
  isSupported = true;
  readonly calls: string[] = [];
  #accepted = new Set<string>();

  constructor(userId: UserID, isOurs: boolean, id = "flow") {
    [this.userId, this.isOurs, this.id] = [userId, isOurs, id];
  }

  accept(): CryptoRequest | undefined {
    if (this.#accepted.has(this.phase) || this.phase === "cancelled") return undefined;
    this.#accepted.add(this.phase);
    this.calls.push(`accept ${this.phase}`);
    if (this.phase === "requested") this.phase = "ready";
    return request("toDevice", `accept ${this.phase}`);
  }

  start(): Promise<CryptoRequest | undefined> {
    this.calls.push("start");
    if (!this.isSupported) return Promise.resolve(undefined);
    this.phase = "started";
    this.#accepted.add("started");
    return Promise.resolve(request("toDevice", "start"));
  }

  confirm(): Promise<CryptoRequest[]> {
    this.calls.push("confirm");
    return Promise.resolve([request("toDevice", "mac"), request("signatures", "signatures")]);
  }

  cancel(code: string): CryptoRequest | undefined {
    this.calls.push(`cancel ${code}`);
    this.phase = "cancelled";
    return request("toDevice", `cancel ${code}`);
  }
}

/** Records calls, and returns what tests set. */
export class FakeIdentity implements IdentityEngine {
  state: CrossSigningState = { held: "none", trusted: false, signed: false };
  /** The state after a bootstrap. */
  bootstrapped: CrossSigningState = { held: "all", trusted: true, signed: true };
  stored: { key: BackupKey; version: string } | undefined;
  receivedKeys: BackupKey[] = [];
  /** Keys to back up, one request each. */
  batches: string[] = [];
  knownDevices: DeviceID[] = ["OTHER"];
  /** The verifications that are requested, one after another. */
  outgoing: FakeVerification[] = [];
  incoming: FakeVerification[] = [];
  readonly calls: string[] = [];
  #made = 0;

  queryKeys(users: readonly UserID[]): CryptoRequest {
    return request("keysQuery", `query ${users}`);
  }

  crossSigning(): Promise<CrossSigningState> {
    return Promise.resolve(this.state);
  }

  bootstrap(reset: boolean): Promise<{ keys: CrossSigningKeySet; signatures: CryptoRequest }> {
    this.calls.push(`bootstrap ${reset}`);
    this.state = this.bootstrapped;
    return Promise.resolve({ keys: {}, signatures: request("signatures", "signatures") });
  }

  sign(json: string): Promise<Record<UserID, Record<string, string>>> {
    return Promise.resolve({ [ME]: { [`ed25519:${DEVICE}`]: `signed ${json}` } });
  }

  backupKey(bytes?: Uint8Array): BackupKey {
    return fakeBackupKey(bytes ?? new Uint8Array(32).fill(++this.#made));
  }

  storedBackup(): Promise<{ key: BackupKey; version: string } | undefined> {
    return Promise.resolve(this.stored);
  }

  receivedBackupKeys(): Promise<BackupKey[]> {
    return Promise.resolve(this.receivedKeys);
  }

  storeBackup(key: BackupKey, version: string): Promise<void> {
    this.stored = { key, version };
    return Promise.resolve();
  }

  enableBackup({ publicKey }: BackupKey, version: string): Promise<void> {
    this.calls.push(`enable ${publicKey} ${version}`);
    return Promise.resolve();
  }

  disableBackup(): Promise<void> {
    this.calls.push("disable");
    return Promise.resolve();
  }

  backUp(): Promise<CryptoRequest | undefined> {
    this.calls.push("backUp");
    const [batch] = this.batches;
    const version = this.stored?.version;
    return Promise.resolve(batch === undefined ? undefined : request("backup", batch, { version }));
  }

  importBackup(
    rooms: ReadonlyMap<RoomID, ReadonlyMap<SessionID, JsonObject>>,
    version: string,
  ): Promise<number> {
    const count = [...rooms.values()].reduce((sum, { size }) => sum + size, 0);
    this.calls.push(`import ${count} ${version}`);
    return Promise.resolve(count);
  }

  devices(): Promise<DeviceID[]> {
    return Promise.resolve(this.knownDevices);
  }

  requestVerification(
    userId: UserID,
    deviceId?: DeviceID,
  ): Promise<{ verification: EngineVerification; request: CryptoRequest } | undefined> {
    this.calls.push(`verify ${userId} ${deviceId}`);
    const verification = this.outgoing.shift();
    return Promise.resolve(verification && { verification, request: request("toDevice", "request") });
  }

  receiveAgain(): Promise<void> {
    this.calls.push("receiveAgain");
    return Promise.resolve();
  }

  verification(userId: UserID, id: string): EngineVerification | undefined {
    return this.incoming.find((verification) => verification.userId === userId && verification.id === id);
  }
}

/** A connection that records what is sent. */
export class FakeConnection implements CryptoConnection {
  readonly identity = new FakeIdentity();
  readonly engine: CryptoEngine;
  readonly client: ClientAPI;
  options: CryptoSettings = { trust: "crossSigned" };
  /** IDs of requests, and `flush`, in order. */
  readonly sent: string[] = [];
  /** Returns the response to a request. It may throw or wait. */
  respond: (request: CryptoRequest, signal?: AbortSignal) => unknown = () => ({});
  /** The lines that were logged. */
  readonly logged: string[] = [];

  constructor(server: FakeHomeserver) {
    const write = (level: string) => (...data: unknown[]) =>
      void this.logged.push(`${level} ${data.join(" ")}`);
    this.client = new ClientAPI({
      baseUrl: "https://matrix.example.org",
      token: "token",
      mxid: ME,
      deviceId: DEVICE,
      fetch: server.fetch,
      retry: { limit: 0 },
    });
    this.client.log = {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
    this.engine = {
      userId: ME,
      deviceId: DEVICE,
      identity: this.identity,
      track: () => Promise.resolve(),
    } as unknown as CryptoEngine;
  }

  readonly flush = async (): Promise<void> => {
    await this.send({ id: "flush", kind: "keysUpload", body: "{}" });
  };

  readonly send = async (request: CryptoRequest, signal?: AbortSignal): Promise<unknown> => {
    signal?.throwIfAborted();
    this.sent.push(request.id);
    return await this.respond(request, signal);
  };
}
