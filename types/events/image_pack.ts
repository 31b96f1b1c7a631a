/**
 * Packs of emoticons and stickers.
 *
 * @module
 */

import type { ContentURI, RoomID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";
import type { ImageInfo } from "./media_info.ts";

/**
 * What pictures of a pack are for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export type ImagePackUsage = "emoticon" | "sticker" | (string & Record<never, never>);

/**
 * Content of `m.room.image_pack`. The state key tells the room's packs apart.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export interface RoomImagePackStateEventContent extends OpenObject {
  /** The pictures, by shortcode. */
  images: ImagePackImages;
  /** What is to say of the pack as a whole. */
  pack?: ImagePackMetadata;
}

/** Pictures by shortcode. */
export interface ImagePackImages {
  /** The picture. */
  [shortcode: string]: ImagePackImage;
}

/**
 * A picture of a pack.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export interface ImagePackImage extends OpenObject {
  /** The picture. */
  url: ContentURI;
  /** What it shows, in words. */
  body?: string;
  /** Facts about the picture. */
  info?: ImageInfo;
}

/**
 * What is to say of a pack as a whole.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export interface ImagePackMetadata extends OpenObject {
  /** The pack's name for people. */
  display_name?: string;
  /** The pack's picture. */
  avatar_url?: ContentURI;
  /** What the pictures are for; absent or empty for everything. */
  usage?: ImagePackUsage[];
  /** Who made it. */
  attribution?: string;
}

/**
 * Content of `m.image_pack.rooms`: packs that the user wants in all rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mimage_packrooms
 */
export interface ImagePackRoomsAccountDataEventContent extends OpenObject {
  /** Packs by the room they are from. */
  rooms: ImagePackRooms;
}

/** Packs by the room they are from. */
export interface ImagePackRooms {
  /** The room's packs that are wanted. */
  [roomId: RoomID]: ImagePackSelection;
}

/** Packs of a room, by state key. */
export interface ImagePackSelection {
  /** An empty object for now; what it holds is to be kept. */
  [stateKey: string]: OpenObject;
}
