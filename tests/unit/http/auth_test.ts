import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  HTTPAPI,
  type HTTPAPIOptions,
  MatrixConnectionError,
  type MatrixRequestError,
  MatrixTimeoutError,
  MForbidden,
  MUnknownToken,
  type RefusedAttempt,
  type TokenSender,
  type TokenSource,
} from "../../../http/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { broken, FakeHomeserver, json, matrixError, type Received } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const;

/** A source that returns `token1`, `token2` and so on: another one after each refusal. */
class Tokens implements TokenSource {
  readonly refusals: string[] = [];
  number = 1;
  renews = true;

  token(): string {
    return `token${this.number}`;
  }

  refused(token: string, error: MUnknownToken, sender: TokenSender): Promise<boolean> {
    assertInstanceOf(error, MUnknownToken);
    assertEquals(sender.baseUrl, baseUrl);
    this.refusals.push(token);
    if (this.renews) this.number++;
    return Promise.resolve(this.renews);
  }
}

const expired = matrixError(401, "M_UNKNOWN_TOKEN", { soft_logout: true });

/** Accepts one token only. */
function accepts(token: string) {
  return (request: Received) =>
    request.headers.get("authorization") === `Bearer ${token}`
      ? json({ ok: true })(request)
      : expired(request);
}

function make(server: FakeHomeserver, options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch: server.fetch, retry: { minTimeout: 0, maxTimeout: 0 }, ...options });
}

const sent = (server: FakeHomeserver) =>
  server.received.map(({ headers }: Received) => headers.get("authorization"));

Deno.test("HTTPAPI.request() sends each attempt with the token of that moment", async () => {
  const server = new FakeHomeserver();
  const api = make(server, { token: "old" });
  server.on("PUT /x", (request: Received) => {
    api.token = "new";
    return matrixError(429, "M_LIMIT_EXCEEDED")(request);
  }, { ok: true });
  await api.request("PUT", "/x");
  assertEquals(sent(server), ["Bearer old", "Bearer new"]);
});

Deno.test("HTTPAPI.request() keeps its token if the base URL changes between attempts", async () => {
  for (const auth of [false, true]) {
    const server = new FakeHomeserver();
    const tokens = new Tokens();
    const api = make(server, auth ? { auth: tokens } : { token: "old" });
    if (auth) {
      server.on("GET /first", {});
      await api.request("GET", "/first");
    }
    server.on("PUT /x", (request: Received) => {
      api.baseUrl = "https://new.example.org";
      if (auth) tokens.number = 2;
      else api.token = "new";
      return matrixError(429, "M_LIMIT_EXCEEDED")(request);
    }, { ok: true });
    await api.request("PUT", "/x");
    const old = auth ? "Bearer token1" : "Bearer old";
    assertEquals(sent(server).slice(-2), [old, old]);
    assert(server.received.every(({ url }) => url.startsWith(baseUrl)));
  }
});

Deno.test("HTTPAPI.request() accepts synchronous and asynchronous token sources", async () => {
  for (const token of [() => "first", () => Promise.resolve("first")]) {
    const server = new FakeHomeserver().on("GET /x", {});
    const api = make(server, { auth: { token, refused: () => Promise.resolve(false) } });
    assertEquals(api.token, "");
    await api.request("GET", "/x");
    assertEquals(api.token, "first");
    await api.request("GET", "/x", { authenticated: false });
    assertEquals(sent(server), ["Bearer first", null]);
  }
});

Deno.test("HTTPAPI.request() sends no Authorization header for an empty token of a source", async () => {
  const server = new FakeHomeserver().on("GET /x", expired);
  const tokens = new Tokens();
  tokens.token = () => "";
  await assertRejects(() => make(server, { auth: tokens }).request("GET", "/x"), MUnknownToken);
  assertEquals([sent(server), tokens.refusals], [[null], []]);
});

