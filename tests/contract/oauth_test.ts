import { encodeBase64Url } from "@std/encoding/base64url";
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import {
  accountUrl,
  ClientAPI,
  type OAuthRequestOptions,
  type StartedAuthorization,
} from "../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixResponseError,
} from "../../http/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import {
  type Answer,
  broken,
  FakeHomeserver,
  json,
  matrixError,
  type Received,
  text,
} from "../support/fake_homeserver.ts";
import { BASE_URL, ISSUER, METADATA, REVOCATION_ENDPOINT, TOKEN_ENDPOINT } from "../support/issuer.ts";

const WHOAMI = "GET /_matrix/client/v3/account/whoami";
const TOKEN = "POST /oauth2/token";
const TOKENS = {
  access_token: "ACCESSTOKEN",
  token_type: "Bearer",
  refresh_token: "REFRESHTOKEN",
  expires_in: 300,
};
const REDIRECT = "http://127.0.0.1:8123/callback";

function make(): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on(WHOAMI, { user_id: "@alice:example.org" });
  const client = new ClientAPI({
    baseUrl: BASE_URL,
    token: "token",
    userAgent: "app/1",
    fetch: server.fetch,
    retry: { limit: 0 },
  });
  return { client, server };
}

const formOf = (text: string) => Object.fromEntries(new URLSearchParams(text));

Deno.test("ClientAPI.getAuthMetadata() resolves with null only if the homeserver reports that it has no OAuth", async () => {
  const { client, server } = make();
  const path = "GET /_matrix/client/v1/auth_metadata";
  for (
    const missing of [matrixError(404, "M_UNRECOGNIZED"), matrixError(404, "M_NOT_FOUND"), text("", 404)]
  ) {
    server.on(path, missing);
    assertEquals(await client.getAuthMetadata(), null);
  }
  for (const failure of [matrixError(403, "M_FORBIDDEN"), text("", 502)]) {
    server.on(path, failure);
    await assertRejects(() => client.getAuthMetadata(), MatrixRequestError);
  }
});

Deno.test("ClientAPI.registerOAuthClient() sends the metadata as JSON, and nothing of the client's own", async () => {
  const { client, server } = make();
  const registered = {
    client_id: "c1",
    client_uri: "https://app.example.org/",
    grant_types: ["refresh_token"],
  };
  server.on("POST /oauth2/registration", json(registered, 201));
  const metadata = { client_uri: "https://app.example.org/", redirect_uris: ["http://127.0.0.1/callback"] };
  assertEquals(await client.registerOAuthClient(METADATA, metadata), registered);
  assertEquals([server.last.url, server.last.body], [METADATA.registration_endpoint, metadata]);
  assertEquals([...server.last.headers], [["content-type", "application/json"]]);

  server.on(
    "POST /oauth2/registration",
    json({ error: "invalid_client_metadata", error_description: "no" }, 400),
  );
  const error = await assertRejects(() => client.registerOAuthClient(METADATA, metadata), MatrixOAuthError);
  assertEquals([error.error, error.errorDescription, error.status], ["invalid_client_metadata", "no", 400]);
  server.on("POST /oauth2/registration", {});
  await assertRejects(() => client.registerOAuthClient(METADATA, metadata), MatrixResponseError, "client_id");
});

