import { MXID, ODD_PATH } from "../contract_client.ts";
import {
  EVENT_ID,
  IN_ROOM,
  invalid,
  lacking,
  type MethodRow,
  OBJECTS,
  ROOM,
  ROOM_ID,
  URI,
  USER,
  V3,
} from "./row.ts";

const ALIAS = "#tea/%:example.org";
const ALIAS_PATH = `${V3}/directory/room/%23tea%2F%25%3Aexample.org`;

/** Rooms, membership, directories, profiles. */
export const meeting: Record<string, MethodRow> = {
  createRoom: {
    call: (client, options) => client.createRoom({ ...options, name: "Tea" }),
    line: `POST ${V3}/createRoom`,
    body: { visibility: "private", preset: "private_chat", is_direct: false, name: "Tea" },
    ...ROOM_ID,
  },
  addRoomAlias: {
    call: (client, options) => client.addRoomAlias(ROOM, "tea/%", options),
    line: `PUT ${ALIAS_PATH}`,
    body: { room_id: ROOM },
  },
  removeRoomAlias: {
    call: (client, options) => client.removeRoomAlias("tea/%", options),
    line: `DELETE ${ALIAS_PATH}`,
    body: {},
  },
  resolveRoomAlias: {
    call: (client, options) => client.resolveRoomAlias(ALIAS, options),
    line: `GET ${ALIAS_PATH}`,
    answer: { room_id: "!r:example.org", servers: ["example.org"] },
    result: { room_id: "!r:example.org", servers: ["example.org"] },
    malformed: OBJECTS,
  },
  getJoinedRooms: {
    call: (client, options) => client.getJoinedRooms(options),
    line: `GET ${V3}/joined_rooms`,
    answer: { joined_rooms: ["!r:example.org"] },
    result: ["!r:example.org"],
    malformed: lacking("joined_rooms", "array"),
  },
  joinRoomById: {
    call: (client, options) => client.joinRoomById(ROOM, options),
    line: `POST ${IN_ROOM}/join`,
    body: {},
    ...ROOM_ID,
  },
  joinRoom: {
    call: (client, options) => client.joinRoom(ALIAS, { ...options, servers: ["a", "b:1"] }),
    line: `POST ${V3}/join/%23tea%2F%25%3Aexample.org`,
    query: { via: ["a", "b:1"], server_name: ["a", "b:1"] },
    body: {},
    ...ROOM_ID,
  },
  knockRoom: {
    call: (client, options) => client.knockRoom(ALIAS, { ...options, servers: ["a"], reason: "Thirsty" }),
    line: `POST ${V3}/knock/%23tea%2F%25%3Aexample.org`,
    query: { via: "a", server_name: "a" },
    body: { reason: "Thirsty" },
    ...ROOM_ID,
  },
  sendMemberEvent: {
    call: (client, options) => client.sendMemberEvent(ROOM, USER, "invite", options),
    line: `PUT ${IN_ROOM}/state/m.room.member/${ODD_PATH.user}`,
    body: { membership: "invite", is_direct: false },
    ...EVENT_ID,
  },
  inviteUser: {
    call: (client, options) => client.inviteUser(ROOM, USER, options),
    line: `POST ${IN_ROOM}/invite`,
    body: { user_id: USER },
  },
  leaveRoom: {
    call: (client, options) => client.leaveRoom(ROOM, { ...options, reason: "Bye" }),
    line: `POST ${IN_ROOM}/leave`,
    body: { reason: "Bye" },
  },
  forgetRoom: {
    call: (client, options) => client.forgetRoom(ROOM, options),
    line: `POST ${IN_ROOM}/forget`,
    body: {},
  },
  kickUser: {
    call: (client, options) => client.kickUser(ROOM, USER, options),
    line: `POST ${IN_ROOM}/kick`,
    body: { user_id: USER, reason: "" },
  },
  banUser: {
    call: (client, options) => client.banUser(ROOM, USER, options),
    line: `POST ${IN_ROOM}/ban`,
    body: { user_id: USER, reason: "" },
  },
  unbanUser: {
    call: (client, options) => client.unbanUser(ROOM, USER, options),
    line: `POST ${IN_ROOM}/unban`,
    body: { user_id: USER, reason: "" },
  },
  getRoomDirectoryVisibility: {
    call: (client, options) => client.getRoomDirectoryVisibility(ROOM, options),
    line: `GET ${V3}/directory/list/room/${ODD_PATH.room}`,
    answer: { visibility: "public" },
    result: "public",
    malformed: [
      ...OBJECTS,
      ...invalid("`visibility` not in response.", {}, { visibility: null }),
      [{ visibility: 5 }, "Invalid value for `visibility` in response: 5"],
    ],
  },
  setRoomDirectoryVisibility: {
    call: (client, options) => client.setRoomDirectoryVisibility(ROOM, "public", options),
    line: `PUT ${V3}/directory/list/room/${ODD_PATH.room}`,
    body: { visibility: "public" },
  },
  getRoomDirectory: {
    call: (client, options) => client.getRoomDirectory({ ...options, limit: 0, since: "" }),
    line: `GET ${V3}/publicRooms`,
    query: { limit: "0", since: "" },
    answer: { chunk: [] },
    result: { chunk: [] },
    malformed: [
      ...lacking("chunk", "array"),
      [{ chunk: [{}] }, "`room_id` not in response."],
      [{ chunk: [{ room_id: "!r:example.org" }] }, "`num_joined_members` not in response."],
    ],
  },
  searchUsers: {
    call: (client, options) => client.searchUsers("al", options),
    line: `POST ${V3}/user_directory/search`,
    body: { search_term: "al", limit: 10 },
    answer: { results: [{ user_id: MXID }], limited: true },
    result: { results: [{ user_id: MXID }], limited: true },
    malformed: [
      ...OBJECTS,
      ...invalid("`results` not in content.", {}, { results: {} }),
      ...invalid("`limited` not in content.", { results: [] }, { results: [], limited: 1 }),
      ...invalid("Invalid user in search results", { results: [{}], limited: true }, {
        results: ["@a:b"],
        limited: false,
      }),
    ],
  },
  setDisplayname: {
    call: (client, options) => client.setDisplayname("Alice", { ...options, checkCurrent: false }),
    line: `PUT ${V3}/profile/%40alice%3Aexample.org/displayname`,
    body: { displayname: "Alice" },
  },
  getDisplayname: {
    call: (client, options) => client.getDisplayname(USER, options),
    line: `GET ${V3}/profile/${ODD_PATH.user}/displayname`,
    answer: { displayname: "Alice" },
    result: "Alice",
    malformed: [...OBJECTS, [{ displayname: 5 }, "Invalid `displayname` in response: expected string"]],
  },
  setAvatarUrl: {
    call: (client, options) => client.setAvatarUrl(URI, { ...options, checkCurrent: false }),
    line: `PUT ${V3}/profile/%40alice%3Aexample.org/avatar_url`,
    body: { avatar_url: URI },
  },
  getAvatarUrl: {
    call: (client, options) => client.getAvatarUrl(USER, options),
    line: `GET ${V3}/profile/${ODD_PATH.user}/avatar_url`,
    answer: { avatar_url: URI },
    result: URI,
    malformed: [...OBJECTS, [{ avatar_url: [] }, "Invalid `avatar_url` in response: expected string"]],
  },
  getProfile: {
    call: (client, options) => client.getProfile(USER, options),
    line: `GET ${V3}/profile/${ODD_PATH.user}`,
    answer: { displayname: "Alice", "m.tz": "Europe/Lisbon" },
    result: { displayname: "Alice", "m.tz": "Europe/Lisbon" },
    malformed: invalid("Invalid member in response", null, [], "text", { displayname: 5 }, {
      avatar_url: {},
    }),
  },
  beeperUpdateProfile: {
    call: (client, options) => client.beeperUpdateProfile({ "com.example.a": [1] }, options),
    line: `PATCH ${V3}/profile/%40alice%3Aexample.org`,
    body: { "com.example.a": [1] },
    unspecified: true,
  },
};
