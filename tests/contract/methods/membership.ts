import type { Received } from "../../support/fake_homeserver.ts";
import { nullish } from "../../support/shapes.ts";
import { flag, inBody, inQuery } from "./options.ts";
import { type Argument, type FurtherCall, type Option, rows } from "./row.ts";
import { BODY_USER, EVENT_ID, IN_ROOM, ODD_PATH, ROOM, ROOM_ID, USER, V3 } from "./samples.ts";

const ALIAS: Argument = ["#tea/%:example.org", "segment"];
const ALIAS_PATH = "%23tea%2F%25%3Aexample.org";

const reason = inBody("reason", "truthy", "why");
const extraContent = inBody("more", "truthy", { more: 1 }, { sent: 1 });
/** Options of methods that send a state event if there is extra content: that is fuzzed apart. */
const membership = { reason, extraContent: { ...extraContent, kind: null } as Option };
const withReason = { ...membership, reason: inBody("reason", "always", "why", { fallback: "" }) };
function asStateEvent(...args: Argument[]): FurtherCall {
  return { args, options: { reason: ["why", "text?"], extraContent: [{ more: 1 }, "object?"] } };
}

const thirdPartySigned = inBody("third_party_signed", "non-null", {
  sender: "@bob:example.org",
  mxid: "@alice:example.org",
  token: "x",
  signatures: { "id.example.org": { "ed25519:0": "signature" } },
});

/** Both names of the parameter must have the same values. */
const servers = inQuery("via", "truthy", ["a", "b"], {
  read: ({ query }: Received) => {
    const [via, old] = [query.getAll("via"), query.getAll("server_name")];
    return JSON.stringify(via) === JSON.stringify(old) ? via.join() || undefined : { via, old };
  },
});

export const memberships = rows({
  joinRoomById: {
    args: [ROOM],
    options: { ...membership, thirdPartySigned },
    timestamp: "state",
    line: `POST ${IN_ROOM}/join`,
    body: {},
    ...ROOM_ID,
    calls: [asStateEvent(ROOM)],
  },
  joinRoom: {
    args: [ALIAS],
    options: { servers, thirdPartySigned, reason, maxRetries: flag() },
    given: { servers: ["a", "b:1"] },
    line: `POST ${V3}/join/${ALIAS_PATH}`,
    query: { via: ["a", "b:1"], server_name: ["a", "b:1"] },
    body: {},
    ...ROOM_ID,
    calls: [{ options: { maxRetries: [0, "number?"] }, ignores: ["retry"] }],
  },
  fillMemberEvent: {
    args: [[ROOM[0], "any"], [USER[0], "any"], [{}, "any"]],
    plain: true,
    resolves: nullish,
  },
  sendMemberEvent: {
    args: [ROOM, USER, ["invite", "id"]],
    options: { extraContent },
    timestamp: "ts",
    line: `PUT ${IN_ROOM}/state/m.room.member/${ODD_PATH.user}`,
    body: { membership: "invite", is_direct: false },
    ...EVENT_ID,
  },
  inviteByThirdPartyId: {
    args: [ROOM, ["email", "id"], ["a@example.org", "id"], ["id.example.org", "id"], ["t", "id"]],
    line: `POST ${IN_ROOM}/invite`,
    body: { medium: "email", address: "a@example.org", id_server: "id.example.org", id_access_token: "t" },
    operations: ["inviteBy3PID"],
  },
  inviteUser: {
    args: [ROOM, BODY_USER],
    options: membership,
    timestamp: "state",
    line: `POST ${IN_ROOM}/invite`,
    body: { user_id: USER[0] },
    operations: ["inviteUser"],
    calls: [asStateEvent(ROOM, USER)],
  },
  leaveRoom: {
    args: [ROOM],
    options: { ...membership, raiseNotInRoom: flag(true) },
    given: { reason: "Bye" },
    timestamp: "state",
    line: `POST ${IN_ROOM}/leave`,
    body: { reason: "Bye" },
    calls: [asStateEvent(ROOM)],
  },
  knockRoom: {
    args: [ALIAS],
    options: { servers, reason },
    given: { servers: ["a"], reason: "Thirsty" },
    line: `POST ${V3}/knock/${ALIAS_PATH}`,
    query: { via: "a", server_name: "a" },
    body: { reason: "Thirsty" },
    ...ROOM_ID,
  },
  kickUser: {
    args: [ROOM, BODY_USER],
    options: withReason,
    timestamp: "state",
    line: `POST ${IN_ROOM}/kick`,
    body: { user_id: USER[0], reason: "" },
    calls: [asStateEvent(ROOM, USER)],
  },
  banUser: {
    args: [ROOM, BODY_USER],
    options: withReason,
    timestamp: "state",
    line: `POST ${IN_ROOM}/ban`,
    body: { user_id: USER[0], reason: "" },
    calls: [asStateEvent(ROOM, USER)],
  },
  unbanUser: {
    args: [ROOM, BODY_USER],
    options: withReason,
    timestamp: "state",
    line: `POST ${IN_ROOM}/unban`,
    body: { user_id: USER[0], reason: "" },
    calls: [asStateEvent(ROOM, USER)],
  },
});