Deno.test("ClientAPI's OAuth methods reject metadata without their endpoint before they send anything", async () => {
  const { client, server } = make();
  const bare = { issuer: ISSUER, token_endpoint: TOKEN_ENDPOINT };
  for (
    const [name, call] of [
      ["registration_endpoint", () => client.registerOAuthClient(bare, { client_uri: "https://a.example" })],
      ["authorization_endpoint", () => client.startAuthorization(bare, "c1", REDIRECT)],
      ["device_authorization_endpoint", () => client.startDeviceAuthorization(bare, "c1")],
    ] as const
  ) await assertRejects(call, TypeError, `the authorization server has no ${name}`);
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI's OAuth methods reject endpoints and pages that are not http or https URLs", async () => {
  const { client, server } = make();
  for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//a.example", "x"]) {
    const hostile = {
      ...METADATA,
      registration_endpoint: url,
      authorization_endpoint: url,
      device_authorization_endpoint: url,
    };
    for (
      const [name, call] of [
        [
          "registration_endpoint",
          () => client.registerOAuthClient(hostile, { client_uri: "https://a.example" }),
        ],
        ["authorization_endpoint", () => client.startAuthorization(hostile, "c1", REDIRECT)],
        ["device_authorization_endpoint", () => client.startDeviceAuthorization(hostile, "c1")],
      ] as const
    ) {
      await assertRejects(
        call,
        TypeError,
        `${name} of the authorization server must be an http or https URL`,
      );
    }
    assertEquals(server.received.length, 0);
  }
  for (const field of ["verification_uri", "verification_uri_complete"]) {
    const started = { ...DEVICE_CODE, [field]: "javascript:alert(1)" };
    const { client, server } = make();
    server.on("POST /oauth2/device", started);
    await assertRejects(
      () => client.startDeviceAuthorization(METADATA, "c1"),
      MatrixResponseError,
      `Invalid \`${field}\` in response: expected http or https URL`,
    );
  }
});

Deno.test("ClientAPI.startAuthorization() makes the page's URL with PKCE, and sends nothing", async () => {
  const { client, server } = make();
  const started = await client.startAuthorization(METADATA, "c1", REDIRECT);
  const { origin, pathname, searchParams } = new URL(started.url);
  assertEquals(origin + pathname, METADATA.authorization_endpoint);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(started.codeVerifier));
  assertEquals(Object.fromEntries(searchParams), {
    response_type: "code",
    response_mode: "query",
    client_id: "c1",
    redirect_uri: REDIRECT,
    scope: `urn:matrix:client:api:* urn:matrix:client:device:${started.deviceId}`,
    state: started.state,
    code_challenge: encodeBase64Url(hash),
    code_challenge_method: "S256",
  });
  assertMatch(started.deviceId, /^[A-Z0-9]{10}$/);
  assertMatch(started.codeVerifier, /^[\w-]{43}$/);
  assertEquals(JSON.parse(JSON.stringify(started)), started);
  assertEquals(server.received.length, 0);
  const other = await client.startAuthorization(METADATA, "c1", REDIRECT);
  for (const name of ["state", "codeVerifier", "deviceId"] as const) assert(other[name] !== started[name]);
});

Deno.test("ClientAPI.startAuthorization() uses the fragment for web pages, and prompt=create where it is supported", async () => {
  const { client } = make();
  const parameter = async (name: string, metadata = METADATA, redirect = "https://app.example.org/") => {
    const options = { register: true, deviceId: "OWN" };
    const { url, deviceId } = await client.startAuthorization(metadata, "c1", redirect, options);
    assertEquals(deviceId, "OWN");
    return new URL(url).searchParams.get(name);
  };
  assertEquals(await parameter("response_mode"), "fragment");
  assertEquals(
    await parameter("response_mode", { ...METADATA, response_modes_supported: ["query"] }),
    "query",
  );
  assertEquals(await parameter("response_mode", METADATA, "org.example.app:/callback"), "query");
  assertEquals(await parameter("prompt"), null);
  assertEquals(await parameter("prompt", { ...METADATA, prompt_values_supported: ["create"] }), "create");
});

Deno.test("ClientAPI's sign-ins reject a device ID that would extend the scope", async () => {
  const { client, server } = make();
  for (const deviceId of ["A urn:other", 'A"', "A\\", "é"]) {
    await assertRejects(
      () => client.startAuthorization(METADATA, "c1", REDIRECT, { deviceId }),
      TypeError,
      "device ID",
    );
    await assertRejects(
      () => client.startDeviceAuthorization(METADATA, "c1", { deviceId }),
      TypeError,
      "device ID",
    );
  }
  assertEquals(server.received.length, 0);
});

