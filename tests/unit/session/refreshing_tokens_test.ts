import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  ClientAPI,
  type ClientAPIOptions,
  MemorySessionStore,
  RefreshingTokens,
  type RefreshingTokensOptions,
  type Session,
  type SessionStore,
} from "../../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixTimeoutError,
  MForbidden,
  MUnknownToken,
} from "../../../http/mod.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import {
  type Answering,
  broken,
  json,
  matrixError,
  type Received,
  text,
} from "../../support/fake_homeserver.ts";
import { BASE_URL, FakeIssuer, METADATA, REFRESH, TOKEN_ENDPOINT, TOKEN_PATH } from "../../support/issuer.ts";

interface Made {
  issuer: FakeIssuer;
  store: MemorySessionStore;
  source: RefreshingTokens;
  client: ClientAPI;
  ends: boolean[];
  renewals: (number | undefined)[];
  log: unknown[][];
}

interface MakeOptions extends RefreshingTokensOptions {
  life?: number;
  oauth?: boolean;
  session?: Partial<Session>;
  store?: (store: MemorySessionStore) => SessionStore;
  client?: Partial<ClientAPIOptions>;
}

function make(
  { oauth = true, life, session, store: wrap, client: more, ...options }: MakeOptions = {},
): Made {
  const issuer = new FakeIssuer(oauth);
  issuer.life = life ?? issuer.life;
  const store = new MemorySessionStore(issuer.session(session));
  const ends: boolean[] = [];
  const renewals: (number | undefined)[] = [];
  const log: unknown[][] = [];
  const take = (level: string) => (...data: unknown[]) => void log.push([level, ...data]);
  const source = new RefreshingTokens(wrap?.(store) ?? store, {
    onEnd: ({ softLogout }) => void ends.push(softLogout),
    onRenew: ({ expiresAt }) => void renewals.push(expiresAt),
    ...options,
  });
  const client = clientOf(issuer, source, {
    log: { debug: () => {}, info: take("info"), warn: take("warn"), error: take("error") },
    ...more,
  });
  return { issuer, store, source, client, ends, renewals, log };
}

function clientOf(
  issuer: FakeIssuer,
  source: RefreshingTokens,
  more: Partial<ClientAPIOptions> = {},
): ClientAPI {
  return new ClientAPI({
    baseUrl: BASE_URL,
    auth: source,
    fetch: issuer.server.fetch,
    retry: { limit: 0 },
    ...more,
  } as ClientAPIOptions);
}

const expired = { expiresAt: 0 };
const bearers = (issuer: FakeIssuer) => issuer.calls.map(({ headers }) => headers.get("authorization"));

for (const oauth of [true, false]) {
  const kind = oauth ? "OAuth" : "legacy";

  Deno.test(`RefreshingTokens renews an expired ${kind} token once for 50 calls`, async () => {
    const { issuer, store, client } = make({ oauth, session: expired });
    await Promise.all(Array.from({ length: 50 }, () => client.whoami()));
    assertEquals(issuer.sentRenewals.length, 1);
    assertEquals(new Set(bearers(issuer)), new Set(["Bearer ACCESSTOKEN2OFALICE"]));
    const session = await store.get();
    assertEquals([session?.accessToken, session?.refreshToken], [
      "ACCESSTOKEN2OFALICE",
      "REFRESHTOKEN2OFALICE",
    ]);
  });

  Deno.test(`RefreshingTokens renews a refused ${kind} token once for 50 calls, for any soft_logout`, async () => {
    const { issuer, client, renewals } = make({ oauth, session: { expiresAt: undefined } });
    issuer.expire("ACCESSTOKEN1OFALICE");
    await Promise.all(Array.from({ length: 50 }, () => client.whoami()));
    assertEquals([issuer.sentRenewals.length, renewals.length], [1, 1]);
    assertEquals(issuer.calls.length, 100);
  });

  Deno.test(`RefreshingTokens ends the ${kind} session if the server refuses the refresh token`, async () => {
    const { issuer, store, client, ends } = make({ oauth, session: expired });
    issuer.ended = true;
    for (let i = 0; i < 3; i++) {
      const error = await assertRejects(() => client.whoami(), MUnknownToken);
      assertInstanceOf(error.cause, oauth ? MatrixOAuthError : MForbidden);
    }
    assertEquals([issuer.sentRenewals.length, issuer.calls.length], [1, 0]);
    assertEquals(ends, [false]);
    assert(await store.get() !== null);
  });

  Deno.test(`RefreshingTokens throws the MUnknownToken of the call if the ${kind} session has ended`, async () => {
    const { issuer, client, ends } = make({ oauth });
    issuer.ended = true;
    const error = await assertRejects(() => client.whoami(), MUnknownToken);
    assertEquals([error.status, error.path], [401, "/_matrix/client/v3/account/whoami"]);
    assertInstanceOf(error.cause, oauth ? MatrixOAuthError : MForbidden);
    assertEquals(ends, [false]);
  });

  Deno.test(`RefreshingTokens sends the ${kind} renewal without anything of the client's own`, async () => {
    const { issuer, client } = make({
      oauth,
      session: expired,
      client: { userAgent: "bot/1", asUserId: "@bob:example.org" },
    });
    await client.whoami({ headers: { "x-own": "1" } });
    const [sent] = issuer.sentRenewals as [Received];
    assertEquals(sent.headers.get("authorization"), null);
    assertEquals(sent.headers.get("x-own"), null);
    assertEquals(sent.url, oauth ? TOKEN_ENDPOINT : BASE_URL + REFRESH);
    if (!oauth) return assertEquals(sent.body, { refresh_token: "REFRESHTOKEN1OFALICE" });
    assertEquals(Object.fromEntries(new URLSearchParams(sent.text)), {
      grant_type: "refresh_token",
      refresh_token: "REFRESHTOKEN1OFALICE",
      client_id: "client-1",
    });
    assertEquals([...sent.headers.keys()], ["content-type"]);
  });
}

