/** Exported functions that read data of servers. The fuzzer calls them with mutated values. */
import * as client from "../../../client/mod.ts";
import * as types from "../../../types/mod.ts";
import { METADATA } from "../../support/issuer.ts";
import { pollution } from "./run.ts";

type Call = (value: never) => unknown;

/** A function, and valid values of its argument. */
export interface FunctionCall {
  name: string;
  samples: readonly unknown[];
  call: Call;
  /** Whether the documentation allows an error. */
  throws?: (error: unknown) => boolean;
}

const MESSAGE = {
  msgtype: "m.text",
  body: "> <@bob:example.org> Hi\n> there\n\nHello",
  format: "org.matrix.custom.html",
  formatted_body: "<mx-reply>…</mx-reply><b>Hello</b> &amp; <a href='https://example.org'>more</a>",
  "m.relates_to": {
    rel_type: "m.thread",
    event_id: "$root",
    is_falling_back: true,
    "m.in_reply_to": { event_id: "$event" },
  },
};
const EDIT = {
  msgtype: "m.text",
  body: "* Hello",
  "m.new_content": { msgtype: "m.text", body: "Hello" },
  "m.relates_to": { rel_type: "m.replace", event_id: "$event" },
};
const EVENT = {
  type: "m.room.message",
  event_id: "$event",
  room_id: "!room:example.org",
  sender: "@bob:example.org",
  origin_server_ts: 1,
  content: MESSAGE,
  unsigned: { age: 1 },
};
const STATE = { ...EVENT, type: "m.room.topic", state_key: "", content: { topic: "Tea" } };
const LEVELS = {
  users: { "@alice:example.org": 100, "@bob:example.org": "50" },
  users_default: 1,
  events: { "m.room.message": 5 },
  events_default: 2,
  state_default: 50,
  invite: 3,
  kick: 50,
  ban: "50",
  redact: 50,
  notifications: { room: 20 },
};
const CREATE = {
  sender: "@alice:example.org",
  content: { room_version: "12", additional_creators: ["@bob:example.org"] },
};
const VERSIONS = { versions: ["r0.6.1", "v1.1", "v1.11"], unstable_features: { "org.example.a": true } };
const FLOWS = { flows: [{ type: "m.login.password" }, { type: "m.login.sso", identity_providers: [] }] };
const DEVICE = {
  user_id: "@alice:example.org",
  device_id: "ALICE1",
  algorithms: ["m.olm.v1.curve25519-aes-sha2"],
  keys: { "ed25519:ALICE1": "key", "curve25519:ALICE1": "key" },
  signatures: {},
};
const CROSS = { user_id: "@alice:example.org", usage: ["master"], keys: { "ed25519:key": "key" } };
const HTML = [
  "<h1>Title</h1><p>One<br>two <b>three</b> <i>four</i></p><ul><li>a<ul><li>b</li></ul></li></ul>",
  "<blockquote><p>Quote</p></blockquote><ol start=3><li>x</li></ol><pre><code class='language-ts'>a</code></pre>",
  "<a href='https://matrix.to/#/@bob:example.org'>Bob</a> <span data-mx-spoiler='why'>secret</span> &nbsp;&#x41;",
  "<table><tr><td>1</td><td>2</td></tr></table><img alt='cat' src='mxc://a/b'><!-- no --><del>old</del>",
];
const LINKS = [
  "matrix:roomid/room:example.org/e/event?via=example.org&action=join",
  "https://matrix.to/#/%40bob%3Aexample.org",
  "https://matrix.to/#/!room:example.org/$event?via=example.org",
];

const OLD_ROOM = { sender: "@alice:example.org", content: { room_version: "11" } } as const;
const notCreate = (error: unknown) =>
  error instanceof TypeError && error.message.startsWith("Cannot determine the power level");
