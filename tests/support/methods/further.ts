import { ODD_PATH } from "../contract_client.ts";
import { type MethodRow, OBJECTS, USER, V3 } from "./row.ts";

/** What the contract does not have. */
export const further: Record<string, MethodRow> = {
  getProfileField: {
    call: (client, options) => client.getProfileField(USER, "m.tz", options),
    line: `GET ${V3}/profile/${ODD_PATH.user}/m.tz`,
    answer: { "m.tz": "Europe/Lisbon" },
    result: "Europe/Lisbon",
    malformed: OBJECTS,
  },
  setProfileField: {
    call: (client, options) => client.setProfileField("m.tz", "Europe/Lisbon", options),
    line: `PUT ${V3}/profile/%40alice%3Aexample.org/m.tz`,
    body: { "m.tz": "Europe/Lisbon" },
  },
  deleteProfileField: {
    call: (client, options) => client.deleteProfileField("m.tz", options),
    line: `DELETE ${V3}/profile/%40alice%3Aexample.org/m.tz`,
    body: {},
  },
};