Deno.test("RefreshingTokens.token() returns a fresh token without a promise after the first", async () => {
  const { source, client } = make();
  await client.whoami();
  assertEquals(source.token(client.api), "ACCESSTOKEN1OFALICE");
});

Deno.test("RefreshingTokens loads the session once for calls at the same time", async () => {
  let gets = 0;
  const { client } = make({
    store: (inner) => ({
      get: () => (gets++, inner.get()),
      set: (session) => inner.set(session),
      remove: () => inner.remove(),
    }),
  });
  await Promise.all([client.whoami(), client.whoami(), client.whoami()]);
  await client.whoami();
  assertEquals(gets, 1);
});

Deno.test("RefreshingTokens sends no token while the store has no session, and reads it again", async () => {
  const issuer = new FakeIssuer();
  const store = new MemorySessionStore();
  const client = clientOf(issuer, new RefreshingTokens(store));
  await assertRejects(() => client.whoami(), MUnknownToken);
  await store.set(issuer.session());
  await client.whoami();
  assertEquals(bearers(issuer), [null, "Bearer ACCESSTOKEN1OFALICE"]);
});

Deno.test("RefreshingTokens uses a session without refresh token like a static token", async () => {
  const { issuer, client, ends } = make({ oauth: false, session: { refreshToken: undefined, expiresAt: 1 } });
  await client.whoami();
  issuer.ended = true;
  await assertRejects(() => client.whoami(), MUnknownToken);
  assertEquals([issuer.sentRenewals.length, ends.length], [0, 1]);
});

Deno.test("RefreshingTokens renews a tenth of the token's life before it expires, from 1 s to 30 s", async () => {
  const cases: [life: number, margin: number | undefined, expected: number][] = [
    [3_000, undefined, 1_000],
    [100_000, undefined, 10_000],
    [3_600_000, undefined, 30_000],
    [100_000, 60_000, 60_000],
    [100_000, 0, 0],
  ];
  for (const [life, margin, expected] of cases) {
    await FakeClock.use(async (clock) => {
      const { issuer, client } = make({ margin, life });
      await client.whoami();
      await clock.advance(life - expected - 1);
      await client.whoami();
      assertEquals(issuer.sentRenewals.length, 0, `${life}`);
      await clock.advance(1);
      await client.whoami();
      assertEquals(issuer.sentRenewals.length, 1, `${life}`);
    });
  }
});

Deno.test("RefreshingTokens counts the token's life from before the request", async () => {
  await FakeClock.use(async (clock) => {
    const { issuer, store, client } = make({ session: expired });
    const start = Date.now();
    const { accessToken } = issuer.session();
    issuer.renewals.push((request) => {
      clock.now += 5_000;
      return json({ access_token: accessToken, token_type: "bearer", expires_in: 60 })(request);
    });
    await client.whoami();
    assertEquals((await store.get())?.expiresAt, start + 60_000);
  });
});

