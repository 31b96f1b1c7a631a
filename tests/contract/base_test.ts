import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Client, ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";
import { HTTPAPI, type HTTPAPIOptions, type Log } from "../../http/mod.ts";
import { BASE_URL, MXID } from "../support/contract_client.ts";
import { FakeHomeserver } from "../support/fake_homeserver.ts";

const FAULTS: Record<string, string> = {
  "": "User ID is empty",
  "alice": "User IDs start with @",
  "alice:example.org": "User IDs start with @",
  "#alice:example.org": "User IDs start with @",
  " @alice:example.org": "User IDs start with @",
  "@": "User ID must contain domain separator",
  "@alice": "User ID must contain domain separator",
  "@alice:": "User ID must contain domain",
  "@:": "User ID must contain domain",
};

Deno.test("ClientAPI.parseUserId() splits at the first colon", () => {
  const cases: Record<string, [string, string]> = {
    "@alice:example.org": ["alice", "example.org"],
    "@alice:example.org:8448": ["alice", "example.org:8448"],
    "@:example.org": ["", "example.org"],
    "@a:[2001:db8::1]:8448": ["a", "[2001:db8::1]:8448"],
    "@Ä b/=+@x:y": ["Ä b/=+@x", "y"],
    "@a::": ["a", ":"],
  };
  for (const [mxid, expected] of Object.entries(cases)) assertEquals(ClientAPI.parseUserId(mxid), expected);
});

Deno.test("ClientAPI.parseUserId() throws an error that describes the fault", () => {
  for (const [mxid, message] of Object.entries(FAULTS)) {
    assertEquals(assertThrows(() => ClientAPI.parseUserId(mxid), SyntaxError).message, message, mxid);
  }
  for (const none of [undefined, null] as unknown as string[]) {
    assertThrows(() => ClientAPI.parseUserId(none), SyntaxError, "User ID is empty");
  }
});

Deno.test("ClientAPI.mxid sets localpart and domain, or changes nothing if it is invalid", () => {
  const client = new ClientAPI({ baseUrl: BASE_URL });
  const identity = () => [client.mxid, client.localpart, client.domain];
  assertEquals(identity(), [undefined, undefined, undefined]);
  client.mxid = "@alice:example.org:8448";
  assertEquals(identity(), ["@alice:example.org:8448", "alice", "example.org:8448"]);
  for (const [mxid, message] of Object.entries(FAULTS)) {
    assertThrows(() => client.mxid = mxid, SyntaxError, message);
    assertEquals(identity(), ["@alice:example.org:8448", "alice", "example.org:8448"]);
  }
  client.mxid = "@:b";
  assertEquals(identity(), ["@:b", "", "b"]);
});

Deno.test("new ClientAPI() creates a transport, and sends nothing", () => {
  const server = new FakeHomeserver();
  const client = new ClientAPI({
    baseUrl: `${BASE_URL}/sub/`,
    token: "token",
    fetch: server.fetch,
    mxid: MXID,
    deviceId: "D",
  });
  assert(client.api instanceof HTTPAPI);
  assertEquals([client.api.baseUrl, client.api.token], [`${BASE_URL}/sub`, "token"]);
  assertEquals([client.mxid, client.deviceId], [MXID, "D"]);
  assertEquals([client.fillMemberEventCallback, client.versionsCache], [undefined, undefined]);
  assertEquals(server.received, []);
});

Deno.test("new ClientAPI() uses a given transport, and ignores transport options", () => {
  const api = new HTTPAPI({ baseUrl: BASE_URL, token: "token" });
  const options = { api, mxid: MXID, baseUrl: "ftp://nowhere", token: "other" } as ClientAPIOptions;
  const client = new ClientAPI(options);
  assertStrictEquals(client.api, api);
  assertEquals([api.baseUrl, api.token, client.deviceId], [BASE_URL, "token", ""]);
});

Deno.test("new ClientAPI() rejects a malformed user ID and a missing base URL", () => {
  for (const [mxid, message] of Object.entries(FAULTS)) {
    if (mxid === "") continue;
    assertThrows(() => new ClientAPI({ baseUrl: BASE_URL, mxid: mxid as "@a:b" }), SyntaxError, message);
  }
  for (const mxid of ["", null, undefined] as unknown as "@a:b"[]) {
    assertEquals(new ClientAPI({ baseUrl: BASE_URL, mxid }).mxid, undefined);
  }
  for (const options of [{}, { baseUrl: "" }, { baseUrl: "example.org" }, { baseUrl: "ftp://example.org" }]) {
    assertThrows(() => new ClientAPI(options as ClientAPIOptions), TypeError);
  }
});

Deno.test("new ClientAPI() and new HTTPAPI() name the missing option if there are no options", () => {
  for (const options of [undefined, null, {}] as unknown as HTTPAPIOptions[]) {
    for (
      const make of [() => new ClientAPI(options), () => new Client(options), () => new HTTPAPI(options)]
    ) {
      assertThrows(make, TypeError, "Cannot use the base URL");
    }
  }
  for (const options of ["https://h", 5, []] as unknown as HTTPAPIOptions[]) {
    assertThrows(() => new ClientAPI(options), TypeError, "Cannot use the options");
    assertThrows(() => new HTTPAPI(options), TypeError, "Cannot use the options");
  }
});

Deno.test("ClientAPI.log is the transport's log", async () => {
  const lines: string[] = [];
  const note = (line: unknown) => void lines.push(String(line));
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const server = new FakeHomeserver().on("*", { user_id: MXID });
  const client = new ClientAPI({ baseUrl: BASE_URL, token: "secret", fetch: server.fetch });
  await client.whoami();
  assertEquals(lines, []);
  client.log = log;
  assertStrictEquals(client.api.log, log);
  await client.whoami();
  assert(lines.length > 0);
  assert(!lines.some((line) => line.includes("secret")));
});

Deno.test("ClientAPI.api and deviceId can be replaced", async () => {
  const server = new FakeHomeserver().on("*", { user_id: MXID, device_id: "D2", access_token: "t2" });
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  client.deviceId = "OWN";
  await client.login({ identifier: "alice", password: "x", storeAccessToken: false });
  assertEquals((server.last.body as Record<string, unknown>).device_id, "OWN");
  client.api.token = "t1";
  client.api.baseUrl = "https://elsewhere.example.org";
  await client.whoami();
  assertEquals(server.last.url, "https://elsewhere.example.org/_matrix/client/v3/account/whoami");
  assertEquals(server.last.headers.get("authorization"), "Bearer t1");
  assertEquals(await client.api.request("GET", "/_matrix/client/v1/anything"), {
    user_id: MXID,
    device_id: "D2",
    access_token: "t2",
  });
  await assertRejects(() => client.setTyping("!r:example.org"), TypeError, "mxid");
});
