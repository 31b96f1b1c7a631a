/** Further calls that carry secrets. */
import type { FaultCase, FaultGroup } from "../case.ts";
import { answer, close, message, page, raw, refuse, reply, reset, sequence } from "../behaviours.ts";
import { ANSWER } from "../secrets.ts";
import type { Behaviour } from "../server.ts";

const LOST = "MatrixConnectionError";
const WRONG = "MatrixResponseError";
const UNKNOWN = "MatrixUnknownRequestError";

/** Shows the request. */
const echo = (status: number, wrap: (text: string) => string): Behaviour => (x) =>
  reply(status, wrap(`${x.request!.head}\n\n${x.request!.body}`))(x);

/** Two POSTs with JSON; a PUT with JSON; a PUT with bytes, whose answer nobody looks at. */
function expect(post: string, put: [outcome: string, attempts: number], bytes = put): FaultCase["expect"] {
  return {
    refresh: { outcome: post, attempts: 1 },
    password: { outcome: post, attempts: 1 },
    keys: { outcome: put[0], attempts: put[1] },
    uploadTo: { outcome: bytes[0], attempts: bytes[1] },
  };
}

const same = (outcome: string): FaultCase["expect"] => expect(outcome, [outcome, 1]);

/** Secrets. */
export const SECRETS: FaultGroup = {
  title: "Further secrets",
  about:
    "A refresh token and passwords in a POST by hand, a private key in `sendToOneDevice()`, and the signature in a URL " +
    "for `uploadTo()`, which sends neither token nor header of ours.",
  cases: [
    { name: "no fault", serve: [answer], expect: same("answer") },
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
    { name: "502 as HTML", serve: [page(502), answer], expect: expect(UNKNOWN, ["answer", 2]) },
    { name: "reset before the head", serve: [reset, answer], expect: expect(LOST, ["answer", 2]) },
    {
      name: "closed in the middle of the body",
      serve: [sequence(raw(`HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${ANSWER}`), close), answer],
      expect: expect(LOST, ["answer", 2], ["answer", 1]),
    },
    {
      name: "JSON that ends early",
      serve: [reply(200, ANSWER.slice(0, -5))],
      expect: expect(WRONG, [WRONG, 1], ["answer", 1]),
    },
    {
      name: "307 to another origin",
      serve: [(x) => x.write(message(307, "", { location: x.server.other!.url }))],
      expect: same(UNKNOWN),
    },
    {
      name: "silence, and a cancellation",
      serve: [async (x) => {
        await x.wait(60);
        x.abort();
        await x.closed();
      }],
      expect: same("reason"),
    },
  ],
};
