import { list } from "../../support/shapes.ts";
import { inBody, inQuery } from "./options.ts";
import { rows } from "./row.ts";
import { ANY_EVENT, invalid, OBJECTS, V3 } from "./samples.ts";

const PUSHER = {
  pushkey: "key",
  kind: "http",
  app_id: "com.example",
  app_display_name: "Example",
  device_display_name: "Phone",
  lang: "en",
  data: { url: "https://push.example.org/_matrix/push/v1/notify" },
};
const PAGE = {
  notifications: [{ actions: ["notify"], event: ANY_EVENT, read: false, room_id: "!r:example.org", ts: 1 }],
};
const LIST = "Invalid `notifications` in response: expected array";
const MALFORMED = [
  ...OBJECTS,
  ...invalid("`notifications` not in response.", {}, { notifications: null }),
  ...invalid(LIST, { notifications: {} }, { notifications: "text" }),
];
const options = {
  from: inQuery("from", "truthy", "t1"),
  limit: inQuery("limit", "truthy", 5, { sent: "5" }),
  only: inQuery("only", "truthy", "highlight"),
};

export const pushers = rows({
  getPushers: {
    line: `GET ${V3}/pushers`,
    response: { pushers: [PUSHER] },
    result: [PUSHER],
    malformed: [
      ...OBJECTS,
      ...invalid("Invalid `pushers` in response: expected array", { pushers: {} }, { pushers: "text" }),
    ],
    resolves: list(),
  },
  setPusher: {
    args: [[PUSHER, "object"]],
    options: { append: inBody("append", "non-null", true) },
    line: `POST ${V3}/pushers/set`,
    body: PUSHER,
  },
  deletePusher: {
    args: [["com.example", "id"], ["key", "id"]],
    line: `POST ${V3}/pushers/set`,
    body: { app_id: "com.example", pushkey: "key", kind: null },
  },
  getNotifications: {
    options,
    line: `GET ${V3}/notifications`,
    response: PAGE,
    result: PAGE,
    malformed: MALFORMED,
  },
  iterateNotifications: {
    options,
    line: `GET ${V3}/notifications`,
    response: PAGE,
    result: [PAGE],
    malformed: MALFORMED,
    resolves: list(),
  },
});
