/** A crypto engine without cryptography, and a homeserver and a client for tests of encryption. */
import {
  type CryptoChanges,
  CryptoDriver,
  type CryptoEngine,
  type CryptoRequest,
  type DecryptedEvent,
  type IdentityEngine,
  MemoryStringStore,
  type RoomEncryption,
  type StringStore,
  Undecryptable,
  type UndecryptableReason,
} from "../../client/crypto/mod.ts";
import type { Client, ClientOptions } from "../../client/mod.ts";
import type { EventID, RoomID, UserID } from "../../types/mod.ts";
import { type Answer, type Answering, type FakeHomeserver, json, matrixError } from "./fake_homeserver.ts";
import { ME, ROOM, syncClient, syncServer } from "./sync_server.ts";

export const ALICE: UserID = "@alice:example.org";
export const DEVICE = "MYDEVICE";
export const MEGOLM = "m.megolm.v1.aes-sha2";

// deno-lint-ignore no-explicit-any
type Json = any;

/** The content of a fake ciphertext. */
export interface Clear {
  type?: string;
  content?: unknown;
  /** Further fields of the decrypted event. */
  more?: Record<string, unknown>;
  sender?: UserID;
  session?: string;
  index?: number;
  /** Makes decryption fail. */
  reason?: UndecryptableReason;
  withheld?: string;
  verified?: boolean;
}

/** Returns content that {@linkcode FakeEngine} decrypts. */
export function ciphertext(clear: Clear): Json {
  const { session = "session", ...rest } = clear;
  return { algorithm: MEGOLM, session_id: session, ciphertext: JSON.stringify(rest) };
}

let made = 0;

/** Returns an encrypted message as `/sync` has it. */
export function encrypted(body: string, clear: Clear = {}, more: Json = {}): Json {
  const message = { type: "m.room.message", content: { msgtype: "m.text", body }, index: ++made };
  return {
    type: "m.room.encrypted",
    event_id: `$${body}`,
    sender: ALICE,
    origin_server_ts: made,
    content: ciphertext({ ...message, ...clear }),
    ...more,
  };
}

/** Returns the message to the device that brings the key of a session. */
export function roomKey(session: string, roomId: RoomID = ROOM): Json {
  return { type: "m.room_key", sender: ALICE, content: { room_id: roomId, session_id: session } };
}

/** A crypto engine that records its calls. "Encrypts" as JSON, and needs the key of a session to read it. */
export class FakeEngine implements CryptoEngine {
  readonly userId: UserID = ME;
  readonly deviceId = DEVICE;
  /** An engine without cross-signing keys and without a backup. */
  readonly identity = {
    storedBackup: () => Promise.resolve(undefined),
    backUp: () => Promise.resolve(undefined),
  } as unknown as IdentityEngine;
  /** Names of the calls, in order. */
  readonly calls: string[] = [];
  readonly received: CryptoChanges[] = [];
  readonly tracked: UserID[] = [];
  /** The users that keys were shared with, for each call of `share()`. */
  readonly shared: (readonly UserID[])[] = [];
  readonly sentRequests: [request: CryptoRequest, response: unknown][] = [];
  /** Sessions whose keys are missing. */
  readonly missing = new Set<string>();
  readonly rooms = new Map<RoomID, RoomEncryption>();
  /** Requests to send. */
  requests: CryptoRequest[] = [];
  /** Whether the devices that keys are claimed for have none yet. */
  claims = false;
  /** Called before a call; it may throw or wait. */
  before: ((call: string) => unknown) | undefined;
  #listener: (rooms: RoomID[]) => void = () => {};
  /** Rooms whose keys are shared, so that the next event may be encrypted. */
  readonly #ready = new Set<RoomID>();
  #ids = 0;

  request(kind: CryptoRequest["kind"], body: object = {}, more: Partial<CryptoRequest> = {}): CryptoRequest {
    return { id: `${kind}${++this.#ids}`, kind, body: JSON.stringify(body), ...more };
  }

  /** Reports that keys have arrived without a sync, for example from a backup. */
  arrive(session: string, roomId: RoomID = ROOM): void {
    this.missing.delete(session);
    this.#listener([roomId]);
  }

