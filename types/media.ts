/**
 * Responses of the content repository.
 *
 * @module
 */
import type { OpenObject } from "./json.ts";
import type { ContentURI } from "./identifiers.ts";

/**
 * Configuration of the content repository.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediaconfig
 */
export interface MediaRepoConfig extends OpenObject {
  /** Maximum size of an upload, in bytes. Absent if the limit is unknown. */
  "m.upload.size"?: number;
}

/**
 * Response of `POST /_matrix/media/v1/create`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create
 */
export interface MediaCreateResponse extends OpenObject {
  /** Content URI for a later upload. */
  content_uri: ContentURI;
  /** Time at which the URI expires if nothing is uploaded, in milliseconds since the Unix epoch. */
  unused_expires_at?: number;
  /** URL to upload the content to in place of the homeserver. Beeper extension, MSC3870. */
  "com.beeper.msc3870.upload_url"?: string;
}

/**
 * Open Graph data of an image.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface OpenGraphImage extends OpenObject {
  /** Content URI of the image. */
  "og:image"?: ContentURI;
  /** Media type of the image. */
  "og:image:type"?: string;
  /** Width of the image in pixels. */
  "og:image:width"?: number;
  /** Height of the image in pixels. */
  "og:image:height"?: number;
  /** Size of the image in bytes. */
  "matrix:image:size"?: number;
}

/**
 * Open Graph data of a video.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface OpenGraphVideo extends OpenObject {
  /** Content URI of the video. */
  "og:video"?: ContentURI;
  /** Media type of the video. */
  "og:video:type"?: string;
  /** Width of the video in pixels. */
  "og:video:width"?: number;
  /** Height of the video in pixels. */
  "og:video:height"?: number;
  /** Size of the video in bytes. */
  "matrix:video:size"?: number;
}

/**
 * Open Graph data of an audio file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface OpenGraphAudio extends OpenObject {
  /** Content URI of the audio file. */
  "og:audio"?: ContentURI;
  /** Media type of the audio file. */
  "og:audio:type"?: string;
}

/**
 * URL preview: Open Graph data of a web page.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediapreview_url
 */
export interface MXOpenGraph extends OpenGraphImage, OpenGraphVideo, OpenGraphAudio {
  /** Title of the page. */
  "og:title"?: string;
  /** Description of the page. */
  "og:description"?: string;
}
