import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI, type SendTextOptions, type UploadMediaOptions } from "../../client/mod.ts";
import type { RequestOptions } from "../../http/mod.ts";
import type { RoomID, UserID } from "../../types/mod.ts";
import { type CallOf, fakeClient, refused } from "../support/contract_client.ts";
import { FakeHomeserver } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const BOB = "@bob:example.org";

/** Passes a value of a type that only JavaScript accepts. */
function wrong<T>(value: unknown): T {
  return value as T;
}

const NO_OBJECT = "Cannot use the options: they must be an object";

Deno.test("ClientAPI.kickUser() rejects a reason in place of options", async () => {
  await refused((client) => client.kickUser(ROOM, BOB, wrong("spam")), TypeError, NO_OBJECT);
});

Deno.test("ClientAPI.setTyping() rejects a time in place of options", async () => {
  await refused((client) => client.setTyping(ROOM, wrong(30_000)), TypeError, NO_OBJECT);
});

Deno.test("ClientAPI.whoami() rejects options that are an array, a function or a symbol", async () => {
  for (const options of [[], () => ({}), Symbol("a"), true]) {
    await refused((client) => client.whoami(wrong(options)), TypeError, NO_OBJECT);
  }
});

Deno.test("ClientAPI.joinRoom() rejects servers that are not an array", async () => {
  await refused(
    (client) => client.joinRoom(ROOM, { servers: wrong("example.org") }),
    TypeError,
    "Cannot make a request: servers must be an array",
  );
});

Deno.test("ClientAPI.sendText() rejects an event ID in place of a relation", async () => {
  const options: SendTextOptions = { relatesTo: wrong("$event") };
  await refused(
    (client) => client.sendText(ROOM, "Hello", options),
    TypeError,
    "Cannot make a request: relatesTo must be an object",
  );
});

Deno.test("ClientAPI.sendText() rejects an array as text", async () => {
  await refused((client) => client.sendText(ROOM, wrong(["Hello"]), { html: "Hello" }), TypeError);
});

Deno.test("ClientAPI.react() rejects a key that is not a string", async () => {
  for (const key of [undefined, null, 5, {}]) {
    await refused((client) => client.react(ROOM, "$event", wrong(key)), TypeError, "Cannot react:");
  }
});

Deno.test("ClientAPI.uploadKeys() rejects keys that are not an object", async () => {
  await refused(
    (client) => client.uploadKeys({ oneTimeKeys: wrong([{ key: "key" }]) }),
    TypeError,
    "Cannot make a request: oneTimeKeys must be an object",
  );
});

Deno.test("ClientAPI.getRoomTag() rejects an invalid tag", async () => {
  for (const tag of [undefined, null, "", 5]) {
    await refused(
      (client) => client.getRoomTag(ROOM, wrong(tag)),
      TypeError,
      "the tag must be a non-empty string",
    );
  }
});

Deno.test("ClientAPI.getMessages() rejects a missing direction", async () => {
  await refused(
    (client) => client.getMessages(ROOM, wrong(undefined)),
    TypeError,
    "the direction must be a non-empty string",
  );
});

Deno.test("ClientAPI.setProfileField() rejects values that are not JSON", async () => {
  for (const value of [() => 1, Symbol("a"), undefined]) {
    await refused((client) => client.setProfileField("m.tz", wrong(value)), TypeError, "value must be JSON");
  }
});

Deno.test("ClientAPI.inviteUser() rejects a user ID with a lone surrogate", async () => {
  await refused((client) => client.inviteUser(ROOM, "@b\ud800:example.org"), TypeError, "lone surrogate");
});

Deno.test("ClientAPI.uploadMedia() rejects an array as content", async () => {
  for (const content of [[], [5], [new Uint8Array(1)]]) {
    await refused((client) => client.uploadMedia(wrong(content)), TypeError, "received array");
  }
});

Deno.test("ClientAPI.uploadMedia() rejects options that are a media type", async () => {
  const options = wrong<UploadMediaOptions>("image/png");
  await refused((client) => client.uploadMedia("content", options), TypeError, NO_OBJECT);
});

