/** One call of each method: what it sends, what it makes of the answer, and which answers it finds fault with. */
import type { ClientAPI } from "../../../client/mod.ts";
import type { RequestOptions } from "../../../http/mod.ts";
import { MXID, ODD, ODD_PATH } from "../contract_client.ts";

/** A method, and what one call of it is. */
export interface MethodRow {
  /** Makes the call, with request options. */
  call(client: ClientAPI, options?: RequestOptions): Promise<unknown>;
  /** Method and path. */
  line: string;
  /** Query, where there is one. */
  query?: Record<string, string | string[]>;
  /** Body, where there is one that is JSON. */
  body?: unknown;
  /** A sample answer; `{}` by default. */
  answer?: unknown;
  /** What the method makes of it; nothing by default. */
  result?: unknown;
  /** Answers that the method finds fault with, and what it says. Where there are none, any JSON will do. */
  malformed?: readonly (readonly [answer: unknown, message: string])[];
  /** Whether the specification does not have the endpoint, or the sample is more than it knows. */
  unspecified?: boolean;
  /** Whether the client asks for the homeserver's versions first. */
  asksVersions?: boolean;
  /** Whether bytes go through the transport's `upload()` or `stream()` in place of `request()`. */
  bytes?: boolean;
}

export const V3 = "/_matrix/client/v3";
/** IDs with everything that a path must escape. */
export const { room: ROOM, event: EVENT, user: USER } = ODD;
export const IN_ROOM = `${V3}/rooms/${ODD_PATH.room}`;
export const MY = `${V3}/user/%40alice%3Aexample.org`;
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
export const PLACE = "example.org%3A8448/AQ_aw-1";
export const DEVICE = {
  user_id: MXID,
  device_id: "D",
  algorithms: ["m.olm.v1.curve25519-aes-sha2"],
  keys: { "ed25519:D": "key" },
  signatures: { [MXID]: { "ed25519:D": "signature" } },
} as const;
export const MASTER = { user_id: MXID, usage: ["master"], keys: { "ed25519:key": "key" } } as const;

const NO_OBJECT = "Invalid response: expected object";
/** Answers that are no objects. */
export const OBJECTS = [[null, NO_OBJECT], [[], NO_OBJECT], ["text", NO_OBJECT], [5, NO_OBJECT]] as const;

/** Answers without a field, and with one of another type. */
export function lacking(field: string, type = "string"): [unknown, string][] {
  const other = type === "string" ? [1, {}] : ["text", 1];
  return [
    ...OBJECTS.map(([answer, message]): [unknown, string] => [answer, message]),
    [{}, `\`${field}\` not in response.`],
    [{ [field]: null }, `\`${field}\` not in response.`],
    ...other.map((value): [unknown, string] => [
      { [field]: value },
      `Invalid \`${field}\` in response: expected ${type}`,
    ]),
  ];
}

/** Answers that one message speaks of. */
export function invalid(message: string, ...answers: unknown[]): [unknown, string][] {
  return answers.map((answer) => [answer, message]);
}

export const EVENT_ID = { answer: { event_id: "$new" }, result: "$new", malformed: lacking("event_id") };
export const ROOM_ID = {
  answer: { room_id: "!r:example.org" },
  result: "!r:example.org",
  malformed: lacking("room_id"),
};
