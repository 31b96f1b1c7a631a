import { boolean, fields, string } from "../../support/shapes.ts";
import { flag, inBody, inQuery } from "./options.ts";
import { rows } from "./row.ts";
import { lacking, MXID, MY, V1, V3, whole } from "./samples.ts";

/** The `auth` option of methods that can require user-interactive authentication. */
export const auth = inBody("auth", "truthy", { type: "m.login.dummy" }, { kind: "auth?" });

export const account = rows({
  register: {
    options: {
      auth,
      username: inBody("username", "non-null", "alice"),
      password: inBody("password", "non-null", "secret"),
      deviceId: inBody("device_id", "truthy", "D"),
      deviceName: inBody("initial_device_display_name", "non-null", "Phone"),
      kind: inQuery("kind", "truthy", "guest"),
      inhibitLogin: inBody("inhibit_login", "non-null", false),
      refreshToken: inBody("refresh_token", "truthy", true, { kind: "boolean?" }),
      loginType: inBody("type", "truthy", "m.login.application_service", { unspecified: true, apart: true }),
      storeAccessToken: flag(true),
    },
    given: { username: "alice", password: "secret" },
    line: `POST ${V3}/register`,
    body: { username: "alice", password: "secret" },
    ...whole({ user_id: MXID, device_id: "D", access_token: "t" }),
    malformed: [
      ...lacking("user_id"),
      [{ user_id: "alice" }, "Invalid `user_id` in response: expected user ID"],
      [{ user_id: MXID, access_token: "t" }, "`device_id` not in response."],
      [{ user_id: MXID, device_id: "D" }, "`access_token` not in response."],
    ],
    resolves: fields({ user_id: string }),
    token: false,
  },
  isUsernameAvailable: {
    args: [["alice", "id"]],
    line: `GET ${V3}/register/available`,
    query: { username: "alice" },
    response: { available: true },
    result: true,
    malformed: lacking("available", "boolean"),
    resolves: boolean,
    token: false,
  },
  isRegistrationTokenValid: {
    args: [["invitation", "id"]],
    line: `GET ${V1}/register/m.login.registration_token/validity`,
    query: { token: "invitation" },
    response: { valid: true },
    result: true,
    malformed: lacking("valid", "boolean"),
    resolves: boolean,
    token: false,
  },
  changePassword: {
    args: [["new secret", "id"]],
    options: { auth, logoutDevices: inBody("logout_devices", "non-null", false) },
    line: `POST ${V3}/account/password`,
    body: { new_password: "new secret" },
  },
  deactivateAccount: {
    options: {
      auth,
      erase: inBody("erase", "non-null", true),
      idServer: inBody("id_server", "truthy", "id.example.org"),
      clearAccessToken: flag(true),
    },
    line: `POST ${V3}/account/deactivate`,
    body: {},
    response: { id_server_unbind_result: "success" },
    result: "success",
    malformed: lacking("id_server_unbind_result"),
    resolves: string,
  },
  requestOpenIdToken: {
    line: `POST ${MY}/openid/request_token`,
    body: {},
    ...whole({ access_token: "t", token_type: "Bearer", matrix_server_name: "example.org", expires_in: 5 }),
    malformed: lacking("access_token"),
  },
});
