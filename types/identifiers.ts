/**
 * Identifiers, and Matrix URIs. Identifiers that start with a sigil are template-literal types, others are plain strings.
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

/**
 * The type of an identifier in a `matrix:` URI: a user, a room alias, a room or an event.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export type IdentifierType = "u" | "r" | "roomid" | "e";

/**
 * The action of a Matrix URI: join the room, or chat with the user.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export type URIAction = "join" | "chat" | (string & Record<never, never>);

/**
 * The target of a Matrix URI: exactly one of a user, a room and a room alias, and optionally an event in the room.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export interface MatrixURI {
  /** The user. */
  userId?: UserID | undefined;
  /** The room. */
  roomId?: RoomID | undefined;
  /** The room's alias. */
  roomAlias?: RoomAlias | undefined;
  /** An event in the room. */
  eventId?: EventID | undefined;
  /** The servers to join the room through. */
  via?: string[] | undefined;
  /** The action. */
  action?: URIAction | undefined;
}

/** Thrown if a Matrix URI is malformed, or a target has no URI. */
export class MatrixURIError extends SyntaxError {
  /** The name of the class. */
  override name = "MatrixURIError";
}

type Kind = [
  type: IdentifierType,
  key: "userId" | "roomId" | "roomAlias",
  sigil: string,
  check: (value: unknown) => boolean,
];
const KINDS: Kind[] = [
  ["u", "userId", "@", isUserId],
  ["roomid", "roomId", "!", isRoomId],
  ["r", "roomAlias", "#", isRoomAlias],
];

/** Types of identifiers in `matrix:` URIs from before the scheme was specified. */
const OLD: Record<string, string> = { user: "u", room: "r", event: "e" };

/**
 * Parses a `matrix:` URI or a `https://matrix.to/` URL.
 *
 * The authority and the fragment of a `matrix:` URI and unknown parameters are ignored. An action is returned even if it
 * does not fit the target; ignore it then.
 *
 * @example Converting a URL to a URI
 * ```ts
 * import { matrixUri, parseMatrixUri } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * const link = parseMatrixUri("https://matrix.to/#/!room:example.org/$event?via=example.org");
 * assertEquals(link, { roomId: "!room:example.org", eventId: "$event", via: ["example.org"] });
 * assertEquals(matrixUri(link), "matrix:roomid/room:example.org/e/event?via=example.org");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 * @param uri The URI or URL.
 * @returns The target.
 * @throws {MatrixURIError} If the URI is malformed.
 */
export function parseMatrixUri(uri: string | URL): MatrixURI {
  const link = tryParseMatrixUri(uri);
  if (!link) throw new MatrixURIError("Cannot parse Matrix URI: it is malformed");
  return link;
}

/**
 * Parses a URI like {@linkcode parseMatrixUri}, without throwing.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 * @param uri The URI or URL.
 * @returns The target; `undefined` if the URI is malformed.
 */
export function tryParseMatrixUri(uri: string | URL): MatrixURI | undefined {
  try {
    return read(String(uri));
  } catch { // Malformed percent-encoding.
    return undefined;
  }
}

function read(uri: string): MatrixURI | undefined {
  let id: string | undefined;
  let eventId: string | undefined;
  const [, path, matrixTo, query] =
    /^(?:matrix:(?:\/\/[^/?#]*\/)?([^?#]*)|https:\/\/matrix\.to\/#\/([^?]*))(?:\?([^#]*))?(?:#.*)?$/is
      .exec(uri) ?? [];
  if (matrixTo) {
    // Event IDs may contain slashes, so everything after the first slash is the event ID.
    [, id, eventId] = /^([^/]+)(?:\/(.+?))?\/?$/s.exec(matrixTo) ?? [];
  } else if (path) {
    const [, type = "", name, word = "e", event] = /^([^/]+)\/([^/]+)(?:\/([^/]+)\/(.+?))?\/?$/s.exec(path) ??
      [];
    const kind = KINDS.find(([word]) => word === (OLD[type] ?? type));
    if (!kind || (OLD[word] ?? word) !== "e") return;
    id = kind[2] + name;
    eventId = event && `$${event}`;
  }
  id = decodeURIComponent(id ?? "");
  const kind = KINDS.find(([, , sigil]) => id?.startsWith(sigil));
  if (!kind) return;
  const params = new URLSearchParams(query);
  const via = params.getAll("via").filter(Boolean);
  const action = params.get("action");
  const link: MatrixURI = { [kind[1]]: id };
  if (eventId) link.eventId = decodeURIComponent(eventId) as EventID;
  if (via.length) link.via = via;
  if (action) link.action = action;
  return kindOf(link) && link;
}

/** Returns the kind of the target; `undefined` if the target is invalid. */
function kindOf(link: MatrixURI): Kind | undefined {
  const [kind, another] = KINDS.filter(([, key]) => link[key] != null);
  const valid = kind && !another && kind[3](link[kind[1]]) &&
    (link.eventId == null || (kind[0] !== "u" && isEventId(link.eventId)));
  return valid ? kind : undefined;
}

/**
 * Returns the `https://matrix.to/` URL of a target, which every browser can open.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#matrixto-navigation
 * @param link The target.
 * @returns The URL.
 * @throws {MatrixURIError} If the target is not exactly one user, room or room alias, or is an event without a room.
 */
export function matrixToUrl(link: MatrixURI): string {
  return write(link, (id, event) => `https://matrix.to/#/${encode(id)}${event && `/${encode(event)}`}`);
}

/**
 * Returns the `matrix:` URI of a target, which the user's Matrix client opens.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#matrix-uri-scheme
 * @param link The target.
 * @returns The URI.
 * @throws {MatrixURIError} If the target is not exactly one user, room or room alias, or is an event without a room.
 */
export function matrixUri(link: MatrixURI): string {
  return write(link, (id, event, type) => {
    const parts = [type, id.slice(1), ...(event ? ["e", event.slice(1)] : [])];
    return "matrix:" + parts.map(encode).join("/").replaceAll("%3A", ":");
  });
}

function write(link: MatrixURI, base: (id: string, event: string, type: IdentifierType) => string): string {
  const kind = kindOf(link);
  if (!kind) {
    throw new MatrixURIError(
      "Cannot write Matrix URI: it must have exactly one valid user ID, room ID or room alias",
    );
  }
  const query = (link.via ?? []).map((server) => ["via", server]);
  if (link.action) query.push(["action", link.action]);
  const pairs = query.map((pair) => pair.map(encode).join("="));
  return base(link[kind[1]]!, link.eventId ?? "", kind[0]) + (pairs.length ? `?${pairs.join("&")}` : "");
}

function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw new MatrixURIError("Cannot write Matrix URI: it must be well-formed Unicode", { cause });
  }
}