Deno.test("HTTPAPI.token replaces the token source when it is assigned", async () => {
  const server = new FakeHomeserver().on("GET /x", {});
  const api = make(server, { auth: new Tokens() });
  api.token = "static";
  await api.request("GET", "/x");
  assertEquals([api.token, sent(server)], ["static", ["Bearer static"]]);
});

Deno.test("HTTPAPI rejects token together with auth, and a source without methods", () => {
  const auth = new Tokens();
  assertThrows(() => new HTTPAPI({ baseUrl, token: "x", auth }), TypeError, "either token or auth");
  assertEquals(new HTTPAPI({ baseUrl, token: "", auth }).token, "");
  assertThrows(() => new HTTPAPI({ baseUrl, auth: {} as never }), TypeError, "token() and refused()");
});

Deno.test("HTTPAPI.request() rejects a malformed token of a source without showing it", async () => {
  const server = new FakeHomeserver();
  for (const token of ["hush\nhush", 7 as never]) {
    const auth = { token: () => token, refused: () => Promise.resolve(false) };
    const error = await assertRejects(() => make(server, { auth }).request("GET", "/x"), TypeError);
    assert(!error.message.includes("hush"));
  }
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.request() renews a refused token for every method, without a retry", async () => {
  for (const method of METHODS) {
    const server = new FakeHomeserver().on(`${method} /x`, accepts("token2"));
    const tokens = new Tokens();
    const retries: unknown[] = [];
    const api = make(server, {
      auth: tokens,
      retry: { limit: 0 },
      hooks: { onRetry: (retry) => retries.push(retry) },
    });
    assertEquals(await api.request(method, "/x", { body: { a: 1 } }), { ok: true });
    assertEquals([tokens.refusals, sent(server)], [["token1"], ["Bearer token1", "Bearer token2"]]);
    assertEquals([server.received[0]!.text, retries], [server.received[1]!.text, []]);
  }
});

Deno.test("HTTPAPI.upload() and HTTPAPI.stream() renew a refused token", async () => {
  const server = new FakeHomeserver().on("POST /up", accepts("token2")).on("GET /x", accepts("token3"));
  const tokens = new Tokens();
  const api = make(server, { auth: tokens, retry: { limit: 0 } });
  assertEquals(await api.upload("POST", "/up", new Uint8Array(3)), { ok: true });
  const { body } = await api.stream("GET", "/x");
  assertEquals(await new Response(body).json(), { ok: true });
});

Deno.test("HTTPAPI.request() renews at most twice a call, in all of its attempts", async () => {
  const server = new FakeHomeserver().on("GET /x", expired);
  const tokens = new Tokens();
  await assertRejects(() => make(server, { auth: tokens }).request("GET", "/x"), MUnknownToken);
  assertEquals([tokens.refusals, server.received.length], [["token1", "token2"], 3]);

  const limited = matrixError(429, "M_LIMIT_EXCEEDED");
  const slow = new FakeHomeserver().on("GET /x", expired, limited, expired, limited, expired);
  const others = new Tokens();
  await assertRejects(() => make(slow, { auth: others }).request("GET", "/x"), MUnknownToken);
  assertEquals([others.refusals, slow.received.length], [["token1", "token2"], 5]);
});

Deno.test("HTTPAPI.request() throws the 401 if there is no other token", async () => {
  const server = new FakeHomeserver().on("GET /x", expired);
  const tokens = new Tokens();
  tokens.renews = false;
  await assertRejects(() => make(server, { auth: tokens }).request("GET", "/x"), MUnknownToken);
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.request() renews for 401 M_UNKNOWN_TOKEN only", async () => {
  for (
    const refusal of [
      matrixError(401, "M_MISSING_TOKEN"),
      matrixError(401, "M_USER_LOCKED"),
      matrixError(400, "M_UNKNOWN_TOKEN"),
      matrixError(403, "M_UNKNOWN_TOKEN"),
      matrixError(401, "M_UNKNOWN_TOKEN", { flows: [] }),
    ]
  ) {
    const server = new FakeHomeserver().on("GET /x", refusal);
    const tokens = new Tokens();
    await assertRejects(() => make(server, { auth: tokens }).request("GET", "/x"));
    assertEquals([tokens.refusals, server.received.length], [[], 1]);
  }
});

