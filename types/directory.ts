/**
 * Room directory, room aliases and room summaries.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { EncryptionAlgorithm } from "./events/encrypted.ts";
import type { Membership } from "./events/member.ts";
import type { JoinRule, RoomType } from "./events/room.ts";
import type { StrippedStateEvent } from "./events/envelope.ts";
import type { ContentURI, DirectoryPaginationToken, RoomAlias, RoomID } from "./identifiers.ts";

/**
 * Preset of a new room, which determines its join rules, history visibility and power levels.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export type RoomCreatePreset = "private_chat" | "trusted_private_chat" | "public_chat";

/**
 * Visibility of a room in its server's room directory.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid
 */
export type RoomDirectoryVisibility = "public" | "private";

/**
 * Response of `GET /_matrix/client/v3/directory/room/{roomAlias}`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
 */
export interface RoomAliasInfo extends OpenObject {
  /** Room of the alias. */
  room_id?: RoomID;
  /** Servers that are in the room. */
  servers?: string[];
}

/**
 * A room in the room directory.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export interface PublicRoomInfo extends OpenObject {
  /** Room ID. */
  room_id: RoomID;
  /** Number of joined members. */
  num_joined_members: number;
  /** Whether anyone can read the room without joining. */
  world_readable: boolean;
  /** Whether guests can join the room. */
  guest_can_join: boolean;
  /** Name of the room. */
  name?: string;
  /** Topic of the room. */
  topic?: string;
  /** Avatar of the room. */
  avatar_url?: ContentURI;
  /** Main alias of the room. */
  canonical_alias?: RoomAlias;
  /** Aliases of the room. Sent by old homeservers only. */
  aliases?: RoomAlias[];
  /** Join rule of the room. Absent means `public`. */
  join_rule?: JoinRule;
  /** Type of the room, such as `m.space`. */
  room_type?: RoomType;
}

/**
 * A page of the room directory.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export interface RoomDirectoryResponse extends OpenObject {
  /** Rooms. */
  chunk: PublicRoomInfo[];
  /** Token of the next page. Absent on the last page. */
  next_batch?: DirectoryPaginationToken;
  /** Token of the previous page. Absent on the first page. */
  prev_batch?: DirectoryPaginationToken;
  /** Estimated number of rooms in the directory. */
  total_room_count_estimate?: number;
}

/**
 * Summary of a room for users who are not in it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1room_summaryroomidoralias
 */
export interface RoomSummary extends PublicRoomInfo {
  /** Rooms whose members may join this one, for restricted rooms. */
  allowed_room_ids?: RoomID[];
  /** Encryption algorithm of the room. Absent if the room is not encrypted. */
  encryption?: EncryptionAlgorithm;
  /** Room version. */
  room_version?: string;
  /** Membership of the user. Absent if the client is not signed in. */
  membership?: Membership;
}

/**
 * A room in the hierarchy of a space.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
 */
export interface SpaceHierarchyRoom extends RoomSummary {
  /** The `m.space.child` events of a space. Empty for other rooms. */
  children_state: StrippedStateEvent[];
}

/**
 * A page of the rooms in a space.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
 */
export interface SpaceHierarchyResponse extends OpenObject {
  /** The rooms. */
  rooms: SpaceHierarchyRoom[];
  /** Token of the next page. Absent on the last page. */
  next_batch?: string;
}
