import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { answerStages, ClientAPI } from "../../client/mod.ts";
import { MatrixUIARequired, MUserInUse, WellKnownError, WellKnownNotJSON } from "../../http/mod.ts";
import type { AuthenticationData } from "../../types/mod.ts";
import { BASE_URL, fakeClient, MXID } from "../support/contract_client.ts";
import { FakeHomeserver, matrixError, text } from "../support/fake_homeserver.ts";

const REQUIRED = matrixError(401, undefined as never, {
  flows: [{ stages: ["m.login.password"] }],
  session: "s",
  params: {},
});
const PASSWORD = { identifier: { type: "m.id.user", user: "alice" }, password: "secret" };
const AUTH = answerStages({ "m.login.password": PASSWORD });
const SENT_AUTH = { ...PASSWORD, type: "m.login.password", session: "s" };
const LOGIN = { user_id: MXID, device_id: "D", access_token: "t" };

/** Methods that can require user-interactive authentication, and a successful response. */
const METHODS: [
  name: string,
  call: (client: ClientAPI, auth: typeof AUTH) => Promise<unknown>,
  response: object,
][] = [
  ["register", (client, auth) => client.register({ username: "alice", password: "p", auth }), LOGIN],
  ["changePassword", (client, auth) => client.changePassword("new", { logoutDevices: false, auth }), {}],
  ["deactivateAccount", (client, auth) => client.deactivateAccount({ erase: true, auth }), {
    id_server_unbind_result: "success",
  }],
  ["addThirdPartyId", (client, auth) => client.addThirdPartyId("sid", "client-secret", { auth }), {}],
  ["deleteDevice", (client, auth) => client.deleteDevice("D", { auth }), {}],
  ["deleteDevices", (client, auth) => client.deleteDevices(["D"], { auth }), {}],
  ["createLoginToken", (client, auth) => client.createLoginToken({ auth }), {
    login_token: "t",
    expires_in_ms: 1,
  }],
  ["uploadCrossSigningKeys", (client, auth) => client.uploadCrossSigningKeys({}, { auth }), {}],
];

for (const [name, call, response] of METHODS) {
  Deno.test(`ClientAPI.${name}() answers the homeserver's question and repeats the rest of the body`, async () => {
    const { client, server } = fakeClient(REQUIRED, response);
    await call(client, AUTH);
    const [first, second] = server.received.map(({ body }) => body as { auth?: AuthenticationData });
    assertEquals(first?.auth, undefined);
    assertEquals(second, { ...first, auth: SENT_AUTH });
  });

  Deno.test(`ClientAPI.${name}() throws if the answer is refused`, async () => {
    const { client, server } = fakeClient(REQUIRED, REQUIRED);
    await assertRejects(() => call(client, AUTH), MatrixUIARequired);
    assertEquals(server.received.length, 2);
  });
}

Deno.test("ClientAPI.register() signs in as the new account by default", async () => {
  const used = new ClientAPI({ baseUrl: BASE_URL, fetch: new FakeHomeserver().on("*", LOGIN).fetch });
  await used.register();
  assertEquals([used.mxid, used.deviceId, used.api.token], [MXID, "D", "t"]);
  const kept = new ClientAPI({ baseUrl: BASE_URL, fetch: new FakeHomeserver().on("*", LOGIN).fetch });
  await kept.register({ storeAccessToken: false });
  assertEquals([kept.mxid, kept.deviceId, kept.api.token], [undefined, "", ""]);
});

Deno.test("ClientAPI.register() needs neither device nor token with inhibitLogin", async () => {
  const { client } = fakeClient({ user_id: MXID });
  assertEquals(await client.register({ username: "bob", inhibitLogin: true }), { user_id: MXID });
  assertEquals(client.api.token, "token");
});

Deno.test("ClientAPI.register() sends the token of an application service, and keeps acting as it", async () => {
  const { client, server } = fakeClient({ ...LOGIN, user_id: "@ghost:example.org" });
  await client.register({ username: "ghost", loginType: "m.login.application_service" });
  assertEquals(server.received[0]?.headers.get("authorization"), "Bearer token");
  assertEquals([client.mxid, client.api.token], [MXID, "token"]);
});

Deno.test("ClientAPI.isUsernameAvailable() returns false for a name that is taken", async () => {
  const { client } = fakeClient(matrixError(400, "M_USER_IN_USE"), matrixError(400, "M_INVALID_USERNAME"));
  assertEquals(await client.isUsernameAvailable("alice"), false);
  const error = await assertRejects(() => client.isUsernameAvailable("Ä"));
  assertEquals(error instanceof MUserInUse, false);
});

Deno.test("ClientAPI.deactivateAccount() clears the token by default", async () => {
  const response = { id_server_unbind_result: "success" };
  const { client } = fakeClient(response);
  await client.deactivateAccount({ clearAccessToken: false });
  assertEquals(client.api.token, "token");
  await client.deactivateAccount();
  assertEquals([client.api.token, client.deviceId], ["", ""]);
});