Deno.test("RefreshingTokens keeps the refresh token if none came with the new access token", async () => {
  const { issuer, store, client } = make({ session: expired });
  const { accessToken } = issuer.session();
  issuer.renewals.push(json({ access_token: accessToken, token_type: "Bearer" }));
  await client.whoami();
  const { refreshToken, expiresAt } = await store.get() ?? {};
  assertEquals([refreshToken, expiresAt], ["REFRESHTOKEN1OFALICE", undefined]);
});

Deno.test("RefreshingTokens renews twice for a call whose machine slept after the first renewal", async () => {
  await FakeClock.use(async (clock) => {
    const { issuer, client } = make({ session: expired });
    let slept = false;
    const inner = issuer.server.fetch;
    const sleepy = clientOf(issuer, client.api.auth as RefreshingTokens, {
      fetch: async (url, init) => {
        if (!slept && url.endsWith("/whoami")) {
          slept = true;
          clock.now += 3_600_000;
        }
        return await inner(url, init);
      },
    });
    await sleepy.whoami();
    assertEquals(issuer.sentRenewals.length, 2);
  });
});

/** Responses to a renewal, and their results. */
const RESPONSES: [
  name: string,
  response: Answering,
  // deno-lint-ignore no-explicit-any
  type: new (...args: any[]) => Error,
  level: "warn" | "error",
  retryAfter?: number,
][] = [
  ["no response", broken(), MatrixConnectionError, "warn"],
  ["500 as HTML", text("<html>", 500), MatrixRequestError, "warn"],
  ["503 with JSON", json({ error: "server_error" }, 503), MatrixRequestError, "warn"],
  ["503 with Retry-After", text("", 503, { "retry-after": "7" }), MatrixRequestError, "warn", 7_000],
  ["408", json({ error: "timeout" }, 408), MatrixRequestError, "warn"],
  ["425", json({}, 425), MatrixRequestError, "warn"],
  ["429", json({ error: "slow" }, 429, { "retry-after": "3" }), MatrixRequestError, "warn", 3_000],
  ["400 as HTML", text("<html>", 400), MatrixRequestError, "warn"],
  ["403 as HTML", text("<html>", 403), MatrixRequestError, "warn"],
  ["200 as HTML", text("<html>"), MatrixResponseError, "warn"],
  ["302", text("", 302, { location: "https://evil.example.org/" }), MatrixRequestError, "warn"],
  ["401 M_UNKNOWN_TOKEN of a proxy", matrixError(401, "M_UNKNOWN_TOKEN"), MatrixRequestError, "warn"],
  ["400 invalid_request", json({ error: "invalid_request" }, 400), MatrixOAuthError, "error"],
  ["400 invalid_scope", json({ error: "invalid_scope" }, 400), MatrixOAuthError, "error"],
  ["403 invalid_grant", json({ error: "invalid_grant" }, 403), MatrixOAuthError, "error"],
  ["404 with JSON", json({ error: "not_found" }, 404), MatrixOAuthError, "error"],
  ["403 M_FORBIDDEN of a proxy", matrixError(403, "M_FORBIDDEN"), MatrixRequestError, "error"],
  ["401 M_MISSING_TOKEN of a proxy", matrixError(401, "M_MISSING_TOKEN"), MatrixRequestError, "error"],
  ["400 with an error that is not a string", json({ error: 1 }, 400), MatrixRequestError, "error"],
  ["200 without access token", json({ token_type: "Bearer" }), MatrixResponseError, "error"],
  ["200 with a token that no header carries", json({ access_token: "a\nb" }), MatrixResponseError, "error"],
  [
    "200 with another token type",
    json({ access_token: "a", token_type: "mac" }),
    MatrixResponseError,
    "error",
  ],
];

for (const [name, response, type, level, retryAfter] of RESPONSES) {
  Deno.test(`RefreshingTokens keeps the session after ${name}`, async () => {
    await FakeClock.use(async (clock) => {
      const { issuer, store, client, ends, log } = make({ session: expired });
      const before = await store.get();
      issuer.renewals.push(response);
      const error = await assertRejects(() => client.whoami(), type);
      assert(!(error instanceof MUnknownToken));
      assertEquals((error as MatrixRequestError).retryAfter, retryAfter);
      assertEquals(log.map(([level]) => level), [level]);
      assertEquals([ends, await store.get()], [[], before]);
      // Until the next renewal is due, calls fail with the same error.
      assertStrictEquals(await assertRejects(() => client.whoami()), error);
      assertEquals(issuer.sentRenewals.length, 1);
      await clock.advance(retryAfter ?? 1_000);
      await client.whoami();
      assertEquals(issuer.sentRenewals.length, 2);
    });
  });
}

