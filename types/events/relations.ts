/**
 * How events relate to other events and to people: replies, threads, edits, reactions, mentions, redactions.
 *
 * @module
 */

import type { EventID, UserID } from "../identifiers.ts";
import type { MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";

/**
 * How an event relates to another.
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
 * The event that a reply is to.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 */
export interface InReplyTo extends OpenObject {
  /** The event's ID. */
  event_id: EventID;
}

/**
 * What an event relates to: another event through `rel_type` and `event_id`, or the event that it answers.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 */
export interface RelatesTo extends OpenObject {
  /** How it relates to the other event. */
  rel_type?: RelationType;
  /** The other event: the root of a thread, the event that is edited or reacted to. */
  event_id?: EventID;
  /** The reaction, usually an emoji. */
  key?: string;
  /** Whether the reply inside a thread is only there for clients without threads. */
  is_falling_back?: boolean;
  /** The event that this one answers. */
  "m.in_reply_to"?: InReplyTo;
}

/**
 * Whom a message is to notify.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#user-and-room-mentions
 */
export interface Mentions extends OpenObject {
  /** Users that are mentioned. */
  user_ids?: UserID[];
  /** Whether the whole room is mentioned. */
  room?: boolean;
}

/**
 * Content of `m.reaction`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreaction
 */
export interface ReactionEventContent extends OpenObject {
  /** The event reacted to, and the reaction as its `key`. */
  "m.relates_to"?: RelatesTo;
}

/**
 * A reaction to an event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mreaction
 */
export interface ReactionEvent extends MessageEvent<ReactionEventContent, "m.reaction"> {}

/**
 * Content of `m.room.redaction`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomredaction
 */
export interface RedactionEventContent extends OpenObject {
  /** Why. */
  reason?: string;
  /** The event that is redacted, in rooms of version 11 and newer. */
  redacts?: EventID;
}

/**
 * An event that takes the content of another one away.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomredaction
 */
export interface RedactionEvent extends MessageEvent<RedactionEventContent, "m.room.redaction"> {
  /** The event that is redacted, in rooms of version 10 and older; servers often copy it up in newer ones. */
  redacts?: EventID;
}
