/**
 * Messages that people read, and stickers.
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
 * The markup of a formatted body.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export type Format = "org.matrix.custom.html" | (string & Record<never, never>);

/**
 * The kind of a message. Stickers are events of their own and not messages on the wire.
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
 * What all messages have.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 */
export interface BaseMessageEventContent<M extends MessageType = MessageType> extends OpenObject {
  /** The kind of message. */
  msgtype: M;
  /** The message as plain text, or what stands in for it. */
  body: string;
  /** Where the message is to be found outside of Matrix, if it was bridged. */
  external_url?: string;
  /** What it replies to, edits, or which thread it is in. */
  "m.relates_to"?: RelatesTo;
  /** Whom it mentions. */
  "m.mentions"?: Mentions;
  /** The new content, if this is an edit. */
  "m.new_content"?: OpenObject;
}

/**
 * Content of `m.text`, `m.emote` and `m.notice`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mtext
 */
export interface TextMessageEventContent<M extends MessageType = MessageType>
  extends BaseMessageEventContent<M> {
  /** The markup of `formatted_body`. */
  format?: Format;
  /** The message with markup. */
  formatted_body?: string;
}

/**
 * Content of messages that are a file.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export interface MediaMessageEventContent<
  M extends MessageType = MessageType,
  I extends MediaInfo = MediaInfo,
> extends TextMessageEventContent<M> {
  /** The file, if it is not encrypted. */
  url?: ContentURI;
  /** Facts about the file. */
  info?: I;
  /** The file, if it is encrypted. */
  file?: EncryptedFile;
  /** The file's name. If it differs from `body`, then `body` is a caption. */
  filename?: string;
}

/**
 * Content of `m.image`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mimage
 */
export interface ImageMessageEventContent extends MediaMessageEventContent<"m.image", ImageInfo> {}

/**
 * Content of `m.video`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mvideo
 */
export interface VideoMessageEventContent extends MediaMessageEventContent<"m.video", VideoInfo> {}

/**
 * Content of `m.audio`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#maudio
 */
export interface AudioMessageEventContent extends MediaMessageEventContent<"m.audio", AudioInfo> {}

/**
 * Content of `m.file`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mfile
 */
export interface FileMessageEventContent extends MediaMessageEventContent<"m.file", FileInfo> {}

/**
 * Content of `m.location`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mlocation
 */
export interface LocationMessageEventContent extends BaseMessageEventContent<"m.location"> {
  /** The place as a `geo:` URI. */
  geo_uri: string;
  /** A picture of the place. */
  info?: LocationInfo;
}

/**
 * Content of `m.server_notice`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mserver_notice
 */
export interface ServerNoticeMessageEventContent extends BaseMessageEventContent<"m.server_notice"> {
  /** What the notice is about, such as `m.server_notice.usage_limit_reached`. */
  server_notice_type: string;
  /** URI of somebody who can help. */
  admin_contact?: string;
  /** Which limit was reached, such as `monthly_active_user`. */
  limit_type?: string;
}

/**
 * Content of a message that asks a user of the room for a key verification.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationrequest
 */
export interface VerificationRequestMessageEventContent extends OpenObject {
  /** The kind of message. */
  msgtype: "m.key.verification.request";
  /** What clients show that cannot verify. */
  body?: string;
  /** The markup of `formatted_body`. */
  format?: Format;
  /** What clients show that cannot verify, with markup. */
  formatted_body?: string;
  /** The device that asks. */
  from_device: DeviceID;
  /** The methods that the device knows. */
  methods: string[];
  /** Who is asked. */
  to: UserID;
}

/**
 * Content of `m.room.message` of any kind. `isRoomMessage()` tells the kinds apart.
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
 * Content of `m.sticker`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msticker
 */
export interface StickerEventContent extends OpenObject {
  /** What the sticker shows, in words. */
  body: string;
  /** Facts about the picture. */
  info: ImageInfo;
  /** The picture. */
  url: ContentURI;
  /** What it replies to, or which thread it is in. */
  "m.relates_to"?: RelatesTo;
  /** Whom it mentions. */
  "m.mentions"?: Mentions;
}

/**
 * A message of any kind.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage
 */
export interface RoomMessageEvent extends MessageEvent<MessageEventContent, "m.room.message"> {}

/**
 * A sticker.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#msticker
 */
export interface StickerEvent extends MessageEvent<StickerEventContent, "m.sticker"> {}
