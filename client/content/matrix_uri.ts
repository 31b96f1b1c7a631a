/**
 * Links to users, rooms and events: `matrix:` URIs and `https://matrix.to/` URLs.
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
 * What a part of a `matrix:` URI identifies: a user, a room alias, a room or an event.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export type IdentifierType = "u" | "r" | "roomid" | "e";

/**
 * What a link asks for: to join the room, or to chat with the user.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export type URIAction = "join" | "chat" | (string & Record<never, never>);

/**
 * What a link points at: exactly one of a user, a room and a room alias; of a room, also an event in it.
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
  /** Servers to find the room through. */
  via?: string[] | undefined;
  /** What the link asks for. */
  action?: URIAction | undefined;
}

/** Something is not a link to a user, a room or an event. */
export class MatrixURIError extends SyntaxError {
  /** The class's name. */
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

/** Words from the time before the scheme was specified. */
const OLD: Record<string, string> = { user: "u", room: "r", event: "e" };

/**
 * Reads a link, whichever of the two forms it has.
 *
 * Of a `matrix:` URI the authority and the fragment, of both forms unknown parameters are ignored. An action that
 * makes no sense for what is linked is kept, for the caller to ignore.
 *
 * @example Reading a link and writing it in the other form
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
 * @param uri The link.
 * @returns What it points at.
 * @throws {MatrixURIError} If it is not such a link.
 */
export function parseMatrixUri(uri: string | URL): MatrixURI {
  const link = tryParseMatrixUri(uri);
  if (!link) throw new MatrixURIError("Cannot parse Matrix URI: it is malformed");
  return link;
}

/**
 * Reads a link like {@linkcode parseMatrixUri}, without throwing.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 * @param uri The link.
 * @returns What it points at, or `undefined` if it is not such a link.
 */
export function tryParseMatrixUri(uri: string | URL): MatrixURI | undefined {
  try {
    return read(String(uri));
  } catch { // A percent sign that encodes nothing.
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
    // Some event IDs have slashes: all that follows the first slash is one.
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

/** The one thing that a link points at: undefined unless it is well-formed. */
function kindOf(link: MatrixURI): Kind | undefined {
  const [kind, another] = KINDS.filter(([, key]) => link[key] != null);
  const valid = kind && !another && kind[3](link[kind[1]]) &&
    (link.eventId == null || (kind[0] !== "u" && isEventId(link.eventId)));
  return valid ? kind : undefined;
}

/**
 * Writes a link as `https://matrix.to/` URL, which any program opens.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#matrixto-navigation
 * @param link What it points at.
 * @returns The URL.
 * @throws {MatrixURIError} If it does not point at exactly one user, room or room alias, or at an event without a room.
 */
export function matrixToUrl(link: MatrixURI): string {
  return write(link, (id, event) => `https://matrix.to/#/${encode(id)}${event && `/${encode(event)}`}`);
}

/**
 * Writes a link as `matrix:` URI, which the user's Matrix client opens.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#matrix-uri-scheme
 * @param link What it points at.
 * @returns The URI.
 * @throws {MatrixURIError} If it does not point at exactly one user, room or room alias, or at an event without a room.
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
      "Cannot write Matrix URI: it points at nothing, too much or something malformed",
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
    throw new MatrixURIError("Cannot write Matrix URI: it is not well-formed Unicode", { cause });
  }
}