/** A sign-in that was begun, and the callback of it. */
async function begin(client: ClientAPI, parameters: Record<string, string> = {}): Promise<{
  started: StartedAuthorization;
  callback: URL;
}> {
  const started = await client.startAuthorization(METADATA, "c1", REDIRECT);
  const callback = new URL(REDIRECT);
  for (const [name, value] of Object.entries({ code: "CODE", state: started.state, ...parameters })) {
    callback.searchParams.set(name, value);
  }
  return { started, callback };
}

Deno.test("ClientAPI.finishAuthorization() exchanges the code, and gets the user of the token", async () => {
  for (const mode of ["query", "fragment"]) {
    const { client, server } = make();
    server.on(TOKEN, { ...TOKENS, token_type: mode === "query" ? "bearer" : null });
    const { started, callback } = await begin(client, { iss: ISSUER });
    if (mode === "fragment") {
      callback.hash = callback.search.slice(1);
      callback.search = "";
    }
    const before = Date.now();
    const session = await client.finishAuthorization(
      METADATA,
      started,
      mode === "query" ? callback : callback.href,
    );
    const { expiresAt = 0, ...rest } = session;
    assert(expiresAt >= before + 300_000 && expiresAt <= Date.now() + 300_000);
    assertEquals(rest, {
      baseUrl: BASE_URL,
      userId: "@alice:example.org",
      deviceId: started.deviceId,
      accessToken: "ACCESSTOKEN",
      refreshToken: "REFRESHTOKEN",
      oauth: {
        issuer: ISSUER,
        clientId: "c1",
        tokenEndpoint: TOKEN_ENDPOINT,
        revocationEndpoint: REVOCATION_ENDPOINT,
      },
    });
    const [exchange, whoami] = server.received;
    assertEquals([exchange?.url, [...exchange!.headers]], [TOKEN_ENDPOINT, [
      ["content-type", "application/x-www-form-urlencoded"],
    ]]);
    assertEquals(formOf(exchange!.text), {
      grant_type: "authorization_code",
      code: "CODE",
      redirect_uri: REDIRECT,
      client_id: "c1",
      code_verifier: started.codeVerifier,
    });
    assertEquals(whoami?.headers.get("authorization"), "Bearer ACCESSTOKEN");
    assertEquals([client.api.token, client.mxid, client.deviceId], ["token", undefined, ""]);
  }
});

Deno.test("ClientAPI.finishAuthorization() rejects callbacks of other sign-ins before it sends anything", async () => {
  const { client, server } = make();
  for (
    const [parameters, message] of [
      [{ state: "other" }, "state"],
      [{ state: "" }, "state"],
      [{ state: "other", error: "access_denied" }, "state"],
      [{ iss: "https://evil.example.org/" }, "iss"],
      [{ code: "" }, "code"],
    ] as const
  ) {
    const { started, callback } = await begin(client, parameters);
    await assertRejects(
      () => client.finishAuthorization(METADATA, started, callback),
      MatrixResponseError,
      `\`${message}\``,
    );
  }
  const { started, callback } = await begin(client);
  const naming = { ...METADATA, authorization_response_iss_parameter_supported: true };
  await assertRejects(
    () => client.finishAuthorization(naming, started, callback),
    MatrixResponseError,
    "`iss`",
  );
  await assertRejects(() => client.finishAuthorization(METADATA, started, "callback?code=CODE"), TypeError);
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.finishAuthorization() throws the error of the callback, and of the token endpoint", async () => {
  const { client, server } = make();
  const denied = await begin(client, { error: "access_denied", error_description: "Not today" });
  const error = await assertRejects(
    () => client.finishAuthorization(METADATA, denied.started, denied.callback),
    MatrixOAuthError,
  );
  assertEquals([error.error, error.errorDescription, error.errorUri], [
    "access_denied",
    "Not today",
    undefined,
  ]);
  server.on(TOKEN, json({ error: "invalid_grant", error_uri: "https://e.example" }, 400));
  const { started, callback } = await begin(client);
  const refused = await assertRejects(
    () => client.finishAuthorization(METADATA, started, callback),
    MatrixOAuthError,
    "invalid_grant 400",
  );
  assertEquals([refused.error, refused.errorUri], ["invalid_grant", "https://e.example"]);
});

