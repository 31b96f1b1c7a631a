/**
 * Facts about files in messages, and the keys of encrypted ones.
 *
 * @module
 */

import type { ContentURI } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/** What is known of any file. */
export interface BaseFileInfo extends OpenObject {
  /** The file's media type, such as `image/jpeg`. */
  mimetype?: string;
  /** The file's size in bytes. */
  size?: number;
}

/**
 * A small picture that stands for a file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export interface ThumbnailInfo extends BaseFileInfo {
  /** Height in pixels. */
  h?: number;
  /** Width in pixels. */
  w?: number;
  /** How the picture is turned, as Exif counts it. */
  orientation?: number;
}

/**
 * Facts about a file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mfile
 */
export interface FileInfo extends BaseFileInfo {
  /** Facts about the thumbnail. */
  thumbnail_info?: ThumbnailInfo;
  /** The thumbnail, if it is encrypted. */
  thumbnail_file?: EncryptedFile;
  /** The thumbnail, if it is not encrypted. */
  thumbnail_url?: ContentURI;
}

/**
 * Facts about a picture.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mimage
 */
export interface ImageInfo extends FileInfo {
  /** Height in pixels. */
  h?: number;
  /** Width in pixels. */
  w?: number;
  /** How the picture is turned, as Exif counts it. */
  orientation?: number;
  /** Whether the picture moves. */
  is_animated?: boolean;
}

/**
 * Facts about a video.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mvideo
 */
export interface VideoInfo extends ImageInfo {
  /** Duration in milliseconds. */
  duration?: number;
}

/**
 * Facts about a sound.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#maudio
 */
export interface AudioInfo extends BaseFileInfo {
  /** Duration in milliseconds. */
  duration?: number;
}

/**
 * Facts about a place.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mlocation
 */
export interface LocationInfo extends OpenObject {
  /** A picture of the place, if it is not encrypted. */
  thumbnail_url?: ContentURI;
  /** Facts about the thumbnail. */
  thumbnail_info?: ThumbnailInfo;
  /** A picture of the place, if it is encrypted. */
  thumbnail_file?: EncryptedFile;
}

/** Facts about a file of any kind. */
export type MediaInfo = ImageInfo | VideoInfo | AudioInfo | FileInfo | OpenObject;

/**
 * The key of an encrypted file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
 */
export interface JSONWebKey extends OpenObject {
  /** The key, unpadded URL-safe base64. */
  k: string;
  /** The algorithm, `A256CTR`. */
  alg: string;
  /** Always `true`: the key can be taken out. */
  ext: boolean;
  /** The type of key, `oct`. */
  kty: string;
  /** What the key may be used for: `encrypt` and `decrypt` at least. */
  key_ops: string[];
}

/**
 * An encrypted file: where it is, and what is needed to read it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
 */
export interface EncryptedFile extends OpenObject {
  /** The encrypted bytes. */
  url: ContentURI;
  /** The key. */
  key: JSONWebKey;
  /** The counter block, unpadded base64. */
  iv: string;
  /** Hashes of the encrypted bytes by algorithm, unpadded base64. */
  hashes: FileHashes;
  /** The version of this description, `v2`. */
  v: string;
}

/** Hashes of an encrypted file, by algorithm. */
export interface FileHashes {
  /** The SHA-256 hash, unpadded base64. */
  sha256: string;
  /** Another hash, unpadded base64. */
  [algorithm: string]: string;
}
