/** What tests of single methods have in common: a client on a fake homeserver, and what one call sends. */
import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MatrixResponseError } from "../../http/mod.ts";
import { type Answer, FakeHomeserver, type Received } from "./fake_homeserver.ts";
import { checkRequest, checkResponse } from "./specification.ts";

export const BASE_URL = "https://matrix.example.org";
export const MXID = "@alice:example.org";

/** IDs with everything that a path must escape. */
export const ODD = {
  room: "!a/b+c%d?e#é:example.org",
  event: "$f/g+h%i?j#é",
  user: "@k/l+m%n?o#é:example.org",
} as const;

/** How {@linkcode ODD} stands in a path. */
export const ODD_PATH = {
  room: "%21a%2Fb%2Bc%25d%3Fe%23%C3%A9%3Aexample.org",
  event: "%24f%2Fg%2Bh%25i%3Fj%23%C3%A9",
  user: "%40k%2Fl%2Bm%25n%3Fo%23%C3%A9%3Aexample.org",
} as const;

/** A call of the method that a test is about. */
export type CallOf<T> = (client: ClientAPI) => Promise<T>;

/** A client of Alice's, signed in on a fake homeserver that gives these answers. */
export function fakeClient(...answers: Answer[]): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on("*", ...answers);
  const client = new ClientAPI({
    baseUrl: BASE_URL,
    token: "token",
    fetch: server.fetch,
    mxid: MXID,
    retry: { minTimeout: 0, maxTimeout: 0 },
  });
  return { client, server };
}

/** How a call is looked at. */
export interface CallChecks {
  /** Whether the request is one that the specification does not allow, on purpose. */
  unspecified?: boolean;
  /** Whether the sample answer is none that the specification allows. */
  loose?: boolean;
}

/**
 * Makes a call and gives the one request that it sent, and what it made of the answer. Both the request and the sample
 * answer must follow the specification.
 */
export async function exchange<T>(
  answer: unknown,
  call: CallOf<T>,
  { unspecified, loose }: CallChecks = {},
): Promise<{ request: Received; result: T }> {
  const { client, server } = fakeClient(answer);
  const result = await call(client);
  assertEquals(server.received.length, 1);
  const request = server.last;
  if (!unspecified) await checkRequest(request);
  if (!loose && !unspecified) await checkResponse(request.method, request.path, 200, answer);
  return { request, result };
}

/** Makes a call and gives method and path, query and body of the one request that it sent. */
export async function sent<T>(
  answer: unknown,
  call: CallOf<T>,
  checks?: CallChecks,
): Promise<[line: string, query: Record<string, string>, body: unknown]> {
  const { request } = await exchange(answer, call, checks);
  return [
    `${request.method} ${request.path}`,
    Object.fromEntries(request.query),
    request.body,
  ];
}

/** Asserts that a call finds fault with an answer. */
export async function malformed<T>(answer: unknown, call: CallOf<T>, message: string): Promise<void> {
  const { client } = fakeClient(answer);
  const error = await assertRejects(() => call(client), MatrixResponseError);
  assertEquals(error.message, message);
}

/** Asserts that a call is refused before anything is sent; by rejecting, not by throwing. */
export async function refused<T>(
  call: CallOf<T>,
  type: typeof TypeError | typeof RangeError | typeof SyntaxError,
  message?: string,
): Promise<void> {
  const { client, server } = fakeClient({});
  const promise = call(client);
  await assertRejects(() => promise, type, message);
  assertEquals(server.received.length, 0);
}
