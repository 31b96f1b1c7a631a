import { isJsonObject } from "../../types/json.ts";
import type { RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { Place } from "./deliver.ts";
import type { EventOrigin } from "./events.ts";

/** The origin and the room of events of a batch. */
export interface BatchPlace extends Place {
  readonly from: EventOrigin;
  /** The token that the batch was requested with. */
  readonly since: SyncToken | undefined;
}

/** Events of a room that are delivered one after another. */
export interface Piece {
  readonly place: BatchPlace & { readonly roomId: RoomID };
  readonly events: readonly unknown[];
  /** The gap before the events, if they are a limited timeline. */
  readonly gap?: Gap | undefined;
  /** Whether the user left and returned in the timeline, which then may begin with events from before `since`. */
  readonly hasReturned?: boolean;
}

/** Events that a limited timeline omits. */
export interface Gap {
  readonly roomId: RoomID;
  /** The tokens at the older and the newer end. */
  readonly since: SyncToken;
  readonly before: SyncToken;
  readonly timeline: readonly unknown[];
  /** State from before or after the timeline. */
  readonly state: readonly unknown[];
}

/** Options of {@linkcode splitRooms}. */
export interface SplitOptions {
  /** The token that the batch was requested with. */
  readonly since: SyncToken | undefined;
  /** The client's user. */
  readonly own: UserID;
  readonly catchUp: "skip" | "all";
  /** Whether gaps matter although no handler takes timelines. */
  readonly gaps: boolean;
  /** Whether any handler takes events of an origin. */
  readonly takes: (from: EventOrigin) => boolean;
}

/** The sections of a response, and the parts of a room, in the order of delivery. */
const SECTIONS: readonly [section: string, parts: readonly [part: string, from: EventOrigin][]][] = [
  ["join", [
    ["state", "state"],
    ["state_after", "state"],
    ["timeline", "timeline"],
    ["ephemeral", "ephemeral"],
    ["account_data", "accountData"],
  ]],
  ["leave", [
    ["state", "state"],
    ["state_after", "state"],
    ["timeline", "leave"],
    ["account_data", "accountData"],
  ]],
  ["invite", [["invite_state", "invite"]]],
  ["knock", [["knock_state", "knock"]]],
];

/**
 * Splits the rooms of a batch. A room in two sections stays one, so that its events are delivered one after another.
 *
 * @param rooms The `rooms` of the response, which may be malformed.
 * @param options The pieces to omit.
 * @returns The pieces of each room, without those that no handler takes.
 */
export function splitRooms(rooms: unknown, options: SplitOptions): Piece[][] {
  const found = new Map<string, Piece[]>();
  if (!isJsonObject(rooms)) return [];
  for (const [name, parts] of SECTIONS) {
    const section = rooms[name];
    if (!isJsonObject(section)) continue;
    const wanted = parts.filter(([part, from]) => isWanted(part, from, options));
    if (wanted.length === 0) continue;
    for (const [roomId, room] of Object.entries(section)) {
      if (!isJsonObject(room)) continue;
      const pieces = wanted.flatMap(([part, from]) => piecesOf(room, part, from, roomId as RoomID, options));
      if (pieces.length === 0) continue;
      const others = found.get(roomId);
      if (others === undefined) found.set(roomId, pieces);
      else others.push(...pieces);
    }
  }
  return [...found.values()];
}

function isWanted(part: string, from: EventOrigin, { since, catchUp, gaps, takes }: SplitOptions): boolean {
  if (part !== "timeline") return takes(from);
  // Messages of the initial sync were sent before the client first synced.
  if (since === undefined && catchUp === "skip") return false;
  // Timelines hold state from before the user joined, too.
  return gaps || takes(from) || takes("state");
}

function piecesOf(
  room: Record<string, unknown>,
  part: string,
  from: EventOrigin,
  roomId: RoomID,
  { since, own, catchUp, gaps, takes }: SplitOptions,
): Piece[] {
  const events = eventsOf(room[part]);
  const place = { from, roomId, since };
  if (part !== "timeline") return events.length === 0 ? [] : [{ place, events }];
  const gap = gaps || takes(from) ? gapOf(room, roomId, since) : undefined;
  const pieces = catchUp === "all" ? [{ place, events }] : splitTimeline(events, place, own);
  const hasReturned = pieces.filter(({ place }) => place.from === from).length > 1;
  if (gap === undefined && !hasReturned) return pieces.filter(({ events }) => events.length > 0);
  return hasReturned ? [{ place, events, gap, hasReturned }] : [{ place, events: [], gap }, ...pieces];
}

function gapOf(room: Record<string, unknown>, roomId: RoomID, since: SyncToken | undefined): Gap | undefined {
  const { timeline, state, state_after } = room;
  if (since === undefined || !isJsonObject(timeline) || timeline.limited !== true) return undefined;
  const { prev_batch: before } = timeline;
  if (typeof before !== "string" || before === "") return undefined;
  return {
    roomId,
    since,
    before,
    timeline: eventsOf(timeline),
    state: [...eventsOf(state), ...eventsOf(state_after)],
  };
}

/** Memberships after which a user is not in the room. */
const LEAVING: readonly unknown[] = ["leave", "ban"];

/**
 * Splits a timeline at each entry of the user. Events between the user's leave and the entry, or between the start and
 * the entry, were sent while the user was not in the room: only state remains of them.
 */
export function splitTimeline(events: readonly unknown[], place: Piece["place"], own: UserID): Piece[] {
  const pieces: Piece[] = [];
  let begin = 0;
  /** The index from which the user was not in the room, if that is known. */
  let outside: number | undefined = 0;
  let membership: unknown;
  const push = (end: number, isInside: boolean) => {
    if (end <= begin) return;
    const part = events.slice(begin, end);
    pieces.push(
      isInside
        ? { place, events: part }
        : { place: { ...place, from: "state" }, events: part.filter(isState) },
    );
    begin = end;
  };
  for (let i = 0; i < events.length; i++) {
    const event = events[i];
    if (!isOwnMember(event, own)) continue;
    const before = membershipBefore(event) ?? membership;
    ({ membership } = event.content);
    if (membership !== "join") {
      if (hasLeft(membership, before)) outside = i + 1;
    } else if (before !== "join") {
      push(outside ?? i, true);
      push(i, false);
      outside = undefined;
    }
  }
  push(events.length, true);
  return pieces;
}

/** Whether the user was in the room before a membership other than join. Without a name for it, only members leave. */
export function hasLeft(membership: unknown, before: unknown): boolean {
  return before === undefined ? LEAVING.includes(membership) : before === "join";
}

/** Returns the membership before a member event, if the homeserver names it. */
export function membershipBefore({ unsigned, prev_content }: Record<string, unknown>): unknown {
  // Old homeservers put it beside `content`.
  const previous = (isJsonObject(unsigned) ? unsigned.prev_content : undefined) ?? prev_content;
  return isJsonObject(previous) ? previous.membership : undefined;
}

/** Whether a value is a member event of the user. */
export function isOwnMember(
  event: unknown,
  own: UserID,
): event is Record<string, unknown> & { content: { membership?: unknown } } {
  return isJsonObject(event) && event.type === "m.room.member" && event.state_key === own &&
    isJsonObject(event.content);
}

/** Whether an event lets the user into the room. A change of their profile does not. */
export function isEntry(event: unknown, own: UserID): boolean {
  return isOwnMember(event, own) && event.content.membership === "join" && membershipBefore(event) !== "join";
}

/** Returns the events of a part of a response; none if the part is malformed. */
export function eventsOf(part: unknown): readonly unknown[] {
  return isJsonObject(part) && Array.isArray(part.events) ? part.events : [];
}

function isState(event: unknown): boolean {
  return isJsonObject(event) && typeof event.state_key === "string";
}
