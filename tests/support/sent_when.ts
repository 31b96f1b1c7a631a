/** When each optional parameter is sent: what the contract says of it, and where it is to be seen. */
import type { ClientAPI } from "../../client/mod.ts";
import type { Received } from "./fake_homeserver.ts";

export type Options = Readonly<Record<string, unknown>>;

/** When one parameter is sent. */
export interface Row {
  method: string;
  option: string;
  rule: "non-null" | "truthy" | "always";
  /** A value that is sent under any rule. */
  sample: unknown;
  /** What is seen of it, where that differs. */
  sent?: unknown;
  /** What is seen where nothing is sent; the default under the rule “always”. */
  standard?: unknown;
  place: "query" | "body" | "path";
  /** Looks for it in a request. */
  see(request: Received): unknown;
  /** Whether the sample is nothing that the specification knows. */
  unspecified?: boolean;
  /** Makes the call. */
  call(client: ClientAPI, options: Options): Promise<unknown>;
  /** Other options that go with it. */
  options?: Options;
  /** Values of types that the parameter does not have: what is seen of them, or the error that refuses them. */
  other?: readonly (readonly [value: unknown, seen: unknown])[];
}

type Call = (client: ClientAPI, options: Options) => Promise<unknown>;
type Rest = Partial<Pick<Row, "sent" | "standard" | "options" | "other" | "see" | "unspecified">>;

const ROOM = "!room:example.org";
const BOB = "@bob:example.org";
const URL = "mxc://example.org/file";

const rows: Row[] = [];

/** Looks into a body, along dots in a path of two names. */
function field(...names: string[]): (request: Received) => unknown {
  return ({ body }) =>
    names.reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], body);
}

function body(
  method: string,
  option: string,
  rule: Row["rule"],
  names: string | string[],
  sample: unknown,
  call: Call,
  rest?: Rest,
): void {
  rows.push({ method, option, rule, sample, place: "body", see: field(...[names].flat()), call, ...rest });
}

function query(
  method: string,
  option: string,
  rule: Row["rule"],
  name: string,
  sample: unknown,
  call: Call,
  rest?: Rest,
): void {
  const see = ({ query }: Received) => query.get(name) ?? undefined;
  rows.push({ method, option, rule, sample, place: "query", see, call, ...rest });
}

/** A segment of the path, counted from its end; an empty one counts. */
function segment(
  method: string,
  option: string,
  rule: Row["rule"],
  back: number,
  sample: string,
  call: Call,
  rest?: Rest,
) {
  const see = ({ path }: Received) => decodeURIComponent(path.split("/").at(-back)!);
  rows.push({ method, option, rule, sample, place: "path", see, call, ...rest });
}

const NO_TIME = [["", RangeError], [false, RangeError], [{}, RangeError]] as const;
const NO_IDENTIFIER = [[0, TypeError], [false, TypeError], [{}, TypeError]] as const;
const NO_TEXT = NO_IDENTIFIER;

// Signing in.
const login: Call = (client, options) => client.login(options);
const me = { type: "m.id.user", user: "@alice:example.org" };
body(
  "login",
  "identifier",
  "always",
  "identifier",
  { type: "m.id.thirdparty", medium: "email", address: "a@b" },
  login,
  {
    standard: me,
    other: [["", me], [0, TypeError], [false, TypeError]],
  },
);
body("login", "loginType", "always", "type", "m.login.token", login, { standard: "m.login.password" });
body("login", "deviceName", "non-null", "initial_device_display_name", "Bot", login);
body("login", "deviceId", "truthy", "device_id", "DEVICE", login);
body("login", "password", "non-null", "password", "secret", login);
body("login", "refreshToken", "truthy", "refresh_token", true, login);

// Sync.
const sync: Call = (client, options) => client.sync(options);
query("sync", "since", "truthy", "since", "s1", sync);
query("sync", "timeout", "always", "timeout", 5, sync, { standard: 30_000, other: NO_TIME });
query("sync", "filterId", "truthy", "filter", "1", sync);
query("sync", "filter", "non-null", "filter", { room: {} }, sync, {
  sent: '{"room":{}}',
  other: [["", TypeError], [0, TypeError], [false, TypeError], [{}, "{}"]],
});
query("sync", "fullState", "truthy", "full_state", true, sync);
query("sync", "setPresence", "truthy", "set_presence", "offline", sync);
query("sync", "useStateAfter", "truthy", "use_state_after", true, sync);

