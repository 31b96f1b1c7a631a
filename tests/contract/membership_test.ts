import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type MembershipOptions } from "../../client/mod.ts";
import {
  MatrixConnectionError,
  MatrixRequestError,
  MForbidden,
  MNotJoined,
  MUnrecognized,
} from "../../http/mod.ts";
import type { EventID, MemberStateEventContent, RoomID, UserID } from "../../types/mod.ts";
import {
  BASE_URL,
  type CallOf,
  exchange,
  fakeClient,
  malformed,
  MXID,
  ODD,
  ODD_PATH,
  refused,
  sent,
} from "../support/contract_client.ts";
import { broken, FakeHomeserver, json, matrixError, text } from "../support/fake_homeserver.ts";

const ROOM = "!room:example.org";
const ROOMS = "/_matrix/client/v3/rooms";
const PREFIX = `${ROOMS}/%21room%3Aexample.org`;
const BOB = "@bob:example.org";
const EVENT = { event_id: "$event" };

/** The path of a member event. */
function state(user = "%40bob%3Aexample.org"): string {
  return `${PREFIX}/state/m.room.member/${user}`;
}

Deno.test("ClientAPI.sendMemberEvent() sends the membership as state", async () => {
  const { request, result } = await exchange(EVENT, (client) => client.sendMemberEvent(ROOM, BOB, "invite"));
  assertEquals(`${request.method} ${request.path}`, `PUT ${state()}`);
  assertEquals([...request.query], []);
  assertEquals(request.body, { membership: "invite", is_direct: false });
  assertEquals(result, "$event");
  const [line] = await sent(EVENT, (client) => client.sendMemberEvent(ODD.room, ODD.user, "join"));
  assertEquals(line, `PUT ${ROOMS}/${ODD_PATH.room}/state/m.room.member/${ODD_PATH.user}`);
});

Deno.test("ClientAPI.sendMemberEvent() works without extra content", async () => {
  for (const extraContent of [undefined, null, {}]) {
    const [, , body] = await sent(
      EVENT,
      (client) => client.sendMemberEvent(ROOM, BOB, "ban", { extraContent: extraContent as undefined }),
    );
    assertEquals(body, { membership: "ban", is_direct: false });
  }
});

Deno.test("ClientAPI.sendMemberEvent() accepts extra content, including fields of member events", async () => {
  const extraContent = Object.freeze({
    membership: "leave",
    displayname: "Bob",
    avatar_url: "mxc://example.org/bob",
    reason: "Tea",
    is_direct: true,
    "org.example.list": [1, null],
    empty: "",
    nothing: null,
  });
  const [, , body] = await sent(
    EVENT,
    (client) => client.sendMemberEvent(ROOM, BOB, "join", { extraContent }),
  );
  assertEquals<unknown>(body, extraContent);
});

Deno.test("ClientAPI.sendMemberEvent() keeps defaults if extra content is undefined", async () => {
  const extraContent = { membership: undefined, is_direct: undefined };
  const [, , body] = await sent(
    EVENT,
    (client) => client.sendMemberEvent(ROOM, BOB, "join", { extraContent }),
  );
  assertEquals(body, { membership: "join", is_direct: false });
});

Deno.test("ClientAPI.sendMemberEvent() requires user ID, membership and content", async () => {
  for (const wrong of ["", null, undefined]) {
    await refused((client) => client.sendMemberEvent(ROOM, wrong as "@a:b", "join"), TypeError, "user ID");
    await refused((client) => client.sendMemberEvent(ROOM, BOB, wrong as "join"), TypeError, "membership");
    await refused((client) => client.sendMemberEvent(wrong as "!a", BOB, "join"), TypeError);
  }
  for (const extraContent of [[1], "text", 1]) {
    await refused(
      (client) =>
        client.sendMemberEvent(ROOM, BOB, "join", { extraContent: extraContent as unknown as object }),
      TypeError,
    );
  }
});