Deno.test("HTTPAPI.upload() throws the 401 if the content cannot be sent again", async () => {
  const server = new FakeHomeserver().on("POST /up", accepts("token2"));
  const tokens = new Tokens();
  const stream = new Blob(["x".repeat(9)]).stream();
  await assertRejects(
    () => make(server, { auth: tokens }).upload("POST", "/up", stream, { size: 9 }),
    MUnknownToken,
  );
  assertEquals(tokens.refusals, []);
});

Deno.test("HTTPAPI.request() retries for every method if the token source has no connection", async () => {
  for (const method of METHODS) {
    for (const fails of ["token", "refused"] as const) {
      const server = new FakeHomeserver().on(
        `${method} /x`,
        accepts(fails === "token" ? "token1" : "token2"),
      );
      const tokens = new Tokens();
      let failures = 2;
      const original = tokens[fails].bind(tokens) as (...args: unknown[]) => never;
      Object.assign(tokens, {
        [fails]: (...args: unknown[]) => {
          if (failures-- > 0) return Promise.reject(new MatrixConnectionError("issuer down"));
          return original(...args);
        },
      });
      assertEquals(await make(server, { auth: tokens }).request(method, "/x"), { ok: true });
      assertEquals(failures, -1);
      const once = make(new FakeHomeserver(), {
        auth: {
          token: () => Promise.reject(new MatrixConnectionError("issuer down")),
          refused: () => Promise.resolve(false),
        },
        retry: { limit: 0 },
      });
      await assertRejects(() => once.request(method, "/x"), MatrixConnectionError, "issuer down");
    }
  }
});

Deno.test("HTTPAPI.request() does not repeat a lost POST that had a token of a source", async () => {
  const server = new FakeHomeserver().on("POST /x", broken());
  await assertRejects(
    () => make(server, { auth: new Tokens() }).request("POST", "/x"),
    MatrixConnectionError,
  );
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.request() throws other failures of the token source at once", async () => {
  const failure = new RangeError("store is full");
  for (
    const token of [() => Promise.reject(failure), () => {
      throw failure;
    }]
  ) {
    const auth = { token, refused: () => Promise.resolve(false) };
    const error = await assertRejects(() => make(new FakeHomeserver(), { auth }).request("GET", "/x"));
    assertStrictEquals(error, failure);
  }
});

Deno.test("HTTPAPI.request() stops waiting for a token when the caller aborts", async () => {
  const never = () => new Promise<never>(() => {});
  for (const auth of [{ token: never, refused: never }, { token: () => "token1", refused: never }]) {
    const server = new FakeHomeserver().on("GET /x", expired);
    const controller = new AbortController();
    const call = make(server, { auth }).request("GET", "/x", { signal: controller.signal });
    setTimeout(() => controller.abort("enough"), 5);
    assertEquals(await call.catch((reason) => reason), "enough");
  }
});

Deno.test("HTTPAPI.request() waits 30 s for a token, independently of the deadline", async () => {
  await FakeClock.use(async (clock) => {
    const server = new FakeHomeserver().on("POST /x", { ok: true });
    let give = (_: string) => {};
    const auth = {
      token: () => new Promise<string>((resolve) => give = resolve),
      refused: () => Promise.resolve(false),
    };
    const api = make(server, { auth, deadline: 10, retry: { limit: 0 } });
    const late = api.request("POST", "/x");
    await clock.advance(29_000);
    give("token1");
    assertEquals(await late, { ok: true });

    const failed = assertRejects(() => api.request("POST", "/x"), MatrixTimeoutError);
    await clock.advance(30_000);
    assertEquals((await failed).message, "Cannot POST /x: no access token within 30000 ms");
    assertEquals(clock.pending, 0);
  });
});

