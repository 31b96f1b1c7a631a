import { list, object } from "../../support/shapes.ts";
import { inBody, inQuery } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { ANY_EVENT, invalid, OBJECTS, V3 } from "./samples.ts";

const TERM: Argument = ["tea", "id"];
const RESULTS = { count: 1, results: [{ rank: 1, result: ANY_EVENT }] };
const criterion = (name: string) => ["search_categories", "room_events", name];
const call = {
  args: [TERM],
  options: {
    keys: inBody(criterion("keys"), "truthy", ["content.body"]),
    filter: inBody(criterion("filter"), "non-null", { limit: 5 }),
    orderBy: inBody(criterion("order_by"), "truthy", "recent"),
    eventContext: inBody(criterion("event_context"), "non-null", { before_limit: 1 }),
    includeState: inBody(criterion("include_state"), "non-null", true),
    groupings: inBody(criterion("groupings"), "truthy", [{ key: "room_id" }], {
      sent: { group_by: [{ key: "room_id" }] },
    }),
    nextBatch: inQuery("next_batch", "truthy", "t1"),
  },
  line: `POST ${V3}/search`,
  body: { search_categories: { room_events: { search_term: "tea" } } },
  response: { search_categories: { room_events: RESULTS } },
  malformed: [
    ...OBJECTS,
    ...invalid("`search_categories` not in response.", {}, { search_categories: null }),
    ...invalid("Invalid response: expected object", { search_categories: { room_events: [] } }),
  ],
} as const;

export const search = rows({
  searchEvents: { ...call, result: RESULTS, resolves: object },
  iterateSearch: { ...call, result: [RESULTS], resolves: list(object) },
});
