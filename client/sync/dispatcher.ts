import { pooledMap } from "@std/async/pool";
import { isJsonObject } from "../../http/json_object.ts";
import type { RoomID, SyncToken } from "../../types/identifiers.ts";
import type { SyncResponse } from "../../types/sync.ts";
import { eventsOf, type RoomPart, roomsOf } from "./batch.ts";
import { fillGap } from "./gaps.ts";
import { HALT, Handling, type HandlingOwner } from "./handling.ts";
import { type Lane, LaneWatch } from "./lane.ts";

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
    const { signal } = this.#owner.stream;
    const outside = (lane: Lane, part: unknown, from: "toDevice" | "accountData" | "presence") =>
      this.#handling.events(lane, eventsOf(part), { from, roomId: undefined, since });
    try {
      await this.#watch.run((lane) => outside(lane, batch.to_device, "toDevice"));
      await this.#rooms(roomsOf(batch.rooms), since);
      await this.#watch.run(async (lane) => {
        await outside(lane, batch.account_data, "accountData");
        await outside(lane, batch.presence, "presence");
      });
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

  /** Rooms side by side. There are as many workers as may be at work at once, and each takes one room after another. */
  async #rooms(rooms: RoomPart[][], since: SyncToken | undefined): Promise<void> {
    const { settings: { concurrency }, fail } = this.#owner;
    const queue = rooms.values();
    let failure: { error: unknown } | undefined;
    const work = () =>
      this.#watch.run(async (lane) => {
        for (const parts of queue) {
          try {
            for (const part of parts) await this.#room(lane, part, since);
          } catch (error) {
            failure ??= { error };
            // Whatever the others wait for, they need not any more.
            if (error !== HALT) fail(error);
          }
          if (failure !== undefined) return;
        }
      });
    const workers = Math.min(concurrency, rooms.length);
    if (workers === 1) await work();
    else if (workers > 1) { for await (const _ of pooledMap(workers, Array(workers).fill(0), work)); }
    if (failure !== undefined) throw failure.error;
  }

  async #room(lane: Lane, { roomId, standing, room }: RoomPart, since: SyncToken | undefined): Promise<void> {
    const events = (part: unknown, from: "state" | "ephemeral" | "accountData" | "invite" | "knock") =>
      this.#handling.events(lane, eventsOf(part), { from, roomId, since });
    if (standing === "invite") return await events(room.invite_state, "invite");
    if (standing === "knock") return await events(room.knock_state, "knock");
    await events(room.state, "state");
    await events(room.state_after, "state");
    // What was said before a client's first sync was not said to it.
    if (since !== undefined || this.#owner.settings.catchUp === "all") {
      await this.#timeline(lane, roomId, standing === "join" ? "timeline" : "leave", room, since);
    }
    await events(room.ephemeral, "ephemeral");
    await events(room.account_data, "accountData");
  }

  async #timeline(
    lane: Lane,
    roomId: RoomID,
    from: "timeline" | "leave",
    room: Record<string, unknown>,
    since: SyncToken | undefined,
  ): Promise<void> {
    const { timeline } = room;
    if (!isJsonObject(timeline)) return;
    const place = { from, roomId, since };
    const { limited, prev_batch: before } = timeline;
    if (since !== undefined && limited === true && typeof before === "string" && before !== "") {
      await this.#handling.events(lane, await this.#missed(lane, place, since, before, room), place);
    }
    await this.#handling.events(lane, eventsOf(timeline), place);
  }

  /** What a limited timeline leaves out. */
  async #missed(
    lane: Lane,
    { from, roomId }: { from: "timeline" | "leave"; roomId: RoomID },
    since: SyncToken,
    before: SyncToken,
    room: Record<string, unknown>,
  ): Promise<readonly unknown[]> {
    const { client, settings: { gapLimit: limit, onGap }, stream } = this.#owner;
    if (!this.#handling.wants(from) && onGap === undefined) return [];
    const timeline = eventsOf(room.timeline);
    const state = [...eventsOf(room.state), ...eventsOf(room.state_after)];
    const own = await stream.ownUserId();
    const { events, missing, error } = await fillGap(stream, {
      roomId,
      since,
      before,
      timeline,
      state,
      own,
      limit,
    });
    if (missing !== undefined) {
      client.log.warn(
        `Cannot fill the gap in ${roomId}: there are events between ${since} and ${missing}`,
        error ?? "",
      );
      if (onGap !== undefined) await this.#handling.tell(lane, "onGap", () => onGap(roomId, since, missing));
    }
    return events;
  }
}
