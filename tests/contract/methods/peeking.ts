import { fields, string } from "../../support/shapes.ts";
import { inQuery, TIME } from "./options.ts";
import { rows } from "./row.ts";
import { ANY_EVENT, IN_ROOM, lacking, OBJECTS, ROOM, V3, whole } from "./samples.ts";

export const peeking = rows({
  peekEvents: {
    args: [["!r:example.org", "id"]],
    options: {
      from: inQuery("from", "truthy", "s1"),
      timeout: inQuery("timeout", "always", 5, { sent: "5", fallback: "30000", cases: TIME, kind: null }),
    },
    line: `GET ${V3}/events`,
    query: { room_id: "!r:example.org", timeout: "30000" },
    ...whole({ start: "s0", end: "s1", chunk: [ANY_EVENT] }),
    malformed: OBJECTS,
    operations: ["peekEvents"],
    ignores: ["retry"],
  },
  getRoomInitialSync: {
    args: [ROOM],
    line: `GET ${IN_ROOM}/initialSync`,
    ...whole({ room_id: "!r:example.org", messages: { end: "s1", chunk: [ANY_EVENT] } }),
    malformed: lacking("room_id"),
    resolves: fields({ room_id: string }),
  },
});
