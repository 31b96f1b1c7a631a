import { boolean, fields, list, number, string } from "../../support/shapes.ts";
import { flag, inBody, inQuery } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { IN_ROOM, invalid, lacking, MXID, OBJECTS, ODD_PATH, ROOM, V3, whole } from "./samples.ts";

const ALIAS = `${V3}/directory/room/%23tea%2F%25%3Aexample.org`;
const VISIBILITY = `${V3}/directory/list/room/${ODD_PATH.room}`;
const LOCALPART: Argument = ["tea/%", "id"];

const directoryPage = {
  options: {
    limit: inQuery("limit", "non-null", 5),
    since: inQuery("since", "non-null", "p1"),
    server: inQuery("server", "non-null", "example.org"),
    searchQuery: inBody(["filter", "generic_search_term"], "non-null", "tea"),
    includeAllNetworks: inBody("include_all_networks", "non-null", true),
    thirdPartyInstanceId: inBody("third_party_instance_id", "non-null", "irc"),
  },
  given: { limit: 0, since: "" },
  line: `GET ${V3}/publicRooms`,
  query: { limit: "0", since: "" },
  malformed: [
    ...lacking("chunk", "array"),
    [{ chunk: [{}] }, "`room_id` not in response."],
    [{ chunk: [{ room_id: "!r:example.org" }] }, "`num_joined_members` not in response."],
  ],
  resolves: fields({
    chunk: list(fields({
      room_id: string,
      num_joined_members: number,
      world_readable: boolean,
      guest_can_join: boolean,
    })),
  }),
  calls: [{ options: { limit: [3, "number?"] } }],
} as const;

export const directory = rows({
  addRoomAlias: {
    args: [[ROOM[0], "id"], LOCALPART],
    options: { override: flag() },
    line: `PUT ${ALIAS}`,
    body: { room_id: ROOM[0] },
    calls: [{ options: { override: [true, "any"] }, statuses: [409] }],
  },
  removeRoomAlias: {
    args: [LOCALPART],
    options: { raise404: flag(true) },
    line: `DELETE ${ALIAS}`,
    body: {},
    calls: [{ statuses: [404] }],
  },
  resolveRoomAlias: {
    args: [["#tea/%:example.org", "segment"]],
    line: `GET ${ALIAS}`,
    ...whole({ room_id: "!r:example.org", servers: ["example.org"] }),
    malformed: OBJECTS,
  },
  getRoomDirectoryVisibility: {
    args: [ROOM],
    line: `GET ${VISIBILITY}`,
    response: { visibility: "public" },
    result: "public",
    malformed: [
      ...OBJECTS,
      ...invalid("`visibility` not in response.", {}, { visibility: null }),
      [{ visibility: 5 }, "Invalid value for `visibility` in response: 5"],
    ],
  },
  setRoomDirectoryVisibility: {
    args: [ROOM, ["public", "id"]],
    line: `PUT ${VISIBILITY}`,
    body: { visibility: "public" },
  },
  getRoomDirectory: { ...directoryPage, ...whole({ chunk: [] }) },
  iterateRoomDirectory: {
    ...directoryPage,
    response: { chunk: [] },
    result: [{ chunk: [] }],
    resolves: list(directoryPage.resolves),
  },
  getRoomAliases: {
    args: [ROOM],
    line: `GET ${IN_ROOM}/aliases`,
    response: { aliases: ["#a:example.org"] },
    result: ["#a:example.org"],
    malformed: lacking("aliases", "array"),
    resolves: list(),
  },
  searchUsers: {
    args: [["al", "text"]],
    options: { limit: inBody("limit", "always", 5, { fallback: 10 }) },
    line: `POST ${V3}/user_directory/search`,
    body: { search_term: "al", limit: 10 },
    ...whole({ results: [{ user_id: MXID }], limited: true }),
    malformed: [
      ...OBJECTS,
      ...invalid("`results` not in content.", {}, { results: {} }),
      ...invalid("`limited` not in content.", { results: [] }, { results: [], limited: 1 }),
      ...invalid("Invalid user in search results", { results: [{}], limited: true }, {
        results: ["@a:b"],
        limited: false,
      }),
    ],
    resolves: fields({ results: list(fields({ user_id: string })), limited: boolean }),
  },
});
