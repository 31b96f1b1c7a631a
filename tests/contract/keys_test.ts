import { assertEquals, assertNotEquals, assertRejects, unreachable } from "@std/assert";
import { ClientAPI, type SendToDeviceOptions } from "../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MatrixTimeoutError,
  MatrixUIARequired,
  MInvalidSignature,
  MNotFound,
} from "../../http/mod.ts";
import type { CrossSigningKeys, DeviceKeys, UserID } from "../../types/mod.ts";
import {
  BASE_URL,
  exchange,
  fakeClient,
  malformed,
  MXID,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, FakeHomeserver, json, matrixError, silence } from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";

const V3 = "/_matrix/client/v3";
const BOB = "@bob:example.org";
const DEVICE: DeviceKeys = Object.freeze<DeviceKeys>({
  user_id: MXID,
  device_id: "ALICE1",
  algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
  keys: { "curve25519:ALICE1": "curve", "ed25519:ALICE1": "ed" },
  signatures: { [MXID]: { "ed25519:ALICE1": "signature" } },
});
const ONE_TIME = Object.freeze({
  "signed_curve25519:AAAAHQ": { key: "key", signatures: { [MXID]: { "ed25519:ALICE1": "signature" } } },
});
const FALLBACK = Object.freeze({
  "signed_curve25519:AAAAGj": {
    fallback: true,
    key: "key",
    signatures: { [MXID]: { "ed25519:ALICE1": "signature" } },
  },
});
const MASTER: CrossSigningKeys = Object.freeze<CrossSigningKeys>({
  user_id: MXID,
  usage: ["master"],
  keys: { "ed25519:master": "master" },
});
const COUNTS = { one_time_key_counts: { signed_curve25519: 50, curve25519: 0 } };

Deno.test("ClientAPI.sendToDevice() sends messages by user and device under a fresh transaction ID", async () => {
  const messages = Object.freeze({
    [BOB]: Object.freeze({ "*": Object.freeze({ any: "thing" }), BOB1: {} }),
  });
  const { client, server } = fakeClient({});
  assertEquals(await client.sendToDevice("org.example/a b", messages), undefined);
  await client.sendToDevice("org.example/a b", messages);
  const [first, second] = server.received;
  const [, txnId] = /^\/_matrix\/client\/v3\/sendToDevice\/org\.example%2Fa%20b\/([^/]+)$/.exec(first!.path)!;
  assertEquals([first!.method, first!.body], ["PUT", { messages }]);
  assertNotEquals(first!.path, second!.path);
  assertEquals(typeof txnId, "string");
  await checkRequest(first!);
});

Deno.test("ClientAPI.sendToDevice() keeps its transaction ID over all attempts, and accepts one", async () => {
  const { client, server } = fakeClient(broken(), {});
  await client.sendToDevice("org.example.a", {});
  assertEquals(server.received.length, 2);
  assertEquals(server.received[0]!.path, server.received[1]!.path);
  assertEquals(server.last.body, { messages: {} });
  await client.sendToDevice("org.example.a", {}, { txnId: "a/b" });
  assertEquals(server.last.path, `${V3}/sendToDevice/org.example.a/a%2Fb`);
  for (const none of [undefined, null, ""]) {
    const before = server.last.path;
    await client.sendToDevice("org.example.a", {}, { txnId: none! });
    assertNotEquals(server.last.path, before);
  }
});

Deno.test("ClientAPI.sendToDevice() accepts content of known and unknown types", async () => {
  const { client } = fakeClient({});
  await client.sendToDevice("m.room_key.withheld", {
    [BOB]: { "*": { algorithm: "m.megolm.v1.aes-sha2", sender_key: "key", code: "m.unverified" } },
  });
  await client.sendToDevice<{ n: number }>("org.example.a", { [BOB]: { "*": { n: 1 } } });
});

Deno.test("ClientAPI.sendToOneDevice() sends through sendToDevice(), which can be overridden", async () => {
  const [line, , body] = await sent(
    {},
    (client) => client.sendToOneDevice("m.dummy", BOB, "*", {}, { txnId: "1" }),
  );
  assertEquals(line, `PUT ${V3}/sendToDevice/m.dummy/1`);
  assertEquals(body, { messages: { [BOB]: { "*": {} } } });

  const calls: unknown[] = [];
  class Recording extends ClientAPI {
    override sendToDevice(type: string, messages: object, options?: SendToDeviceOptions): Promise<void> {
      calls.push([type, messages, options]);
      return Promise.resolve();
    }
  }
  const client = new Recording({ baseUrl: BASE_URL, fetch: new FakeHomeserver().fetch });
  await client.sendToOneDevice("org.example.a", BOB, "B/1", { a: 1 }, { txnId: "2" });
  assertEquals(calls, [["org.example.a", { [BOB]: { "B/1": { a: 1 } } }, { txnId: "2" }]]);
});

