import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type LoginOptions } from "../../client/mod.ts";
import { MatrixResponseError, MForbidden, MUnknown, MUnknownToken } from "../../http/mod.ts";
import type { UserIdentifier } from "../../types/mod.ts";
import {
  BASE_URL,
  exchange,
  fakeClient,
  malformed,
  MXID,
  refused,
  sent,
} from "../support/contract_client.ts";
import { FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";
import { checkRequest, checkResponse } from "../support/specification.ts";

const V3 = "/_matrix/client/v3";
const RESPONSE = Object.freeze({
  user_id: "@bob:example.org",
  device_id: "BOBDEVICE",
  access_token: "bobs_token",
  "org.example.more": [1],
});
const FLOWS = { flows: [{ type: "m.login.password" }, { type: "m.login.sso", identity_providers: [] }] };

/** Returns the body of a login by a client without a user ID and a device ID. */
async function loginBody(
  options?: LoginOptions,
  own: { mxid?: "@alice:example.org" } = {},
): Promise<unknown> {
  const server = new FakeHomeserver().on("*", RESPONSE);
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch, ...own });
  await client.login(options);
  assertEquals(`${server.last.method} ${server.last.path}`, `POST ${V3}/login`);
  await checkRequest(server.last);
  return server.last.body;
}

Deno.test("ClientAPI.getLoginFlows() returns the homeserver's login flows", async () => {
  const { request, result } = await exchange(FLOWS, (client) => client.getLoginFlows());
  assertEquals(`${request.method} ${request.path}`, `GET ${V3}/login`);
  assertEquals([...request.query], []);
  assertEquals<unknown>(result, FLOWS);
  assertEquals((await exchange({ flows: [] }, (client) => client.getLoginFlows())).result, { flows: [] });
});

Deno.test("ClientAPI.getLoginFlows() rejects a response without flows", async () => {
  for (const response of [{}, { flows: null }]) {
    await malformed(response, (client) => client.getLoginFlows(), "`flows` not in response.");
  }
  const wrong = "Invalid `flows` in response: expected array";
  await malformed({ flows: {} }, (client) => client.getLoginFlows(), wrong);
  await malformed([], (client) => client.getLoginFlows(), "Invalid response: expected object");
});

Deno.test("ClientAPI.login() sends identifier, password and device, and returns the whole response", async () => {
  const server = new FakeHomeserver().on("*", RESPONSE);
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  const response = await client.login({
    identifier: "bob",
    password: "secret",
    deviceName: "Phone",
    deviceId: "PHONE",
  });
  assertEquals(server.last.body, {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: "bob" },
    password: "secret",
    initial_device_display_name: "Phone",
    device_id: "PHONE",
  });
  assertEquals<unknown>(response, RESPONSE);
  assertEquals([client.mxid, client.localpart, client.domain], ["@bob:example.org", "bob", "example.org"]);
  assertEquals([client.deviceId, client.api.token], ["BOBDEVICE", "bobs_token"]);
  await checkRequest(server.last);
  await checkResponse("POST", `${V3}/login`, 200, RESPONSE);
});

Deno.test("ClientAPI.login() falls back to the client's mxid, and sends no user without one", async () => {
  for (const identifier of [undefined, null, ""]) {
    const options = { identifier: identifier as string };
    assertEquals(await loginBody(options), { type: "m.login.password", identifier: { type: "m.id.user" } });
    assertEquals(await loginBody(options, { mxid: MXID }), {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: MXID },
    });
  }
  assertEquals(await loginBody(), { type: "m.login.password", identifier: { type: "m.id.user" } });
});

Deno.test("ClientAPI.login() sends identifiers of other types unchanged", async () => {
  for (
    const identifier of [
      { type: "m.id.thirdparty", medium: "email", address: "a@example.org" },
      { type: "m.id.phone", country: "GB", phone: "1" },
      { type: "org.example.badge", badge: 5 },
    ]
  ) {
    const frozen: UserIdentifier = Object.freeze(identifier);
    assertEquals(await loginBody({ identifier: frozen }), { type: "m.login.password", identifier });
  }
  for (const identifier of [5, true, []]) {
    await refused((client) => client.login({ identifier: identifier as unknown as string }), TypeError);
  }
});

