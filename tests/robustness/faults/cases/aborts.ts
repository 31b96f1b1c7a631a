/** Cancellations at every stage. */
import { all, type FaultGroup, seen } from "../case.ts";
import { abort, endless, message, page, raw, refuse, sequence, silence, wait } from "../behaviours.ts";
import { ANSWER } from "../secrets.ts";
import type { Behaviour } from "../server.ts";

const OK = `HTTP/1.1 200 OK\r\ncontent-length: ${ANSWER.length}\r\n\r\n`;
/** Lets the answer arrive, then cancels. */
const later: Behaviour = sequence(wait(60), abort);
const slow = { retry: { minTimeout: 20_000, maxTimeout: 20_000, jitter: 0 } };

/** Cancellations. */
export const ABORTS: FaultGroup = {
  title: "Cancellations",
  about:
    "The call ends with the caller's own reason, the very object, within 0.4 s, and nothing is sent afterwards.",
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
        why: "The call ends, but `fetch` goes on connecting for 10 s, and a program lives on as long.",
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
      serve: [sequence(raw(OK + ANSWER.slice(0, 40)), later, silence)],
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
      name: "while a body drips",
      serve: [sequence(raw(OK), (x) => void later(x), endless(" ", 5))],
      expect: all("reason"),
    },
    {
      name: "in the middle of an error's body",
      serve: [sequence((x) => x.write(message(502, "x", { "content-length": "100" })), later, silence)],
      expect: all("reason"),
    },
    {
      name: "in the wait that the server has asked for",
      serve: [sequence(refuse(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 20_000 }), later)],
      expect: all("reason"),
    },
    {
      name: "in the wait between attempts",
      options: slow,
      serve: [sequence(page(429), later)],
      expect: all("reason"),
    },
    {
      name: "in the second attempt",
      serve: [refuse(429, "M_LIMIT_EXCEEDED"), sequence(later, silence)],
      expect: all("reason", 2),
    },
  ],
};