const FINAL: [name: string, oauth: boolean, response: Answering, softLogout: boolean][] = [
  ["400 invalid_grant", true, json({ error: "invalid_grant" }, 400), false],
  ["401 invalid_client", true, json({ error: "invalid_client" }, 401), false],
  ["400 unauthorized_client", true, json({ error: "unauthorized_client" }, 400), false],
  ["401 M_UNKNOWN_TOKEN", false, matrixError(401, "M_UNKNOWN_TOKEN", { soft_logout: true }), true],
  ["401 M_UNKNOWN_TOKEN without soft_logout", false, matrixError(401, "M_UNKNOWN_TOKEN"), false],
  ["403 M_FORBIDDEN", false, matrixError(403, "M_FORBIDDEN"), false],
];

for (const [name, oauth, response, softLogout] of FINAL) {
  Deno.test(`RefreshingTokens ends the ${oauth ? "OAuth" : "legacy"} session after ${name}`, async () => {
    const { issuer, client, ends } = make({ oauth, session: expired });
    issuer.renewals.push(response);
    const error = await assertRejects(() => client.whoami(), MUnknownToken);
    assertEquals([ends, error.softLogout], [[softLogout], softLogout]);
  });
}

for (
  const [name, response] of [
    ["401 as HTML", text("<html>", 401)],
    ["403 as HTML", text("<html>", 403)],
    ["404 M_UNRECOGNIZED", matrixError(404, "M_UNRECOGNIZED")],
    ["502", text("", 502)],
    ["429", matrixError(429, "M_LIMIT_EXCEEDED")],
  ] as const
) {
  Deno.test(`RefreshingTokens keeps the legacy session after ${name}`, async () => {
    const { issuer, client, ends } = make({ oauth: false, session: expired });
    issuer.renewals.push(response);
    const error = await assertRejects(() => client.whoami(), MatrixRequestError);
    assertEquals([error instanceof MUnknownToken, ends], [false, []]);
  });
}

Deno.test("RefreshingTokens uses the token at hand while a renewal fails and the token is valid", async () => {
  await FakeClock.use(async (clock) => {
    const { issuer, client } = make({ session: { expiresAt: Date.now() + 10_000 }, margin: 9_000 });
    issuer.renewals.push(...Array.from({ length: 20 }, () => broken()));
    await clock.advance(1_000);
    await client.whoami();
    await client.whoami();
    assertEquals([issuer.sentRenewals.length, issuer.calls.length], [1, 2]);
    await clock.advance(10_000);
    await assertRejects(() => client.whoami(), MatrixConnectionError);
  });
});

Deno.test("RefreshingTokens waits longer after each failure, at most 60 s, and what the server asks for", async () => {
  await FakeClock.use(async (clock) => {
    const { issuer, client } = make({ session: expired });
    issuer.renewals.push(...Array.from({ length: 9 }, () => broken()));
    issuer.renewals.push(json({}, 429, { "retry-after": "120" }));
    for (const wait of [1, 2, 4, 8, 16, 32, 60, 60, 60, 120]) {
      const before = issuer.sentRenewals.length;
      await assertRejects(() => client.whoami());
      assertEquals(issuer.sentRenewals.length, before + 1);
      await clock.advance(wait * 1000 - 1);
      await assertRejects(() => client.whoami());
      assertEquals(issuer.sentRenewals.length, before + 1, `${wait}`);
      await clock.advance(1);
    }
    await client.whoami();
  });
});

Deno.test("RefreshingTokens fails a call again after a lost connection only as the retry policy says", async () => {
  const { issuer, client } = make({
    session: expired,
    client: { retry: { limit: 2, minTimeout: 1_000, jitter: 0 } },
  });
  await FakeClock.use(async (clock) => {
    issuer.renewals.push(broken());
    const sent = client.createRoom().catch((error) => error);
    await clock.advance(1_000);
    await sent;
    assertEquals(issuer.sentRenewals.length, 2);
  });
});

