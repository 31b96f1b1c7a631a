/** The messages to and from a worker. Each is a line of JSON. */

/** A message to a worker. */
export interface Order {
  /** The contender; by default the one that the worker was started with. */
  contender?: string;
  what:
    | "whoami"
    | "send"
    | "sync"
    | "stream"
    | "handle"
    | "promise"
    | "members"
    | "upload stream"
    | "upload bytes"
    | "download stream"
    | "download bytes";
  /** Access token, which selects the size of the responses. */
  token?: string;
  /** Number of calls. */
  calls?: number;
  /** Number of concurrent calls. */
  inFlight?: number;
  /** Number of bytes to transfer. */
  size?: number;
  /** Whether to measure memory. */
  memory?: boolean;
}

/** The report of an order. The first report, which is sent when the worker is ready, is empty. */
export interface Report {
  /** Number of calls, events, members or bytes. Missing if the library does not support the order. */
  done?: number;
  /** CPU time of the process in µs. */
  cpu?: number;
  /** Time in ms. */
  wall?: number;
  /** Peak memory of the process in MiB. */
  peak?: number;
  /** Difference between the peak and the memory before the order, in MiB. */
  rise?: number;
  /** Memory after the order in MiB. */
  rss?: number;
  /** Difference between the memory at the end and after a tenth of the order, in MiB. */
  grown?: number;
  /** Error message. */
  error?: string;
}