// Reading.
const context: Call = (client, options) => client.getEventContext(ROOM, "$e", options);
query("getEventContext", "limit", "non-null", "limit", 3, context, { standard: 10 });
const filter = { sent: '{"types":["a"]}', other: [[{}, "{}"]] } as const;
query("getEventContext", "filter", "non-null", "filter", { types: ["a"] }, context, filter);
const state: Call = (client, options) => client.getStateEvent(ROOM, "m.x", options);
segment("getStateEvent", "stateKey", "always", 1, "key", state, { standard: "", other: NO_IDENTIFIER });
query("getStateEvent", "format", "non-null", "format", "org.example", state, { unspecified: true });
const members: Call = (client, options) => client.getMembers(ROOM, options);
query("getMembers", "at", "truthy", "at", "s1", members);
query("getMembers", "membership", "truthy", "membership", "join", members);
query("getMembers", "notMembership", "truthy", "not_membership", "leave", members);
const messages: Call = (client, options) => client.getMessages(ROOM, "b", options);
query("getMessages", "from", "non-null", "from", "s1", messages);
query("getMessages", "to", "non-null", "to", "s0", messages);
query("getMessages", "limit", "truthy", "limit", 3, messages);
query("getMessages", "filter", "non-null", "filter", { types: ["a"] }, messages, filter);

// Sending.
const sendState: Call = (client, options) => client.sendStateEvent(ROOM, "m.x", {}, options);
segment("sendStateEvent", "stateKey", "always", 1, "key", sendState, { standard: "", other: NO_IDENTIFIER });

const sending: [string, Call, Options?][] = [
  ["sendMessageEvent", (client, options) => client.sendMessageEvent(ROOM, "m.x", {}, options)],
  ["sendMessage", (client, options) => client.sendMessage(ROOM, {}, options)],
  ["react", (client, options) => client.react(ROOM, "$e", "+", options)],
  ["sendText", (client, options) => client.sendText(ROOM, options), { text: "x" }],
  ["sendNotice", (client, options) => client.sendNotice(ROOM, options), { text: "x" }],
  ["sendEmote", (client, options) => client.sendEmote(ROOM, options), { text: "x" }],
  ["sendFile", (client, options) => client.sendFile(ROOM, URL, options)],
  ["sendImage", (client, options) => client.sendImage(ROOM, URL, options)],
  ["sendSticker", (client, options) => client.sendSticker(ROOM, URL, options)],
  ["redact", (client, options) => client.redact(ROOM, "$e", options)],
  ["sendToDevice", (client, options) => client.sendToDevice("m.x", {}, options)],
  ["sendToOneDevice", (client, options) => client.sendToOneDevice("m.x", BOB, "D", {}, options)],
];
for (const [method, call, options] of sending) {
  segment(method, "txnId", "truthy", 1, "mine", call, { standard: "made", options });
  if (!/^send(?:Text|Notice|Emote|File|Image|Sticker)$/.test(method)) continue;
  const relation = { rel_type: "m.thread", event_id: "$e" };
  body(method, "relatesTo", "truthy", "m.relates_to", relation, call, { options });
  if (!/^send(?:Text|Notice|Emote)$/.test(method)) continue;
  const html = { html: "<p>made</p>" };
  body(method, "text", "non-null", "body", "x", call, { other: NO_TEXT, options: html, standard: "made" });
  body(method, "html", "non-null", "formatted_body", "<i>x</i>", call, { other: NO_TEXT, options });
}
const [sendText, sendFile, sendImage, sendSticker, redact] = [
  "sendText",
  "sendFile",
  "sendImage",
  "sendSticker",
  "redact",
]
  .map((name) => sending.find(([method]) => method === name)![1]) as [Call, Call, Call, Call, Call];
body("sendText", "msgtype", "always", "msgtype", "m.notice", sendText, {
  standard: "m.text",
  options: { text: "x" },
});
body("sendFile", "fileType", "always", "msgtype", "m.audio", sendFile, { standard: "m.file" });
body("sendFile", "fileName", "always", "body", "a.txt", sendFile, { standard: "file" });
body("sendImage", "fileName", "always", "body", "a.png", sendImage, { standard: "image" });
body("sendFile", "info", "non-null", "info", { size: 1 }, sendFile);
body("sendImage", "info", "non-null", "info", { w: 1 }, sendImage);
body("sendSticker", "info", "always", "info", { w: 1 }, sendSticker, { standard: {} });
body("sendSticker", "text", "always", "body", "x", sendSticker, { standard: "" });
body("redact", "reason", "truthy", "reason", "spam", redact);
body("redact", "extraContent", "truthy", "more", { more: 1 }, redact, { sent: 1 });

