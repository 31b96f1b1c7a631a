import { checkGiven, kindOf, onlyGiven } from "../../http/validate.ts";
import type {
  EncryptedFile,
  MediaInfo,
  MediaMessageEventContent,
  Mentions,
  RelatesTo,
  TextMessageEventContent,
} from "../../types/events/mod.ts";
import { type ContentURI, isUserId } from "../../types/identifiers.ts";
import { htmlToText } from "./html_to_text.ts";
import { getEdit, hasRelation, makeEdit } from "./relations.ts";

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
