import { requestBody } from "../../http/request.ts";
import { checkContent } from "../../http/validate.ts";
import type { Filter } from "../../types/filter.ts";
import { type DeviceID, isRoomId, isUserId, type RoomID, type UserID } from "../../types/identifiers.ts";
import { fieldsOf, isJsonObject, type JsonObject } from "../../types/json.ts";
import type { SyncResponse } from "../../types/sync.ts";
import type { AttachmentDecryptor, AttachmentEncryptor } from "../media.ts";
import type { ClientAPI } from "../client_api.ts";
import { eventsOf } from "../sync/batch.ts";
import { notify } from "../sync/deliver.ts";
import type {
  ClientCrypto,
  CryptoOptions,
  DecryptOptions,
  LateEvent,
  OutgoingEvent,
  ReceiveOptions,
} from "../sync/encryption.ts";
import type { AnyHandledEvent, EventEncryption, EventOrigin } from "../sync/events.ts";
import type { BootstrapCrossSigningOptions, CryptoBackup, VerifyOptions } from "../sync/identity.ts";
import { decryptAttachment, encryptAttachment } from "./attachments.ts";
import { KeyBackup } from "./backup.ts";
import type { CryptoConnection } from "./connection.ts";
import { bootstrapCrossSigning } from "./cross_signing.ts";
import { type CryptoChanges, type CryptoEngine, Undecryptable } from "./engine.ts";
import { type EncryptedEvent, isEncryptedEvent } from "./events.ts";
import { widenFilter } from "./filter.ts";
import { KeptEvents } from "./kept_events.ts";
import { Lock } from "./lock.ts";
import { type CryptoSettings, settleCrypto } from "./options.ts";
import { ReplayTable } from "./replay.ts";
import { type FailedRequest, RequestSender } from "./requests.ts";
import { Rooms } from "./rooms.ts";
import { Rows } from "./rows.ts";
import type { StringStore } from "./string_store.ts";
import { Verifications } from "./verification.ts";
import { watchedEngine } from "./watchdog.ts";

export { CryptoStoreOutdated } from "./requests.ts";

/** Types of events that are never encrypted, so that homeservers can count reactions. */
const PLAIN: readonly string[] = ["m.reaction", "m.room.encrypted", "m.room.redaction"];
/** Types that an encrypted event cannot have. Homeservers check who may redact, but not what is encrypted. */
const FORBIDDEN: readonly string[] = ["m.room.encrypted", "m.room.redaction"];
/** Reasons that a key which arrives later can remove. */
const CURABLE: readonly string[] = ["missingKey", "unknownIndex", "untrusted"];
/** Types of messages to the device that hold keys. The engine has received them, and handlers do not get them. */
const SECRET: readonly unknown[] = ["m.room_key", "m.forwarded_room_key", "m.secret.send"];
/** Milliseconds after which one-time keys are claimed again, for devices that had none left. */
const CLAIMED = 300_000;
/** The time limit of `onUndecryptable()` in milliseconds. */
const CALLBACK_DEADLINE = 60_000;

/**
 * Encrypts and decrypts for a {@linkcode Client}: drives a crypto engine through its syncs. `openOlm()` creates one for
 * the engine of the Matrix Rust SDK.
 */
