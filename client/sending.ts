import { checkContent, checkGiven, checkIdentifier, given, unlessEmpty } from "../http/validate.ts";
import { isJsonObject } from "../types/json.ts";
import type { RequestOptions } from "../http/options.ts";
import { path } from "../http/path.ts";
import { required } from "../http/response_fields.ts";
import type {
  ImageInfo,
  MediaInfo,
  MessageContentMap,
  MessageEventContent,
  MessageEventType,
  MessageType,
  RelatesTo,
} from "../types/events/mod.ts";
import type { ContentURI, EventID, RoomID } from "../types/identifiers.ts";
import type { EventIDResponse } from "../types/responses.ts";
import { fileContent, relate, textContent } from "./content/message.ts";
import { RelationMethods } from "./relations.ts";

/** Options of methods that send an event. */
export interface SendOptions extends RequestOptions {
  /**
   * The transaction ID: the homeserver takes what comes twice with the same ID for one. Made anew for each call by
   * default, and kept over its tries.
   */
  txnId?: string | undefined;
}

/** Options of methods that send a message which can relate to another event. */
export interface SendRelatedOptions extends SendOptions {
  /**
   * What the message relates to. A relation without an event is left out. With `rel_type` `m.replace` the message is
   * an edit, and gets what edits need beside the relation.
   */
  relatesTo?: RelatesTo | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendText} and kin, beside the text. */
export interface SendTextOptions extends SendRelatedOptions {
  /** The message as HTML. Without a text, that is made from it. */
  html?: string | undefined;
  /**
   * The kind of message. `sendNotice()` and `sendEmote()` have their own.
   *
   * @default {"m.text"}
   */
  msgtype?: MessageType | undefined;
}

/** A text with its options: {@linkcode SendingMethods.prototype.sendText} and kin in their other form. */
export interface SendTextContent extends SendTextOptions {
  /** The message as plain text. */
  text?: string | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendFile}. */
export interface SendFileOptions extends SendRelatedOptions {
  /** Facts about the file. */
  info?: MediaInfo | undefined;
  /** The file's name, which becomes the message's `body`. Made from the kind of message by default: `file`, say. */
  fileName?: string | undefined;
  /**
   * The kind of message: `m.file`, `m.image`, `m.audio`, `m.video`.
   *
   * @default {"m.file"}
   */
  fileType?: MessageType | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendImage}. */
export interface SendImageOptions extends SendRelatedOptions {
  /** Facts about the picture. */
  info?: ImageInfo | undefined;
  /** The file's name, which becomes the message's `body`; `image` by default. */
  fileName?: string | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendSticker}. */
export interface SendStickerOptions extends SendRelatedOptions {
  /** Facts about the picture. */
  info?: ImageInfo | undefined;
  /**
   * What the sticker shows, in words.
   *
   * @default {""}
   */
  text?: string | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.redact}. */
export interface RedactOptions extends SendOptions {
  /** Why, for the room to see. */
  reason?: string | undefined;
  /** Further content of the redaction. `reason` wins over a reason in it. */
  extraContent?: object | undefined;
}

/**
 * Sending messages. All of it goes through `sendMessageEvent()`, so that a subclass that encrypts, for one, overrides
 * nothing else.
 */
