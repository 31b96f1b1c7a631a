import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type DiscoverOptions } from "../../client/mod.ts";
import {
  HTTPAPI,
  MatrixConnectionError,
  MatrixError,
  MatrixResponseError,
  MatrixTimeoutError,
  MUnknown,
  WellKnownError,
  WellKnownInvalidVersionsResponse,
  WellKnownMissingHomeserver,
  WellKnownNotJSON,
  WellKnownNotURL,
  WellKnownUnexpectedStatus,
  WellKnownUnsupportedScheme,
} from "../../http/mod.ts";
import { BASE_URL, exchange, fakeClient, malformed } from "../support/contract_client.ts";
import {
  type Answer,
  type Answering,
  broken,
  chunks,
  FakeHomeserver,
  json,
  matrixError,
  silence,
  text,
} from "../support/fake_homeserver.ts";

const VERSIONS = { versions: ["r0.6.1", "v1.11"], unstable_features: { "org.example.one": true } };

/** Creates a response that waits until it is released. */
function held(body: unknown): { response: Answering; release: () => void } {
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const response: Answering = async (request) => {
    await Promise.race([gate, silence()(request)]);
    return await json(body)(request);
  };
  return { response, release };
}

Deno.test("ClientAPI.versions() sends one request and returns the response unchanged", async () => {
  const { request, result } = await exchange(VERSIONS, (client) => client.versions());
  assertEquals([request.method, request.url], ["GET", `${BASE_URL}/_matrix/client/versions`]);
  assertEquals(request.headers.get("authorization"), "Bearer token");
  assertEquals<unknown>(result, VERSIONS);

  const { client, server } = fakeClient(VERSIONS);
  const first = await client.versions();
  assertStrictEquals(await client.versions({ noCache: null! }), first);
  assertStrictEquals(client.versionsCache, first);
  assertEquals(server.received.length, 1);
});

Deno.test("ClientAPI.versions() works without a token", async () => {
  const server = new FakeHomeserver().on("*", VERSIONS);
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await client.versions();
  assertEquals(server.last.headers.has("authorization"), false);
});

Deno.test("ClientAPI.versions() with noCache requests the versions again and caches them", async () => {
  const { client, server } = fakeClient(VERSIONS, { versions: ["v1.12"] });
  await client.versions();
  assertEquals((await client.versions({ noCache: true })).versions, ["v1.12"]);
  assertEquals((await client.versions()).versions, ["v1.12"]);
  assertEquals(server.received.length, 2);
});

Deno.test("ClientAPI.versions() keeps its cache if a request fails", async () => {
  const { client } = fakeClient(VERSIONS, matrixError(500, "M_UNKNOWN"), { versions: [1] });
  await client.versions();
  await assertRejects(() => client.versions({ noCache: true }), MUnknown);
  await assertRejects(() => client.versions({ noCache: true }), MatrixResponseError);
  assertEquals<unknown>(await client.versions(), VERSIONS);
});

Deno.test("ClientAPI.versions() sends a new request after a failure", async () => {
  const { client, server } = fakeClient(matrixError(500, "M_UNKNOWN"), VERSIONS);
  await assertRejects(() => client.versions(), MUnknown);
  assertEquals(client.versionsCache, undefined);
  assertEquals<unknown>(await client.versions(), VERSIONS);
  assertEquals(server.received.length, 2);
});

Deno.test("ClientAPI.versions() requests the versions again if the base URL or token has changed", async () => {
  const { client, server } = fakeClient(VERSIONS);
  await client.versions();
  client.api.token = "other";
  assertEquals(client.versionsCache, undefined);
  await client.versions();
  client.api.baseUrl = "https://other.example.org/sub/";
  await client.versions();
  await client.versions();
  assertEquals(server.received.map(({ url }) => url), [
    `${BASE_URL}/_matrix/client/versions`,
    `${BASE_URL}/_matrix/client/versions`,
    "https://other.example.org/sub/_matrix/client/versions",
  ]);
});

Deno.test("ClientAPI.versions() sends a request for each concurrent first call, then uses the cache", async () => {
  const { client, server } = fakeClient(VERSIONS);
  const responses = await Promise.all([client.versions(), client.versions()]);
  assertEquals<unknown>(responses, [VERSIONS, VERSIONS]);
  assertEquals(server.received.length, 2);
  await client.versions();
  assertEquals(server.received.length, 2);
});

Deno.test("ClientAPI.versions() and downloads succeed while an earlier call never settles", async () => {
  // Cloudflare Workers never settle a promise of a request that has ended.
  const { client, server } = fakeClient(silence(), VERSIONS, text("content"));
  const ended = new AbortController();
  const first = client.versions({ signal: ended.signal });
  assertEquals<unknown>(await client.versions(), VERSIONS);
  assertEquals(await client.downloadMedia("mxc://example.org/a"), new TextEncoder().encode("content"));
  assertEquals(server.received.length, 3);
  assertEquals(server.received[0]?.signal?.aborted, false);
  ended.abort("over");
  assertEquals(await first.catch((error) => error), "over");
  assertEquals<unknown>(client.versionsCache, VERSIONS);
});

