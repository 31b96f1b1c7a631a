import { EncryptionError, MatrixRequestError } from "../../http/errors/base.ts";
import { isRoomId, type RoomID, type SyncToken, type UserID } from "../../types/identifiers.ts";
import { fieldsOf, isJsonObject, type JsonObject } from "../../types/json.ts";
import type { SyncResponse } from "../../types/sync.ts";
import type { ClientAPI } from "../client_api.ts";
import { eventsOf } from "../sync/batch.ts";
import type { CryptoEngine, RoomEncryption } from "./engine.ts";
import type { Rows } from "./rows.ts";

/** The only algorithm that is supported. */
export const MEGOLM = "m.megolm.v1.aes-sha2";

/** Milliseconds after a sync response for which its rooms count as followed. */
const FOLLOWED = 120_000;
const PREFIX = "algorithm:";

/** Members of a room, as far as they are loaded. */
interface Members {
  readonly memberships: Map<UserID, string>;
  /** Changes while the members are loaded. */
  readonly changes: Map<UserID, string>;
  isLoaded: boolean;
  /** Whether invited users get keys. */
  includesInvited: boolean;
  /** Increased with each change. */
  version: number;
}

/** The recipients of a room's messages. */
export interface Recipients {
  /** The users. */
  readonly users: readonly UserID[];
  /** Changes with the users. */
  readonly version: number;
}

/** Stores which rooms are encrypted, and which members get their keys. */
export class Rooms {
  readonly #engine: CryptoEngine;
  readonly #rows: Rows;
  readonly #client: () => ClientAPI;
  readonly #encrypted = new Map<RoomID, RoomEncryption>();
  /** Rooms that were not encrypted when the homeserver was asked. */
  readonly #plain = new Set<RoomID>();
  readonly #members = new Map<RoomID, Members>();
  /** Whether syncs may omit rooms, whose state is unknown then. */
  isPartial = false;
  #position: SyncToken | undefined;
  #followedAt = -Infinity;
  #version = 0;

  /**
   * Creates the collection.
   *
   * @param engine The engine, which stores how rooms are encrypted.
   * @param rows The rows of the driver.
   * @param client Returns the client to ask with.
   */
  constructor(engine: CryptoEngine, rows: Rows, client: () => ClientAPI) {
    this.#engine = engine;
    this.#rows = rows;
    this.#client = client;
  }

  /** Whether a response to a request with a token continues the last one. */
  continues(since: SyncToken | undefined): boolean {
    return since !== undefined && since === this.#position;
  }

  /** Follows the state of rooms through a sync response. */
  async follow({ rooms, next_batch: position }: SyncResponse, since: SyncToken | undefined): Promise<void> {
    if (!this.continues(since)) {
      this.#members.clear();
      this.#plain.clear();
    }
    for (const [section, parts] of Object.entries(fieldsOf(rooms))) {
      if (section !== "join" && section !== "leave") continue;
      for (const [roomId, room] of Object.entries(fieldsOf(parts))) {
        if (!isJsonObject(room) || !isRoomId(roomId)) continue;
        await this.#followRoom(roomId, room);
        if (section === "leave") this.#members.delete(roomId);
      }
    }
    this.#position = position;
    this.#followedAt = performance.now();
  }

