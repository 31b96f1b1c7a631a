/** Tests the requests of an application service's users, by the state of the homeserver. */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { IntentAPI, type IntentOptions } from "../../../client/appservice/mod.ts";
import {
  MatrixConnectionError,
  MBadState,
  MExclusive,
  MForbidden,
  MUnknownToken,
} from "../../../http/mod.ts";
import type { EventID, RoomID } from "../../../types/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import {
  broken,
  FakeHomeserver,
  json,
  matrixError,
  type Received,
  silence,
} from "../../support/fake_homeserver.ts";

const ROOM: RoomID = "!room:example.org";
const EVENT: EventID = "$event";
const GHOST = "@_irc_carol:example.org";
const BOT = "@_irc_bot:example.org";
const URI = "mxc://example.org/file";

/** A homeserver that knows users, devices and members, and refuses as Synapse 1.163 does. */
class Homeserver {
  readonly registered = new Set<string>([BOT]);
  readonly devices = new Set<string>();
  readonly members = new Map<string, string>([[BOT, "join"]]);
  /** Users whose power level is too low. */
  readonly powerless = new Set<string>();
  isPublic = false;
  /** Words of the refusals, in place of Synapse's. */
  words: { unregistered: string; notInRoom: string; uninvited: string } = {
    unregistered: "Application service has not registered this user",
    notInRoom: "User not in room",
    uninvited: "You are not invited to this room.",
  };
  readonly fake = new FakeHomeserver().on("*", (request: Received) => this.#respond(request));

  /** The requests since the last call, in short. */
  lines(): string[] {
    return this.fake.received.splice(0).map(({ method, path, query }) => {
      const who = query.get("user_id") === BOT ? "bot " : query.get("user_id") === null ? "service " : "";
      return `${who}${method} ${decodeURIComponent(path).replace("/_matrix/client/v3", "")}`;
    });
  }

  async #respond(request: Received): Promise<Response> {
    const { method, query, body } = request;
    const path = decodeURIComponent(request.path);
    const refuse = async (status: number, errcode: string, error = "No") =>
      await matrixError(status, errcode, { error })(request);
    const ok = async (value: unknown = {}) => await json(value)(request);
    if (path.endsWith("/register")) {
      const userId = `@${(body as { username: string }).username}:example.org`;
      if (!userId.startsWith("@_irc_")) return await refuse(400, "M_EXCLUSIVE");
      if (this.registered.has(userId)) return await refuse(400, "M_USER_IN_USE");
      this.registered.add(userId);
      return await ok({ user_id: userId });
    }
    const user = query.get("user_id") ?? "@owner:example.org";
    if (query.has("user_id") && !this.registered.has(user)) {
      return await refuse(403, "M_FORBIDDEN", this.words.unregistered);
    }
    const device = query.get("device_id");
    if (path.includes("/devices/")) {
      this.devices.add(`${user} ${path.split("/").at(-1)}`);
      return await ok();
    }
    if (device !== null && !this.devices.has(`${user} ${device}`)) {
      return await refuse(400, "M_UNKNOWN_DEVICE");
    }
    const membership = this.members.get(user);
    if (path.includes("/join/") || path.endsWith("/join")) {
      if (membership === "ban") return await refuse(403, "M_BAD_STATE", "Cannot join user who was banned");
      if (!this.isPublic && membership !== "invite" && membership !== "join") {
        return await refuse(403, "M_FORBIDDEN", this.words.uninvited);
      }
      this.members.set(user, "join");
      return await ok({ room_id: ROOM });
    }
    if (path.endsWith("/leave")) {
      this.members.delete(user);
      return await ok();
    }
    if (path.includes("/directory/room/")) return await ok({ room_id: ROOM, servers: [] });
    if (/\/rooms\/.*\/event\//.test(path) && membership !== "join") {
      return await refuse(404, "M_NOT_FOUND", "Event not found.");
    }
    if (path.includes("/rooms/") && membership !== "join") {
      return await refuse(403, "M_FORBIDDEN", this.words.notInRoom);
    }
    if (path.endsWith("/invite")) {
      const invitee = (body as { user_id: string }).user_id;
      if (this.members.get(invitee) === "join") {
        return await refuse(403, "M_FORBIDDEN", `${invitee} is already in the room.`);
      }
      this.members.set(invitee, "invite");
      return await ok();
    }
    if (path.endsWith("/unban")) {
      this.members.delete((body as { user_id: string }).user_id);
      return await ok();
    }
    if (this.powerless.has(user) && /\/(send|state|redact)\//.test(path) && method === "PUT") {
      return await refuse(403, "M_FORBIDDEN", "You don't have permission to post that to the room");
    }
    if (path.endsWith("/joined_members")) return await ok({ joined: { [BOT]: {}, [GHOST]: {} } });
    if (path.endsWith("/members")) {
      const member = (id: string, membership: string) => ({
        type: "m.room.member",
        state_key: id,
        content: { membership },
      });
      return await ok({ chunk: [member(BOT, "join"), member("@dave:example.org", "invite")] });
    }
    if (path.endsWith("/messages")) return await ok({ start: "a", end: "b", chunk: [] });
    if (path.endsWith("/state")) return await ok([]);
    if (path.endsWith("/joined_rooms")) return await ok({ joined_rooms: [] });
    if (path.endsWith("/whoami")) return await ok({ user_id: user });
    return await ok({
      event_id: EVENT,
      room_id: ROOM,
      content_uri: URI,
      type: "m.room.message",
      sender: user,
      origin_server_ts: 1,
      content: { body: "x", msgtype: "m.text", join_rule: "public" },
      results: [],
      limited: false,
      displayname: "Carol",
    });
  }
}

