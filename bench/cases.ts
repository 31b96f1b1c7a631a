/** The cases that are measured. */

import type { Order } from "./protocol.ts";
import type { Most } from "./table.ts";

/** A case: an order and its presentation. */
export interface Case {
  title: string;
  order: Order;
  /** Whether each measurement starts a new process. */
  fresh: boolean;
  /** Whether the quick run omits the case. */
  long?: boolean;
  /**
   * Whether a tenth of the order runs first, uncounted, so that memory after it can be compared with memory at the end. The
   * quick run does only a tenth, and the other libraries do a hundredth.
   */
  tenth?: boolean;
  /** The number of rounds with a new process, if it differs from that of the others. */
  rounds?: number;
  /** The maximum, if it differs from that of the table. */
  most?: Most;
  /** The maximum of CPU time in µs above `fetch`, in place of a ratio. */
  above?: number;
  /** Whether the other libraries are omitted. */
  own?: boolean;
  /** Whether `fetch` is omitted, too. */
  alone?: boolean;
}

/** Number of calls for one figure. */
const CALLS = 1_000;

function calls(what: "whoami" | "send", inFlight: number, token?: string): Order {
  return { what, calls: CALLS, inFlight, token };
}

/** The maximum for concurrent calls. */
const CONCURRENT: Most = { Deno: 1.1, Bun: 1.2 };

const MIB = 2 ** 20;

/** All cases, by the table that shows them. */
export const CASES: Record<"calls" | "many" | "sync" | "stream" | "members" | "media", Case[]> = {
  calls: [
    { title: "`whoami`, one at a time", order: calls("whoami", 1), fresh: false },
    { title: "`whoami`, 50 at a time", order: calls("whoami", 50), fresh: false, most: CONCURRENT },
    { title: "`sendText`, one at a time", order: calls("send", 1), fresh: false },
    { title: "`sendText`, 50 at a time", order: calls("send", 50), fresh: false, most: CONCURRENT },
    {
      title: "`whoami`, 50 at a time, with gzip",
      order: calls("whoami", 50, "gzip"),
      fresh: false,
      most: CONCURRENT,
    },
  ],
  sync: [
    {
      title: "5,000 events, warm",
      order: { what: "sync", token: "sync_5000" },
      fresh: false,
      most: 1.15,
      own: true,
    },
    { title: "50,000 events", order: { what: "sync", token: "sync_50000", memory: true }, fresh: true },
    {
      title: "150,000 events",
      order: { what: "sync", token: "sync_150000", memory: true },
      fresh: true,
      long: true,
      own: true,
    },
    {
      title: "1,000 rooms of 1,000 members",
      order: { what: "sync", token: "rooms_1000", memory: true },
      fresh: true,
      long: true,
      rounds: 1,
      own: true,
    },
  ],
  stream: [
    { title: "no handler", order: stream("stream", 2_000), fresh: true, tenth: true },
    { title: "one handler", order: stream("handle", 2_000), fresh: true, tenth: true, most: 2 },
    {
      title: "a handler with a promise",
      order: stream("promise", 2_000),
      fresh: true,
      tenth: true,
      above: 8,
    },
    {
      title: "one handler, a million events",
      order: stream("handle", 10_000),
      fresh: true,
      tenth: true,
      long: true,
      rounds: 1,
      alone: true,
    },
  ],
  members: [
    { title: "50,000 members", order: { what: "members", memory: true }, fresh: true },
  ],
  many: [
    {
      title: "10,000 `whoami`",
      order: { what: "whoami", calls: 10_000, inFlight: 10_000, memory: true },
      fresh: true,
    },
  ],
  media: [
    { title: "download, stream of 64 MiB", order: media("download stream", 64), fresh: true },
    {
      title: "download, stream of 1 GiB",
      order: media("download stream", 1024),
      fresh: true,
      long: true,
      rounds: 1,
    },
    {
      title: "download, 256 MiB as bytes",
      order: media("download bytes", 256),
      fresh: true,
      most: { Deno: 5, Bun: 15 },
    },
    { title: "upload, stream of 64 MiB", order: media("upload stream", 64), fresh: true },
    {
      title: "upload, stream of 1 GiB",
      order: media("upload stream", 1024),
      fresh: true,
      long: true,
      rounds: 1,
    },
    { title: "upload, 256 MiB as bytes", order: media("upload bytes", 256), fresh: true },
  ],
};

function stream(what: "stream" | "handle" | "promise", calls: number): Order {
  return { what, token: "stream_1000000", calls, memory: true };
}

function media(what: Order["what"], mib: number): Order {
  return { what, size: mib * MIB, memory: true };
}
