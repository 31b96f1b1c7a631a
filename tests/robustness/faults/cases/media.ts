/** Uploads and downloads. */
import { type Expected, type FaultCase, type FaultGroup, UPLOAD_SIZE } from "../case.ts";
import {
  abort,
  close,
  early,
  endless,
  message,
  page,
  raw,
  refuse,
  reset,
  sequence,
  silence,
  success,
  wait,
} from "../behaviours.ts";
import type { Behaviour } from "../server.ts";

const LOST = "MatrixConnectionError";
const TIME = "MatrixTimeoutError";
const later: Behaviour = sequence(wait(60), abort);

/** Does not read for two seconds. */
const deaf: Behaviour = early(async (x) => {
  x.socket.pause();
  await x.wait(2_000);
  x.socket.resume();
  await x.closed();
});

/** Expects one result for the uploads by POST, and another for the one by PUT, whose function creates the stream again. */
function uploads(
  outcome: string,
  put: [outcome: string, attempts: number],
  attempts = 1,
): FaultCase["expect"] {
  const post: Expected = { outcome, attempts };
  return { bytes: post, Blob: post, stream: post, function: { outcome: put[0], attempts: put[1] } };
}

const same = (outcome: string): FaultCase["expect"] => uploads(outcome, [outcome, 1]);

const download = (outcome: string, attempts = 1): FaultCase["expect"] => ({
  download: { outcome, attempts },
});

/** A rate limit. A stream cannot be sent again. */
const limited: FaultCase["expect"] = {
  ...uploads("response", ["response", 2], 2),
  stream: { outcome: "MLimitExceeded", attempts: 1 },
};

/** Sends the head of a download and the first part of its body. */
const begun = (length = String(UPLOAD_SIZE), piece = 100_000): Behaviour => (x) =>
  x.write(message(200, "x".repeat(piece), { "content-length": length, "content-type": "image/png" }));

const whole: Behaviour = (x) => x.write(message(200, new Uint8Array(UPLOAD_SIZE)));

/** Uploads. */
export const UPLOADS: FaultGroup = {
  title: "Uploads",
  about:
    "8 MiB by POST as bytes, `Blob` and stream, and by PUT as a function that creates the stream for each attempt.",
  cases: [
    { name: "no fault", serve: [success], expect: same("response") },
    { name: "reset before the body", serve: [early(reset), success], expect: uploads(LOST, ["response", 2]) },
    {
      name: "reset in the middle of the body",
      serve: [early(sequence(wait(30), reset)), success],
      expect: uploads(LOST, ["response", 2]),
    },
    { name: "reset after the body", serve: [reset, success], expect: uploads(LOST, ["response", 2]) },
    {
      name: "reset after the body on a connection that was kept",
      warm: true,
      serve: [success, reset, success],
      expect: uploads(LOST, ["response", 2]),
    },
    {
      name: "closed after the body on a connection that was kept",
      warm: true,
      serve: [success, close, success],
      expect: uploads(LOST, ["response", 2]),
    },
    {
      name: "413 during the body, which the server reads to the end",
      serve: [early(refuse(413, "M_TOO_LARGE"))],
      expect: same("MTooLarge"),
    },
    {
      name: "429, then a response",
      serve: [refuse(429, "M_LIMIT_EXCEEDED"), success],
      expect: limited,
    },
    {
      name: "502 as HTML, then a response",
      serve: [page(502), success],
      expect: uploads("MatrixUnknownRequestError", ["response", 2]),
    },
    {
      name: "silence after the body",
      options: { deadline: 3_000 },
      serve: [silence, success],
      expect: uploads(TIME, ["response", 2]),
    },
    {
      name: "a server that does not read",
      options: { deadline: 1_500 },
      serve: [deaf, success],
      expect: uploads(TIME, ["response", 2]),
    },
    {
      name: "aborted during the body",
      serve: [early((x) => (later(x), deaf(x)))],
      expect: same("reason"),
    },
    { name: "aborted after the body", serve: [sequence(later, silence)], expect: same("reason") },
  ],
};

/** Downloads. */
export const DOWNLOADS: FaultGroup = {
  title: "Downloads",
  about: "8 MiB as a stream, read to the end. After the head nothing is retried.",
  cases: [
    { name: "no fault", serve: [whole], expect: download("response") },
    { name: "502 as HTML, then the content", serve: [page(502), whole], expect: download("response", 2) },
    { name: "reset before the head", serve: [reset, whole], expect: download("response", 2) },
    { name: "closed in the middle", serve: [sequence(begun(), close)], expect: download(LOST) },
    { name: "reset in the middle", serve: [sequence(begun(), wait(30), reset)], expect: download(LOST) },
    {
      name: "silence in the middle",
      options: { deadline: 2_500 },
      serve: [sequence(begun(), silence)],
      expect: download(TIME),
    },
    {
      name: "slow, but each part within the deadline",
      options: { deadline: 1_500 },
      serve: [async (x) => {
        const piece = UPLOAD_SIZE / 8;
        await x.write(message(200, "", { "content-length": String(UPLOAD_SIZE) }));
        for (let i = 0; i < 8; i++) {
          await x.wait(300);
          await x.write(new Uint8Array(piece));
        }
      }],
      expect: download("response"),
      atLeast: 2_300,
    },
    {
      name: "a Content-Length that is too large",
      serve: [sequence(begun("200000"), close)],
      expect: download(LOST),
    },
    {
      name: "chunked, and closed in the middle",
      serve: [sequence(raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"), close)],
      expect: download(LOST),
    },
    {
      name: "307 to another origin",
      serve: [(x) => x.write(message(307, "", { location: `${x.server.other!.url}/cdn?signature=1` }))],
      other: [whole],
      otherRequests: { download: 1 },
      expect: download("response"),
    },
    {
      name: "307 to another origin that resets in the middle",
      serve: [(x) => x.write(message(307, "", { location: `${x.server.other!.url}/cdn?signature=1` }))],
      other: [sequence(begun(), wait(30), reset)],
      otherRequests: { download: 1 },
      expect: download(LOST),
    },
    { name: "404 M_NOT_FOUND", serve: [refuse(404, "M_NOT_FOUND")], expect: download("MNotFound") },
    { name: "aborted before the head", serve: [sequence(later, silence)], expect: download("reason") },
    {
      name: "aborted in the middle",
      serve: [sequence(begun(), later, silence)],
      expect: download("reason"),
    },
    {
      name: "aborted in the middle of an endless body",
      serve: [sequence(begun("90000000000"), (x) => void later(x), endless("x".repeat(0x4000)))],
      expect: download("reason"),
    },
  ],
};

// 8 MiB take seconds on a busy machine.
for (const fault of [...UPLOADS.cases, ...DOWNLOADS.cases]) fault.within = 10_000;
