/**
 * Room messages and stickers.
 *
 * @module
 */

import type { ContentURI, DeviceID, UserID } from "../identifiers.ts";
import type { MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";
import type {
  AudioInfo,
  EncryptedFile,
  FileInfo,
  ImageInfo,
  LocationInfo,
  MediaInfo,
  VideoInfo,
} from "./media_info.ts";
import type { Mentions, RelatesTo } from "./relations.ts";

/**
 * Format of a formatted body.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export type Format = "org.matrix.custom.html" | (string & Record<never, never>);

/**
 * Message type. Stickers are an event type of their own and have no `msgtype` on the wire.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export type MessageType =
  | "m.text"
  | "m.emote"
  | "m.notice"
  | "m.image"
  | "m.sticker"
  | "m.video"
  | "m.audio"
  | "m.file"
  | "m.location"
  | "m.server_notice"
  | "m.key.verification.request"
  | (string & Record<never, never>);

/**
 * Fields of every message.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 */
export interface BaseMessageEventContent<M extends MessageType = MessageType> extends OpenObject {
  /** Message type. */
  msgtype: M;
  /** Plain text of the message, or a fallback for clients that cannot display it. */
  body: string;
  /** URL of the message on the network that it was bridged from. */
  external_url?: string;
  /** Relation to another event: a reply, an edit or a thread. */
  "m.relates_to"?: RelatesTo;
  /** Mentioned users. */
  "m.mentions"?: Mentions;
  /** New content, if the message is an edit. */
  "m.new_content"?: OpenObject;
}

/**
 * Content of an `m.room.message` event with `msgtype` `m.text`, `m.emote` or `m.notice`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
 */
export interface TextMessageEventContent<M extends MessageType = MessageType>
  extends BaseMessageEventContent<M> {
  /** Format of `formatted_body`. */
  format?: Format;
  /** Formatted text of the message. */
  formatted_body?: string;
}

/**
 * Content of an `m.room.message` event with a file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export interface MediaMessageEventContent<
  M extends MessageType = MessageType,
  I extends MediaInfo = MediaInfo,
> extends TextMessageEventContent<M> {
  /** URI of the file, if it is not encrypted. */
  url?: ContentURI;
  /** Information about the file. */
  info?: I;
  /** The file, if it is encrypted. */
  file?: EncryptedFile;
  /** File name. If it differs from `body`, then `body` is a caption. */
  filename?: string;
}

/**
 * Content of an `m.room.message` event with `msgtype` `m.image`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mimage
 */
export interface ImageMessageEventContent extends MediaMessageEventContent<"m.image", ImageInfo> {}

/**
 * Content of an `m.room.message` event with `msgtype` `m.video`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mvideo
 */
export interface VideoMessageEventContent extends MediaMessageEventContent<"m.video", VideoInfo> {}

/**
 * Content of an `m.room.message` event with `msgtype` `m.audio`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#maudio
 */
export interface AudioMessageEventContent extends MediaMessageEventContent<"m.audio", AudioInfo> {}

/**
 * Content of an `m.room.message` event with `msgtype` `m.file`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mfile
 */
export interface FileMessageEventContent extends MediaMessageEventContent<"m.file", FileInfo> {}

/**
 * Content of an `m.room.message` event with `msgtype` `m.location`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mlocation
 */
export interface LocationMessageEventContent extends BaseMessageEventContent<"m.location"> {
  /** Location as a `geo:` URI. */
  geo_uri: string;
  /** Information about the location, with a thumbnail. */
  info?: LocationInfo;
}

/**
 * Content of an `m.room.message` event with `msgtype` `m.server_notice`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mserver_notice
 */
export interface ServerNoticeMessageEventContent extends BaseMessageEventContent<"m.server_notice"> {
  /** Type of the notice, such as `m.server_notice.usage_limit_reached`. */
  server_notice_type: string;
  /** URI at which to contact the administrator. */
  admin_contact?: string;
  /** Limit that was reached, such as `monthly_active_user`. */
  limit_type?: string;
}

/**
 * Content of an `m.room.message` event with `msgtype` `m.key.verification.request`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationrequest
 */
export interface VerificationRequestMessageEventContent extends OpenObject {
  /** Message type. */
  msgtype: "m.key.verification.request";
  /** Fallback text for clients that do not support verification. */
  body?: string;
  /** Format of `formatted_body`. */
  format?: Format;
  /** Formatted fallback text for clients that do not support verification. */
  formatted_body?: string;
  /** Device that requests the verification. */
  from_device: DeviceID;
  /** Verification methods that the device supports. */
  methods: string[];
  /** User whose keys to verify. */
  to: UserID;
}

/**
 * Content of an `m.room.message` event. Narrow it with `isRoomMessage()`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 */
export type MessageEventContent =
  | TextMessageEventContent
  | MediaMessageEventContent
  | LocationMessageEventContent
  | ServerNoticeMessageEventContent
  | BaseMessageEventContent;

/**
 * Content of an `m.sticker` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msticker
 */
export interface StickerEventContent extends OpenObject {
  /** Text description of the image. */
  body: string;
  /** Information about the image. */
  info: ImageInfo;
  /** URI of the image. */
  url: ContentURI;
  /** Relation to another event: a reply or a thread. */
  "m.relates_to"?: RelatesTo;
  /** Mentioned users. */
  "m.mentions"?: Mentions;
}

/**
 * An `m.room.message` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 */
export interface RoomMessageEvent extends MessageEvent<MessageEventContent, "m.room.message"> {}

/**
 * An `m.sticker` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msticker
 */
export interface StickerEvent extends MessageEvent<StickerEventContent, "m.sticker"> {}