Deno.test("ClientAPI.downloadMedia() rejects invalid request options before it requests the versions", async () => {
  const media = "mxc://example.org/media";
  for (const query of [{ a: {} }, { a: NaN }, { "\ud800": "a" }, "a=b"]) {
    await refused((client) => client.downloadMedia(media, { query: wrong(query) }), TypeError);
  }
  await refused((client) => client.downloadMedia(media, { timestamp: 5 }), TypeError);
  await refused((client) => client.downloadThumbnail(media, { width: wrong("32px"), height: 32 }), TypeError);
});

Deno.test("ClientAPI.sync() and similar methods reject filters with parts that JSON cannot represent", async () => {
  const filter = { room: { timeline: { limit: NaN } } };
  const message = "Cannot send the filter: filter.room.timeline.limit must be a JSON value, received NaN";
  await refused((client) => client.sync({ filter }), TypeError, message);
  await refused((client) => client.getMessages(ROOM, "b", { filter: wrong(filter) }), TypeError, message);
  await refused(
    (client) => client.getEventContext(ROOM, "$1", { filter: wrong(filter) }),
    TypeError,
    message,
  );
  const body = message.replace("the filter: filter", "the body: content");
  await refused((client) => client.createFilter(filter), TypeError, body);
});

Deno.test("ClientAPI.versions() rejects a controller in place of its signal", async () => {
  const options = wrong<RequestOptions>({ signal: new AbortController() });
  const message = "Cannot make a request: the signal must be an AbortSignal";
  await refused((client) => client.versions(options), TypeError, message);
  await refused((client) => client.whoami(options), TypeError, message);
});

Deno.test("ClientAPI's methods treat a null signal, headers, query, retry and timestamp as not given", async () => {
  const server = new FakeHomeserver().on("*", { user_id: BOB });
  const client = new ClientAPI({ baseUrl: "https://matrix.example.org", fetch: server.fetch });
  const none = { signal: null, deadline: null, headers: null, query: null, retry: null, timestamp: null };
  await client.whoami(wrong(none));
  await client.sendReceipt(ROOM, "$event", wrong(none));
});

Deno.test("ClientAPI.whoami() rejects invalid headers, queries and retry policies", async () => {
  for (const headers of [5, "a: b", [5], [["a"]]]) {
    await refused((client) => client.whoami({ headers: wrong(headers) }), TypeError, "Cannot send");
  }
  for (const query of [5, "a=b", ["a"]]) {
    await refused(
      (client) => client.whoami({ query: wrong(query) }),
      TypeError,
      "the query must be an object",
    );
  }
  for (const retry of [5, "never", []]) {
    await refused((client) => client.whoami({ retry: wrong(retry) }), TypeError, "it must be an object");
  }
});

Deno.test("ClientAPI.discover() rejects names that are dots or not strings", async () => {
  const server = new FakeHomeserver().on("*", {});
  for (const domain of [".", "..", ".example.org", 5, null, Symbol("a"), {}]) {
    const promise = ClientAPI.discover(wrong(domain), { fetch: server.fetch });
    await assertRejects(() => promise, TypeError, "Cannot look for the homeserver");
  }
  if (server.received.length) throw new Error("Something was sent");
});

Deno.test("ClientAPI's methods reject an alias in place of a room ID, and name resolveRoomAlias()", async () => {
  const alias = wrong<RoomID>("#lobby:example.org");
  const calls: CallOf<unknown>[] = [
    (client) => client.sendText(alias, "Hello"),
    (client) => client.leaveRoom(alias),
    (client) => client.joinRoomById(alias),
    (client) => client.inviteUser(alias, BOB),
    (client) => client.kickUser(alias, BOB, { extraContent: { a: 1 } }),
    (client) => client.getState(alias),
    (client) => client.getStateEvent(alias, "m.room.name"),
    (client) => client.getMessages(alias, "b"),
    (client) => client.forgetRoom(alias),
    (client) => client.redact(alias, "$event"),
    (client) => client.setTyping(alias),
    (client) => client.getRoomTags(alias),
    (client) => client.setAccountData("org.example.a", {}, { roomId: alias }),
    (client) => client.addRoomAlias(alias, "lobby"),
    (client) => client.setRoomDirectoryVisibility(alias, "public"),
  ];
  for (const call of calls) {
    await refused(
      call,
      TypeError,
      'the room ID must start with "!", received room alias; resolveRoomAlias()',
    );
  }
});

