import { checkGiven, onlyGiven } from "../../http/validate.ts";
import type {
  MediaInfo,
  MediaMessageEventContent,
  RelatesTo,
  TextMessageEventContent,
} from "../../types/events/mod.ts";
import type { ContentURI } from "../../types/identifiers.ts";
import { getEdit, hasRelation, makeEdit } from "./relations.ts";
import { htmlToText } from "./html_to_text.ts";

/** What a message of text is made of; `null` is as good as not given. */
export interface TextParts {
  text?: string | null | undefined;
  html?: string | null | undefined;
  msgtype?: string | null | undefined;
  relatesTo?: RelatesTo | null | undefined;
}

/**
 * Makes the content of a message of text. The plain text is made from the HTML where there is none.
 *
 * @throws {TypeError} If there is neither text nor HTML, or one of them is no string.
 */
export function textContent({ text, html, msgtype, relatesTo }: TextParts): TextMessageEventContent {
  checkGiven("string", { msgtype });
  text ??= undefined;
  html ??= undefined;
  if (text === undefined && html === undefined) {
    throw new TypeError("Cannot send a message: neither text nor html is given");
  }
  checkText("text", text);
  checkText("html", html);
  const content: TextMessageEventContent = {
    msgtype: msgtype ?? "m.text",
    body: text ?? htmlToText(html!),
  };
  if (html !== undefined) {
    content.format = "org.matrix.custom.html";
    content.formatted_body = html;
  }
  return relate(content, relatesTo);
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new TypeError(`Cannot send a message: ${name} is no string`);
}

/** Makes the content of a message that is a file. What is not given is left out, but for the body, which is required. */
export function fileContent(
  url: ContentURI,
  { info, fileName, fileType, relatesTo }: {
    info?: MediaInfo | null | undefined;
    fileName?: string | null | undefined;
    fileType?: string | null | undefined;
    relatesTo?: RelatesTo | null | undefined;
  },
): MediaMessageEventContent {
  checkGiven("string", { fileName, fileType });
  checkGiven("object", { info });
  const msgtype = fileType ?? "m.file";
  const body = fileName ?? `${msgtype}`.replace(/^m\./, "");
  return relate({ msgtype, body, url, ...onlyGiven({ info }) }, relatesTo);
}

/** Relates content to an event, if the relation says anything. An edit has its content as the new content, too. */
export function relate<C extends object>(content: C, relatesTo: RelatesTo | null | undefined): C {
  checkGiven("object", { relatesTo });
  if (!hasRelation(relatesTo)) return content;
  const related = { ...content, "m.relates_to": { ...relatesTo } };
  const edited = getEdit(related);
  // The relation stays as it was given: makeEdit() knows no more of it than its type and event.
  return edited === undefined ? related : { ...makeEdit(content, edited), "m.relates_to": { ...relatesTo } };
}
