/**
 * Relations between messages: edits, replies, threads.
 *
 * What an event's content says can be anything, so what is malformed counts as not there. The functions that make
 * something give back new content and leave alone what they are given.
 *
 * @module
 */
import type { RelatesTo } from "../../types/events/relations.ts";
import type { EventID } from "../../types/identifiers.ts";
import { fieldsOf, nonEmpty } from "../../types/json.ts";

/** An event that something relates to: its ID, or the event itself. */
export type RelatedEvent = EventID | {
  /** The event's ID. */
  event_id: EventID;
  /** The event's content. */
  content?: object;
};

/** Content that relates to an event. */
export type Related<C extends object> = C & {
  /** How it relates to which event. */
  "m.relates_to": RelatesTo;
};

/** Content that replaces an event's content. */
export type Edited<C extends object> = Related<C> & {
  /** The event's content from now on. */
  "m.new_content": C;
};

/** How {@linkcode setThreadParent} puts content into a thread. */
export interface ThreadOptions {
  /** The last event in the thread, which clients without threads show as replied to. */
  lastEventInThread?: RelatedEvent | undefined;
  /** Whether clients without threads shall see no reply. */
  disableReplyFallback?: boolean | undefined;
}

/** What a relation looks like when nothing about it is certain. */
interface Loose {
  "m.relates_to"?: unknown;
  "m.new_content"?: unknown;
  body?: unknown;
  format?: unknown;
  formatted_body?: unknown;
}

/**
 * Whether a relation says anything: it has a type and an event, or it is a reply.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 * @param relatesTo What stands as `m.relates_to`, if anything.
 * @returns Whether it relates to an event.
 */
export function hasRelation(relatesTo: unknown): relatesTo is RelatesTo {
  const { rel_type, event_id, "m.in_reply_to": reply } = fieldsOf(relatesTo);
  return !!(nonEmpty(rel_type) && nonEmpty(event_id) || nonEmpty(fieldsOf(reply).event_id));
}

/**
 * How content relates to another event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 * @param content The content.
 * @returns Its relation, or `undefined` if it says nothing.
 */
export function getRelatesTo(content: object | undefined): RelatesTo | undefined {
  const relatesTo: unknown = fieldsOf(content)["m.relates_to"];
  return hasRelation(relatesTo) ? relatesTo : undefined;
}

/**
 * Which event content replaces.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#event-replacements
 * @param content The content.
 * @returns The event's ID, or `undefined` if it replaces none.
 */
export function getEdit(content: object | undefined): EventID | undefined {
  return related(content, "m.replace");
}

/**
 * Which thread content is in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#threading
 * @param content The content.
 * @returns The ID of the event that the thread started with, or `undefined` if it is in none.
 */
export function getThreadParent(content: object | undefined): EventID | undefined {
  return related(content, "m.thread");
}

/**
 * Which event content replies to. In threads this can be for clients without threads only: then
 * `m.relates_to` has `is_falling_back`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 * @param content The content.
 * @returns The event's ID, or `undefined` if it replies to none.
 */
export function getReplyTo(content: object | undefined): EventID | undefined {
  return nonEmpty(fieldsOf(getRelatesTo(content)?.["m.in_reply_to"]).event_id) as EventID | undefined;
}

/**
 * Makes an edit: content that replaces that of an event. For clients without edits, it has `* ` before its text.
 *
 * The original event decides what it relates to, so a relation that the content has is dropped.
 *
 * @example Correcting a message
 * ```ts
 * import { makeEdit } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(makeEdit({ msgtype: "m.text", body: "Hello" }, "$event"), {
 *   msgtype: "m.text",
 *   body: "* Hello",
 *   "m.new_content": { msgtype: "m.text", body: "Hello" },
 *   "m.relates_to": { rel_type: "m.replace", event_id: "$event" },
 * });
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#event-replacements
 * @param content The event's content from now on.
 * @param event The event. If it is given with its content and is an edit itself, what it replaces is meant.
 * @returns The content to send.
 * @throws {TypeError} If there is no event ID.
 */
