import { join } from "@std/path/posix/join";
import { encodeSegment } from "./path.ts";

const SERVER_NAME = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|(?!\.{1,2}(?::|$))[0-9A-Za-z.-]{1,255})(?::\d{1,5})?$/;

/**
 * Splits a content URI.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 * @param uri The URI, `mxc://{server name}/{media ID}`.
 * @returns The server name and the media ID.
 * @throws {SyntaxError} If it is no content URI.
 */
export function parseMxcUri(uri: string): [serverName: string, mediaId: string] {
  if (typeof uri !== "string" || !uri.startsWith("mxc://")) {
    throw new SyntaxError("MXC URI did not begin with `mxc://`");
  }
  const [serverName, mediaId, ...rest] = uri.slice("mxc://".length).split("/");
  if (
    rest.length > 0 || mediaId === undefined || !/^[\w-]+$/.test(mediaId) || !SERVER_NAME.test(serverName!)
  ) {
    throw new SyntaxError(
      "MXC URI must be `mxc://`, a server name, a slash and a media ID of A-Z a-z 0-9 _ -",
    );
  }
  return [serverName!, mediaId];
}

/** Options of {@linkcode HTTPAPI.prototype.getDownloadUrl}. */
export interface DownloadUrlOptions {
  /**
   * The content itself, or a picture of it.
   *
   * @default {"download"}
   */
  downloadType?: "download" | "thumbnail" | undefined;
  /** A file name for the server to give to the content. Left out when empty. */
  fileName?: string | undefined;
  /**
   * Whether the path is the one that needs an access token.
   *
   * @default {false}
   */
  authenticated?: boolean | undefined;
}

/**
 * Makes the path under which a homeserver serves content.
 *
 * @throws {SyntaxError} If the URI is no content URI.
 * @throws {TypeError} If the file name holds a dot segment.
 */
export function downloadPath(uri: string, options?: DownloadUrlOptions): string {
  const { downloadType, fileName, authenticated } = options ?? {};
  const [serverName, mediaId] = parseMxcUri(uri);
  const prefix = authenticated ? "/_matrix/client/v1/media" : "/_matrix/media/v3";
  // The colon of a port and slashes in a file name stay as they are.
  const server = encodeSegment(serverName).replace("%3A", ":");
  const name = (fileName ?? "").split("/").filter((part) => part !== "").map(encodeSegment);
  return join(prefix, encodeSegment(downloadType ?? "download"), server, mediaId, ...name);
}
