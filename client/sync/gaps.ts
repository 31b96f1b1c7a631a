import { MatrixResponseError } from "../../http/errors/base.ts";
import { isJsonObject } from "../../types/json.ts";
import { isWellFormed } from "../../http/validate.ts";
import type { SyncToken, UserID } from "../../types/identifiers.ts";
import type { PaginatedMessages } from "../../types/responses.ts";
import { type Gap, hasLeft, isEntry, isOwnMember, membershipBefore } from "./batch.ts";
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
 * Fetches the events that a timeline leaves out. Events that cannot be fetched are logged and reported to `onGap`.
 *
 * @param session The session.
 * @param gap The gap.
 * @param own The client's user.
 * @returns The events, oldest first.
 * @throws What ends a sync, or the signal's reason.
 */
export async function fillGap(session: Session, gap: Gap, own: UserID): Promise<readonly unknown[]> {
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
      const page = await getPage(session, gap, from, left > 0 ? Math.min(PAGE, left) : 1);
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
    session.signal.throwIfAborted();
    const fault = faultOf(error);
    if (fault === "refused" || fault === "wrong") return found({ missing: from, error });
    throw error;
  }
}

/** Gets a page of a room's history, backwards, through the filter of the timeline. */
async function getPage(
  session: Session,
  gap: Gap,
  from: SyncToken,
  limit: number,
): Promise<PaginatedMessages> {
  const { client, signal } = session;
  const filter = (await filterOf(session))?.room?.timeline;
  const options = { from, to: gap.since, limit, filter, signal, retry: ONE_ATTEMPT };
  return await ask(session, () => client.getMessages(gap.roomId, "b", options), 1);
}

/**
 * Whether a timeline leaves out events that the user has missed. It does not if they have just entered the room.
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
