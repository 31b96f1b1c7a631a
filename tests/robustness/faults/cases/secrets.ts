/** Further calls that send secrets. */
import type { FaultCase, FaultGroup } from "../case.ts";
import { close, message, page, raw, refuse, reply, reset, sequence, success } from "../behaviours.ts";
import { RESPONSE } from "../secrets.ts";
import { SECRET_CALLS } from "../secret_calls.ts";
import type { Behaviour } from "../server.ts";

type Result = readonly [outcome: string, attempts: number];

const LOST = "MatrixConnectionError";
const WRONG = "MatrixResponseError";
const UNKNOWN = "MatrixUnknownRequestError";

/** Sends a response that contains the request. */
const echo = (status: number, wrap: (text: string) => string): Behaviour => (x) =>
  reply(status, wrap(`${x.request!.head}\n\n${x.request!.body}`))(x);

/** Expects results by the kind of the call: sent once, retried, or retried without reading the response. */
function expect(once: string, retried: Result, unread = retried): FaultCase["expect"] {
  const results = { once: [once, 1], retried, unread } as const;
  return Object.fromEntries(
    Object.entries(SECRET_CALLS).map(([name, { kind }]) => {
      const [outcome, attempts] = results[kind];
      return [name, { outcome, attempts }];
    }),
  );
}

const same = (outcome: string): FaultCase["expect"] => expect(outcome, [outcome, 1]);

/** Calls that send further secrets. */
export const SECRETS: FaultGroup = {
  title: "Further secrets",
  about:
    "A refresh token and passwords in a POST, a private key in `sendToOneDevice()`, a key in a request of a crypto engine, the signature in a URL for `uploadTo()`, " +
    "and an authorization code and its verifier in `requestTo()`. The last two send neither the token nor other headers.",
  cases: [
    { name: "no fault", serve: [success], expect: same("response") },
    {
      name: "an error page that shows the request",
      serve: [echo(500, (text) => `<pre>${text}</pre>`)],
      expect: same(UNKNOWN),
    },
    {
      name: "an error that quotes the request",
      serve: [echo(400, (text) => JSON.stringify({ errcode: "M_BAD_JSON", error: text }))],
      expect: same("MBadJSON"),
    },
    {
      name: "an error that holds the request",
      serve: [
        (x) =>
          reply(
            400,
            `{"errcode":"M_UNKNOWN","request":${/^\{/.test(String(x.request!.body)) ? x.request!.body : 0}}`,
          )(x),
      ],
      expect: same("MUnknown"),
    },
    { name: "403 M_FORBIDDEN", serve: [refuse(403, "M_FORBIDDEN")], expect: same("MForbidden") },
    { name: "502 as HTML", serve: [page(502), success], expect: expect(UNKNOWN, ["response", 2]) },
    { name: "reset before the head", serve: [reset, success], expect: expect(LOST, ["response", 2]) },
    {
      name: "closed in the middle of the body",
      serve: [sequence(raw(`HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${RESPONSE}`), close), success],
      expect: expect(LOST, ["response", 2], ["response", 1]),
    },
    {
      name: "JSON that ends early",
      serve: [reply(200, RESPONSE.slice(0, -5))],
      expect: expect(WRONG, [WRONG, 1], ["response", 1]),
    },
    {
      name: "307 to another origin",
      serve: [(x) => x.write(message(307, "", { location: x.server.other!.url }))],
      expect: same(UNKNOWN),
    },
    {
      name: "silence, and an abort",
      serve: [async (x) => {
        await x.wait(60);
        x.abort();
        await x.closed();
      }],
      expect: same("reason"),
    },
  ],
};
