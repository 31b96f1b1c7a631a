/** Malformed responses. */
import { all, type Exception, type FaultGroup, safe } from "../case.ts";
import { close, endless, gzip, message, raw, reply, sequence, silence, success } from "../behaviours.ts";
import { RESPONSE } from "../secrets.ts";

const LOST = "MatrixConnectionError";
const WRONG = "MatrixResponseError";
const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const WHOLE = `content-length: ${RESPONSE.length}\r\n\r\n${RESPONSE}`;
const MEBIBYTE = 1024 * 1024;
const small = { maxResponseSize: MEBIBYTE };
const CHUNK = `4000\r\n${" ".repeat(0x4000)}\r\n`;

const zipped = await gzip(RESPONSE);
const bomb = await gzip(new Uint8Array(64 * MEBIBYTE).fill(32));

const lenient: Exception = {
  runtimes: ["Node"],
  calls: ["GET", "PUT", "POST"],
  expect: { attempts: 1, outcome: "response" },
  why: "`fetch` of Node 20 accepts it.",
};

/** Responses. */
export const BODIES: FaultGroup = {
  title: "Responses",
  about:
    "A response that is not JSON is an error and not retried. One that is not HTTP, or ends early, counts as a lost connection.",
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
      serve: [reply(200, RESPONSE, { "content-type": "text/plain" })],
      expect: all("response"),
    },
    {
      name: "JSON after a byte order mark",
      serve: [reply(200, `\ufeff${RESPONSE}`)],
      expect: all("response"),
    },
    {
      name: "JSON in UTF-16",
      serve: [
        reply(200, new Uint8Array(Uint16Array.from(`\ufeff${RESPONSE}`, (c) => c.charCodeAt(0)).buffer)),
      ],
      expect: all(WRONG),
    },
    {
      name: "JSON with secrets that ends early",
      serve: [reply(200, RESPONSE.slice(0, -5))],
      expect: all(WRONG),
    },
    {
      name: "JSON nested a million deep",
      serve: [reply(200, "[".repeat(1e6) + "]".repeat(1e6))],
      expect: all(WRONG),
    },
    {
      name: "a Content-Length that is too small",
      serve: [reply(200, RESPONSE, { "content-length": "40" }), success],
      expect: all(WRONG),
    },
    {
      name: "a Content-Length that is too large",
      serve: [sequence(reply(200, RESPONSE, { "content-length": "5000" }), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "a Content-Length that is too large, and silence",
      serve: [sequence(reply(200, RESPONSE, { "content-length": "5000" }), silence), success],
      options: { deadline: 1_200 },
      expect: safe("response", 2, "MatrixTimeoutError"),
    },
    {
      name: "a Content-Length that is not a number",
      serve: [sequence(reply(200, RESPONSE, { "content-length": "many" }), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "a negative Content-Length",
      serve: [sequence(reply(200, RESPONSE, { "content-length": "-1" }), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "two lengths that differ",
      serve: [sequence(raw(`${OK}content-length: 5\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "a chunk size that is not a number",
      serve: [sequence(raw(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n${RESPONSE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "a chunk size larger than every number",
      serve: [
        sequence(raw(`${OK}transfer-encoding: chunked\r\n\r\n${"f".repeat(40)}\r\n${RESPONSE}`), close),
        success,
      ],
      expect: safe("response", 2, LOST),
    },
    { name: "gzip", serve: [reply(200, zipped, { "content-encoding": "gzip" })], expect: all("response") },
    {
      name: "content-encoding gzip without gzip",
      serve: [reply(200, RESPONSE, { "content-encoding": "gzip" }), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "gzip that ends early",
      serve: [reply(200, zipped.slice(0, -20), { "content-encoding": "gzip" }), success],
      expect: safe("response", 2, LOST),
      except: [{
        runtimes: ["Node"],
        calls: ["GET", "PUT", "POST"],
        expect: { attempts: 1, outcome: WRONG },
        why: "`fetch` of Node 20 treats the incomplete archive as complete.",
      }],
    },
    {
      name: "gzip with a wrong checksum",
      serve: [
        reply(200, zipped.with(zipped.length - 6, zipped.at(-6)! ^ 1), { "content-encoding": "gzip" }),
        success,
      ],
      expect: safe("response", 2, LOST),
    },
    {
      name: "gzip of 64 KiB that expands to 64 MiB",
      options: small,
      serve: [reply(200, bomb, { "content-encoding": "gzip" })],
      expect: all(WRONG),
    },
    {
      name: "an unknown encoding",
      serve: [reply(200, RESPONSE, { "content-encoding": "x-none" })],
      expect: all("response"),
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
      serve: [sequence(raw(`${OK}: x\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
      except: [lenient],
    },
    {
      name: "a header with a space in its name",
      serve: [sequence(raw(`${OK}a b: x\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
      except: [lenient],
    },
    {
      name: "a header without a colon",
      serve: [sequence(raw(`${OK}broken\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "a header with a NUL in its value",
      serve: [sequence(raw(`${OK}x: a\0b\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    { name: "a header in Latin-1", serve: [raw(`${OK}x: \xe9\r\n${WHOLE}`)], expect: all("response") },
    {
      name: "a header of 4 MiB",
      serve: [sequence(raw(`${OK}x: ${"x".repeat(4 * MEBIBYTE)}\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "endless headers",
      serve: [sequence(raw(OK), endless(`x: ${"x".repeat(1000)}\r\n`)), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "a status that is not a number",
      serve: [sequence(raw(`HTTP/1.1 abc OK\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    { name: "status 999", serve: [reply(999)], expect: all("MatrixUnknownRequestError") },
    {
      name: "an unknown HTTP version",
      serve: [sequence(raw(`HTTP/9.9 200 OK\r\n${WHOLE}`), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "another protocol",
      serve: [sequence(raw("SSH-2.0-OpenSSH_9.6\r\n"), close), success],
      expect: safe("response", 2, LOST),
    },
    {
      name: "an interim response before the response",
      serve: [(x) =>
        x.write(
          new Uint8Array([
            ...message("103 Early Hints", "", { "content-type": "", "content-length": "" }),
            ...message(200, RESPONSE),
          ]),
        )],
      expect: all("response"),
    },
    {
      name: "bytes after the response on a kept connection",
      warm: true,
      serve: [
        (x) =>
          x.write(
            new Uint8Array([...message(200, RESPONSE), ...message(200, '{"user_id":"@evil:localhost"}')]),
          ),
        success,
      ],
      expect: all("response"),
    },
  ],
};
