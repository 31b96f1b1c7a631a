import { boolean } from "../../support/shapes.ts";
import { inBody } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { EVENT, IN_ROOM, lacking, MXID, OBJECTS, ODD_PATH, ROOM, USER, V1, V3, whole } from "./samples.ts";

const REASON: Argument = ["why", "text"];

function flag(field: string) {
  return {
    response: { [field]: true },
    result: true,
    malformed: lacking(field, "boolean"),
    resolves: boolean,
  } as const;
}

export const moderation = rows({
  reportEvent: {
    args: [ROOM, EVENT],
    options: { reason: inBody("reason", "truthy", "why") },
    line: `POST ${IN_ROOM}/report/${ODD_PATH.event}`,
    body: {},
  },
  reportRoom: { args: [ROOM, REASON], line: `POST ${IN_ROOM}/report`, body: { reason: "why" } },
  reportUser: {
    args: [USER, REASON],
    line: `POST ${V3}/users/${ODD_PATH.user}/report`,
    body: { reason: "why" },
  },
  whois: {
    args: [USER],
    line: `GET ${V3}/admin/whois/${ODD_PATH.user}`,
    ...whole({ user_id: MXID, devices: { D: { sessions: [{ connections: [{ ip: "127.0.0.1" }] }] } } }),
    malformed: OBJECTS,
  },
  isUserLocked: { args: [USER], line: `GET ${V1}/admin/lock/${ODD_PATH.user}`, ...flag("locked") },
  setUserLocked: {
    args: [USER, [true, "boolean"]],
    line: `PUT ${V1}/admin/lock/${ODD_PATH.user}`,
    body: { locked: true },
    ...flag("locked"),
  },
  isUserSuspended: { args: [USER], line: `GET ${V1}/admin/suspend/${ODD_PATH.user}`, ...flag("suspended") },
  setUserSuspended: {
    args: [USER, [true, "boolean"]],
    line: `PUT ${V1}/admin/suspend/${ODD_PATH.user}`,
    body: { suspended: true },
    ...flag("suspended"),
  },
});
