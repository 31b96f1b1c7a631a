/** 429 in every form. */
import { all, type FaultGroup } from "../case.ts";
import { answer, endless, message, page, refuse, reply, sequence, silence } from "../behaviours.ts";
import type { Behaviour } from "../server.ts";

const limited = (fields = {}, headers: Record<string, string> = {}): Behaviour =>
  refuse(429, "M_LIMIT_EXCEEDED", fields, headers);

/** A date some seconds from when it is sent. */
const dated = (seconds: number): Behaviour => (x) =>
  limited({}, { "retry-after": new Date(Date.now() + seconds * 1000).toUTCString() })(x);

/** Rate limits. */
export const LIMITS: FaultGroup = {
  title: "Rate limits",
  about: "429 is tried again for every method, after the wait that the server asks for.",
  cases: [
    {
      name: "Retry-After in seconds",
      serve: [limited({}, { "retry-after": "1" }), answer],
      expect: all("answer", 2),
      atLeast: 1000,
    },
    {
      name: "Retry-After as a date",
      serve: [dated(2), answer],
      expect: all("answer", 2),
      atLeast: 900,
    },
    { name: "Retry-After as a date that has passed", serve: [dated(-60), answer], expect: all("answer", 2) },
    {
      name: "Retry-After as a date of an old form",
      serve: [limited({}, { "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" }), answer],
      expect: all("answer", 2),
    },
    {
      name: "Retry-After of 0",
      serve: [limited({}, { "retry-after": "0" }), answer],
      expect: all("answer", 2),
    },
    {
      name: "`retry_after_ms`",
      serve: [limited({ retry_after_ms: 250 }), answer],
      expect: all("answer", 2),
      atLeast: 250,
    },
    {
      name: "both, which differ: Retry-After wins",
      serve: [limited({ retry_after_ms: 50_000 }, { "retry-after": "1" }), answer],
      expect: all("answer", 2),
      atLeast: 1000,
    },
    { name: "no word of a wait", serve: [limited(), answer], expect: all("answer", 2) },
    {
      name: "Retry-After that is nonsense",
      serve: [limited({}, { "retry-after": "soon" }), limited({}, { "retry-after": "-5" }), answer],
      expect: all("answer", 3),
    },
    {
      name: "`retry_after_ms` that is nonsense",
      serve: [
        limited({ retry_after_ms: "1" }),
        limited({ retry_after_ms: -1 }),
        limited({ retry_after_ms: {} }),
        answer,
      ],
      expect: all("answer", 4),
    },
    {
      name: "Retry-After of a thousand years",
      serve: [limited({}, { "retry-after": "31536000000" }), answer],
      expect: all("MLimitExceeded", 1),
    },
    {
      name: "Retry-After beyond every number",
      serve: [limited({}, { "retry-after": "9".repeat(400) }), answer],
      expect: all("MLimitExceeded", 1),
    },
    {
      name: "`retry_after_ms` beyond every timer",
      serve: [limited({ retry_after_ms: 2 ** 31 }), answer],
      expect: all("MLimitExceeded", 1),
    },
    {
      name: "a wait just longer than `maxRetryAfter`",
      serve: [limited({}, { "retry-after": "61" }), answer],
      expect: all("MLimitExceeded", 1),
    },
    { name: "as a proxy's HTML", serve: [page(429), answer], expect: all("answer", 2) },
    {
      name: "as a proxy's HTML with Retry-After",
      serve: [page(429, { "retry-after": "1" }), answer],
      expect: all("answer", 2),
      atLeast: 1000,
    },
    { name: "without a body", serve: [reply(429, ""), answer], expect: all("answer", 2) },
    {
      name: "with a body that never ends",
      serve: [
        sequence((x) => x.write(message(429, "", { "content-length": "" })), endless("x".repeat(0x4000))),
        answer,
      ],
      expect: all("answer", 2),
    },
    {
      name: "with a body that never comes",
      options: { deadline: 2_500 },
      serve: [sequence((x) => x.write(message(429, "", { "content-length": "9" })), silence), answer],
      expect: all("answer", 2),
    },
    {
      name: "M_LIMIT_EXCEEDED with status 400",
      serve: [refuse(400, "M_LIMIT_EXCEEDED"), answer],
      expect: all("answer", 2),
    },
    { name: "for ever", serve: [limited({ retry_after_ms: 1 })], expect: all("MLimitExceeded", 5) },
    { name: "for ever, as HTML", serve: [page(429)], expect: all("MatrixUnknownRequestError", 5) },
  ],
};
