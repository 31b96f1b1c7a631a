/**
 * Push rules: which events notify a user, and how.
 *
 * @module
 */
import type { RoomID, UserID } from "./identifiers.ts";
import type { JsonPrimitive, JsonValue, OpenObject } from "./json.ts";

/**
 * A push rule's ID: a room for kind `room`, a user for kind `sender`, else a name.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export type PushRuleID = RoomID | UserID | (string & Record<never, never>);

/**
 * What a rule does, in one word. The last two are no longer in use and are to be ignored.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export type PushActionType = "notify" | "dont_notify" | "coalesce" | (string & Record<never, never>);

/**
 * What a rule does, with a value: it sets a tweak of the notification.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export interface PushActionDict extends OpenObject {
  /** Which tweak: `sound`, `highlight` or another one. */
  set_tweak?: "sound" | "highlight" | (string & Record<never, never>);
  /** What the tweak is set to: the name of a sound, or whether to highlight. */
  value?: JsonValue;
}

/**
 * What a rule does when it matches.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export type PushAction = PushActionType | PushActionDict;

/**
 * How `is` of a `room_member_count` condition compares; without one it is `==`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export type PushOperator = "==" | "<" | ">" | "<=" | ">=" | (string & Record<never, never>);

/**
 * Where a rule holds. There is one scope only.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export type PushRuleScope = "global" | (string & Record<never, never>);

/**
 * What a condition looks at.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export type PushConditionKind =
  | "event_match"
  | "event_property_is"
  | "event_property_contains"
  | "contains_display_name"
  | "room_member_count"
  | "sender_notification_permission"
  | (string & Record<never, never>);

/**
 * The group of a rule; groups are tried in this order.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export type PushRuleKind =
  | "override"
  | "content"
  | "room"
  | "sender"
  | "underride"
  | (string & Record<never, never>);

/**
 * What an event has to be for a rule to match.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export interface PushCondition extends OpenObject {
  /** What the condition looks at. */
  kind: PushConditionKind;
  /**
   * For `event_…` kinds, the event's field as a dot-separated path, such as `content.body`.
   * For `sender_notification_permission`, the kind of notification, such as `room`.
   */
  key?: string;
  /** For `event_match`, what the field has to match; `*` and `?` are wildcards. */
  pattern?: string;
  /** For `room_member_count`, an optional {@linkcode PushOperator} and a number: `2`, `>10`. */
  is?: string;
  /** For `event_property_is` and `event_property_contains`, what the field has to be or contain. */
  value?: JsonPrimitive;
}

/**
 * A push rule.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export interface PushRule extends OpenObject {
  /** The rule's ID. */
  rule_id: PushRuleID;
  /** Whether it is one of the server's own, as opposed to the user's. */
  default: boolean;
  /** Whether it is in use. */
  enabled: boolean;
  /** What happens when it matches. */
  actions: PushAction[];
  /** All that has to hold, for the kinds `override` and `underride`. */
  conditions?: PushCondition[];
  /** What the message's body has to match, for the kind `content`. */
  pattern?: string;
}

/**
 * Rules by kind, those that are tried first coming first.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules
 */
export interface PushRuleset extends OpenObject {
  /** The user's most important rules. */
  override?: PushRule[];
  /** Rules about words in messages. */
  content?: PushRule[];
  /** Rules about one room each. */
  room?: PushRule[];
  /** Rules about one sender each. */
  sender?: PushRule[];
  /** What holds when nothing else matched. */
  underride?: PushRule[];
}

/**
 * The answer to `GET /_matrix/client/v3/pushrules/`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules
 */
export interface PushRulesResponse extends OpenObject {
  /** The rules of the one scope that there is. */
  global: PushRuleset;
}