Deno.test("ClientAPI.sendToDevice() and sendToOneDevice() reject invalid arguments", async () => {
  for (const type of ["", ".", null, undefined]) {
    await refused((client) => client.sendToDevice(type!, {}), TypeError);
    await refused((client) => client.sendToOneDevice(type!, BOB, "B", {}), TypeError);
  }
  for (const bad of [null, undefined, "x", [], new Map()]) {
    await refused((client) => client.sendToDevice("a", bad as unknown as Record<UserID, never>), TypeError);
    await refused((client) => client.sendToOneDevice("a", BOB, "B", bad as unknown as object), TypeError);
  }
  for (const id of ["", null, undefined, 5]) {
    await refused((client) => client.sendToOneDevice("a", id as UserID, "B", {}), TypeError, "user ID");
    await refused((client) => client.sendToOneDevice("a", BOB, id as string, {}), TypeError, "device ID");
  }
  await refused((client) => client.sendToDevice("a", {}, { txnId: ".." }), TypeError);
});

Deno.test("ClientAPI.uploadKeys() sends the given keys and returns the counts", async () => {
  const { request, result } = await exchange(
    COUNTS,
    (client) => client.uploadKeys({ oneTimeKeys: ONE_TIME, deviceKeys: DEVICE, fallbackKeys: FALLBACK }),
  );
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/keys/upload`);
  assertEquals(request.body, { one_time_keys: ONE_TIME, device_keys: DEVICE, fallback_keys: FALLBACK });
  assertEquals(result, COUNTS.one_time_key_counts);
});

Deno.test("ClientAPI.uploadKeys() omits empty keys, and requests the counts without any", async () => {
  for (const none of [undefined, null, {}, "", 0, false]) {
    for (const name of ["oneTimeKeys", "deviceKeys", "fallbackKeys"]) {
      const { request } = await exchange(COUNTS, (client) => client.uploadKeys({ [name]: none }));
      assertEquals(request.text, "{}");
    }
  }
  assertEquals((await exchange(COUNTS, (client) => client.uploadKeys())).request.text, "{}");
});

Deno.test("ClientAPI.uploadKeys() and claimKeys() are not retried after a lost connection", async () => {
  for (
    const call of [
      (client: ClientAPI) => client.uploadKeys({ oneTimeKeys: ONE_TIME }),
      (client: ClientAPI) => client.claimKeys({ [BOB]: { B: "signed_curve25519" } }),
    ]
  ) {
    const { client, server } = fakeClient(broken(), COUNTS);
    await assertRejects(() => call(client), MatrixConnectionError);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("ClientAPI.uploadKeys() rejects a response without counts", async () => {
  for (const response of [{}, { one_time_key_counts: null }]) {
    await malformed(response, (client) => client.uploadKeys(), "`one_time_key_counts` not in response.");
  }
  for (const counts of [5, "x", []]) {
    await malformed(
      { one_time_key_counts: counts },
      (client) => client.uploadKeys(),
      "Invalid `one_time_key_counts` field in response.",
    );
  }
  await malformed([], (client) => client.uploadKeys(), "Invalid response: expected object");
});

Deno.test("ClientAPI.uploadCrossSigningKeys() sends each key under its usage", async () => {
  const self = { ...MASTER, usage: ["self_signing"] };
  const user = { ...MASTER, usage: ["user_signing"] };
  const keys = Object.freeze({ master: MASTER, self_signing: self, user_signing: user });
  const [line, query, body] = await sent({}, (client) => client.uploadCrossSigningKeys(keys));
  assertEquals([line, query], [`POST ${V3}/keys/device_signing/upload`, {}]);
  assertEquals(body, { master_key: MASTER, self_signing_key: self, user_signing_key: user });
  const auth = { type: "m.login.password", session: "1", password: "secret" };
  const [, , other] = await sent(
    {},
    (client) =>
      client.uploadCrossSigningKeys({ master: undefined, user_signing: null!, self_signing: self }, { auth }),
  );
  assertEquals(other, { self_signing_key: self, auth });
});

Deno.test("ClientAPI.uploadCrossSigningKeys() sends auth that is not empty", async () => {
  for (const auth of [undefined, null, {}, "", 0, false]) {
    const [, , body] = await sent(
      {},
      (client) => client.uploadCrossSigningKeys({ master: MASTER }, { auth: auth as Record<string, never> }),
    );
    assertEquals(body, { master_key: MASTER });
  }
});

Deno.test("ClientAPI.uploadCrossSigningKeys() throws MatrixUIARequired if authentication is required", async () => {
  const challenge = { flows: [{ stages: ["m.login.password"] }], session: "s", params: {} };
  const { client, server } = fakeClient(json(challenge, 401), {});
  const error = await assertRejects(
    () => client.uploadCrossSigningKeys({ master: MASTER }),
    MatrixUIARequired,
  );
  assertEquals([error.session, error.flows], ["s", [{ stages: ["m.login.password"] }]]);
  const auth = { type: "m.login.password", session: error.session, password: "secret" };
  assertEquals(await client.uploadCrossSigningKeys({ master: MASTER }, { auth }), undefined);
  assertEquals((server.last.body as { auth: unknown }).auth, auth);
  const invalid = fakeClient(matrixError(400, "M_INVALID_SIGNATURE"));
  await assertRejects(() => invalid.client.uploadCrossSigningKeys({}), MInvalidSignature);
});

Deno.test("ClientAPI.uploadCrossSigningKeys() keeps auth out of the log", async () => {
  const lines: string[] = [];
  const take = (...data: unknown[]) => void lines.push(data.join(" "));
  const { client } = fakeClient({});
  client.log = { debug: take, info: take, warn: take, error: take };
  await client.uploadCrossSigningKeys({ master: MASTER }, { auth: { type: "x", pin: "s3cret" } });
  assertEquals(lines.some((line) => line.includes("s3cret")), false);
});

Deno.test("ClientAPI.uploadOneSignature() sends through uploadManySignatures()", async () => {
  const [line, , body] = await sent(
    { failures: {} },
    (client) => client.uploadOneSignature(MXID, "ALICE1", DEVICE),
  );
  assertEquals(line, `POST ${V3}/keys/signatures/upload`);
  assertEquals(body, { [MXID]: { ALICE1: DEVICE } });
  const [, , cross] = await sent({}, (client) => client.uploadOneSignature(MXID, "master", MASTER));
  assertEquals(cross, { [MXID]: { master: MASTER } });
  for (const id of ["", null]) {
    await refused((client) => client.uploadOneSignature(id as UserID, "D", DEVICE), TypeError, "user ID");
    await refused((client) => client.uploadOneSignature(MXID, id!, DEVICE), TypeError, "device ID");
  }
  await refused((client) => client.uploadOneSignature(MXID, "D", null!), TypeError, "keys");
});

Deno.test("ClientAPI.uploadManySignatures() returns the rejected signatures, and logs nothing", async () => {
  const failures = { [MXID]: { ALICE1: { errcode: "M_INVALID_SIGNATURE", error: "No" } } };
  const { client, server } = fakeClient({ failures }, { failures: {} }, { failures: null }, {});
  client.log = { ...client.log, warn: () => unreachable() };
  const signatures = Object.freeze({ [MXID]: { ALICE1: DEVICE, master: MASTER } });
  assertEquals<unknown>(await client.uploadManySignatures(signatures), failures);
  assertEquals(server.last.body, signatures);
  for (let i = 0; i < 3; i++) assertEquals(await client.uploadManySignatures(signatures), {});
  for (const bad of [null, undefined, "x", [], { "!room:example.org": {} }]) {
    await refused(
      (client) => client.uploadManySignatures(bad as unknown as Record<UserID, never>),
      TypeError,
    );
  }
});

Deno.test("ClientAPI.uploadOneSignature() rejects with the class of a failure's error code", async () => {
  const upload = (failure: unknown) => {
    const { client } = fakeClient({ failures: { [MXID]: { ALICE1: failure } } });
    return client.uploadOneSignature(MXID, "ALICE1", DEVICE);
  };
  const invalid = await assertRejects(
    () => upload({ errcode: "M_INVALID_SIGNATURE", error: "Wrong signature" }),
    MInvalidSignature,
  );
  assertEquals([invalid.status, invalid.serverMessage], [200, "Wrong signature"]);
  // Synapse sends this.
  const missing = await assertRejects(
    () => upload({ status: 404, errcode: "M_NOT_FOUND", message: "404: No self_signing key found" }),
    MNotFound,
  );
  assertEquals([missing.status, missing.serverMessage], [404, "404: No self_signing key found"]);
  for (const failure of [{}, null, 5, "M_FORBIDDEN", { errcode: 5 }]) {
    await assertRejects(() => upload(failure), MatrixRequestError);
  }
});

Deno.test("ClientAPI.queryKeys() accepts arrays, sets and maps, and always sends a timeout", async () => {
  const response = { device_keys: { [MXID]: { ALICE1: DEVICE } }, failures: {}, "org.example.more": 1 };
  const { request, result } = await exchange(response, (client) => client.queryKeys([MXID, BOB]));
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/keys/query`);
  assertEquals(request.body, { timeout: 10_000, device_keys: { [MXID]: [], [BOB]: [] } });
  assertEquals<unknown>(result, response);
  const devices = Object.freeze({ [BOB]: Object.freeze(["B1"]) });
  for (
    const [given, device_keys] of [
      [new Set<UserID>([BOB]), { [BOB]: [] }],
      [Object.freeze([]), {}],
      [devices, devices],
      [{}, {}],
    ] as const
  ) {
    const [, , body] = await sent({}, (client) => client.queryKeys(given, { timeout: 0, token: "s1" }));
    assertEquals(body, { timeout: 0, device_keys, token: "s1" });
  }
});