Deno.test("HTTPAPI.request() redacts the token of a source in errors", async () => {
  const server = new FakeHomeserver().on(
    "GET /x",
    ({ headers }: Received) =>
      matrixError(403, "M_FORBIDDEN", { error: `No: ${headers.get("authorization")}` })({} as Received),
  );
  const auth = { token: () => Promise.resolve("hush-hush"), refused: () => Promise.resolve(false) };
  const error = await assertRejects(() => make(server, { auth }).request("GET", "/x"), MForbidden);
  assertEquals(error.serverMessage, "No: Bearer …");
});

Deno.test("HTTPAPI.request() drops the token of a source after a redirect to another origin", async () => {
  const away = () => new Response(null, { status: 302, headers: { location: "https://cdn.example.org/y" } });
  const server = new FakeHomeserver().on("GET /x", away).on("GET /y", {});
  await make(server, { auth: new Tokens() }).request("GET", "/x");
  assertEquals(sent(server), ["Bearer token1", null]);
});

Deno.test("HTTPAPI.request() asks for no token and no repair after the caller has aborted", async () => {
  const server = new FakeHomeserver().on("GET /x", expired);
  const reason = new Error("enough");
  for (const when of ["token", "response"]) {
    const controller = new AbortController();
    const auth = {
      token: async () => {
        if (when === "token") controller.abort(reason);
        await Promise.resolve();
        if (when === "token") throw new Error("Nobody handles this error");
        return "token1";
      },
      refused: () => Promise.reject(new Error("called")),
    };
    const hooks = { onResponse: () => controller.abort(reason) };
    const call = () => make(server, { auth, hooks }).request("GET", "/x", { signal: controller.signal });
    assertStrictEquals(await assertRejects(call), reason);
  }
  assertEquals(server.received.length, 1);
});

Deno.test("HTTPAPI.request() reports no refusal by another origin, which has received no token", async () => {
  const away = () => new Response(null, { status: 302, headers: { location: "https://cdn.example.org/y" } });
  const back = () => new Response(null, { status: 302, headers: { location: `${baseUrl}/z` } });
  for (const [y, paths] of [[expired, ["/x", "/y"]], [back, ["/x", "/y", "/z"]]] as const) {
    const server = new FakeHomeserver().on("GET /x", away).on("GET /y", y).on("GET /z", expired);
    const auth = new Tokens();
    const onRefusal = () => Promise.reject(new Error("called"));
    await assertRejects(() => make(server, { auth, onRefusal }).request("GET", "/x"), MUnknownToken);
    assertEquals([auth.refusals, server.received.map(({ path }) => path)], [[], [...paths]]);
  }
});

Deno.test("HTTPAPI.request() reports no refusal to a token source that was replaced", async () => {
  const server = new FakeHomeserver();
  const auth = new Tokens();
  const api = make(server, { auth });
  server.on("GET /x", (request: Received) => {
    api.token = "fixed";
    return expired(request);
  });
  await assertRejects(() => api.request("GET", "/x"), MUnknownToken);
  assertEquals([auth.refusals, server.received.length], [[], 1]);
});

Deno.test("onRefusal() is called once a call, and true sends the same request again", async () => {
  for (const method of METHODS) {
    const forbidden = matrixError(403, "M_FORBIDDEN");
    const server = new FakeHomeserver().on(`${method} /x/txn1`, forbidden, { ok: true });
    const calls: [MatrixRequestError, RefusedAttempt][] = [];
    const onRefusal = (error: MatrixRequestError, attempt: RefusedAttempt) => {
      calls.push([error, attempt]);
      return Promise.resolve(true);
    };
    const api = make(server, { onRefusal, token: "static", retry: { limit: 0 } });
    const { signal } = new AbortController();
    assertEquals(await api.request(method, "/x/txn1", { body: { a: 1 }, signal }), { ok: true });
    assertEquals(calls.length, 1);
    const [error, attempt] = calls[0]!;
    assertInstanceOf(error, MForbidden);
    assertEquals(attempt, { call: 1, method, path: "/x/txn1", attempt: 1, signal });
    assertEquals(server.received.map(({ url, text }) => [url, text]), [
      [server.received[0]!.url, server.received[0]!.text],
      [server.received[0]!.url, server.received[0]!.text],
    ]);

    server.on(`${method} /x/txn1`, forbidden);
    await assertRejects(() => api.request(method, "/x/txn1"), MForbidden);
    assertEquals([calls.length, server.received.length], [2, 4]);
  }
});