Deno.test("RefreshingTokens stores new tokens before it uses them, and stores them again after a failure", async () => {
  let fails = 1;
  const full = new Error("disk full");
  const { issuer, client, store, ends } = make({
    session: expired,
    store: (inner) => ({
      get: () => inner.get(),
      set: (session) => fails-- > 0 ? Promise.reject(full) : inner.set(session),
      remove: () => inner.remove(),
    }),
  });
  assertStrictEquals(await assertRejects(() => client.whoami()), full);
  assertEquals([issuer.calls.length, (await store.get())?.accessToken], [0, "ACCESSTOKEN1OFALICE"]);
  await client.whoami();
  assertEquals([issuer.sentRenewals.length, ends], [1, []]);
  assertEquals((await store.get())?.accessToken, "ACCESSTOKEN2OFALICE");
});

Deno.test("RefreshingTokens drops tokens that it could not store if another process has renewed", async () => {
  let fails = 1;
  const { issuer, client, store } = make({
    session: expired,
    store: (inner) => ({
      get: () => inner.get(),
      set: (session) => fails-- > 0 ? Promise.reject(new Error("disk full")) : inner.set(session),
      remove: () => inner.remove(),
    }),
  });
  await assertRejects(() => client.whoami());
  await clientOf(issuer, new RefreshingTokens(store)).whoami();
  await client.whoami();
  assertEquals(issuer.sentRenewals.length, 2);
  assertEquals(bearers(issuer), ["Bearer ACCESSTOKEN3OFALICE", "Bearer ACCESSTOKEN3OFALICE"]);
});

Deno.test("RefreshingTokens throws the store's own error if it cannot be read", async () => {
  const broken = new Error("no database");
  const source = new RefreshingTokens({
    get: () => Promise.reject(broken),
    set: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  });
  const client = clientOf(new FakeIssuer(), source);
  assertStrictEquals(await assertRejects(() => client.whoami()), broken);
});

Deno.test("RefreshingTokens continues with the store of a process that was killed in a renewal", async () => {
  await FakeClock.use(async () => {
    const { issuer, store, client, ends } = make({ session: expired });
    const old = await store.get();
    const dying = new RefreshingTokens({
      get: () => store.get(),
      set: () => new Promise(() => {}),
      remove: () => Promise.resolve(),
    });
    void Promise.resolve(dying.token(client.api)).catch(() => {});
    await settle();
    // Killed before the tokens were stored: none of them was used, so the old refresh token is valid.
    assertEquals([issuer.sentRenewals.length, issuer.calls.length, await store.get()], [1, 0, old]);
    await client.whoami();
    // Killed after they were stored.
    await clientOf(issuer, new RefreshingTokens(store)).whoami();
    assertEquals([issuer.sentRenewals.length, ends], [2, []]);
  });
});

Deno.test("RefreshingTokens continues a renewal whose caller has aborted", async () => {
  const { issuer, store, client } = make({ session: expired });
  let respond = () => {};
  issuer.renewals.push(async (request) => {
    await new Promise<void>((resolve) => respond = resolve);
    return await issuer.server.fetch(TOKEN_ENDPOINT, { method: "POST", body: request.text });
  });
  const reason = new Error("enough");
  const stop = new AbortController();
  const first = assertRejects(() => client.whoami({ signal: stop.signal }));
  const second = client.whoami();
  await settle();
  stop.abort(reason);
  assertStrictEquals(await first, reason);
  assertEquals(issuer.sentRenewals[0]?.signal?.aborted, false);
  respond();
  await second;
  assertEquals((await store.get())?.accessToken, "ACCESSTOKEN2OFALICE");
});

Deno.test("RefreshingTokens does not join a renewal that hangs beyond its time limit", async () => {
  await FakeClock.use(async (clock) => {
    let gets = 0;
    const { issuer, client, source, ends } = make({
      session: expired,
      store: (inner) => ({
        // As on Workers: a promise whose request has ended never settles.
        get: () => ++gets === 2 ? new Promise(() => {}) : inner.get(),
        set: (session) => inner.set(session),
        remove: () => inner.remove(),
      }),
    });
    const first = assertRejects(async () => await source.token(client.api), MatrixTimeoutError);
    await clock.advance(20_000);
    const second = Promise.resolve(source.token(client.api));
    await clock.advance(10_000);
    await first;
    assertEquals(await second, "ACCESSTOKEN2OFALICE");
    assertEquals([issuer.sentRenewals.length, ends], [1, []]);
    await client.whoami();
  });
});

