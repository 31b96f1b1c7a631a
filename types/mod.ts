/**
 * What goes over the wire, as types: identifiers, events and their content, requests and answers. Everything stands
 * here as it stands on the wire, and stays open: fields, event types and values that are not known are kept.
 *
 * With them come small functions that only compute: about versions, power levels, edits, replies and threads, login
 * flows, keys, and links.
 *
 * @example A link, a reply, and who may send it
 * ```ts
 * import { eventLevel, makeReply, parseMatrixURI, userLevel } from "@mtx/client/types";
 * import { assertEquals } from "@std/assert";
 *
 * const { roomId, eventId } = parseMatrixURI("matrix:roomid/room:example.org/e/event");
 * assertEquals([roomId, eventId], ["!room:example.org", "$event"]);
 *
 * const reply = makeReply({ msgtype: "m.text", body: "Yes." }, eventId!);
 * assertEquals(reply["m.relates_to"], { "m.in_reply_to": { event_id: "$event" } });
 *
 * const levels = { users: { "@alice:example.org": 50 }, events_default: 25 };
 * const needed = eventLevel(levels, "m.room.message", { isState: false });
 * assertEquals(userLevel(levels, "@alice:example.org") >= needed, true);
 * ```
 *
 * @module
 */
export * from "./identifiers.ts";
export type * from "./json.ts";
export * from "./events/mod.ts";
export * from "./auth.ts";
export * from "./crypto.ts";
export type * from "./directory.ts";
export type * from "./filter.ts";
export * from "./matrix_uri.ts";
export type * from "./media.ts";
export * from "./power_levels.ts";
export type * from "./push.ts";
export * from "./relations.ts";
export type * from "./responses.ts";
export type * from "./sync.ts";
export type * from "./users.ts";
export * from "./versions.ts";
