import { list, string } from "../../support/shapes.ts";
import { inBody, inQuery } from "./options.ts";
import { rows } from "./row.ts";
import { IN_ROOM, lacking, ODD_PATH, ROOM, ROOM_ID, V1, V3, whole } from "./samples.ts";

const INVITEES = ["@bob:example.org"];

export const rooms = rows({
  getRoomSummary: {
    args: [ROOM],
    options: {
      servers: inQuery("via", "truthy", ["a.example", "b.example"], { sent: "a.example", kind: "list?" }),
    },
    line: `GET ${V1}/room_summary/${ODD_PATH.room}`,
    ...whole({
      room_id: "!r:example.org",
      num_joined_members: 1,
      world_readable: false,
      guest_can_join: false,
    }),
    malformed: lacking("room_id"),
  },
  upgradeRoom: {
    args: [ROOM, ["12", "id"]],
    options: { additionalCreators: inBody("additional_creators", "non-null", ["@b:example.org"]) },
    line: `POST ${IN_ROOM}/upgrade`,
    body: { new_version: "12" },
    response: { replacement_room: "!new:example.org" },
    result: "!new:example.org",
    malformed: lacking("replacement_room"),
    resolves: string,
  },
  getMutualRooms: {
    args: [["@b:example.org", "id"]],
    options: { from: inQuery("from", "truthy", "t1") },
    line: `GET ${V1}/mutual_rooms`,
    query: { user_id: "@b:example.org" },
    ...whole({ joined: ["!r:example.org"], count: 1 }),
    malformed: lacking("joined", "array"),
  },
  iterateMutualRooms: {
    args: [["@b:example.org", "id"]],
    options: { from: inQuery("from", "truthy", "t1") },
    line: `GET ${V1}/mutual_rooms`,
    query: { user_id: "@b:example.org" },
    response: { joined: ["!r:example.org"], count: 1 },
    result: [{ joined: ["!r:example.org"], count: 1 }],
    malformed: lacking("joined", "array"),
    resolves: list(),
  },
  createRoom: {
    options: {
      aliasLocalpart: inBody("room_alias_name", "truthy", "a"),
      visibility: inBody("visibility", "always", "public", { fallback: "private" }),
      preset: inBody("preset", "always", "public_chat", { fallback: "private_chat" }),
      name: inBody("name", "truthy", "x"),
      topic: inBody("topic", "truthy", "x"),
      isDirect: inBody("is_direct", "always", true, { fallback: false }),
      invitees: inBody("invite", "truthy", INVITEES),
      initialState: inBody("initial_state", "truthy", [{ type: "m.x", content: {} }]),
      roomVersion: inBody("room_version", "truthy", "11"),
      creationContent: inBody("creation_content", "truthy", { type: "m.space" }),
      powerLevelOverride: inBody("power_level_content_override", "truthy", { ban: 1 }),
      beeperAutoJoinInvites: inBody("com.beeper.auto_join_invites", "truthy", true, {
        with: { invitees: INVITEES },
      }),
      customRequestFields: inBody("more", "truthy", { more: 1 }, { sent: 1 }),
    },
    given: { name: "Tea" },
    line: `POST ${V3}/createRoom`,
    body: { visibility: "private", preset: "private_chat", is_direct: false, name: "Tea" },
    ...ROOM_ID,
  },
  getJoinedRooms: {
    line: `GET ${V3}/joined_rooms`,
    response: { joined_rooms: ["!r:example.org"] },
    result: ["!r:example.org"],
    malformed: lacking("joined_rooms", "array"),
    resolves: list(),
  },
  forgetRoom: { args: [ROOM], line: `POST ${IN_ROOM}/forget`, body: {} },
});
