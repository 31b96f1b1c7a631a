/**
 * Events, their content by type, and type guards.
 *
 * @module
 */

export type * from "./account_data.ts";
export type * from "./beeper.ts";
export type * from "./encrypted.ts";
export type * from "./envelope.ts";
export type * from "./ephemeral.ts";
export type * from "./event_types.ts";
export * from "./guards.ts";
export type * from "./image_pack.ts";
export type * from "./maps.ts";
export type * from "./media_info.ts";
export type * from "./member.ts";
export type * from "./message.ts";
export type * from "./policy.ts";
export type * from "./power_levels.ts";
export type * from "./relations.ts";
export type * from "./room.ts";
export type * from "./secret_storage.ts";
export type * from "./space.ts";
export type * from "./to_device.ts";
export type * from "./verification.ts";
export type * from "./voip.ts";
export type { OpenObject } from "../json.ts";