function start(options: Partial<IntentOptions> = {}) {
  const server = new Homeserver();
  const common = {
    baseUrl: "https://matrix.example.org",
    token: "as_token",
    fetch: server.fake.fetch,
    retry: { minTimeout: 0, maxTimeout: 0, limit: 1 },
  };
  const bot = new IntentAPI({ ...common, mxid: BOT });
  const ghost = new IntentAPI({ ...common, mxid: GHOST, bot, ...options });
  return { server, bot, ghost, common };
}

const JOIN = `POST /join/${ROOM}`;
const INVITE = `bot POST /rooms/${ROOM}/invite`;
const REGISTER = "service POST /register";
const SEND = `PUT /rooms/${ROOM}/send/m.room.message/_irc_carol:1`;
const send = (client: IntentAPI, signal?: AbortSignal) =>
  client.sendText(ROOM, "Hello", { txnId: "1", signal });

Deno.test("IntentAPI.sendText() sends 6 requests as a new user in a private room, then 1", async () => {
  const { server, ghost } = start();
  await send(ghost);
  assertEquals(server.lines(), [SEND, REGISTER, JOIN, INVITE, JOIN, SEND]);
  await send(ghost);
  assertEquals(server.lines(), [SEND]);
});

Deno.test("IntentAPI.sendText() sends one request if the user is in the room", async () => {
  const { server, ghost } = start();
  server.registered.add(GHOST);
  server.members.set(GHOST, "join");
  await send(ghost);
  assertEquals(server.lines(), [SEND]);
});

Deno.test("IntentAPI.sendText() sends 5 requests after a kick, however soon", async () => {
  const { server, ghost } = start();
  await send(ghost);
  for (let i = 0; i < 3; i++) {
    server.members.delete(GHOST);
    server.lines();
    await send(ghost);
    assertEquals(server.lines(), [SEND, JOIN, INVITE, JOIN, SEND]);
  }
});

Deno.test("IntentAPI.sendText() joins a public room without an invitation", async () => {
  const { server, ghost } = start();
  server.isPublic = true;
  await send(ghost);
  assertEquals(server.lines(), [SEND, REGISTER, JOIN, SEND]);
});

Deno.test("IntentAPI.sendText() works with homeservers that word refusals differently", async () => {
  const { server, ghost } = start();
  server.words = { unregistered: "Nope", notInRoom: "Nope", uninvited: "Nope" };
  await send(ghost);
  assertEquals(server.lines(), [SEND, JOIN, REGISTER, JOIN, INVITE, JOIN, SEND]);
});

