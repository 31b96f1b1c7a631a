/**
 * Push rules, which determine the events that notify a user.
 *
 * @module
 */
import type { RoomEvent } from "./events/envelope.ts";
import type { RoomID, UserID } from "./identifiers.ts";
import type { JsonPrimitive, JsonValue, OpenObject } from "./json.ts";

/**
 * Push rule ID: a room ID for kind `room`, a user ID for kind `sender`, otherwise a name.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export type PushRuleID = RoomID | UserID | (string & Record<never, never>);

/**
 * Action of a push rule. `dont_notify` and `coalesce` are obsolete and must be ignored.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export type PushActionType = "notify" | "dont_notify" | "coalesce" | (string & Record<never, never>);

/**
 * Action of a push rule that sets a tweak of the notification.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export interface PushActionDict extends OpenObject {
  /** Tweak to set, such as `sound` or `highlight`. */
  set_tweak?: "sound" | "highlight" | (string & Record<never, never>);
  /** Value of the tweak: the name of a sound, or whether to highlight. */
  value?: JsonValue;
}

/**
 * Action of a push rule.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export type PushAction = PushActionType | PushActionDict;

/**
 * Comparison operator in `is` of a `room_member_count` condition. Absent means `==`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export type PushOperator = "==" | "<" | ">" | "<=" | ">=" | (string & Record<never, never>);

/**
 * Scope of push rules. There is only one.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export type PushRuleScope = "global" | (string & Record<never, never>);

/**
 * Kind of a push condition.
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
 * Kind of a push rule. Kinds are evaluated in this order.
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
 * Condition of a push rule.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export interface PushCondition extends OpenObject {
  /** Kind of the condition. */
  kind: PushConditionKind;
  /**
   * For `event_…` kinds, the dot-separated path of a field, such as `content.body`. For
   * `sender_notification_permission`, the type of notification, such as `room`.
   */
  key?: string;
  /** For `event_match`, the glob that the field must match, with the wildcards `*` and `?`. */
  pattern?: string;
  /** For `room_member_count`, an optional {@linkcode PushOperator} and a number: `2` or `>10`. */
  is?: string;
  /**
   * For `event_property_is` and `event_property_contains`, the value that the field must equal or contain.
   */
  value?: JsonPrimitive;
}

/**
 * A push rule.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export interface PushRule extends OpenObject {
  /** Push rule ID. */
  rule_id: PushRuleID;
  /** Whether the rule is predefined by the server. */
  default: boolean;
  /** Whether the rule is enabled. */
  enabled: boolean;
  /** Actions of the rule. */
  actions: PushAction[];
  /** Conditions that must all be met, for the kinds `override` and `underride`. */
  conditions?: PushCondition[];
  /** Glob that the body of the message must match, for the kind `content`. */
  pattern?: string;
}

/**
 * Push rules by kind, in the order of evaluation.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules
 */
export interface PushRuleset extends OpenObject {
  /** Rules with the highest priority. */
  override?: PushRule[];
  /** Rules about the text of messages. */
  content?: PushRule[];
  /** Rules about rooms. */
  room?: PushRule[];
  /** Rules about senders. */
  sender?: PushRule[];
  /** Rules with the lowest priority. */
  underride?: PushRule[];
}

/**
 * Response of `GET /_matrix/client/v3/pushrules/`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules
 */
export interface PushRulesResponse extends OpenObject {
  /** Push rules of the only scope. */
  global: PushRuleset;
}

/**
 * A pusher, which defines how the homeserver sends notifications.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3pushersset
 */
export interface Pusher extends OpenObject {
  /** Identifies the pusher: an address for `email`, a registration for `http`. At most 512 bytes. */
  pushkey: string;
  /** Kind of the pusher. */
  kind: "http" | "email" | (string & Record<never, never>);
  /** ID of the application in reverse-DNS style, `m.email` for e-mail. At most 64 characters. */
  app_id: string;
  /** Name of the application for people. */
  app_display_name: string;
  /** Name of the device for people. */
  device_display_name: string;
  /** Determines which device-specific rules the pusher executes. */
  profile_tag?: string;
  /** Language of notifications, such as `en`. */
  lang: string;
  /** Data of the pusher's kind. */
  data: PusherData;
}

/** Data of a {@linkcode Pusher}. */
export interface PusherData extends OpenObject {
  /** For `http`, the URL of the push gateway, with the path `/_matrix/push/v1/notify`. */
  url?: string;
  /** Format of notifications: `event_id_only`, or absent for the whole event. */
  format?: "event_id_only" | (string & Record<never, never>);
}

/**
 * An event that the user was notified of.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3notifications
 */
export interface PushNotification extends OpenObject {
  /** Actions of the matching push rule. */
  actions: PushAction[];
  /** The event. */
  event: RoomEvent;
  /** Determines which device-specific rule matched. */
  profile_tag?: string | null;
  /** Whether the user has read the event. */
  read: boolean;
  /** Room of the event. */
  room_id: RoomID;
  /** Time at which the notification was sent, in milliseconds since the Unix epoch. */
  ts: number;
}

/**
 * A page of notifications.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3notifications
 */
export interface NotificationsResponse extends OpenObject {
  /** The notifications, newest first. */
  notifications: PushNotification[];
  /** Token of the next page. Absent or `null` at the end. */
  next_token?: string | null;
}
