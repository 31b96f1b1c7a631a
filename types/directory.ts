/**
 * Rooms for those outside: the list of published rooms, aliases, summaries.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { EncryptionAlgorithm } from "./events/encrypted.ts";
import type { JoinRule, RoomType } from "./events/room.ts";
import type { ContentURI, DirectoryPaginationToken, RoomAlias, RoomID } from "./identifiers.ts";

/**
 * What a new room is set up for: who may join, who has power.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export type RoomCreatePreset = "private_chat" | "trusted_private_chat" | "public_chat";

/**
 * Whether a room is on its server's list of published rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid
 */
export type RoomDirectoryVisibility = "public" | "private";

/**
 * Where an alias leads.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
 */
export interface RoomAliasInfo extends OpenObject {
  /** The room. */
  room_id?: RoomID;
  /** Servers that know the room. */
  servers?: string[];
}

/**
 * A room as those outside see it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export interface PublicRoomInfo extends OpenObject {
  /** The room. */
  room_id: RoomID;
  /** How many users are in it. */
  num_joined_members: number;
  /** Whether everyone can read it without joining. */
  world_readable: boolean;
  /** Whether guests may join it. */
  guest_can_join: boolean;
  /** Its name. */
  name?: string;
  /** What it is about. */
  topic?: string;
  /** Its picture. */
  avatar_url?: ContentURI;
  /** Its main alias. */
  canonical_alias?: RoomAlias;
  /** Its aliases; only old servers give them. */
  aliases?: RoomAlias[];
  /** Who may join; `public` if it is not given. */
  join_rule?: JoinRule;
  /** What kind of room it is, such as `m.space`. */
  room_type?: RoomType;
}

/**
 * A part of the list of published rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export interface RoomDirectoryResponse extends OpenObject {
  /** The rooms. */
  chunk: PublicRoomInfo[];
  /** Where the next part starts; not given at the end of the list. */
  next_batch?: DirectoryPaginationToken;
  /** Where the part before starts; not given at the start of the list. */
  prev_batch?: DirectoryPaginationToken;
  /** How many rooms there are in all, roughly. */
  total_room_count_estimate?: number;
}

/**
 * A room as those see it who could join it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1room_summaryroomidoralias
 */
export interface RoomSummary extends PublicRoomInfo {
  /** Rooms whose members may join, for join rules that name them. */
  allowed_room_ids?: RoomID[];
  /** How it is encrypted; not given if it is not. */
  encryption?: EncryptionAlgorithm;
  /** Its version. */
  room_version?: string;
}