Deno.test("IntentAPI.sendText() rejects with the refusal and its cause if the user is banned", async () => {
  const { server, ghost } = start();
  server.registered.add(GHOST);
  server.members.set(GHOST, "ban");
  const error = await assertRejects(() => send(ghost), MForbidden, "User not in room");
  assert(error.cause instanceof MBadState);
  assertEquals(server.lines(), [SEND, JOIN]);
  assertEquals(await ghost.ensureJoined(ROOM, { unban: true }), ROOM);
  assertEquals(server.lines(), [REGISTER, JOIN, `bot POST /rooms/${ROOM}/unban`, INVITE, JOIN]);
});

Deno.test("IntentAPI.sendText() joins once a minute if the power level is too low", async () => {
  const { server, ghost } = start();
  server.registered.add(GHOST);
  server.members.set(GHOST, "join");
  server.powerless.add(GHOST);
  await assertRejects(() => send(ghost), MForbidden, "permission");
  assertEquals(server.lines(), [SEND, JOIN, SEND]);
  await assertRejects(() => send(ghost), MForbidden, "permission");
  assertEquals(server.lines(), [SEND]);
});

Deno.test("IntentAPI.sendText() rejects with the refusal if the bot cannot invite the user", async () => {
  const { server, ghost } = start();
  server.members.delete(BOT);
  const error = await assertRejects(() => send(ghost), MForbidden, "has not registered");
  // The refusals: of the message, of the join, of the invitation, of the bot's own join.
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) causes.push(cause.message);
  assertEquals(causes.length, 4);
  assertEquals(server.lines().slice(0, 5), [SEND, REGISTER, JOIN, INVITE, `bot ${JOIN}`]);
});

Deno.test("IntentAPI.sendText() rejects with the refusal if there is no bot", async () => {
  const { server, ghost } = start({ bot: undefined });
  server.registered.add(GHOST);
  const error = await assertRejects(() => send(ghost), MForbidden, "User not in room");
  assert(error.cause instanceof MForbidden);
  assertEquals(server.lines(), [SEND, JOIN]);
});

Deno.test("IntentAPI.sendText() reports a connection that is lost during the repair as the cause", async () => {
  const { server, ghost } = start();
  server.fake.on(`POST /_matrix/client/v3/register`, broken());
  const error = await assertRejects(() => send(ghost), MForbidden);
  assert(error.cause instanceof MatrixConnectionError);
});

Deno.test("IntentAPI shares repairs among concurrent calls, and sends each message once", async () => {
  const { server, ghost } = start();
  const ids = Array.from({ length: 5 }, (_, i) => `${i}`);
  await Promise.all(ids.map((txnId) => ghost.sendText(ROOM, "Hello", { txnId })));
  const lines = server.lines();
  assertEquals(lines.filter((line) => line === REGISTER).length, 1);
  assertEquals(lines.filter((line) => line === INVITE).length, 1);
  assertEquals(lines.filter((line) => line === JOIN).length, 2);
  assertEquals(lines.length, 5 + 4 + 5);
});

Deno.test("IntentAPI.ensureRegistered() shares one request and remembers the user for a minute", async () => {
  const { server, ghost } = start();
  await Promise.all([ghost.ensureRegistered(), ghost.ensureRegistered()]);
  await ghost.ensureRegistered();
  assertEquals(server.lines(), [REGISTER]);
  const other = start().ghost;
  await other.ensureRegistered();
});

Deno.test("IntentAPI.ensureRegistered() treats M_USER_IN_USE as success and rejects with MExclusive", async () => {
  const { server, ghost, common } = start();
  server.registered.add(GHOST);
  await ghost.ensureRegistered();
  assertEquals(server.lines(), [REGISTER]);
  const stranger = new IntentAPI({ ...common, mxid: "@alice:example.org" });
  await assertRejects(() => stranger.ensureRegistered(), MExclusive);
});

