import { either, nullish, object, string } from "../../support/shapes.ts";
import { type Argument, rows } from "./row.ts";
import { lacking, OBJECTS, ROOM, V3, whole } from "./samples.ts";

const VERSION = `${V3}/room_keys/version`;
const KEYS = `${V3}/room_keys/keys`;
const ROOM_KEYS = `${KEYS}/%21a%2Fb%2Bc%25d%3Fe%23%C3%A9%3Aexample.org`;
const SESSION_KEYS = `${ROOM_KEYS}/s%2Fe%2Bs%3D`;

const IN_PATH: Argument = ["5/6", "segment"];
const IN_QUERY: Argument = ["5", "id"];
const SESSION: Argument = ["s/e+s=", "segment"];
const ALGORITHM: Argument = ["m.megolm_backup.v1.curve25519-aes-sha2", "id"];
const AUTH_DATA: Argument = [{ public_key: "key" }, "object"];
const INFO = { algorithm: ALGORITHM[0], auth_data: AUTH_DATA[0] };
const BACKUP = { ...INFO, count: 1, etag: "e", version: "5" };
const KEY = {
  first_message_index: 0,
  forwarded_count: 0,
  is_verified: true,
  session_data: { ciphertext: "c", ephemeral: "e", mac: "m" },
};
const SESSIONS = { "s/e+s=": KEY };
const ROOMS = { "!r:example.org": { sessions: SESSIONS } };
const state = { query: { version: "5" }, ...whole({ etag: "e", count: 1 }), malformed: OBJECTS };

export const keyBackup = rows({
  createKeyBackup: {
    args: [ALGORITHM, AUTH_DATA],
    line: `POST ${VERSION}`,
    body: INFO,
    response: { version: "5" },
    result: "5",
    malformed: lacking("version"),
    resolves: string,
  },
  getCurrentKeyBackup: {
    line: `GET ${VERSION}`,
    ...whole(BACKUP),
    malformed: OBJECTS,
    notFound: { result: null },
    resolves: either(object, nullish),
  },
  getKeyBackup: {
    args: [IN_PATH],
    line: `GET ${VERSION}/5%2F6`,
    ...whole(BACKUP),
    malformed: OBJECTS,
    resolves: object,
  },
  updateKeyBackup: {
    args: [IN_PATH, ALGORITHM, AUTH_DATA],
    line: `PUT ${VERSION}/5%2F6`,
    body: { ...INFO, version: "5/6" },
  },
  deleteKeyBackup: { args: [IN_PATH], line: `DELETE ${VERSION}/5%2F6`, body: {} },
  backUpKeys: { args: [IN_QUERY, [ROOMS, "object"]], line: `PUT ${KEYS}`, body: { rooms: ROOMS }, ...state },
  backUpRoomKeys: {
    args: [IN_QUERY, ROOM, [SESSIONS, "object"]],
    line: `PUT ${ROOM_KEYS}`,
    body: { sessions: SESSIONS },
    ...state,
  },
  backUpSessionKey: {
    args: [IN_QUERY, ROOM, SESSION, [KEY, "object"]],
    line: `PUT ${SESSION_KEYS}`,
    body: KEY,
    ...state,
  },
  getBackedUpKeys: {
    args: [IN_QUERY],
    line: `GET ${KEYS}`,
    query: { version: "5" },
    response: { rooms: ROOMS },
    result: ROOMS,
    malformed: lacking("rooms", "object"),
    resolves: object,
  },
  getBackedUpRoomKeys: {
    args: [IN_QUERY, ROOM],
    line: `GET ${ROOM_KEYS}`,
    query: { version: "5" },
    response: { sessions: SESSIONS },
    result: SESSIONS,
    malformed: lacking("sessions", "object"),
    resolves: object,
  },
  getBackedUpSessionKey: {
    args: [IN_QUERY, ROOM, SESSION],
    line: `GET ${SESSION_KEYS}`,
    query: { version: "5" },
    ...whole(KEY),
    malformed: OBJECTS,
    notFound: { result: null },
    resolves: either(object, nullish),
  },
  deleteBackedUpKeys: { args: [IN_QUERY], line: `DELETE ${KEYS}`, body: {}, ...state },
  deleteBackedUpRoomKeys: { args: [IN_QUERY, ROOM], line: `DELETE ${ROOM_KEYS}`, body: {}, ...state },
  deleteBackedUpSessionKey: {
    args: [IN_QUERY, ROOM, SESSION],
    line: `DELETE ${SESSION_KEYS}`,
    body: {},
    ...state,
  },
});
