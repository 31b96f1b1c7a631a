import { within } from "../../http/deadline.ts";
import { MatrixTimeoutError } from "../../http/errors/base.ts";

/** One run of asynchronous work. */
interface Run<T> {
  readonly promise: Promise<T>;
  /** Until when others may join it, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Shares one run of asynchronous work among all callers that ask for it while it lasts.
 *
 * A run is joined within its own time limit only: Cloudflare Workers never settle a promise whose I/O belongs to a
 * request that has ended, so a run that another request started can hang forever.
 */
export class SharedRun<T> {
  readonly #limit: number;
  readonly #label: string;
  #current: Run<T> | undefined;

  /**
   * Creates it.
   *
   * @param limit The time limit of a run, in milliseconds.
   * @param label The action, for the error that callers get if it takes longer.
   */
  constructor(limit: number, label: string) {
    this.#limit = limit;
    this.#label = label;
  }

  /**
   * Waits for the run in progress, or starts one.
   *
   * @param start Starts a run. It continues if its caller stops waiting.
   * @returns The result of the run.
   * @throws The error of the run.
   * @throws {MatrixTimeoutError} If a run that this call started takes too long.
   */
  async join(start: () => Promise<T>): Promise<T> {
    const joined = this.#current;
    if (joined !== undefined && await settles(joined)) return await joined.promise;
    if (joined !== undefined && this.#current === joined) this.#current = undefined;
    // A caller that has waited for the same run may have started the next one in the meantime.
    if (this.#current !== undefined) return await this.join(start);
    const run = this.#start(start);
    if (await settles(run)) return await run.promise;
    throw new MatrixTimeoutError(`${this.#label}: no result within ${this.#limit} ms`);
  }

  /** Waits until the run in progress has settled or exceeded its time limit. Does not throw its error. */
  async settled(): Promise<void> {
    if (this.#current !== undefined) await settles(this.#current);
  }

  #start(start: () => Promise<T>): Run<T> {
    const promise = start();
    const run = this.#current = { promise, until: Date.now() + this.#limit };
    const forget = () => {
      if (this.#current === run) this.#current = undefined;
    };
    // Handles the rejection too: callers may all have stopped waiting.
    promise.then(forget, forget);
    return run;
  }
}

/** Waits for a run within its time limit; returns whether it has settled. */
async function settles<T>({ promise, until }: Run<T>): Promise<boolean> {
  const left = until - Date.now();
  if (left <= 0) return false;
  const settled = () => true;
  return await within(promise.then(settled, settled), left, false);
}
