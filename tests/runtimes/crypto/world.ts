/** Users, devices and encrypted rooms of the programs in this folder. Web APIs only, because every runtime runs them. */
import { Client, MemorySyncStore, silentLog, type SyncStore } from "@mtx/client";
import {
  type CompareEmoji,
  type CryptoDriver,
  MemoryStringStore,
  type OlmSdk,
  openOlm,
  type StringStore,
} from "@mtx/client/crypto";
import type { DeviceID, EventID, JsonObject, RoomID, SyncResponse, UserID } from "@mtx/client/types";

/** A registered user, with the device of the registration. */
export interface User {
  readonly userId: UserID;
  readonly password: string;
  readonly token: string;
  readonly deviceId: DeviceID;
}

/** A device with an open engine. */
export interface Device {
  readonly user: User;
  readonly client: Client;
  readonly crypto: CryptoDriver;
  readonly keys: StringStore;
  readonly position: SyncStore;
  /** The texts of the messages that were delivered, in order. Those that were not encrypted are marked. */
  readonly texts: string[];
  /** The events that could not be decrypted. */
  readonly undecryptable: { eventId: EventID; reason: string }[];
  /** Modifies sync responses on their way to the client. */
  tamper: ((response: SyncResponse) => void) | undefined;
}

/** Options of {@linkcode World.open}. */
export interface OpenOptions {
  /** Store of the keys. */
  readonly keys?: StringStore;
  /** Store of the sync token. */
  readonly position?: SyncStore;
  /** Required trust in senders. @default "any" */
  readonly trust?: "any" | "crossSigned";
  /** Users whose verifications are accepted. */
  readonly acceptVerificationFrom?: readonly UserID[];
  /** Compares emoji. */
  readonly onVerification?: CompareEmoji;
}

/** The key that encrypts the stores. */
const KEY = new Uint8Array(32).fill(7);
export const MEGOLM = "m.megolm.v1.aes-sha2";

/** Throws if a value is not the expected one. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} in place of ${b}`);
}

/** A homeserver, and the crypto engine of this runtime. */
export class World {
  readonly baseUrl: string;
  readonly #sdk: OlmSdk;
  readonly #open = new Set<CryptoDriver>();

  constructor(sdk: OlmSdk, baseUrl: string) {
    this.#sdk = sdk;
    this.baseUrl = baseUrl;
  }

  /** Sends a plain request. Returns the JSON of the response; throws if the homeserver refuses it. */
  async ask<T = JsonObject>(
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        "content-type": "application/json",
        ...token === undefined ? {} : { authorization: `Bearer ${token}` },
      },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Registers a user. */
  async register(name: string): Promise<User> {
    const password = crypto.randomUUID();
    const { user_id, access_token, device_id } = await this.ask<
      { user_id: UserID; access_token: string; device_id: string }
    >(undefined, "POST", "/_matrix/client/v3/register", {
      username: `${name}_${crypto.randomUUID().replaceAll("-", "")}`,
      password,
      auth: { type: "m.login.dummy" },
    });
    return { userId: user_id, password, token: access_token, deviceId: device_id };
  }

  /** Signs a user in on another device. */
  async login({ userId, password }: User): Promise<User> {
    const { access_token: token, device_id: deviceId } = await this.ask<
      { access_token: string; device_id: string }
    >(undefined, "POST", "/_matrix/client/v3/login", {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: userId },
      password,
    });
    return { userId, password, token, deviceId };
  }

  /** Opens the device of a user. */
  async open(user: User, options: OpenOptions = {}): Promise<Device> {
    const {
      keys = new MemoryStringStore(),
      position = new MemorySyncStore(),
      trust = "any",
      ...verification
    } = options;
    const { userId, deviceId, token } = user;
    const crypto = await openOlm(this.#sdk, { userId, deviceId, key: KEY, store: keys });
    this.#open.add(crypto);
    const tampering: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (device.tamper === undefined || !new URL(response.url).pathname.endsWith("/sync")) return response;
      const sync: SyncResponse = await response.json();
      device.tamper(sync);
      return Response.json(sync);
    };
    const client = new Client({
      baseUrl: this.baseUrl,
      token,
      store: position,
      log: silentLog,
      fetch: tampering,
      crypto,
      trust,
      ...verification,
      onUndecryptable: ({ event_id }, { reason }) => {
        device.undecryptable.push({ eventId: event_id as EventID, reason });
      },
    });
    const device: Device = {
      user,
      client,
      crypto,
      keys,
      position,
      texts: [],
      undecryptable: [],
      tamper: undefined,
    };
    client.on("m.room.message", ({ content }, { encryption }) => {
      device.texts.push(`${content.body}${encryption === undefined ? " (plain)" : ""}`);
    });
    return device;
  }

  /** Creates an encrypted room, which all users have joined. */
  async room(creator: User, ...others: User[]): Promise<RoomID> {
    const { room_id: roomId } = await this.ask<{ room_id: RoomID }>(
      creator.token,
      "POST",
      "/_matrix/client/v3/createRoom",
      {
        preset: "private_chat",
        invite: others.map(({ userId }) => userId),
        initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: MEGOLM } }],
      },
    );
    for (const { token } of others) {
      await this.ask(token, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    }
    return roomId;
  }

  /** Returns the events of a room as the homeserver has them, newest first. */
  async events({ token }: User, roomId: RoomID): Promise<JsonObject[]> {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
    return (await this.ask<{ chunk: JsonObject[] }>(token, "GET", path)).chunk;
  }

  /** Returns the public keys of a device by algorithm, as the homeserver has them. */
  async deviceKeys({ token, userId, deviceId }: User): Promise<Record<string, string>> {
    const { device_keys } = await this.ask<
      { device_keys: Record<string, Record<string, { keys: Record<string, string> }>> }
    >(token, "POST", "/_matrix/client/v3/keys/query", { device_keys: { [userId]: [deviceId] } });
    return device_keys[userId]?.[deviceId]?.keys ?? {};
  }

  /** Closes a device. */
  async close({ crypto }: Device): Promise<void> {
    this.#open.delete(crypto);
    await crypto.close();
  }

  /** Closes all devices. */
  async closeAll(): Promise<void> {
    for (const driver of this.#open) await driver.close();
    this.#open.clear();
  }
}

/** Returns the timeline of a room in a sync response. */
export function timelineOf(response: SyncResponse, roomId: RoomID): JsonObject[] {
  return (response.rooms?.join?.[roomId]?.timeline?.events ?? []) as unknown as JsonObject[];
}

/** Returns the authentication of a user by password. */
export function passwordOf({ userId, password }: User): {
  type: string;
  identifier: { type: "m.id.user"; user: UserID };
  password: string;
} {
  return { type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password };
}
