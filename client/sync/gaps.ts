import { MatrixResponseError } from "../../http/errors/base.ts";
import { isJsonObject } from "../../types/json.ts";
import { isWellFormed } from "../../http/validate.ts";
import type { RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import type { PaginatedMessages } from "../../types/responses.ts";
import type { GetMessagesOptions } from "../messages.ts";
import {
  type Gap,
  hasLeft,
  isEntry,
  isOwnMember,
  membershipBefore,
  type Piece,
  splitTimeline,
} from "./batch.ts";
import { notify } from "./deliver.ts";
import { ask, filterOf, ONE_ATTEMPT } from "./poll.ts";
import { faultOf } from "./retry.ts";
import type { Session } from "./session.ts";

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
