import type { RequestOptions } from "../http/options.ts";
import { callQuery, path, requestBody } from "../http/request.ts";
import { required } from "../http/response.ts";
import type { UploadBodyOptions } from "../http/upload.ts";
import {
  checkContent,
  checkGiven,
  checkIdentifier,
  given,
  kindOf,
  onlyGiven,
  unlessEmpty,
} from "../http/validate.ts";
import type {
  ImageInfo,
  MediaInfo,
  Mentions,
  MessageContentMap,
  MessageEventContent,
  MessageEventType,
  MessageType,
  RelatesTo,
} from "../types/events/mod.ts";
import type { ContentURI, EventID, RoomID } from "../types/identifiers.ts";
import { isJsonObject } from "../types/json.ts";
import type { EventIDResponse } from "../types/responses.ts";
import { type FileContent, MediaMethods, ownName, uploadFile } from "./media.ts";
import { complete, fileContent, makeReaction, type RelatedEvent, textContent } from "./content/message.ts";

export type { FileContent, FileSource } from "./media.ts";

/** Options of methods that send an event. */
export interface SendOptions extends RequestOptions {
  /**
   * The transaction ID. The homeserver ignores a second event with the same ID. By default each call has a new one, which
   * its retries share.
   */
  txnId?: string | undefined;
}

/** Options of methods that send a message with a relation or mentions. */
export interface SendRelatedOptions extends SendOptions {
  /**
   * The relation to another event. A relation without an event is ignored. With `rel_type` `m.replace` the message
   * becomes an edit, which notifies nobody again.
   */
  relatesTo?: RelatesTo | undefined;
  /**
   * The users that the message mentions, sent as `m.mentions`. They are notified. Pass `{}` to mention nobody, even if
   * the text contains a name.
   */
  mentions?: Mentions | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendText} and similar methods. */
export interface SendTextOptions extends SendRelatedOptions {
  /** The message as HTML. Without plain text, that is made from it. */
  html?: string | undefined;
  /**
   * The message type. `sendNotice()` and `sendEmote()` set their own.
   *
   * @default {"m.text"}
   */
  msgtype?: MessageType | undefined;
}

/** Text and options of {@linkcode SendingMethods.prototype.sendText} and similar methods in one object. */
export interface SendTextContent extends SendTextOptions {
  /** The message as plain text. */
  text?: string | undefined;
}

/**
 * Options of {@linkcode SendingMethods.prototype.sendImage}. `size`, `maxSize` and `onProgress` are for content that is
 * uploaded; the request options are for both the upload and the message.
 */
export interface SendImageOptions extends SendRelatedOptions, UploadBodyOptions {
  /**
   * Information about the image: its size in bytes and pixels, its media type. `mimetype` is also the type of the upload.
   * For content that is uploaded, `size` and the type of a `Blob` are added unless they are given.
   */
  info?: ImageInfo | undefined;
  /**
   * The file name. It becomes the `body` of the message, or its `filename` if there is a caption. Called `fileName` as in
   * the reference; uploads have `filename`. Defaults to the name of a `File`, otherwise to the message type without `m.`,
   * such as `image`.
   */
  fileName?: string | undefined;
  /** The caption as plain text, which becomes the `body` of the message. */
  caption?: string | undefined;
  /** The caption as HTML. Without `caption`, plain text is made from it. */
  captionHtml?: string | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendFile}. */
export interface SendFileOptions extends Omit<SendImageOptions, "info"> {
  /**
   * Information about the file: its size in bytes, its media type. `mimetype` is also the type of the upload. For content
   * that is uploaded, `size` and the type of a `Blob` are added unless they are given.
   */
  info?: MediaInfo | undefined;
  /**
   * The message type: `m.file`, `m.image`, `m.audio` or `m.video`.
   *
   * @default {"m.file"}
   */
  fileType?: MessageType | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.sendSticker}. */
export interface SendStickerOptions extends SendRelatedOptions {
  /** Information about the image. */
  info?: ImageInfo | undefined;
  /**
   * A description of the sticker.
   *
   * @default {""}
   */
  text?: string | undefined;
}

/** Options of {@linkcode SendingMethods.prototype.redact}. */
export interface RedactOptions extends SendOptions {
  /** The reason, which users in the room can read. */
  reason?: string | undefined;
  /** Additional content of the redaction. The option `reason` takes precedence over a `reason` in it. */
  extraContent?: object | undefined;
}

