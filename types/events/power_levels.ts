/**
 * Who may do what in a room.
 *
 * @module
 */

import type { UserID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/**
 * Levels needed to notify people.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export interface NotificationPowerLevels {
  /** Level needed to notify the whole room; absent means 50. */
  room?: number;
  /** Level needed for another kind of notification; absent means 50. */
  [kind: string]: number | undefined;
}

/** Levels by event type. */
export interface EventPowerLevels {
  /** Level needed to send events of the type. */
  [eventType: string]: number;
}

/** Levels by user. */
export interface UserPowerLevels {
  /** The user's level. */
  [userId: UserID]: number;
}

/**
 * Content of `m.room.power_levels`. Where a level is absent its default counts.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export interface PowerLevelStateEventContent extends OpenObject {
  /** Levels of users. */
  users?: UserPowerLevels;
  /** Level of users that are not in `users`; absent means 0. */
  users_default?: number;
  /** Levels needed to send events, by type. */
  events?: EventPowerLevels;
  /** Level needed to send messages that are not in `events`; absent means 0. */
  events_default?: number;
  /** Levels needed to notify people. */
  notifications?: NotificationPowerLevels;
  /** Level needed to send state that is not in `events`; absent means 50. */
  state_default?: number;
  /** Level needed to invite; absent means 0. */
  invite?: number;
  /** Level needed to kick; absent means 50. */
  kick?: number;
  /** Level needed to ban; absent means 50. */
  ban?: number;
  /** Level needed to redact others' events; absent means 50. */
  redact?: number;
}
