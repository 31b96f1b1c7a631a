import { ODD_PATH } from "../contract_client.ts";
import { EVENT, IN_ROOM, invalid, lacking, type MethodRow, MY, OBJECTS, ROOM, USER, V3 } from "./row.ts";

/** Account data, activity, push rules. */
export const minding: Record<string, MethodRow> = {
  getAccountData: {
    call: (client, options) => client.getAccountData("org.x/y", { ...options, roomId: ROOM }),
    line: `GET ${MY}/rooms/${ODD_PATH.room}/account_data/org.x%2Fy`,
    answer: { a: 1 },
    result: { a: 1 },
    malformed: OBJECTS,
  },
  setAccountData: {
    call: (client, options) => client.setAccountData("org.x/y", { a: 1 }, options),
    line: `PUT ${MY}/account_data/org.x%2Fy`,
    body: { a: 1 },
  },
  setTyping: {
    call: (client, options) => client.setTyping(ROOM, { ...options, timeout: 5 }),
    line: `PUT ${IN_ROOM}/typing/%40alice%3Aexample.org`,
    body: { typing: true, timeout: 5 },
  },
  sendReceipt: {
    call: (client, options) => client.sendReceipt(ROOM, EVENT, options),
    line: `POST ${IN_ROOM}/receipt/m.read/${ODD_PATH.event}`,
    body: {},
  },
  setFullyReadMarker: {
    call: (client, options) => client.setFullyReadMarker(ROOM, EVENT, { ...options, readReceipt: "$r" }),
    line: `POST ${IN_ROOM}/read_markers`,
    body: { "m.fully_read": EVENT, "m.read": "$r" },
  },
  setPresence: {
    call: (client, options) => client.setPresence({ ...options, status: "Out" }),
    line: `PUT ${V3}/presence/%40alice%3Aexample.org/status`,
    body: { presence: "online", status_msg: "Out" },
  },
  getPresence: {
    call: (client, options) => client.getPresence(USER, options),
    line: `GET ${V3}/presence/${ODD_PATH.user}/status`,
    answer: { presence: "offline", last_active_ago: 5 },
    result: { presence: "offline", last_active_ago: 5 },
    malformed: invalid("Invalid presence in response", null, [], {}, "text", { presence: 5 }),
  },
  getRoomTags: {
    call: (client, options) => client.getRoomTags(ROOM, options),
    line: `GET ${MY}/rooms/${ODD_PATH.room}/tags`,
    answer: { tags: { "u.a": {} } },
    result: { tags: { "u.a": {} } },
    malformed: OBJECTS,
  },
  getRoomTag: {
    call: (client, options) => client.getRoomTag(ROOM, "u.a", options),
    line: `GET ${MY}/rooms/${ODD_PATH.room}/tags`,
    answer: { tags: { "u.a": { order: 0.5 } } },
    result: { order: 0.5 },
    malformed: [...OBJECTS, [{ tags: [] }, "Invalid `tags` in response: expected object"]],
  },
  setRoomTag: {
    call: (client, options) => client.setRoomTag(ROOM, "u.a/b", { ...options, info: { order: 0 } }),
    line: `PUT ${MY}/rooms/${ODD_PATH.room}/tags/u.a%2Fb`,
    body: { order: 0 },
  },
  removeRoomTag: {
    call: (client, options) => client.removeRoomTag(ROOM, "u.a/b", options),
    line: `DELETE ${MY}/rooms/${ODD_PATH.room}/tags/u.a%2Fb`,
    body: {},
  },
  getPushRule: {
    call: (client, options) => client.getPushRule("global", "content", "a/b", options),
    line: `GET ${V3}/pushrules/global/content/a%2Fb`,
    answer: { rule_id: "a/b", default: false, enabled: true, actions: ["notify"], pattern: "tea" },
    result: { rule_id: "a/b", default: false, enabled: true, actions: ["notify"], pattern: "tea" },
    malformed: [
      ...lacking("rule_id"),
      [{ rule_id: "a" }, "`default` not in response."],
      [{ rule_id: "a", default: false }, "`enabled` not in response."],
      [{ rule_id: "a", default: false, enabled: true }, "`actions` not in response."],
    ],
  },
  setPushRule: {
    call: (client, options) => client.setPushRule("global", "override", "a/b", ["notify"], options),
    line: `PUT ${V3}/pushrules/global/override/a%2Fb`,
    body: { actions: ["notify"] },
  },
  removePushRule: {
    call: (client, options) => client.removePushRule("global", "override", "a/b", options),
    line: `DELETE ${V3}/pushrules/global/override/a%2Fb`,
    body: {},
  },
};