Deno.test("ClientAPI's sign-ins reject the tokens of another device, and responses without tokens", async () => {
  const { client, server } = make();
  server.on(TOKEN, TOKENS).on(WHOAMI, { user_id: "@alice:example.org", device_id: "OTHER" });
  const first = await begin(client);
  await assertRejects(
    () => client.finishAuthorization(METADATA, first.started, first.callback),
    MatrixResponseError,
    "`device_id`",
  );
  for (const answer of [{}, { ...TOKENS, access_token: "a b" }, { ...TOKENS, token_type: "mac" }, []]) {
    server.on(TOKEN, answer);
    const { started, callback } = await begin(client);
    await assertRejects(() => client.finishAuthorization(METADATA, started, callback), MatrixResponseError);
  }
});

const DEVICE_CODE = {
  device_code: "DEVICECODE",
  user_code: "ABC-DEF",
  verification_uri: "https://account.example.org/link",
  expires_in: 600,
};

Deno.test("ClientAPI.startDeviceAuthorization() sends the scope as a form", async () => {
  const { client, server } = make();
  server.on("POST /oauth2/device", DEVICE_CODE);
  const before = Date.now();
  const { expiresAt, ...started } = await client.startDeviceAuthorization(METADATA, "c1");
  assert(expiresAt >= before + 600_000 && expiresAt <= Date.now() + 600_000);
  assertEquals(started, { ...DEVICE_CODE, clientId: "c1", deviceId: started.deviceId });
  assertMatch(started.deviceId, /^[A-Z0-9]{10}$/);
  assertEquals([server.last.url, formOf(server.last.text)], [METADATA.device_authorization_endpoint, {
    client_id: "c1",
    scope: `urn:matrix:client:api:* urn:matrix:client:device:${started.deviceId}`,
  }]);
  for (const field of ["device_code", "user_code", "verification_uri", "expires_in"]) {
    server.on("POST /oauth2/device", { ...DEVICE_CODE, [field]: undefined });
    await assertRejects(() => client.startDeviceAuthorization(METADATA, "c1"), MatrixResponseError, field);
  }
});

/** Finishes a sign-in by a fake clock; returns when the polls came, in seconds. */
async function poll(answers: Answer[], started = {}, options: OAuthRequestOptions = {}): Promise<{
  times: number[];
  outcome: unknown;
  forms: Record<string, string>[];
}> {
  const times: number[] = [];
  const forms: Record<string, string>[] = [];
  let outcome: unknown;
  await FakeClock.use(async (clock) => {
    const { client, server } = make();
    server.on(TOKEN, (request: Received) => {
      times.push(clock.now / 1000);
      forms.push(formOf(request.text));
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return typeof answer === "function" ? answer(request) : json(answer)(request);
    });
    const begun = {
      ...DEVICE_CODE,
      clientId: "c1",
      deviceId: "D",
      expiresAt: Date.now() + 600_000,
      ...started,
    };
    client.finishDeviceAuthorization(METADATA, begun, options).then(
      (session) => outcome = session,
      (error) => outcome = error,
    );
    await clock.advance(700_000);
  });
  return { times, outcome, forms };
}

const pending = json({ error: "authorization_pending" }, 400);
const slower = json({ error: "slow_down" }, 400);

Deno.test("ClientAPI.finishDeviceAuthorization() polls every 5 s, more slowly after slow_down, until there are tokens", async () => {
  const { times, outcome, forms } = await poll([pending, slower, pending, slower, TOKENS]);
  assertEquals(times, [5, 10, 20, 30, 45]);
  assertEquals((outcome as { accessToken: string }).accessToken, "ACCESSTOKEN");
  assertEquals(forms[0], {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: "DEVICECODE",
    client_id: "c1",
  });
});

