/**
 * Packs of emoticons and stickers.
 *
 * @module
 */

import type { ContentURI, RoomID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";
import type { ImageInfo } from "./media_info.ts";

/**
 * Intended usage of the images in a pack.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export type ImagePackUsage = "emoticon" | "sticker" | (string & Record<never, never>);

/**
 * Content of an `m.room.image_pack` event. A room can have several packs, with different state keys.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export interface RoomImagePackStateEventContent extends OpenObject {
  /** Images by shortcode. */
  images: ImagePackImages;
  /** Description of the pack. */
  pack?: ImagePackMetadata;
}

/** Images by shortcode. */
export interface ImagePackImages {
  /** The image. */
  [shortcode: string]: ImagePackImage;
}

/**
 * An image in a pack.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export interface ImagePackImage extends OpenObject {
  /** URI of the image. */
  url: ContentURI;
  /** Text description of the image. */
  body?: string;
  /** Information about the image. */
  info?: ImageInfo;
}

/**
 * Description of a pack.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomimage_pack
 */
export interface ImagePackMetadata extends OpenObject {
  /** Name of the pack. */
  display_name?: string;
  /** Avatar of the pack. */
  avatar_url?: ContentURI;
  /** Intended usage of the images. Absent or empty for any usage. */
  usage?: ImagePackUsage[];
  /** Attribution of the pack. */
  attribution?: string;
}

/**
 * Content of an `m.image_pack.rooms` event: packs that the user enabled in every room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mimage_packrooms
 */
export interface ImagePackRoomsAccountDataEventContent extends OpenObject {
  /** Packs by room. */
  rooms: ImagePackRooms;
}

/** Packs by room. */
export interface ImagePackRooms {
  /** Enabled packs of the room. */
  [roomId: RoomID]: ImagePackSelection;
}

/** Packs of a room by state key. */
export interface ImagePackSelection {
  /** Empty object. Clients must preserve unknown fields. */
  [stateKey: string]: OpenObject;
}
