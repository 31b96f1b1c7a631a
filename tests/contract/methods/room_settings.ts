import { list, object, string } from "../../support/shapes.ts";
import { inBody } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { EVENT_ID, IN_ROOM, invalid, MY, OBJECTS, ROOM, URI, whole } from "./samples.ts";

const TEXT: Argument = ["text", "text"];
const EVENT: Argument = ["$new", "id"];
const INVALID_STATE = invalid("Invalid state event in response", null, [], "text", 5);

/** A row of a method that sets a state event. */
function setting<const A extends readonly Argument[]>(type: string, args: A, body: object) {
  return {
    args: [ROOM, ...args],
    line: `PUT ${IN_ROOM}/state/${type}/`,
    body,
    timestamp: "ts",
    ...EVENT_ID,
  } as const;
}

export const roomSettings = rows({
  setRoomName: setting("m.room.name", [TEXT], { name: "text" }),
  setRoomTopic: {
    ...setting("m.room.topic", [TEXT], { topic: "text", "m.topic": { "m.text": [{ body: "text" }] } }),
    options: {
      html: inBody(["m.topic", "m.text"], "truthy", "<b>text</b>", {
        sent: [{ mimetype: "text/html", body: "<b>text</b>" }, { body: "text" }],
        fallback: [{ body: "text" }],
      }),
    },
  },
  setRoomAvatar: {
    ...setting("m.room.avatar", [[URI, "id-or-null"]], { url: URI }),
    options: { info: inBody("info", "non-null", { w: 1, h: 2, mimetype: "image/png" }) },
  },
  setJoinRule: {
    ...setting("m.room.join_rules", [["public", "id"]], { join_rule: "public" }),
    options: {
      allow: inBody("allow", "non-null", [{ type: "m.room_membership", room_id: "!r:example.org" }]),
    },
  },
  setHistoryVisibility: setting("m.room.history_visibility", [["shared", "id"]], {
    history_visibility: "shared",
  }),
  setGuestAccess: setting("m.room.guest_access", [["can_join", "id"]], { guest_access: "can_join" }),
  getPowerLevels: {
    args: [ROOM],
    line: `GET ${IN_ROOM}/state/m.room.power_levels/`,
    ...whole({ users: { "@alice:example.org": 100 } }),
    malformed: INVALID_STATE,
    resolves: object,
  },
  setPowerLevels: setting("m.room.power_levels", [[{ users_default: 5 }, "object"]], { users_default: 5 }),
  getPinnedMessages: {
    args: [ROOM],
    line: `GET ${IN_ROOM}/state/m.room.pinned_events/`,
    response: { pinned: ["$a", 5, "$b"] },
    result: ["$a", "$b"],
    malformed: INVALID_STATE,
    notFound: { result: [] },
    resolves: list(string),
  },
  setPinnedMessages: setting("m.room.pinned_events", [[["$a", "$b"], "list"]], { pinned: ["$a", "$b"] }),
  pinMessage: {
    args: [ROOM, EVENT],
    line: `GET ${IN_ROOM}/state/m.room.pinned_events/`,
    response: { pinned: ["$new"] },
    malformed: INVALID_STATE,
  },
  unpinMessage: {
    args: [ROOM, EVENT],
    line: `GET ${IN_ROOM}/state/m.room.pinned_events/`,
    response: { pinned: [] },
    malformed: INVALID_STATE,
  },
  getDirectRooms: {
    line: `GET ${MY}/account_data/m.direct`,
    response: { "@bob:example.org": ["!r:example.org"], "@eve:example.org": 5 },
    result: { "@bob:example.org": ["!r:example.org"], "@eve:example.org": [] },
    malformed: OBJECTS,
    notFound: { result: {} },
    resolves: object,
  },
  markDirect: {
    args: [["!r:example.org", "id"], ["@bob:example.org", "id"]],
    line: `GET ${MY}/account_data/m.direct`,
    response: { "@bob:example.org": ["!r:example.org"] },
    malformed: OBJECTS,
  },
});
