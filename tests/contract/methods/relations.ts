import { fields, list } from "../../support/shapes.ts";
import { inPath, inQuery } from "./options.ts";
import { rows } from "./row.ts";
import { ANY_EVENT, EVENT, invalid, OBJECTS, ODD_PATH, ROOM, V1, whole } from "./samples.ts";

const IN_ROOM = `${V1}/rooms/${ODD_PATH.room}`;
const page = fields({ chunk: list() });
const malformed = [
  ...OBJECTS,
  ...invalid("`chunk` not in response.", {}, { chunk: null }),
  ...invalid("Invalid `chunk` in response: expected array", { chunk: {} }, { chunk: "text" }),
];
const limit = inQuery("limit", "truthy", 5, { sent: "5" });
const from = inQuery("from", "truthy", "t1");
const relationOptions = {
  relType: inPath(0, "truthy", "m.thread", { read: ({ path }) => path.split("/")[8] }),
  eventType: inPath(0, "truthy", "m.room.message", {
    read: ({ path }) => path.split("/")[9],
    with: { relType: "m.thread" },
    kind: null,
  }),
  from,
  to: inQuery("to", "truthy", "t2"),
  limit,
  direction: inQuery("dir", "truthy", "f", { fallback: "b" }),
  recurse: inQuery("recurse", "non-null", true, { sent: "true" }),
};
const threadOptions = { include: inQuery("include", "truthy", "participated"), limit, from };

export const relations = rows({
  getRelations: {
    args: [ROOM, EVENT],
    options: relationOptions,
    line: `GET ${IN_ROOM}/relations/${ODD_PATH.event}`,
    query: { dir: "b" },
    ...whole({ chunk: [ANY_EVENT] }),
    malformed,
    resolves: page,
    operations: [
      "getRelatingEvents",
      "getRelatingEventsWithRelType",
      "getRelatingEventsWithRelTypeAndEventType",
    ],
  },
  iterateRelations: {
    args: [ROOM, EVENT],
    options: relationOptions,
    line: `GET ${IN_ROOM}/relations/${ODD_PATH.event}`,
    query: { dir: "b" },
    response: { chunk: [ANY_EVENT] },
    result: [{ chunk: [ANY_EVENT] }],
    malformed,
    resolves: list(page),
  },
  getThreads: {
    args: [ROOM],
    options: threadOptions,
    line: `GET ${IN_ROOM}/threads`,
    ...whole({ chunk: [ANY_EVENT] }),
    malformed,
    resolves: page,
  },
  iterateThreads: {
    args: [ROOM],
    options: threadOptions,
    line: `GET ${IN_ROOM}/threads`,
    response: { chunk: [ANY_EVENT] },
    result: [{ chunk: [ANY_EVENT] }],
    malformed,
    resolves: list(page),
  },
});
