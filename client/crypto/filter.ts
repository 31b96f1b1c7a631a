import type { Filter, RoomEventFilter } from "../../types/filter.ts";

/** Types of the state that encryption follows. */
const STATE = ["m.room.encryption", "m.room.member", "m.room.history_visibility"];

/**
 * Returns a filter with which a sync receives all that encryption needs.
 *
 * @param filter The filter, which is not modified.
 * @returns A wider filter; the same one if it fits.
 * @throws {TypeError} If events are selected by something that encryption hides or needs.
 */
export function widenFilter(filter: Filter): Filter {
  const { event_fields, event_format, room } = filter;
  if (event_fields !== undefined) throw refused("event_fields removes parts of events");
  if (event_format === "federation") throw refused("event_format must be client");
  if (room === undefined) return filter;
  const state = widen(room.state, "state", STATE);
  const timeline = widen(room.timeline, "timeline", ["m.room.encrypted", ...STATE]);
  if (state === room.state && timeline === room.timeline) return filter;
  return { ...filter, room: { ...room, state, timeline } };
}

function widen<F extends RoomEventFilter | undefined>(filter: F, part: string, needed: readonly string[]): F {
  if (filter === undefined) return filter;
  const { types, not_types, senders, not_senders, contains_url } = filter;
  if (contains_url !== undefined) {
    throw refused(`contains_url of room.${part} cannot look into encrypted content`);
  }
  // The membership of other users would be missing.
  if (senders !== undefined || not_senders?.length) {
    throw refused(`room.${part} must not select events by sender`);
  }
  const missing = types === undefined
    ? []
    : needed.filter((type) => !types.some((one) => matches(one, type)));
  const excluded = not_types?.filter((one) => needed.some((type) => matches(one, type))) ?? [];
  if (missing.length === 0 && excluded.length === 0) return filter;
  return {
    ...filter,
    ...types === undefined ? {} : { types: [...types, ...missing] },
    ...not_types === undefined ? {} : { not_types: not_types.filter((one) => !excluded.includes(one)) },
  };
}

/** Whether a type of a filter, in which `*` stands for any characters, includes an event type. */
function matches(pattern: string, type: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (others.length === 0) return pattern === type;
  if (!type.startsWith(first)) return false;
  let at = first.length;
  const last = others.pop()!;
  for (const part of others) {
    const found = type.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return type.length - last.length >= at && type.endsWith(last);
}

function refused(reason: string): TypeError {
  return new TypeError(`Cannot sync with encryption: the filter does not fit: ${reason}`);
}
