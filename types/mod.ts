/**
 * What goes over the wire, as types: identifiers, events and their content, requests and answers. Everything stands
 * here as it stands on the wire, and stays open: fields, event types and values that are not known are kept.
 *
 * @example Check an event's type
 * ```ts
 * import { isStateEvent } from "@mtx/client/types";
 * import { assertEquals } from "@std/assert";
 *
 * const event: unknown = { type: "m.room.name", state_key: "", content: { name: "Lunch" } };
 * assertEquals(isStateEvent(event, "m.room.name") && event.content.name, "Lunch");
 * ```
 *
 * @module
 */
export * from "./identifiers.ts";
export type * from "./json.ts";
export type * from "./appservice.ts";
export * from "./events/mod.ts";
export * from "./auth.ts";
export * from "./crypto.ts";
export type * from "./directory.ts";
export type * from "./filter.ts";
export type * from "./media.ts";
export type * from "./push.ts";
export type * from "./responses.ts";
export type * from "./sync.ts";
export type * from "./users.ts";