  /**
   * Returns how a room is encrypted; `undefined` if it is not.
   *
   * @throws {EncryptionError} If it is encrypted in a way that is not supported.
   * @throws {MatrixError} If the homeserver does not say whether it is.
   */
  async encryption(roomId: RoomID, signal?: AbortSignal): Promise<RoomEncryption | undefined> {
    const known = this.#encrypted.get(roomId) ?? await this.#engine.room(roomId);
    if (known !== undefined) {
      this.#encrypted.set(roomId, known);
      return known;
    }
    const algorithm = this.#rows.get(PREFIX + roomId);
    if (algorithm !== undefined) throw unsupported(roomId, JSON.parse(algorithm));
    if (this.#plain.has(roomId) && this.#isFollowed) return undefined;
    let content: unknown;
    try {
      content = await this.#client().getStateEvent(roomId, "m.room.encryption", { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#plain.add(roomId);
      return undefined;
    }
    await this.#note(roomId, content);
    await this.#rows.save();
    return await this.encryption(roomId, signal);
  }

  /** Returns who gets the keys of a room. */
  async recipients(roomId: RoomID, signal: AbortSignal | undefined): Promise<Recipients> {
    if (!this.#isFollowed) this.#members.delete(roomId);
    const loaded = this.#members.get(roomId);
    const members = loaded?.isLoaded ? loaded : await this.#load(roomId, signal);
    const { memberships, includesInvited, version } = members;
    const users = [...memberships]
      .filter(([, membership]) => membership === "join" || (includesInvited && membership === "invite"))
      .map(([user]) => user);
    return { users, version };
  }

  get #isFollowed(): boolean {
    return !this.isPartial && performance.now() - this.#followedAt < FOLLOWED;
  }

  async #load(roomId: RoomID, signal: AbortSignal | undefined): Promise<Members> {
    const members: Members = {
      memberships: new Map(),
      changes: new Map(),
      isLoaded: false,
      includesInvited: true,
      version: ++this.#version,
    };
    this.#members.set(roomId, members);
    try {
      const client = this.#client();
      const [events, visibility] = await Promise.all([
        client.getMembers(roomId, { notMembership: "leave", signal }),
        client.getStateEvent(roomId, "m.room.history_visibility", { signal }).catch((error) => {
          if (isNotFound(error)) return {};
          throw error;
        }),
      ]);
      for (const event of events as unknown[]) {
        const member = memberOf(event);
        if (member !== undefined) members.memberships.set(...member);
      }
      for (const change of members.changes) members.memberships.set(...change);
      members.includesInvited = fieldsOf(visibility).history_visibility !== "joined";
      members.isLoaded = true;
      return members;
    } finally {
      if (!members.isLoaded && this.#members.get(roomId) === members) this.#members.delete(roomId);
    }
  }

  async #followRoom(roomId: RoomID, room: JsonObject): Promise<void> {
    const { timeline, state, state_after } = room;
    // Without the members of lazy loading, the state before a limited timeline does not name all who have left.
    if (isJsonObject(timeline) && timeline.limited === true) this.#members.delete(roomId);
    for (const event of [...eventsOf(state), ...eventsOf(timeline), ...eventsOf(state_after)]) {
      if (!isJsonObject(event) || typeof event.state_key !== "string") continue;
      const members = this.#members.get(roomId);
      if (event.type === "m.room.encryption" && event.state_key === "") {
        await this.#note(roomId, event.content);
      } else if (event.type === "m.room.history_visibility" && members !== undefined) {
        this.#members.delete(roomId);
      } else if (members !== undefined) {
        const member = memberOf(event);
        if (member === undefined) continue;
        (members.isLoaded ? members.memberships : members.changes).set(...member);
        members.version = ++this.#version;
      }
    }
  }

  /** Stores how a room is encrypted. Later state cannot revoke that. */
  async #note(roomId: RoomID, content: unknown): Promise<void> {
    this.#plain.delete(roomId);
    const { algorithm, rotation_period_ms: period, rotation_period_msgs: messages } = fieldsOf(content);
    const known = this.#encrypted.get(roomId) ?? await this.#engine.room(roomId);
    if (algorithm !== MEGOLM) {
      if (known === undefined) this.#rows.set(PREFIX + roomId, JSON.stringify(algorithm ?? null));
      return;
    }
    const how = { algorithm, rotationMessages: positive(messages), rotationPeriod: positive(period) };
    if (JSON.stringify(known) !== JSON.stringify(how)) await this.#engine.setRoom(roomId, how);
    this.#encrypted.set(roomId, how);
    this.#rows.set(PREFIX + roomId, undefined);
  }
}

/** Returns the user and the membership of a member event. */
function memberOf(event: unknown): [UserID, string] | undefined {
  if (!isJsonObject(event) || event.type !== "m.room.member" || typeof event.state_key !== "string") {
    return undefined;
  }
  const { membership } = fieldsOf(event.content);
  return [event.state_key as UserID, typeof membership === "string" ? membership : "leave"];
}

/** Whether an error means that the state does not exist. No other error does. */
function isNotFound(error: unknown): boolean {
  return error instanceof MatrixRequestError && error.status === 404 && error.errcode === "M_NOT_FOUND";
}

function positive(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && value as number > 0 ? value as number : undefined;
}

function unsupported(roomId: RoomID, algorithm: unknown): EncryptionError {
  const name = typeof algorithm === "string" ? JSON.stringify(algorithm.slice(0, 100)) : "missing";
  return new EncryptionError(`Cannot send to ${roomId}: its encryption algorithm is not supported (${name})`);
}