Deno.test("ClientAPI.login() sends options that are non-null, and a device ID that is truthy", async () => {
  const base = { type: "m.login.password", identifier: { type: "m.id.user" } };
  for (const [value, arrives] of [[undefined, false], [null, false], ["", true], ["x", true]] as const) {
    assertEquals(
      await loginBody({ password: value! }),
      arrives ? { ...base, password: value } : base,
    );
    assertEquals(
      await loginBody({ deviceName: value! }),
      arrives ? { ...base, initial_device_display_name: value } : base,
    );
    assertEquals(await loginBody({ deviceId: value! }), value ? { ...base, device_id: value } : base);
    assertEquals(
      await loginBody({ loginType: (value || undefined)! }),
      value ? { type: value } : base,
    );
  }
});

Deno.test("ClientAPI.login() sends the client's own device ID by default", async () => {
  const { client, server } = fakeClient(RESPONSE);
  client.deviceId = "OWN";
  await client.login({ deviceId: "" });
  assertEquals((server.last.body as { device_id: string }).device_id, "OWN");
  await client.login({ deviceId: "OTHER" });
  assertEquals((server.last.body as { device_id: string }).device_id, "OTHER");
});

Deno.test("ClientAPI.login() sends further options under their own names, but no request options", async () => {
  const body = await loginBody({
    loginType: "m.login.token",
    identifier: undefined,
    token: "login_token",
    initial_device_display_name: "Phone",
    txn_id: 0,
    none: null,
    gone: undefined,
    signal: new AbortController().signal,
    deadline: 1_000,
    retry: { limit: 0 },
    headers: { "x-a": "b" },
    timestamp: undefined,
    query: { "org.example.q": "1" },
    updateHsUrl: false,
    storeAccessToken: true,
  });
  assertEquals(body, {
    type: "m.login.token",
    token: "login_token",
    initial_device_display_name: "Phone",
    txn_id: 0,
  });
});

Deno.test("ClientAPI.login() sends no identifier without a user, except with a password", async () => {
  for (const loginType of ["m.login.token", "org.matrix.login.jwt", "m.login.application_service"]) {
    for (const identifier of [undefined, null, ""]) {
      assertEquals(await loginBody({ loginType, identifier: identifier!, token: "t" }), {
        type: loginType,
        token: "t",
      });
    }
    assertEquals(await loginBody({ loginType, identifier: "alice" }), {
      type: loginType,
      identifier: { type: "m.id.user", user: "alice" },
    });
  }
});

Deno.test("ClientAPI.login() uses request options, and accepts `body`, `params` and `sensitive` for parameters", async () => {
  const { client, server } = fakeClient(RESPONSE);
  await client.login({
    headers: { "x-a": "b" },
    query: { q: "1" },
    body: { a: 1 },
    params: { p: 1 },
    sensitive: false,
  });
  assertEquals(server.last.headers.get("x-a"), "b");
  assertEquals(Object.fromEntries(server.last.query), { q: "1" });
  assertEquals(server.last.body, {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: MXID },
    body: { a: 1 },
    params: { p: 1 },
    sensitive: false,
  });
  const signal = AbortSignal.abort("no");
  assertEquals(await client.login({ signal }).catch((error) => error), "no");
  assertEquals(server.received.length, 1);
});

Deno.test("ClientAPI.login() merges further parameters last, and ignores null values", async () => {
  const body = await loginBody({
    loginType: "a",
    type: "b",
    password: "secret",
    deviceId: "D",
    device_id: null,
  });
  assertEquals(body, {
    type: "b",
    password: "secret",
    device_id: "D",
  });
});

Deno.test("ClientAPI.login() requests a refresh token with refreshToken, and returns it", async () => {
  const response = { ...RESPONSE, refresh_token: "r", expires_in_ms: 60_000 };
  for (const options of [{ refreshToken: true }, { refresh_token: true }]) {
    const { request, result } = await exchange(response, (client) => client.login(options));
    assertEquals((request.body as { refresh_token: boolean }).refresh_token, true);
    assertEquals([result.refresh_token, result.expires_in_ms], ["r", 60_000]);
  }
  const { request } = await exchange(response, (client) => client.login({ refreshToken: false }));
  assertEquals("refresh_token" in (request.body as object), false);
});

