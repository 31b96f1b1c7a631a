/** Responses with an error status. */
import { all, type FaultCase, type FaultGroup, safe } from "../case.ts";
import { endless, message, page, refuse, reply, sequence, silence, success } from "../behaviours.ts";
import type { Behaviour } from "../server.ts";

/** Sends a page that shows the request. */
const echo = (status: number, escape: (text: string) => string): Behaviour => (x) =>
  reply(status, escape(`${x.request!.head}\n\n${x.request!.body}`), { "content-type": "text/html" })(x);

/** Sends a head with a chunked body. */
const open = (status: number): Behaviour => (x) =>
  x.write(message(status, "", { "content-length": "", "transfer-encoding": "chunked" }));

const CHUNK = `4000\r\n${"x".repeat(0x4000)}\r\n`;

/** The user of an application service attempts to join and to register, and its bot to invite it, join and register. */
const FORBIDDEN: FaultCase["expect"] = {
  ...all("MForbidden"),
  ghost: { outcome: "MForbidden", attempts: 6 },
};

/** Error responses. */
export const REFUSALS: FaultGroup = {
  title: "Error responses",
  about: "502, 503 and 504 are retried if that is safe. Other errors are not retried.",
  cases: [
    { name: "500 M_UNKNOWN", serve: [refuse(500, "M_UNKNOWN"), success], expect: all("MUnknown") },
    { name: "500 as HTML", serve: [page(500), success], expect: all("MatrixUnknownRequestError") },
    ...[502, 503, 504].map((status) => ({
      name: `${status} as HTML, twice`,
      serve: [page(status), page(status), success],
      expect: safe("response", 3, "MatrixUnknownRequestError"),
    })),
    ...[502, 503, 504].map((status) => ({
      name: `${status} as HTML, forever`,
      serve: [page(status)],
      expect: safe("MatrixUnknownRequestError", 5, "MatrixUnknownRequestError"),
    })),
    {
      name: "503 with Retry-After",
      serve: [page(503, { "retry-after": "1" }), success],
      expect: safe("response", 2, "MatrixUnknownRequestError"),
    },
    {
      name: "503 with Retry-After of a year",
      serve: [page(503, { "retry-after": "31536000" }), success],
      expect: all("MatrixUnknownRequestError"),
    },
    { name: "502 M_TOO_LARGE", serve: [refuse(502, "M_TOO_LARGE"), success], expect: all("MTooLarge") },
    {
      name: "504 M_NOT_YET_UPLOADED",
      serve: [refuse(504, "M_NOT_YET_UPLOADED"), success],
      expect: all("MNotYetUploaded"),
    },
    { name: "520 as HTML", serve: [page(520), success], expect: all("MatrixUnknownRequestError") },
    { name: "401 M_UNKNOWN_TOKEN", serve: [refuse(401, "M_UNKNOWN_TOKEN")], expect: all("MUnknownToken") },
    {
      name: "401 with flows",
      serve: [reply(401, '{"flows":[{"stages":["m.login.password"]}],"session":"s"}')],
      expect: all("MatrixUIARequired"),
    },
    { name: "403 M_FORBIDDEN", serve: [refuse(403, "M_FORBIDDEN")], expect: FORBIDDEN },
    {
      name: "403 M_FORBIDDEN that quotes the request",
      serve: [echo(403, (text) => JSON.stringify({ errcode: "M_FORBIDDEN", error: text }))],
      expect: FORBIDDEN,
    },
    { name: "404 as HTML", serve: [page(404)], expect: all("MatrixUnknownRequestError") },
    {
      name: "an error that is an array",
      serve: [reply(400, "[1]")],
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "an errcode `__proto__`",
      serve: [reply(400, '{"errcode":"__proto__","error":{}}')],
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "an error page that shows the request",
      serve: [echo(500, (text) => text)],
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "an error that quotes the request",
      serve: [echo(400, (text) => JSON.stringify({ errcode: "M_BAD_JSON", error: text }))],
      expect: all("MBadJSON"),
    },
    {
      name: "an error body of 50 MB",
      serve: [async (x) => {
        await x.write(message(500, "", { "content-length": "50000000" }));
        for (let i = 0; i < 1000 && await x.write("x".repeat(50_000)); i++);
      }],
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "an endless error body",
      serve: [sequence(open(500), endless(CHUNK))],
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "an endless error body, 502",
      serve: [sequence(open(502), endless(CHUNK)), success],
      expect: safe("response", 2, "MatrixUnknownRequestError"),
    },
    {
      name: "an error body that arrives slowly",
      serve: [sequence(open(403), endless("1\r\n \r\n", 30))],
      options: { deadline: 2_500 },
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "an error whose body never arrives, 502",
      serve: [sequence((x) => x.write(message(502, "", { "content-length": "100" })), silence), success],
      options: { deadline: 2_500 },
      expect: safe("response", 2, "MatrixUnknownRequestError"),
    },
    {
      name: "an error whose body is reset",
      serve: [
        sequence((x) => x.write(message(403, '{"errcode":', { "content-length": "100" })), (x) => x.reset()),
      ],
      expect: all("MatrixUnknownRequestError"),
    },
    {
      name: "304",
      serve: [reply(304, "", { "content-length": "" })],
      expect: all("MatrixUnknownRequestError"),
    },
  ],
};
