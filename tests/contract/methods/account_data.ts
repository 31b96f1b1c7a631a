import type { Received } from "../../support/fake_homeserver.ts";
import { either, nullish, object } from "../../support/shapes.ts";
import { inBody, inPath } from "./options.ts";
import { rows } from "./row.ts";
import { MY, OBJECTS, ODD_PATH, ROOM, TYPE, whole } from "./samples.ts";

const MY_ROOM = `${MY}/rooms/${ODD_PATH.room}`;
const roomId = inPath(3, "truthy", "!room:example.org", {
  kind: "room?",
  read: ({ path }: Received) => /\/rooms\/([^/]+)\//.exec(decodeURIComponent(path))?.[1],
});

export const accountData = rows({
  getAccountData: {
    args: [TYPE],
    options: { roomId },
    given: { roomId: ROOM[0] },
    line: `GET ${MY_ROOM}/account_data/org.x%2Fy`,
    ...whole({ a: 1 }),
    malformed: OBJECTS,
    calls: [{}, { args: [["m.direct", "segment"]] }],
  },
  setAccountData: {
    args: [TYPE, [{ a: 1 }, "object"]],
    options: { roomId },
    line: `PUT ${MY}/account_data/org.x%2Fy`,
    body: { a: 1 },
    calls: [{}],
  },
  getRoomTags: {
    args: [ROOM],
    line: `GET ${MY_ROOM}/tags`,
    ...whole({ tags: { "u.a": {} } }),
    malformed: OBJECTS,
  },
  getRoomTag: {
    args: [ROOM, ["u.a", "tag"]],
    line: `GET ${MY_ROOM}/tags`,
    response: { tags: { "u.a": { order: 0.5 } } },
    result: { order: 0.5 },
    malformed: [...OBJECTS, [{ tags: [] }, "Invalid `tags` in response: expected object"]],
    resolves: either(object, nullish),
    calls: [{ args: [ROOM, ["m.favourite", "tag"]] }, { args: [ROOM, ["__proto__", "tag"]] }],
  },
  setRoomTag: {
    args: [ROOM, ["u.a/b", "segment"]],
    options: { info: inBody([], "truthy", { order: 0 }, { fallback: {} }) },
    given: { info: { order: 0 } },
    line: `PUT ${MY_ROOM}/tags/u.a%2Fb`,
    body: { order: 0 },
  },
  removeRoomTag: {
    args: [ROOM, ["u.a/b", "segment"]],
    line: `DELETE ${MY_ROOM}/tags/u.a%2Fb`,
    body: {},
  },
});