Deno.test("ClientAPI.versions() does not cancel the request of another caller", async () => {
  const { response, release } = held(VERSIONS);
  const { client, server } = fakeClient(response);
  const leaving = new AbortController();
  const first = client.versions({ signal: leaving.signal });
  const second = client.versions();
  leaving.abort("enough");
  assertEquals(await first.catch((error) => error), "enough");
  release();
  assertEquals<unknown>(await second, VERSIONS);
  assertEquals(server.received.map(({ signal }) => signal?.aborted), [true, false]);
});

Deno.test("ClientAPI.versions() rejects at once with the reason of a signal that is aborted already", async () => {
  const { client, server } = fakeClient(VERSIONS);
  await client.versions();
  const reason = new Error("no");
  const signal = AbortSignal.abort(reason);
  assertStrictEquals(await client.versions({ signal }).catch((error) => error), reason);
  assertEquals(server.received.length, 1);
});

Deno.test("ClientAPI.versions() does not cache a response for a token that has been replaced", async () => {
  const { response, release } = held({ versions: ["v1.1"] });
  const { client } = fakeClient(response, VERSIONS);
  const late = client.versions();
  client.api.token = "other";
  await client.versions();
  release();
  assertEquals((await late).versions, ["v1.1"]);
  assertEquals<unknown>(client.versionsCache, VERSIONS);
});

Deno.test("ClientAPI.versions() rejects responses without versions", async () => {
  for (const response of [null, [], "v1.1"]) {
    await malformed(response, (client) => client.versions(), "Invalid response: expected object");
  }
  for (const response of [{}, { versions: null }]) {
    await malformed(response, (client) => client.versions(), "`versions` not in response.");
  }
  const wrong = "Invalid `versions` in response: expected array";
  for (const versions of ["v1.1", { "0": "v1.1" }]) {
    await malformed({ versions }, (client) => client.versions(), wrong);
  }
  for (const versions of [[1], ["v1.1", null]]) {
    await malformed({ versions }, (client) => client.versions(), `${wrong} of strings`);
  }
});

Deno.test("ClientAPI.versions() accepts an empty list and versions in any format", async () => {
  for (const versions of [[], ["w2", "v1.99", ""]]) {
    const { result } = await exchange({ versions }, (client) => client.versions(), { loose: true });
    assertEquals<unknown>(result, { versions });
  }
});

Deno.test("ClientAPI.versionsCache can be passed to another client", async () => {
  const { client, server } = fakeClient(VERSIONS);
  const other = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  other.versionsCache = await client.versions();
  assertEquals<unknown>(await other.versions(), VERSIONS);
  assertEquals(server.received.length, 1);
  other.versionsCache = undefined;
  await other.versions();
  assertEquals(server.received.length, 2);
});

const FILE = "GET /.well-known/matrix/client";
const RESPONSES = "GET /_matrix/client/versions";
const NO_WAIT = { retry: { limit: 0 } };

/** Discovers the homeserver of example.org with these responses. */
async function look(
  file: Answer,
  versions: Answer = VERSIONS,
  options: DiscoverOptions = NO_WAIT,
): Promise<{ url: URL | null; server: FakeHomeserver }> {
  const server = new FakeHomeserver().on(FILE, file).on(RESPONSES, versions);
  return { url: await ClientAPI.discover("example.org", { fetch: server.fetch, ...options }), server };
}

/** Returns the well-known file with a base URL. */
const pointing = (base_url: unknown) => ({ "m.homeserver": { base_url } });

Deno.test("ClientAPI.discover() reads the well-known file and requests the homeserver's versions", async () => {
  const { url, server } = await look(pointing("https://matrix.example.org"));
  assert(url instanceof URL);
  assertEquals(url.href, "https://matrix.example.org/");
  assertEquals(server.received.map(({ method, url }) => `${method} ${url}`), [
    "GET https://example.org/.well-known/matrix/client",
    "GET https://matrix.example.org/_matrix/client/versions",
  ]);
  for (const { headers } of server.received) assertEquals(headers.has("authorization"), false);
});

Deno.test("ClientAPI.discover() returns the URL unchanged, and accepts trailing slashes and sub-paths", async () => {
  for (
    const [base, asked] of [
      ["https://hs.example.org/", "https://hs.example.org/_matrix/client/versions"],
      ["https://hs.example.org:8448/sub//", "https://hs.example.org:8448/sub/_matrix/client/versions"],
      ["http://hs.example.org/sub", "http://hs.example.org/sub/_matrix/client/versions"],
    ] as const
  ) {
    const server = new FakeHomeserver().on("*", pointing(base), VERSIONS);
    assertEquals((await ClientAPI.discover("example.org", { fetch: server.fetch }))?.href, base);
    assertEquals(server.last.url, asked);
  }
});