/**
 * Sending of messages. All methods but `redact()` send through `sendMessageEvent()`. {@linkcode Client} overrides it to
 * encrypt, and `attachmentEncryptor()` for the files that `sendFile()` and `sendImage()` upload.
 */
export abstract class SendingMethods extends MediaMethods {
  /**
   * Sends a room event that is not a state event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the room ID or the event type is missing.
   * @throws {MForbidden} If the user may not send the event.
   */
  sendMessageEvent<T extends MessageEventType>(
    roomId: RoomID,
    eventType: T,
    content: MessageContentMap[T],
    options?: SendOptions,
  ): Promise<EventID>;
  /**
   * Sends a room event of any type that is not a state event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
   * @param roomId The room.
   * @param eventType The event's type.
   * @param content The event's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the room ID or the event type is missing.
   * @throws {MForbidden} If the user may not send the event.
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
    const response = await this.request<EventIDResponse>(
      "PUT",
      path`/_matrix/client/v3/rooms/${roomId}/send/${eventType}/${txnId}`,
      options,
      { body: checkContent(content), takesTimestamp: true },
    );
    return required(response, "event_id");
  }

  /**
   * Sends a message with the given content.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
   * @param roomId The room.
   * @param content The message's content.
   * @param options The transaction ID, and request options.
   * @returns The event's ID.
   * @throws {MForbidden} If the user may not send messages.
   */
  sendMessage(
    roomId: RoomID,
    content: MessageEventContent | object,
    options?: SendOptions,
  ): Promise<EventID> {
    return this.sendMessageEvent(roomId, "m.room.message", content, options);
  }

  /**
   * Sends a reaction to an event.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#event-annotations-and-reactions
   * @param roomId The room.
   * @param event The event or its ID. If it is an edit, the reaction is to the event that it has edited.
   * @param key The reaction, usually an emoji.
   * @param options The transaction ID, and request options.
   * @returns The ID of the reaction.
   * @throws {MDuplicateAnnotation} If the user has sent the same reaction before.
   * @throws {TypeError} If the event has no ID, or the key is not a string.
   */
  async react(roomId: RoomID, event: RelatedEvent, key: string, options?: SendOptions): Promise<EventID> {
    if (typeof key !== "string") {
      throw new TypeError(`Cannot react: key must be a string, received ${kindOf(key)}`);
    }
    const content = makeReaction(event, key);
    checkIdentifier("event ID", content["m.relates_to"]!.event_id!);
    return await this.sendMessageEvent(roomId, "m.reaction", content, options);
  }

  /**
   * Sends a text message.
   *
   * @example Sending text, HTML, mentions and an edit
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const eventId = await client.sendText("!room:example.org", "Helo Bob", {
   *   mentions: { user_ids: ["@bob:example.org"] },
   * });
   * await client.sendText("!room:example.org", {
   *   html: "<b>Hello</b> Bob",
   *   relatesTo: { rel_type: "m.replace", event_id: eventId },
   * });
   * assert(eventId.startsWith("$"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
   * @param roomId The room.
   * @param text The plain text.
   * @param options HTML, message type, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If neither text nor HTML is given.
   * @throws {MForbidden} If the user may not send messages.
   */
  sendText(roomId: RoomID, text: string | null | undefined, options?: SendTextOptions): Promise<EventID>;
  /**
   * Sends a text message.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
   * @param roomId The room.
   * @param content Text, HTML or both, message type, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If neither text nor HTML is given.
   * @throws {MForbidden} If the user may not send messages.
   */
  sendText(roomId: RoomID, content: SendTextContent): Promise<EventID>;
  async sendText(
    roomId: RoomID,
    text: string | null | undefined | SendTextContent,
    options?: SendTextOptions,
  ): Promise<EventID> {
    const { text: plain, html, msgtype, relatesTo, mentions, ...request } = merge(text, options);
    const content = textContent({ text: plain, html, msgtype, relatesTo, mentions });
    return await this.sendMessage(roomId, content, request);
  }

