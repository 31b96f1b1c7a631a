/** Checks which methods call which, because subclasses of ClientAPI and HTTPAPI rely on it. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI, type SendOptions, type SendStateEventOptions } from "../../client/mod.ts";
import {
  type APIRequestOptions,
  HTTPAPI,
  type Method,
  MForbidden,
  type RequestOptions,
} from "../../http/mod.ts";
import type { EventID, Membership, MemberStateEventContent, RoomID, UserID } from "../../types/mod.ts";
import { BASE_URL, MXID } from "../support/contract_client.ts";
import { type Answer, FakeHomeserver, matrixError } from "../support/fake_homeserver.ts";
import { callRow, SENDING_ROWS } from "./methods/mod.ts";

const ROOM = "!room:example.org";
const BOB = "@bob:example.org";
const URI = "mxc://example.org/file";
const VERSIONS = { versions: ["v1.11"] };

type Overridden = { [Name in keyof ClientAPI]?: unknown };

/** Creates a client of a subclass whose methods record their arguments and return fixed values. */
function noting(values: Overridden, ...responses: Answer[]) {
  const calls: [name: string, ...args: unknown[]][] = [];
  class Noting extends ClientAPI {}
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(Noting.prototype, name, {
      value(...args: unknown[]) {
        calls.push([name, ...args]);
        return Promise.resolve(value);
      },
    });
  }
  const server = new FakeHomeserver().on("*", ...(responses.length ? responses : [{}]));
  const client = new Noting({ baseUrl: BASE_URL, mxid: MXID, token: "token", fetch: server.fetch });
  return { client, server, calls };
}

/** Request options, and an option of a subclass. */
const OPTIONS: RequestOptions & { txnId: string; disableEncryption: boolean } = Object.freeze({
  signal: new AbortController().signal,
  deadline: 5,
  retry: { limit: 1 },
  headers: { "x-trace": "1" },
  query: { "org.example.more": "1" },
  timestamp: 5,
  txnId: "mine",
  disableEncryption: true,
});

const sends: Record<string, (client: ClientAPI, options?: SendOptions) => Promise<EventID>> = {
  sendMessage: (client, options) => client.sendMessage(ROOM, { msgtype: "m.text", body: "x" }, options),
  sendText: (client, options) => client.sendText(ROOM, "x", options),
  "sendText, in its other form,": (client, options) => client.sendText(ROOM, { ...options, html: "x" }),
  sendNotice: (client, options) => client.sendNotice(ROOM, "x", options),
  sendEmote: (client, options) => client.sendEmote(ROOM, { ...options, text: "x" }),
  sendFile: (client, options) => client.sendFile(ROOM, URI, { ...options, fileName: "x" }),
  sendImage: (client, options) => client.sendImage(ROOM, URI, { ...options, info: { w: 1 } }),
  sendSticker: (client, options) => client.sendSticker(ROOM, URI, { ...options, text: "x" }),
  react: (client, options) => client.react(ROOM, "$e", "x", options),
};

for (const [name, send] of Object.entries(sends)) {
  Deno.test(`ClientAPI.${name} sends through sendMessageEvent() only, with its request options`, async () => {
    const { client, server, calls } = noting({ sendMessageEvent: "$own" });
    assertEquals(await send(client, OPTIONS), "$own");
    assertEquals(server.received.length, 0);
    assertEquals(calls.length, 1);
    const [, room, type, content, options] = calls[0]!;
    assertEquals(room, ROOM);
    assertEquals(
      type,
      name === "react" ? "m.reaction" : name === "sendSticker" ? "m.sticker" : "m.room.message",
    );
    assertEquals(typeof content, "object");
    assertEquals<unknown>(options, OPTIONS);
  });
}

/** Membership changes: the call, the user and the new membership. */
const changes: Record<
  string,
  [
    (client: ClientAPI, options?: RequestOptions & { extraContent?: object }) => Promise<unknown>,
    UserID,
    Membership,
  ]
> = {
  joinRoomById: [(client, options) => client.joinRoomById(ROOM, options), MXID, "join"],
  inviteUser: [(client, options) => client.inviteUser(ROOM, BOB, options), BOB, "invite"],
  leaveRoom: [(client, options) => client.leaveRoom(ROOM, options), MXID, "leave"],
  kickUser: [(client, options) => client.kickUser(ROOM, BOB, options), BOB, "leave"],
  banUser: [(client, options) => client.banUser(ROOM, BOB, options), BOB, "ban"],
  unbanUser: [(client, options) => client.unbanUser(ROOM, BOB, options), BOB, "leave"],
};

