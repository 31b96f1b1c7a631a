import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MForbidden, MUnknownToken, WellKnownError } from "../../http/mod.ts";
import { supportsAtLeast, supportsLoginType } from "../../mod.ts";
import { ask, newTestUser, online, plain, type TestUser } from "./support.ts";

const V3 = "/_matrix/client/v3";

/** Returns the user ID of a token. `undefined` if the homeserver rejects the token. */
async function ownerOf(baseUrl: string, token: string): Promise<unknown> {
  return (await plain(baseUrl, token, "GET", `${V3}/account/whoami`)).user_id;
}

/** Returns a client with nothing but a base URL. */
const stranger = (user: TestUser) => new ClientAPI({ baseUrl: user.baseUrl });

online(
  "ClientAPI.versions() returns the supported versions with and without a token",
  async (baseUrl) => {
    const { client } = await newTestUser();
    for (const asking of [client, new ClientAPI({ baseUrl })]) {
      const versions = await asking.versions();
      assert(supportsAtLeast(versions, "v1.11"));
      assertEquals(typeof versions.unstable_features, "object");
    }
  },
);

online("ClientAPI.discover() returns the base URL from a local well-known file", async (baseUrl) => {
  const requests: string[] = [];
  const found = await ClientAPI.discover("example.org:8448", {
    fetch: (url, init) => {
      requests.push(url);
      if (!url.startsWith("https://example.org/")) return fetch(url, init);
      return Promise.resolve(new Response(JSON.stringify({ "m.homeserver": { base_url: `${baseUrl}/` } })));
    },
  });
  assertEquals(found?.href, `${baseUrl}/`);
  assertEquals(requests, [
    "https://example.org/.well-known/matrix/client",
    `${baseUrl}/_matrix/client/versions`,
  ]);
});

online("ClientAPI.discover() rejects with WellKnownError if there is no server", async () => {
  await assertRejects(
    () => ClientAPI.discover("nowhere.invalid", { retry: { limit: 0 }, deadline: 5_000 }),
    WellKnownError,
  );
});

online("ClientAPI.getLoginFlows() returns the password flow", async (baseUrl) => {
  assert(supportsLoginType(await new ClientAPI({ baseUrl }).getLoginFlows(), "m.login.password"));
});

online("ClientAPI.login() creates the device and a valid access token with the right password", async () => {
  const user = await newTestUser();
  const client = stranger(user);
  const answer = await client.login({
    identifier: user.localpart,
    password: user.password,
    deviceId: "MY/DEVICE é",
    deviceName: "My phone",
  });
  assertEquals([client.mxid, client.deviceId], [user.userId, "MY/DEVICE é"]);
  assertEquals(client.api.token, answer.access_token);
  assertEquals(await client.whoami(), { user_id: user.userId, is_guest: false, device_id: "MY/DEVICE é" });
  const { devices } = await ask<{ devices: { device_id: string; display_name: string }[] }>(
    user,
    "GET",
    `${V3}/devices`,
  );
  assertEquals(devices.find(({ device_id }) => device_id === "MY/DEVICE é")?.display_name, "My phone");
});

online("ClientAPI.login() rejects with MForbidden and stores nothing with a wrong password", async () => {
  const user = await newTestUser();
  const client = stranger(user);
  const error = await assertRejects(
    () => client.login({ identifier: user.userId, password: "wrong" }),
    MForbidden,
  );
  assertEquals([error.status, error.errcode], [403, "M_FORBIDDEN"]);
  assertEquals(String(error).includes("wrong"), false);
  assertEquals([client.mxid, client.deviceId, client.api.token], [undefined, "", ""]);
});

online("ClientAPI.login() uses the client's user and device by default", async () => {
  const user = await newTestUser();
  const client = new ClientAPI({ baseUrl: user.baseUrl, mxid: user.userId, deviceId: "OWN" });
  const answer = await client.login({ password: user.password, storeAccessToken: false });
  assertEquals([answer.user_id, answer.device_id], [user.userId, "OWN"]);
  assertEquals(client.api.token, "");
  assertEquals(await ownerOf(user.baseUrl, answer.access_token), user.userId);
});