Deno.test("ClientAPI.sendMemberEvent() rejects a response without an event ID", async () => {
  await malformed({}, (client) => client.sendMemberEvent(ROOM, BOB, "join"), "`event_id` not in response.");
});

Deno.test("ClientAPI.fillMemberEvent() returns null without a callback", async () => {
  const { client } = fakeClient();
  assertStrictEquals(await client.fillMemberEvent(ROOM, BOB, { membership: "join" }), null);
});

Deno.test("ClientAPI.fillMemberEventCallback replaces the content of sendMemberEvent() unless it returns null", async () => {
  const responses: [(content: MemberStateEventContent) => unknown, unknown][] = [
    [(content) => ({ ...content, displayname: "Bob" }), {
      membership: "join",
      is_direct: false,
      a: 1,
      displayname: "Bob",
    }],
    [() => ({ membership: "leave", is_direct: true }), { membership: "leave", is_direct: true }],
    [() => Object.freeze({ membership: "leave" }), { membership: "leave", is_direct: false }],
    [() => null, { membership: "join", is_direct: false, a: 1 }],
    [() => undefined, { membership: "join", is_direct: false, a: 1 }],
  ];
  for (const [fill, expected] of responses) {
    for (const wrap of [(value: unknown) => value, (value: unknown) => Promise.resolve(value)]) {
      const { client, server } = fakeClient(EVENT);
      const extraContent = { a: 1 };
      const seen: unknown[] = [];
      client.fillMemberEventCallback = (...args) => {
        seen.push(structuredClone(args));
        return wrap(fill(args[2])) as null;
      };
      await client.sendMemberEvent(ROOM, BOB, "join", { extraContent });
      assertEquals(seen, [[ROOM, BOB, { membership: "join", is_direct: false, a: 1 }]]);
      assertEquals(server.last.body, expected);
      assertEquals(extraContent, { a: 1 });
    }
  }
});

Deno.test("ClientAPI.fillMemberEventCallback receives a copy of the content", async () => {
  const { client, server } = fakeClient(EVENT);
  client.fillMemberEventCallback = (_room, _user, content) => {
    content.displayname = "Bob";
    return null;
  };
  const extraContent = Object.freeze({ a: 1 });
  await client.inviteUser(ROOM, BOB, { extraContent });
  assertEquals(server.last.body, { membership: "invite", is_direct: false, a: 1, displayname: "Bob" });
});

Deno.test("ClientAPI.sendMemberEvent() sends nothing if fillMemberEvent() throws", async () => {
  const { client, server } = fakeClient(EVENT);
  client.fillMemberEventCallback = () => Promise.reject(new RangeError("no"));
  await assertRejects(() => client.kickUser(ROOM, BOB, { extraContent: { a: 1 } }), RangeError, "no");
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.sendMemberEvent() calls fillMemberEvent() and sendStateEvent() of subclasses", async () => {
  const calls: unknown[] = [];
  class Own extends ClientAPI {
    override fillMemberEvent(
      roomId: RoomID,
      userId: UserID,
      content: MemberStateEventContent,
    ): Promise<MemberStateEventContent | null> {
      calls.push(["fill", roomId, userId, content.membership]);
      return Promise.resolve({ ...content, displayname: "Own" });
    }
    override sendStateEvent(...args: unknown[]): Promise<EventID> {
      calls.push(args);
      return Promise.resolve("$own");
    }
  }
  const client = new Own({ baseUrl: BASE_URL, mxid: MXID, fetch: () => Promise.reject(new Error("unused")) });
  const extraContent = { a: 1 };
  await client.joinRoomById(ROOM, { extraContent });
  await client.inviteUser(ROOM, BOB, { extraContent });
  await client.leaveRoom(ROOM, { extraContent });
  await client.kickUser(ROOM, BOB, { extraContent });
  await client.banUser(ROOM, BOB, { extraContent });
  await client.unbanUser(ROOM, BOB, { extraContent });
  const expected = [[MXID, "join"], [BOB, "invite"], [MXID, "leave"], [BOB, "leave"], [BOB, "ban"], [
    BOB,
    "leave",
  ]];
  assertEquals(
    calls,
    expected.flatMap(([user, membership]) => [
      ["fill", ROOM, user, membership],
      [ROOM, "m.room.member", { membership, is_direct: false, a: 1, displayname: "Own" }, {
        stateKey: user,
        ensureJoined: false,
      }],
    ]),
  );
});