for (const [name, [change, userId, membership]] of Object.entries(changes)) {
  const extraContent = Object.freeze({ "org.example.source": "bridge" });
  const state = { membership, is_direct: false, ...extraContent };

  Deno.test(`ClientAPI.${name}() with extra content calls sendMemberEvent() only`, async () => {
    const { client, server, calls } = noting({ sendMemberEvent: "$own" });
    const result = await change(client, { ...OPTIONS, extraContent });
    assertEquals(result, name === "joinRoomById" ? ROOM : undefined);
    assertEquals(server.received.length, 0);
    assertEquals<unknown>(calls, [["sendMemberEvent", ROOM, userId, membership, {
      ...OPTIONS,
      extraContent,
    }]]);
  });

  Deno.test(`ClientAPI.${name}() with extra content calls fillMemberEvent() and sendStateEvent()`, async () => {
    const filled = { ...state, displayname: "Filled" };
    const { client, server, calls } = noting({ fillMemberEvent: filled, sendStateEvent: "$own" });
    await change(client, { ...OPTIONS, extraContent });
    assertEquals(server.received.length, 0);
    assertEquals<unknown>(calls, [
      ["fillMemberEvent", ROOM, userId, state],
      ["sendStateEvent", ROOM, "m.room.member", filled, {
        ...OPTIONS,
        stateKey: userId,
        ensureJoined: false,
      }],
    ]);
  });

  Deno.test(`ClientAPI.${name}() without extra content sends no state`, async () => {
    const { client, server, calls } = noting(
      { sendMemberEvent: "$own", fillMemberEvent: null, sendStateEvent: "$own" },
      { room_id: ROOM },
    );
    for (const options of [undefined, {}, { extraContent: {} }, { reason: "x" }]) {
      await change(client, options);
    }
    assertEquals(calls, []);
    assert(server.received.every(({ method }) => method === "POST"));
    assertEquals(server.received.length, 4);
  });
}

Deno.test("ClientAPI.sendMemberEvent() uses a profile of a subclass that calls the base class first", async () => {
  class Storing extends ClientAPI {
    override async fillMemberEvent(
      roomId: RoomID,
      userId: UserID,
      content: MemberStateEventContent,
    ): Promise<MemberStateEventContent | null> {
      const filled = await super.fillMemberEvent(roomId, userId, content);
      if (filled !== null) return filled;
      const { displayname, avatar_url } = await this.getProfile(userId);
      return { ...content, displayname, avatar_url: avatar_url ?? undefined };
    }
  }
  const server = new FakeHomeserver()
    .on("GET /_matrix/client/v3/profile/%40bob%3Aexample.org", { displayname: "Bob", avatar_url: URI })
    .on("PUT /_matrix/client/v3/rooms/%21room%3Aexample.org/state/m.room.member/%40bob%3Aexample.org", {
      event_id: "$e",
    });
  const client = new Storing({ baseUrl: BASE_URL, mxid: MXID, fetch: server.fetch });
  await client.inviteUser(ROOM, BOB, { extraContent: { reason: "Tea" } });
  const content = { membership: "invite", is_direct: false, reason: "Tea" };
  assertEquals(server.last.body, { ...content, displayname: "Bob", avatar_url: URI });
  client.fillMemberEventCallback = (_room, _user, given) => ({ ...given, displayname: "From the callback" });
  await client.inviteUser(ROOM, BOB, { extraContent: { reason: "Tea" } });
  assertEquals(server.last.body, { ...content, displayname: "From the callback" });
});

