/** Aborts at every stage of a call. */
import { all, type FaultGroup, seen } from "../case.ts";
import { abort, endless, message, page, raw, refuse, sequence, silence, wait } from "../behaviours.ts";
import { RESPONSE } from "../secrets.ts";
import type { Behaviour } from "../server.ts";

const OK = `HTTP/1.1 200 OK\r\ncontent-length: ${RESPONSE.length}\r\n\r\n`;
/** Waits until the response has arrived, then aborts. */
const later: Behaviour = sequence(wait(60), abort);
const slow = { retry: { minTimeout: 20_000, maxTimeout: 20_000, jitter: 0 } };

/** Aborted calls. */
export const ABORTS: FaultGroup = {
  title: "Aborted calls",
  about:
    "The call rejects with the reason of the caller's signal, the same object, within 0.4 s, and sends nothing afterwards.",
  cases: [
    { name: "before the call", abort: "before", serve: [silence], expect: all("reason", 0) },
    { name: "right after the call", abort: "after", serve: [silence], expect: seen(all("reason"), [0, 1]) },
    {
      name: "while connecting (TLS)",
      scheme: "https",
      accept: [sequence(later, silence)],
      serve: [silence],
      expect: seen(all("reason"), 0),
      except: [{
        runtimes: ["Node"],
        calls: ["GET", "PUT", "POST"],
        expect: { held: true },
        why: "Node 20 continues to connect for 10 s after the call has ended, and the process runs as long.",
      }],
    },
    { name: "while the server is silent", serve: [sequence(later, silence)], expect: all("reason") },
    {
      name: "in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\n"), later, silence)],
      expect: all("reason"),
    },
    { name: "before the body", serve: [sequence(raw(OK), later, silence)], expect: all("reason") },
    {
      name: "in the middle of the body",
      serve: [sequence(raw(OK + RESPONSE.slice(0, 40)), later, silence)],
      expect: all("reason"),
    },
    {
      name: "in the middle of a chunked body",
      serve: [
        sequence(raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{ \r\n"), later, silence),
      ],
      expect: all("reason"),
    },
    {
      name: "while a body arrives byte by byte",
      serve: [sequence(raw(OK), (x) => void later(x), endless(" ", 5))],
      expect: all("reason"),
    },
    {
      name: "in the middle of an error's body",
      serve: [sequence((x) => x.write(message(502, "x", { "content-length": "100" })), later, silence)],
      expect: all("reason"),
    },
    {
      name: "during the wait that the server requests",
      serve: [sequence(refuse(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 20_000 }), later)],
      expect: all("reason"),
    },
    {
      name: "during the wait between attempts",
      options: slow,
      serve: [sequence(page(429), later)],
      expect: all("reason"),
    },
    {
      name: "during the second attempt",
      serve: [refuse(429, "M_LIMIT_EXCEEDED"), sequence(later, silence)],
      expect: all("reason", 2),
    },
  ],
};
