/** Connections that do not come about, or break. */
import { all, type Exception, type FaultGroup, safe, seen } from "../case.ts";
import { answer, close, endless, message, raw, reset, sequence, silence, wait } from "../behaviours.ts";
import { ANSWER } from "../secrets.ts";
import type { Behaviour } from "../server.ts";

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const LENGTH = `${HEAD}content-length: ${ANSWER.length}\r\n\r\n`;
const half = (head: string): Behaviour => raw(head + ANSWER.slice(0, 40));
const chunkedHalf: Behaviour = raw(
  `${HEAD}transfer-encoding: chunked\r\n\r\n28\r\n${ANSWER.slice(0, 40)}\r\n`,
);
const LOST = "MatrixConnectionError";
const TIME = "MatrixTimeoutError";
/** Long enough for a head to come first on a machine that is busy. */
const short = { deadline: 1_200 };

/** What hosts do with a connection of their pool that closes. */
const sentAgain: Exception = {
  runtimes: ["Deno", "Bun"],
  calls: ["GET", "PUT"],
  expect: { attempts: 1, requests: 2 },
  why:
    "`fetch` itself sends the request again, in the same attempt. It would do so with a POST, but for its body.",
};

/** Connections. */
export const CONNECTIONS: FaultGroup = {
  title: "Connections",
  about: "Lost connections and time-outs are tried again where that is safe. A POST reaches the server once.",
  cases: [
    {
      name: "refused, and back a moment later",
      late: 30,
      serve: [answer],
      options: { retry: { minTimeout: 100, maxTimeout: 100, jitter: 0 } },
      expect: {
        GET: { attempts: 2, requests: 1, outcome: "answer" },
        PUT: { attempts: 2, requests: 1, outcome: "answer" },
        POST: { attempts: 1, requests: 0, outcome: LOST },
      },
    },
    { name: "refused for ever", late: Infinity, serve: [answer], expect: seen(safe(LOST, 5, LOST), 0) },
    {
      name: "closed before a request",
      accept: [close, () => {}],
      serve: [answer],
      expect: {
        ...seen(safe("answer", 2, LOST), [0, 2]),
        POST: { attempts: 1, requests: [0, 1], outcome: LOST },
      },
    },
    {
      name: "reset before a request",
      accept: [reset, () => {}],
      serve: [answer],
      expect: seen(safe("answer", 2, LOST), [0, 1]),
    },
    { name: "reset before the head", serve: [reset, answer], expect: safe("answer", 2, LOST) },
    { name: "closed before the head", serve: [close, answer], expect: safe("answer", 2, LOST) },
    { name: "reset before the head, for ever", serve: [reset], expect: safe(LOST, 5, LOST) },
    {
      name: "reset before the head on a connection that was kept",
      warm: true,
      serve: [answer, reset, answer],
      expect: safe("answer", 2, LOST),
      except: [sentAgain],
    },
    {
      name: "closed before the head on a connection that was kept",
      warm: true,
      serve: [answer, close, answer],
      expect: safe("answer", 2, LOST),
      except: [sentAgain],
    },
    {
      name: "closed without a word while it was kept",
      warm: true,
      serve: [sequence(answer, close), answer],
      expect: all("answer"),
    },
    {
      name: "408 without a request while it was kept, then closed",
      warm: true,
      serve: [
        sequence(answer, wait(10), (x) => x.write(message(408, "", { connection: "close" })), close),
        answer,
      ],
      expect: all("answer"),
    },
    {
      name: "closed in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\ncontent-ty"), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "reset in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 20"), wait(20), reset), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "closed after the head (the server has acted)",
      serve: [sequence(raw(LENGTH), wait(20), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "reset after the head (the server has acted)",
      serve: [sequence(raw(LENGTH), wait(20), reset), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "closed in the middle of the body (the server has acted)",
      serve: [sequence(half(LENGTH), wait(20), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "reset in the middle of the body (the server has acted)",
      serve: [sequence(half(LENGTH), wait(20), reset), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "closed in the middle of a chunked body",
      serve: [sequence(chunkedHalf, wait(20), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "closed in the middle of a body without length",
      serve: [sequence(half(`${HEAD}connection: close\r\n\r\n`), wait(20), close), answer],
      expect: all("MatrixResponseError"),
    },
    {
      name: "silence from the first moment",
      accept: [silence],
      serve: [answer],
      options: short,
      expect: seen(safe(TIME, 5, TIME), 0),
      except: [{
        runtimes: ["Node"],
        calls: ["GET", "PUT", "POST"],
        expect: { held: true },
        why: "When a request is given up, `fetch` opens another connection in its place and keeps it.",
      }],
    },
    {
      name: "silence after the request",
      serve: [silence, answer],
      options: short,
      expect: safe("answer", 2, TIME),
    },
    {
      name: "silence after the request, for ever",
      serve: [silence],
      options: short,
      expect: safe(TIME, 5, TIME),
    },
    {
      name: "silence in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\n"), silence), answer],
      options: short,
      expect: safe("answer", 2, TIME),
    },
    {
      name: "silence in the middle of the body",
      serve: [sequence(half(LENGTH), silence), answer],
      options: short,
      expect: safe("answer", 2, TIME),
    },
    {
      name: "a head that drips",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\n"), endless("x-drop: 1\r\n", 20)), answer],
      options: short,
      expect: safe("answer", 2, TIME),
    },
    {
      name: "a body that drips",
      serve: [sequence(raw(`${HEAD}content-length: 100000\r\n\r\n`), endless(" ", 20)), answer],
      options: short,
      expect: safe("answer", 2, TIME),
    },
    {
      name: "an answer that takes its time",
      serve: [sequence(wait(600), answer)],
      expect: all("answer"),
      atLeast: 590,
    },
    {
      name: "a body that comes byte by byte",
      serve: [async (x) => {
        for (const byte of message(200, ANSWER)) await x.write(new Uint8Array([byte]));
      }],
      expect: all("answer"),
    },
    {
      name: "no TLS where TLS is wanted",
      scheme: "https",
      serve: [answer],
      accept: [close],
      expect: seen(safe(LOST, 5, LOST), 0),
    },
  ],
};

for (const fault of CONNECTIONS.cases) if (fault.options === short) fault.within = 10_000;