/** Methods that call another one: its name, what it returns, and the arguments that it receives. */
const made: [
  name: string,
  through: keyof ClientAPI,
  gives: unknown,
  call: (client: ClientAPI) => Promise<unknown>,
  args: unknown[],
][] = [
  ["sendText", "sendMessage", "$own", (client) => client.sendText(ROOM, "x"), [ROOM, {
    msgtype: "m.text",
    body: "x",
  }, {}]],
  ["sendNotice", "sendText", "$own", (client) => client.sendNotice(ROOM, "x"), [ROOM, {
    text: "x",
    msgtype: "m.notice",
  }]],
  ["sendEmote", "sendText", "$own", (client) => client.sendEmote(ROOM, "x"), [ROOM, {
    text: "x",
    msgtype: "m.emote",
  }]],
  ["sendImage", "sendFile", "$own", (client) => client.sendImage(ROOM, URI), [ROOM, URI, {
    fileType: "m.image",
  }]],
  ["setDisplayname", "getDisplayname", "Alice", (client) => client.setDisplayname("Alice"), [MXID, {}]],
  ["setAvatarUrl", "getAvatarUrl", URI, (client) => client.setAvatarUrl(URI), [MXID, {}]],
  ["getRoomTag", "getRoomTags", { tags: {} }, (client) => client.getRoomTag(ROOM, "u.x"), [ROOM, undefined]],
  [
    "sendToOneDevice",
    "sendToDevice",
    undefined,
    (client) => client.sendToOneDevice("m.dummy", BOB, "D", {}, { txnId: "t" }),
    ["m.dummy", { [BOB]: { D: {} } }, { txnId: "t" }],
  ],
  [
    "uploadOneSignature",
    "uploadManySignatures",
    {},
    (client) => client.uploadOneSignature(MXID, "D", { user_id: MXID, usage: [], keys: {} }),
    [{ [MXID]: { D: { user_id: MXID, usage: [], keys: {} } } }, undefined],
  ],
];

for (const [name, through, gives, call, args] of made) {
  Deno.test(`ClientAPI.${name}() calls ${through}() of a subclass`, async () => {
    const { client, server, calls } = noting({ [through]: gives });
    await call(client);
    assertEquals(calls, [[through, ...args]]);
    assertEquals(server.received.length, 0);
  });
}

Deno.test("ClientAPI.addRoomAlias() removes an alias through removeRoomAlias() of a subclass", async () => {
  const { client, server, calls } = noting({ removeRoomAlias: undefined }, matrixError(409, "M_UNKNOWN"), {});
  await client.addRoomAlias(ROOM, "tea", { override: true });
  assertEquals(calls, [["removeRoomAlias", "tea", {}]]);
  assertEquals(server.received.map(({ method }) => method), ["PUT", "PUT"]);
});

Deno.test("ClientAPI.downloadMedia() and similar methods call versions() of a subclass, and uploadMedia() calls createMxc()", async () => {
  const { client, server, calls } = noting({ versions: { versions: ["v1.1"] } });
  await client.downloadMedia(URI);
  await client.downloadThumbnail(URI, { width: 32, height: 32 });
  await client.getUrlPreview("https://example.org");
  await client.getMediaRepoConfig();
  assertEquals(calls.map(([name]) => name), Array(4).fill("versions"));
  assert(server.received.every(({ path }) => path.startsWith("/_matrix/media/v3/")));

  const making = noting({ createMxc: { content_uri: URI } });
  let transfer: Promise<void> | undefined;
  assertEquals(
    await making.client.uploadMedia("x", { asyncUpload: true, onTransfer: (it) => transfer = it }),
    URI,
  );
  await transfer;
  assertEquals(making.calls.map(([name]) => name), ["createMxc"]);
  assertEquals(making.server.last.path, "/_matrix/media/v3/upload/example.org/file");
});

/** A client that stores the membership of users. */
class StateStore extends ClientAPI {
  readonly members = new Map<UserID, Membership>();
  readonly joins: boolean[] = [];

  override async joinRoom(...args: Parameters<ClientAPI["joinRoom"]>): Promise<RoomID> {
    const roomId = await super.joinRoom(...args);
    this.members.set(this.mxid!, "join");
    return roomId;
  }

  override async kickUser(...args: Parameters<ClientAPI["kickUser"]>): Promise<void> {
    await super.kickUser(...args);
    this.members.set(args[1], "leave");
  }

  override async sendStateEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendStateEventOptions,
  ): Promise<EventID> {
    this.joins.push(options?.ensureJoined ?? true);
    const eventId = await super.sendStateEvent(roomId, eventType, content, options);
    if (eventType === "m.room.member") {
      this.members.set(options?.stateKey as UserID, (content as MemberStateEventContent).membership);
    }
    return eventId;
  }
}

