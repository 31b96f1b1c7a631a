import { list, object } from "../../support/shapes.ts";
import { auth } from "./account.ts";
import { type Argument, rows } from "./row.ts";
import { invalid, MXID, OBJECTS, V3, whole } from "./samples.ts";

const DEVICE_ID: Argument = ["D/1", "segment"];
const DEVICE = { device_id: "D", display_name: "Phone", last_seen_ts: 5 };

export const devices = rows({
  getDevices: {
    line: `GET ${V3}/devices`,
    response: { devices: [DEVICE] },
    result: [DEVICE],
    malformed: [...OBJECTS, ...invalid("Invalid `devices` in response: expected array", { devices: {} })],
    resolves: list(),
  },
  getDevice: {
    args: [DEVICE_ID],
    line: `GET ${V3}/devices/D%2F1`,
    ...whole({ device_id: "D/1" }),
    malformed: OBJECTS,
    resolves: object,
  },
  setDeviceName: {
    args: [DEVICE_ID, ["Phone", "text"]],
    line: `PUT ${V3}/devices/D%2F1`,
    body: { display_name: "Phone" },
  },
  deleteDevice: { args: [DEVICE_ID], options: { auth }, line: `DELETE ${V3}/devices/D%2F1`, body: {} },
  deleteDevices: {
    args: [[["D/1", "E"], "list"]],
    options: { auth },
    line: `POST ${V3}/delete_devices`,
    body: { devices: ["D/1", "E"] },
  },
  createDeviceMsc4190: {
    args: [["D/1", "device"], ["Phone", "text?"]],
    line: `PUT ${V3}/devices/D%2F1`,
    query: { user_id: MXID },
    body: { display_name: "Phone" },
  },
});