Deno.test("ClientAPI.discover() sends the request to the host of the server name, without its port", async () => {
  for (
    const [domain, host] of [
      ["example.org:8448", "example.org"],
      ["[2001:db8::1]:8448", "[2001:db8::1]"],
      ["[2001:db8::1]", "[2001:db8::1]"],
      ["192.0.2.1:443", "192.0.2.1"],
      ["localhost", "localhost"],
    ] as const
  ) {
    const server = new FakeHomeserver().on("*", matrixError(404, "M_NOT_FOUND"));
    assertEquals(await ClientAPI.discover(domain, { fetch: server.fetch }), null);
    assertEquals(server.last.url, `https://${host}/.well-known/matrix/client`);
  }
});

Deno.test("ClientAPI.discover() rejects invalid server names", async () => {
  const server = new FakeHomeserver().on("*", VERSIONS);
  const bad = [
    "",
    " ",
    "a/b",
    "a?b",
    "a#b",
    "@alice:example.org",
    "a@b",
    "a:b",
    "a b",
    "a\\b",
    "[::1",
    "%2f",
  ];
  for (const domain of [...bad, undefined, null, 5, {}]) {
    const promise = ClientAPI.discover(domain as string, { fetch: server.fetch });
    await assertRejects(() => promise, TypeError, "server name", String(domain));
  }
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.discover() returns null for 404 only", async () => {
  assertEquals((await look(text("Not here", 404))).url, null);
  for (const status of [201, 202, 204, 206, 301, 304, 400, 401, 403, 410, 418, 500, 503]) {
    const response = () => new Response(status === 204 || status === 304 ? null : "{}", { status });
    const error = await assertRejects(() => look(response), WellKnownUnexpectedStatus);
    assertEquals(error.status, status);
    assertEquals(error.message, `Unexpected status code ${status} when fetching .well-known file`);
  }
});

Deno.test("ClientAPI.discover() parses the file as JSON for every content type, and rejects other files", async () => {
  const file = JSON.stringify(pointing("https://matrix.example.org"));
  assertEquals((await look(text(file))).url?.href, "https://matrix.example.org/");
  for (const body of ["", "<html>", '{"m.homeserver":', " "]) {
    const error = await assertRejects(() => look(text(body)), WellKnownNotJSON);
    assertEquals(error.message, ".well-known response was not JSON");
  }
});

Deno.test("ClientAPI.discover() reads a bounded part of a file that is too large", async () => {
  let pieces = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          pieces++;
          controller.enqueue(new Uint8Array(64 * 1024).fill(32));
        },
      }),
    );
  await assertRejects(() => look(endless), WellKnownNotJSON);
  assert(pieces < 10, `${pieces} pieces were read`);
});

Deno.test("ClientAPI.discover() throws if the file names no homeserver", async () => {
  for (
    const file of [
      {},
      [],
      null,
      "x",
      5,
      { "m.homeserver": null },
      { "m.homeserver": {} },
      {
        "m.homeserver": "https://x.example.org",
      },
      { "m.homeserver": [] },
      pointing(null),
    ]
  ) {
    const error = await assertRejects(() => look(json(file)), WellKnownMissingHomeserver);
    assertEquals(error.message, "No homeserver found in .well-known response");
  }
});

Deno.test("ClientAPI.discover() throws if the base URL is not a URL", async () => {
  for (
    const base of [
      "",
      "path/to",
      "/path",
      "hs.example.com",
      "hs.example.com:8448",
      "mailto:x",
      "https:host",
      "https:/host",
      "https:///host",
      "https://",
      "https://:8448",
      "https://host:99999",
      "https://[bad",
      "https:\\\\host",
      "https://user:secret@host",
      " https://host",
      5,
      true,
      {},
      ["https://host"],
    ]
  ) {
    const error = await assertRejects(
      () => look(pointing(base)),
      WellKnownNotURL,
      undefined,
      JSON.stringify(base),
    );
    assertEquals(error.message, "Homeserver base URL in .well-known response was not a valid URL");
  }
});

Deno.test("ClientAPI.discover() throws if the base URL is not http or https", async () => {
  for (const [base, scheme] of [["ftp://h", "ftp"], ["//h", ""], ["WS://h:1/x", "ws"]] as const) {
    const error = await assertRejects(() => look(pointing(base)), WellKnownUnsupportedScheme);
    assertEquals(error.scheme, scheme);
    assertEquals(error.message, `URL in .well-known response has unsupported scheme ${scheme}`);
  }
});

