/** A call of each method of ClientAPI: its arguments, what is wrong for each of them, and what it promises. */
import { type Argument, call, type MethodCall } from "./call.ts";
import {
  boolean,
  either,
  fields,
  instance,
  json,
  list,
  nothing,
  nullish,
  number,
  object,
  string,
} from "./shapes.ts";
import { CLIENT_CALLS } from "./syncing.ts";
import { discover, loginAndGoOn, pages, stream, uploadLater } from "./ways.ts";

const ROOM: Argument = ["!room:example.org", "segment"];
const EVENT: Argument = ["$event", "segment"];
const USER: Argument = ["@bob:example.org", "segment"];
const BODY_USER: Argument = ["@bob:example.org", "id"];
const TYPE: Argument = ["org.example.type", "segment"];
const TEXT: Argument = ["text", "text?"];
const OBJECT: Argument = [{ a: { b: 1 } }, "object?"];
const CONTENT: Argument = [{ msgtype: "m.text", body: "Hello", nested: { a: [1] } }, "object"];
const RELATION: Argument = [{ rel_type: "m.thread", event_id: "$event" }, "object?"];
const URI: Argument = ["mxc://example.org/media", "id"];
const EVENTS = either(object);
const ID = string;

const KEYS: Argument = [
  { user_id: "@alice:example.org", usage: ["master"], keys: { "ed25519:key": "key" } },
  "object",
];
const MEMBERSHIP = { reason: TEXT, extraContent: OBJECT };
const SEND = { txnId: ["txn", "txn?"] } as const;
const SAYING = { ...SEND, html: TEXT, relatesTo: RELATION };
const FILE = { ...SEND, info: OBJECT, relatesTo: RELATION };
const DOWNLOAD = { timeoutMs: [5, "number?"], maxSize: [1e6, "number?"] } as const;

const page = fields({ start: string, chunk: list() });