const changes: {
  name: string;
  action: string;
  membership: string;
  /** Whether an empty `reason` is sent. */
  always: boolean;
  change: (client: ClientAPI, user: UserID, options?: MembershipOptions) => Promise<void>;
}[] = [
  {
    name: "ClientAPI.inviteUser()",
    action: "invite",
    membership: "invite",
    always: false,
    change: (client, user, options) => client.inviteUser(ROOM, user, options),
  },
  {
    name: "ClientAPI.kickUser()",
    action: "kick",
    membership: "leave",
    always: true,
    change: (client, user, options) => client.kickUser(ROOM, user, options),
  },
  {
    name: "ClientAPI.banUser()",
    action: "ban",
    membership: "ban",
    always: true,
    change: (client, user, options) => client.banUser(ROOM, user, options),
  },
  {
    name: "ClientAPI.unbanUser()",
    action: "unban",
    membership: "leave",
    always: true,
    change: (client, user, options) => client.unbanUser(ROOM, user, options),
  },
];

for (const { name, action, membership, always, change } of changes) {
  Deno.test(`${name} sends the user and the reason`, async () => {
    const { request, result } = await exchange({}, (client) => change(client, BOB, { reason: "Tea" }));
    assertEquals(`${request.method} ${request.path}`, `POST ${PREFIX}/${action}`);
    assertEquals([...request.query], []);
    assertEquals(request.body, { user_id: BOB, reason: "Tea" });
    assertStrictEquals(result, undefined);
  });

  Deno.test(`${name} ${always ? "sends a reason even when it is empty" : "sends no empty reason"}`, async () => {
    for (const reason of [undefined, null, ""]) {
      const [, , body] = await sent({}, (client) => change(client, BOB, { reason: reason as undefined }));
      assertEquals(body, always ? { user_id: BOB, reason: "" } : { user_id: BOB });
    }
    const [, , body] = await sent({}, (client) => change(client, BOB));
    assertEquals(body, always ? { user_id: BOB, reason: "" } : { user_id: BOB });
  });

  Deno.test(`${name} sends the member event with the reason if there is extra content`, async () => {
    const extraContent = Object.freeze({ "org.example.a": 1 });
    const { request, result } = await exchange(
      EVENT,
      (client) => change(client, BOB, { extraContent, reason: "Tea" }),
    );
    assertEquals(`${request.method} ${request.path}`, `PUT ${state()}`);
    assertEquals(request.body, { membership, is_direct: false, "org.example.a": 1, reason: "Tea" });
    assertStrictEquals(result, undefined);
    for (const reason of [undefined, ""]) {
      const [, , body] = await sent(EVENT, (client) => change(client, BOB, { extraContent, reason }));
      assertEquals(body, { membership, is_direct: false, "org.example.a": 1 });
    }
  });

  Deno.test(`${name} prefers the reason of the extra content, and does not modify the caller's object`, async () => {
    const extraContent = { reason: "Cake" };
    const [, , body] = await sent(EVENT, (client) => change(client, BOB, { extraContent, reason: "Tea" }));
    assertEquals(body, { membership, is_direct: false, reason: "Cake" });
    const other = { a: 1 };
    await sent(EVENT, (client) => change(client, BOB, { extraContent: other, reason: "Tea" }));
    assertEquals(other, { a: 1 });
  });

  Deno.test(`${name} treats empty extra content as not given`, async () => {
    for (const extraContent of [undefined, null, {}]) {
      const [line] = await sent(
        {},
        (client) => change(client, BOB, { extraContent: extraContent as undefined }),
      );
      assertEquals(line, `POST ${PREFIX}/${action}`);
    }
  });

  Deno.test(`${name} requires a user ID and throws error responses`, async () => {
    for (const user of ["", null, undefined, 1]) {
      await refused((client) => change(client, user as "@a:b"), TypeError, "user ID");
      await refused(
        (client) => change(client, user as "@a:b", { extraContent: { a: 1 } }),
        TypeError,
        "user ID",
      );
    }
    await assertRejects(() => change(fakeClient(matrixError(403, "M_FORBIDDEN")).client, BOB), MForbidden);
  });

  Deno.test(`${name} is not retried after a lost response`, async () => {
    for (const fault of [broken(), json({}, 502), json({}, 504)]) {
      const { client, server } = fakeClient(fault, {});
      await assertRejects(() => change(client, BOB));
      assertEquals(server.received.length, 1);
    }
  });
}