Deno.test("onRefusal() is not called for 429, 5xx, redirects and lost connections", async () => {
  const away = () => new Response(null, { status: 302, headers: { location: "/y" } });
  for (
    const response of [matrixError(429, "M_LIMIT_EXCEEDED"), matrixError(500, "M_UNKNOWN"), away, broken()]
  ) {
    const onRefusal = () => {
      throw new Error("called");
    };
    const server = new FakeHomeserver().on("POST /x", response);
    const error = await assertRejects(() =>
      make(server, { onRefusal, retry: { limit: 0 } }).request("POST", "/x")
    );
    assert(error instanceof Error && error.message !== "called");
  }
});

Deno.test("onRefusal() is not called for requests without authentication", async () => {
  const server = new FakeHomeserver().on("POST /x", matrixError(403, "M_FORBIDDEN"));
  const onRefusal = () => Promise.reject(new Error("called"));
  const api = make(server, { onRefusal });
  await assertRejects(() => api.request("POST", "/x", { authenticated: false }), MForbidden);
});

Deno.test("onRefusal() throws the refusal for false, and its own rejection", async () => {
  const server = new FakeHomeserver().on("PUT /x", matrixError(404, "M_NOT_FOUND"));
  const no = make(server, { onRefusal: () => Promise.resolve(false) });
  await assertRejects(() => no.request("PUT", "/x"), Error, "M_NOT_FOUND");
  const failure = new RangeError("cannot join");
  const fails = make(server, { onRefusal: () => Promise.reject(failure) });
  assertStrictEquals(await assertRejects(() => fails.request("PUT", "/x")), failure);
  assertEquals(server.received.length, 2);
});

Deno.test("onRefusal() is called after the token source", async () => {
  const server = new FakeHomeserver()
    .on("PUT /x", expired, matrixError(403, "M_FORBIDDEN"), matrixError(429, "M_LIMIT_EXCEEDED"), {
      ok: true,
    });
  const seen: unknown[] = [];
  const onRefusal = ({ errcode }: MatrixRequestError) => Promise.resolve(seen.push(errcode) > 0);
  assertEquals(await make(server, { auth: new Tokens(), onRefusal }).request("PUT", "/x"), { ok: true });
  assertEquals([seen, server.received.length], [["M_FORBIDDEN"], 4]);
});

Deno.test("onRefusal() ends with the caller's signal, and is not called for a stream", async () => {
  const server = new FakeHomeserver().on("POST /x", matrixError(403, "M_FORBIDDEN"));
  const controller = new AbortController();
  const api = make(server, { onRefusal: () => new Promise(() => {}) });
  const call = api.request("POST", "/x", { signal: controller.signal });
  setTimeout(() => controller.abort("enough"), 5);
  assertEquals(await call.catch((reason) => reason), "enough");
  await assertRejects(() => api.upload("POST", "/x", new Blob(["ab"]).stream(), { size: 2 }), MForbidden);
});

Deno.test("HTTPAPI.request() omits the device with asDevice: false", async () => {
  const server = new FakeHomeserver().on("POST /ping", {});
  const api = make(server, { token: "as", asUserId: "@bot:hs", asDeviceId: "DEV" });
  await api.request("POST", "/ping", { asDevice: false });
  assertEquals(Object.fromEntries(server.last.query), { user_id: "@bot:hs" });
  await api.request("POST", "/ping");
  assertEquals([server.last.query.get("device_id"), server.last.query.get("user_id")], ["DEV", "@bot:hs"]);
});
