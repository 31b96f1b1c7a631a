/**
 * Changes of membership, and power levels, which determine the actions that each user is allowed to perform in a room.
 *
 * Malformed levels count as absent, because a room's state may hold anything. The functions that change levels return
 * new content; pass it to `sendStateEvent()`.
 *
 * @module
 */

import { kindOf, numberOrKind } from "../../http/validate.ts";
import type { PowerLevelStateEventContent } from "../../types/events/power_levels.ts";
import type { RoomCreateStateEventContent } from "../../types/events/room.ts";
import { isUserId, type UserID } from "../../types/identifiers.ts";
import { fieldsOf, isJsonObject, stringField } from "../../types/json.ts";

/**
 * Names the change that an `m.room.member` event makes:
 *
 * - `join`: the user enters the room;
 * - `leave`: the user leaves it;
 * - `invite`: the user is invited;
 * - `decline` and `revoke`: an invitation ends, by the user or by another one;
 * - `knock`: the user asks to be let in;
 * - `retract` and `deny`: a knock ends, by the user or by another one;
 * - `kick`, `ban` and `unban`: the user is removed, banned, or no longer banned;
 * - `profile`: the user stays in the room, with another name or picture;
 * - `none`: nothing of the above.
 */
export type MembershipChange =
  | "join"
  | "leave"
  | "invite"
  | "decline"
  | "revoke"
  | "knock"
  | "retract"
  | "deny"
  | "kick"
  | "ban"
  | "unban"
  | "profile"
  | "none";

/**
 * Returns what a member event changes.
 *
 * The homeserver names the previous membership in `unsigned.prev_content`. Without it, the user counts as having had no
 * membership, except for a leave, which then counts as one of a joined user.
 *
 * @example Greet new members, and nobody who only changes their name
 * ```ts
 * import { membershipChange } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const event = {
 *   type: "m.room.member",
 *   state_key: "@bob:example.org",
 *   sender: "@bob:example.org",
 *   content: { membership: "join", displayname: "Bob" },
 * };
 * assertEquals(membershipChange(event), "join");
 * const unsigned = { prev_content: { membership: "join", displayname: "Robert" } };
 * assertEquals(membershipChange({ ...event, unsigned }), "profile");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#room-membership
 * @param event The member event, stripped or not.
 * @returns The change; `none` if the value is not a member event.
 */
export function membershipChange(event: unknown): MembershipChange {
  const { type, state_key, sender, content, unsigned, prev_content } = fieldsOf(event);
  if (type !== "m.room.member" || typeof state_key !== "string" || !isJsonObject(content)) return "none";
  // Old homeservers put the previous content beside `content`.
  const previous = fieldsOf(fieldsOf(unsigned).prev_content ?? prev_content);
  const byUser = sender === state_key;
  const { membership: before } = previous;
  switch (content.membership) {
    case "join":
      return before === "join" ? (hasSameProfile(content, previous) ? "none" : "profile") : "join";
    case "invite":
      return before === "invite" ? "none" : "invite";
    case "knock":
      return before === "knock" ? "none" : "knock";
    case "ban":
      return before === "ban" ? "none" : "ban";
    case "leave":
      return changeToLeave(before, byUser);
    default:
      return "none";
  }
}

function changeToLeave(before: unknown, byUser: boolean): MembershipChange {
  switch (before) {
    case "leave":
      return "none";
    case "invite":
      return byUser ? "decline" : "revoke";
    case "knock":
      return byUser ? "retract" : "deny";
    case "ban":
      return "unban";
    default:
      return byUser ? "leave" : "kick";
  }
}

function hasSameProfile(content: Record<string, unknown>, previous: Record<string, unknown>): boolean {
  return (content.displayname ?? null) === (previous.displayname ?? null) &&
    (content.avatar_url ?? null) === (previous.avatar_url ?? null);
}

/**
 * The part of a room's `m.room.create` event that determines who created the room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomcreate
 */