Deno.test("ClientAPI can be extended to record successful changes only", async () => {
  const server = new FakeHomeserver().on(
    "*",
    { room_id: ROOM },
    {},
    { event_id: "$e" },
    { event_id: "$e" },
    matrixError(403, "M_FORBIDDEN"),
  );
  const client = new StateStore({ baseUrl: BASE_URL, mxid: MXID, fetch: server.fetch });
  await client.joinRoom(ROOM);
  await client.kickUser(ROOM, BOB);
  assertEquals([...client.members], [[MXID, "join"], [BOB, "leave"]]);
  await client.banUser(ROOM, BOB, { extraContent: { a: 1 } });
  await client.sendStateEvent(ROOM, "m.room.topic", { topic: "Tea" });
  assertEquals([...client.members], [[MXID, "join"], [BOB, "ban"]]);
  assertEquals(client.joins, [false, true]);
  await assertRejects(() => client.kickUser(ROOM, MXID), MForbidden);
  assertEquals(client.members.get(MXID), "join");
});

/** A transport of an application service, which adds a query parameter to every request. */
class ServiceAPI extends HTTPAPI {
  readonly seen: [method: Method, path: string, options: APIRequestOptions | undefined][] = [];

  override async request<T>(method: Method, path: string, options?: APIRequestOptions): Promise<T> {
    this.seen.push([method, path, options]);
    return await super.request(method, path, {
      ...options,
      query: { ...options?.query, "org.example.as": "1" },
    });
  }
}

for (const row of SENDING_ROWS) {
  const through = row.bytes ? "all but the bytes" : "all of its requests";
  Deno.test(`ClientAPI.${row.name}() makes ${through} through request() of the transport`, async () => {
    const response = row.response ?? {};
    const server = new FakeHomeserver().on("*", ...(row.asksVersions ? [VERSIONS, response] : [response]));
    const api = new ServiceAPI({ baseUrl: BASE_URL, token: "token", fetch: server.fetch });
    api.getTxnId = () => "txn";
    const client = new ClientAPI({ api, mxid: MXID });
    assertStrictEquals(client.api, api);
    assertEquals(await callRow(client, row, undefined, server.fetch), row.result);
    const lines = server.received.map(({ method, path }) => `${method} ${path}`);
    assertEquals(lines.at(-1), row.line);
    const [seen, marked] = [
      api.seen.map(([method, path]) => `${method} ${path}`),
      server.received.filter(({ query }) => query.get("org.example.as") === "1"),
    ];
    assertEquals(seen, row.bytes ? lines.slice(0, -1) : lines);
    assertEquals(marked.length, seen.length);
  });
}

Deno.test("ClientAPI uses getTxnId() of the transport, once a call", async () => {
  let count = 0;
  class CountingAPI extends HTTPAPI {
    override getTxnId(): string {
      return `own${++count}`;
    }
  }
  const server = new FakeHomeserver().on("*", { event_id: "$e" });
  const client = new ClientAPI({
    api: new CountingAPI({ baseUrl: BASE_URL, fetch: server.fetch }),
    mxid: MXID,
  });
  await client.sendMessageEvent(ROOM, "m.x", {});
  await client.sendText(ROOM, "x");
  await client.react(ROOM, "$e", "x");
  await client.sendSticker(ROOM, URI);
  await client.redact(ROOM, "$e");
  await client.sendToDevice("m.dummy", {});
  await client.sendToOneDevice("m.dummy", BOB, "D", {});
  const last = server.received.map(({ path }) => path.split("/").at(-1));
  assertEquals(last, ["own1", "own2", "own3", "own4", "own5", "own6", "own7"]);
  await client.redact(ROOM, "$e", { txnId: "mine" });
  await client.sendStateEvent(ROOM, "m.x", {});
  await client.createRoom({}).catch(() => {});
  assertEquals(count, 7);
});

Deno.test("ClientAPIs of one application service share the transport, its transaction IDs and the versions", async () => {
  const server = new FakeHomeserver().on("*", VERSIONS);
  const api = new HTTPAPI({ baseUrl: BASE_URL, token: "as", fetch: server.fetch });
  const bot = new ClientAPI({ api, mxid: MXID });
  const ghost = new ClientAPI({ api, mxid: BOB });
  const versions = await bot.versions();
  ghost.versionsCache = bot.versionsCache;
  assertStrictEquals(await ghost.versions(), versions);
  assertEquals(server.received.length, 1);
  const counters = [bot.api.getTxnId(), ghost.api.getTxnId()].map((id) => id.split("_").at(-1));
  assertEquals(counters, ["1", "2"]);
});
