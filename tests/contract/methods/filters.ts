import { rows } from "./row.ts";
import { lacking, MY, OBJECTS, whole } from "./samples.ts";

const FILTER = { room: { timeline: { limit: 1 } } };

export const filters = rows({
  getFilter: {
    args: [["a/b", "segment"]],
    line: `GET ${MY}/filter/a%2Fb`,
    ...whole(FILTER),
    malformed: OBJECTS,
  },
  createFilter: {
    args: [[FILTER, "object"]],
    line: `POST ${MY}/filter`,
    body: FILTER,
    response: { filter_id: "7" },
    result: "7",
    malformed: lacking("filter_id"),
  },
});