export interface CreateEvent {
  /** The user who sent the event. */
  sender: UserID;
  /** The event's content. */
  content: Partial<RoomCreateStateEventContent>;
}

/** An event of a room's state, as `getState()` returns it. */
export interface RoomStateEvent {
  /** The event's type. */
  type: string;
  /** The user who sent the event. */
  sender: UserID;
  /** The event's content. */
  content: object;
}

/**
 * An action that requires a power level, other than sending an event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export type PowerLevelAction = "invite" | "kick" | "ban" | "redact";

/** Options of {@linkcode eventLevel} and the functions that set it. */
export interface EventLevelOptions {
  /** Whether events of the type are state events, which have another default level. */
  isState: boolean;
}

/** The result of {@linkcode ensureUserLevel} and {@linkcode ensureEventLevel}. */
export interface EnsuredLevel {
  /** The content; the same object if nothing has changed. */
  content: PowerLevelStateEventContent;
  /** Whether the content has changed and must be sent. */
  changed: boolean;
}

/**
 * Returns a user's power level.
 *
 * Since room version 12, the creators of a room have infinite power, which is not part of the power levels. Therefore
 * the create event is required. In older rooms the creator has 100 if the room has no power levels.
 *
 * @example Check who may ban
 * ```ts
 * import { actionLevel, ClientAPI, userLevel } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const levels = { users: { "@alice:example.org": 60 }, users_default: 10 };
 * const create = { sender: "@carol:example.org", content: { room_version: "12" } } as const;
 * assertEquals(userLevel(levels, "@alice:example.org", create) >= actionLevel(levels, "ban"), true);
 * assertEquals(userLevel(levels, "@bob:example.org", create) >= actionLevel(levels, "ban"), false);
 * assertEquals(userLevel(levels, "@carol:example.org", create), Infinity);
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels; `undefined` if it has none.
 * @param userId The user.
 * @param create The room's `m.room.create` event, or its state with that event.
 * @returns The level; `Infinity` for a creator of a room of version 12 or later.
 * @throws {TypeError} If the create event is missing.
 */
export function userLevel(
  content: PowerLevelStateEventContent | undefined,
  userId: UserID,
  create: CreateEvent | readonly RoomStateEvent[],
): number {
  const event = createEvent(create);
  if (creatorsOf(event).includes(userId)) return Infinity;
  if (!content) return event.sender === userId ? 100 : 0;
  return listedLevel(content, userId);
}

/**
 * Returns the power level that is required to send an event of a type. To redact the events of other users and to
 * change memberships, {@linkcode actionLevel} is required too.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels; `undefined` if it has none.
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
 * Returns the power level that is required for an action.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels; `undefined` if it has none.
 * @param action The action. `redact` means events of other users.
 * @returns The level.
 */
export function actionLevel(
  content: PowerLevelStateEventContent | undefined,
  action: PowerLevelAction,
): number {
  return level(content?.[action]) ?? (action === "invite" ? 0 : 50);
}

/**
 * Returns the power level that is required to notify the room.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels; `undefined` if it has none.
 * @param key The type of notification; `room` is the one of an `@room` mention.
 * @returns The level.
 */
export function notificationLevel(content: PowerLevelStateEventContent | undefined, key = "room"): number {
  return level(content?.notifications?.[key]) ?? 50;
}

/**
 * Sets a user's power level. The user's entry is removed if the level is the default. {@linkcode ensureUserLevel} also
 * respects the creators of rooms of version 12 and later, who cannot have an entry.
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
 * Sets the power level that is required to send events of a type. The type's entry is removed if the level is the
 * default.
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
 * Sets a user's power level like {@linkcode setUserLevel}, unless the user has it already. Since room
 * version 12, homeservers refuse entries of creators, so those are removed.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels.
 * @param userId The user. The level of a creator of a room of version 12 or later cannot be changed.
 * @param newLevel The level, an integer.
 * @param create The room's `m.room.create` event, or its state with that event.
 * @returns The content, and whether it has changed.
 * @throws {RangeError} If the level is not a safe integer.
 * @throws {TypeError} If the create event is missing, or the user ID is malformed.
 */
