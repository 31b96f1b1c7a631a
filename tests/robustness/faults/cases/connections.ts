/** Connections that fail or break. */
import { all, type Exception, type FaultGroup, safe, seen } from "../case.ts";
import { close, endless, message, raw, reset, sequence, silence, success, wait } from "../behaviours.ts";
import { RESPONSE } from "../secrets.ts";
import type { Behaviour } from "../server.ts";

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const LENGTH = `${HEAD}content-length: ${RESPONSE.length}\r\n\r\n`;
const half = (head: string): Behaviour => raw(head + RESPONSE.slice(0, 40));
const chunkedHalf: Behaviour = raw(
  `${HEAD}transfer-encoding: chunked\r\n\r\n28\r\n${RESPONSE.slice(0, 40)}\r\n`,
);
const LOST = "MatrixConnectionError";
const TIME = "MatrixTimeoutError";
/** Long enough for a head to arrive first on a busy machine. */
const short = { deadline: 1_200 };

/** The retry of a runtime after a pooled connection has closed. */
const sentAgain: Exception = {
  runtimes: ["Deno", "Bun"],
  calls: ["GET", "PUT"],
  expect: { attempts: 1, requests: 2 },
  why:
    "`fetch` itself sends the request again within the attempt. It does not with a POST, because its body is a Blob.",
};

/** Connections. */
export const CONNECTIONS: FaultGroup = {
  title: "Connections",
  about: "Lost connections and timeouts are retried if that is safe. A POST reaches the server once.",
  cases: [
    {
      name: "refused, and accepted a moment later",
      late: 30,
      serve: [success],
      options: { retry: { minTimeout: 100, maxTimeout: 100, jitter: 0 } },
      expect: {
        GET: { attempts: 2, requests: 1, outcome: "response" },
        PUT: { attempts: 2, requests: 1, outcome: "response" },
        POST: { attempts: 1, requests: 0, outcome: LOST },
      },
    },
    { name: "refused forever", late: Infinity, serve: [success], expect: seen(safe(LOST, 5, LOST), 0) },
    {
      name: "closed before a request",
      accept: [close, () => {}],
      serve: [success],
      expect: {
        ...seen(safe("response", 2, LOST), [0, 2]),
        POST: { attempts: 1, requests: [0, 1], outcome: LOST },
      },
    },
    {
      name: "reset before a request",
      accept: [reset, () => {}],
      serve: [success],
      expect: seen(safe("response", 2, LOST), [0, 1]),
    },
    { name: "reset before the head", serve: [reset, success], expect: safe("response", 2, LOST) },
    { name: "closed before the head", serve: [close, success], expect: safe("response", 2, LOST) },
    { name: "reset before the head, forever", serve: [reset], expect: safe(LOST, 5, LOST) },
    {
      name: "reset before the head on a connection that was kept",
      warm: true,
      serve: [success, reset, success],
      expect: safe("response", 2, LOST),
      except: [sentAgain],
    },
    {
      name: "closed before the head on a connection that was kept",
      warm: true,
      serve: [success, close, success],
      expect: safe("response", 2, LOST),
      except: [sentAgain],
    },
    {
      name: "closed while it was kept",
      warm: true,
      serve: [sequence(success, close), success],
      expect: all("response"),
    },
    {
      name: "408 without a request while it was kept, then closed",
      warm: true,
      serve: [
        sequence(success, wait(10), (x) => x.write(message(408, "", { connection: "close" })), close),
        success,
      ],
      expect: all("response"),
    },
    {
      name: "closed in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\ncontent-ty"), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "reset in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 20"), wait(20), reset), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "closed after the head (the server has acted)",
      serve: [sequence(raw(LENGTH), wait(20), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "reset after the head (the server has acted)",
      serve: [sequence(raw(LENGTH), wait(20), reset), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "closed in the middle of the body (the server has acted)",
      serve: [sequence(half(LENGTH), wait(20), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "reset in the middle of the body (the server has acted)",
      serve: [sequence(half(LENGTH), wait(20), reset), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "closed in the middle of a chunked body",
      serve: [sequence(chunkedHalf, wait(20), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "closed in the middle of a body without length",
      serve: [sequence(half(`${HEAD}connection: close\r\n\r\n`), wait(20), close), success],
      expect: all("MatrixResponseError"),
    },
    {
      name: "silence from the start",
      accept: [silence],
      serve: [success],
      options: short,
      expect: seen(safe(TIME, 5, TIME), 0),
      except: [{
        runtimes: ["Node"],
        calls: ["GET", "PUT", "POST"],
        expect: { held: true },
        why: "After an abort Node 20 opens another connection and keeps it.",
      }],
    },
    {
      name: "silence after the request",
      serve: [silence, success],
      options: short,
      expect: safe("response", 2, TIME),
    },
    {
      name: "silence after the request, forever",
      serve: [silence],
      options: short,
      expect: safe(TIME, 5, TIME),
    },
    {
      name: "silence in the middle of the head",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\n"), silence), success],
      options: short,
      expect: safe("response", 2, TIME),
    },
    {
      name: "silence in the middle of the body",
      serve: [sequence(half(LENGTH), silence), success],
      options: short,
      expect: safe("response", 2, TIME),
    },
    {
      name: "a head that never ends",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\n"), endless("x-drop: 1\r\n", 20)), success],
      options: short,
      expect: safe("response", 2, TIME),
    },
    {
      name: "a body that arrives too slowly",
      serve: [sequence(raw(`${HEAD}content-length: 100000\r\n\r\n`), endless(" ", 20)), success],
      options: short,
      expect: safe("response", 2, TIME),
    },
    {
      name: "a slow response",
      serve: [sequence(wait(600), success)],
      expect: all("response"),
      atLeast: 590,
    },
    {
      name: "a body that arrives byte by byte",
      serve: [async (x) => {
        for (const byte of message(200, RESPONSE)) await x.write(new Uint8Array([byte]));
      }],
      expect: all("response"),
    },
    {
      name: "no TLS for an https URL",
      scheme: "https",
      serve: [success],
      accept: [close],
      expect: seen(safe(LOST, 5, LOST), 0),
    },
  ],
};

for (const fault of CONNECTIONS.cases) if (fault.options === short) fault.within = 10_000;
