/** Helpers for tests of single methods: a client of a fake homeserver, and the request of one call. */
import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MatrixResponseError } from "../../http/mod.ts";
import { type Answer, FakeHomeserver, type Received } from "./fake_homeserver.ts";
import { checkRequest, checkResponse } from "./specification.ts";

export const BASE_URL = "https://matrix.example.org";
export const MXID = "@alice:example.org";

/** IDs with every character that a path must escape. */
export const ODD = {
  room: "!a/b+c%d?e#é:example.org",
  event: "$f/g+h%i?j#é",
  user: "@k/l+m%n?o#é:example.org",
} as const;

/** The path segments of {@linkcode ODD}. */
export const ODD_PATH = {
  room: "%21a%2Fb%2Bc%25d%3Fe%23%C3%A9%3Aexample.org",
  event: "%24f%2Fg%2Bh%25i%3Fj%23%C3%A9",
  user: "%40k%2Fl%2Bm%25n%3Fo%23%C3%A9%3Aexample.org",
} as const;

/** Calls the method under test. */
export type CallOf<T> = (client: ClientAPI) => Promise<T>;

/** Creates a client that is signed in as Alice, and a fake homeserver with these responses. */
export function fakeClient(...responses: Answer[]): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on("*", ...responses);
  const client = new ClientAPI({
    baseUrl: BASE_URL,
    token: "token",
    fetch: server.fetch,
    mxid: MXID,
    retry: { minTimeout: 0, maxTimeout: 0 },
  });
  return { client, server };
}

/** Options of {@linkcode exchange}. */
export interface CallChecks {
  /** Whether the request intentionally differs from the specification. */
  unspecified?: boolean;
  /** Whether the sample response differs from the specification. */
  loose?: boolean;
}

/**
 * Makes a call and returns the one request that it sent, and its result. Both the request and the sample
 * response must follow the specification.
 */
export async function exchange<T>(
  response: unknown,
  call: CallOf<T>,
  { unspecified, loose }: CallChecks = {},
): Promise<{ request: Received; result: T }> {
  const { client, server } = fakeClient(response);
  const result = await call(client);
  assertEquals(server.received.length, 1);
  const request = server.last;
  if (!unspecified) await checkRequest(request);
  if (!loose && !unspecified) await checkResponse(request.method, request.path, 200, response);
  return { request, result };
}

/** Makes a call and returns line, query and body of the one request that it sent. */
export async function sent<T>(
  response: unknown,
  call: CallOf<T>,
  checks?: CallChecks,
): Promise<[line: string, query: Record<string, string>, body: unknown]> {
  const { request } = await exchange(response, call, checks);
  return [
    `${request.method} ${request.path}`,
    Object.fromEntries(request.query),
    request.body,
  ];
}

/** Asserts that a call rejects a response. */
export async function malformed<T>(response: unknown, call: CallOf<T>, message: string): Promise<void> {
  const { client } = fakeClient(response);
  const error = await assertRejects(() => call(client), MatrixResponseError);
  assertEquals(error.message, message);
}

/** Asserts that a call rejects before it sends anything, and does not throw. */
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