Deno.test("ClientAPI.login() sends the access token if there is one", async () => {
  const { client, server } = fakeClient(RESPONSE);
  await client.login({ loginType: "m.login.application_service", identifier: "bob" });
  assertEquals(server.last.headers.get("authorization"), "Bearer token");
});

Deno.test("ClientAPI.login() keeps password and tokens out of the log", async () => {
  const lines: string[] = [];
  const take = (...data: unknown[]) => void lines.push(data.join(" "));
  for (
    const options of [{ password: "s3cret" }, { loginType: "m.login.token", token: "s3cret" }, {
      pin: "s3cret",
    }]
  ) {
    const { client } = fakeClient({ ...RESPONSE, access_token: "s3cret2" });
    client.log = { debug: take, info: take, warn: take, error: take };
    await client.login({ identifier: "bob", ...options });
  }
  assert(lines.length > 0);
  assertEquals(lines.filter((line) => line.includes("s3cret")), []);
});

Deno.test("ClientAPI.login() stores nothing with storeAccessToken: false", async () => {
  const { client } = fakeClient(RESPONSE);
  await client.login({ storeAccessToken: false });
  assertEquals([client.mxid, client.deviceId, client.api.token], [MXID, "", "token"]);
  await client.login({ storeAccessToken: null! });
  assertEquals([client.mxid, client.deviceId, client.api.token], [
    "@bob:example.org",
    "BOBDEVICE",
    "bobs_token",
  ]);
});

Deno.test("ClientAPI.login() changes nothing after a response without a required field", async () => {
  const wrongUser = "Invalid `user_id` in response: expected user ID";
  const wellKnown = { well_known: { "m.homeserver": { base_url: "https://new.example.org" } } };
  const rows: [response: unknown, message: string][] = [
    [{ ...RESPONSE, user_id: undefined }, "`user_id` not in response."],
    [{ ...RESPONSE, device_id: null }, "`device_id` not in response."],
    [{ ...RESPONSE, access_token: undefined }, "`access_token` not in response."],
    [{ ...RESPONSE, user_id: 5 }, "Invalid `user_id` in response: expected string"],
    [{ ...RESPONSE, device_id: 5 }, "Invalid `device_id` in response: expected string"],
    [{ ...RESPONSE, access_token: 5 }, "Invalid `access_token` in response: expected string"],
    [{ ...RESPONSE, user_id: "" }, wrongUser],
    [{ ...RESPONSE, user_id: "bob" }, wrongUser],
    [{ ...RESPONSE, user_id: "@bob" }, wrongUser],
    [{ ...RESPONSE, user_id: "@bob:" }, wrongUser],
    [{ ...RESPONSE, access_token: "" }, "Invalid `access_token` in response: it cannot be sent"],
    [{ ...RESPONSE, access_token: "a\nb" }, "Invalid `access_token` in response: it cannot be sent"],
    [{ ...RESPONSE, access_token: "é" }, "Invalid `access_token` in response: it cannot be sent"],
    [[], "Invalid response: expected object"],
    [null, "Invalid response: expected object"],
  ];
  for (const [response, message] of rows) {
    const { client } = fakeClient(
      Array.isArray(response) || !response ? response : { ...response, ...wellKnown },
    );
    const error = await assertRejects(() => client.login({ updateHsUrl: true }), MatrixResponseError);
    assertEquals(error.message, message);
    assertEquals([client.mxid, client.deviceId, client.api.token], [MXID, "", "token"]);
    assertEquals(client.api.baseUrl, BASE_URL);
  }
});

Deno.test("ClientAPI.login() changes nothing after an error", async () => {
  const { client } = fakeClient(matrixError(403, "M_FORBIDDEN"));
  await assertRejects(() => client.login({ password: "wrong" }), MForbidden);
  assertEquals([client.mxid, client.deviceId, client.api.token], [MXID, "", "token"]);
});

