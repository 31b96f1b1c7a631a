import { MatrixResponseError } from "../../http/errors/base.ts";
import { isJsonObject } from "../../http/json_object.ts";
import { isWellFormed } from "../../http/path.ts";
import type { RoomID, SyncToken, UserID } from "../../types/identifiers.ts";
import { faultOf } from "./faults.ts";
import type { SyncStream } from "./stream.ts";

/** How many events are asked for at once. */
const PAGE = 100;

/** Memberships that end one. */
const LEAVING: readonly unknown[] = ["leave", "ban"];

/** A timeline that leaves events out. */
export interface Gap {
  /** The room. */
  readonly roomId: RoomID;
  /** What was seen before: the older end. */
  readonly since: SyncToken;
  /** Where the timeline begins: the newer end. */
  readonly before: SyncToken;
  /** The timeline's events. */
  readonly timeline: unknown;
  /** State from before the timeline, or after it. */
  readonly state: readonly unknown[];
  /** The user's own ID. */
  readonly own: UserID;
  /** At most so many events. */
  readonly limit: number;
}

/** What was found in a gap. */
export interface Filling {
  /** The events, oldest first. */
  readonly events: unknown[];
  /** The newer end of what is still missing; `undefined` if nothing is. */
  readonly missing?: SyncToken;
  /** Why, if the homeserver has refused to give more. */
  readonly error?: unknown;
}

/**
 * Reads what a timeline leaves out, backwards.
 *
 * @throws What ends a sync, or the signal's reason.
 */
export async function fillGap(stream: SyncStream, gap: Gap): Promise<Filling> {
  const { roomId, since, own, limit } = gap;
  const events: unknown[] = [];
  const seen = new Set([gap.before]);
  let from = gap.before;
  const found = (end: Pick<Filling, "missing" | "error">): Filling => ({ events: events.reverse(), ...end });
  try {
    if (!await hasPast(stream, gap)) return found({});
    if (limit === 0) return found({ missing: from });
    while (true) {
      const left = limit - events.length;
      const page = await stream.page(roomId, { from, to: since, limit: left > 0 ? Math.min(PAGE, left) : 1 });
      if (page.chunk.length === 0) return found({});
      for (const event of page.chunk) {
        if (events.length >= limit) return found({ missing: from });
        events.push(event);
        // Before that the user was not in the room: what was said then is none of what they have missed.
        if (isEntry(event, own)) return found({});
      }
      const end: unknown = page.end;
      if (!end) return found({});
      if (typeof end !== "string" || !isWellFormed(end)) {
        const error = new MatrixResponseError("Invalid `end` in response: expected string");
        return found({ missing: from, error });
      }
      if (seen.has(end)) return found({});
      seen.add(end);
      from = end;
    }
  } catch (error) {
    stream.signal.throwIfAborted();
    const fault = faultOf(error);
    if (fault === "refused" || fault === "wrong") return found({ missing: from, error });
    throw error;
  }
}

/** The membership before an own member event. */
function membershipBefore(event: Record<string, unknown>): unknown {
  const { unsigned } = event;
  // Homeservers of old put it beside `content`.
  const previous = (isJsonObject(unsigned) ? unsigned.prev_content : undefined) ?? event.prev_content;
  return isJsonObject(previous) ? previous.membership : undefined;
}

function isOwnMember(
  event: unknown,
  own: UserID,
): event is Record<string, unknown> & { content: { membership?: unknown } } {
  return isJsonObject(event) && event.type === "m.room.member" && event.state_key === own &&
    isJsonObject(event.content);
}

/** Whether an event lets the user into the room; one that changes their profile does not. */
function isEntry(event: unknown, own: UserID): boolean {
  return isOwnMember(event, own) && event.content.membership === "join" && membershipBefore(event) !== "join";
}

/**
 * Whether a timeline leaves out events that the user has missed. It does not if they have just come into the room.
 *
 * @throws The refusal to give the filter, what ends a sync, or the signal's reason.
 */
async function hasPast(stream: SyncStream, { timeline, state, own }: Gap): Promise<boolean> {
  const first = Array.isArray(timeline) ? timeline.find((event) => isOwnMember(event, own)) : undefined;
  if (first !== undefined) {
    const before = membershipBefore(first);
    // Who leaves without having joined has declined, or was not let in. Where it is not said what was before, only who
    // was there can leave.
    return before === undefined ? LEAVING.includes(first.content.membership) : before === "join";
  }
  if (!state.some((event) => isEntry(event, own))) return true;
  // That may have been long ago where more than changes is given. All of a room's state is given anew by entering it,
  // else whoever reads on finds out where the user came in.
  if (stream.fullState) return true;
  const whole = state.some((event) => isJsonObject(event) && event.type === "m.room.create");
  return !whole && await stream.repeatsMembers();
}
