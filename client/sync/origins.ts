import type { EventOrigin } from "./handler_types.ts";

/** A bit for each place that events come from, so that asking whether a handler takes it costs next to nothing. */
export const ORIGINS: Readonly<Record<EventOrigin, number>> = {
  timeline: 1,
  state: 2,
  ephemeral: 4,
  accountData: 8,
  toDevice: 16,
  presence: 32,
  invite: 64,
  knock: 128,
  leave: 256,
};

/** State comes with the timeline as well. */
const ALL_BUT_STATE = 0b1_1111_1101;

/**
 * Makes one number of the places that a handler takes events from.
 *
 * @throws {TypeError} If there is no such place.
 */
export function originMask(from: EventOrigin | readonly EventOrigin[] | null | undefined): number {
  if (from === undefined || from === null) return ALL_BUT_STATE;
  if (typeof from !== "string" && !Array.isArray(from)) {
    throw new TypeError("Cannot take events: `from` must be a place or a list of places");
  }
  let mask = 0;
  const origins: readonly EventOrigin[] = typeof from === "string" ? [from] : from;
  for (const origin of origins) {
    if (!Object.hasOwn(ORIGINS, origin)) {
      throw new TypeError(`Cannot take events from "${String(origin)}": no such place`);
    }
    mask |= ORIGINS[origin];
  }
  return mask;
}
