import type { SyncToken } from "../../types/identifiers.ts";

/**
 * What a sync is doing:
 *
 * - `starting`: it has not had its first answer yet;
 * - `syncing`: answers come, and are handled;
 * - `waiting`: something failed and is tried again after a wait;
 * - `stalled`: answers come but lead nowhere, so that the next is asked for only after a wait;
 * - `stopped`: it has ended, or never begun.
 */
export type SyncStateName = "starting" | "syncing" | "waiting" | "stalled" | "stopped";

/** How a sync is doing. */
export interface SyncState {
  /** What it is doing. */
  state: SyncStateName;
  /** The token up to which everything was handled: what is asked for is what came after it. */
  since: SyncToken | undefined;
  /** How many times in a row the same thing has failed; 0 where nothing has. */
  failures: number;
  /** What failed last, while `waiting`; what ended the sync, when `stopped`. Absent where nothing went wrong. */
  error?: unknown;
  /** How long the wait is, in milliseconds, while `waiting` and `stalled`. */
  wait?: number;
}
