/**
 * Power levels: who may do what in a room.
 *
 * What a room's events say can be anything, so what is no level counts as not given. The functions that change
 * something give back new content; sending it is up to the caller.
 *
 * @module
 */
import type { PowerLevelStateEventContent } from "../../types/events/power_levels.ts";
import type { RoomCreateStateEventContent } from "../../types/events/room.ts";
import type { UserID } from "../../types/identifiers.ts";
import { fieldsOf, nonEmpty } from "../../types/json.ts";

/** Above every level that can be given, which end at 2^53 − 1; unlike `Infinity` it survives JSON. */
const CREATOR_LEVEL = 2 ** 60 - 1;

/**
 * What is needed of a room's `m.room.create` event to tell who has created it.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcreate
 */
export interface CreateEvent {
  /** Who sent it. */
  sender: UserID;
  /** Its content. */
  content: Partial<RoomCreateStateEventContent>;
}

/**
 * What can be done in a room besides sending events.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export type PowerLevelAction = "invite" | "kick" | "ban" | "redact";

/** Whether an event type is one of state events: it decides which default holds. */
export interface EventLevelOptions {
  /** Whether it is one of state events. */
  isState: boolean;
}

/** Content after a change, and whether there was any. */
export interface EnsuredLevel {
  /** The content; the same object if there was no change. */
  content: PowerLevelStateEventContent;
  /** Whether there was a change. */
  changed: boolean;
}

/**
 * A user's power level.
 *
 * Creators of rooms of version 12 and later have more power than any level that can be given: 2^60 − 1. Creators of older rooms have
 * 100 as long as the room has no power levels. This needs `create`.
 *
 * @example Who may ban
 * ```ts
 * import { actionLevel, userLevel } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * const levels = { users: { "@alice:example.org": 60 }, users_default: 10 };
 * assertEquals(userLevel(levels, "@alice:example.org") >= actionLevel(levels, "ban"), true);
 * assertEquals(userLevel(levels, "@bob:example.org") >= actionLevel(levels, "ban"), false);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels, `undefined` if it has none.
 * @param userId The user.
 * @param create The room's `m.room.create` event.
 * @returns The level.
 */
export function userLevel(
  content: PowerLevelStateEventContent | undefined,
  userId: UserID,
  create?: CreateEvent,
): number {
  if (isCreator(create, userId)) return CREATOR_LEVEL;
  if (!content) return create?.sender === userId ? 100 : 0;
  return level(content.users?.[userId]) ?? level(content.users_default) ?? 0;
}

/**
 * The power level that sending an event needs.
 *
 * For redacting the events of others and for changing memberships see {@linkcode actionLevel}.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels, `undefined` if it has none.
 * @param eventType The event's type.
 * @param options Whether it is a state event.
 * @returns The level.
 */
export function eventLevel(
  content: PowerLevelStateEventContent | undefined,
  eventType: string,
  { isState }: EventLevelOptions,
): number {
  return level(content?.events?.[eventType]) ?? eventDefault(content, isState);
}

/**
 * The power level that an action needs.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels, `undefined` if it has none.
 * @param action What is done. To redact is meant of the events of others.
 * @returns The level.
 */
export function actionLevel(
  content: PowerLevelStateEventContent | undefined,
  action: PowerLevelAction,
): number {
  return level(content?.[action]) ?? (action === "invite" ? 0 : 50);
}

/**
 * The power level that a notification of the room needs.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels, `undefined` if it has none.
 * @param key The kind of notification; `room` is the one that `@room` makes.
 * @returns The level.
 */
export function notificationLevel(content: PowerLevelStateEventContent | undefined, key = "room"): number {
  return level(content?.notifications?.[key]) ?? 50;
}

/**
 * Gives a user a power level. The user's entry is removed if the level is the default.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels.
 * @param userId The user.
 * @param newLevel The level, an integer.
 * @returns New content.
 * @throws {RangeError} If the level is not a safe integer.
 */
export function setUserLevel(
  content: PowerLevelStateEventContent,
  userId: UserID,
  newLevel: number,
): PowerLevelStateEventContent {
  return {
    ...content,
    users: withEntry(content?.users, userId, newLevel, level(content?.users_default) ?? 0),
  };
}

/**
 * Sets the power level that events of a type need. The type's entry is removed if the level is the default.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels.
 * @param eventType The type.
 * @param newLevel The level, an integer.
 * @param options Whether it is a state event.
 * @returns New content.
 * @throws {RangeError} If the level is not a safe integer.
 */
export function setEventLevel(
  content: PowerLevelStateEventContent,
  eventType: string,
  newLevel: number,
  { isState }: EventLevelOptions,
): PowerLevelStateEventContent {
  return {
    ...content,
    events: withEntry(content?.events, eventType, newLevel, eventDefault(content, isState)),
  };
}

/**
 * Gives a user a power level like {@linkcode setUserLevel}, unless the user has it already. Creators of rooms of
 * version 12 and later are left alone: they cannot be given a level.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels.
 * @param userId The user.
 * @param newLevel The level, an integer.
 * @param create The room's `m.room.create` event.
 * @returns The content, and whether there was a change.
 * @throws {RangeError} If the level is not a safe integer.
 */
export function ensureUserLevel(
  content: PowerLevelStateEventContent,
  userId: UserID,
  newLevel: number,
  create?: CreateEvent,
): EnsuredLevel {
  const changed = !isCreator(create, userId) && userLevel(content ?? {}, userId) !== newLevel;
  return { content: changed ? setUserLevel(content, userId, newLevel) : content, changed };
}

/**
 * Sets the power level that events of a type need like {@linkcode setEventLevel}, unless it is set already.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels.
 * @param eventType The type.
 * @param newLevel The level, an integer.
 * @param options Whether it is a state event.
 * @returns The content, and whether there was a change.
 * @throws {RangeError} If the level is not a safe integer.
 */
export function ensureEventLevel(
  content: PowerLevelStateEventContent,
  eventType: string,
  newLevel: number,
  options: EventLevelOptions,
): EnsuredLevel {
  const changed = eventLevel(content, eventType, options) !== newLevel;
  return { content: changed ? setEventLevel(content, eventType, newLevel, options) : content, changed };
}

/** Versions up to 11 are numbers; in all others, the ones to come included, creators stand above the levels. */
function isCreator(create: CreateEvent | undefined, userId: UserID): boolean {
  const { room_version: version, additional_creators: others } = create?.content ?? {};
  if (!create || !nonEmpty(version) || /^([1-9]|1[01])$/.test(version!)) return false;
  return create.sender === userId || (Array.isArray(others) && others.includes(userId));
}

function eventDefault(content: PowerLevelStateEventContent | undefined, isState: boolean): number {
  return isState ? level(content?.state_default) ?? 50 : level(content?.events_default) ?? 0;
}

/** Rooms up to version 9 can have levels that are strings. */
function level(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) ? number as number : undefined;
}

function withEntry(
  entries: object | undefined,
  key: string,
  value: number,
  fallback: number,
): Record<string, number> {
  if (!Number.isSafeInteger(value)) throw new RangeError("Cannot set power level: it is not an integer");
  const { [key]: _old, ...others } = fieldsOf(entries) as Record<string, number>;
  return value === fallback ? others : { ...others, [key]: value };
}