Deno.test("RefreshingTokens ignores tokens that come after those of a later renewal", async () => {
  await FakeClock.use(async (clock) => {
    let late = () => {};
    const { issuer, store, client, source } = make({ session: expired, client: { deadline: 1 } });
    issuer.renewals.push(async (request) => {
      const response = await issuer.server.fetch(TOKEN_ENDPOINT, { method: "POST", body: request.text });
      await new Promise<void>((resolve) => late = resolve);
      return response;
    });
    const first = Promise.resolve(source.token(client.api)).catch((error) => error);
    await clock.advance(1);
    // The machine slept: the timers of the first renewal have not fired yet.
    clock.now += 31_000;
    await client.whoami();
    late();
    await first;
    assertEquals((await store.get())?.accessToken, "ACCESSTOKEN3OFALICE");
    await client.whoami();
  });
});

/** A store with a lock, as processes share it. */
function locking(store: SessionStore): SessionStore {
  let last: Promise<unknown> = Promise.resolve();
  return {
    get: () => store.get(),
    set: (session) => store.set(session),
    remove: () => store.remove(),
    lock: (work) => {
      const done = last.then(work);
      last = done.catch(() => {});
      return done;
    },
  };
}

Deno.test("RefreshingTokens of two processes renew once on a store with a lock", async () => {
  const issuer = new FakeIssuer();
  const store = locking(new MemorySessionStore(issuer.session(expired)));
  const clients = [1, 2].map(() => clientOf(issuer, new RefreshingTokens(store)));
  await Promise.all(clients.map((client) => client.whoami()));
  assertEquals(issuer.sentRenewals.length, 1);
  assertEquals(new Set(bearers(issuer)), new Set(["Bearer ACCESSTOKEN2OFALICE"]));
});

Deno.test("RefreshingTokens of two processes without a lock take over each other's tokens one after the other", async () => {
  const issuer = new FakeIssuer();
  const store = new MemorySessionStore(issuer.session());
  const clients = [1, 2].map(() => clientOf(issuer, new RefreshingTokens(store)));
  for (const client of clients) await client.whoami();
  issuer.expire("ACCESSTOKEN1OFALICE");
  for (const client of clients) await client.whoami();
  assertEquals(issuer.sentRenewals.length, 1);
});

Deno.test("RefreshingTokens uses the tokens of another process after its own refresh token was refused", async () => {
  const issuer = new FakeIssuer();
  const store = new MemorySessionStore(issuer.session(expired));
  const ends: unknown[] = [];
  // Frozen between reading the store and sending, while another process renews and uses the new tokens.
  const frozen = new RefreshingTokens(store, { onEnd: (end) => void ends.push(end) });
  let first = true;
  const client = clientOf(issuer, frozen, {
    fetch: async (url, init) => {
      if (first && url === TOKEN_ENDPOINT) {
        first = false;
        await clientOf(issuer, new RefreshingTokens(store)).whoami();
      }
      return await issuer.server.fetch(url, init);
    },
  });
  await client.whoami();
  assertEquals([issuer.sentRenewals.length, ends], [2, []]);
  assertEquals((await store.get())?.accessToken, "ACCESSTOKEN2OFALICE");
});

Deno.test("RefreshingTokens ends if another process has signed out", async () => {
  const { store, client, ends } = make({ session: { expiresAt: Date.now() + 1_500 } });
  await FakeClock.use(async (clock) => {
    await client.whoami();
    await store.remove();
    await clock.advance(2_000);
    await assertRejects(() => client.whoami(), MUnknownToken);
    assertEquals(ends, [false]);
  });
});

for (const status of [404, 405]) {
  Deno.test(`RefreshingTokens reads the metadata again after ${status} of the token endpoint`, async () => {
    const { issuer, store, client } = make({ session: expired });
    issuer.tokenPath = "/oauth2/token2";
    issuer.server.on("GET /_matrix/client/v1/auth_metadata", {
      ...METADATA,
      token_endpoint: "https://account.example.org/oauth2/token2",
    });
    issuer.server.on(`POST ${TOKEN_PATH}`, json({}, status));
    await client.whoami();
    assertEquals(issuer.sentRenewals.map(({ path }) => path), [TOKEN_PATH, "/oauth2/token2"]);
    assertEquals((await store.get())?.oauth?.tokenEndpoint, "https://account.example.org/oauth2/token2");
  });
}

