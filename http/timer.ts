/** How many microtasks a timer that is no longer needed waits for somebody who needs one. */
const TURNS = 16;

/** A running timer. */
export interface Timer {
  /** Its handle. */
  id: ReturnType<typeof setTimeout>;
  /** When it goes off, in the time of `performance.now()`. */
  end: number;
  /** How much longer its present owner wants to wait then, in milliseconds. */
  more: number;
  /** Told when time is up. */
  owner: { ring(): void };
}

/**
 * Timers that are handed on: to set and clear one can cost more than all else that a call adds to `fetch`. What one call
 * no longer needs the next one takes over, if it begins in the same turn of the event loop; else it is cleared, still in
 * that turn: so no timer stays behind, and none gets from one request to another on hosts that keep those apart.
 */
export class Timers {
  readonly #spare: Timer[] = [];
  #turns = 0;

  /** Starts a timer, or one that runs already anew. */
  start(milliseconds: number, owner: Timer["owner"], running?: Timer): Timer {
    const timer = running ?? this.#spare.pop();
    if (timer === undefined) return arm({ owner } as Timer, milliseconds);
    const more = performance.now() + milliseconds - timer.end;
    if (more < 0) {
      clearTimeout(timer.id);
      return arm({ owner } as Timer, milliseconds);
    }
    timer.more = more;
    timer.owner = owner;
    return timer;
  }

  /** Ends a timer: it does not ring. */
  stop(timer: Timer): void {
    this.#spare.push(timer);
    const idle = this.#turns === 0;
    this.#turns = TURNS;
    if (idle) this.#clear();
  }

  async #clear(): Promise<void> {
    while (this.#spare.length > 0 && this.#turns-- > 0) await undefined;
    this.#turns = 0;
    for (let timer; (timer = this.#spare.pop()) !== undefined;) clearTimeout(timer.id);
  }
}

function arm(timer: Timer, milliseconds: number): Timer {
  timer.more = 0;
  timer.end = performance.now() + milliseconds;
  timer.id = setTimeout(() => timer.more > 0 ? arm(timer, timer.more) : timer.owner.ring(), milliseconds);
  return timer;
}