Deno.test("IntentAPI.ensureRegistered() stops waiting if its signal is aborted, for its caller only", async () => {
  const { server, ghost } = start();
  const controller = new AbortController();
  const mine = ghost.ensureRegistered({ signal: controller.signal });
  const other = ghost.ensureRegistered();
  controller.abort(new Error("enough"));
  await assertRejects(() => mine, Error, "enough");
  await other;
  assertEquals(server.lines(), [REGISTER]);
});

Deno.test("IntentAPI.ensureRegistered() sends its own request if an earlier one does not end within a minute", () =>
  FakeClock.use(async (clock) => {
    const { server, ghost } = start({ deadline: Infinity });
    server.fake.on("POST /_matrix/client/v3/register", silence(), {});
    const lost = ghost.ensureRegistered();
    let done = false;
    const next = ghost.ensureRegistered().then(() => done = true);
    await clock.advance(59_999);
    assertEquals([done, server.fake.received.length], [false, 1]);
    await clock.advance(1);
    await next;
    assertEquals(server.lines(), [REGISTER, REGISTER]);
    void lost;
  }));

Deno.test("IntentAPI creates its device with the user, and again if the homeserver has lost it", async () => {
  const { server, ghost } = start({ deviceId: "BRIDGE" });
  const device = "PUT /devices/BRIDGE";
  server.isPublic = true;
  await send(ghost);
  assertEquals(server.lines(), [SEND, REGISTER, device, JOIN, SEND]);
  server.devices.clear();
  await send(ghost);
  assertEquals(server.lines(), [SEND, device, SEND]);
  assertEquals(ghost.deviceId, "BRIDGE");
});

Deno.test("IntentAPI.ensureJoined() resolves an alias to invite, passes servers, and returns the room", async () => {
  const { server, ghost } = start();
  assertEquals(await ghost.ensureJoined("#irc:example.org", { servers: ["a.example"] }), ROOM);
  const join = "POST /join/#irc:example.org";
  const resolve = "bot GET /directory/room/#irc:example.org";
  assertEquals(server.lines(), [REGISTER, join, resolve, INVITE, join]);
});

Deno.test("IntentAPI.ensureJoined() lets another user invite", async () => {
  const { server, ghost, common } = start({ bot: undefined });
  const by = new IntentAPI({ ...common, mxid: "@_irc_dave:example.org" });
  server.registered.add("@_irc_dave:example.org");
  server.members.set("@_irc_dave:example.org", "join");
  await ghost.ensureJoined(ROOM, { by });
  assertEquals(server.lines(), [REGISTER, JOIN, `POST /rooms/${ROOM}/invite`, JOIN]);
});

Deno.test("IntentAPI.ensureInvited() succeeds if the user is in the room", async () => {
  const { server, bot, ghost } = start();
  await bot.ensureInvited(ROOM, GHOST);
  await send(ghost);
  server.lines();
  await bot.ensureInvited(ROOM, GHOST);
  assertEquals(server.lines(), [INVITE]);
  await assertRejects(() => bot.inviteUser(ROOM, GHOST), MForbidden, "already in the room");
});

Deno.test("IntentAPI repairs requests of api.request()", async () => {
  const { server, ghost } = start();
  await ghost.api.request("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(ROOM)}/send/org.example/x`, {
    body: { a: 1 },
  });
  assertEquals(server.lines().length, 6);
  const [first, , , , , last] = [...server.fake.received];
  assertStrictEquals(first, last);
});

Deno.test("IntentAPI leaves, forgets, knocks and joins without joining first", async () => {
  for (
    const call of [
      (client: IntentAPI) => client.leaveRoom(ROOM, { raiseNotInRoom: true }),
      (client: IntentAPI) => client.forgetRoom(ROOM),
      (client: IntentAPI) => client.knockRoom(ROOM),
    ]
  ) {
    const { server, ghost } = start();
    await call(ghost).catch((error) => assert(error instanceof MForbidden));
    const lines = server.lines();
    assertEquals(lines[1], REGISTER);
    assertEquals(lines.filter((line) => line === JOIN), []);
  }
  const { server, ghost } = start();
  await assertRejects(() => ghost.joinRoom(ROOM), MForbidden, "not invited");
  assertEquals(server.lines(), [JOIN, REGISTER, JOIN]);
});