Deno.test("RefreshingTokens sends no refresh token to another issuer, to the same endpoint or to an unsafe one", async () => {
  for (
    const metadata of [
      METADATA,
      { ...METADATA, issuer: "https://evil.example.org/", token_endpoint: "https://evil.example.org/token" },
      { ...METADATA, token_endpoint: "http://evil.example.org/token" },
      { ...METADATA, token_endpoint: "https://user:password@evil.example.org/token" },
      { ...METADATA, token_endpoint: "javascript:evil" },
      { ...METADATA, token_endpoint: "" },
      {},
    ]
  ) {
    const { issuer, client, ends } = make({ session: expired });
    issuer.server.on("GET /_matrix/client/v1/auth_metadata", metadata);
    issuer.renewals.push(json({}, 404));
    await assertRejects(() => client.whoami(), MatrixRequestError);
    assertEquals([issuer.sentRenewals.length, ends], [1, []]);
    assert(issuer.server.received.every(({ url }) => !url.includes("evil")));
  }
});

Deno.test("RefreshingTokens sends renewals through its own fetch", async () => {
  const other: string[] = [];
  const issuer = new FakeIssuer();
  const store = new MemorySessionStore(issuer.session(expired));
  const source = new RefreshingTokens(store, {
    fetch: (url, init) => (other.push(url), issuer.server.fetch(url, init)),
  });
  await clientOf(issuer, source).whoami();
  assertEquals(other, [TOKEN_ENDPOINT]);
});

Deno.test("RefreshingTokens refuses stores, margins and sessions that are invalid, without their values", async () => {
  assertThrows(() => new RefreshingTokens({} as SessionStore), TypeError, "get()");
  const store = new MemorySessionStore();
  for (const margin of [-1, NaN, Infinity, "1" as unknown as number]) {
    assertThrows(() => new RefreshingTokens(store, { margin }), RangeError, "margin");
  }
  const issuer = new FakeIssuer();
  for (
    const session of [
      "SECRET",
      {},
      { accessToken: "SECRET\n" },
      { accessToken: "a", refreshToken: 1 },
      { accessToken: "a", expiresAt: "SECRET" },
      { accessToken: "a", oauth: "SECRET" },
      { accessToken: "a", oauth: { clientId: "c", tokenEndpoint: 1 } },
    ]
  ) {
    const client = clientOf(issuer, new RefreshingTokens(new MemorySessionStore(session as Session)));
    const error = await assertRejects(() => client.whoami(), TypeError, "Cannot use the stored session");
    assert(!error.message.includes("SECRET"));
  }
});

Deno.test("RefreshingTokens logs what its callbacks throw and continues", async () => {
  const { client, log } = make({
    session: expired,
    onRenew: () => {
      throw new Error("broken metric");
    },
  });
  await client.whoami();
  assertEquals(log.map(([level]) => level), ["error"]);
});

Deno.test("RefreshingTokens.end() revokes an OAuth session and removes it, even if the issuer fails", async () => {
  for (const response of [undefined, text("", 503), broken()]) {
    const { issuer, store, source, client, ends, log } = make();
    if (response) issuer.server.on("POST /oauth2/revoke", response);
    await source.end(client.api, { retry: { limit: 0 } });
    const [revocation, ...rest] = issuer.calls;
    assertEquals(rest, []);
    assertEquals(Object.fromEntries(new URLSearchParams(revocation?.text)), {
      token: "REFRESHTOKEN1OFALICE",
      token_type_hint: "refresh_token",
      client_id: "client-1",
    });
    assertEquals(revocation?.headers.get("authorization"), null);
    assertEquals([await store.get(), ends, log.length], [null, [], response ? 1 : 0]);
    assertEquals(await source.token(client.api), "");
  }
});

Deno.test("ClientAPI.login() replaces a token source whose session has ended", async () => {
  const { issuer, client } = make({ oauth: false, session: expired });
  issuer.ended = true;
  await assertRejects(() => client.whoami(), MUnknownToken);
  const response = { user_id: "@alice:example.org", device_id: "DEVICE", access_token: "NEWTOKENOFALICE" };
  issuer.server.on("GET /_matrix/client/v3/login", { flows: [{ type: "m.login.password" }] })
    .on("POST /_matrix/client/v3/login", response);
  await client.getLoginFlows();
  await client.login({ identifier: "alice", password: "right", deviceId: "DEVICE" });
  assertEquals(bearers(issuer), [null, null]);
  assertEquals([client.api.token, client.api.auth], ["NEWTOKENOFALICE", undefined]);
});

Deno.test("ClientAPI.login() sends the token of a source for an application service", async () => {
  const { issuer, client } = make();
  const response = { user_id: "@bob:example.org", device_id: "D", access_token: "TOKENOFBOB" };
  issuer.server.on("POST /_matrix/client/v3/login", response);
  await client.login({
    loginType: "m.login.application_service",
    identifier: "bob",
    storeAccessToken: false,
  });
  assertEquals(bearers(issuer), ["Bearer ACCESSTOKEN1OFALICE"]);
});

