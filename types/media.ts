/**
 * The media repository's answers.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { ContentURI } from "./identifiers.ts";

/**
 * What the media repository allows.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediaconfig
 */
export interface MediaRepoConfig extends OpenObject {
  /** The largest upload, in bytes; unknown if it is not given. */
  "m.upload.size"?: number;
}

/**
 * A place for content that is uploaded later.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create
 */
export interface MediaCreateResponse extends OpenObject {
  /** Where the content will be. */
  content_uri: ContentURI;
  /** When the place is given up if nothing is uploaded, in milliseconds since 1970. */
  unused_expires_at?: number;
  /** Where to upload to, instead of the homeserver (Beeper's MSC3870). */
  "com.beeper.msc3870.upload_url"?: string;
}

/**
 * The picture of a page that is previewed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface OpenGraphImage extends OpenObject {
  /** The picture. */
  "og:image"?: ContentURI;
  /** Its media type. */
  "og:image:type"?: string;
  /** Its width in pixels. */
  "og:image:width"?: number;
  /** Its height in pixels. */
  "og:image:height"?: number;
  /** Its size in bytes. */
  "matrix:image:size"?: number;
}

/**
 * The video of a page that is previewed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface OpenGraphVideo extends OpenObject {
  /** The video. */
  "og:video"?: ContentURI;
  /** Its media type. */
  "og:video:type"?: string;
  /** Its width in pixels. */
  "og:video:width"?: number;
  /** Its height in pixels. */
  "og:video:height"?: number;
  /** Its size in bytes. */
  "matrix:video:size"?: number;
}

/**
 * The sound of a page that is previewed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface OpenGraphAudio extends OpenObject {
  /** The sound. */
  "og:audio"?: ContentURI;
  /** Its media type. */
  "og:audio:type"?: string;
}

/**
 * The preview of a page: what it says about itself in the words of Open Graph.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface MXOpenGraph extends OpenGraphImage, OpenGraphVideo, OpenGraphAudio {
  /** The page's title. */
  "og:title"?: string;
  /** What the page is about. */
  "og:description"?: string;
}
