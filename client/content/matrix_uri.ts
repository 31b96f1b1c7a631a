/**
 * Matrix URIs: `matrix:` URIs and `https://matrix.to/` URLs of users, rooms and events.
 *
 * @module
 */
import {
  type EventID,
  isEventId,
  isRoomAlias,
  isRoomId,
  isUserId,
  type RoomAlias,
  type RoomID,
  type UserID,
} from "../../types/identifiers.ts";

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
