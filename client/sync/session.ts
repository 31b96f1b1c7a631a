import type { FilterID } from "../../types/identifiers.ts";
import type { Client } from "./client.ts";
import { faultOf, tell } from "./faults.ts";
import type { Settings } from "./settings.ts";
import type { SyncState } from "./state.ts";
import type { SyncStore } from "./stores.ts";
import { SyncStream } from "./stream.ts";

/** What a session needs to know of its client. */
export interface SessionOwner {
  readonly client: Client;
  readonly settings: Settings;
  readonly store: SyncStore;
  readonly filters: Map<string, FilterID>;
  /** How many times to try again, of what can cure itself. */
  readonly limit: number;
  /** Keeps what is told. */
  readonly keep: (state: SyncState) => void;
}

/** One sync from its beginning to its end, and what ends it. */
export class Session {
  readonly settings: Settings;
  readonly stream: SyncStream;
  readonly #owner: SessionOwner;
  readonly #controller = new AbortController();
  readonly #follow: () => void;
  #failure: { error: unknown } | undefined;

  constructor(owner: SessionOwner) {
    this.#owner = owner;
    this.settings = owner.settings;
    const { signal } = owner.settings;
    this.#follow = () => this.stop(signal?.reason);
    if (signal?.aborted) this.#follow();
    else signal?.addEventListener("abort", this.#follow);
    this.stream = new SyncStream({
      ...owner,
      signal: this.#controller.signal,
      tell: (state) => this.#tell(state),
    });
  }

  /** Ends it because somebody wants that. */
  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Ends it because of an error. */
  fail(error: unknown): void {
    if (this.#controller.signal.aborted) return;
    this.#failure = { error };
    this.#controller.abort(error);
  }

  /** Whether an error only says that somebody wanted an end. */
  wasStopped(error: unknown): boolean {
    const { signal } = this.#controller;
    return this.#failure === undefined && signal.aborted && error === signal.reason;
  }

  /**
   * Says why a batch was not handled to its end.
   *
   * @throws The error, or the reason.
   */
  interrupted(): never {
    throw this.#failure !== undefined ? this.#failure.error : this.#controller.signal.reason;
  }

  /** Tells that it has ended, with the error that has ended it, if there is one. */
  end(failure?: { error: unknown }): void {
    this.settings.signal?.removeEventListener("abort", this.#follow);
    const { since, failures } = this.stream;
    if (failure === undefined) return this.#tell({ state: "stopped", since, failures: 0 });
    // Perhaps it was the filter that was refused: then it has to be made anew.
    if (faultOf(failure.error) === "refused") this.stream.forgetFilter();
    this.#tell({ state: "stopped", since, failures: failures + 1, error: failure.error });
  }

  #tell(state: SyncState): void {
    const { client, settings: { onState }, keep } = this.#owner;
    keep(state);
    if (onState !== undefined) tell(client.log, "onState", () => onState(state));
  }
}
