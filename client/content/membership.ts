/**
 * Changes of membership.
 *
 * @module
 */
import { fieldsOf, isJsonObject } from "../../types/json.ts";

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
