import { fields, list } from "../../support/shapes.ts";
import { inQuery } from "./options.ts";
import { rows } from "./row.ts";
import { invalid, OBJECTS, ODD_PATH, ROOM, V1, whole } from "./samples.ts";

const PAGE = {
  rooms: [{
    room_id: "!r:example.org",
    num_joined_members: 1,
    world_readable: false,
    guest_can_join: false,
    children_state: [],
  }],
};
const page = fields({ rooms: list() });
const malformed = [
  ...OBJECTS,
  ...invalid("`rooms` not in response.", {}, { rooms: null }),
  ...invalid("Invalid `rooms` in response: expected array", { rooms: {} }, { rooms: "text" }),
];
const options = {
  suggestedOnly: inQuery("suggested_only", "non-null", true, { sent: "true" }),
  limit: inQuery("limit", "truthy", 5, { sent: "5" }),
  maxDepth: inQuery("max_depth", "non-null", 5, { sent: "5" }),
  from: inQuery("from", "truthy", "t1"),
};
const line = `GET ${V1}/rooms/${ODD_PATH.room}/hierarchy`;

export const spaces = rows({
  getSpaceHierarchy: { args: [ROOM], options, line, ...whole(PAGE), malformed, resolves: page },
  iterateSpaceHierarchy: {
    args: [ROOM],
    options,
    line,
    response: PAGE,
    result: [PAGE],
    malformed,
    resolves: list(page),
  },
});