Deno.test("ClientAPI.inviteUser() and similar methods encode the room as one segment", async () => {
  const [invite] = await sent({}, (client) => client.inviteUser(ODD.room, ODD.user));
  assertEquals(invite, `POST ${ROOMS}/${ODD_PATH.room}/invite`);
  const [kick] = await sent({}, (client) => client.kickUser(ODD.room, BOB));
  assertEquals(kick, `POST ${ROOMS}/${ODD_PATH.room}/kick`);
  const [leave] = await sent({}, (client) => client.leaveRoom(ODD.room));
  assertEquals(leave, `POST ${ROOMS}/${ODD_PATH.room}/leave`);
  for (const room of ["", ".", "..", null]) {
    await refused((client) => client.inviteUser(room as "!a", BOB), TypeError);
    await refused((client) => client.leaveRoom(room as "!a"), TypeError);
  }
});

Deno.test("ClientAPI.leaveRoom() sends the reason if there is one", async () => {
  const { request, result } = await exchange({}, (client) => client.leaveRoom(ROOM, { reason: "Tea" }));
  assertEquals(`${request.method} ${request.path}`, `POST ${PREFIX}/leave`);
  assertEquals(request.body, { reason: "Tea" });
  assertStrictEquals(result, undefined);
  for (const reason of [undefined, null, ""]) {
    const { request } = await exchange(
      {},
      (client) => client.leaveRoom(ROOM, { reason: reason as undefined }),
    );
    assertEquals(request.text, "{}");
  }
});

Deno.test("ClientAPI.leaveRoom() sends the member event with the reason if there is extra content", async () => {
  const [line, , body] = await sent(
    EVENT,
    (client) => client.leaveRoom(ROOM, { extraContent: { a: 1 }, reason: "Tea" }),
  );
  assertEquals(line, `PUT ${state("%40alice%3Aexample.org")}`);
  assertEquals(body, { membership: "leave", is_direct: false, a: 1, reason: "Tea" });
  const server = new FakeHomeserver().on("*", EVENT);
  const client = new ClientAPI({ baseUrl: BASE_URL, fetch: server.fetch });
  await assertRejects(() => client.leaveRoom(ROOM, { extraContent: { a: 1 } }), TypeError, "mxid");
  await assertRejects(() => client.joinRoomById(ROOM, { extraContent: { a: 1 } }), TypeError, "mxid");
  assertEquals(server.received.length, 0);
});

const notInRoom = [
  matrixError(403, "M_NOT_JOINED"),
  matrixError(403, "M_FORBIDDEN", { "org.matrix.msc3848.unstable.errcode": "ORG.MATRIX.MSC3848.NOT_JOINED" }),
  matrixError(403, "M_FORBIDDEN", { error: `User ${MXID} not in room ${ROOM}` }),
  matrixError(500, "M_UNKNOWN", { error: "not in room" }),
  // Synapse does not know the room.
  matrixError(404, "M_UNKNOWN", { error: "Not a known room" }),
  matrixError(404, "M_NOT_FOUND"),
];