export function ensureUserLevel(
  content: PowerLevelStateEventContent,
  userId: UserID,
  newLevel: number,
  create: CreateEvent | readonly RoomStateEvent[],
): EnsuredLevel {
  checkLevel(newLevel);
  if (!isUserId(userId)) {
    throw new TypeError(`Cannot set the power level: userId must be a user ID, received ${typeof userId}`);
  }
  const creators = creatorsOf(createEvent(create));
  const allowed = withoutCreators(content ?? {}, creators);
  const differs = !creators.includes(userId) && listedLevel(allowed, userId) !== newLevel;
  if (differs) return { content: setUserLevel(allowed, userId, newLevel), changed: true };
  return allowed === (content ?? allowed) ? { content, changed: false } : { content: allowed, changed: true };
}

/**
 * Sets the power level that is required to send events of a type, like {@linkcode setEventLevel}, unless it is set
 * already.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 * @param content The room's power levels.
 * @param eventType The type.
 * @param newLevel The level, an integer.
 * @param options Whether it is a state event.
 * @returns The content, and whether it has changed.
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

/**
 * Returns whether the creators of a room have infinite power, as in room version 12 and later. Versions with other
 * names, for example experimental ones, count as later.
 *
 * @see https://spec.matrix.org/v1.19/rooms/v12/
 * @param roomVersion The room version.
 * @returns Whether creators have infinite power.
 */
export function hasCreatorPower(roomVersion: string): boolean {
  return typeof roomVersion === "string" && roomVersion !== "" && !/^([1-9]|1[01])$/.test(roomVersion);
}

/**
 * Returns power levels without entries of a room's creators, which homeservers refuse since room version 12.
 *
 * @param content The power levels.
 * @param creators The creators.
 * @returns The same content if it has no such entries, otherwise new content.
 */
export function withoutCreators<C extends PowerLevelStateEventContent>(
  content: C,
  creators: readonly unknown[],
): C {
  const users = Object.entries(fieldsOf(content.users));
  const others = users.filter(([userId]) => !creators.includes(userId));
  return others.length === users.length ? content : { ...content, users: Object.fromEntries(others) };
}

/** Returns the create event in a room's state. */
function createEvent(create: CreateEvent | readonly RoomStateEvent[]): CreateEvent {
  const event = Array.isArray(create) ? create.find((event) => event?.type === "m.room.create") : create;
  if (isJsonObject(event)) return event as unknown as CreateEvent;
  throw new TypeError(
    "Cannot determine the power level: create must be the room's m.room.create event or its state, " +
      `received ${Array.isArray(create) ? "state without that event" : kindOf(create)}`,
  );
}

/** Returns the users with infinite power: none before room version 12. */
function creatorsOf({ sender, content }: CreateEvent): readonly unknown[] {
  if (!hasCreatorPower(stringField(content, "room_version") ?? "")) return [];
  const additional = content.additional_creators;
  return [sender, ...(Array.isArray(additional) ? additional : [])];
}

function listedLevel(content: PowerLevelStateEventContent, userId: UserID): number {
  return level(content.users?.[userId]) ?? level(content.users_default) ?? 0;
}

function eventDefault(content: PowerLevelStateEventContent | undefined, isState: boolean): number {
  return isState ? level(content?.state_default) ?? 50 : level(content?.events_default) ?? 0;
}

/** Returns a level as a number. In rooms up to version 9 it may be a string. */
function level(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) ? number as number : undefined;
}

function checkLevel(value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw new RangeError(
    `Cannot set the power level: it must be a safe integer, received ${numberOrKind(value)}`,
  );
}

function withEntry(
  entries: object | undefined,
  key: string,
  value: number,
  fallback: number,
): Record<string, number> {
  checkLevel(value);
  const { [key]: _old, ...others } = fieldsOf(entries) as Record<string, number>;
  return value === fallback ? others : { ...others, [key]: value };
}
