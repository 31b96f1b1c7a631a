/** Sample arguments and responses that several rows share. */
import { MXID, ODD } from "../../support/contract_client.ts";
import type { Argument } from "./row.ts";

export { MXID, ODD_PATH } from "../../support/contract_client.ts";

export const V1 = "/_matrix/client/v1";
export const V3 = "/_matrix/client/v3";
/** The path of the client's own user. */
export const MY = `${V3}/user/%40alice%3Aexample.org`;
/** The path of {@linkcode ROOM}. */
export const IN_ROOM = `${V3}/rooms/%21a%2Fb%2Bc%25d%3Fe%23%C3%A9%3Aexample.org`;

/** A room ID, with every character that a path must escape. */
export const ROOM: Argument = [ODD.room, "segment"];
/** An event ID, with every character that a path must escape. */
export const EVENT: Argument = [ODD.event, "segment"];
/** A user ID, with every character that a path must escape. */
export const USER: Argument = [ODD.user, "segment"];
/** A user ID that is sent in the body. */
export const BODY_USER: Argument = [ODD.user, "id"];
/** An event type with a character that a path must escape. */
export const TYPE: Argument = ["org.x/y", "segment"];

export const ANY_EVENT = {
  type: "m.room.message",
  content: { msgtype: "m.text", body: "Tea" },
  event_id: "$e",
  sender: MXID,
  origin_server_ts: 1,
  room_id: "!r:example.org",
};
export const STATE_EVENT = { ...ANY_EVENT, type: "m.room.topic", state_key: "", content: { topic: "Tea" } };
export const MEMBER_EVENT = {
  ...STATE_EVENT,
  type: "m.room.member",
  state_key: MXID,
  content: { membership: "join" },
};
export const URI = "mxc://example.org:8448/AQ_aw-1";
export const DEVICE = {
  user_id: MXID,
  device_id: "D",
  algorithms: ["m.olm.v1.curve25519-aes-sha2"],
  keys: { "ed25519:D": "key" },
  signatures: { [MXID]: { "ed25519:D": "signature" } },
} as const;
export const MASTER = { user_id: MXID, usage: ["master"], keys: { "ed25519:key": "key" } } as const;

/** A valid response and a result that is the whole of it. */
export function whole<T>(response: T): { response: T; result: T } {
  return { response, result: response };
}

const NOT_AN_OBJECT = "Invalid response: expected object";
/** Responses that are not objects. */
export const OBJECTS = [
  [null, NOT_AN_OBJECT],
  [[], NOT_AN_OBJECT],
  ["text", NOT_AN_OBJECT],
  [5, NOT_AN_OBJECT],
] as const;

/** Responses without a field, and with one of another type. */
export function lacking(field: string, type = "string"): [unknown, string][] {
  const other = type === "string" ? [1, {}] : ["text", 1];
  return [
    ...OBJECTS.map(([response, message]): [unknown, string] => [response, message]),
    [{}, `\`${field}\` not in response.`],
    [{ [field]: null }, `\`${field}\` not in response.`],
    ...other.map((value): [unknown, string] => [
      { [field]: value },
      `Invalid \`${field}\` in response: expected ${type}`,
    ]),
  ];
}

/** Responses that are rejected with the same message. */
export function invalid(message: string, ...responses: unknown[]): [unknown, string][] {
  return responses.map((response) => [response, message]);
}

/** The response of an endpoint that sends an event, and its result. */
export const EVENT_ID = { response: { event_id: "$new" }, result: "$new", malformed: lacking("event_id") };
/** The response of an endpoint that enters a room, and its result. */
export const ROOM_ID = {
  response: { room_id: "!r:example.org" },
  result: "!r:example.org",
  malformed: lacking("room_id"),
};
