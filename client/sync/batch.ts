import { MatrixResponseError } from "../../http/errors/base.ts";
import { isWellFormed } from "../../http/validate.ts";
import type { RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import { isJsonObject } from "../../types/json.ts";
import type { PaginatedMessages } from "../../types/responses.ts";
import type { GetMessagesOptions } from "../events.ts";
import { notify, type Place } from "./deliver.ts";
import type { EventOrigin } from "./events.ts";
import { ask, filterOf, ONE_ATTEMPT } from "./poll.ts";
import { faultOf } from "./retry.ts";
import type { Session } from "./session.ts";

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

/** The number of events to request at a time. */
const PAGE = 100;

/** Consecutive pages without an event after which to give up. */
const EMPTY_PAGES = 100;

/** The events of a gap. */
interface Filling {
  /** The events, oldest first. */
  readonly events: readonly unknown[];
  /** The newer end of what is still missing; `undefined` if nothing is. */
  readonly missing?: SyncToken;
  /** Why events are missing, if a request failed. */
  readonly error?: unknown;
}

/**
 * Completes a piece of a batch: adds the events that its timeline omits, and removes those that are not new.
 *
 * @param session The session.
 * @param piece The piece.
 * @param own The client's user.
 * @returns The pieces to deliver.
 * @throws What ends a sync, or the signal's reason.
 */
export async function complete(session: Session, piece: Piece, own: UserID): Promise<readonly Piece[]> {
  const { place, events, gap, hasReturned } = piece;
  let pieces = [{ place, events }];
  if (hasReturned) {
    pieces = splitTimeline(events, place, own);
    const first = await firstNew(session, piece);
    // Without a response, only the last stay in the room is certain to be new.
    if (first === undefined) {
      return pieces.filter(({ place }, i) => place.from === "state" || i === pieces.length - 1);
    }
    if (first >= 0) return splitTimeline(events.slice(first), place, own);
  }
  return gap === undefined ? pieces : [{ place, events: await fillGap(session, gap, own) }, ...pieces];
}

/**
 * Finds the first new event of a timeline. After a return, Synapse 1.163 sends a timeline as for a new room: its first
 * events may have been delivered before the leave.
 *
 * @returns The index of the event; -1 if it is older than the timeline, `undefined` if the homeserver refuses the request.
 */
async function firstNew(session: Session, { place, events }: Piece): Promise<number | undefined> {
  const { roomId, since } = place;
  let from = since;
  try {
    for (let pages = 0; pages < EMPTY_PAGES; pages++) {
      const { chunk, end } = await getPage(session, roomId, "f", { from, limit: 1 });
      if (chunk.length > 0) return events.findIndex((event) => idOf(event) === idOf(chunk[0]));
      if (!end) return events.length;
      from = end;
    }
  } catch (error) {
    throwUnlessRefused(session, error);
    session.client.log.warn(`Cannot find out which events in ${roomId} are new`, error);
  }
}

function idOf(event: unknown): unknown {
  return isJsonObject(event) ? event.event_id : undefined;
}

/**
 * Fetches the events that a timeline omits. Events that cannot be fetched are logged and reported to `onGap`.
 *
 * @param session The session.
 * @param gap The gap.
 * @param own The client's user.
 * @returns The events, oldest first.
 * @throws What ends a sync, or the signal's reason.
 */
async function fillGap(session: Session, gap: Gap, own: UserID): Promise<readonly unknown[]> {
  const { client: { log }, settings: { onGap, handlerDeadline } } = session;
  const { events, missing, error } = await readBack(session, gap, own);
  if (missing === undefined) return events;
  const { roomId, since } = gap;
  const message = `Cannot fill the gap in ${roomId}: there are events between ${since} and ${missing}`;
  log.warn(message, ...error === undefined ? [] : [error]);
  if (onGap === undefined) return events;
  session.expect(handlerDeadline);
  await notify(log, "onGap", () => onGap(roomId, since, missing), handlerDeadline);
  return events;
}

async function readBack(session: Session, gap: Gap, own: UserID): Promise<Filling> {
  const { gapLimit: limit } = session.settings;
  const events: unknown[] = [];
  const seen = new Set([gap.before]);
  let from = gap.before;
  let emptyPages = 0;
  const found = (end: Pick<Filling, "missing" | "error">): Filling => ({ events: events.reverse(), ...end });
  try {
    if (!await hasPast(session, gap, own)) return found({});
    if (limit === 0) return found({ missing: from });
    while (true) {
      const left = limit - events.length;
      const size = left > 0 ? Math.min(PAGE, left) : 1;
      const page = await getPage(session, gap.roomId, "b", { from, to: gap.since, limit: size });
      for (const event of page.chunk) {
        if (events.length >= limit) return found({ missing: from });
        events.push(event);
        // Events from before the user's entry were not missed.
        if (isEntry(event, own)) return found({});
      }
      const end: unknown = page.end;
      if (!end) return found({});
      if (typeof end !== "string" || !isWellFormed(end)) {
        const error = new MatrixResponseError("Invalid `end` in response: expected string");
        return found({ missing: from, error });
      }
      // An empty page is not the last one: ignored users, filters and lazy loading empty pages, too.
      emptyPages = page.chunk.length === 0 ? emptyPages + 1 : 0;
      if (emptyPages === EMPTY_PAGES) return found({ missing: end });
      if (seen.has(end)) return found({ missing: from });
      seen.add(end);
      from = end;
    }
  } catch (error) {
    throwUnlessRefused(session, error);
    return found({ missing: from, error });
  }
}

/** Throws an error again, unless it says that the homeserver refuses a request. */
function throwUnlessRefused({ signal }: Session, error: unknown): void {
  signal.throwIfAborted();
  const fault = faultOf(error);
  if (fault !== "refused" && fault !== "wrong") throw error;
}

/** Gets a page of a room's history through the filter of the timeline. */
async function getPage(
  session: Session,
  roomId: RoomID,
  direction: "b" | "f",
  range: Pick<GetMessagesOptions, "from" | "to" | "limit">,
): Promise<PaginatedMessages> {
  const { client, signal } = session;
  const filter = (await filterOf(session))?.room?.timeline;
  const options = { ...range, filter, signal, retry: ONE_ATTEMPT };
  return await ask(session, () => client.getMessages(roomId, direction, options), 1);
}

/**
 * Whether a timeline omits events that the user has missed. It does not if they have just entered the room.
 *
 * @throws The refusal to return the filter, what ends a sync, or the signal's reason.
 */
async function hasPast(session: Session, { timeline, state }: Gap, own: UserID): Promise<boolean> {
  const first = timeline.find((event) => isOwnMember(event, own));
  if (isOwnMember(first, own)) return hasLeft(first.content.membership, membershipBefore(first));
  if (!state.some((event) => isEntry(event, own))) return true;
  // The entry may be old if the state is more than changes. After an entry the state is complete; otherwise the entry
  // is found while reading backwards.
  if (session.fullState) return true;
  const isComplete = state.some((event) => isJsonObject(event) && event.type === "m.room.create");
  if (isComplete) return false;
  const { room } = await filterOf(session) ?? {};
  return (room?.state?.lazy_load_members || room?.timeline?.lazy_load_members) === true;
}