Deno.test("ClientAPI.queryKeys() sends a truthy token, and a timeout of 10 s by default", async () => {
  for (const none of [undefined, null, ""]) {
    const [, , body] = await sent({}, (client) => client.queryKeys([], { token: none!, timeout: null! }));
    assertEquals(body, { timeout: 10_000, device_keys: {} });
  }
});

Deno.test("ClientAPI.queryKeys() is retried, and adds its timeout to the deadline as claimKeys() does", async () => {
  const { client, server } = fakeClient(broken(), {});
  await client.queryKeys([BOB]);
  assertEquals(server.received.length, 2);
  for (
    const call of [
      (client: ClientAPI) => client.queryKeys([BOB], { timeout: 20, deadline: 10, retry: { limit: 0 } }),
      (client: ClientAPI) => client.claimKeys({}, { timeout: 20, deadline: 10 }),
    ]
  ) {
    const { client } = fakeClient(silence());
    await assertRejects(() => call(client), MatrixTimeoutError, "within 30 ms");
  }
});

Deno.test("ClientAPI.queryKeys() does not validate the devices in the response", async () => {
  const response = { device_keys: { [BOB]: { B1: { keys: { nocolon: 5 } }, B2: null } } };
  const { result } = await exchange(response, (client) => client.queryKeys([BOB]), { loose: true });
  assertEquals<unknown>(result, response);
  await malformed([], (client) => client.queryKeys([BOB]), "Invalid response: expected object");
});