// Rooms.
const create: Call = (client, options) => client.createRoom(options);
body("createRoom", "aliasLocalpart", "truthy", "room_alias_name", "a", create);
body("createRoom", "visibility", "always", "visibility", "public", create, { standard: "private" });
body("createRoom", "preset", "always", "preset", "public_chat", create, { standard: "private_chat" });
body("createRoom", "isDirect", "always", "is_direct", true, create, { standard: false });
for (const name of ["name", "topic"]) body("createRoom", name, "truthy", name, "x", create);
body("createRoom", "invitees", "truthy", "invite", [BOB], create);
body("createRoom", "initialState", "truthy", "initial_state", [{ type: "m.x", content: {} }], create);
body("createRoom", "roomVersion", "truthy", "room_version", "11", create);
body("createRoom", "creationContent", "truthy", "creation_content", { type: "m.space" }, create);
const LEVELS = "power_level_content_override";
body("createRoom", "powerLevelOverride", "truthy", LEVELS, { ban: 1 }, create);
const AUTO_JOIN = "com.beeper.auto_join_invites";
body("createRoom", "beeperAutoJoinInvites", "truthy", AUTO_JOIN, true, create, {
  options: { invitees: [BOB] },
});
body("createRoom", "customRequestFields", "truthy", "more", { more: 1 }, create, { sent: 1 });

// Membership.
const SIGNED = {
  sender: BOB,
  mxid: "@alice:example.org",
  token: "x",
  signatures: { "id.example.org": { "ed25519:0": "signature" } },
};
const byId: Call = (client, options) => client.joinRoomById(ROOM, options);
const join: Call = (client, options) => client.joinRoom(ROOM, options);
const knock: Call = (client, options) => client.knockRoom(ROOM, options);
const leave: Call = (client, options) => client.leaveRoom(ROOM, options);
for (const [method, call] of [["joinRoomById", byId], ["joinRoom", join]] as const) {
  body(method, "thirdPartySigned", "non-null", "third_party_signed", SIGNED, call);
}
const reasons = [["joinRoomById", byId], ["joinRoom", join], ["knockRoom", knock], [
  "leaveRoom",
  leave,
]] as const;
for (const [method, call] of reasons) body(method, "reason", "truthy", "reason", "why", call);
for (const [method, call] of [["joinRoom", join], ["knockRoom", knock]] as const) {
  const see = ({ query }: Received) => {
    const [via, old] = [query.getAll("via"), query.getAll("server_name")];
    return JSON.stringify(via) === JSON.stringify(old) ? via.join() || undefined : { via, old };
  };
  query(method, "servers", "truthy", "via", ["a", "b"], call, { see });
}
const memberships: [string, Call, Row["rule"]][] = [
  ["inviteUser", (client, options) => client.inviteUser(ROOM, BOB, options), "truthy"],
  ["kickUser", (client, options) => client.kickUser(ROOM, BOB, options), "always"],
  ["banUser", (client, options) => client.banUser(ROOM, BOB, options), "always"],
  ["unbanUser", (client, options) => client.unbanUser(ROOM, BOB, options), "always"],
];
for (const [method, call, rule] of memberships) {
  body(method, "reason", rule, "reason", "why", call, rule === "always" ? { standard: "" } : {});
}
const member: Call = (client, options) => client.sendMemberEvent(ROOM, BOB, "join", options);
const extra = [
  ["sendMemberEvent", member],
  ["joinRoomById", byId],
  ["leaveRoom", leave],
  ...memberships,
] as const;
for (const [method, call] of extra) {
  body(method, "extraContent", "truthy", "more", { more: 1 }, call, { sent: 1 });
}

// Directories.
const list: Call = (client, options) => client.getRoomDirectory(options);
query("getRoomDirectory", "limit", "non-null", "limit", 5, list);
query("getRoomDirectory", "since", "non-null", "since", "p1", list);
query("getRoomDirectory", "server", "non-null", "server", "example.org", list);
body("getRoomDirectory", "searchQuery", "non-null", ["filter", "generic_search_term"], "tea", list);
body("getRoomDirectory", "includeAllNetworks", "non-null", "include_all_networks", true, list);
body("getRoomDirectory", "thirdPartyInstanceId", "non-null", "third_party_instance_id", "irc", list);
body("searchUsers", "limit", "always", "limit", 5, (client, options) => client.searchUsers("b", options), {
  standard: 10,
});

