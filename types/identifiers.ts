/**
 * Identifiers. Those that start with a sigil are template-literal types, others are plain strings.
 *
 * The type guards check the shape only: the sigil, and a colon if the identifier has a server name. They do
 * not check whether the user, room or event exists.
 *
 * @module
 */

/**
 * User ID, `@local:server`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#user-identifiers
 */
export type UserID = `@${string}:${string}`;

/**
 * Room ID, `!opaque` or `!opaque:server`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#room-ids
 */
export type RoomID = `!${string}`;

/**
 * Room alias, `#local:server`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#room-aliases
 */
export type RoomAlias = `#${string}:${string}`;

/**
 * Event ID, `$opaque`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#event-ids
 */
export type EventID = `$${string}`;

/**
 * URI of content in the content repository, `mxc://server/media`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 */
export type ContentURI = `mxc://${string}`;

/** ID of a filter that is stored on the homeserver. */
export type FilterID = string;

/** ID of a batch of events from an application service. */
export type BatchID = string;

/** Position in the event stream, from `sync` or pagination. */
export type SyncToken = string;

/** Position in the room directory. */
export type DirectoryPaginationToken = string;

/** Device ID. Unique for each user. */
export type DeviceID = string;

/** Megolm session ID. */
export type SessionID = string;

/** Ed25519 public key, unpadded base64. */
export type SigningKey = string;

/** Curve25519 public key, unpadded base64. */
export type IdentityKey = string;

/** Signature, unpadded base64. */
export type Signature = string;

/**
 * Key ID with its algorithm, `algorithm:key_id`.
 *
 * @see {@linkcode parseKeyId} and {@linkcode makeKeyId}
 */
export type KeyID = `${string}:${string}`;

/** Parts of a {@linkcode KeyID}. */
export interface KeyIDParts {
  /** Algorithm of the key, such as `ed25519` or `signed_curve25519`. */
  algorithm: string;
  /** Part after the first colon: often a device ID or the public key. */
  key_id: string;
}

/**
 * Splits a key ID at the first colon.
 *
 * @param keyId Key ID, `algorithm:key_id`.
 * @returns The algorithm and the part after the colon.
 * @throws {SyntaxError} If there is no colon.
 */
export function parseKeyId(keyId: string): KeyIDParts {
  const colon = keyId.indexOf(":");
  if (colon < 0) throw new SyntaxError("Cannot parse key ID: the ID must contain a colon");
  return { algorithm: keyId.slice(0, colon), key_id: keyId.slice(colon + 1) };
}

/**
 * Makes a key ID from its parts.
 *
 * @param algorithm Algorithm of the key.
 * @param id Part after the colon, such as a device ID.
 * @returns `algorithm:key_id`.
 * @throws {SyntaxError} If the algorithm contains a colon, because the key ID could not be parsed.
 */
export function makeKeyId(algorithm: string, id: string): KeyID {
  if (algorithm.includes(":")) {
    throw new SyntaxError("Cannot make key ID: the algorithm must not contain a colon");
  }
  return `${algorithm}:${id}`;
}

/** The specification limits identifiers to 255 bytes, so longer strings are always invalid. */
const MAX_LENGTH = 255;

function hasServer(value: unknown, sigil: string): boolean {
  if (typeof value !== "string" || value.length > MAX_LENGTH || !value.startsWith(sigil)) return false;
  const colon = value.indexOf(":");
  return colon > 0 && colon < value.length - 1;
}

/**
 * Returns whether a value has the shape of a user ID.
 *
 * The local part may be empty, because historical user IDs can have an empty one.
 *
 * @param value Any value.
 * @returns Whether the value is a string of `@`, a colon and at least one character after it, at most 255
 * characters long.
 */
export function isUserId(value: unknown): value is UserID {
  return hasServer(value, "@");
}

/**
 * Returns whether a value has the shape of a room ID.
 *
 * A server name is not required, because room IDs of room version 12 and later have none.
 *
 * @param value Any value.
 * @returns Whether the value is a string of `!` and at least one character, at most 255 characters long.
 */
export function isRoomId(value: unknown): value is RoomID {
  return typeof value === "string" && value.length > 1 && value.length <= MAX_LENGTH && value.startsWith("!");
}

/**
 * Returns whether a value has the shape of a room alias.
 *
 * @param value Any value.
 * @returns Whether the value is a string of `#`, a colon and at least one character after it, at most 255
 * characters long.
 */
export function isRoomAlias(value: unknown): value is RoomAlias {
  return hasServer(value, "#");
}

/**
 * Returns whether a value has the shape of an event ID.
 *
 * @param value Any value.
 * @returns Whether the value is a string of `$` and at least one character, at most 255 characters long.
 */
export function isEventId(value: unknown): value is EventID {
  return typeof value === "string" && value.length > 1 && value.length <= MAX_LENGTH && value.startsWith("$");
}

/**
 * Matches a content URI: a server name (IPv6 literal, or host name or IPv4 address, with an optional port) and a media ID.
 * A host of `.` or `..` would vanish from the path of a URL.
 */
const CONTENT_URI =
  /^mxc:\/\/((?:\[[\dA-Fa-f:.]{2,45}\]|(?!\.{1,2}[:/])[\dA-Za-z.-]{1,255})(?::\d{1,5})?)\/([\w-]+)$/;

/**
 * Returns whether a value is a content URI.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 * @param value Any value.
 * @returns Whether the value is `mxc://`, a server name, a slash and a media ID of `A-Za-z0-9_-`.
 */
export function isContentUri(value: unknown): value is ContentURI {
  return typeof value === "string" && CONTENT_URI.test(value);
}

/**
 * Returns the server name and the media ID of a content URI.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 * @param uri Content URI, `mxc://{server name}/{media ID}`.
 * @returns The server name and the media ID.
 * @throws {SyntaxError} If the string is not a content URI.
 */
export function parseMxcUri(uri: string): [serverName: string, mediaId: string] {
  if (typeof uri !== "string" || !uri.startsWith("mxc://")) {
    throw new SyntaxError("MXC URI did not begin with `mxc://`");
  }
  const match = CONTENT_URI.exec(uri);
  if (match === null) {
    throw new SyntaxError(
      "MXC URI must be `mxc://`, a server name, a slash and a media ID of A-Z a-z 0-9 _ -",
    );
  }
  return [match[1]!, match[2]!];
}
