import { isJsonObject } from "../../http/json_object.ts";
import type { SyncResponse } from "../../types/sync.ts";

/** The first wait of a sync that leads nowhere, and the longest, in milliseconds. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;

/** An empty answer that took less than this many milliseconds did not wait for anything to happen. */
const AT_ONCE = 1_000;

/** How many of them in a row it takes. */
const EMPTY_ANSWERS = 3;

/** How many tokens are remembered, to find out when they go round in a circle. */
const REMEMBERED = 16;

/** What is wrong with the answers of late. */
export interface Stall {
  /** How long to wait before the next poll, in milliseconds. */
  wait: number;
  /** Whether anything is wrong at all: empty answers are what was asked for where they are not to be waited for. */
  tell: boolean;
}

/** What is known of a poll that was answered. */
export interface Answered {
  /** The token it was asked with. */
  since: string | undefined;
  /** The answer. */
  answer: SyncResponse;
  /** How long it took, in milliseconds. */
  took: number;
  /** How long the homeserver was to wait for something to happen, in milliseconds. */
  timeout: number;
  /** Whether all state was asked for, which is answered at once and moves nothing. */
  fullState: boolean;
}

/** Looks at each answer, and finds out when a sync leads nowhere. */
export class Watchdog {
  #empty = 0;
  #waits = 0;
  /** What was asked with of late: an answer with events that leads back there leads nowhere. */
  readonly #asked: (string | undefined)[] = [];

  /**
   * Takes an answer into account.
   *
   * @param poll What is known of the poll.
   * @returns How to slow down; `undefined` where all is well.
   */
  look({ since, answer, took, timeout, fullState }: Answered): Stall | undefined {
    if (fullState) return undefined;
    if (this.#asked.at(-1) !== since) this.#asked.push(since);
    if (this.#asked.length > REMEMBERED) this.#asked.shift();
    if (holdsEvents(answer)) {
      this.#empty = 0;
      if (this.#asked.includes(answer.next_batch)) return this.#stall(true);
    } else if (took >= Math.min(AT_ONCE, timeout / 2) && timeout > 0) {
      this.#empty = 0;
    } else if (since !== undefined && ++this.#empty >= EMPTY_ANSWERS) {
      return this.#stall(timeout > 0);
    } else {
      return undefined;
    }
    this.#waits = 0;
  }

  #stall(tell: boolean): Stall {
    return { wait: Math.min(FIRST_WAIT * 2 ** this.#waits++, LONGEST_WAIT), tell };
  }
}

/** Whether an answer holds anything that has happened. */
export function holdsEvents(answer: SyncResponse): boolean {
  const { rooms, to_device, presence, account_data, device_lists } = answer;
  if (has(to_device) || has(presence) || has(account_data)) return true;
  if (isJsonObject(device_lists) && (filled(device_lists.changed) || filled(device_lists.left))) return true;
  if (!isJsonObject(rooms)) return false;
  if (filled(rooms.invite) || filled(rooms.knock) || filled(rooms.leave)) return true;
  for (const room of Object.values(rooms.join ?? {})) {
    if (!isJsonObject(room)) continue;
    const { timeline, state, state_after, ephemeral, account_data } = room;
    if (has(timeline) || has(state) || has(state_after) || has(ephemeral) || has(account_data)) return true;
  }
  return false;
}

function has(part: unknown): boolean {
  return isJsonObject(part) && filled(part.events);
}

/** Whether a list or an object holds anything. */
function filled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) && Object.keys(value).length > 0;
}
