import { inQuery, TIME } from "./options.ts";
import { rows } from "./row.ts";
import { OBJECTS, V3, whole } from "./samples.ts";

export const sync = rows({
  sync: {
    options: {
      since: inQuery("since", "truthy", "s1"),
      timeout: inQuery("timeout", "always", 5, { fallback: 30_000, cases: TIME }),
      filterId: inQuery("filter", "truthy", "1"),
      filter: inQuery("filter", "non-null", { room: {} }, {
        sent: '{"room":{}}',
        cases: [["", TypeError], [0, TypeError], [false, TypeError], [{}, "{}"]],
        apart: true,
      }),
      fullState: inQuery("full_state", "truthy", true),
      setPresence: inQuery("set_presence", "truthy", "offline"),
      useStateAfter: inQuery("use_state_after", "truthy", true),
    },
    given: { timeout: 0 },
    line: `GET ${V3}/sync`,
    query: { timeout: "0" },
    ...whole({ next_batch: "s2" }),
    malformed: OBJECTS,
    ignores: ["retry"],
  },
});
