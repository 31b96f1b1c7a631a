import type { ClientAPI } from "../../mod.ts";

/** An event as `/sync` gives it, with the room it belongs to. */
export interface Seen {
  type: string;
  event_id: string;
  sender: string;
  room_id: string;
  content: Record<string, unknown>;
  redacts?: string;
}

/** What a user gets to see: all timeline events, in the order in which `/sync` brings them. */
export class Inbox {
  readonly #client: ClientAPI;
  readonly #events: Seen[] = [];
  #since: string | undefined;
  // By default a homeserver leaves out all but the last few events of a room.
  readonly #filter = { room: { timeline: { limit: 100 } } };

  constructor(client: ClientAPI) {
    this.#client = client;
  }

  /** Asks the homeserver once for what is new. */
  async poll(timeout = 5_000): Promise<void> {
    const answer = await this.#client.sync({ since: this.#since, timeout, filter: this.#filter });
    this.#since = answer.next_batch;
    for (const [roomId, room] of Object.entries(answer.rooms?.join ?? {})) {
      for (const event of room.timeline?.events ?? []) {
        this.#events.push({ ...event as unknown as Seen, room_id: roomId });
      }
    }
  }

  /** Waits for an event, half a minute at most. */
  async find(what: string, fits: (event: Seen) => boolean): Promise<Seen> {
    const end = Date.now() + 30_000;
    while (true) {
      const event = this.#events.find(fits);
      if (event !== undefined) return event;
      if (Date.now() > end) throw new Error(`${what} did not arrive within half a minute`);
      await this.poll();
    }
  }

  /** All events that fit, in order. */
  all(fits: (event: Seen) => boolean): Seen[] {
    return this.#events.filter(fits);
  }
}
