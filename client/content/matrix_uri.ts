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
 * The identifier type in a `matrix:` URI: a user (`u`), a room alias (`r`), a room ID (`roomid`) or an event (`e`).
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export type IdentifierType = "u" | "r" | "roomid" | "e";

/**
 * The action of a link: to join the room, or to start a chat with the user.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 */
export type URIAction = "join" | "chat" | (string & Record<never, never>);

/**
 * The target of a link: exactly one of a user, a room and a room alias. With a room or a room alias, also an event.
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
  /** The action. */
  action?: URIAction | undefined;
}

/** Thrown if a link is malformed. */
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

/** Identifier types of early drafts of the URI scheme. */
const OLD: Record<string, string> = { user: "u", room: "r", event: "e" };

/**
 * Parses a `matrix:` URI or a `https://matrix.to/` URL.
 *
 * Ignores unknown parameters, and the authority and fragment of a `matrix:` URI. An action that does not apply to the
 * target is returned, for the caller to ignore.
 *
 * @example Convert a link to the other form
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
 * @returns The target.
 * @throws {MatrixURIError} If the link is malformed.
 */
export function parseMatrixUri(uri: string | URL): MatrixURI {
  const link = tryParseMatrixUri(uri);
  if (!link) throw new MatrixURIError("Cannot parse Matrix URI: it is malformed");
  return link;
}

/**
 * Parses a link like {@linkcode parseMatrixUri}, without throwing.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#uris
 * @param uri The link.
 * @returns The target, or `undefined` if the link is malformed.
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
    // Event IDs may contain slashes, so the event ID is everything after the first slash.
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

/** Returns the kind of a link's target; `undefined` if the link is malformed. */
function kindOf(link: MatrixURI): Kind | undefined {
  const [kind, another] = KINDS.filter(([, key]) => link[key] != null);
  const valid = kind && !another && kind[3](link[kind[1]]) &&
    (link.eventId == null || (kind[0] !== "u" && isEventId(link.eventId)));
  return valid ? kind : undefined;
}

/**
 * Returns a `https://matrix.to/` URL, which any browser opens.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#matrixto-navigation
 * @param link The target.
 * @returns The URL.
 * @throws {MatrixURIError} If the link has not exactly one of user, room and room alias, or an event without a room.
 */
export function matrixToUrl(link: MatrixURI): string {
  return write(link, (id, event) => `https://matrix.to/#/${encode(id)}${event && `/${encode(event)}`}`);
}

/**
 * Returns a `matrix:` URI, which the user's Matrix client opens.
 *
 * @see https://spec.matrix.org/v1.19/appendices/#matrix-uri-scheme
 * @param link The target.
 * @returns The URI.
 * @throws {MatrixURIError} If the link has not exactly one of user, room and room alias, or an event without a room.
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