Deno.test("RefreshingTokens does not call onRefusal() for a renewal", async () => {
  const { issuer, client } = make({
    oauth: false,
    session: expired,
    client: { onRefusal: () => client.whoami().then(() => true) },
  });
  issuer.renewals.push(matrixError(403, "M_FORBIDDEN"));
  await assertRejects(() => client.whoami(), MUnknownToken);
  assertEquals(issuer.sentRenewals.length, 1);
});

Deno.test("ClientAPI.logout() ends an OAuth session at the issuer only", async () => {
  const { issuer, store, client } = make();
  await client.whoami();
  await client.logout();
  assertEquals(issuer.calls.map(({ path }) => path), ["/_matrix/client/v3/account/whoami", "/oauth2/revoke"]);
  assertEquals([await store.get(), client.api.token, client.deviceId], [null, "", ""]);
});

Deno.test("ClientAPI.logout() ends a legacy session at the homeserver and removes it", async () => {
  const { issuer, store, client, ends } = make({ oauth: false });
  await client.logout();
  assertEquals(issuer.calls.map(({ path, headers }) => [path, headers.get("authorization")]), [
    ["/_matrix/client/v3/logout", "Bearer ACCESSTOKEN1OFALICE"],
  ]);
  assertEquals([await store.get(), client.api.token, ends], [null, "", []]);
});

Deno.test("ClientAPI.logout() keeps a legacy session if the homeserver cannot be reached", async () => {
  const { issuer, store, client } = make({ oauth: false });
  issuer.server.on("POST /_matrix/client/v3/logout", broken());
  await assertRejects(() => client.logout(), MatrixConnectionError);
  assert(await store.get() !== null);
});

Deno.test("ClientAPI.logout() removes a legacy session that has ended already", async () => {
  const { issuer, store, client } = make({ oauth: false });
  issuer.ended = true;
  await client.logout();
  assertEquals(await store.get(), null);
});

Deno.test("ClientAPI.logoutAll() ends all legacy sessions and removes its own", async () => {
  const { issuer, store, client } = make({ oauth: false });
  await client.logoutAll();
  assertEquals(issuer.calls.map(({ path }) => path), ["/_matrix/client/v3/logout/all"]);
  assertEquals(await store.get(), null);
});

Deno.test("ClientAPI.versions() keeps its response when the token source renews", async () => {
  await FakeClock.use(async (clock) => {
    const { issuer, client } = make();
    issuer.server.on("GET /_matrix/client/versions", { versions: ["v1.11"] });
    await client.versions();
    await clock.advance(300_000);
    await client.whoami();
    await client.versions();
    assertEquals(issuer.sentRenewals.length, 1);
    assertEquals(issuer.calls.filter(({ path }) => path.endsWith("/versions")).length, 1);
  });
});

Deno.test("RefreshingTokens shows no token in inspection, logs, hooks or errors", async () => {
  const { inspect } = await import("node:util");
  const seen: unknown[] = [];
  const { issuer, source, store, client, log } = make({
    session: expired,
    client: {
      hooks: {
        onRequest: (attempt) => void seen.push(attempt),
        onResponse: (attempt) => void seen.push(attempt),
        onRetry: (attempt) => void seen.push(attempt),
      },
    },
  });
  const debug: unknown[] = [];
  client.log = { ...client.log, debug: (...data: unknown[]) => void debug.push(...data) };
  // The issuer repeats the form.
  issuer.renewals.push((request) =>
    json({ error: "invalid_request", error_description: request.text }, 400)(request)
  );
  await FakeClock.use(async (clock) => {
    seen.push(await assertRejects(() => client.whoami()));
    await clock.advance(1_000);
    await client.whoami();
    issuer.ended = true;
    seen.push(await assertRejects(() => client.whoami()));
  });
  const shown = [source, store, client, client.api, ...seen, ...log, ...debug].flatMap((value) => [
    String(value),
    JSON.stringify(value) ?? "",
    inspect(value, { depth: 10, showHidden: true }),
  ]).join("\n");
  const secrets = [...issuer.secrets, ...issuer.secrets.map(encodeURIComponent)];
  assertEquals(secrets.filter((secret) => shown.includes(secret)), []);
  assert(issuer.server.received.every(({ url }) => !secrets.some((secret) => url.includes(secret))));
});
