/**
 * Content of messages, and their relations: edits, replies, threads and reactions.
 *
 * The functions that read content accept anything that a server may send. The functions that make content return new
 * objects; pass the result to `sendMessage()`.
 *
 * @module
 */

import { checkGiven, kindOf, onlyGiven } from "../../http/validate.ts";
import type {
  EncryptedFile,
  MediaInfo,
  MediaMessageEventContent,
  Mentions,
  ReactionEventContent,
  RelatesTo,
  TextMessageEventContent,
} from "../../types/events/mod.ts";
import { type ContentURI, type EventID, isUserId } from "../../types/identifiers.ts";
import { fieldsOf, isJsonObject, nonEmpty, stringField } from "../../types/json.ts";
import { htmlToText } from "./html_to_text.ts";

/** Fields that every message may have; `null` means not given. */
interface CommonParts {
  relatesTo?: RelatesTo | null | undefined;
  mentions?: Mentions | null | undefined;
}

/** The parts of a text message. */
export interface TextParts extends CommonParts {
  text?: string | null | undefined;
  html?: string | null | undefined;
  msgtype?: string | null | undefined;
}

/** The parts of a file message. */
export interface FileParts extends CommonParts {
  info?: MediaInfo | null | undefined;
  fileName?: string | null | undefined;
  fileType?: string | null | undefined;
  caption?: string | null | undefined;
  captionHtml?: string | null | undefined;
}

/**
 * Returns the content of a text message. Without `text`, the body is the text of `html`.
 *
 * @throws {TypeError} If neither text nor HTML is given, or a part has the wrong type.
 */
export function textContent(parts: TextParts): TextMessageEventContent {
  const { text, html, msgtype } = parts;
  checkGiven("string", { msgtype });
  const body = textAndHtml("text", text, "html", html);
  if (body === undefined) throw new TypeError("Cannot send a message: neither text nor html is given");
  return complete({ msgtype: msgtype ?? "m.text", ...body }, parts);
}

/**
 * Returns the content of a file message. The body is the caption or, without one, the file name.
 *
 * @param source The content URI of the file, or the encrypted file.
 * @throws {TypeError} If a part has the wrong type.
 */
export function fileContent(
  source: { readonly url: ContentURI } | { readonly file: EncryptedFile },
  parts: FileParts,
): MediaMessageEventContent {
  const { info, fileName, fileType, caption, captionHtml } = parts;
  checkGiven("string", { fileName, fileType });
  checkGiven("object", { info });
  const msgtype = fileType ?? "m.file";
  const name = fileName ?? `${msgtype}`.replace(/^m\./, "");
  const text = textAndHtml("caption", caption, "captionHtml", captionHtml);
  const body = text === undefined ? { body: name } : { ...text, filename: name };
  return complete({ msgtype, ...body, ...source, ...onlyGiven({ info }) }, parts);
}

/**
 * Adds mentions and a relation to content. A relation without an event is ignored. If the relation is an edit, the
 * content becomes the new content of the edit.
 *
 * @throws {TypeError} If mentions or relation have the wrong type.
 */
export function complete<C extends object>(content: C, { relatesTo, mentions }: CommonParts): C {
  if ((mentions ?? relatesTo ?? undefined) === undefined) return content;
  checkGiven("object", { relatesTo });
  const whole = { ...content, ...onlyGiven({ "m.mentions": checkMentions(mentions) }) };
  if (!hasRelation(relatesTo)) return whole;
  const related = { ...whole, "m.relates_to": { ...relatesTo } };
  const edited = getEdit(related);
  // The caller's relation may have more fields than that of makeEdit().
  return edited === undefined
    ? related
    : { ...makeEdit(whole, edited), "m.relates_to": related["m.relates_to"] };
}

