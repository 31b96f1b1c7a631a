/**
 * Information about files in messages, and keys of encrypted files.
 *
 * @module
 */

import type { ContentURI } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/** Information about any file. */
export interface BaseFileInfo extends OpenObject {
  /** Media type, such as `image/jpeg`. */
  mimetype?: string;
  /** Size in bytes. */
  size?: number;
}

/**
 * Information about a thumbnail.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export interface ThumbnailInfo extends BaseFileInfo {
  /** Height in pixels. */
  h?: number;
  /** Width in pixels. */
  w?: number;
  /** Exif orientation. */
  orientation?: number;
}

/**
 * Information about a file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mfile
 */
export interface FileInfo extends BaseFileInfo {
  /** Information about the thumbnail. */
  thumbnail_info?: ThumbnailInfo;
  /** The thumbnail, if it is encrypted. */
  thumbnail_file?: EncryptedFile;
  /** URI of the thumbnail, if it is not encrypted. */
  thumbnail_url?: ContentURI;
}

/**
 * Information about an image.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mimage
 */
export interface ImageInfo extends FileInfo {
  /** Height in pixels. */
  h?: number;
  /** Width in pixels. */
  w?: number;
  /** Exif orientation. */
  orientation?: number;
  /** Whether the image is animated. */
  is_animated?: boolean;
}

/**
 * Information about a video.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mvideo
 */
export interface VideoInfo extends ImageInfo {
  /** Duration in milliseconds. */
  duration?: number;
}

/**
 * Information about an audio file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#maudio
 */
export interface AudioInfo extends BaseFileInfo {
  /** Duration in milliseconds. */
  duration?: number;
}

/**
 * Information about a location.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mlocation
 */
export interface LocationInfo extends OpenObject {
  /** URI of an image of the location, if it is not encrypted. */
  thumbnail_url?: ContentURI;
  /** Information about the thumbnail. */
  thumbnail_info?: ThumbnailInfo;
  /** An image of the location, if it is encrypted. */
  thumbnail_file?: EncryptedFile;
}

/** Information about a file of any type. */
export type MediaInfo = ImageInfo | VideoInfo | AudioInfo | FileInfo | OpenObject;

/**
 * Key of an encrypted file, as a JSON Web Key.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
 */
export interface JSONWebKey extends OpenObject {
  /** The key, unpadded URL-safe base64. */
  k: string;
  /** Algorithm, `A256CTR`. */
  alg: string;
  /** Whether the key is extractable. Always `true`. */
  ext: boolean;
  /** Key type, `oct`. */
  kty: string;
  /** Key operations, at least `encrypt` and `decrypt`. */
  key_ops: string[];
}

/**
 * An encrypted file, with the information needed to decrypt it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
 */
export interface EncryptedFile extends OpenObject {
  /** URI of the encrypted file. */
  url: ContentURI;
  /** The key. */
  key: JSONWebKey;
  /** Counter block, unpadded base64. */
  iv: string;
  /** Hashes of the encrypted file by algorithm, unpadded base64. */
  hashes: FileHashes;
  /** Version of the encryption protocol, `v2`. */
  v: string;
}

/** Hashes of an encrypted file by algorithm. */
export interface FileHashes {
  /** SHA-256 hash, unpadded base64. */
  sha256: string;
  /** Another hash, unpadded base64. */
  [algorithm: string]: string;
}