  /**
   * Sends a notice, the message type for programs. Bots do not respond to notices.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mnotice
   * @param roomId The room.
   * @param text The plain text.
   * @param options HTML, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If neither text nor HTML is given.
   * @throws {MForbidden} If the user may not send messages.
   */
  sendNotice(
    roomId: RoomID,
    text: string | null | undefined,
    options?: Omit<SendTextOptions, "msgtype">,
  ): Promise<EventID>;
  /**
   * Sends a notice, the message type for programs. Bots do not respond to notices.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mnotice
   * @param roomId The room.
   * @param content Text, HTML or both, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If neither text nor HTML is given.
   * @throws {MForbidden} If the user may not send messages.
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
   * Sends an emote. Clients display `waves` as “Alice waves”.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#memote
   * @param roomId The room.
   * @param text The plain text.
   * @param options HTML, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If neither text nor HTML is given.
   * @throws {MForbidden} If the user may not send messages.
   */
  sendEmote(
    roomId: RoomID,
    text: string | null | undefined,
    options?: Omit<SendTextOptions, "msgtype">,
  ): Promise<EventID>;
  /**
   * Sends an emote. Clients display `waves` as “Alice waves”.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#memote
   * @param roomId The room.
   * @param content Text, HTML or both, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If neither text nor HTML is given.
   * @throws {MForbidden} If the user may not send messages.
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
   * Sends a file.
   *
   * Content is uploaded first. In an encrypted room a client that encrypts also encrypts the content, and the homeserver
   * learns neither type nor file name. A file that is passed as a content URI is not changed: only the
   * message is encrypted.
   *
   * The upload is not retried after a lost connection, so that it is stored once. Pass a function that creates a stream
   * to make the other retries possible.
   *
   * @example Sending content with a caption
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const file = new File(["a,b\n1,2\n"], "report.csv", { type: "text/csv" });
   * const eventId = await client.sendFile("!room:example.org", file, { caption: "The report of last week" });
   * assert(eventId.startsWith("$"));
   * ```
   *
   * @example Sending a file from the content repository
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const url = await client.uploadMedia("a,b\n1,2\n", { mimeType: "text/csv", filename: "report.csv" });
   * const eventId = await client.sendFile("!room:example.org", url, {
   *   fileName: "report.csv",
   *   info: { mimetype: "text/csv", size: 8 },
   * });
   * assert(eventId.startsWith("$"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mfile
   * @see https://spec.matrix.org/v1.19/client-server-api/#media-captions
   * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
   * @param roomId The room.
   * @param content The content, a function that creates it for every attempt, or the content URI of an uploaded file. A
   * string is always a content URI.
   * @param options File name, caption, information, message type, relation, mentions, size and progress of the upload,
   * transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the content cannot be sent, a string is not a content URI, or an option has the wrong type.
   * @throws {MForbidden} If the user may not send messages.
   * @throws {MTooLarge} If the content is larger than the homeserver accepts.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   * @throws {RangeError} If a stream is longer or shorter than `size`.
   */
  async sendFile(
    roomId: RoomID,
    content: ContentURI | FileContent,
    options?: SendFileOptions,
  ): Promise<EventID> {
    const {
      info,
      fileName,
      fileType,
      caption,
      captionHtml,
      relatesTo,
      mentions,
      size,
      maxSize,
      onProgress,
      ...request
    } = given(options);
    const parts = { info, fileName, fileType, caption, captionHtml, relatesTo, mentions };
    if (typeof content === "string" || (content ?? null) === null) {
      const url = checkFileUri(content as ContentURI);
      return await this.sendMessage(roomId, fileContent({ url }, parts), request);
    }
    // Nothing is uploaded for a message that cannot be sent.
    path`/_matrix/client/v3/rooms/${roomId}/send/m.room.message/${unlessEmpty(request.txnId) ?? "txn"}`;
    callQuery(request);
    requestBody("PUT", fileContent({ url: "mxc://example.org/file" }, parts), undefined, false);
    const { signal, deadline, retry, headers, query } = request;
    const { source, info: found } = await uploadFile(
      {
        upload: (data, options) => this.uploadMedia(data, options),
        encryptor: () => this.attachmentEncryptor(roomId, { signal, deadline, retry, headers, query }),
      },
      content,
      { signal, deadline, retry, headers, query, size, maxSize, onProgress },
      { mimeType: unlessEmpty(info?.mimetype as string | undefined), filename: fileName ?? ownName(content) },
    );
    const sent = fileContent(source, {
      ...parts,
      info: { ...found, ...onlyGiven({ ...info }) },
      fileName: fileName ?? ownName(content),
    });
    return await this.sendMessage(roomId, sent, request);
  }

