import { list } from "../../support/shapes.ts";
import { inBody } from "./options.ts";
import { rows } from "./row.ts";
import { IN_ROOM, lacking, ROOM, ROOM_ID, V3 } from "./samples.ts";

const INVITEES = ["@bob:example.org"];

export const rooms = rows({
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
