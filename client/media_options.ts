import type { RequestOptions } from "../http/options.ts";
import type { DownloadBounds } from "../http/download.ts";
import type { UploadBodyOptions } from "../http/upload/body.ts";
import type { ContentURI } from "../types/identifiers.ts";

/** Options of {@linkcode MediaMethods.prototype.uploadMedia}. */
export interface UploadMediaOptions extends RequestOptions, UploadBodyOptions {
  /**
   * The media type. By default a `Blob`'s own.
   *
   * @default {"application/octet-stream"}
   */
  mimeType?: string | undefined;
  /** The name that the file is to have for others. By default a `File`'s own; `""` for none. */
  filename?: string | undefined;
  /**
   * Where to upload to: a place that `createMxc()` has made. The homeserver makes one by default.
   */
  mxc?: ContentURI | undefined;
  /**
   * Whether to give back the content's URI at once, and to upload in the background. Others who ask for the content
   * before it is there wait for it. `signal`, `deadline` and `retry` go on to hold for the transfer.
   *
   * @default {false}
   */
  asyncUpload?: boolean | undefined;
  /**
   * Takes the transfer in the background, which may fail as an ordinary upload does. A host that ends with the answer to
   * a request has to be told to wait for it. Where nobody takes it, its failure is logged.
   */
  onTransfer?: ((transfer: Promise<void>) => void) | undefined;
}

/** Options of {@linkcode MediaMethods.prototype.streamMedia} and {@linkcode MediaMethods.prototype.downloadMedia}. */
export interface DownloadMediaOptions extends RequestOptions, DownloadBounds {
  /**
   * How long the homeserver may wait for content that is not there yet, in milliseconds; its own default, 20 seconds
   * mostly, if it is not given. `deadline` begins after it.
   */
  timeoutMs?: number | undefined;
  /**
   * Whether the homeserver may fetch the content from another one. Only homeservers before v1.11 of the specification
   * are told.
   *
   * @default {true}
   */
  allowRemote?: boolean | undefined;
}

/** How a picture is made smaller: cut to the proportions that are asked for, or within them. */
export type ThumbnailMethod = "crop" | "scale" | (string & Record<never, never>);

/** Options of {@linkcode MediaMethods.prototype.downloadThumbnail}. Homeservers want `width` and `height`. */
export interface DownloadThumbnailOptions extends DownloadMediaOptions {
  /** The width that is wanted, in pixels. What comes may be larger or smaller. */
  width?: number | undefined;
  /** The height that is wanted, in pixels. What comes may be larger or smaller. */
  height?: number | undefined;
  /**
   * How the picture is made smaller.
   *
   * @default {"scale"}
   */
  resizeMethod?: ThumbnailMethod | undefined;
  /** Whether the picture may move, or must not. The homeserver chooses by default. */
  animated?: boolean | undefined;
}

/**
 * Options of {@linkcode MediaMethods.prototype.getUrlPreview}. `timestamp` asks for the page as it was then, in
 * milliseconds since 1970; the homeserver gives what it has from about that time.
 */
export interface GetUrlPreviewOptions extends RequestOptions {
}