  /**
   * Sends an image.
   *
   * Content is uploaded first, and encrypted where the room is, as {@linkcode SendingMethods.prototype.sendFile} does.
   *
   * @example Sending a picture
   * ```ts
   * import { ClientAPI } from "@mtx/client";
   * import { assert } from "@std/assert";
   *
   * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
   * const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><circle r="4"/></svg>`;
   * const picture = new File([svg], "dot.svg", { type: "image/svg+xml" });
   * const eventId = await client.sendImage("!room:example.org", picture, { info: { w: 8, h: 8 } });
   * assert(eventId.startsWith("$"));
   * ```
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mimage
   * @see https://spec.matrix.org/v1.19/client-server-api/#media-captions
   * @param roomId The room.
   * @param content The content, a function that creates it for every attempt, or the content URI of an uploaded image. A
   * string is always a content URI.
   * @param options File name, caption, information, relation, mentions, size and progress of the upload, transaction ID,
   * and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the content cannot be sent, a string is not a content URI, or an option has the wrong type.
   * @throws {MForbidden} If the user may not send messages.
   * @throws {MTooLarge} If the content is larger than the homeserver accepts.
   * @throws {FileTooLargeError} If the content is larger than `maxSize`.
   * @throws {RangeError} If a stream is longer or shorter than `size`.
   */
  async sendImage(
    roomId: RoomID,
    content: ContentURI | FileContent,
    options?: SendImageOptions,
  ): Promise<EventID> {
    return await this.sendFile(roomId, content, { ...given(options), fileType: "m.image" });
  }

  /**
   * Sends a sticker.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#msticker
   * @param roomId The room.
   * @param url The content URI of the image.
   * @param options Description, information, relation, mentions, transaction ID, and request options.
   * @returns The event's ID.
   * @throws {TypeError} If the URL is empty, or an option has the wrong type.
   * @throws {MForbidden} If the user may not send stickers.
   */
  async sendSticker(roomId: RoomID, url: ContentURI, options?: SendStickerOptions): Promise<EventID> {
    const { info, text, relatesTo, mentions, ...request } = given(options);
    checkGiven("string", { text });
    checkGiven("object", { info });
    const content = { body: text ?? "", url: checkIdentifier("content URI", url), info: info ?? {} };
    return await this.sendMessageEvent(
      roomId,
      "m.sticker",
      complete(content, { relatesTo, mentions }),
      request,
    );
  }

  /**
   * Redacts an event: removes its content for all users.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
   * @param roomId The room.
   * @param eventId The event.
   * @param options Reason, additional content, transaction ID, and request options.
   * @returns The ID of the redaction.
   * @throws {MForbidden} If the user may not redact the event.
   */
  async redact(roomId: RoomID, eventId: EventID, options?: RedactOptions): Promise<EventID> {
    const { reason, extraContent, txnId } = given(options);
    checkGiven("string", { reason });
    checkGiven("object", { extraContent });
    const response = await this.request<EventIDResponse>(
      "PUT",
      path`/_matrix/client/v3/rooms/${roomId}/redact/${eventId}/${this.transactionId(txnId)}`,
      options,
      { body: unlessEmpty(reason) ? { ...extraContent, reason } : { ...extraContent } },
    );
    return required(response, "event_id");
  }
}

/**
 * Checks a string that was passed as a file.
 *
 * @throws {TypeError} If it is not a content URI, because content in a string would become a link that leads nowhere.
 */
function checkFileUri(url: ContentURI): ContentURI {
  if (checkIdentifier("content URI", url).startsWith("mxc://")) return url;
  throw new TypeError(
    'Cannot send a file: a string must be a content URI that starts with "mxc://"; pass text as bytes or a Blob',
  );
}

/** Returns the text and the options of both forms of arguments in one object. */
function merge(
  text: string | null | undefined | SendTextContent,
  options: SendTextOptions | undefined,
): SendTextContent {
  const request = given(options);
  if (isJsonObject(text)) return { ...request, ...text as SendTextContent };
  return { ...request, text: text as string ?? undefined };
}
