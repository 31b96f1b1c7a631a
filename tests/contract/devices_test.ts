import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MForbidden } from "../../http/mod.ts";
import { BASE_URL, fakeClient, MXID, refused } from "../support/contract_client.ts";
import { FakeHomeserver, json, matrixError } from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";

const DEVICES = "/_matrix/client/v3/devices";

Deno.test("ClientAPI.createDeviceMsc4190() creates a device and uses it in later requests", async () => {
  const { client, server } = fakeClient(json({}, 201), { user_id: MXID });
  assertEquals(await client.createDeviceMsc4190("A/B é", "Bridge"), undefined);
  assertEquals([server.last.method, server.last.path], ["PUT", `${DEVICES}/A%2FB%20%C3%A9`]);
  assertEquals(Object.fromEntries(server.last.query), { user_id: MXID });
  assertEquals(server.last.body, { display_name: "Bridge" });
  await checkRequest(server.last);
  assertEquals([client.api.asUserId, client.api.asDeviceId, client.deviceId], [MXID, "A/B é", "A/B é"]);
  await client.whoami();
  assertEquals(server.last.query.get("user_id"), MXID);
  assertEquals(server.last.query.get("device_id"), "A/B é");
});

Deno.test("ClientAPI.createDeviceMsc4190() sends no device_id, even while the client acts as a device", async () => {
  const { client, server } = fakeClient(json({}, 201), matrixError(403, "M_FORBIDDEN"));
  client.api.asDeviceId = "BEFORE";
  await client.createDeviceMsc4190("FIRST", "Bridge");
  assertEquals(Object.fromEntries(server.last.query), { user_id: MXID });
  assertEquals([client.api.asDeviceId, client.deviceId], ["FIRST", "FIRST"]);
  await assertRejects(() => client.createDeviceMsc4190("SECOND", "Bridge"), MForbidden);
  assertEquals(Object.fromEntries(server.last.query), { user_id: MXID });
  assertEquals([client.api.asDeviceId, client.deviceId], ["FIRST", "FIRST"]);
});

Deno.test("ClientAPI.createDeviceMsc4190() keeps the device of requests that are sent meanwhile", async () => {
  const { client, server } = fakeClient({ user_id: MXID });
  client.api.asDeviceId = "BEFORE";
  const created = client.createDeviceMsc4190("AFTER", "Bridge");
  await client.whoami();
  await created;
  const devices = server.received.map(({ method, query }) => [method, query.get("device_id")]);
  assertEquals(devices.sort(), [["GET", "BEFORE"], ["PUT", null]]);
});

Deno.test("ClientAPI.createDeviceMsc4190() generates a device ID if none is given", async () => {
  const ids = [];
  for (const given of ["", null, undefined]) {
    const { client, server } = fakeClient({});
    await client.createDeviceMsc4190(given!, "Bridge");
    assertMatch(client.deviceId, /^[A-Za-z0-9_-]{14}$/);
    assertEquals(server.last.path, `${DEVICES}/${client.deviceId}`);
    ids.push(client.deviceId);
  }
  assertNotEquals(ids[0], ids[1]);
});

Deno.test("ClientAPI.createDeviceMsc4190() sends an empty name, and no name for null", async () => {
  for (const [name, body] of [["", { display_name: "" }], [null, {}], [undefined, {}]] as const) {
    const { client, server } = fakeClient({});
    await client.createDeviceMsc4190("D", name!);
    assertEquals(server.last.body, body);
  }
});

Deno.test("ClientAPI.createDeviceMsc4190() does not change client and transport if it fails", async () => {
  for (const before of [undefined, "@other:example.org"]) {
    const { client, server } = fakeClient(matrixError(403, "M_FORBIDDEN"));
    client.api.asUserId = before;
    client.deviceId = "OWN";
    await assertRejects(() => client.createDeviceMsc4190("D", "Bridge"), MForbidden);
    assertEquals(server.last.query.get("user_id"), MXID);
    assertEquals([client.api.asUserId, client.api.asDeviceId, client.deviceId], [before, undefined, "OWN"]);
  }
});

Deno.test("ClientAPI.createDeviceMsc4190() requires mxid, and a device ID that can be a path segment", async () => {
  for (const id of [".", ".."]) {
    await refused((client) => client.createDeviceMsc4190(id, "Bridge"), TypeError);
  }
  const server = new FakeHomeserver();
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await assertRejects(() => client.createDeviceMsc4190("D", "Bridge"), TypeError, "mxid");
  assertEquals([server.received.length, client.api.asUserId], [0, undefined]);
});
