import { within } from "../../http/retry.ts";

/**
 * Milliseconds without progress after which the next action no longer waits. On Workers, the actions of a request that
 * has ended never settle. Everything that is done under a lock has a shorter time limit.
 */
const LONGEST_TURN = 120_000;

/** Runs actions one after another. */
export class Lock {
  #last: { readonly ended: Promise<void>; hasEnded: boolean } | undefined;
  /** When an action began or ended last. */
  #progress = 0;

  /**
   * Runs an action after the earlier ones.
   *
   * @returns What the action returns.
   */
  async run<T>(action: () => Promise<T>): Promise<T> {
    const earlier = this.#last;
    let end = () => {};
    const turn = { ended: new Promise<void>((resolve) => end = resolve), hasEnded: false };
    this.#last = turn;
    while (earlier !== undefined && !earlier.hasEnded) {
      const left = this.#progress + LONGEST_TURN - performance.now();
      if (left <= 0) break;
      await within(earlier.ended, left, undefined);
    }
    this.#progress = performance.now();
    try {
      return await action();
    } finally {
      this.#progress = performance.now();
      turn.hasEnded = true;
      if (this.#last === turn) this.#last = undefined;
      end();
    }
  }

  /** Whether no action is running or waiting. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  /** Notices that the running action makes progress. */
  touch(): void {
    this.#progress = performance.now();
  }
}
