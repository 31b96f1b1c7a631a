import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type GetRoomDirectoryOptions, type RemoveRoomAliasOptions } from "../../client/mod.ts";
import { MatrixRequestError, MForbidden, MNotFound, MRoomInUse, MUnknown } from "../../http/mod.ts";
import {
  BASE_URL,
  exchange,
  fakeClient,
  malformed,
  MXID,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, FakeHomeserver, json, matrixError, text } from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";

const ROOM = "!room:example.org";
const V3 = "/_matrix/client/v3";
const ALIAS = `${V3}/directory/room/%23tea%3Aexample.org`;
const LIST = `${V3}/directory/list/room/%21room%3Aexample.org`;
const TAKEN = matrixError(409, "M_UNKNOWN", { error: "Room alias #tea:example.org already exists" });

Deno.test("ClientAPI.addRoomAlias() sends an alias of the user's own server", async () => {
  const { request, result } = await exchange({}, (client) => client.addRoomAlias(ROOM, "tea"));
  assertEquals(`${request.method} ${request.path}`, `PUT ${ALIAS}`);
  assertEquals(request.body, { room_id: ROOM });
  assertStrictEquals(result, undefined);
  const [line] = await sent({}, (client) => client.addRoomAlias(ROOM, "a/b?é"));
  assertEquals(line, `PUT ${V3}/directory/room/%23a%2Fb%3F%C3%A9%3Aexample.org`);
});

Deno.test("ClientAPI.addRoomAlias() throws MRoomInUse for any 409", async () => {
  for (
    const response of [
      TAKEN,
      matrixError(409, "M_ROOM_IN_USE"),
      matrixError(409, "M_FORBIDDEN"),
      text("taken", 409),
    ]
  ) {
    for (const override of [undefined, null, false]) {
      const { client, server } = fakeClient(response);
      const error = await assertRejects(
        () => client.addRoomAlias(ROOM, "tea", { override: override as false }),
        MRoomInUse,
      );
      assertEquals([error.status, error.errcode, error.method, error.path], [
        409,
        "M_ROOM_IN_USE",
        "PUT",
        ALIAS,
      ]);
      assertInstanceOf(error.cause, MatrixRequestError);
      assertEquals(error.message, error.cause.message);
      assertEquals(error.body, error.cause.body);
      assertEquals(server.received.length, 1);
    }
  }
  const { client } = fakeClient(TAKEN);
  const error = await assertRejects(() => client.addRoomAlias(ROOM, "tea"), MRoomInUse);
  assertEquals(error.serverMessage, "Room alias #tea:example.org already exists");
  assertEquals(error.body?.errcode, "M_UNKNOWN");
});

Deno.test("ClientAPI.addRoomAlias() with override removes the alias and retries", async () => {
  for (const removed of [{}, matrixError(404, "M_NOT_FOUND")]) {
    const { client, server } = fakeClient(TAKEN, removed, {});
    await client.addRoomAlias(ROOM, "tea", { override: true, headers: { "x-test": "1" } });
    assertEquals(server.received.map(({ method, path, body }) => [method, path, body]), [
      ["PUT", ALIAS, { room_id: ROOM }],
      ["DELETE", ALIAS, {}],
      ["PUT", ALIAS, { room_id: ROOM }],
    ]);
    for (const request of server.received) {
      await checkRequest(request);
      assertEquals(request.headers.get("x-test"), "1");
    }
  }
});

Deno.test("ClientAPI.addRoomAlias() with override throws errors of the removal and of the retry", async () => {
  const again = fakeClient(TAKEN, {}, TAKEN);
  const error = await assertRejects(
    () => again.client.addRoomAlias(ROOM, "tea", { override: true }),
    MUnknown,
  );
  assertEquals([error.status, again.server.received.length], [409, 3]);
  const kept = fakeClient(TAKEN, matrixError(403, "M_FORBIDDEN"));
  await assertRejects(() => kept.client.addRoomAlias(ROOM, "tea", { override: true }), MForbidden);
  assertEquals(kept.server.received.length, 2);
});

