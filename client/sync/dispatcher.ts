import { pooledMap } from "@std/async/pool";
import type { SyncToken } from "../../types/identifiers.ts";
import type { SyncResponse } from "../../types/sync.ts";
import { eventsOf, type Piece, roomsOf } from "./batch.ts";
import { fillGap } from "./gaps.ts";
import type { EventOrigin } from "./handler_types.ts";
import { HALT, Handling, type HandlingOwner } from "./handling.ts";
import { type Lane, LaneWatch } from "./lane.ts";

/** How many turns of the queue of promises a handler is given before it counts as one that takes time. */
const PATIENCE = 20;

/** What a dispatcher works with. */
export interface DispatcherOwner extends HandlingOwner {
  /** Ends everything with an error. */
  readonly fail: (error: unknown) => void;
}

/** Hands the events of batches to handlers, in order. */
export class Dispatcher {
  readonly #owner: DispatcherOwner;
  readonly #handling: Handling;
  readonly #watch: LaneWatch;

  constructor(owner: DispatcherOwner) {
    this.#owner = owner;
    this.#handling = new Handling(owner);
    this.#watch = new LaneWatch(owner.stream.signal);
  }

  /** How many events were handled so far. */
  get handled(): number {
    return this.#handling.handled;
  }

  /**
   * Hands over a batch, and waits until the last handler has ended.
   *
   * @param batch The answer of a sync.
   * @param since What it was asked with.
   * @returns Whether it was handled to its end.
   * @throws What ends a sync.
   */
  async dispatch(batch: SyncResponse, since: SyncToken | undefined): Promise<boolean> {
    const { settings, stream: { signal } } = this.#owner;
    try {
      await this.#outside(batch.to_device, "toDevice", since);
      await this.#rooms(roomsOf(batch.rooms, {
        since,
        // What was said before a client's first sync was not said to it.
        timelines: since !== undefined || settings.catchUp === "all",
        gaps: settings.onGap !== undefined,
        wants: (from) => this.#handling.wants(from),
      }));
      await this.#outside(batch.account_data, "accountData", since);
      await this.#outside(batch.presence, "presence", since);
      return true;
    } catch (error) {
      if (error === HALT || (signal.aborted && error === signal.reason)) return false;
      throw error;
    }
  }

  /** Stops the clock of handlers. */
  stop(): void {
    this.#watch.stop();
  }

  /** What belongs to no room. */
  async #outside(part: unknown, from: EventOrigin, since: SyncToken | undefined): Promise<void> {
    const events = eventsOf(part);
    if (events.length === 0 || !this.#handling.wants(from)) return;
    await this.#watch.run((lane) => this.#handling.events(lane, events, { from, roomId: undefined, since }));
  }

  /**
   * Rooms side by side. There are as many lanes as may be at work at once, and each takes one room after another: a
   * pool of rooms would cost more than handling them. A pool at all is only needed where handlers take time.
   */
  async #rooms(rooms: Piece[][]): Promise<void> {
    const { settings: { concurrency }, fail } = this.#owner;
    const queue = rooms.values();
    let failure: { error: unknown } | undefined;
    const work = () =>
      this.#watch.run(async (lane) => {
        for (const pieces of queue) {
          try {
            for (const piece of pieces) {
              if (piece.before !== undefined) await this.#fill(lane, piece, piece.before);
              await this.#handling.events(lane, piece.events, piece.place);
            }
          } catch (error) {
            failure ??= { error };
            // Whatever the others wait for, they need not any more.
            if (error !== HALT) fail(error);
          }
          if (failure !== undefined) return;
        }
      });
    if (rooms.length === 0) return;
    const first = work();
    const others = Math.min(concurrency, rooms.length) - 1;
    if (others > 0 && !await this.#endsSoon(first)) {
      for await (const _ of pooledMap(others, Array(others).fill(0), work));
    }
    await first;
    if (failure !== undefined) throw failure.error;
  }

  /** Whether a lane gets through by itself, because handlers wait for nothing that takes time. */
  async #endsSoon(work: Promise<void>): Promise<boolean> {
    let ended = false;
    const end = () => ended = true;
    work.then(end, end);
    let begun = -1;
    for (let turns = 0; turns < PATIENCE && !ended; turns++) {
      if (begun !== this.#handling.begun) turns = 0;
      begun = this.#handling.begun;
      await undefined;
    }
    return ended;
  }

  /** Hands over what a limited timeline leaves out. */
  async #fill(lane: Lane, { place, events: timeline, room }: Piece, before: SyncToken): Promise<void> {
    const { client, settings: { gapLimit: limit, onGap }, stream } = this.#owner;
    const { roomId, since = "" } = place;
    const own = await stream.ownUserId();
    const state = [...eventsOf(room.state), ...eventsOf(room.state_after)];
    const gap = { roomId, since, before, timeline, state, own, limit };
    const { events, missing, error } = await fillGap(stream, gap);
    if (missing !== undefined) {
      const what = `Cannot fill the gap in ${roomId}: there are events between ${since} and ${missing}`;
      client.log.warn(what, ...error === undefined ? [] : [error]);
      if (onGap !== undefined) await this.#handling.tell(lane, "onGap", () => onGap(roomId, since, missing));
    }
    await this.#handling.events(lane, events, place);
  }
}