const type = (value: string) => json(VERSIONS, 200, { "content-type": value });

Deno.test("ClientAPI.discover() throws if there is no homeserver at the base URL", async () => {
  for (
    const response of [
      json({ versions: [] }),
      json({ versions: "v1.1" }),
      json({ versions: [1] }),
      json({}),
      json([]),
      json(null),
      text("<html>"),
      text("{", 200, { "content-type": "application/json" }),
      json(VERSIONS, 500),
      json(VERSIONS, 404),
      broken(),
      chunks(['{"versions":'], "error"),
    ]
  ) {
    const error = await assertRejects(
      () => look(pointing("https://matrix.example.org"), response),
      WellKnownInvalidVersionsResponse,
    );
    assertEquals(error.message, "URL in .well-known response didn't respond to versions endpoint properly");
    assert(error.cause instanceof MatrixError);
  }
});

Deno.test("ClientAPI.discover() accepts a versions response of any content type", async () => {
  for (
    const response of [
      type("application/json; charset=utf-8"),
      type("APPLICATION/JSON"),
      type("application/jsonp"),
      type("application/octet-stream"),
      text(JSON.stringify(VERSIONS)),
    ]
  ) {
    assert((await look(pointing("https://matrix.example.org"), response)).url);
  }
});

Deno.test("ClientAPI.discover() throws WellKnownError with the cause after a lost connection", async () => {
  for (const response of [broken(), chunks(['{"m.home'], "error")]) {
    const error = await assertRejects(() => look(response), WellKnownError);
    assert(error.cause instanceof MatrixConnectionError);
  }
  for (const response of [silence(), chunks(["{"], "hang")]) {
    const error = await assertRejects(
      () => look(response, VERSIONS, { deadline: 5, ...NO_WAIT }),
      WellKnownError,
    );
    assert(error.cause instanceof MatrixTimeoutError);
  }
});

Deno.test("ClientAPI.discover() follows a limited number of redirects", async () => {
  const redirect = (location: string) => () => new Response(null, { status: 302, headers: { location } });
  const server = new FakeHomeserver()
    .on(FILE, redirect("https://www.example.net/there"))
    .on("GET /there", redirect("/matrix.json"))
    .on("GET /matrix.json", pointing("https://matrix.example.org"))
    .on(RESPONSES, VERSIONS);
  const url = await ClientAPI.discover("example.org", { fetch: server.fetch });
  assertEquals(url?.href, "https://matrix.example.org/");
  assertEquals(server.received[2]?.url, "https://www.example.net/matrix.json");

  const loop = new FakeHomeserver().on("*", redirect("https://example.org/.well-known/matrix/client"));
  const error = await assertRejects(
    () => ClientAPI.discover("example.org", { fetch: loop.fetch }),
    WellKnownUnexpectedStatus,
  );
  assertEquals(error.status, 302);
  assert(loop.received.length < 30);
});

Deno.test("ClientAPI.discover() rejects with the signal's reason during both requests", async () => {
  for (const responses of [[silence()], [pointing("https://matrix.example.org"), silence()]]) {
    const controller = new AbortController();
    const server = new FakeHomeserver().on("*", ...responses);
    const call = ClientAPI.discover("example.org", { fetch: server.fetch, signal: controller.signal });
    const reason = new Error("changed my mind");
    setTimeout(() => controller.abort(reason), 5);
    assertStrictEquals(await call.catch((error) => error), reason);
    assertEquals(server.received.length, responses.length);
  }
});

Deno.test("ClientAPI.discover() sends headers and query to the first server only", async () => {
  const { server } = await look(pointing("https://matrix.example.org"), VERSIONS, {
    headers: { "x-secret": "1" },
    query: { q: "1" },
  });
  assertEquals(server.received.map(({ headers }) => headers.get("x-secret")), ["1", null]);
  assertEquals(server.received.map(({ query }) => query.get("q")), ["1", null]);
});

Deno.test("ClientAPI.discover() sends a user agent with the global fetch, and with userAgent", async () => {
  const server = new FakeHomeserver().on(FILE, pointing("https://matrix.example.org")).on(
    RESPONSES,
    VERSIONS,
  );
  const { fetch } = globalThis;
  globalThis.fetch = server.fetch as typeof globalThis.fetch;
  try {
    await ClientAPI.discover("example.org");
  } finally {
    globalThis.fetch = fetch;
  }
  for (const { headers } of server.received) {
    assertEquals(headers.get("user-agent"), HTTPAPI.defaultUserAgent);
  }
  const { server: other } = await look(pointing("https://matrix.example.org"), VERSIONS, {
    userAgent: "me/1",
  });
  assertEquals(other.last.headers.get("user-agent"), "me/1");
});
