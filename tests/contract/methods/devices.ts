import { rows } from "./row.ts";
import { MXID, V3 } from "./samples.ts";

export const devices = rows({
  createDeviceMsc4190: {
    args: [["D/1", "device"], ["Phone", "text?"]],
    line: `PUT ${V3}/devices/D%2F1`,
    query: { user_id: MXID },
    body: { display_name: "Phone" },
  },
});