Deno.test("ClientAPI.leaveRoom() ignores that the user is not in the room unless raiseNotInRoom is set", async () => {
  for (const response of notInRoom) {
    for (const extraContent of [undefined, { a: 1 }]) {
      assertStrictEquals(await fakeClient(response).client.leaveRoom(ROOM, { extraContent }), undefined);
      for (const raiseNotInRoom of [undefined, null, false]) {
        await fakeClient(response).client.leaveRoom(ROOM, { raiseNotInRoom: raiseNotInRoom as false });
      }
      await assertRejects(
        () => fakeClient(response).client.leaveRoom(ROOM, { extraContent, raiseNotInRoom: true }),
        MatrixRequestError,
      );
    }
  }
  await assertRejects(
    () => fakeClient(notInRoom[0]).client.leaveRoom(ROOM, { raiseNotInRoom: true }),
    MNotJoined,
  );
});

Deno.test("ClientAPI.leaveRoom() throws 404 of an unknown endpoint, and of another server", async () => {
  const { client } = fakeClient(matrixError(404, "M_UNRECOGNIZED"));
  await assertRejects(() => client.leaveRoom(ROOM), MUnrecognized);
  for (const response of [text("<h1>Not Found</h1>", 404), json({ error: "?" }, 404)]) {
    const { client } = fakeClient(response);
    await assertRejects(() => client.leaveRoom(ROOM), MatrixRequestError, "404");
  }
});

Deno.test("ClientAPI.kickUser() and similar methods send the member event with ts if there is a timestamp", async () => {
  const options = { timestamp: new Date(5), reason: "Tea" };
  const cases: [call: CallOf<unknown>, user: UserID, membership: string][] = [
    [(client) => client.joinRoomById(ROOM, options), MXID as UserID, "join"],
    [(client) => client.leaveRoom(ROOM, options), MXID as UserID, "leave"],
    [(client) => client.inviteUser(ROOM, BOB, options), BOB, "invite"],
    [(client) => client.kickUser(ROOM, BOB, options), BOB, "leave"],
    [(client) => client.banUser(ROOM, BOB, options), BOB, "ban"],
    [(client) => client.unbanUser(ROOM, BOB, options), BOB, "leave"],
  ];
  for (const [call, user, membership] of cases) {
    const { request } = await exchange(EVENT, call);
    assertEquals(`${request.method} ${request.path}`, `PUT ${state(encodeURIComponent(user))}`);
    assertEquals(Object.fromEntries(request.query), { ts: "5" });
    assertEquals(request.body, { membership, is_direct: false, reason: "Tea" });
  }
});

Deno.test("ClientAPI.joinRoom() and knockRoom() reject a timestamp with a hint", async () => {
  await refused((client) => client.joinRoom(ROOM, { timestamp: 5 }), TypeError, "joinRoomById()");
  await refused((client) => client.knockRoom(ROOM, { timestamp: 5 }), TypeError, "sendMemberEvent()");
});

Deno.test("ClientAPI.leaveRoom() throws all other errors, including those without a message", async () => {
  const others = [
    matrixError(403, "M_FORBIDDEN", { error: "Not In Room" }),
    matrixError(500, "M_UNKNOWN", { error: undefined }),
    text("<p>not in room</p>", 500),
    json(null, 500),
  ];
  for (const response of others) {
    const error = await assertRejects(() => fakeClient(response).client.leaveRoom(ROOM), MatrixRequestError);
    assertEquals([403, 500].includes(error.status), true);
  }
  const { client, server } = fakeClient(broken(), {});
  await assertRejects(() => client.leaveRoom(ROOM), MatrixConnectionError);
  assertEquals(server.received.length, 1);
});