Deno.test("ClientAPI.finishDeviceAuthorization() continues after lost connections and gateway errors", async () => {
  const busy = json({}, 429, { "retry-after": "20" });
  const { times, outcome } = await poll([broken(), text("", 502), busy, TOKENS], { interval: 2 });
  assertEquals(times, [2, 4, 6, 26]);
  assertEquals((outcome as { userId: string }).userId, "@alice:example.org");
});

Deno.test("ClientAPI.finishDeviceAuthorization() ends when the user refuses, the codes expire or the signal is aborted", async () => {
  for (const error of ["access_denied", "expired_token", "invalid_grant"]) {
    const { times, outcome } = await poll([pending, json({ error }, 400)]);
    assert(outcome instanceof MatrixOAuthError);
    assertEquals([times.length, outcome.error], [2, error]);
  }
  const { times, outcome } = await poll([pending], { interval: 100 });
  assert(outcome instanceof MatrixOAuthError);
  assertEquals([times, outcome.error], [[100, 200, 300, 400, 500], "expired_token"]);
  const { times: none, outcome: lost } = await poll([broken()], { interval: 100, expiresAt: 0 });
  assert(!(lost instanceof MatrixConnectionError));
  assertEquals(none, []);

  const reason = new Error("enough");
  const stop = new AbortController();
  const aborting = (request: Parameters<typeof pending>[0]) => (stop.abort(reason), pending(request));
  const aborted = await poll([aborting], {}, { signal: stop.signal });
  assertEquals(aborted.times, [5]);
  assertStrictEquals(aborted.outcome, reason);
});

Deno.test("accountUrl() names the action and the device if the page supports the action", () => {
  const url = accountUrl(METADATA, "org.matrix.device_delete", { deviceId: "A B" });
  assertEquals(
    url?.href,
    "https://account.example.org/account?action=org.matrix.device_delete&device_id=A+B",
  );
  assertEquals(accountUrl(METADATA)?.href, METADATA.account_management_uri);
  assertEquals(
    accountUrl(METADATA, "org.matrix.profile", { deviceId: "D" })?.href,
    METADATA.account_management_uri,
  );
  const own = { ...METADATA, account_management_uri: "https://account.example.org/?a=b" };
  assertEquals(accountUrl(own, "org.matrix.device_delete")?.searchParams.get("a"), "b");
  for (const uri of [undefined, "", "javascript:alert(1)", 5 as unknown as string]) {
    assertEquals(accountUrl({ ...METADATA, account_management_uri: uri }), null);
  }
});

Deno.test("ClientAPI's OAuth methods show no code, verifier or token in logs, hooks and errors", async () => {
  const { inspect } = await import("node:util");
  const { client, server } = make();
  const seen: unknown[] = [];
  const take = (...data: unknown[]) => void seen.push(...data);
  client.log = { debug: take, info: take, warn: take, error: take };
  client.api.hooks = { onRequest: take, onResponse: take, onRetry: take };
  server.on(
    TOKEN,
    (request: Received) => json({ error: "invalid_grant", error_description: request.text }, 400)(request),
  );
  const { started, callback } = await begin(client);
  seen.push(await assertRejects(() => client.finishAuthorization(METADATA, started, callback)));
  server.on(TOKEN, TOKENS).on(
    WHOAMI,
    (request: Received) => text(request.headers.get("authorization")!, 403)(request),
  );
  seen.push(await assertRejects(() => client.finishAuthorization(METADATA, started, callback)));
  const shown = seen.map((value) => inspect(value, { depth: 9 }) + JSON.stringify(value)).join();
  for (const secret of ["CODE", started.codeVerifier, "ACCESSTOKEN", "REFRESHTOKEN"]) {
    assert(!shown.includes(secret), secret);
  }
});