Deno.test("IntentAPI.sendStateEvent() does not join with ensureJoined: false", async () => {
  const { server, ghost } = start();
  const options = { ensureJoined: false };
  await assertRejects(() => ghost.sendStateEvent(ROOM, "m.room.topic", { topic: "x" }, options), MForbidden);
  assertEquals(server.lines().filter((line) => line === JOIN), []);
  await ghost.sendStateEvent(ROOM, "m.room.topic", { topic: "x" });
  assertEquals(server.members.get(GHOST), "join");
});

/** Methods of the reference that register and join before they send. */
const IN_ROOM: Record<string, (client: IntentAPI) => Promise<unknown>> = {
  sendMessageEvent: (client) => client.sendMessageEvent(ROOM, "org.example", {}),
  sendText: (client) => client.sendText(ROOM, "x"),
  sendNotice: (client) => client.sendNotice(ROOM, "x"),
  react: (client) => client.react(ROOM, EVENT, "x"),
  sendFile: (client) => client.sendFile(ROOM, URI, { fileName: "x" }),
  redact: (client) => client.redact(ROOM, EVENT),
  sendStateEvent: (client) => client.sendStateEvent(ROOM, "org.example", {}),
  setRoomName: (client) => client.setRoomName(ROOM, "x"),
  setRoomTopic: (client) => client.setRoomTopic(ROOM, "x"),
  setRoomAvatar: (client) => client.setRoomAvatar(ROOM, URI),
  setJoinRule: (client) => client.setJoinRule(ROOM, "public"),
  setPowerLevels: (client) => client.setPowerLevels(ROOM, { users: {} }),
  setPinnedMessages: (client) => client.setPinnedMessages(ROOM, [EVENT]),
  inviteUser: (client) => client.inviteUser(ROOM, "@dave:example.org"),
  getEvent: (client) => client.getEvent(ROOM, EVENT),
  getStateEvent: (client) => client.getStateEvent(ROOM, "m.room.join_rules"),
  getState: (client) => client.getState(ROOM),
  getJoinedMembers: (client) => client.getJoinedMembers(ROOM),
  getMessages: (client) => client.getMessages(ROOM, "b"),
  getRoomMembers: (client) => client.getRoomMembers(ROOM),
  "getRoomMembers (all)": (client) => client.getRoomMembers(ROOM, { memberships: ["join", "invite"] }),
  getPowerLevels: (client) => client.getPowerLevels(ROOM),
  getPinnedMessages: (client) => client.getPinnedMessages(ROOM),
  pinMessage: (client) => client.pinMessage(ROOM, EVENT),
  setTyping: (client) => client.setTyping(ROOM, { timeout: 1_000 }),
  sendReceipt: (client) => client.sendReceipt(ROOM, EVENT),
  setFullyReadMarker: (client) => client.setFullyReadMarker(ROOM, EVENT),
  markRead: (client) => client.markRead(ROOM, EVENT),
  kickUser: (client) => client.kickUser(ROOM, "@dave:example.org"),
  banUser: (client) => client.banUser(ROOM, "@dave:example.org"),
  unbanUser: (client) => client.unbanUser(ROOM, "@dave:example.org"),
  getMembers: (client) => client.getMembers(ROOM),
};

for (const [name, call] of Object.entries(IN_ROOM)) {
  Deno.test(`IntentAPI: ${name} registers the user, joins by invitation, and is sent again once`, async () => {
    const { server, ghost } = start();
    await call(ghost);
    const lines = server.lines();
    const [first] = lines;
    assertEquals(lines.slice(0, 6), [
      first!,
      REGISTER,
      ...[JOIN, INVITE, JOIN],
      first!,
    ]);
    server.lines();
    await call(ghost);
    // Nothing is asked before a call, and nothing is repaired.
    assert(server.lines().every((line) => ![JOIN, INVITE, REGISTER].includes(line)));
  });
}

