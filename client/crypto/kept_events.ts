import type { EventID, RoomID } from "../../types/identifiers.ts";
import type { UndecryptableReason } from "../sync/encryption.ts";
import type { EventOrigin } from "../sync/events.ts";
import type { Rows } from "./rows.ts";
import type { EncryptedEvent } from "./events.ts";

/** The number of events that are kept of a room. */
const EVENTS = 1_000;
const PREFIX = "kept:";

/** An event whose key is missing. */
export interface KeptEvent {
  /** The event as it was received. */
  readonly event: EncryptedEvent;
  /** The part of the sync response that it arrived in. */
  readonly from: EventOrigin;
  /** Why it could not be decrypted. */
  readonly reason: UndecryptableReason;
}

/** Keeps events whose keys are missing, in the order of their arrival. The oldest of a room are dropped. */
export class KeptEvents {
  readonly #rows: Rows;
  /** The keys of the rows by room and event. */
  #rooms: Map<RoomID, Map<EventID, string>> | undefined;
  #next = 0;

  /**
   * Creates the collection.
   *
   * @param rows The rows, which are loaded when the collection is used.
   */
  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Returns the rooms that have events. */
  rooms(): RoomID[] {
    return [...this.#all().keys()];
  }

  /** Returns the events of a room, oldest first. */
  of(roomId: RoomID): KeptEvent[] {
    return [...this.#all().get(roomId)?.values() ?? []].map((key) => JSON.parse(this.#rows.get(key)!));
  }

  /** Keeps an event, unless it is kept already. */
  add(roomId: RoomID, kept: KeptEvent): void {
    const rooms = this.#all();
    const events = rooms.get(roomId) ?? new Map<EventID, string>();
    rooms.set(roomId, events);
    const { event_id: eventId } = kept.event;
    if (events.has(eventId)) return;
    const key = `${PREFIX}${JSON.stringify([this.#next++, roomId, eventId])}`;
    events.set(eventId, key);
    this.#rows.set(key, JSON.stringify(kept));
    const [oldest] = events.keys();
    if (events.size > EVENTS) this.delete(roomId, oldest!);
  }

  /** Drops an event. */
  delete(roomId: RoomID, eventId: EventID): void {
    const events = this.#all().get(roomId);
    const key = events?.get(eventId);
    if (events === undefined || key === undefined) return;
    events.delete(eventId);
    if (events.size === 0) this.#rooms?.delete(roomId);
    this.#rows.set(key, undefined);
  }

  #all(): Map<RoomID, Map<EventID, string>> {
    if (this.#rooms !== undefined) return this.#rooms;
    const rooms = new Map<RoomID, Map<EventID, string>>();
    const keys = this.#rows.keys(PREFIX).map((key): [[number, RoomID, EventID], string] => [
      JSON.parse(key.slice(PREFIX.length)),
      key,
    ]);
    for (const [[number, roomId, eventId], key] of keys.sort(([[a]], [[b]]) => a - b)) {
      const events = rooms.get(roomId) ?? new Map<EventID, string>();
      rooms.set(roomId, events.set(eventId, key));
      this.#next = number + 1;
    }
    return this.#rooms = rooms;
  }
}