/** Returns the text fields of a message; `undefined` if neither plain text nor HTML is given. */
function textAndHtml(
  textName: string,
  text: string | null | undefined,
  htmlName: string,
  html: string | null | undefined,
): { body: string; format?: "org.matrix.custom.html"; formatted_body?: string } | undefined {
  const plain = checkText(textName, text);
  const formatted = checkText(htmlName, html);
  if (formatted === undefined) return plain === undefined ? undefined : { body: plain };
  return {
    body: plain ?? htmlToText(formatted),
    format: "org.matrix.custom.html",
    formatted_body: formatted,
  };
}

function checkText(name: string, value: string | null | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot send a message: ${name} must be a string, received ${kindOf(value)}`);
}

function checkMentions(mentions: Mentions | null | undefined): Mentions | undefined {
  if (mentions === undefined || mentions === null) return undefined;
  const { user_ids, room } = mentions;
  const valid = typeof mentions === "object" && !Array.isArray(mentions) &&
    (user_ids === undefined || (Array.isArray(user_ids) && user_ids.every(isUserId))) &&
    (room === undefined || typeof room === "boolean");
  if (valid) return mentions;
  throw new TypeError(
    "Cannot send a message: mentions must be an object with user_ids (a list of user IDs) or room (a boolean)",
  );
}

/** An event to relate to: its ID, or the event itself. */
export type RelatedEvent = EventID | {
  /** The event's ID. */
  event_id: EventID;
  /** The event's content. */
  content?: object;
};

/** Content with a relation to an event. */
export type Related<C extends object> = C & {
  /** The relation to the event. */
  "m.relates_to": RelatesTo;
};

/** Content of an edit. */
export type Edited<C extends object> = Related<C> & {
  /** The content that replaces that of the original event. */
  "m.new_content": C;
};

/** Options of {@linkcode makeReply}. */
export interface ReplyOptions {
  /**
   * Whether a reply to an event in a thread is sent to that thread.
   *
   * @default {true}
   */
  inThread?: boolean | undefined;
}

/** Options of {@linkcode setThreadParent}. */
export interface ThreadOptions {
  /** The last event in the thread, for the reply that clients without threads display. Defaults to the root. */
  lastEventInThread?: RelatedEvent | undefined;
  /**
   * Whether to omit the reply for clients without threads.
   *
   * @default {false}
   */
  disableReplyFallback?: boolean | undefined;
}

/**
 * Returns whether a value is a relation to an event: it has a type and an event, or is a reply.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 * @param relatesTo The value of `m.relates_to`.
 * @returns Whether it is a relation.
 */
export function hasRelation(relatesTo: unknown): relatesTo is RelatesTo {
  const hasEvent = stringField(relatesTo, "rel_type") && stringField(relatesTo, "event_id");
  return !!(hasEvent || stringField(fieldsOf(relatesTo)["m.in_reply_to"], "event_id"));
}

/**
 * Returns the relation of content to another event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events
 * @param content The content.
 * @returns The relation; `undefined` if there is none, or it is malformed.
 */
export function getRelatesTo(content: object | undefined): RelatesTo | undefined {
  const relatesTo: unknown = fieldsOf(content)["m.relates_to"];
  return hasRelation(relatesTo) ? relatesTo : undefined;
}

/**
 * Returns the event that content edits.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#event-replacements
 * @param content The content.
 * @returns The event's ID; `undefined` if the content is not an edit.
 */
export function getEdit(content: object | undefined): EventID | undefined {
  return related(content, "m.replace");
}

/**
 * Returns the root of the thread that content is in.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#threading
 * @param content The content.
 * @returns The ID of the thread's root event; `undefined` if the content is not in a thread.
 */
export function getThreadParent(content: object | undefined): EventID | undefined {
  // Some clients repeat the relation of the original event in the new content of an edit.
  return related(content, "m.thread") ?? related(fieldsOf(fieldsOf(content)["m.new_content"]), "m.thread");
}

/**
 * Returns the event that content replies to. In a thread, the reply may be a fallback for clients without threads only:
 * then `m.relates_to` has `is_falling_back`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 * @param content The content.
 * @returns The event's ID; `undefined` if the content is not a reply.
 */
export function getReplyTo(content: object | undefined): EventID | undefined {
  return nonEmpty(stringField(getRelatesTo(content)?.["m.in_reply_to"], "event_id")) as EventID | undefined;
}

/**
 * Returns the content of an edit, which replaces the content of an event. For clients without edits, its text starts
 * with `* `.
 *
 * A relation of the content is dropped, because an edit keeps the relation of the original event. Only users whom the
 * edit mentions for the first time are notified: pass the original event with its content. If only its ID is passed,
 * the edit notifies nobody.
 *
 * @example Correct a message
 * ```ts
 * import { makeEdit } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * const content = {
 *   msgtype: "m.text",
 *   body: "Hello Alice and Bob",
 *   "m.mentions": { user_ids: ["@alice:example.org", "@bob:example.org"] },
 * };
 * const original = {
 *   event_id: "$event",
 *   content: { msgtype: "m.text", body: "Hello Alice", "m.mentions": { user_ids: ["@alice:example.org"] } },
 * } as const;
 * assertEquals<unknown>(makeEdit(content, original), {
 *   msgtype: "m.text",
 *   body: "* Hello Alice and Bob",
 *   "m.mentions": { user_ids: ["@bob:example.org"] },
 *   "m.new_content": content,
 *   "m.relates_to": { rel_type: "m.replace", event_id: "$event" },
 * });
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#event-replacements
 * @see https://spec.matrix.org/v1.19/client-server-api/#editing-events-with-mentions
 * @param content The new content.
 * @param event The event to edit. If it is an edit itself, the event that it edits is used.
 * @returns The content of the edit.
 * @throws {TypeError} If the event has no ID.
 */
export function makeEdit<C extends object>(content: C, event: RelatedEvent): Edited<C> {
  const { "m.relates_to": _relation, "m.new_content": _content, ...plain } = fieldsOf(content);
  const outer: Record<string, unknown> = { ...plain };
  for (const key of ["body", "formatted_body"]) {
    if (typeof outer[key] === "string") outer[key] = `* ${outer[key]}`;
  }
  if (isJsonObject(plain["m.mentions"])) outer["m.mentions"] = newMentions(plain["m.mentions"], event);
  return {
    ...outer,
    "m.new_content": plain,
    "m.relates_to": { rel_type: "m.replace", event_id: targetOf(event) },
  } as Edited<C>;
}

/** Returns the mentions that an event does not have yet; none if its content is unknown. */
function newMentions(mentions: object, event: RelatedEvent): Mentions {
  const original = contentOf(event);
  if (original === undefined) return {};
  // The content of an edit mentions only users who are new in it.
  const { "m.new_content": latest = original } = fieldsOf(original);
  const before = fieldsOf(fieldsOf(latest)["m.mentions"]);
  const { user_ids, room } = fieldsOf(mentions);
  const added = arrayOf(user_ids).filter((userId) => !arrayOf(before.user_ids).includes(userId));
  return {
    ...(added.length > 0 ? { user_ids: added as Mentions["user_ids"] & object } : {}),
    ...(room === true && before.room !== true ? { room } : {}),
  };
}

/**
 * Returns the content of a reply. Content that is in a thread stays in it, and so does a reply to an event in a thread,
 * if the event is passed with its content. The content of an edit is unchanged, because an edit keeps the relation of the
 * original event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 * @param content The content of the reply.
 * @param event The event to reply to. If it is an edit, the event that it edits is used.
 * @param options Whether to stay in the thread.
 * @returns The content with the relation.
 * @throws {TypeError} If the event has no ID.
 */
export function makeReply<C extends object>(
  content: C,
  event: RelatedEvent,
  options?: ReplyOptions,
): Related<C> {
  const target = targetOf(event);
  if (isEditContent(content)) return { ...content };
  const { is_falling_back: _fallback, ...relation } = fieldsOf(fieldsOf(content)["m.relates_to"]);
  const thread = options?.inThread ?? true ? getThreadParent(contentOf(event)) : undefined;
  const kept = thread !== undefined && !nonEmpty(relation.rel_type)
    ? { rel_type: "m.thread", event_id: thread }
    : relation;
  return { ...content, "m.relates_to": { ...kept, "m.in_reply_to": { event_id: target } } };
}

/**
 * Puts content into a thread. A reply stays a reply to the same event. The content of an edit is unchanged, because an
 * edit keeps the relation of the original event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#threading
 * @param content The content.
 * @param event The root of the thread, or an event in the thread, if it is passed with its content. If it is an edit,
 * the event that it edits is used.
 * @param options What clients without threads display.
 * @returns The content with the relation.
 * @throws {TypeError} If the event has no ID.
 */
export function setThreadParent<C extends object>(
  content: C,
  event: RelatedEvent,
  options?: ThreadOptions,
): Related<C> {
  const target = targetOf(event);
  if (isEditContent(content)) return { ...content };
  const relation: RelatesTo = { rel_type: "m.thread", event_id: getThreadParent(contentOf(event)) ?? target };
  const quoted = getRelatesTo(content)?.is_falling_back === true ? undefined : getReplyTo(content);
  if (quoted !== undefined) {
    relation["m.in_reply_to"] = { event_id: quoted };
  } else if (!options?.disableReplyFallback) {
    relation.is_falling_back = true;
    relation["m.in_reply_to"] = { event_id: targetOf(options?.lastEventInThread ?? target) };
  }
  return { ...content, "m.relates_to": relation };
}

/**
 * Returns the content of a reaction, an `m.reaction` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#event-annotations-and-reactions
 * @param event The event to react to. If it is an edit, the event that it edits is used.
 * @param key The reaction, usually an emoji.
 * @returns The content.
 * @throws {TypeError} If the event has no ID.
 */
export function makeReaction(event: RelatedEvent, key: string): ReactionEventContent {
  return { "m.relates_to": { rel_type: "m.annotation", event_id: targetOf(event), key } };
}

/**
 * Removes the reply fallback of older clients: the quoted text at the start of a reply.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#rich-replies
 * @param content The content. If it is not a reply, nothing is removed.
 * @returns New content.
 */
export function trimReplyFallback<C extends object>(content: C): C {
  const trimmed: C & { body?: unknown; formatted_body?: unknown } = { ...content };
  if (!getReplyTo(content)) return trimmed;
  const { body, formatted_body: html } = trimmed;
  if (typeof body === "string" && /^> (\* )?<[^\n]*\n/.test(body)) {
    trimmed.body = body.replace(/^(> [^\n]*\n)+/, "").trim();
  }
  if (typeof html === "string") trimmed.formatted_body = html.replace(/^<mx-reply>.*<\/mx-reply>/s, "");
  return trimmed;
}

/** Content with HTML. */
export type WithHtml<C extends object> = C & {
  /** The format of `formatted_body`. */
  format: "org.matrix.custom.html";
  /** The text as HTML. */
  formatted_body: string;
};

/**
 * Returns content with HTML: its own, or else its text with the special characters of HTML escaped.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
 * @param content The content.
 * @returns New content.
 */
export function ensureHtml<C extends object>(content: C): WithHtml<C> {
  const own = fieldsOf(content).format === "org.matrix.custom.html" &&
    nonEmpty(stringField(content, "formatted_body"));
  return {
    ...content,
    format: "org.matrix.custom.html",
    formatted_body: own || escapeHtml(stringField(content, "body") ?? ""),
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

/** Returns the event that a relation must refer to. For an edit, this is the edited event. */
function targetOf(event: RelatedEvent): EventID {
  const id = getEdit(contentOf(event)) ?? (typeof event === "string" ? event : event?.event_id);
  if (typeof id === "string" && id) return id;
  throw new TypeError(`Cannot relate to the event: event_id must be an event ID, received ${typeof id}`);
}

function isEditContent<C extends object>(content: C): content is Related<C> {
  return getEdit(content) !== undefined;
}

function contentOf(event: RelatedEvent): object | undefined {
  return isJsonObject(event) && isJsonObject(event.content) ? event.content : undefined;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
