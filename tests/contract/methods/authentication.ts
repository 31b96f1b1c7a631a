import type { ClientAPI, LoginOptions } from "../../../client/mod.ts";
import { fields, instance, list, string } from "../../support/shapes.ts";
import { auth } from "./account.ts";
import { flag, inBody } from "./options.ts";
import { rows } from "./row.ts";
import { lacking, MXID, V1, V3, whole } from "./samples.ts";

const ME = { type: "m.id.user", user: MXID };

/** Logs in and sends a request that needs the user ID of the response. */
async function loginAndSetTyping(client: ClientAPI, [options]: unknown[]): Promise<unknown> {
  const response = await client.login(options as LoginOptions);
  await client.setTyping("!room:example.org");
  return response;
}

export const authentication = rows({
  getLoginFlows: {
    line: `GET ${V3}/login`,
    ...whole({ flows: [{ type: "m.login.password" }] }),
    malformed: lacking("flows", "array"),
    resolves: fields({ flows: list() }),
  },
  login: {
    options: {
      identifier: inBody(
        "identifier",
        "always",
        { type: "m.id.thirdparty", medium: "email", address: "a@b" },
        {
          kind: "identifier?",
          fallback: ME,
          cases: [["", ME], [[], TypeError], [0, TypeError], [false, TypeError]],
        },
      ),
      loginType: inBody("type", "always", "m.login.token", { fallback: "m.login.password" }),
      password: inBody("password", "non-null", "secret"),
      deviceName: inBody("initial_device_display_name", "non-null", "Bot"),
      deviceId: inBody("device_id", "truthy", "DEVICE"),
      refreshToken: inBody("refresh_token", "truthy", true),
      storeAccessToken: flag(true),
      updateHsUrl: flag(true),
    },
    given: { password: "secret", deviceId: "D" },
    line: `POST ${V3}/login`,
    body: { type: "m.login.password", identifier: ME, password: "secret", device_id: "D" },
    ...whole({ user_id: MXID, device_id: "D", access_token: "t" }),
    malformed: [
      ...lacking("user_id"),
      [{ user_id: "alice" }, "Invalid `user_id` in response: expected user ID"],
      [{ user_id: MXID, access_token: "t" }, "`device_id` not in response."],
      [{ user_id: MXID, device_id: "D" }, "`access_token` not in response."],
    ],
    resolves: fields({ user_id: string, device_id: string, access_token: string }),
    calls: [{ options: { password: ["secret", "text?"] }, via: loginAndSetTyping }],
  },
  logout: { options: { clearAccessToken: flag(true) }, line: `POST ${V3}/logout`, body: {} },
  logoutAll: { options: { clearAccessToken: flag(true) }, line: `POST ${V3}/logout/all`, body: {} },
  createLoginToken: {
    options: { auth },
    line: `POST ${V1}/login/get_token`,
    body: {},
    ...whole({ login_token: "t", expires_in_ms: 5 }),
    malformed: lacking("login_token"),
  },
  getSSOLoginUrl: {
    args: [["https://example.org/callback", "url"]],
    plain: true,
    // The fuzzer expects a promise.
    via: async (client, args) => await client.getSSOLoginUrl(...args as [string]),
    resolves: instance(URL),
    operations: ["redirectToSSO", "redirectToIdP"],
  },
  getUIAFallbackUrl: {
    args: [["m.login.terms", "segment"], ["session", "id"]],
    plain: true,
    via: async (client, args) => await client.getUIAFallbackUrl(...args as [string, string]),
    resolves: instance(URL),
  },
  whoami: {
    line: `GET ${V3}/account/whoami`,
    ...whole({ user_id: MXID, is_guest: false }),
    malformed: lacking("user_id"),
    resolves: fields({ user_id: string }),
  },
  refreshAccessToken: {
    args: [["refresh", "text"]],
    line: `POST ${V3}/refresh`,
    body: { refresh_token: "refresh" },
    ...whole({ access_token: "new", refresh_token: "next", expires_in_ms: 1_000 }),
    malformed: [
      ...lacking("access_token"),
      [{ access_token: "a b" }, "Invalid `access_token` in response: it cannot be sent"],
    ],
    resolves: fields({ access_token: string }),
    token: false,
  },
});