Deno.test("ClientAPI.queryKeys() and claimKeys() reject invalid arguments", async () => {
  for (const bad of [null, undefined, BOB, 5]) {
    await refused((client) => client.queryKeys(bad as unknown as UserID[]), TypeError);
    await refused((client) => client.claimKeys(bad as unknown as Record<UserID, never>), TypeError);
  }
  for (const bad of [[""], [null], [5], new Map([[BOB, []]])]) {
    await refused((client) => client.queryKeys(bad as UserID[]), TypeError, "user ID");
  }
  await refused((client) => client.claimKeys([] as unknown as Record<UserID, never>), TypeError);
  for (const timeout of [-1, NaN, Infinity, 1.5, "5"]) {
    await refused((client) => client.queryKeys([], { timeout: timeout as number }), RangeError);
    await refused((client) => client.claimKeys({}, { timeout: timeout as number }), RangeError);
  }
});

Deno.test("ClientAPI.claimKeys() claims a key for each device", async () => {
  const wanted = Object.freeze({ [BOB]: Object.freeze({ B1: "signed_curve25519" }) });
  const response = { one_time_keys: { [BOB]: { B1: ONE_TIME } }, failures: {} };
  const { request, result } = await exchange(response, (client) => client.claimKeys(wanted));
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/keys/claim`);
  assertEquals(request.body, { timeout: 10_000, one_time_keys: wanted });
  assertEquals<unknown>(result, response);
  const [, , body] = await sent({ one_time_keys: {} }, (client) => client.claimKeys({}, { timeout: 0 }));
  assertEquals(body, { timeout: 0, one_time_keys: {} });
});

Deno.test("ClientAPI.claimKeys() rejects a response without one_time_keys", async () => {
  await malformed({}, (client) => client.claimKeys({}), "`one_time_keys` not in response.");
  await malformed(
    { one_time_keys: [] },
    (client) => client.claimKeys({}),
    "Invalid `one_time_keys` in response: expected object",
  );
});
