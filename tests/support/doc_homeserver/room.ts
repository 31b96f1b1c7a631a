import { Fault, type Json, notFound, SERVER } from "./route.ts";

/** An event of a room. */
export interface RoomEvent extends Json {
  event_id: string;
  type: string;
  sender: string;
  room_id: string;
  origin_server_ts: number;
  content: Json;
  state_key?: string;
  unsigned?: Json;
}

/** An event and its position in the order of all events. */
export interface Entry {
  position: number;
  event: RoomEvent;
}

/** Counts the changes in all rooms, and wakes polls that wait for one. */
export class Clock {
  position = 0;
  #wake = () => {};
  #next: Promise<void> = new Promise((resolve) => this.#wake = resolve);

  tick(): number {
    this.position++;
    this.#wake();
    this.#next = new Promise((resolve) => this.#wake = resolve);
    return this.position;
  }

  get next(): Promise<void> {
    return this.#next;
  }
}

const FIRST_EVENT = Date.UTC(2026, 0, 1, 12);

/** A room with its timeline and current state. */
export class Room {
  readonly timeline: Entry[] = [];
  readonly #clock: Clock;

  constructor(readonly id: string, clock: Clock) {
    this.#clock = clock;
  }

  /** Adds an event. */
  add(sender: string, type: string, content: Json, stateKey?: string, eventId?: string): RoomEvent {
    const replaced = stateKey === undefined ? undefined : this.state(type, stateKey);
    const position = this.#clock.tick();
    const event: RoomEvent = {
      event_id: eventId ?? `$event${position}`,
      type,
      sender,
      room_id: this.id,
      origin_server_ts: FIRST_EVENT + position * 1_000,
      content,
      unsigned: { age: 1_000, ...(replaced ? { prev_content: replaced.content } : {}) },
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
    };
    this.timeline.push({ position, event });
    return event;
  }

  /** Returns the state event of a type and key, now or at a position. */
  state(type: string, stateKey: string, until = Infinity): RoomEvent | undefined {
    return this.timeline.findLast(({ event, position }) =>
      position <= until && event.type === type && event.state_key === stateKey
    )?.event;
  }

  /** Returns all state events. */
  allState(until = Infinity): RoomEvent[] {
    const state = new Map<string, RoomEvent>();
    for (const { event, position } of this.timeline) {
      if (event.state_key !== undefined && position <= until) {
        state.set(`${event.type}|${event.state_key}`, event);
      }
    }
    return [...state.values()];
  }

  /** Returns an event by its ID. For placeholders in examples that is a message of Bob's. */
  event(id: string): RoomEvent {
    if (/missing|unknown/.test(id)) throw notFound("Event");
    return this.timeline.find(({ event }) => event.event_id === id)?.event ?? {
      event_id: id,
      type: "m.room.message",
      sender: `@bob:${SERVER}`,
      room_id: this.id,
      origin_server_ts: FIRST_EVENT,
      content: { msgtype: "m.text", body: "Hello" },
      unsigned: { age: 1_000 },
    };
  }

  /** Returns a user's membership; an empty string without one. */
  membership(userId: string, until = Infinity): string {
    return String(this.state("m.room.member", userId, until)?.content.membership ?? "");
  }

  members(membership?: string): RoomEvent[] {
    return this.allState().filter(({ type, content }) =>
      type === "m.room.member" && (membership === undefined || content.membership === membership)
    );
  }

  /** Changes a user's membership. */
  setMembership(sender: string, userId: string, membership: string, reason?: unknown): RoomEvent {
    return this.add(sender, "m.room.member", {
      membership,
      displayname: displayname(userId),
      ...(typeof reason === "string" ? { reason } : {}),
    }, userId);
  }

  /** Throws if a user has not joined the room. */
  requireJoined(userId: string): void {
    if (this.membership(userId) !== "join") {
      throw new Fault(403, "M_FORBIDDEN", `User ${userId} not in room ${this.id}`);
    }
  }

  /** Redacts an event. */
  redact(sender: string, eventId: string, reason: unknown): RoomEvent {
    const redaction = this.add(sender, "m.room.redaction", {
      redacts: eventId,
      ...(typeof reason === "string" ? { reason } : {}),
    });
    redaction.redacts = eventId;
    const entry = this.timeline.find(({ event }) => event.event_id === eventId);
    if (entry) {
      entry.event = { ...entry.event, content: {}, unsigned: { redacted_because: redaction } };
    }
    return redaction;
  }

  /** Returns the events that relate to an event, newest first. */
  relations(eventId: string, relType?: string, type?: string): RoomEvent[] {
    return this.timeline.map(({ event }) => event).filter((event) => {
      const relation = event.content["m.relates_to"] as Json | undefined;
      return relation?.event_id === eventId && (relType === undefined || relation.rel_type === relType) &&
        (type === undefined || event.type === type);
    }).reverse();
  }
}

/** Returns the display name of a user, `Alice` for `@alice:example.org`. */
export function displayname(userId: string): string {
  const localpart = userId.slice(1).split(":")[0] ?? "";
  return localpart.charAt(0).toUpperCase() + localpart.slice(1);
}
