/**
 * Types of the Matrix client-server API: identifiers, events and their content, requests and responses.
 * Objects have the fields of the specification in snake_case. Types are open: unknown fields, event types and
 * enumeration values are allowed.
 *
 * @example Check the type of an event
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
export {
  type BatchID,
  type ContentURI,
  type DeviceID,
  type DirectoryPaginationToken,
  type EventID,
  type FilterID,
  type IdentityKey,
  isContentUri,
  isEventId,
  isRoomAlias,
  isRoomId,
  isUserId,
  type KeyID,
  type KeyIDParts,
  makeKeyId,
  parseKeyId,
  parseMxcUri,
  type RoomAlias,
  type RoomID,
  type SessionID,
  type Signature,
  type SigningKey,
  type SyncToken,
  type UserID,
} from "./identifiers.ts";
export type { JsonArray, JsonObject, JsonPrimitive, JsonValue, OpenObject } from "./json.ts";
export type * from "./appservice.ts";
export * from "./events/mod.ts";
export type * from "./account.ts";
export * from "./auth.ts";
export * from "./crypto.ts";
export type * from "./key_backup.ts";
export type * from "./directory.ts";
export type * from "./filter.ts";
export type * from "./media.ts";
export type * from "./push.ts";
export type * from "./search.ts";
export type * from "./responses.ts";
export type * from "./sync.ts";
export type * from "./users.ts";