// Activity.
const typing: Call = (client, options) => client.setTyping(ROOM, options);
body("setTyping", "timeout", "truthy", "timeout", 5, typing, { other: NO_TIME });
const receipt: Call = (client, options) => client.sendReceipt(ROOM, "$e", options);
segment("sendReceipt", "receiptType", "always", 2, "m.read.private", receipt, {
  standard: "m.read",
  other: [["", TypeError], ...NO_IDENTIFIER],
});
body("sendReceipt", "threadId", "truthy", "thread_id", "main", receipt);
const marker: Call = (client, options) => client.setFullyReadMarker(ROOM, "$e", options);
body("setFullyReadMarker", "readReceipt", "truthy", "m.read", "$r", marker);
body("setFullyReadMarker", "privateReadReceipt", "truthy", "m.read.private", "$r", marker);
body("setFullyReadMarker", "extraContent", "truthy", "more", { more: 1 }, marker, { sent: 1 });
const presence: Call = (client, options) => client.setPresence(options);
body("setPresence", "presence", "always", "presence", "offline", presence, { standard: "online" });
// The contract's rule is “truthy”; then nobody could take a status back.
body("setPresence", "status", "non-null", "status_msg", "Out", presence);

// Account data, keys, push rules.
const room = ({ path }: Received) => /\/rooms\/([^/]+)\//.exec(decodeURIComponent(path))?.[1];
const data: [string, Call][] = [
  ["getAccountData", (client, options) => client.getAccountData("m.x", options)],
  ["setAccountData", (client, options) => client.setAccountData("m.x", {}, options)],
];
for (const [method, call] of data) segment(method, "roomId", "truthy", 1, ROOM, call, { see: room });
const tag: Call = (client, options) => client.setRoomTag(ROOM, "u.x", options);
body("setRoomTag", "info", "truthy", [], { order: 0 }, tag, { standard: {} });
const keys: Call = (client, options) => client.uploadKeys(options);
for (const name of ["one_time_keys", "fallback_keys"]) {
  const option = name === "one_time_keys" ? "oneTimeKeys" : "fallbackKeys";
  body("uploadKeys", option, "truthy", name, { "signed_curve25519:A": { key: "key", signatures: {} } }, keys);
}
body("uploadKeys", "deviceKeys", "truthy", "device_keys", {
  user_id: BOB,
  device_id: "D",
  algorithms: [],
  keys: {},
  signatures: {},
}, keys);
const cross: Call = (client, options) => client.uploadCrossSigningKeys({}, options);
body("uploadCrossSigningKeys", "auth", "truthy", "auth", { type: "m.login.dummy" }, cross);
const ask: Call = (client, options) => client.queryKeys([BOB], options);
body("queryKeys", "token", "truthy", "token", "s1", ask);
body("queryKeys", "timeout", "always", "timeout", 5, ask, { standard: 10_000, other: NO_TIME });
const claim: Call = (client, options) => client.claimKeys({}, options);
body("claimKeys", "timeout", "always", "timeout", 5, claim, { standard: 10_000, other: NO_TIME });
const rule: Call = (client, options) => client.setPushRule("global", "override", "r", [], options);
body("setPushRule", "pattern", "truthy", "pattern", "tea", rule);
body("setPushRule", "conditions", "truthy", "conditions", [{ kind: "contains_display_name" }], rule);
for (const name of ["before", "after"]) query("setPushRule", name, "truthy", name, "other", rule);

// Media.
const upload: Call = (client, options) => client.uploadMedia("data", options);
const header = (name: string) => ({ headers }: Received) => headers.get(name);
body("uploadMedia", "mimeType", "truthy", [], "text/plain", upload, {
  see: header("content-type"),
  standard: "application/octet-stream",
});
query("uploadMedia", "filename", "truthy", "filename", "a.txt", upload);
body("uploadMedia", "size", "truthy", [], 4, upload, { see: ({ bytes }) => bytes.length, standard: 4 });
const download: Call = (client, options) => client.downloadMedia(URL, options);
const SIZE = { width: 5, height: 5 };
const thumbnail: Call = (client, options) => client.downloadThumbnail(URL, options);
for (const [method, call] of [["downloadMedia", download], ["downloadThumbnail", thumbnail]] as const) {
  const options = method === "downloadThumbnail" ? SIZE : undefined;
  query(method, "timeoutMs", "non-null", "timeout_ms", 5, call, { other: NO_TIME, options });
  query(method, "allowRemote", "non-null", "allow_remote", true, call, { options });
}
query("downloadThumbnail", "width", "non-null", "width", 5, thumbnail, { options: { height: 5 } });
query("downloadThumbnail", "height", "non-null", "height", 5, thumbnail, { options: { width: 5 } });
query("downloadThumbnail", "resizeMethod", "non-null", "method", "crop", thumbnail, { options: SIZE });
query("downloadThumbnail", "animated", "non-null", "animated", true, thumbnail, { options: SIZE });
const preview: Call = (client, options) => client.getUrlPreview("https://example.org", options);
query("getUrlPreview", "timestamp", "non-null", "ts", 5, preview, { other: NO_TIME });

/** All rows. */
export const ROWS: readonly Row[] = rows;
