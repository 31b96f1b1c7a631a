/** 429 in every form. */
import { all, type FaultGroup } from "../case.ts";
import { endless, message, page, refuse, reply, sequence, silence, success } from "../behaviours.ts";
import type { Behaviour } from "../server.ts";

const limited = (fields = {}, headers: Record<string, string> = {}): Behaviour =>
  refuse(429, "M_LIMIT_EXCEEDED", fields, headers);

/** Sends a date some seconds after the current time. */
const dated = (seconds: number): Behaviour => (x) =>
  limited({}, { "retry-after": new Date(Date.now() + seconds * 1000).toUTCString() })(x);

/** Rate limits. */
export const LIMITS: FaultGroup = {
  title: "Rate limits",
  about: "429 is retried for every method, after the wait that the server requests.",
  cases: [
    {
      name: "Retry-After in seconds",
      serve: [limited({}, { "retry-after": "1" }), success],
      expect: all("response", 2),
      atLeast: 1000,
    },
    {
      name: "Retry-After as a date",
      serve: [dated(2), success],
      expect: all("response", 2),
      atLeast: 900,
    },
    {
      name: "Retry-After as a past date",
      serve: [dated(-60), success],
      expect: all("response", 2),
    },
    {
      name: "Retry-After as a date in an obsolete format",
      serve: [limited({}, { "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" }), success],
      expect: all("response", 2),
    },
    {
      name: "Retry-After of 0",
      serve: [limited({}, { "retry-after": "0" }), success],
      expect: all("response", 2),
    },
    {
      name: "`retry_after_ms`",
      serve: [limited({ retry_after_ms: 250 }), success],
      expect: all("response", 2),
      atLeast: 250,
    },
    {
      name: "both with different values: Retry-After applies",
      serve: [limited({ retry_after_ms: 50_000 }, { "retry-after": "1" }), success],
      expect: all("response", 2),
      atLeast: 1000,
    },
    { name: "without a wait", serve: [limited(), success], expect: all("response", 2) },
    {
      name: "an invalid Retry-After",
      serve: [limited({}, { "retry-after": "soon" }), limited({}, { "retry-after": "-5" }), success],
      expect: all("response", 3),
    },
    {
      name: "an invalid `retry_after_ms`",
      serve: [
        limited({ retry_after_ms: "1" }),
        limited({ retry_after_ms: -1 }),
        limited({ retry_after_ms: {} }),
        success,
      ],
      expect: all("response", 4),
    },
    {
      name: "Retry-After of a thousand years",
      serve: [limited({}, { "retry-after": "31536000000" }), success],
      expect: all("MLimitExceeded", 1),
    },
    {
      name: "Retry-After larger than every number",
      serve: [limited({}, { "retry-after": "9".repeat(400) }), success],
      expect: all("MLimitExceeded", 1),
    },
    {
      name: "`retry_after_ms` larger than every timer",
      serve: [limited({ retry_after_ms: 2 ** 31 }), success],
      expect: all("MLimitExceeded", 1),
    },
    {
      name: "a wait just longer than `maxRetryAfter`",
      serve: [limited({}, { "retry-after": "61" }), success],
      expect: all("MLimitExceeded", 1),
    },
    { name: "as a proxy's HTML", serve: [page(429), success], expect: all("response", 2) },
    {
      name: "as a proxy's HTML with Retry-After",
      serve: [page(429, { "retry-after": "1" }), success],
      expect: all("response", 2),
      atLeast: 1000,
    },
    { name: "without a body", serve: [reply(429, ""), success], expect: all("response", 2) },
    {
      name: "with a body that never ends",
      serve: [
        sequence((x) => x.write(message(429, "", { "content-length": "" })), endless("x".repeat(0x4000))),
        success,
      ],
      expect: all("response", 2),
    },
    {
      name: "with a body that never arrives",
      options: { deadline: 2_500 },
      serve: [sequence((x) => x.write(message(429, "", { "content-length": "9" })), silence), success],
      expect: all("response", 2),
    },
    {
      name: "M_LIMIT_EXCEEDED with status 400",
      serve: [refuse(400, "M_LIMIT_EXCEEDED"), success],
      expect: all("response", 2),
    },
    { name: "forever", serve: [limited({ retry_after_ms: 1 })], expect: all("MLimitExceeded", 5) },
    { name: "forever, as HTML", serve: [page(429)], expect: all("MatrixUnknownRequestError", 5) },
  ],
};