export function makeEdit<C extends object>(content: C, event: RelatedEvent): Edited<C> {
  const { "m.relates_to": _relation, "m.new_content": _content, ...plain } = fieldsOf(content) as
    & Loose
    & Record<string, unknown>;
  const outer: Loose = { ...plain };
  for (const key of ["body", "formatted_body"] as const) {
    if (typeof outer[key] === "string") outer[key] = `* ${outer[key]}`;
  }
  return {
    ...outer,
    "m.new_content": plain,
    "m.relates_to": { rel_type: "m.replace", event_id: getEdit(contentOf(event)) ?? idOf(event) },
  } as Edited<C>;
}

/**
 * Makes a reply. Content that is in a thread stays there.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 * @param content The reply's content.
 * @param event The event that is replied to.
 * @returns The content to send.
 * @throws {TypeError} If there is no event ID.
 */
export function makeReply<C extends object>(content: C, event: RelatedEvent): Related<C> {
  const { is_falling_back: _fallback, ...relation } = fieldsOf(fieldsOf(content)["m.relates_to"]);
  return { ...content, "m.relates_to": { ...relation, "m.in_reply_to": { event_id: idOf(event) } } };
}

/**
 * Puts content into a thread.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#threading
 * @param content The content.
 * @param event The event that the thread starts with, or one in the thread, if it is given with its content.
 * @param options What clients without threads see.
 * @returns The content to send.
 * @throws {TypeError} If there is no event ID.
 */
export function setThreadParent<C extends object>(
  content: C,
  event: RelatedEvent,
  options?: ThreadOptions,
): Related<C> {
  const relation: RelatesTo = {
    rel_type: "m.thread",
    event_id: getThreadParent(contentOf(event)) ?? idOf(event),
  };
  const replyTo = getReplyTo(content);
  if (!options?.disableReplyFallback) {
    relation.is_falling_back = true;
    relation["m.in_reply_to"] = { event_id: idOf(options?.lastEventInThread ?? event) };
  } else if (replyTo) relation["m.in_reply_to"] = { event_id: replyTo };
  return { ...content, "m.relates_to": relation };
}

/**
 * Removes what older clients put before a reply's text: the text that is replied to, in quotes.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 * @param content The reply's content. Of other content, nothing is removed.
 * @returns New content.
 */
export function trimReplyFallback<C extends object>(content: C): C {
  const trimmed: C & Loose = { ...content };
  if (!getReplyTo(content)) return trimmed;
  const { body, formatted_body: html } = trimmed;
  if (typeof body === "string" && /^> (\* )?<[^\n]*\n/.test(body)) {
    trimmed.body = body.replace(/^(> [^\n]*\n)+/, "").trim();
  }
  if (typeof html === "string") trimmed.formatted_body = html.replace(/^<mx-reply>.*<\/mx-reply>/s, "");
  return trimmed;
}

/** Content that has HTML. */
export type WithHtml<C extends object> = C & {
  /** How `formatted_body` is to be read. */
  format: "org.matrix.custom.html";
  /** The text with HTML. */
  formatted_body: string;
};

/**
 * Makes sure that content has HTML: its own, or else its text with what has a meaning in HTML escaped.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
 * @param content The content.
 * @returns New content.
 */
export function ensureHtml<C extends object>(content: C): WithHtml<C> {
  const { format, formatted_body: html, body }: Loose = fieldsOf(content);
  const own = format === "org.matrix.custom.html" && nonEmpty(html);
  return {
    ...content,
    format: "org.matrix.custom.html",
    formatted_body: own || escapeHtml(nonEmpty(body) ?? ""),
  };
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
  "\n": "<br/>",
};

function escapeHtml(plain: string): string {
  return plain.replace(/[&<>"'\n]/g, (character) => ENTITIES[character]!);
}

function related(content: object | undefined, type: string): EventID | undefined {
  const relation = getRelatesTo(content);
  return relation?.rel_type === type ? nonEmpty(relation.event_id) as EventID | undefined : undefined;
}

function contentOf(event: RelatedEvent): object | undefined {
  return typeof event === "object" ? event?.content : undefined;
}

function idOf(event: RelatedEvent): EventID {
  const id = typeof event === "string" ? event : event?.event_id;
  if (!id) throw new TypeError("Cannot relate to event: its ID is not given");
  return id;
}