const typeError = (error: unknown) => error instanceof TypeError && error.message.startsWith("Cannot relate");
const syntaxError = (error: unknown) => error instanceof SyntaxError && error.message.startsWith("Cannot ");
const contents = [MESSAGE, EDIT, STATE.content];
const events = [EVENT, STATE, { ...EVENT, content: EDIT }];

function read(
  name: string,
  samples: readonly unknown[],
  call: Call,
  throws?: FunctionCall["throws"],
): FunctionCall {
  return { name, samples, call, throws };
}

const user = "@bob:example.org";
const state = { isState: true };
const pushContext = { userId: "@alice:example.org", displayName: "Alice", memberCount: 2 } as const;
const RULE = {
  rule_id: "rule",
  default: false,
  enabled: true,
  actions: ["notify", { set_tweak: "highlight" }],
};
const RULES = {
  override: [{
    ...RULE,
    conditions: [
      { kind: "event_match", key: "content.body", pattern: "*tea*" },
      { kind: "room_member_count", is: ">1" },
      { kind: "sender_notification_permission", key: "room" },
    ],
  }],
  content: [{ ...RULE, pattern: "hello" }],
};

export const FUNCTIONS: readonly FunctionCall[] = [
  read(
    "accountUrl",
    [METADATA],
    (metadata) => client.accountUrl(metadata, "org.matrix.device_delete", { deviceId: "D" }),
  ),
  read("hasRelation", [MESSAGE["m.relates_to"]], client.hasRelation),
  read("getRelatesTo", contents, client.getRelatesTo),
  read("getEdit", contents, client.getEdit),
  read("getThreadParent", contents, client.getThreadParent),
  read("getReplyTo", contents, client.getReplyTo),
  read("makeEdit", events, (event) => client.makeEdit({ body: "Hello" }, event), typeError),
  read("makeReply", events, (event) => client.makeReply({ body: "Hello" }, event), typeError),
  read("setThreadParent", events, (event) => client.setThreadParent({ body: "Hello" }, event), typeError),
  read("makeReaction", events, (event) => client.makeReaction(event, "👍"), typeError),
  read("makeEdit", contents, (content) => client.makeEdit(content, "$event")),
  read("makeReply", contents, (content) => client.makeReply(content, "$event")),
  read("setThreadParent", contents, (content) => client.setThreadParent(content, "$event")),
  read("trimReplyFallback", contents, client.trimReplyFallback),
  read("ensureHtml", contents, client.ensureHtml),
  read("userLevel", [LEVELS], (levels) => client.userLevel(levels, user, OLD_ROOM)),
  read("userLevel", [LEVELS], (levels) => client.userLevel(levels, "__proto__" as never, OLD_ROOM)),
  read("userLevel", [CREATE], (create) => client.userLevel({}, user, create), notCreate),
  read("hasCreatorPower", ["12"], client.hasCreatorPower),
  read("eventLevel", [LEVELS], (levels) => client.eventLevel(levels, "m.room.message", { isState: false })),
  read("eventLevel", [LEVELS], (levels) => client.eventLevel(levels, "constructor", state)),
  read("actionLevel", [LEVELS], (levels) => client.actionLevel(levels, "ban")),
  read("notificationLevel", [LEVELS], (levels) => client.notificationLevel(levels)),
  read("setUserLevel", [LEVELS], (levels) => client.setUserLevel(levels, user, 7)),
  read("setUserLevel", [LEVELS], (levels) => client.setUserLevel(levels, "__proto__" as never, 7)),
  read("setEventLevel", [LEVELS], (levels) => client.setEventLevel(levels, "m.room.topic", 7, state)),
  read("ensureUserLevel", [LEVELS], (levels) => client.ensureUserLevel(levels, user, 7, OLD_ROOM)),
  read("ensureUserLevel", [CREATE], (create) => client.ensureUserLevel({}, user, 7, create), notCreate),
  read("ensureEventLevel", [LEVELS], (levels) => client.ensureEventLevel(levels, "a", 7, state)),
  read("classifyEvent", events, types.classifyEvent),
  read("isStateEvent", events, (event) => types.isStateEvent(event, "m.room.topic")),
  read("isMessageEvent", events, (event) => types.isMessageEvent(event)),
  read("isRoomMessage", events, (event) => types.isRoomMessage(event, "m.text")),
  read("isEdit", events, types.isEdit),
  read("isRedacted", events, types.isRedacted),
  read("membershipChange", events, client.membershipChange),
  read("isToDeviceEvent", events, (event) => types.isToDeviceEvent(event)),
  read("isAccountDataEvent", events, (event) => types.isAccountDataEvent(event)),
  read("isEphemeralEvent", events, (event) => types.isEphemeralEvent(event)),
  read("isMentioned", events, (event) => client.isMentioned(event, user)),
  read("matchPushRules", events, (event) => client.matchPushRules(RULES as never, event, pushContext)),
  read("matchPushRules", [RULES], (rules) => client.matchPushRules(rules, EVENT, pushContext)),
  read("supportsVersion", [VERSIONS], (versions) => client.supportsVersion(versions, "v1.11")),
  read("supportsVersion", [VERSIONS], (versions) => client.supportsVersion(versions, "__proto__")),
  read("supportsAtLeast", [VERSIONS], (versions) => client.supportsAtLeast(versions, "v1.2")),
  read("latestVersion", [VERSIONS], client.latestVersion),
  read("hasLegacyVersions", [VERSIONS], client.hasLegacyVersions),
  read("hasModernVersions", [VERSIONS], client.hasModernVersions),
  read("firstFlowOfType", [FLOWS, FLOWS.flows], (flows) => types.firstFlowOfType(flows, "m.login.sso")),
  read("supportsLoginType", [FLOWS, FLOWS.flows], (flows) => types.supportsLoginType(flows, "m.login.sso")),
  read("deviceKey", [DEVICE], (device) => types.deviceKey(device, "ed25519")),
  read("firstKey", [CROSS], (keys) => types.firstKey(keys)),
  read("firstKey", [CROSS], (keys) => types.firstKey(keys, "ed25519")),
  read("isUserId", [user], types.isUserId),
  read("isRoomId", ["!room:example.org"], types.isRoomId),
  read("isRoomAlias", ["#alias:example.org"], types.isRoomAlias),
  read("isEventId", ["$event"], types.isEventId),
  read("isContentUri", ["mxc://example.org/media"], types.isContentUri),
  read("parseMatrixUri", LINKS, client.parseMatrixUri, syntaxError),
  read("tryParseMatrixUri", LINKS, client.tryParseMatrixUri),
  read(
    "htmlToText",
    HTML,
    (html) => client.htmlToText(typeof html === "string" ? html : `<b>${typeof html}</b>`),
  ),
];

/** Functions that read nothing that a server sends. */
export const OWN_ARGUMENTS_ONLY = [
  "answerStages",
  "autojoin",
  "compareVersions",
  "followUpgrades",
  "makeClientSecret",
  "makeKeyId",
  "matrixToUrl",
  "matrixUri",
  "parseKeyId",
  "parseMxcUri",
  "parseTrustState",
  "sessionOf",
  "parseVersion",
  "trustStateName",
];

function freeze(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > 500) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner, depth + 1);
}

/** Calls a function with a JSON value, and returns a description of its fault. */
export function functionFault({ call, throws }: FunctionCall, text: string): string | undefined {
  const value = JSON.parse(text);
  freeze(value);
  const begun = performance.now();
  try {
    call(value as never);
  } catch (error) {
    if (!throws?.(error)) return error instanceof Error ? `${error.stack}` : `threw ${typeof error}`;
  }
  const time = performance.now() - begun;
  return time > 1_000 ? `It took ${Math.round(time)} ms` : pollution();
}
