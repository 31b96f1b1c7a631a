/**
 * Identifiers as they stand on the wire: template-literal types where the first
 * character tells what they are, plain strings where only the context does.
 *
 * The guards look at the shape alone: a sigil, and for what names its server a colon.
 * Whether such a user, room or event exists is for the homeserver to say.
 *
 * @module
 */

/**
 * A user, `@local:server`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#user-identifiers
 */
export type UserID = `@${string}:${string}`;

/**
 * A room, `!opaque` or `!opaque:server`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#room-ids
 */
export type RoomID = `!${string}`;

/**
 * A room's name for people, `#local:server`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#room-aliases
 */
export type RoomAlias = `#${string}:${string}`;

/**
 * An event, `$opaque`.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#event-ids
 */
export type EventID = `$${string}`;

/**
 * Content in the media repository, `mxc://server/media`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 */
export type ContentURI = `mxc://${string}`;

/** A filter that was stored on the homeserver. */
export type FilterID = string;

/** A batch of events that an application service sent. */
export type BatchID = string;

/** A place in the event stream, as `sync` and pagination give it. */
export type SyncToken = string;

/** A place in the list of published rooms. */
export type DirectoryPaginationToken = string;

/** A device, unique for its user only. */
export type DeviceID = string;

/** A Megolm session. */
export type SessionID = string;

/** An Ed25519 public key, unpadded base64. */
export type SigningKey = string;

/** A Curve25519 public key, unpadded base64. */
export type IdentityKey = string;

/** A signature, unpadded base64. */
export type Signature = string;

/**
 * A key's algorithm and its ID, `algorithm:key_id`, as it stands as a key of JSON objects.
 *
 * @see {@linkcode parseKeyId} and {@linkcode makeKeyId}
 */
export type KeyID = `${string}:${string}`;

/** What a {@linkcode KeyID} consists of. */
export interface KeyIDParts {
  /** What the key is for, such as `ed25519` or `signed_curve25519`. */
  algorithm: string;
  /** The rest: often a device ID, or the key itself. */
  key_id: string;
}

/**
 * Takes a key's ID apart, at the first colon.
 *
 * @param keyId The ID, `algorithm:key_id`.
 * @returns The algorithm and the rest.
 * @throws {SyntaxError} If there is no colon.
 */
export function parseKeyId(keyId: string): KeyIDParts {
  const colon = keyId.indexOf(":");
  if (colon < 0) throw new SyntaxError("Cannot parse key ID: it has no colon");
  return { algorithm: keyId.slice(0, colon), key_id: keyId.slice(colon + 1) };
}

/**
 * Makes a key's ID out of its parts.
 *
 * @param algorithm What the key is for, without a colon.
 * @param id The rest: a device ID, for one.
 * @returns `algorithm:key_id`.
 * @throws {SyntaxError} If the algorithm holds a colon, because the ID could not be taken apart again.
 */
export function makeKeyId(algorithm: string, id: string): KeyID {
  if (algorithm.includes(":")) throw new SyntaxError("Cannot make key ID: its algorithm has a colon");
  return `${algorithm}:${id}`;
}

/** The specification's limit for identifiers is in bytes; more characters than that are never right. */
const MAX_LENGTH = 255;

function hasServer(value: unknown, sigil: string): boolean {
  if (typeof value !== "string" || value.length > MAX_LENGTH || !value.startsWith(sigil)) return false;
  const colon = value.indexOf(":");
  return colon > 0 && colon < value.length - 1;
}

/**
 * Whether something is a user ID by its shape.
 *
 * The local part may be empty: historical user IDs can have one.
 *
 * @param value Anything.
 * @returns Whether it is `@`, a colon and something after it, in at most 255 characters.
 */
export function isUserId(value: unknown): value is UserID {
  return hasServer(value, "@");
}

/**
 * Whether something is a room ID by its shape.
 *
 * A server name is not needed: rooms of version 12 and later have none.
 *
 * @param value Anything.
 * @returns Whether it is `!` and something after it, in at most 255 characters.
 */
export function isRoomId(value: unknown): value is RoomID {
  return typeof value === "string" && value.length > 1 && value.length <= MAX_LENGTH && value.startsWith("!");
}

/**
 * Whether something is a room alias by its shape.
 *
 * @param value Anything.
 * @returns Whether it is `#`, a colon and something after it, in at most 255 characters.
 */
export function isRoomAlias(value: unknown): value is RoomAlias {
  return hasServer(value, "#");
}

/**
 * Whether something is an event ID by its shape.
 *
 * @param value Anything.
 * @returns Whether it is `$` and something after it, in at most 255 characters.
 */
export function isEventId(value: unknown): value is EventID {
  return typeof value === "string" && value.length > 1 && value.length <= MAX_LENGTH && value.startsWith("$");
}

const CONTENT_URI = /^mxc:\/\/[^/?#\s]+\/[A-Za-z0-9_-]+$/;

/**
 * Whether something is the URI of content, as the specification writes them.
 *
 * @param value Anything.
 * @returns Whether it is `mxc://`, a server name, a slash and one segment of `A-Za-z0-9_-`.
 */
export function isContentUri(value: unknown): value is ContentURI {
  return typeof value === "string" && CONTENT_URI.test(value);
}
