import { fields, object } from "../../support/shapes.ts";
import { inBody, TIME, txnId } from "./options.ts";
import { auth } from "./account.ts";
import { rows } from "./row.ts";
import {
  BODY_USER,
  DEVICE,
  invalid,
  lacking,
  MASTER,
  MXID,
  OBJECTS,
  TYPE,
  USER,
  V3,
  whole,
} from "./samples.ts";

const KEY = { "signed_curve25519:A": { key: "key", signatures: {} } };
const timeout = inBody("timeout", "always", 5, { fallback: 10_000, cases: TIME });

const NO_FAILURES = invalid(
  "Invalid `failures` in response: expected object",
  { failures: [] },
  { failures: "x" },
  { failures: 5 },
);

export const keys = rows({
  getKeyChanges: {
    args: [["s1", "id"], ["s2", "id"]],
    line: `GET ${V3}/keys/changes`,
    query: { from: "s1", to: "s2" },
    ...whole({ changed: [MXID], left: [] }),
    malformed: OBJECTS,
  },
  sendToDevice: {
    args: [TYPE, [{ [USER[0] as string]: { "*": { a: 1 } } }, "object"]],
    options: { txnId },
    line: `PUT ${V3}/sendToDevice/org.x%2Fy/txn`,
    body: { messages: { [USER[0] as string]: { "*": { a: 1 } } } },
  },
  sendToOneDevice: {
    args: [TYPE, BODY_USER, ["D", "id"], [{ a: 1 }, "object"]],
    options: { txnId },
    line: `PUT ${V3}/sendToDevice/org.x%2Fy/txn`,
    body: { messages: { [USER[0] as string]: { D: { a: 1 } } } },
  },
  uploadKeys: {
    options: {
      oneTimeKeys: inBody("one_time_keys", "truthy", KEY),
      deviceKeys: inBody("device_keys", "truthy", { ...DEVICE, algorithms: [], keys: {}, signatures: {} }),
      fallbackKeys: inBody("fallback_keys", "truthy", KEY),
    },
    given: { deviceKeys: DEVICE },
    line: `POST ${V3}/keys/upload`,
    body: { device_keys: DEVICE },
    response: { one_time_key_counts: { signed_curve25519: 5 } },
    result: { signed_curve25519: 5 },
    malformed: [
      ...OBJECTS,
      ...invalid("`one_time_key_counts` not in response.", {}, { one_time_key_counts: null }),
      ...invalid("Invalid `one_time_key_counts` field in response.", { one_time_key_counts: [] }, {
        one_time_key_counts: 5,
      }),
    ],
  },
  uploadCrossSigningKeys: {
    args: [[{ master: MASTER }, "object"]],
    options: { auth },
    line: `POST ${V3}/keys/device_signing/upload`,
    body: { master_key: MASTER },
  },
  uploadOneSignature: {
    args: [[MXID, "id"], ["D", "id"], [DEVICE, "object"]],
    line: `POST ${V3}/keys/signatures/upload`,
    body: { [MXID]: { D: DEVICE } },
    response: { failures: {} },
    result: {},
    malformed: [...OBJECTS, ...NO_FAILURES],
    resolves: object,
  },
  uploadManySignatures: {
    args: [[{ [MXID]: { D: DEVICE } }, "object"]],
    line: `POST ${V3}/keys/signatures/upload`,
    body: { [MXID]: { D: DEVICE } },
    response: { failures: {} },
    result: {},
    malformed: [...OBJECTS, ...NO_FAILURES],
    resolves: object,
  },
  queryKeys: {
    args: [[[USER[0]], "users"]],
    options: { token: inBody("token", "truthy", "s1"), timeout },
    line: `POST ${V3}/keys/query`,
    body: { timeout: 10_000, device_keys: { [USER[0] as string]: [] } },
    ...whole({ device_keys: {}, failures: {} }),
    malformed: OBJECTS,
  },
  claimKeys: {
    args: [[{ [USER[0] as string]: { D: "signed_curve25519" } }, "object"]],
    options: { timeout },
    line: `POST ${V3}/keys/claim`,
    body: { timeout: 10_000, one_time_keys: { [USER[0] as string]: { D: "signed_curve25519" } } },
    ...whole({ one_time_keys: {} }),
    malformed: lacking("one_time_keys", "object"),
    resolves: fields({ one_time_keys: object }),
  },
});
