import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import type { Filter } from "../../types/mod.ts";
import {
  BASE_URL,
  exchange,
  fakeClient,
  malformed,
  ODD,
  ODD_PATH,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, FakeHomeserver } from "../support/fake_homeserver.ts";

const FILTERS = "/_matrix/client/v3/user/%40alice%3Aexample.org/filter";
const FILTER: Filter = Object.freeze<Filter>({
  event_fields: ["type", "content"],
  event_format: "federation",
  room: { rooms: ["!a:example.org"], timeline: { limit: 3 } },
  "org.example.more": 1,
});

Deno.test("ClientAPI.getFilter() returns a filter unchanged", async () => {
  const { request, result } = await exchange(FILTER, (client) => client.getFilter("0/1"));
  assertEquals(`${request.method} ${request.path}`, `GET ${FILTERS}/0%2F1`);
  assertEquals([...request.query], []);
  assertEquals(result, FILTER);
});

Deno.test("ClientAPI.getFilter() sends the client's own user ID in the path", async () => {
  const { request } = await exchange({}, (client) => {
    client.mxid = ODD.user;
    return client.getFilter("0");
  });
  assertEquals(request.path, `/_matrix/client/v3/user/${ODD_PATH.user}/filter/0`);
});

Deno.test("ClientAPI.getFilter() accepts an unknown event_format, and rejects values that are not objects", async () => {
  const odd = { event_format: "org.example.other" };
  const { result } = await exchange(odd, (client) => client.getFilter("0"), { loose: true });
  assertEquals<unknown>(result, odd);
  for (const response of [[], null, "x"]) {
    await malformed(response, (client) => client.getFilter("0"), "Invalid response: expected object");
  }
});

Deno.test("ClientAPI.createFilter() sends the filter unchanged and returns its ID", async () => {
  const { request, result } = await exchange({ filter_id: "5" }, (client) => client.createFilter(FILTER));
  assertEquals([`${request.method} ${request.path}`, request.body], [`POST ${FILTERS}`, FILTER]);
  assertEquals(result, "5");
  const [, query, body] = await sent({ filter_id: "5" }, (client) => client.createFilter({}));
  assertEquals([query, body], [{}, {}]);
});

Deno.test("ClientAPI.createFilter() is retried after a lost connection", async () => {
  const { client, server } = fakeClient(broken(), { filter_id: "5" });
  assertEquals(await client.createFilter({}), "5");
  assertEquals(server.received.length, 2);
});

Deno.test("ClientAPI.createFilter() rejects a response without a filter_id", async () => {
  await malformed({}, (client) => client.createFilter({}), "`filter_id` not in response.");
  await malformed({ filter_id: null }, (client) => client.createFilter({}), "`filter_id` not in response.");
  const wrong = "Invalid `filter_id` in response: expected string";
  await malformed({ filter_id: 5 }, (client) => client.createFilter({}), wrong);
});

Deno.test("ClientAPI.getFilter() and createFilter() reject invalid arguments", async () => {
  for (const id of ["", ".", "..", null, undefined]) {
    await refused((client) => client.getFilter(id!), TypeError);
  }
  for (const filter of [null, undefined, "x", 5, []]) {
    await refused(
      (client) => client.createFilter(filter as unknown as Filter),
      TypeError,
      "must be an object",
    );
  }
  const server = new FakeHomeserver();
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await assertRejects(() => client.getFilter("0"), TypeError, "mxid is unset");
  await assertRejects(() => client.createFilter({}), TypeError, "mxid is unset");
  assertEquals(server.received.length, 0);
});
