import { MXID } from "../contract_client.ts";
import { lacking, type MethodRow, MY, OBJECTS, V3 } from "./row.ts";

/** Discovery, signing in, devices, filters, sync. */
export const beginning: Record<string, MethodRow> = {
  versions: {
    call: (client, options) => client.versions(options),
    line: "GET /_matrix/client/versions",
    answer: { versions: ["v1.11"], unstable_features: { "org.example": true } },
    result: { versions: ["v1.11"], unstable_features: { "org.example": true } },
    malformed: [
      ...lacking("versions", "array"),
      [{ versions: [1] }, "Invalid `versions` in response: expected array of strings"],
    ],
  },
  getLoginFlows: {
    call: (client, options) => client.getLoginFlows(options),
    line: `GET ${V3}/login`,
    answer: { flows: [{ type: "m.login.password" }] },
    result: { flows: [{ type: "m.login.password" }] },
    malformed: lacking("flows", "array"),
  },
  login: {
    call: (client, options) => client.login({ ...options, password: "secret", deviceId: "D" }),
    line: `POST ${V3}/login`,
    body: {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: MXID },
      password: "secret",
      device_id: "D",
    },
    answer: { user_id: MXID, device_id: "D", access_token: "t" },
    result: { user_id: MXID, device_id: "D", access_token: "t" },
    malformed: [
      ...lacking("user_id"),
      [{ user_id: "alice" }, "Invalid `user_id` in response: expected user ID"],
      [{ user_id: MXID, access_token: "t" }, "`device_id` not in response."],
      [{ user_id: MXID, device_id: "D" }, "`access_token` not in response."],
    ],
  },
  logout: { call: (client, options) => client.logout(options), line: `POST ${V3}/logout`, body: {} },
  logoutAll: {
    call: (client, options) => client.logoutAll(options),
    line: `POST ${V3}/logout/all`,
    body: {},
  },
  whoami: {
    call: (client, options) => client.whoami(options),
    line: `GET ${V3}/account/whoami`,
    answer: { user_id: MXID, is_guest: false },
    result: { user_id: MXID, is_guest: false },
    malformed: lacking("user_id"),
  },
  createDeviceMsc4190: {
    call: (client, options) => client.createDeviceMsc4190("D/1", "Phone", options),
    line: `PUT ${V3}/devices/D%2F1`,
    query: { user_id: MXID },
    body: { display_name: "Phone" },
  },
  getFilter: {
    call: (client, options) => client.getFilter("a/b", options),
    line: `GET ${MY}/filter/a%2Fb`,
    answer: { room: { timeline: { limit: 1 } } },
    result: { room: { timeline: { limit: 1 } } },
    malformed: OBJECTS,
  },
  createFilter: {
    call: (client, options) => client.createFilter({ room: { timeline: { limit: 1 } } }, options),
    line: `POST ${MY}/filter`,
    body: { room: { timeline: { limit: 1 } } },
    answer: { filter_id: "7" },
    result: "7",
    malformed: lacking("filter_id"),
  },
  sync: {
    call: (client, options) => client.sync({ ...options, timeout: 0 }),
    line: `GET ${V3}/sync`,
    query: { timeout: "0" },
    answer: { next_batch: "s2" },
    result: { next_batch: "s2" },
    malformed: OBJECTS,
  },
};
