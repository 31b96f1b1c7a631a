/**
 * Relations between events, mentions and redactions.
 *
 * @module
 */

import type { EventID, UserID } from "../identifiers.ts";
import type { MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";

/**
 * Relation type.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#relationship-types
 */
export type RelationType =
  | "m.annotation"
  | "m.reference"
  | "m.replace"
  | "m.thread"
  | (string & Record<never, never>);

/**
 * Reference to the event that a reply is for.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 */
export interface InReplyTo extends OpenObject {
  /** Event ID. */
  event_id: EventID;
}

/**
 * Relation of an event to another event, through `rel_type` and `event_id`, `m.in_reply_to`, or both.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 */
export interface RelatesTo extends OpenObject {
  /** Relation type. */
  rel_type?: RelationType;
  /** Related event: the root of the thread, or the event that is edited, referenced or reacted to. */
  event_id?: EventID;
  /** Reaction, usually an emoji. */
  key?: string;
  /** Whether `m.in_reply_to` is only a fallback for clients without support for threads. */
  is_falling_back?: boolean;
  /** Event that this event replies to. */
  "m.in_reply_to"?: InReplyTo;
}

/**
 * Users that a message mentions.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-and-room-mentions
 */
export interface Mentions extends OpenObject {
  /** Mentioned users. */
  user_ids?: UserID[];
  /** Whether the message mentions the whole room. */
  room?: boolean;
}

/**
 * Content of an `m.reaction` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreaction
 */
export interface ReactionEventContent extends OpenObject {
  /** Relation to the event, with the reaction as its `key`. */
  "m.relates_to"?: RelatesTo;
}

/**
 * An `m.reaction` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreaction
 */
export interface ReactionEvent extends MessageEvent<ReactionEventContent, "m.reaction"> {}

/**
 * Content of an `m.room.redaction` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomredaction
 */
export interface RedactionEventContent extends OpenObject {
  /** Reason of the redaction. */
  reason?: string;
  /** The redacted event, in room version 11 and later. */
  redacts?: EventID;
}

/**
 * An `m.room.redaction` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomredaction
 */
export interface RedactionEvent extends MessageEvent<RedactionEventContent, "m.room.redaction"> {
  /**
   * The redacted event, in room versions 1 to 10. Homeservers often copy it from the content in later
   * versions.
   */
  redacts?: EventID;
}
