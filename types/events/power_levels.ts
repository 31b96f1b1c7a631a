/**
 * Power levels of a room.
 *
 * @module
 */

import type { UserID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/**
 * Power levels required to notify users.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export interface NotificationPowerLevels {
  /** Level required to notify the whole room. Absent means 50. */
  room?: number;
  /** Level required for another type of notification. Absent means 50. */
  [kind: string]: number | undefined;
}

/** Power levels by event type. */
export interface EventPowerLevels {
  /** Level required to send events of the type. */
  [eventType: string]: number;
}

/** Power levels by user. */
export interface UserPowerLevels {
  /** Level of the user. */
  [userId: UserID]: number;
}

/**
 * Content of an `m.room.power_levels` event. Absent levels have their default.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export interface PowerLevelStateEventContent extends OpenObject {
  /** Levels of users. */
  users?: UserPowerLevels;
  /** Level of users who are not in `users`. Absent means 0. */
  users_default?: number;
  /** Levels required to send events, by event type. */
  events?: EventPowerLevels;
  /** Level required to send room events that are not in `events`. Absent means 0. */
  events_default?: number;
  /** Levels required to notify users. */
  notifications?: NotificationPowerLevels;
  /** Level required to send state events that are not in `events`. Absent means 50. */
  state_default?: number;
  /** Level required to invite users. Absent means 0. */
  invite?: number;
  /** Level required to kick users. Absent means 50. */
  kick?: number;
  /** Level required to ban users. Absent means 50. */
  ban?: number;
  /** Level required to redact events of other users. Absent means 50. */
  redact?: number;
}