/** Methods of the reference that register before they send. */
const REGISTERED: Record<string, (client: IntentAPI) => Promise<unknown>> = {
  createRoom: (client) => client.createRoom(),
  addRoomAlias: (client) => client.addRoomAlias(ROOM, "a"),
  removeRoomAlias: (client) => client.removeRoomAlias("a"),
  resolveRoomAlias: (client) => client.resolveRoomAlias("#a:example.org"),
  getJoinedRooms: (client) => client.getJoinedRooms(),
  setRoomDirectoryVisibility: (client) => client.setRoomDirectoryVisibility(ROOM, "public"),
  searchUsers: (client) => client.searchUsers("x"),
  setDisplayname: (client) => client.setDisplayname("Carol"),
  setAvatarUrl: (client) => client.setAvatarUrl(URI, { checkCurrent: false }),
  setPresence: (client) => client.setPresence({ presence: "online" }),
  getDisplayname: (client) => client.getDisplayname(GHOST),
  whoami: (client) => client.whoami(),
  setAccountData: (client) => client.setAccountData("org.example", {}),
  uploadMedia: (client) => client.uploadMedia("Hello"),
  "uploadMedia with a function": (client) =>
    client.uploadMedia(() => new Blob(["Hello"]).stream(), { size: 5 }),
};

for (const [name, call] of Object.entries(REGISTERED)) {
  Deno.test(`IntentAPI: ${name} registers the user and is sent again once`, async () => {
    const { server, ghost } = start();
    await call(ghost);
    const [first, second, third, ...more] = server.lines();
    assertEquals([second, third, more], [REGISTER, first, []]);
    await call(ghost);
    assertEquals(server.lines(), [first]);
  });
}

Deno.test("IntentAPI.uploadMedia() registers the user before it sends a stream, but no double puppet", async () => {
  const { server, ghost, common } = start();
  const stream = () => new Blob(["Hello"]).stream();
  await ghost.uploadMedia(stream(), { size: 5 });
  await ghost.uploadMedia(stream(), { size: 5 });
  const UPLOAD = "POST /_matrix/media/v3/upload";
  assertEquals(server.lines(), [REGISTER, UPLOAD, UPLOAD]);
  const puppet = new IntentAPI({ ...common, token: "own", mxid: "@alice:example.org", masquerade: false });
  await puppet.uploadMedia(stream(), { size: 5 });
  assertEquals(server.lines(), [`service ${UPLOAD}`]);
});

Deno.test("IntentAPI prefixes chosen transaction IDs with the local part, and no others", async () => {
  const { server, bot, ghost, common } = start();
  server.isPublic = true;
  await ghost.redact(ROOM, EVENT, { txnId: "7" });
  await bot.sendText(ROOM, "x", { txnId: "7" });
  const [first, ...rest] = server.lines();
  assertEquals(first, `PUT /rooms/${ROOM}/redact/${EVENT}/_irc_carol:7`);
  assertEquals(rest.at(-1), `bot PUT /rooms/${ROOM}/send/m.room.message/_irc_bot:7`);
  await bot.sendText(ROOM, "x");
  assert(!server.lines()[0]!.includes("_irc_bot:"));
  // Local parts contain no colon, so these differ.
  const ids = new Set<string>();
  for (const [mxid, txnId] of [["@_irc_a:example.org", "b:c"], ["@_irc_a_b:example.org", "c"]] as const) {
    const client = new IntentAPI({ ...common, mxid });
    await client.sendText(ROOM, "x", { txnId });
    ids.add(server.lines().at(-1)!);
  }
  assertEquals(ids.size, 2);
});

Deno.test("IntentAPI sends user_id and device_id with each request, and the token in no query", async () => {
  const { server, ghost } = start({ deviceId: "BRIDGE" });
  server.isPublic = true;
  await send(ghost);
  for (const { url, query, headers } of server.fake.received) {
    assert(!url.includes("as_token"));
    assertEquals(headers.get("authorization"), "Bearer as_token");
    assert(query.get("user_id") === GHOST || url.includes("/register"));
  }
});

