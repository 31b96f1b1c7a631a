import { either, fields, list, nullish, object, string } from "../../support/shapes.ts";
import { inQuery } from "./options.ts";
import { rows } from "./row.ts";
import {
  ANY_EVENT,
  EVENT,
  IN_ROOM,
  invalid,
  lacking,
  OBJECTS,
  ODD_PATH,
  ROOM,
  STATE_EVENT,
  V1,
  whole,
} from "./samples.ts";

const filter = inQuery("filter", "non-null", { types: ["a"] }, {
  kind: "filter?",
  sent: '{"types":["a"]}',
  cases: [[{}, "{}"]],
});

const PAGE = { start: "s", chunk: [ANY_EVENT] };
const page = fields({ start: string, chunk: list() });
const pages = {
  from: inQuery("from", "non-null", "s1"),
  to: inQuery("to", "non-null", "s0"),
  limit: inQuery("limit", "truthy", 3),
  filter,
};
const MALFORMED_PAGES = [
  ...lacking("start"),
  ...invalid("`chunk` not in response.", { start: "s" }, { start: "s", chunk: null }),
  ...invalid("Invalid events in response", { start: "s", chunk: {} }),
];

export const messages = rows({
  getEvent: {
    args: [ROOM, EVENT],
    line: `GET ${IN_ROOM}/event/${ODD_PATH.event}`,
    ...whole(ANY_EVENT),
    malformed: invalid("Invalid event in response", null, [], {}, "text", { type: "m.x" }, { content: {} }, {
      ...ANY_EVENT,
      type: 1,
    }),
    resolves: fields({ type: string, content: object }),
  },
  getEventContext: {
    args: [ROOM, EVENT],
    options: { limit: inQuery("limit", "non-null", 3, { fallback: 10 }), filter },
    line: `GET ${IN_ROOM}/context/${ODD_PATH.event}`,
    query: { limit: "10" },
    ...whole({
      event: ANY_EVENT,
      events_before: [ANY_EVENT],
      events_after: [],
      state: [STATE_EVENT],
      end: "s",
    }),
    malformed: OBJECTS,
  },
  getMessages: {
    args: [ROOM, ["b", "direction"]],
    options: pages,
    line: `GET ${IN_ROOM}/messages`,
    query: { dir: "b" },
    ...whole(PAGE),
    malformed: MALFORMED_PAGES,
    resolves: page,
  },
  getEventByTimestamp: {
    args: [ROOM, [5, "time"], ["f", "direction"]],
    line: `GET ${V1}/rooms/${ODD_PATH.room}/timestamp_to_event`,
    query: { ts: "5", dir: "f" },
    timestamp: "own",
    ignores: ["timestamp"],
    ...whole({ event_id: "$e", origin_server_ts: 6 }),
    malformed: [...lacking("event_id"), [{ event_id: "$e" }, "`origin_server_ts` not in response."]],
    notFound: { result: null },
    resolves: either(object, nullish),
  },
  iterateMessages: {
    args: [ROOM, ["f", "direction"]],
    options: pages,
    line: `GET ${IN_ROOM}/messages`,
    query: { dir: "f" },
    response: PAGE,
    result: [PAGE],
    malformed: MALFORMED_PAGES,
    resolves: list(page),
  },
});