online("ClientAPI.login() switches to the homeserver's base URL if updateHsUrl is true", async () => {
  const user = await newTestUser();
  const client = stranger(user);
  const answer = await client.login({ identifier: user.userId, password: user.password, updateHsUrl: true });
  const named = answer.well_known?.["m.homeserver"].base_url;
  if (named) assertEquals(`${client.api.baseUrl}/`, named.replace(/\/*$/, "/"));
  assertEquals((await client.whoami()).user_id, user.userId);
});

online("ClientAPI.login() returns a refresh token that renews the access token", async () => {
  const user = await newTestUser();
  const client = stranger(user);
  const options = { identifier: user.userId, password: user.password };
  assertEquals((await client.login(options)).refresh_token, undefined);
  const { refresh_token } = await client.login({ ...options, refreshToken: true });
  const renewed = await plain(user.baseUrl, undefined, "POST", `${V3}/refresh`, { refresh_token });
  assertEquals(await ownerOf(user.baseUrl, String(renewed.access_token)), user.userId);
});

online("ClientAPI.logout() invalidates only its own access token", async () => {
  const user = await newTestUser();
  const client = stranger(user);
  await client.login({ identifier: user.userId, password: user.password });
  const { token } = client.api;
  await client.logout();
  assertEquals([client.api.token, client.deviceId, client.mxid], ["", "", user.userId]);
  assertEquals(await ownerOf(user.baseUrl, token), undefined);
  assertEquals(await ownerOf(user.baseUrl, user.token), user.userId);
});

online("ClientAPI.logout() rejects with MUnknownToken the second time, and so do other methods", async () => {
  const { client } = await newTestUser();
  await client.logout({ clearAccessToken: false });
  await assertRejects(() => client.whoami(), MUnknownToken);
  await assertRejects(() => client.sync({ timeout: 0 }), MUnknownToken);
  const { token } = client.api;
  await assertRejects(() => client.logout(), MUnknownToken);
  assertEquals(client.api.token, token);
});

online("ClientAPI.logoutAll() invalidates all access tokens of the user", async () => {
  const user = await newTestUser();
  const client = stranger(user);
  await client.login({ identifier: user.userId, password: user.password });
  await client.logoutAll();
  assertEquals(client.api.token, "");
  assertEquals(await ownerOf(user.baseUrl, user.token), undefined);
});

online(
  "ClientAPI.createDeviceMsc4190() creates a device for a user of an application service",
  async (baseUrl) => {
    const token = Deno.env.get("MATRIX_APPSERVICE_TOKEN");
    const prefix = Deno.env.get("MATRIX_APPSERVICE_PREFIX") ?? "_as_";
    if (!token) return console.log("\nSkipped: MATRIX_APPSERVICE_TOKEN is not set");
    const username = `${prefix}${crypto.randomUUID().slice(0, 8)}`;
    const { user_id } = await plain<{ user_id: `@${string}:${string}` }>(
      baseUrl,
      token,
      "POST",
      `${V3}/register`,
      { type: "m.login.application_service", username, inhibit_login: true },
    );
    const client = new ClientAPI({ baseUrl, token, mxid: user_id });
    await client.createDeviceMsc4190("", "Bridge");
    assertEquals((await client.whoami()).device_id, client.deviceId);
    const query = `?user_id=${encodeURIComponent(user_id)}`;
    const { devices } = await plain<{ devices: unknown[] }>(baseUrl, token, "GET", `${V3}/devices${query}`);
    assertEquals(devices.map((device) => (device as { display_name: string }).display_name), ["Bridge"]);

    const foreign = new ClientAPI({ baseUrl, token, mxid: (await newTestUser()).userId });
    await assertRejects(() => foreign.createDeviceMsc4190("D", "Bridge"), MForbidden);
    assertEquals([foreign.api.asUserId, foreign.deviceId], [undefined, ""]);
  },
);