Deno.test("ClientAPI.changePassword() sends no token if the client has none", async () => {
  const server = new FakeHomeserver().on("*", {});
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await client.changePassword("new", { auth: { type: "m.login.email.identity" } });
  assertEquals(server.received[0]?.headers.get("authorization"), null);
});

Deno.test("ClientAPI.requestEmailToken() and requestPhoneToken() choose the path by purpose", async () => {
  const { client, server } = fakeClient({ sid: "1" });
  for (const purpose of ["add", "register", "password"] as const) {
    await client.requestEmailToken(purpose, "a@example.org", "s", 1);
    await client.requestPhoneToken(purpose, "PT", "1", "s", 1);
  }
  assertEquals(server.received.map(({ path }) => path.replace("/_matrix/client/v3/", "")), [
    "account/3pid/email/requestToken",
    "account/3pid/msisdn/requestToken",
    "register/email/requestToken",
    "register/msisdn/requestToken",
    "account/password/email/requestToken",
    "account/password/msisdn/requestToken",
  ]);
  await assertRejects(() => client.requestEmailToken("x" as "add", "a@example.org", "s", 1), TypeError);
});

Deno.test("ClientAPI.submitPhoneToken() sends nothing of the client's to the other server", async () => {
  const { client, server } = fakeClient({ success: true });
  assertEquals(await client.submitPhoneToken("https://id.example.com/submit", "sid", "s", "123"), true);
  const [request] = server.received;
  assertEquals(request?.headers.get("authorization"), null);
  assertEquals(request?.body, { sid: "sid", client_secret: "s", token: "123" });
});

Deno.test("ClientAPI.getSSOLoginUrl() and getUIAFallbackUrl() make URLs without a token", () => {
  const { client } = fakeClient({});
  const sso = client.getSSOLoginUrl("https://example.org/back?a=b", { idpId: "oidc/x", action: "register" });
  assertEquals(
    sso.href,
    `${BASE_URL}/_matrix/client/v3/login/sso/redirect/oidc%2Fx?redirectUrl=https%3A%2F%2Fexample.org%2Fback%3Fa%3Db&action=register`,
  );
  assertEquals(
    client.getUIAFallbackUrl("m.login.terms", "a b").href,
    `${BASE_URL}/_matrix/client/v3/auth/m.login.terms/fallback/web?session=a+b`,
  );
  assertThrows(() => client.getSSOLoginUrl("back"), TypeError);
});

Deno.test("ClientAPI.discoverSupport() and discoverPolicyServer() return the document, or null if there is none", async () => {
  const on = (response: unknown) => ({ fetch: new FakeHomeserver().on("*", response as never).fetch });
  const support = { contacts: [{ role: "m.role.admin", email_address: "a@example.org" }] };
  assertEquals(await ClientAPI.discoverSupport("example.org", on(support)), support as never);
  const keys = { ed25519: "key" };
  assertEquals(await ClientAPI.discoverPolicyServer("example.org", on({ public_keys: keys })), keys);
  const missing = on(text("<h1>Not found</h1>", 404));
  assertEquals(await ClientAPI.discoverSupport("example.org", missing), null);
  assertEquals(await ClientAPI.discoverPolicyServer("example.org", missing), null);
  await assertRejects(
    () => ClientAPI.discoverSupport("example.org", on(text("<h1>"))),
    WellKnownNotJSON,
  );
  await assertRejects(
    () => ClientAPI.discoverSupport("example.org", on(matrixError(500, "M_UNKNOWN"))),
    WellKnownError,
  );
});

Deno.test("ClientAPI.upgradeRoom() is not sent again after a gateway's error", async () => {
  const { client, server } = fakeClient(text("Gateway timeout", 504));
  await assertRejects(() => client.upgradeRoom("!r:example.org", "12"));
  assertEquals(server.received.length, 1);
});

Deno.test("ClientAPI's methods reject an identity server that is a URL before they send anything", async () => {
  const { client, server } = fakeClient({});
  const idServer = "https://id.example.org";
  for (
    const call of [
      () => client.deactivateAccount({ idServer }),
      () => client.requestEmailToken("add", "a@example.org", "secret", 1, { idServer }),
      () => client.requestPhoneToken("add", "GB", "1", "secret", 1, { idServer }),
      () => client.bindThirdPartyId("sid", "secret", idServer, "token"),
      () => client.unbindThirdPartyId("email", "a@example.org", { idServer }),
      () => client.deleteThirdPartyId("email", "a@example.org", { idServer }),
      () => client.inviteByThirdPartyId("!r:example.org", "email", "a@example.org", idServer, "token"),
    ]
  ) await assertRejects(call, TypeError, "must be a host name, without https://");
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.getEventByTimestamp() accepts a Date", async () => {
  const { client, server } = fakeClient({ event_id: "$e", origin_server_ts: 6 });
  await client.getEventByTimestamp("!r:example.org", new Date(5), "b");
  assertEquals(server.received[0]?.query.get("ts"), "5");
});