export abstract class SendingMethods extends RelationMethods {
  /**
   * Sends an event that is not state. All methods that send messages go through here.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If room or event type are not given.
   * @throws {MForbidden} If the user may not send it.
   */
  sendMessageEvent<T extends MessageEventType>(
    roomId: RoomID,
    eventType: T,
    content: MessageContentMap[T],
    options?: SendOptions,
  ): Promise<EventID>;
  /**
   * Sends an event of any type that is not state. All methods that send messages go through here.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If room or event type are not given.
   * @throws {MForbidden} If the user may not send it.
   */
  sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions,
  ): Promise<EventID>;
  async sendMessageEvent(
    roomId: RoomID,
    eventType: string,
    content: object,
    options?: SendOptions,
  ): Promise<EventID> {
    if (!roomId) throw new TypeError("Room ID not given");
    if (!eventType) throw new TypeError("Event type not given");
    const txnId = this.transactionId(given(options).txnId);
    const answer = await this.request<EventIDResponse>(
      "PUT",
      path`/_matrix/client/v3/rooms/${roomId}/send/${eventType}/${txnId}`,
      options,
      { body: checkContent(content), takesTimestamp: true },
    );
    return required(answer, "event_id");
  }

  /**
   * Sends a message, as it is given.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
   * @param roomId The room.
   * @param content The message's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send it.
   */
  sendMessage(
    roomId: RoomID,
    content: MessageEventContent | object,
    options?: SendOptions,
  ): Promise<EventID> {
    return this.sendMessageEvent(roomId, "m.room.message", content, options);
  }

  /**
   * Reacts to an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#event-annotations-and-reactions
   * @param roomId The room.
   * @param eventId The event.
   * @param key The reaction, usually an emoji.
   * @param options The transaction ID, and request options.
   * @returns The ID of the reaction.
   * @throws {MDuplicateAnnotation} If the user has reacted like this before.
   */
  async react(roomId: RoomID, eventId: EventID, key: string, options?: SendOptions): Promise<EventID> {
    if (typeof key !== "string") throw new TypeError("Cannot react: the key is no string");
    return await this.sendMessageEvent(roomId, "m.reaction", {
      "m.relates_to": { rel_type: "m.annotation", event_id: checkIdentifier("event ID", eventId), key },
    }, options);
  }

  /**
   * Sends text.
   *
   * @example Text, HTML, and an edit
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const eventId = await client.sendText("!room:example.org", "Helo");
   * await client.sendText("!room:example.org", {
   *   html: "<b>Hello</b>",
   *   relatesTo: { rel_type: "m.replace", event_id: eventId },
   * });
   * assert(eventId.startsWith("$"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
   * @param roomId The room.
   * @param text The plain text.
   * @param options HTML, kind of message, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If there is neither text nor HTML.
   * @throws {MForbidden} If the user may not send it.
   */
  sendText(roomId: RoomID, text: string | null | undefined, options?: SendTextOptions): Promise<EventID>;
  /**
   * Sends text.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
   * @param roomId The room.
   * @param content Text or HTML or both, kind of message, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If there is neither text nor HTML.
   * @throws {MForbidden} If the user may not send it.
   */
  sendText(roomId: RoomID, content: SendTextContent): Promise<EventID>;
  async sendText(
    roomId: RoomID,
    text: string | null | undefined | SendTextContent,
    options?: SendTextOptions,
  ): Promise<EventID> {
    // Most messages are no more than a text.
    if (typeof text === "string" && !options) {
      return await this.sendMessage(roomId, textContent({ text }), {});
    }
    const { text: plain, html, msgtype, relatesTo, ...request } = merge(text, options);
    return await this.sendMessage(roomId, textContent({ text: plain, html, msgtype, relatesTo }), request);
  }

  /**
   * Sends text as a program does: other programs do not answer it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mnotice
   * @param roomId The room.
   * @param text The plain text.
   * @param options HTML, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If there is neither text nor HTML.
   * @throws {MForbidden} If the user may not send it.
   */
  sendNotice(
    roomId: RoomID,
    text: string | null | undefined,
    options?: Omit<SendTextOptions, "msgtype">,
  ): Promise<EventID>;
  /**
   * Sends text as a program does: other programs do not answer it.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mnotice
   * @param roomId The room.
   * @param content Text or HTML or both, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If there is neither text nor HTML.
   * @throws {MForbidden} If the user may not send it.
   */
  sendNotice(roomId: RoomID, content: Omit<SendTextContent, "msgtype">): Promise<EventID>;
  async sendNotice(
    roomId: RoomID,
    text: string | null | undefined | SendTextContent,
    options?: SendTextOptions,
  ): Promise<EventID> {
    return await this.sendText(roomId, { ...merge(text, options), msgtype: "m.notice" });
  }

  /**
   * Sends what the user does: `waves` reads like “Alice waves”.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#memote
   * @param roomId The room.
   * @param text The plain text.
   * @param options HTML, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If there is neither text nor HTML.
   * @throws {MForbidden} If the user may not send it.
   */
  sendEmote(
    roomId: RoomID,
    text: string | null | undefined,
    options?: Omit<SendTextOptions, "msgtype">,
  ): Promise<EventID>;
  /**
   * Sends what the user does: `waves` reads like “Alice waves”.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#memote
   * @param roomId The room.
   * @param content Text or HTML or both, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If there is neither text nor HTML.
   * @throws {MForbidden} If the user may not send it.
   */
  sendEmote(roomId: RoomID, content: Omit<SendTextContent, "msgtype">): Promise<EventID>;
  async sendEmote(
    roomId: RoomID,
    text: string | null | undefined | SendTextContent,
    options?: SendTextOptions,
  ): Promise<EventID> {
    return await this.sendText(roomId, { ...merge(text, options), msgtype: "m.emote" });
  }

  /**
   * Sends a file that is in the media repository.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mfile
   * @param roomId The room.
   * @param url The file.
   * @param options Its name, facts about it, kind of message, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send it.
   */
  async sendFile(roomId: RoomID, url: ContentURI, options?: SendFileOptions): Promise<EventID> {
    const { info, fileName, fileType, relatesTo, ...request } = given(options);
    const content = fileContent(checkIdentifier("content URI", url), { info, fileName, fileType, relatesTo });
    return await this.sendMessage(roomId, content, request);
  }

  /**
   * Sends a picture that is in the media repository.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mimage
   * @param roomId The room.
   * @param url The picture.
   * @param options Its name, facts about it, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send it.
   */
  async sendImage(roomId: RoomID, url: ContentURI, options?: SendImageOptions): Promise<EventID> {
    return await this.sendFile(roomId, url, { ...given(options), fileType: "m.image" });
  }

  /**
   * Sends a sticker.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#msticker
   * @param roomId The room.
   * @param url The picture.
   * @param options What it shows, facts about it, relation, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send it.
   */
  async sendSticker(roomId: RoomID, url: ContentURI, options?: SendStickerOptions): Promise<EventID> {
    const { info, text, relatesTo, ...request } = given(options);
    checkGiven("string", { text });
    checkGiven("object", { info });
    const content = { body: text ?? "", url: checkIdentifier("content URI", url), info: info ?? {} };
    return await this.sendMessageEvent(roomId, "m.sticker", relate(content, relatesTo), request);
  }

  /**
   * Redacts an event: takes its content away, for everybody.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
   * @param roomId The room.
   * @param eventId The event.
   * @param options Why, further content, transaction ID, and request options.
   * @returns The ID of the redaction.
   * @throws {MForbidden} If the user may not redact the event.
   */
  async redact(roomId: RoomID, eventId: EventID, options?: RedactOptions): Promise<EventID> {
    const { reason, extraContent, txnId } = given(options);
    checkGiven("string", { reason });
    checkGiven("object", { extraContent });
    const answer = await this.request<EventIDResponse>(
      "PUT",
      path`/_matrix/client/v3/rooms/${roomId}/redact/${eventId}/${this.transactionId(txnId)}`,
      options,
      { body: unlessEmpty(reason) ? { ...extraContent, reason } : { ...extraContent } },
    );
    return required(answer, "event_id");
  }
}

/** Brings the two forms of arguments together. */
function merge(
  text: string | null | undefined | SendTextContent,
  options: SendTextOptions | undefined,
): SendTextContent {
  const request = given(options);
  if (isJsonObject(text)) return { ...request, ...text as SendTextContent };
  return { ...request, text: text as string ?? undefined };
}
