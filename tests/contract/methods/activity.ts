import { fields, string } from "../../support/shapes.ts";
import { inBody, inPath, STRING, TIME } from "./options.ts";
import { rows } from "./row.ts";
import { EVENT, IN_ROOM, invalid, ODD_PATH, ROOM, USER, V3, whole } from "./samples.ts";

export const activity = rows({
  setTyping: {
    args: [ROOM],
    options: { timeout: inBody("timeout", "truthy", 5, { cases: TIME }) },
    given: { timeout: 5 },
    line: `PUT ${IN_ROOM}/typing/%40alice%3Aexample.org`,
    body: { typing: true, timeout: 5 },
  },
  sendReceipt: {
    args: [ROOM, EVENT],
    options: {
      receiptType: inPath(2, "always", "m.read.private", {
        fallback: "m.read",
        cases: [["", TypeError], ...STRING],
        kind: "receipt?",
      }),
      threadId: inBody("thread_id", "truthy", "main"),
    },
    line: `POST ${IN_ROOM}/receipt/m.read/${ODD_PATH.event}`,
    body: {},
  },
  setFullyReadMarker: {
    args: [ROOM, [EVENT[0], "id"]],
    options: {
      readReceipt: inBody("m.read", "truthy", "$r"),
      privateReadReceipt: inBody("m.read.private", "truthy", "$r"),
      extraContent: inBody("more", "truthy", { more: 1 }, { sent: 1 }),
    },
    given: { readReceipt: "$r" },
    line: `POST ${IN_ROOM}/read_markers`,
    body: { "m.fully_read": EVENT[0], "m.read": "$r" },
  },
  setPresence: {
    options: {
      presence: inBody("presence", "always", "offline", { fallback: "online" }),
      // The contract's rule is "truthy", under which a status could not be removed.
      status: inBody("status_msg", "non-null", "Out"),
    },
    given: { status: "Out" },
    line: `PUT ${V3}/presence/%40alice%3Aexample.org/status`,
    body: { presence: "online", status_msg: "Out" },
  },
  getPresence: {
    args: [USER],
    line: `GET ${V3}/presence/${ODD_PATH.user}/status`,
    ...whole({ presence: "offline", last_active_ago: 5 }),
    malformed: invalid("Invalid presence in response", null, [], {}, "text", { presence: 5 }),
    resolves: fields({ presence: string }),
  },
});