Deno.test("ClientAPI's methods reject identifiers of other kinds", async () => {
  const room = wrong<UserID>(ROOM);
  const calls: [call: CallOf<unknown>, kind: string][] = [
    [(client) => client.inviteUser(ROOM, room), "user ID"],
    [(client) => client.banUser(ROOM, room), "user ID"],
    [(client) => client.getProfile(room), "user ID"],
    [(client) => client.getDisplayname(room), "user ID"],
    [(client) => client.getPresence(room), "user ID"],
    [(client) => client.createRoom({ invitees: [BOB, room] }), "user ID"],
    [(client) => client.sendMemberEvent(ROOM, room, "join"), "user ID"],
    [(client) => client.sendToOneDevice("m.dummy", room, "D", {}), "user ID"],
    [(client) => client.sendToDevice("m.dummy", { [room]: { D: {} } }), "user ID"],
    [(client) => client.queryKeys([room]), "user ID"],
    [(client) => client.queryKeys({ [room]: [] }), "user ID"],
    [(client) => client.claimKeys({ [room]: { D: "signed_curve25519" } }), "user ID"],
    [(client) => client.leaveRoom(wrong(BOB)), "room ID"],
    [(client) => client.leaveRoom(wrong("$event")), "room ID"],
    [(client) => client.joinRoom(wrong(BOB)), "room ID or alias"],
    [(client) => client.knockRoom(wrong("$event")), "room ID or alias"],
    [(client) => client.resolveRoomAlias(wrong(ROOM)), "room alias"],
    [(client) => client.getEvent(ROOM, wrong(ROOM)), "event ID"],
    [(client) => client.getEventContext(ROOM, wrong(BOB)), "event ID"],
    [(client) => client.redact(ROOM, wrong(ROOM)), "event ID"],
    [(client) => client.react(ROOM, wrong(ROOM), "👍"), "event ID"],
    [(client) => client.sendReceipt(ROOM, wrong(ROOM)), "event ID"],
    [(client) => client.setFullyReadMarker(ROOM, wrong(ROOM)), "event ID"],
    [(client) => client.setFullyReadMarker(ROOM, "$event", { readReceipt: wrong(ROOM) }), "event ID"],
    [(client) => client.setFullyReadMarker(ROOM, "$event", { privateReadReceipt: wrong(BOB) }), "event ID"],
    [(client) => client.getRoomSummary(wrong(BOB)), "room ID or alias"],
    [(client) => client.upgradeRoom(ROOM, "12", { additionalCreators: [BOB, room] }), "user ID"],
    [(client) => client.setNetworkDirectoryVisibility("irc", wrong(BOB), "public"), "room ID"],
    [(client) => client.backUpKeys("1", { [wrong<RoomID>(BOB)]: { sessions: {} } }), "room ID"],
  ];
  for (const [call, kind] of calls) await refused(call, TypeError, `the ${kind} must start with`);
});

Deno.test("ClientAPI's methods accept identifiers without a known first character", async () => {
  const { client, server } = fakeClient({ event_id: "$event" });
  await client.sendText(wrong("room"), "Hello");
  await client.sendStateEvent(ROOM, "m.space.child", {}, { stateKey: "!child:example.org" });
  await client.joinRoom("#lobby:example.org").catch(() => {});
  assertEquals(server.received.length, 3);
});

Deno.test("ClientAPI's methods reject a whole alias in place of its localpart", async () => {
  for (const alias of ["#lobby", "#lobby:example.org", "lobby:example.org", "#"]) {
    for (
      const call of [
        (client: ClientAPI) => client.addRoomAlias(ROOM, alias),
        (client: ClientAPI) => client.removeRoomAlias(alias),
        (client: ClientAPI) => client.createRoom({ aliasLocalpart: alias }),
      ]
    ) {
      await refused<unknown>(
        call,
        TypeError,
        "the alias localpart must not contain the # and the server name",
      );
    }
  }
});
