/** What a worker is told and what it answers, a line of JSON each. */

/** An order. */
export interface Order {
  what:
    | "whoami"
    | "send"
    | "sync"
    | "stream"
    | "handle"
    | "members"
    | "upload stream"
    | "upload bytes"
    | "download stream"
    | "download bytes";
  /** The access token, which says how much the server answers. */
  token?: string;
  /** How many calls. */
  calls?: number;
  /** How many of them at a time. */
  inFlight?: number;
  /** Bytes to move. */
  size?: number;
  /** Whether to measure memory. */
  memory?: boolean;
}

/** What came of an order. The first report, when the worker is ready, is empty. */
export interface Report {
  /** Calls, events, members or bytes; missing if the library cannot do it. */
  done?: number;
  /** CPU time of the process in µs. */
  cpu?: number;
  /** Time in ms. */
  wall?: number;
  /** The most memory that the process ever had, in MiB. */
  peak?: number;
  /** By how much that is more than what it had before the order, in MiB. */
  rise?: number;
  /** Its memory afterwards, in MiB. */
  rss?: number;
  /** By how much that is more than it was after a tenth of the order, in MiB. */
  grown?: number;
  /** Why it failed. */
  error?: string;
}
