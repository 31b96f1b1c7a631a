import { fields, list, object, string } from "../../support/shapes.ts";
import { flag, inPath, inQuery, STRING } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import {
  EVENT_ID,
  IN_ROOM,
  invalid,
  lacking,
  MEMBER_EVENT,
  MXID,
  OBJECTS,
  ROOM,
  STATE_EVENT,
  whole,
} from "./samples.ts";

const TOPIC: Argument = ["m.room.topic", "segment"];
const stateKey = inPath(1, "always", "key", { fallback: "", cases: STRING, kind: "key?" });

export const state = rows({
  getStateEvent: {
    args: [ROOM, TOPIC],
    options: {
      stateKey: { ...stateKey, kind: null },
      format: inQuery("format", "non-null", "org.example", { unspecified: true, kind: null }),
    },
    line: `GET ${IN_ROOM}/state/m.room.topic/`,
    ...whole({ topic: "Tea" }),
    malformed: invalid("Invalid state event in response", null, [], "text", 5),
    calls: [
      { options: { stateKey: ["", "key?"] } },
      {
        args: [ROOM, ["org.example.type", "segment"]],
        options: { stateKey: ["key", "key?"], format: ["event", "text?"] },
        resolves: fields({ type: string, content: object }),
      },
    ],
  },
  getState: {
    args: [ROOM],
    line: `GET ${IN_ROOM}/state`,
    ...whole([STATE_EVENT]),
    malformed: invalid("Invalid state events in response", null, {}, "text", { chunk: [] }),
  },
  getMembers: {
    args: [ROOM],
    options: {
      at: inQuery("at", "truthy", "s1"),
      membership: inQuery("membership", "truthy", "join"),
      notMembership: inQuery("not_membership", "truthy", "leave"),
    },
    line: `GET ${IN_ROOM}/members`,
    response: { chunk: [MEMBER_EVENT] },
    result: [MEMBER_EVENT],
    malformed: [
      ...OBJECTS,
      ...invalid("`chunk` not in response.", {}, { chunk: null }),
      ...invalid("Invalid state events in response", { chunk: {} }, { chunk: "text" }),
    ],
    resolves: list(),
  },
  getJoinedMembers: {
    args: [ROOM],
    line: `GET ${IN_ROOM}/joined_members`,
    response: { joined: { [MXID]: { display_name: "Alice" } } },
    result: { [MXID]: { display_name: "Alice" } },
    malformed: lacking("joined", "object"),
  },
  sendStateEvent: {
    args: [ROOM, TOPIC, [{ topic: "Tea" }, "object"]],
    options: { stateKey, ensureJoined: flag() },
    timestamp: "ts",
    line: `PUT ${IN_ROOM}/state/m.room.topic/`,
    body: { topic: "Tea" },
    ...EVENT_ID,
  },
});
