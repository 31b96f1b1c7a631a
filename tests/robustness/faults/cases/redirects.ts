/** Redirects. */
import { all, type FaultCase, type FaultGroup } from "../case.ts";
import { abort, message, page, reply, sequence, silence, success } from "../behaviours.ts";
import type { Behaviour } from "../server.ts";

/** Redirects to a location. */
const to = (status: number, location: (x: Parameters<Behaviour>[0]) => string): Behaviour => (x) =>
  x.write(message(status, "", { location: location(x) }));

const REFUSED = "MatrixUnknownRequestError";

/** Expects that GETs are followed, and that other methods fail at once. */
const followed = (outcome = "response", requests = 1): FaultCase["expect"] => ({
  GET: { attempts: 1, requests, outcome },
  PUT: { attempts: 1, outcome: REFUSED },
  POST: { attempts: 1, outcome: REFUSED },
});

/** Redirects. */
export const REDIRECTS: FaultGroup = {
  title: "Redirects",
  about:
    "GETs are followed: within the origin with the token, to other origins without token and headers. Other methods fail.",
  cases: [
    ...[301, 302, 303, 307, 308].map((status): FaultCase => ({
      name: `${status} within the origin`,
      serve: [to(status, () => "/elsewhere"), success],
      expect: followed("response", 2),
    })),
    ...[301, 302, 303, 307, 308].map((status): FaultCase => ({
      name: `${status} to another origin`,
      serve: [to(status, (x) => `${x.server.other!.url}/elsewhere`)],
      other: [success],
      otherRequests: { GET: 1 },
      expect: followed(),
    })),
    {
      name: "307 to another origin, with a user name and password",
      serve: [to(307, (x) => x.server.other!.url.replace("//", "//user:pass@"))],
      other: [(x) => x.request!.headers.authorization ? page(500)(x) : success(x)],
      otherRequests: { GET: 1 },
      expect: followed(),
    },
    {
      name: "307 to another origin that responds with 403",
      serve: [to(307, (x) => `${x.server.other!.url}/elsewhere?signature=1`)],
      other: [page(403)],
      otherRequests: { GET: 1 },
      expect: followed(REFUSED),
    },
    {
      name: "307 to another origin that resets",
      serve: [to(307, (x) => `${x.server.other!.url}/elsewhere?signature=1`), success],
      other: [(x) => x.reset()],
      otherRequests: { GET: 1 },
      expect: { ...followed(), GET: { attempts: 2, outcome: "response" } },
    },
    { name: "307 to itself", serve: [to(307, (x) => x.request!.target)], expect: followed(REFUSED, 11) },
    { name: "307 to a file", serve: [to(307, () => "file:///etc/passwd")], expect: all(REFUSED) },
    { name: "307 to data", serve: [to(307, () => "data:application/json,{}")], expect: all(REFUSED) },
    { name: "307 without a location", serve: [reply(307, "")], expect: all(REFUSED) },
    { name: "307 to an invalid URL", serve: [to(307, () => "http://[")], expect: all(REFUSED) },
    {
      name: "307 with an endless body",
      serve: [
        async (x) => {
          const head = message(307, "", {
            location: "/elsewhere",
            "content-length": "",
            "transfer-encoding": "chunked",
          });
          await x.write(head);
          while (await x.write(`4000\r\n${"x".repeat(0x4000)}\r\n`));
        },
        success,
      ],
      expect: followed("response", 2),
    },
    {
      name: "307 within the origin, then silence and an abort",
      serve: [to(307, () => "/elsewhere"), sequence(abort, silence)],
      expect: followed("reason", 2),
    },
  ],
};