Deno.test("ClientAPI.login() with updateHsUrl sends later requests to the base URL of the response", async () => {
  const base_url = "https://new.example.org/sub//";
  const { client } = fakeClient({ ...RESPONSE, well_known: { "m.homeserver": { base_url } } });
  await client.login();
  assertEquals(client.api.baseUrl, BASE_URL);

  const moving = fakeClient({ ...RESPONSE, well_known: { "m.homeserver": { base_url } } }, {
    user_id: "@b:c",
  });
  await moving.client.login({ updateHsUrl: true });
  assertEquals(moving.client.api.baseUrl, "https://new.example.org/sub");
  await moving.client.whoami();
  assertEquals(moving.server.last.url, "https://new.example.org/sub/_matrix/client/v3/account/whoami");
});

Deno.test("ClientAPI.login() with updateHsUrl ignores base URLs that are not http or https", async () => {
  const none = [undefined, null, {}, [], "x", { "m.homeserver": {} }, { "m.homeserver": null }];
  const bad = [
    "",
    "hs.example.com:8448",
    "https:host",
    "ftp://host",
    "//host",
    "/path",
    5,
    "https://u:p@host",
  ];
  for (
    const well_known of [...none, ...bad.map((base_url) => ({ "m.homeserver": { base_url } }))]
  ) {
    const { client } = fakeClient({ ...RESPONSE, well_known });
    await client.login({ updateHsUrl: true });
    assertEquals(client.api.baseUrl, BASE_URL);
    assertEquals(client.api.token, "bobs_token");
  }
});

Deno.test("ClientAPI.login() does not modify its options", async () => {
  const options = Object.freeze({
    identifier: Object.freeze({ type: "m.id.user", user: "bob" }),
    password: "secret",
    headers: Object.freeze({}),
  });
  await exchange(RESPONSE, (client) => client.login(options));
});

Deno.test("ClientAPI.logout() and logoutAll() clear the token and the device ID, and keep the user ID", async () => {
  for (const [method, path] of [["logout", "logout"], ["logoutAll", "logout/all"]] as const) {
    for (
      const [clearAccessToken, kept] of [[undefined, false], [null, false], [true, false], [
        false,
        true,
      ]] as const
    ) {
      const { client, server } = fakeClient({});
      client.deviceId = "OWN";
      assertEquals(await client[method]({ clearAccessToken: clearAccessToken! }), undefined);
      assertEquals([server.last.method, server.last.path], ["POST", `${V3}/${path}`]);
      assertEquals(server.last.text, "{}");
      assertEquals(server.last.headers.get("authorization"), "Bearer token");
      assertEquals([client.api.token, client.deviceId], kept ? ["token", "OWN"] : ["", ""]);
      assertEquals(client.mxid, MXID);
      await checkRequest(server.last);
    }
  }
});

Deno.test("ClientAPI.logout() and logoutAll() clear nothing if they fail", async () => {
  for (const method of ["logout", "logoutAll"] as const) {
    for (
      const [response, type] of [
        [matrixError(401, "M_UNKNOWN_TOKEN"), MUnknownToken],
        [matrixError(500, "M_UNKNOWN"), MUnknown],
        [() => new Response("", { status: 200 }), MatrixResponseError],
      ] as const
    ) {
      const { client } = fakeClient(response);
      client.deviceId = "OWN";
      await assertRejects(() => client[method](), type);
      assertEquals([client.mxid, client.api.token, client.deviceId], [MXID, "token", "OWN"]);
    }
  }
});

Deno.test("ClientAPI.whoami() returns the owner of the token and does not change the client", async () => {
  const response = { user_id: "@bob:example.org", device_id: "D", is_guest: false };
  const { client, server } = fakeClient(response);
  assertEquals<unknown>(await client.whoami(), response);
  assertEquals([client.mxid, client.deviceId], [MXID, ""]);
  assertEquals([server.last.method, server.last.path, server.last.text], ["GET", `${V3}/account/whoami`, ""]);
  const [line, query] = await sent({ user_id: "@bob:example.org" }, (client) => client.whoami());
  assertEquals([line, query], [`GET ${V3}/account/whoami`, {}]);
  for (const bad of [{}, { user_id: null }]) {
    await malformed(bad, (client) => client.whoami(), "`user_id` not in response.");
  }
});

Deno.test("ClientAPI.whoami() with an aborted signal rejects with its reason", async () => {
  const reason = new Error("no");
  const { client } = fakeClient({});
  const call = client.whoami({ signal: AbortSignal.abort(reason) });
  assertStrictEquals(await call.catch((error) => error), reason);
});
