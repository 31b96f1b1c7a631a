import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MatrixResponseError, MNotFound } from "../../http/mod.ts";
import type { DirectAccountDataEventContent, OpenObject, RoomID, RoomTagInfo } from "../../types/mod.ts";
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
import { FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const USER = "/_matrix/client/v3/user/%40alice%3Aexample.org";
const TAGS = `${USER}/rooms/${ODD_PATH.room}/tags`;

Deno.test("ClientAPI.getAccountData() returns global data, and data of a room", async () => {
  const { request, result } = await exchange({ a: 1 }, (client) => client.getAccountData("com.example/a"));
  assertEquals(`${request.method} ${request.path}`, `GET ${USER}/account_data/com.example%2Fa`);
  assertEquals([...request.query], []);
  assertEquals(result, { a: 1 });
  const [line] = await sent({ a: 1 }, (client) => client.getAccountData("com.example", { roomId: ODD.room }));
  assertEquals(line, `GET ${USER}/rooms/${ODD_PATH.room}/account_data/com.example`);
});

Deno.test("ClientAPI.getAccountData() and setAccountData() treat an empty room ID as not given", async () => {
  for (const roomId of [undefined, null, ""]) {
    const options = { roomId: roomId as RoomID };
    const [get] = await sent({}, (client) => client.getAccountData("com.example", options));
    assertEquals(get, `GET ${USER}/account_data/com.example`);
    const [put] = await sent({}, (client) => client.setAccountData("com.example", {}, options));
    assertEquals(put, `PUT ${USER}/account_data/com.example`);
  }
});

Deno.test("ClientAPI.getAccountData() throws MNotFound if there is no such data", async () => {
  const { client } = fakeClient(matrixError(404, "M_NOT_FOUND"));
  await assertRejects(() => client.getAccountData("com.example"), MNotFound);
});

Deno.test("ClientAPI.getAccountData() rejects values that are not objects", async () => {
  for (const response of [null, [], "text"]) {
    await malformed(
      response,
      (client) => client.getAccountData("com.example"),
      "Invalid response: expected object",
    );
  }
});

Deno.test("ClientAPI.getAccountData() infers data from its type, and accepts a type parameter for other types", () => {
  interface Settings {
    theme: string;
  }
  // Checks types only; never called.
  const _typed = async (client: ClientAPI) => {
    const direct: DirectAccountDataEventContent = await client.getAccountData("m.direct");
    const key = await client.getAccountData("m.secret_storage.key.abc");
    key.algorithm satisfies string;
    const settings: Settings = await client.getAccountData<Settings>("com.example.settings");
    const unknown: OpenObject = await client.getAccountData("com.example.settings");
    await client.setAccountData("com.example.settings", settings);
    await client.setAccountData("m.direct", { "@bob:example.org": [ROOM] });
    // @ts-expect-error Data is an object.
    await client.setAccountData("com.example.settings", "dark");
    return [direct, unknown];
  };
  assertEquals(typeof _typed, "function");
});

Deno.test("ClientAPI.setAccountData() sends the data unchanged", async () => {
  const data = Object.freeze({ theme: "dark" });
  const { request, result } = await exchange(
    {},
    (client) => client.setAccountData("com.example/a", data, { roomId: ODD.room }),
  );
  assertEquals(
    `${request.method} ${request.path}`,
    `PUT ${USER}/rooms/${ODD_PATH.room}/account_data/com.example%2Fa`,
  );
  assertEquals(request.body, { theme: "dark" });
  assertEquals(result, undefined);
  assertEquals((await sent({}, (client) => client.setAccountData("com.example", {})))[2], {});
});

Deno.test("ClientAPI.setAccountData() accepts any type, including types that are not account data", async () => {
  const [line] = await sent({}, (client) => client.setAccountData("m.room.message", { a: 1 }));
  assertEquals(line, `PUT ${USER}/account_data/m.room.message`);
});

Deno.test("ClientAPI.setAccountData() rejects data that is not an object, and invalid types", async () => {
  for (const bad of [undefined, null, "text", 5, []]) {
    await refused((client) => client.setAccountData("com.example", bad as object), TypeError);
  }
  for (const bad of ["", "..", undefined]) {
    await refused((client) => client.setAccountData(bad as string, {}), TypeError);
    await refused((client) => client.getAccountData(bad as string), TypeError);
  }
});

Deno.test("ClientAPI.getRoomTags() returns the tags unchanged", async () => {
  const response = { tags: { "m.favourite": { order: 0.5 }, "u.work": {} } };
  const { request, result } = await exchange(response, (client) => client.getRoomTags(ODD.room));
  assertEquals(`${request.method} ${request.path}`, `GET ${TAGS}`);
  assertEquals<unknown>(result, response);
  await malformed([], (client) => client.getRoomTags(ROOM), "Invalid response: expected object");
});

Deno.test("ClientAPI.getRoomTag() returns {} for a tag without info, and null for a missing tag", async () => {
  const response = { tags: { "m.favourite": { order: 0.5 }, "u.work": {} } };
  const tag = async (name: string, given: unknown = response): Promise<RoomTagInfo | null> => {
    const { request, result } = await exchange(given, (client) => client.getRoomTag(ODD.room, name), {
      loose: true,
    });
    assertEquals(`${request.method} ${request.path}`, `GET ${TAGS}`);
    return result;
  };
  assertEquals(await tag("m.favourite"), { order: 0.5 });
  assertEquals(await tag("u.work"), {});
  assertEquals(await tag("u.home"), null);
  assertEquals(await tag("constructor"), null);
  assertEquals(await tag("u.work", { tags: { "u.work": null } }), {});
});

Deno.test("ClientAPI.getRoomTag() accepts a response without tags, and rejects tags that are not an object", async () => {
  for (const response of [{}, { tags: null }]) {
    const { result } = await exchange(response, (client) => client.getRoomTag(ROOM, "u.work"), {
      loose: true,
    });
    assertEquals(result, null);
  }
  const { client } = fakeClient({ tags: [] });
  await assertRejects(() => client.getRoomTag(ROOM, "u.work"), MatrixResponseError, "Invalid `tags`");
});

Deno.test("ClientAPI.getRoomTag() calls getRoomTags()", async () => {
  class Cached extends ClientAPI {
    override getRoomTags(): Promise<{ tags: Record<string, RoomTagInfo> }> {
      return Promise.resolve({ tags: { "u.work": { order: 1 } } });
    }
  }
  const server = new FakeHomeserver();
  const client = new Cached({ baseUrl: BASE_URL, fetch: server.fetch });
  assertEquals(await client.getRoomTag(ROOM, "u.work"), { order: 1 });
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.setRoomTag() sends info, or an empty object", async () => {
  for (
    const [info, expected] of [
      [undefined, {}],
      [null, {}],
      [{}, {}],
      [Object.freeze({ order: 0 }), { order: 0 }],
      [{ order: 0.25, "org.example.a": 1 }, { order: 0.25, "org.example.a": 1 }],
    ] as const
  ) {
    const { request, result } = await exchange(
      {},
      (client) => client.setRoomTag(ODD.room, "u.a/b", { info: info! }),
    );
    assertEquals(`${request.method} ${request.path}`, `PUT ${TAGS}/u.a%2Fb`);
    assertEquals<unknown>(request.body, expected);
    assertEquals(result, undefined);
  }
  assertEquals((await sent({}, (client) => client.setRoomTag(ROOM, "u.a")))[2], {});
});

Deno.test("ClientAPI.removeRoomTag() deletes the tag, and throws on errors", async () => {
  const { request, result } = await exchange({}, (client) => client.removeRoomTag(ODD.room, "u.a/b"));
  assertEquals(`${request.method} ${request.path}`, `DELETE ${TAGS}/u.a%2Fb`);
  assertEquals(request.text, "{}");
  assertEquals(result, undefined);
  const { client } = fakeClient(matrixError(404, "M_NOT_FOUND"));
  await assertRejects(() => client.removeRoomTag(ROOM, "u.a"), MNotFound);
});

Deno.test("ClientAPI.setRoomTag() and removeRoomTag() reject values that would change the path", async () => {
  for (const bad of ["", "..", undefined]) {
    await refused((client) => client.setRoomTag(ROOM, bad as string), TypeError);
    await refused((client) => client.removeRoomTag(ROOM, bad as string), TypeError);
    await refused((client) => client.getRoomTags(bad as RoomID), TypeError);
  }
});

Deno.test("ClientAPI.getAccountData() and similar methods require a user ID", async () => {
  const server = new FakeHomeserver().on("*", {});
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  for (
    const call of [
      () => client.getAccountData("com.example"),
      () => client.setAccountData("com.example", {}),
      () => client.getRoomTags(ROOM),
      () => client.getRoomTag(ROOM, "u.a"),
      () => client.setRoomTag(ROOM, "u.a"),
      () => client.removeRoomTag(ROOM, "u.a"),
    ]
  ) await assertRejects(call, TypeError, "mxid is unset");
  assertEquals(server.received.length, 0);
});