Deno.test("ClientAPI.addRoomAlias() throws all other errors", async () => {
  for (const override of [true, false]) {
    const { client, server } = fakeClient(matrixError(403, "M_FORBIDDEN"), {});
    await assertRejects(() => client.addRoomAlias(ROOM, "tea", { override }), MForbidden);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("ClientAPI.addRoomAlias() with override calls removeRoomAlias() of subclasses", async () => {
  const removed: string[] = [];
  class Own extends ClientAPI {
    override removeRoomAlias(localpart: string, options?: RemoveRoomAliasOptions): Promise<void> {
      assertStrictEquals(options?.raise404, undefined);
      removed.push(localpart);
      return Promise.resolve();
    }
  }
  const server = new FakeHomeserver().on("*", TAKEN, {});
  await new Own({ baseUrl: BASE_URL, mxid: MXID, fetch: server.fetch }).addRoomAlias(ROOM, "tea", {
    override: true,
  });
  assertEquals(removed, ["tea"]);
});

Deno.test("ClientAPI.removeRoomAlias() deletes an alias of the user's own server", async () => {
  const { request, result } = await exchange({}, (client) => client.removeRoomAlias("tea"));
  assertEquals(`${request.method} ${request.path}`, `DELETE ${ALIAS}`);
  assertEquals(request.text, "{}");
  assertStrictEquals(result, undefined);
});

Deno.test("ClientAPI.removeRoomAlias() ignores an unknown alias unless raise404 is set", async () => {
  const missing = matrixError(404, "M_NOT_FOUND");
  for (const raise404 of [undefined, null, false]) {
    await fakeClient(missing).client.removeRoomAlias("tea", { raise404: raise404 as false });
  }
  await assertRejects(() => fakeClient(missing).client.removeRoomAlias("tea", { raise404: true }), MNotFound);
  for (
    const response of [json({}, 404), matrixError(404, "M_UNRECOGNIZED"), matrixError(403, "M_FORBIDDEN")]
  ) {
    const error = await assertRejects(
      () => fakeClient(response).client.removeRoomAlias("tea"),
      MatrixRequestError,
    );
    assertEquals(error instanceof MNotFound, false);
  }
});

Deno.test("ClientAPI.addRoomAlias() and removeRoomAlias() require a user ID and a localpart", async () => {
  const server = new FakeHomeserver().on("*", {});
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await assertRejects(() => client.addRoomAlias(ROOM, "tea"), TypeError, "mxid");
  await assertRejects(() => client.removeRoomAlias("tea"), TypeError, "mxid");
  assertEquals(server.received.length, 0);
  for (const wrong of ["", null, undefined]) {
    await refused((client) => client.addRoomAlias(ROOM, wrong as string), TypeError, "alias localpart");
    await refused((client) => client.removeRoomAlias(wrong as string), TypeError, "alias localpart");
    await refused((client) => client.addRoomAlias(wrong as "!a", "tea"), TypeError, "room ID");
  }
});

Deno.test("ClientAPI.resolveRoomAlias() returns the room ID and servers of a full alias", async () => {
  const response = { room_id: ROOM, servers: ["example.org"], "org.example.a": 1 };
  const { request, result } = await exchange(
    response,
    (client) => client.resolveRoomAlias("#tea:other.example:8448"),
  );
  assertEquals(`${request.method} ${request.path}`, `GET ${V3}/directory/room/%23tea%3Aother.example%3A8448`);
  assertEquals<unknown>(result, response);
  assertEquals(await fakeClient({}).client.resolveRoomAlias("#tea:example.org"), {});
  await malformed([], (client) => client.resolveRoomAlias("#a:b"), "Invalid response: expected object");
  await assertRejects(
    () => fakeClient(matrixError(404, "M_NOT_FOUND")).client.resolveRoomAlias("#a:b"),
    MNotFound,
  );
  await refused((client) => client.resolveRoomAlias("" as "#a:b"), TypeError);
});

Deno.test("ClientAPI.getRoomDirectoryVisibility() returns the visibility", async () => {
  for (const visibility of ["public", "private"]) {
    const { request, result } = await exchange(
      { visibility },
      (client) => client.getRoomDirectoryVisibility(ROOM),
    );
    assertEquals(`${request.method} ${request.path}`, `GET ${LIST}`);
    assertEquals<string>(result, visibility);
  }
  const other = { visibility: "org.example.secret" };
  assertEquals<string>(await fakeClient(other).client.getRoomDirectoryVisibility(ROOM), "org.example.secret");
});

Deno.test("ClientAPI.getRoomDirectoryVisibility() rejects a response without a visibility", async () => {
  const get = (client: ClientAPI) => client.getRoomDirectoryVisibility(ROOM);
  for (const response of [{}, { visibility: null }]) {
    await malformed(response, get, "`visibility` not in response.");
  }
  await malformed({ visibility: 5 }, get, "Invalid value for `visibility` in response: 5");
  await malformed({ visibility: ["public"] }, get, 'Invalid value for `visibility` in response: ["public"]');
  await malformed([], get, "Invalid response: expected object");
});

Deno.test("ClientAPI.setRoomDirectoryVisibility() sends the visibility", async () => {
  for (const visibility of ["public", "private"] as const) {
    const { request, result } = await exchange(
      {},
      (client) => client.setRoomDirectoryVisibility(ROOM, visibility),
    );
    assertEquals(`${request.method} ${request.path}`, `PUT ${LIST}`);
    assertEquals(request.body, { visibility });
    assertStrictEquals(result, undefined);
  }
  for (const wrong of ["", null, undefined, true]) {
    await refused(
      (client) => client.setRoomDirectoryVisibility(ROOM, wrong as "public"),
      TypeError,
      "visibility",
    );
  }
});

const PUBLIC_ROOM = { room_id: ROOM, num_joined_members: 0, world_readable: false, guest_can_join: true };
const ROOMS = {
  chunk: [{ ...PUBLIC_ROOM, name: "Tea", "org.example.a": 1 }],
  next_batch: "b",
  total_room_count_estimate: 1,
};

/** Returns line, query and body of a request for the directory. */
function directory(options?: Record<string, unknown>): Promise<[string, Record<string, string>, unknown]> {
  return sent(ROOMS, (client) => client.getRoomDirectory(options as GetRoomDirectoryOptions));
}

Deno.test("ClientAPI.getRoomDirectory() returns the list", async () => {
  const { request, result } = await exchange(ROOMS, (client) => client.getRoomDirectory());
  assertEquals(`${request.method} ${request.path}`, `GET ${V3}/publicRooms`);
  assertEquals([...request.query], []);
  assertEquals(request.text, "");
  assertEquals<unknown>(result, ROOMS);
});

Deno.test("ClientAPI.getRoomDirectory() sends limit and since as query with GET", async () => {
  assertEquals(await directory({ limit: 5, since: "b", server: "other.example" }), [
    `GET ${V3}/publicRooms`,
    { limit: "5", since: "b", server: "other.example" },
    undefined,
  ]);
  assertEquals(await directory({ limit: 0, since: "", server: "" }), [
    `GET ${V3}/publicRooms`,
    { limit: "0", since: "", server: "" },
    undefined,
  ]);
  for (const none of [null, undefined]) {
    const options = {
      limit: none,
      since: none,
      server: none,
      searchQuery: none,
      includeAllNetworks: none,
      thirdPartyInstanceId: none,
    };
    assertEquals(await directory(options), [`GET ${V3}/publicRooms`, {}, undefined]);
  }
});

Deno.test("ClientAPI.getRoomDirectory() sends a POST if there is a filter", async () => {
  const line = `POST ${V3}/publicRooms`;
  assertEquals(
    await directory({
      limit: 5,
      since: "b",
      server: "other.example",
      searchQuery: "tea",
      includeAllNetworks: true,
      thirdPartyInstanceId: "irc",
    }),
    [line, { server: "other.example" }, {
      limit: 5,
      since: "b",
      filter: { generic_search_term: "tea" },
      include_all_networks: true,
      third_party_instance_id: "irc",
    }],
  );
  assertEquals(await directory({ searchQuery: "" }), [line, {}, { filter: { generic_search_term: "" } }]);
  assertEquals(await directory({ includeAllNetworks: false }), [line, {}, { include_all_networks: false }]);
  assertEquals(await directory({ thirdPartyInstanceId: "" }), [line, {}, { third_party_instance_id: "" }]);
  assertEquals(
    await directory({ limit: 0, since: "", includeAllNetworks: false }),
    [line, {}, { limit: 0, since: "", include_all_networks: false }],
  );
});

Deno.test("ClientAPI.getRoomDirectory() is retried after a lost response, with GET and with POST", async () => {
  for (const options of [{}, { searchQuery: "tea" }]) {
    const { client, server } = fakeClient(broken(), json({}, 502), ROOMS);
    assertEquals<unknown>(await client.getRoomDirectory(options), ROOMS);
    assertEquals(server.received.length, 3);
  }
});

Deno.test("ClientAPI.getRoomDirectory() rejects rooms without required fields", async () => {
  for (const options of [{}, { searchQuery: "tea" }]) {
    const get = (client: ClientAPI) => client.getRoomDirectory(options);
    await malformed([], get, "Invalid response: expected object");
    await malformed({}, get, "`chunk` not in response.");
    await malformed({ chunk: {} }, get, "Invalid `chunk` in response: expected array");
    await malformed({ chunk: [null] }, get, "Invalid response: expected object");
    for (const key of Object.keys(PUBLIC_ROOM)) {
      const { [key]: _, ...room } = PUBLIC_ROOM as Record<string, unknown>;
      await malformed({ chunk: [PUBLIC_ROOM, room] }, get, `\`${key}\` not in response.`);
    }
    await malformed(
      { chunk: [{ ...PUBLIC_ROOM, num_joined_members: "1" }] },
      get,
      "Invalid `num_joined_members` in response: expected number",
    );
  }
});

const USERS = {
  results: [{ user_id: "@bob:example.org", display_name: "Bob" }, { user_id: "@rob:example.org" }],
  limited: true,
};

Deno.test("ClientAPI.searchUsers() sends the search term", async () => {
  const { request, result } = await exchange(USERS, (client) => client.searchUsers("bob é", { limit: 3 }));
  assertEquals(`${request.method} ${request.path}`, `POST ${V3}/user_directory/search`);
  assertEquals(request.body, { search_term: "bob é", limit: 3 });
  assertEquals<unknown>(result, USERS);
  const none = { results: [], limited: false };
  assertEquals<unknown>(await fakeClient(none).client.searchUsers("bob"), none);
});

Deno.test("ClientAPI.searchUsers() always sends a limit, never null", async () => {
  for (const limit of [undefined, null]) {
    const [, , body] = await sent(
      USERS,
      (client) => client.searchUsers("bob", { limit: limit as undefined }),
    );
    assertEquals(body, { search_term: "bob", limit: 10 });
  }
  const [, , body] = await sent(USERS, (client) => client.searchUsers("", { limit: 0 }));
  assertEquals(body, { search_term: "", limit: 0 });
});

Deno.test("ClientAPI.searchUsers() is retried after a lost response", async () => {
  const { client, server } = fakeClient(broken(), json({}, 504), USERS);
  await client.searchUsers("bob");
  assertEquals(server.received.length, 3);
});

Deno.test("ClientAPI.searchUsers() rejects a response without results", async () => {
  const search = (client: ClientAPI) => client.searchUsers("bob");
  for (
    const response of [{ limited: true }, { limited: true, results: {} }, { limited: true, results: null }]
  ) {
    await malformed(response, search, "`results` not in content.");
  }
  for (const response of [{ results: [] }, { results: [], limited: "no" }]) {
    await malformed(response, search, "`limited` not in content.");
  }
  for (const user of [null, "x", [], {}, { user_id: 1 }]) {
    await malformed(
      { results: [USERS.results[0], user], limited: true },
      search,
      "Invalid user in search results",
    );
  }
  await malformed([], search, "Invalid response: expected object");
  for (const query of [null, undefined, 1]) {
    await refused((client) => client.searchUsers(query as unknown as string), TypeError);
  }
});