/** A call of every method of ClientAPI, at least. */
export const API_CALLS: readonly MethodCall[] = [
  call("discover", [["example.org", "domain"]], either(instance(URL), nullish), { via: discover }),
  call("versions", [], fields({ versions: list(string) })),
  call("getLoginFlows", [], fields({ flows: list() })),
  call("login", [], fields({ user_id: string, device_id: string, access_token: string }), {
    options: {
      identifier: ["alice", "identifier?"],
      loginType: ["m.login.password", "text?"],
      password: ["secret", "text?"],
      deviceName: TEXT,
      deviceId: ["ALICE1", "text?"],
      updateHsUrl: [true, "any"],
      refreshToken: [true, "any"],
    },
    via: loginAndGoOn,
  }),
  call("logout", [], nothing),
  call("logoutAll", [], nothing),
  call("whoami", [], fields({ user_id: string })),
  call("createDeviceMsc4190", [["BRIDGE1", "device"], ["Bridge", "text?"]], nothing),
  call("getFilter", [["7", "segment"]], object),
  call("createFilter", [OBJECT], string, { args: [[{ room: { timeline: { limit: 1 } } }, "object"]] }),
  call("sync", [], object, {
    options: {
      since: ["s1", "text?"],
      timeout: [0, "number?"],
      filterId: ["7", "text?"],
      setPresence: ["offline", "text?"],
      fullState: [true, "any"],
      useStateAfter: [true, "any"],
    },
    ignores: ["retry"],
  }),
  call("sync", [], object, { options: { filter: [{ room: {} }, "object?"] }, ignores: ["retry"] }),
  call("getEvent", [ROOM, EVENT], fields({ type: string, content: object })),
  call("getEventContext", [ROOM, EVENT], object, {
    options: { limit: [3, "number?"], filter: [{ types: ["a"] }, "filter?"] },
  }),
  call("getStateEvent", [ROOM, ["m.room.topic", "segment"]], object, { options: { stateKey: ["", "key?"] } }),
  call("getStateEvent", [ROOM, TYPE], fields({ type: string, content: object }), {
    options: { stateKey: ["key", "key?"], format: ["event", "text?"] },
  }),
  call("getState", [ROOM], list()),
  call("getMembers", [ROOM], list(), {
    options: { at: ["s1", "text?"], membership: ["join", "text?"], notMembership: ["ban", "text?"] },
  }),
  call("getJoinedMembers", [ROOM], object),
  call("getMessages", [ROOM, ["b", "direction"]], page, {
    options: {
      from: ["s1", "text?"],
      to: ["s0", "text?"],
      limit: [3, "number?"],
      filter: [{ types: ["a"] }, "filter?"],
    },
  }),
  call("iterateMessages", [ROOM, ["f", "direction"]], list(page), {
    options: { from: ["s1", "text?"], limit: [3, "number?"] },
    via: pages,
  }),
  call("sendStateEvent", [ROOM, TYPE, CONTENT], ID, { options: { stateKey: ["key", "key?"] } }),
  call("sendMessageEvent", [ROOM, TYPE, CONTENT], ID, { options: SEND }),
  call("sendMessage", [ROOM, CONTENT], ID, { options: SEND }),
  call("react", [ROOM, ["$event", "id"], ["👍️", "text"]], ID, { options: SEND }),
  call("sendText", [ROOM, ["Hello", "text-or-html"]], ID, {
    options: { ...SAYING, msgtype: ["m.text", "text?"] },
  }),
  call("sendText", [ROOM, [{ html: "<b>Hello</b>", msgtype: "m.text" }, "any"]], ID),
  call("sendNotice", [ROOM, ["Hello", "text-or-html"]], ID, { options: SAYING }),
  call("sendEmote", [ROOM, ["waves", "text-or-html"]], ID, { options: SAYING }),
  call("sendFile", [ROOM, URI], ID, { options: { ...FILE, fileName: TEXT, fileType: ["m.file", "text?"] } }),
  call("sendImage", [ROOM, URI], ID, { options: { ...FILE, fileName: TEXT } }),
  call("sendSticker", [ROOM, URI], ID, { options: { ...FILE, text: TEXT } }),
  call("redact", [ROOM, EVENT], ID, { options: { ...SEND, reason: TEXT, extraContent: OBJECT } }),
  call("createRoom", [], ID, {
    options: {
      aliasLocalpart: TEXT,
      visibility: ["private", "text?"],
      preset: ["private_chat", "text?"],
      name: TEXT,
      topic: TEXT,
      isDirect: [true, "boolean?"],
      invitees: [["@bob:example.org"], "list?"],
      initialState: [[{ type: "m.room.topic", content: { topic: "Tea" } }], "list?"],
      roomVersion: ["12", "text?"],
      creationContent: [{ type: "m.space", room_version: "1" }, "object?"],
      powerLevelOverride: [{ users: {} }, "object?"],
      beeperAutoJoinInvites: [true, "any"],
      customRequestFields: OBJECT,
    },
  }),
  call("addRoomAlias", [["!room:example.org", "id"], ["alias", "id"]], nothing),
  call("addRoomAlias", [["!room:example.org", "id"], ["alias", "id"]], nothing, {
    options: { override: [true, "any"] },
    statuses: [409],
  }),
  call("removeRoomAlias", [["alias", "id"]], nothing, { options: { raise404: [true, "any"] } }),
  call("removeRoomAlias", [["alias", "id"]], nothing, { statuses: [404] }),
  call("resolveRoomAlias", [["#alias:example.org", "segment"]], object),
  call("getJoinedRooms", [], list()),
  call("joinRoomById", [ROOM], ID, { options: { reason: TEXT, thirdPartySigned: OBJECT } }),
  call("joinRoomById", [ROOM], ID, { options: MEMBERSHIP }),
  call("joinRoom", [["#alias:example.org", "segment"]], ID, {
    options: {
      servers: [["example.org"], "list?"],
      reason: TEXT,
      thirdPartySigned: OBJECT,
    },
  }),
  call("joinRoom", [["#alias:example.org", "segment"]], ID, {
    options: { maxRetries: [0, "number?"] },
    ignores: ["retry"],
  }),
  call("fillMemberEvent", [["!room:example.org", "any"], ["@bob:example.org", "any"], [{}, "any"]], nullish, {
    plain: true,
  }),
  call("sendMemberEvent", [ROOM, USER, ["invite", "id"]], ID, { options: { extraContent: OBJECT } }),
  call("inviteUser", [ROOM, BODY_USER], nothing, { options: { reason: TEXT } }),
  call("inviteUser", [ROOM, USER], nothing, { options: MEMBERSHIP }),
  call("leaveRoom", [ROOM], nothing, { options: { reason: TEXT, raiseNotInRoom: [true, "any"] } }),
  call("leaveRoom", [ROOM], nothing, { options: MEMBERSHIP }),
  call("knockRoom", [ROOM], ID, { options: { servers: [["example.org"], "list?"], reason: TEXT } }),
  call("forgetRoom", [ROOM], nothing),
  call("kickUser", [ROOM, BODY_USER], nothing, { options: { reason: TEXT } }),
  call("kickUser", [ROOM, USER], nothing, { options: MEMBERSHIP }),
  call("banUser", [ROOM, BODY_USER], nothing, { options: { reason: TEXT } }),
  call("banUser", [ROOM, USER], nothing, { options: MEMBERSHIP }),
  call("unbanUser", [ROOM, BODY_USER], nothing, { options: { reason: TEXT } }),
  call("unbanUser", [ROOM, USER], nothing, { options: MEMBERSHIP }),
  call("getRoomDirectoryVisibility", [ROOM], string),
  call("setRoomDirectoryVisibility", [ROOM, ["public", "id"]], nothing),
  call(
    "getRoomDirectory",
    [],
    fields({
      chunk: list(
        fields({
          room_id: string,
          num_joined_members: number,
          world_readable: boolean,
          guest_can_join: boolean,
        }),
      ),
    }),
    {
      options: {
        limit: [3, "number?"],
        since: ["s1", "text?"],
        server: ["example.org", "text?"],
        searchQuery: TEXT,
        includeAllNetworks: [true, "boolean?"],
        thirdPartyInstanceId: TEXT,
      },
    },
  ),
  call(
    "searchUsers",
    [["bob", "text"]],
    fields({ results: list(fields({ user_id: string })), limited: boolean }),
    {
      options: { limit: [3, "number?"] },
    },
  ),
  call("setDisplayname", [["Alice", "text-or-null"]], nothing),
  call("setDisplayname", [["Somebody", "text-or-null"]], nothing),
  call("getDisplayname", [USER], either(string, nullish)),
  call("setAvatarUrl", [["mxc://example.org/new", "text-or-null"]], nothing),
  call("getAvatarUrl", [USER], either(string, nullish)),
  call(
    "getProfile",
    [USER],
    fields({ displayname: either(string, nullish), avatar_url: either(string, nullish) }),
  ),
  call("getProfileField", [USER, ["m.tz", "segment"]], json),
  call("getProfileField", [USER, ["m.tz", "segment"]], json, { statuses: [404] }),
  call("setProfileField", [["m.tz", "segment"], ["Europe/Lisbon", "json"]], nothing),
  call("deleteProfileField", [["m.tz", "segment"]], nothing),
  call("beeperUpdateProfile", [[{ a: { b: 1 } }, "object"]], nothing),
  call("createMxc", [], fields({ content_uri: string })),
  call("uploadMedia", [["content", "content"]], string, {
    options: { mimeType: ["text/plain", "text?"], filename: ["a.txt", "text?"] },
  }),
  call("uploadMedia", [["content", "content"]], string, {
    options: { mxc: ["mxc://example.org/media", "mxc?"] },
  }),
  call("uploadMedia", [["content", "content"]], string, { via: uploadLater }),
  call("downloadMedia", [["mxc://example.org/media", "mxc"]], instance(Uint8Array), {
    options: DOWNLOAD,
    content: [false, true],
  }),
  call("downloadThumbnail", [["mxc://example.org/media", "mxc"]], instance(Uint8Array), {
    options: {
      ...DOWNLOAD,
      width: [32, "number?"],
      height: [32, "number?"],
      resizeMethod: ["crop", "text?"],
    },
    content: [false, true],
  }),
  call("streamMedia", [["mxc://example.org/media", "mxc"]], fields({ status: number, length: number }), {
    options: DOWNLOAD,
    content: [false, true],
    via: stream,
  }),
  call("getUrlPreview", [["https://example.org/", "id"]], object),
  call("getMediaRepoConfig", [], fields({ "m.upload.size": either(number, nullish) })),
  call("sendToDevice", [TYPE, [{ "@bob:example.org": { "*": { a: 1 } } }, "object"]], nothing, {
    options: SEND,
  }),
  call("sendToOneDevice", [TYPE, BODY_USER, ["BOB1", "id"], CONTENT], nothing, { options: SEND }),
  call("uploadKeys", [], object, {
    options: {
      oneTimeKeys: [{ "signed_curve25519:A": { key: "key", signatures: {} } }, "object?"],
      deviceKeys: [{ user_id: "@alice:example.org", keys: {} }, "object?"],
      fallbackKeys: [{ "signed_curve25519:B": { key: "key", signatures: {} } }, "object?"],
    },
  }),
  call("uploadCrossSigningKeys", [[{ master: KEYS[0] }, "object"]], nothing, {
    options: { auth: [{ type: "m.login.dummy" }, "object?"] },
  }),
  call("uploadOneSignature", [BODY_USER, ["BOB1", "id"], KEYS], nothing),
  call("uploadManySignatures", [[{ "@bob:example.org": { key: KEYS[0] } }, "object"]], nothing),
  call("queryKeys", [[["@bob:example.org"], "users"]], object, {
    options: { token: ["s1", "text?"], timeout: [5, "number?"] },
  }),
  call("claimKeys", [[{ "@bob:example.org": { BOB1: "signed_curve25519" } }, "object"]], EVENTS, {
    promises: fields({ one_time_keys: object }),
    options: { timeout: [5, "number?"] },
  }),
  call("getAccountData", [["m.direct", "segment"]], object, {
    options: { roomId: ["!room:example.org", "room?"] },
  }),
  call("getAccountData", [["m.direct", "segment"]], object),
  call("setAccountData", [["m.direct", "segment"], CONTENT], nothing, {
    options: { roomId: ["!room:example.org", "room?"] },
  }),
  call("setTyping", [ROOM], nothing, { options: { timeout: [30_000, "number?"] } }),
  call("sendReceipt", [ROOM, EVENT], nothing, {
    options: { receiptType: ["m.read.private", "receipt?"], threadId: ["main", "text?"] },
  }),
  call("setFullyReadMarker", [ROOM, ["$event", "id"]], nothing, {
    options: {
      readReceipt: ["$event", "text?"],
      privateReadReceipt: ["$event", "text?"],
      extraContent: OBJECT,
    },
  }),
  call("setPresence", [], nothing, { options: { presence: ["online", "text?"], status: TEXT } }),
  call("getPresence", [USER], fields({ presence: string })),
  call("getRoomTags", [ROOM], object),
  call("getRoomTag", [ROOM, ["m.favourite", "tag"]], either(object, nullish)),
  call("getRoomTag", [ROOM, ["__proto__", "tag"]], either(object, nullish)),
  call("setRoomTag", [ROOM, ["m.favourite", "segment"]], nothing, {
    options: { info: [{ order: 0.5 }, "object?"] },
  }),
  call("removeRoomTag", [ROOM, ["m.favourite", "segment"]], nothing),
  call(
    "getPushRule",
    [["global", "segment"], ["override", "segment"], ["rule", "segment"]],
    fields({ rule_id: string, default: boolean, enabled: boolean, actions: list() }),
  ),
  call(
    "setPushRule",
    [["global", "segment"], ["content", "segment"], ["rule", "segment"], [["notify"], "list"]],
    nothing,
    {
      options: {
        pattern: TEXT,
        before: TEXT,
        after: TEXT,
        conditions: [[{ kind: "event_match", key: "type", pattern: "m.*" }], "list?"],
      },
    },
  ),
  call("removePushRule", [["global", "segment"], ["content", "segment"], ["rule", "segment"]], nothing),
];

/** All calls. */
export const CALLS: readonly MethodCall[] = [...API_CALLS, ...CLIENT_CALLS];