export class CryptoDriver implements ClientCrypto {
  /** Encrypts a file, see {@linkcode ClientCrypto}. */
  readonly encryptAttachment: AttachmentEncryptor = encryptAttachment;
  /** Decrypts a file, see {@linkcode ClientCrypto}. */
  readonly decryptAttachment: AttachmentDecryptor = decryptAttachment;
  /** The backup of room keys on the homeserver. */
  readonly backup: CryptoBackup;
  readonly #engine: CryptoEngine;
  readonly #rows: Rows;
  readonly #rooms: Rooms;
  readonly #sender: RequestSender;
  readonly #replays: ReplayTable;
  readonly #kept: KeptEvents;
  readonly #encryption = new WeakMap<object, EventEncryption>();
  readonly #locks = new Map<RoomID, Lock>();
  readonly #backup: KeyBackup;
  readonly #verifications: Verifications;
  readonly #bootstrapping = new Lock();
  readonly #tracked = new Set<UserID>();
  /** Users whose devices were requested after an initial sync, which does not say whose devices have changed. */
  #refreshed: Set<UserID> | undefined;
  /** For each room, what one-time keys were last claimed for, and when. */
  readonly #claimed = new Map<RoomID, { readonly state: string; readonly at: number }>();
  /** Rooms for which keys have arrived. */
  readonly #arrived = new Set<RoomID>();
  /** Late events that are being delivered. */
  readonly #taken = new Set<string>();
  /** Whether the program was warned of an event that cannot be decrypted. */
  #hasWarned = false;
  #triedAll = false;
  /** The number of key queries when events of untrusted devices were last attempted. */
  #triedQueries = 0;
  /** The counts of keys that the engine has received last. */
  #counts = JSON.stringify([{}, undefined]);
  /** Whether the engine may want to send something. */
  #isDue = true;
  #client: ClientAPI | undefined;
  #options: CryptoSettings = { trust: "crossSigned" };

