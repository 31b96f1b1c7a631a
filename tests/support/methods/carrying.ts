import { MXID } from "../contract_client.ts";
import { DEVICE, invalid, lacking, MASTER, type MethodRow, OBJECTS, PLACE, URI, USER, V3 } from "./row.ts";

/** Media, devices and keys. */
export const carrying: Record<string, MethodRow> = {
  createMxc: {
    call: (client, options) => client.createMxc(options),
    line: "POST /_matrix/media/v1/create",
    body: {},
    answer: { content_uri: URI, unused_expires_at: 5 },
    result: { content_uri: URI, unused_expires_at: 5 },
    malformed: lacking("content_uri"),
  },
  uploadMedia: {
    call: (client, options) => client.uploadMedia("data", { ...options, filename: "a é.txt" }),
    line: "POST /_matrix/media/v3/upload",
    query: { filename: "a é.txt" },
    answer: { content_uri: URI },
    result: URI,
    malformed: lacking("content_uri"),
    bytes: true,
  },
  downloadMedia: {
    call: (client, options) => client.downloadMedia(URI, { ...options, timeoutMs: 5 }),
    line: `GET /_matrix/client/v1/media/download/${PLACE.replace("%3A", ":")}`,
    query: { timeout_ms: "5" },
    result: new TextEncoder().encode("{}"),
    asksVersions: true,
    bytes: true,
  },
  downloadThumbnail: {
    call: (client, options) => client.downloadThumbnail(URI, { ...options, width: 32, height: 0 }),
    line: `GET /_matrix/client/v1/media/thumbnail/${PLACE.replace("%3A", ":")}`,
    query: { width: "32", height: "0" },
    result: new TextEncoder().encode("{}"),
    asksVersions: true,
    bytes: true,
  },
  getUrlPreview: {
    call: (client, options) => client.getUrlPreview("https://example.org/?a=b&c#d", options),
    line: "GET /_matrix/client/v1/media/preview_url",
    query: { url: "https://example.org/?a=b&c#d" },
    answer: { "og:title": "Tea", "og:image:width": 1, "og:image:height": 2 },
    result: { "og:title": "Tea", "og:image:width": 1, "og:image:height": 2 },
    malformed: invalid("Invalid MXOpenGraph in response.", null, [], "text", 5),
    asksVersions: true,
  },
  getMediaRepoConfig: {
    call: (client, options) => client.getMediaRepoConfig(options),
    line: "GET /_matrix/client/v1/media/config",
    answer: { "m.upload.size": 5 },
    result: { "m.upload.size": 5 },
    malformed: invalid("Invalid MediaRepoConfig in response", null, [], "text", { "m.upload.size": "5" }),
    asksVersions: true,
  },
  sendToDevice: {
    call: (client, options) => client.sendToDevice("org.x/y", { [USER]: { "*": { a: 1 } } }, options),
    line: `PUT ${V3}/sendToDevice/org.x%2Fy/txn`,
    body: { messages: { [USER]: { "*": { a: 1 } } } },
  },
  sendToOneDevice: {
    call: (client, options) => client.sendToOneDevice("org.x", USER, "D", { a: 1 }, options),
    line: `PUT ${V3}/sendToDevice/org.x/txn`,
    body: { messages: { [USER]: { D: { a: 1 } } } },
  },
  uploadKeys: {
    call: (client, options) => client.uploadKeys({ ...options, deviceKeys: { ...DEVICE } as never }),
    line: `POST ${V3}/keys/upload`,
    body: { device_keys: DEVICE },
    answer: { one_time_key_counts: { signed_curve25519: 5 } },
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
    call: (client, options) => client.uploadCrossSigningKeys({ master: { ...MASTER } as never }, options),
    line: `POST ${V3}/keys/device_signing/upload`,
    body: { master_key: MASTER },
  },
  uploadOneSignature: {
    call: (client, options) => client.uploadOneSignature(MXID, "D", { ...DEVICE } as never, options),
    line: `POST ${V3}/keys/signatures/upload`,
    body: { [MXID]: { D: DEVICE } },
  },
  uploadManySignatures: {
    call: (client, options) =>
      client.uploadManySignatures({ [MXID]: { D: { ...DEVICE } as never } }, options),
    line: `POST ${V3}/keys/signatures/upload`,
    body: { [MXID]: { D: DEVICE } },
  },
  queryKeys: {
    call: (client, options) => client.queryKeys([USER], options),
    line: `POST ${V3}/keys/query`,
    body: { timeout: 10_000, device_keys: { [USER]: [] } },
    answer: { device_keys: {}, failures: {} },
    result: { device_keys: {}, failures: {} },
    malformed: OBJECTS,
  },
  claimKeys: {
    call: (client, options) => client.claimKeys({ [USER]: { D: "signed_curve25519" } }, options),
    line: `POST ${V3}/keys/claim`,
    body: { timeout: 10_000, one_time_keys: { [USER]: { D: "signed_curve25519" } } },
    answer: { one_time_keys: {} },
    result: { one_time_keys: {} },
    malformed: lacking("one_time_keys", "object"),
  },
};