  async receive(changes: CryptoChanges): Promise<unknown[]> {
    await this.#call("receive");
    this.received.push(changes);
    for (const { type, content } of changes.toDevice as Json[]) {
      if (type === "m.room_key") this.missing.delete(content.session_id);
    }
    this.#query(changes.changed);
    return [...changes.toDevice];
  }

  async outgoing(): Promise<CryptoRequest[]> {
    await this.#call("outgoing");
    return [...this.requests];
  }

  async sent(request: CryptoRequest, response: unknown): Promise<void> {
    await this.#call("sent");
    this.sentRequests.push([request, response]);
    this.requests = this.requests.filter(({ id }) => id !== request.id);
    if (request.kind === "keysClaim") this.claims = false;
  }

  async track(users: readonly UserID[]): Promise<void> {
    await this.#call("track");
    this.tracked.push(...users);
    this.#query(users);
  }

  async claim(users: readonly UserID[]): Promise<CryptoRequest | undefined> {
    await this.#call("claim");
    return this.claims ? this.request("keysClaim", { users }) : undefined;
  }

  async share(roomId: RoomID, users: readonly UserID[]): Promise<CryptoRequest[]> {
    await this.#call("share");
    const [last] = this.shared.slice(-1);
    this.shared.push(users);
    this.#ready.add(roomId);
    if (JSON.stringify(last) === JSON.stringify(users)) return [];
    return [
      this.request("toDevice", { messages: { secret: "room key" } }, {
        eventType: "m.room.encrypted",
        txnId: `t${this.#ids}`,
      }),
    ];
  }

  async encrypt(roomId: RoomID, type: string, content: object): Promise<Json> {
    await this.#call("encrypt");
    if (!this.#ready.delete(roomId)) throw new Error("panicked");
    return ciphertext({ type, content, sender: ME, index: ++made });
  }

  async decrypt(_roomId: RoomID, event: Json): Promise<DecryptedEvent> {
    await this.#call("decrypt");
    const { session_id: session, ciphertext } = event.content;
    if (typeof ciphertext !== "string") throw new Undecryptable("malformed");
    const { type, content, more, sender = ALICE, index = 0, reason, withheld, verified = true }: Clear = JSON
      .parse(
        ciphertext,
      );
    if (reason !== undefined) throw new Undecryptable(reason, withheld);
    if (this.missing.has(session)) throw new Undecryptable("missingKey", withheld);
    return {
      event: { ...event, type: type!, content, ...more } as Json,
      sender,
      device: "ADEVICE",
      verified,
      shield: verified ? undefined : "Not verified",
      index,
    };
  }

  async room(roomId: RoomID): Promise<RoomEncryption | undefined> {
    await this.#call("room");
    return this.rooms.get(roomId);
  }

  async setRoom(roomId: RoomID, how: RoomEncryption): Promise<void> {
    await this.#call("setRoom");
    this.rooms.set(roomId, how);
  }

  onKeys(listener: (rooms: RoomID[]) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#call("close");
  }

  /** Adds users to the request for devices that has not been sent. */
  #query(users: readonly UserID[]): void {
    const earlier = this.requests.find(({ kind }) => kind === "keysQuery");
    if (users.length === 0) return;
    const all = new Set<UserID>([...JSON.parse(earlier?.body ?? "{}").users ?? [], ...users]);
    this.requests = this.requests.filter((request) => request !== earlier);
    this.requests.push(this.request("keysQuery", { users: [...all] }));
  }

  async #call(name: string): Promise<void> {
    this.calls.push(name);
    await this.before?.(name);
  }
}

/** Responses of {@linkcode cryptoServer} to requests other than polls. */
export interface CryptoAnswers {
  /** The `m.room.encryption` state of a room. By default rooms are encrypted. */
  encryption?: Answering;
  /** The members of a room. */
  members?: readonly UserID[];
  /** The invited members of a room. */
  invited?: readonly UserID[];
  visibility?: string;
  upload?: Answering;
  query?: Answering;
  claim?: Answering;
  toDevice?: Answering;
  /** Responses to GET requests by the end of their path. */
  get?: Record<string, unknown>;
}