  /**
   * Creates a driver. Reads and sends nothing.
   *
   * @param engine The engine.
   * @param store The store of the driver's own data. It may be that of the engine.
   */
  constructor(engine: CryptoEngine, store: StringStore) {
    this.#engine = watchedEngine(engine);
    this.#rows = new Rows(store);
    const client = () => this.#connection.client;
    this.#rooms = new Rooms(this.#engine, this.#rows, client);
    this.#sender = new RequestSender(this.#engine, this.#rows, client);
    this.#replays = new ReplayTable(this.#rows);
    this.#kept = new KeptEvents(this.#rows);
    this.backup = this.#backup = new KeyBackup(() => this.#connection);
    this.#verifications = new Verifications(() => this.#connection);
    engine.onKeys((rooms) => {
      rooms.forEach((room) => this.#arrived.add(room));
      this.#backup.expectKeys();
    });
  }

  /** The user. */
  get userId(): UserID {
    return this.#engine.userId;
  }

  /** The device. */
  get deviceId(): DeviceID {
    return this.#engine.deviceId;
  }

  /** Releases the engine, see {@linkcode ClientCrypto}. */
  async close(): Promise<void> {
    await this.#verifications.stop(new DOMException("The encryption was closed", "AbortError"));
    await this.#backup.stop();
    await this.#engine.close();
  }

  /** Connects to a client, see {@linkcode ClientCrypto}. */
  connect(client: ClientAPI, options: CryptoOptions): void {
    const settings = settleCrypto(options);
    const { userId, deviceId } = this;
    if ((client.mxid ?? userId) !== userId || (client.deviceId || deviceId) !== deviceId) {
      throw new TypeError(`Cannot use the option crypto: ${this.#mismatch(client)}`);
    }
    if (this.#client !== undefined && this.#client !== client) {
      throw new TypeError("Cannot use the option crypto: it belongs to another client");
    }
    this.#client = client;
    this.#options = settings;
    client.mxid = userId;
    client.deviceId = deviceId;
  }

  /** Widens a filter, see {@linkcode ClientCrypto}. */
  widenFilter(filter: Filter): Filter {
    const { rooms, not_rooms, state, timeline } = filter.room ?? {};
    const selects = [{ rooms, not_rooms }, state, timeline].some((part) => part?.rooms ?? part?.not_rooms);
    if (selects) this.#rooms.isPartial = true;
    return widenFilter(filter);
  }

  /** Returns whether a room is encrypted, see {@linkcode ClientCrypto}. */
  async isEncrypted(roomId: RoomID, options?: { signal?: AbortSignal | undefined }): Promise<boolean> {
    await this.#rows.load();
    return await this.#rooms.encryption(roomId, options?.signal) !== undefined;
  }

  /** Returns how an event was encrypted, see {@linkcode ClientCrypto}. */
  encryptionOf(event: object): EventEncryption | undefined {
    return this.#encryption.get(event);
  }

  /** Processes a sync response, see {@linkcode ClientCrypto}. */
  async receive(response: SyncResponse, { since, signal }: ReceiveOptions): Promise<readonly unknown[]> {
    await this.#open();
    if (!this.#rooms.continues(since)) {
      // Events that were not committed are delivered again.
      this.#taken.clear();
      this.#triedAll = false;
      this.#refreshed = since === undefined ? new Set() : undefined;
    }
    const toDevice = await this.#receive(response);
    await this.#rooms.follow(response, since);
    await this.#track(sendersIn(response, since));
    if (this.#isDue) await this.#flush(signal);
    await this.#backup.upload(signal);
    await this.#rows.save();
    return toDevice;
  }

  /** Decrypts events, see {@linkcode ClientCrypto}. */
  async decrypt<E>(
    roomId: RoomID,
    events: readonly E[],
    { from, ignoredSender, signal }: DecryptOptions = {},
  ): Promise<readonly E[]> {
    const isWanted = (event: unknown): event is EncryptedEvent =>
      isEncryptedEvent(event) && event.sender !== ignoredSender;
    const encrypted: EncryptedEvent[] = isRoomId(roomId)
      ? (events as readonly unknown[]).filter(isWanted)
      : [];
    if (encrypted.length === 0 || (from !== undefined && from !== "timeline" && from !== "leave")) {
      return events;
    }
    await this.#open();
    await this.#track(encrypted.map(({ sender }) => sender));
    if (this.#mustFlush) await this.#flush(signal);
    const results: E[] = [];
    for (const event of events) {
      if (!isWanted(event)) {
        results.push(event);
        continue;
      }
      // After a restart, a late event can be in the batch with which it is delivered.
      if (from !== undefined && this.#taken.has(`${roomId} ${event.event_id}`)) continue;
      try {
        results.push(await this.#decrypt(roomId, event) as E);
        if (from !== undefined) this.#kept.delete(roomId, event.event_id);
      } catch (error) {
        if (!(error instanceof Undecryptable)) throw error;
        results.push(event);
        if (from !== undefined) await this.#report(roomId, event, from, error);
      }
    }
    await this.#rows.save();
    return results;
  }

  /** Decrypts events whose keys have arrived, see {@linkcode ClientCrypto}. */
  async late(): Promise<ReadonlyMap<RoomID, readonly LateEvent[]>> {
    await this.#rows.load();
    const late = new Map<RoomID, LateEvent[]>();
    const arrived = new Set(this.#arrived);
    this.#arrived.clear();
    const all = !this.#triedAll;
    const queried = this.#sender.queries !== this.#triedQueries;
    this.#triedAll = true;
    this.#triedQueries = this.#sender.queries;
    if (!all && !queried && arrived.size === 0) return late;
    for (const roomId of this.#kept.rooms()) {
      if (!all && !queried && !arrived.has(roomId)) continue;
      const events: LateEvent[] = [];
      for (const { event, from, reason } of this.#kept.of(roomId)) {
        const isCured = all || arrived.has(roomId) || reason === "untrusted";
        if (!isCured || this.#taken.has(`${roomId} ${event.event_id}`)) continue;
        const decrypted = await this.#decrypt(roomId, event).catch((error) => {
          if (!(error instanceof Undecryptable)) throw error;
          if (!CURABLE.includes(error.reason)) this.#kept.delete(roomId, event.event_id);
        });
        if (decrypted === undefined) continue;
        this.#taken.add(`${roomId} ${event.event_id}`);
        events.push({ event: decrypted as unknown as LateEvent["event"], from });
      }
      if (events.length > 0) late.set(roomId, events);
    }
    await this.#rows.save();
    return late;
  }

  /** Forgets late events that have been delivered, see {@linkcode ClientCrypto}. */
  async forget(late: ReadonlyMap<RoomID, readonly LateEvent[]>): Promise<void> {
    for (const [roomId, events] of late) {
      for (const { event: { event_id: eventId } } of events) {
        this.#kept.delete(roomId, eventId);
        this.#taken.delete(`${roomId} ${eventId}`);
      }
    }
    await this.#rows.save();
  }

  /** Encrypts an event, see {@linkcode ClientCrypto}. */
  async encrypt(
    roomId: RoomID,
    event: OutgoingEvent,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<OutgoingEvent> {
    if (!roomId || !event.type || PLAIN.includes(event.type)) return event;
    // The engine must get the JSON that would be sent otherwise.
    const { text } = requestBody("PUT", checkContent(event.content), undefined, false);
    const signal = options?.signal ?? undefined;
    await this.#open();
    if (await this.#rooms.encryption(roomId, signal) === undefined) return event;
    return await this.#locked(roomId, async (lock) => {
      const how = await this.#rooms.encryption(roomId, signal);
      if (how === undefined) return event;
      const { users, version } = await this.#rooms.recipients(roomId, signal);
      lock.touch();
      await this.#track(users);
      if (this.#mustFlush) requireQueries(await this.#flush(signal));
      lock.touch();
      const state = `${version} ${this.#sender.queries}`;
      const claimed = this.#claimed.get(roomId);
      if (claimed?.state !== state || performance.now() - claimed.at > CLAIMED) {
        await this.#sender.claim(users, signal);
        this.#claimed.set(roomId, { state, at: performance.now() });
      }
      for (const request of await this.#engine.share(roomId, users, how)) {
        await this.#sender.send(request, signal);
        lock.touch();
      }
      await this.#rows.check();
      const content = await this.#engine.encrypt(roomId, event.type, JSON.parse(text!));
      return { type: "m.room.encrypted", content };
    });
  }

  /** Creates the user's cross-signing keys, see {@linkcode CryptoIdentity.bootstrapCrossSigning}. */
  async bootstrapCrossSigning(options?: BootstrapCrossSigningOptions): Promise<void> {
    await this.#bootstrapping.run(() => bootstrapCrossSigning(this.#connection, options));
  }

  /** Verifies a user or a device, see {@linkcode CryptoIdentity.verify}. */
  async verify(userId: UserID, options: VerifyOptions): Promise<void> {
    await this.#verifications.verify(userId, options);
  }

  /** Makes sure that the driver belongs to a client, and that its rows are loaded. */
  async #open(): Promise<void> {
    if (this.#connection.client) await this.#rows.load();
  }

  /** Whether something must be sent, or is being sent and must be awaited, before the devices of users are known. */
  get #mustFlush(): boolean {
    return this.#isDue || !this.#sender.isIdle;
  }

  /** The objects that the parts of the driver share. */
  get #connection(): CryptoConnection {
    const [client, engine, options] = [this.#client, this.#engine, this.#options];
    if (this.#sender.failure !== undefined) throw this.#sender.failure;
    if (client === undefined) {
      throw new TypeError("Cannot use the encryption: pass it to a Client as the option crypto");
    }
    if (client.mxid !== engine.userId || client.deviceId !== engine.deviceId) {
      throw new TypeError(`Cannot use the encryption: ${this.#mismatch(client)}`);
    }
    return {
      client,
      engine,
      options,
      flush: async (signal) => {
        await this.#rows.load();
        const [failed] = await this.#flush(signal);
        if (failed !== undefined) throw failed.error;
      },
      send: async (request, signal) => {
        await this.#rows.load();
        return await this.#sender.send(request, signal);
      },
    };
  }

  #mismatch({ mxid, deviceId }: ClientAPI): string {
    return `it belongs to ${this.userId} and the device ${this.deviceId}, the client to ${mxid} and ` +
      (deviceId ? `the device ${deviceId}` : "no device");
  }

  /** Passes what is new in a response to the engine. */
  async #receive(response: SyncResponse): Promise<readonly unknown[]> {
    const changes = changesOf(response);
    const { toDevice, changed, left, counts, fallback } = changes;
    const known = JSON.stringify([counts, fallback]);
    if (toDevice.length === 0 && changed.length === 0 && left.length === 0 && known === this.#counts) {
      return [];
    }
    const received = await this.#engine.receive(changes);
    this.#counts = known;
    this.#isDue = true;
    this.#sender.keyCount = counts.signed_curve25519 ?? this.#sender.keyCount;
    const kept: unknown[] = [];
    for (const event of received) {
      const { type, content } = fieldsOf(event);
      if (SECRET.includes(type)) {
        const { room_id: roomId } = fieldsOf(content);
        if (typeof roomId === "string") this.#arrived.add(roomId as RoomID);
        this.#backup.expectKeys();
      } else kept.push(event);
    }
    this.#verifications.received(received);
    return kept;
  }

  /** Follows the devices of users. */
  async #track(users: readonly UserID[]): Promise<void> {
    const unknown = [...new Set(users)].filter((user) => !this.#tracked.has(user) && isUserId(user));
    const stale = [...new Set(users)].filter((user) => this.#refreshed?.has(user) === false);
    if (unknown.length > 0) {
      await this.#engine.track(unknown);
      unknown.forEach((user) => this.#tracked.add(user));
      this.#isDue = true;
    }
    if (stale.length > 0) {
      // Without a count, the engine would upload one-time keys, as if the homeserver had none.
      const counts = { signed_curve25519: this.#sender.keyCount };
      await this.#engine.receive({ toDevice: [], changed: stale, left: [], counts, fallback: undefined });
      stale.forEach((user) => this.#refreshed?.add(user));
      this.#isDue = true;
    }
  }

  /** Sends what is due, and logs what failed: it is sent again after the next sync response. */
  async #flush(signal: AbortSignal | undefined): Promise<FailedRequest[]> {
    this.#isDue = false;
    let failed: FailedRequest[] | undefined;
    try {
      failed = await this.#sender.flush(signal);
    } finally {
      if (failed === undefined || failed.length > 0) this.#isDue = true;
      // Emoji are known once the key that they depend on is sent.
      this.#verifications.wake();
    }
    for (const { kind, error } of failed) {
      this.#connection.client.log.warn(`Cannot send a request of the encryption (${kind})`, error);
    }
    return failed;
  }

  async #decrypt(roomId: RoomID, event: EncryptedEvent): Promise<JsonObject> {
    // State is not encrypted. Decrypting it would let the homeserver forge state.
    if ("state_key" in event) throw new Undecryptable("malformed");
    const { event: clear, index, ...encryption } = await this.#engine.decrypt(
      roomId,
      { ...event, room_id: roomId },
      this.#options.trust,
    );
    if (encryption.sender !== event.sender) throw new Undecryptable("forgedSender");
    const { type, content } = clear;
    if (typeof type !== "string" || FORBIDDEN.includes(type) || !isJsonObject(content)) {
      throw new Undecryptable("malformed");
    }
    const session = String(event.content.session_id);
    if (!this.#replays.admits(roomId, session, index, event.event_id)) throw new Undecryptable("replayed");
    // Only type and content are encrypted. So a decrypted event is never state.
    const decrypted: JsonObject = { ...event, type, content };
    if (isJsonObject(event.unsigned)) decrypted.unsigned = await this.#decryptBundled(roomId, event.unsigned);
    const { sender, device, verified, shield } = encryption;
    this.#encryption.set(decrypted, { sender, device, verified, shield });
    return decrypted;
  }

  /** Decrypts the latest edit and the latest reply in a thread, which the homeserver adds to an event. */
  async #decryptBundled(roomId: RoomID, unsigned: JsonObject): Promise<JsonObject> {
    const { "m.relations": relations } = unsigned;
    if (!isJsonObject(relations)) return unsigned;
    const { "m.replace": edit, "m.thread": thread } = relations;
    const decrypted = async (event: unknown) => {
      if (!isEncryptedEvent(event)) return event;
      const { unsigned: _, ...alone } = event;
      return await this.#decrypt(roomId, alone as EncryptedEvent).catch((error) => {
        if (error instanceof Undecryptable) return event;
        throw error;
      });
    };
    return {
      ...unsigned,
      "m.relations": {
        ...relations,
        ...edit === undefined ? {} : { "m.replace": await decrypted(edit) },
        ...isJsonObject(thread)
          ? { "m.thread": { ...thread, latest_event: await decrypted(thread.latest_event) } }
          : {},
      } as JsonObject,
    };
  }

  /** Keeps and reports an event that cannot be decrypted. */
  async #report(
    roomId: RoomID,
    event: EncryptedEvent,
    from: EventOrigin,
    { message, reason, withheld }: Undecryptable,
  ): Promise<void> {
    if (CURABLE.includes(reason)) this.#kept.add(roomId, { event, from, reason });
    const { onUndecryptable } = this.#options;
    const { log } = this.#connection.client;
    if (onUndecryptable === undefined) {
      if (!this.#hasWarned) log.warn(`${message} (${event.event_id} in ${roomId})`);
      this.#hasWarned = true;
      return;
    }
    const reported = { ...event, room_id: roomId } as unknown as AnyHandledEvent;
    await notify(
      log,
      "onUndecryptable",
      () => onUndecryptable(reported, { roomId, reason, withheld }),
      CALLBACK_DEADLINE,
    );
  }

  /** Does something with a room that must not happen twice at the same time. */
  async #locked<T>(roomId: RoomID, action: (lock: Lock) => Promise<T>): Promise<T> {
    const lock = this.#locks.get(roomId) ?? new Lock();
    this.#locks.set(roomId, lock);
    try {
      return await lock.run(() => action(lock));
    } finally {
      if (lock.isFree) this.#locks.delete(roomId);
    }
  }
}

/** Returns the part of a sync response that the engine needs, without what is malformed. */
function changesOf(
  { to_device, device_lists, device_one_time_keys_count, device_unused_fallback_key_types }: SyncResponse,
): CryptoChanges {
  const { changed, left } = fieldsOf(device_lists);
  const counts = Object.entries(fieldsOf(device_one_time_keys_count))
    .filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && entry[1] as number >= 0);
  return {
    toDevice: eventsOf(to_device).filter(isJsonObject),
    changed: usersIn(changed),
    left: usersIn(left),
    counts: Object.fromEntries(counts),
    fallback: Array.isArray(device_unused_fallback_key_types)
      ? device_unused_fallback_key_types.filter((type) => typeof type === "string")
      : undefined,
  };
}

function usersIn(list: unknown): UserID[] {
  return Array.isArray(list) ? list.filter((user) => typeof user === "string" && isUserId(user)) : [];
}

/** Returns the senders of encrypted events in the timelines of a response. Those of an initial sync are old. */
function sendersIn({ rooms }: SyncResponse, since: string | undefined): UserID[] {
  if (since === undefined) return [];
  return ["join", "leave"].flatMap((section) =>
    Object.values(fieldsOf(fieldsOf(rooms)[section])).flatMap((room) =>
      eventsOf(fieldsOf(room).timeline).filter(isEncryptedEvent).map(({ sender }) => sender)
    )
  );
}

/** Throws if the devices of users could not be requested: a message would not be encrypted for all of them. */
function requireQueries(failed: readonly FailedRequest[]): void {
  for (const { kind, error } of failed) if (kind === "keysQuery") throw error;
}
