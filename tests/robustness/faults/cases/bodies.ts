/** Answers that are no good answers. */
import { all, type Exception, type FaultGroup, safe } from "../case.ts";
import { answer, close, endless, gzip, message, raw, reply, sequence, silence } from "../behaviours.ts";
import { ANSWER } from "../secrets.ts";

const LOST = "MatrixConnectionError";
const WRONG = "MatrixResponseError";
const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const WHOLE = `content-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;
const MEBIBYTE = 1024 * 1024;
const small = { maxResponseSize: MEBIBYTE };
const CHUNK = `4000\r\n${" ".repeat(0x4000)}\r\n`;

const zipped = await gzip(ANSWER);
const bomb = await gzip(new Uint8Array(64 * MEBIBYTE).fill(32));

const lenient: Exception = {
  runtimes: ["Node"],
  calls: ["GET", "PUT", "POST"],
  expect: { attempts: 1, outcome: "answer" },
  why: "`fetch` overlooks it.",
};

/** Answers. */
export const BODIES: FaultGroup = {
  title: "Answers",
  about:
    "What is no JSON is an error and final; what is no HTTP, or ends early, counts as a lost connection.",
  cases: [
    {
      name: "200 as HTML",
      serve: [reply(200, "<html>Welcome</html>", { "content-type": "text/html" })],
      expect: all(WRONG),
    },
    { name: "200 without a body", serve: [reply(200, "")], expect: all(WRONG) },
    { name: "204", serve: [reply(204, "", { "content-length": "" })], expect: all(WRONG) },
    { name: "JSON of a wrong type", serve: [reply(200, "[]")], expect: all(WRONG) },
    {
      name: "JSON as text/plain",
      serve: [reply(200, ANSWER, { "content-type": "text/plain" })],
      expect: all("answer"),
    },
    { name: "JSON after a byte order mark", serve: [reply(200, `\ufeff${ANSWER}`)], expect: all("answer") },
    {
      name: "JSON in UTF-16",
      serve: [reply(200, new Uint8Array(Uint16Array.from(`\ufeff${ANSWER}`, (c) => c.charCodeAt(0)).buffer))],
      expect: all(WRONG),
    },
    {
      name: "JSON with secrets that ends early",
      serve: [reply(200, ANSWER.slice(0, -5))],
      expect: all(WRONG),
    },
    {
      name: "JSON nested a million deep",
      serve: [reply(200, "[".repeat(1e6) + "]".repeat(1e6))],
      expect: all(WRONG),
    },
    {
      name: "a Content-Length that is too small",
      serve: [reply(200, ANSWER, { "content-length": "40" }), answer],
      expect: all(WRONG),
    },
    {
      name: "a Content-Length that is too large",
      serve: [sequence(reply(200, ANSWER, { "content-length": "5000" }), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "a Content-Length that is too large, and silence",
      serve: [sequence(reply(200, ANSWER, { "content-length": "5000" }), silence), answer],
      options: { deadline: 1_200 },
      expect: safe("answer", 2, "MatrixTimeoutError"),
    },
    {
      name: "a Content-Length that is no number",
      serve: [sequence(reply(200, ANSWER, { "content-length": "many" }), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "a negative Content-Length",
      serve: [sequence(reply(200, ANSWER, { "content-length": "-1" }), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "two lengths that differ",
      serve: [sequence(raw(`${OK}content-length: 5\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "a chunk size that is no number",
      serve: [sequence(raw(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n${ANSWER}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "a chunk size beyond every number",
      serve: [
        sequence(raw(`${OK}transfer-encoding: chunked\r\n\r\n${"f".repeat(40)}\r\n${ANSWER}`), close),
        answer,
      ],
      expect: safe("answer", 2, LOST),
    },
    { name: "gzip", serve: [reply(200, zipped, { "content-encoding": "gzip" })], expect: all("answer") },
    {
      name: "gzip that is none",
      serve: [reply(200, ANSWER, { "content-encoding": "gzip" }), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "gzip that ends early",
      serve: [reply(200, zipped.slice(0, -20), { "content-encoding": "gzip" }), answer],
      expect: safe("answer", 2, LOST),
      except: [{
        runtimes: ["Node"],
        calls: ["GET", "PUT", "POST"],
        expect: { attempts: 1, outcome: WRONG },
        why: "`fetch` takes what there is of the archive for the whole.",
      }],
    },
    {
      name: "gzip with a wrong checksum",
      serve: [
        reply(200, zipped.with(zipped.length - 6, zipped.at(-6)! ^ 1), { "content-encoding": "gzip" }),
        answer,
      ],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "gzip of 64 KiB that unfolds to 64 MiB",
      options: small,
      serve: [reply(200, bomb, { "content-encoding": "gzip" })],
      expect: all(WRONG),
    },
    {
      name: "an encoding that nobody knows",
      serve: [reply(200, ANSWER, { "content-encoding": "x-none" })],
      expect: all("answer"),
    },
    {
      name: "an endless body",
      options: small,
      serve: [sequence(raw(`${OK}transfer-encoding: chunked\r\n\r\n`), endless(CHUNK))],
      expect: all(WRONG),
    },
    {
      name: "an endless body without length",
      options: small,
      serve: [sequence(raw(`${OK}\r\n`), endless(" ".repeat(0x4000)))],
      expect: all(WRONG),
    },
    {
      name: "a length larger than `maxResponseSize`",
      options: small,
      serve: [sequence(raw(`${OK}content-length: 9000000000000\r\n\r\n`), silence)],
      expect: all(WRONG),
    },
    {
      name: "a header without a name",
      serve: [sequence(raw(`${OK}: x\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
      except: [lenient],
    },
    {
      name: "a header with a space in its name",
      serve: [sequence(raw(`${OK}a b: x\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
      except: [lenient],
    },
    {
      name: "a header without a colon",
      serve: [sequence(raw(`${OK}broken\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "a header with a NUL in its value",
      serve: [sequence(raw(`${OK}x: a\0b\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    { name: "a header in Latin-1", serve: [raw(`${OK}x: \xe9\r\n${WHOLE}`)], expect: all("answer") },
    {
      name: "a header of 4 MiB",
      serve: [sequence(raw(`${OK}x: ${"x".repeat(4 * MEBIBYTE)}\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "endless headers",
      serve: [sequence(raw(OK), endless(`x: ${"x".repeat(1000)}\r\n`)), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "a status that is no number",
      serve: [sequence(raw(`HTTP/1.1 abc OK\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    { name: "status 999", serve: [reply(999)], expect: all("MatrixUnknownRequestError") },
    {
      name: "a version that nobody speaks",
      serve: [sequence(raw(`HTTP/9.9 200 OK\r\n${WHOLE}`), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "another protocol",
      serve: [sequence(raw("SSH-2.0-OpenSSH_9.6\r\n"), close), answer],
      expect: safe("answer", 2, LOST),
    },
    {
      name: "an interim answer before the answer",
      serve: [(x) =>
        x.write(
          new Uint8Array([
            ...message("103 Early Hints", "", { "content-type": "", "content-length": "" }),
            ...message(200, ANSWER),
          ]),
        )],
      expect: all("answer"),
    },
    {
      name: "bytes after the answer on a connection that is kept",
      warm: true,
      serve: [
        (x) =>
          x.write(
            new Uint8Array([...message(200, ANSWER), ...message(200, '{"user_id":"@evil:localhost"}')]),
          ),
        answer,
      ],
      expect: all("answer"),
    },
  ],
};