/** Creates a homeserver that sends these responses to polls, and responds to the requests of a client with encryption. */
export function cryptoServer(answers: CryptoAnswers, ...polls: Answer[]): FakeHomeserver {
  let sent = 0;
  return syncServer(...polls).on("*", (request: Parameters<Answering>[0]) => {
    const path = decodeURIComponent(request.path);
    const of = (answering: Answering | undefined, otherwise: unknown) =>
      (answering ?? json(otherwise))(request);
    for (const [end, value] of Object.entries(answers.get ?? {})) {
      if (request.method !== "GET" || !path.endsWith(end)) continue;
      return typeof value === "function" ? (value as Answering)(request) : json(value)(request);
    }
    if (path.includes("/state/m.room.encryption")) return of(answers.encryption, { algorithm: MEGOLM });
    if (path.includes("/state/m.room.history_visibility")) {
      return json({ history_visibility: answers.visibility ?? "shared" })(request);
    }
    if (path.endsWith("/members")) {
      const events = (users: readonly UserID[], membership: string) =>
        users.map((user) => ({
          type: "m.room.member",
          state_key: user,
          sender: user,
          content: { membership },
        }));
      const { members = [ME, ALICE], invited = [] } = answers;
      return json({ chunk: [...events(members, "join"), ...events(invited, "invite")] })(request);
    }
    if (path.endsWith("/keys/upload")) {
      return of(answers.upload, { one_time_key_counts: { signed_curve25519: 50 } });
    }
    if (path.endsWith("/keys/query")) return of(answers.query, { device_keys: {} });
    if (path.endsWith("/keys/claim")) return of(answers.claim, { one_time_keys: {} });
    if (path.includes("/sendToDevice/")) return of(answers.toDevice, {});
    if (path.includes("/send/")) return json({ event_id: `$sent${++sent}` })(request);
    return matrixError(404, "M_UNRECOGNIZED")(request);
  });
}

/** A client with a fake engine. */
export interface CryptoClient {
  readonly client: Client;
  readonly engine: FakeEngine;
  readonly crypto: CryptoDriver;
  /** The texts of messages, in the order of their delivery. */
  readonly texts: string[];
  readonly undecryptable: [eventId: EventID | undefined, reason: UndecryptableReason, withheld?: string][];
}

/** Creates a client with a fake engine. */
export function cryptoClient(
  server: FakeHomeserver,
  options: Partial<ClientOptions> & { keys?: StringStore; engine?: FakeEngine } = {},
): CryptoClient {
  const { keys = new MemoryStringStore(), engine = new FakeEngine(), ...more } = options;
  const crypto = new CryptoDriver(engine, keys);
  const undecryptable: CryptoClient["undecryptable"] = [];
  const client = syncClient(server, {
    deviceId: DEVICE,
    crypto,
    retry: { minTimeout: 0, maxTimeout: 0 },
    backoff: { minTimeout: 0, maxTimeout: 0 },
    onUndecryptable: ({ event_id }, { reason, withheld }) =>
      undecryptable.push(
        withheld === undefined ? [event_id as EventID, reason] : [event_id as EventID, reason, withheld],
      ),
    ...more,
  });
  const texts: string[] = [];
  client.on("m.room.message", ({ content }) => void texts.push(String(content.body)));
  return { client, engine, crypto, texts, undecryptable };
}

/** Returns the events that a homeserver has received for rooms: type and content. */
export function sentEvents(server: FakeHomeserver): [type: string, content: Json][] {
  return server.received.filter(({ method, path }) => method === "PUT" && path.includes("/send/"))
    .map(({ path, body }) => [path.split("/").at(-2)!, body]);
}

/** Returns the paths of the requests that a homeserver has received, without those of polls, shortened. */
export function requestsOf(server: FakeHomeserver): string[] {
  return server.received.map(({ path }) => decodeURIComponent(path).replace(/^.*?\/v3\//, ""))
    .filter((path) => path !== "sync")
    .map((path) =>
      path.replace(/^rooms\/[^/]+\//, "").replace(/^(sendToDevice|send)\/([^/]+)\/.*/, "$1/$2").replace(
        /\/$/,
        "",
      )
    );
}