Deno.test("IntentAPI does not register or invite a double puppet, and sends no user_id with its own token", async () => {
  const { server, ghost } = start({
    mxid: "@owner:example.org",
    token: "own_token",
    masquerade: false,
    mark: "irc",
  });
  const error = await assertRejects(() => ghost.sendText(ROOM, "x", { txnId: "1" }), MForbidden);
  assert(error.cause instanceof MForbidden);
  assertEquals(server.lines().map((line) => line.split("/send/")[0]), [
    `service PUT /rooms/${ROOM}`,
    `service ${JOIN}`,
  ]);
  await ghost.ensureRegistered();
  assertEquals(server.lines(), []);
});

Deno.test("IntentAPI marks what a double puppet sends, in a copy of the content", async () => {
  const { server, ghost } = start({ mxid: "@owner:example.org", masquerade: false, mark: "irc" });
  server.members.set("@owner:example.org", "join");
  const content = Object.freeze({ msgtype: "m.text" as const, body: "x" });
  const extraContent = Object.freeze({ a: 1 });
  await ghost.sendMessage(ROOM, content);
  await ghost.sendStateEvent(ROOM, "m.room.name", { name: "x" });
  await ghost.redact(ROOM, EVENT, { extraContent });
  await ghost.markRead(ROOM, EVENT);
  const mark = { "fi.mau.double_puppet_source": "irc" };
  assertEquals(server.fake.received.map(({ body }) => body), [
    { msgtype: "m.text", body: "x", ...mark },
    { name: "x", ...mark },
    { a: 1, ...mark },
    {
      "m.fully_read": EVENT,
      "m.read": EVENT,
      "com.beeper.fully_read.extra": mark,
      "com.beeper.read.extra": mark,
    },
  ]);
});

Deno.test("IntentAPI.markRead() sends nothing if the event is the one that was marked last", async () => {
  const { server, bot } = start();
  await bot.markRead(ROOM, EVENT);
  await bot.markRead(ROOM, EVENT);
  await bot.markRead(ROOM, "$other");
  assertEquals(server.lines().length, 2);
});

Deno.test("IntentAPI.errorAndLeave() sends a notice and leaves", async () => {
  const { server, bot } = start();
  await bot.errorAndLeave(ROOM, "Sorry", { html: "<b>Sorry</b>" });
  const [notice] = server.fake.received;
  assertEquals(notice!.body, {
    msgtype: "m.notice",
    body: "Sorry",
    format: "org.matrix.custom.html",
    formatted_body: "<b>Sorry</b>",
  });
  assertEquals(server.lines().at(-1), `bot POST /rooms/${ROOM}/leave`);
});

Deno.test("IntentAPI.getRoomMembers() returns user IDs by membership", async () => {
  const { bot } = start();
  assertEquals(await bot.getRoomMembers(ROOM), [BOT, GHOST]);
  assertEquals(await bot.getRoomMembers(ROOM, { memberships: ["invite"] }), ["@dave:example.org"]);
});

Deno.test("IntentAPI passes other refusals on at once", async () => {
  const { server, ghost } = start();
  for (
    const [status, errcode] of [[401, "M_UNKNOWN_TOKEN"], [404, "M_NOT_FOUND"], [400, "M_UNKNOWN"]] as const
  ) {
    server.fake.on("*", matrixError(status, errcode));
    await assertRejects(() => send(ghost));
    assertEquals(server.lines(), [SEND]);
  }
  server.fake.on("*", matrixError(401, "M_UNKNOWN_TOKEN"));
  await assertRejects(() => send(ghost), MUnknownToken);
});

Deno.test("IntentAPI rejects invalid options before anything is sent", () => {
  const { common } = start();
  assertThrows(() => new IntentAPI({ ...common, mxid: "" as never }), TypeError);
  assertThrows(() => new IntentAPI({ ...common, mxid: "carol" as never }), SyntaxError);
  assertThrows(() => new IntentAPI({ ...common, mxid: 1 as never }), TypeError);
});
