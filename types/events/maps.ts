/**
 * Which type of event has which content. A new type is one line.
 *
 * @module
 */

import type {
  AcceptedTermsAccountDataEventContent,
  DirectAccountDataEventContent,
  FullyReadAccountDataEventContent,
  IdentityServerAccountDataEventContent,
  IgnoredUserListAccountDataEventContent,
  InvitePermissionConfigAccountDataEventContent,
  KeyBackupAccountDataEventContent,
  MarkedUnreadAccountDataEventContent,
  PushRulesAccountDataEventContent,
  RecentEmojiAccountDataEventContent,
  RoomTagAccountDataEventContent,
} from "./account_data.ts";
import type { BeeperMessageStatusEventContent, BeeperRoomKeyAckEventContent } from "./beeper.ts";
import type { EncryptedEventContent, EncryptedOlmEventContent } from "./encrypted.ts";
import type { PresenceEventContent, ReceiptEventContent, TypingEventContent } from "./ephemeral.ts";
import type { ImagePackRoomsAccountDataEventContent, RoomImagePackStateEventContent } from "./image_pack.ts";
import type { MemberStateEventContent, ThirdPartyInviteStateEventContent } from "./member.ts";
import type {
  AudioMessageEventContent,
  FileMessageEventContent,
  ImageMessageEventContent,
  LocationMessageEventContent,
  MessageEventContent,
  ServerNoticeMessageEventContent,
  StickerEventContent,
  TextMessageEventContent,
  VerificationRequestMessageEventContent,
  VideoMessageEventContent,
} from "./message.ts";
import type {
  PolicyRuleStateEventContent,
  RoomPolicyStateEventContent,
  ServerACLStateEventContent,
} from "./policy.ts";
import type { PowerLevelStateEventContent } from "./power_levels.ts";
import type { ReactionEventContent, RedactionEventContent } from "./relations.ts";
import type {
  CanonicalAliasStateEventContent,
  JoinRulesStateEventContent,
  RoomAvatarStateEventContent,
  RoomCreateStateEventContent,
  RoomEncryptionStateEventContent,
  RoomGuestAccessStateEventContent,
  RoomHistoryVisibilityStateEventContent,
  RoomNameStateEventContent,
  RoomPinnedEventsStateEventContent,
  RoomTombstoneStateEventContent,
  RoomTopicStateEventContent,
} from "./room.ts";
import type {
  EncryptedAccountDataEventContent,
  KeyMetadata,
  SecretStorageDefaultKeyEventContent,
} from "./secret_storage.ts";
import type { SpaceChildStateEventContent, SpaceParentStateEventContent } from "./space.ts";
import type {
  DummyEventContent,
  ForwardedRoomKeyEventContent,
  RoomKeyBundleEventContent,
  RoomKeyEventContent,
  RoomKeyRequestEventContent,
  RoomKeyWithheldEventContent,
  SecretRequestEventContent,
  SecretSendEventContent,
} from "./to_device.ts";
import type {
  ReciprocateVerificationStartEventContent,
  SASVerificationStartEventContent,
  VerificationAcceptEventContent,
  VerificationCancelEventContent,
  VerificationDoneEventContent,
  VerificationKeyEventContent,
  VerificationMacEventContent,
  VerificationReadyEventContent,
  VerificationRequestEventContent,
  VerificationStartEventContent,
} from "./verification.ts";
import type {
  CallAnswerEventContent,
  CallCandidatesEventContent,
  CallHangupEventContent,
  CallInviteEventContent,
  CallNegotiateEventContent,
  CallRejectEventContent,
  CallSDPStreamMetadataChangedEventContent,
  CallSelectAnswerEventContent,
} from "./voip.ts";

/** Content of state events, by type. */
export interface StateContentMap {
  /** How the room was made. */
  "m.room.create": RoomCreateStateEventContent;
  /** How a user stands to the room; the state key is the user's ID. */
  "m.room.member": MemberStateEventContent;
  /** Who may do what. */
  "m.room.power_levels": PowerLevelStateEventContent;
  /** How one gets into the room. */
  "m.room.join_rules": JoinRulesStateEventContent;
  /** Who can see what was said before they joined. */
  "m.room.history_visibility": RoomHistoryVisibilityStateEventContent;
  /** Whether guests may join. */
  "m.room.guest_access": RoomGuestAccessStateEventContent;
  /** The room's name. */
  "m.room.name": RoomNameStateEventContent;
  /** What the room is about. */
  "m.room.topic": RoomTopicStateEventContent;
  /** The room's picture. */
  "m.room.avatar": RoomAvatarStateEventContent;
  /** The room's main alias. */
  "m.room.canonical_alias": CanonicalAliasStateEventContent;
  /** Events that are pinned. */
  "m.room.pinned_events": RoomPinnedEventsStateEventContent;
  /** That messages are encrypted, and how. */
  "m.room.encryption": RoomEncryptionStateEventContent;
  /** That another room has taken the place of this one. */
  "m.room.tombstone": RoomTombstoneStateEventContent;
  /** An invitation to an address; the state key is its token. */
  "m.room.third_party_invite": ThirdPartyInviteStateEventContent;
  /** Which servers may take part. */
  "m.room.server_acl": ServerACLStateEventContent;
  /** Which server judges events before they are sent. */
  "m.room.policy": RoomPolicyStateEventContent;
  /** A pack of emoticons or stickers. */
  "m.room.image_pack": RoomImagePackStateEventContent;
  /** A room of the space; the state key is its ID. */
  "m.space.child": SpaceChildStateEventContent;
  /** A space that the room is in; the state key is its ID. */
  "m.space.parent": SpaceParentStateEventContent;
  /** Advice about users. */
  "m.policy.rule.user": PolicyRuleStateEventContent;
  /** Advice about rooms. */
  "m.policy.rule.room": PolicyRuleStateEventContent;
  /** Advice about servers. */
  "m.policy.rule.server": PolicyRuleStateEventContent;
}

/** Content of the steps of a key verification, which are sent to devices or as messages. */
export interface VerificationContentMap {
  /** That a device is ready to verify. */
  "m.key.verification.ready": VerificationReadyEventContent;
  /** How keys are verified. */
  "m.key.verification.start":
    | VerificationMethodContentMap[keyof VerificationMethodContentMap]
    | VerificationStartEventContent;
  /** That a device agrees on how. */
  "m.key.verification.accept": VerificationAcceptEventContent;
  /** A device's ephemeral key. */
  "m.key.verification.key": VerificationKeyEventContent;
  /** Codes of a device's keys. */
  "m.key.verification.mac": VerificationMacEventContent;
  /** That a device has verified the other. */
  "m.key.verification.done": VerificationDoneEventContent;
  /** That the verification ended early. */
  "m.key.verification.cancel": VerificationCancelEventContent;
}

/** Content of `m.key.verification.start`, by method. */
export interface VerificationMethodContentMap {
  /** Short strings that people compare. */
  "m.sas.v1": SASVerificationStartEventContent;
  /** A QR code that was scanned. */
  "m.reciprocate.v1": ReciprocateVerificationStartEventContent;
}

/** Content of room events that are not state, by type. */
export interface MessageContentMap extends VerificationContentMap {
  /** A message; its content depends on its `msgtype`, see {@linkcode MessageTypeContentMap}. */
  "m.room.message": MessageEventContent;
  /** An encrypted event. */
  "m.room.encrypted": EncryptedEventContent;
  /** That an event's content is taken away. */
  "m.room.redaction": RedactionEventContent;
  /** A reaction to an event. */
  "m.reaction": ReactionEventContent;
  /** A sticker. */
  "m.sticker": StickerEventContent;
  /** That somebody calls. */
  "m.call.invite": CallInviteEventContent;
  /** Ways on which devices may reach each other. */
  "m.call.candidates": CallCandidatesEventContent;
  /** That a device answers a call. */
  "m.call.answer": CallAnswerEventContent;
  /** Which device's answer was chosen. */
  "m.call.select_answer": CallSelectAnswerEventContent;
  /** A change of a running call. */
  "m.call.negotiate": CallNegotiateEventContent;
  /** What a call's streams are for. */
  "m.call.sdp_stream_metadata_changed": CallSDPStreamMetadataChangedEventContent;
  /** That a call ended. */
  "m.call.hangup": CallHangupEventContent;
  /** That a call is not taken. */
  "m.call.reject": CallRejectEventContent;
  /** Whether a message got through a bridge. */
  "com.beeper.message_send_status": BeeperMessageStatusEventContent;
}

/** Content of `m.room.message`, by `msgtype`. */
export interface MessageTypeContentMap {
  /** Text. */
  "m.text": TextMessageEventContent<"m.text">;
  /** What somebody does, as in `/me`. */
  "m.emote": TextMessageEventContent<"m.emote">;
  /** Text of a program, which programs do not answer. */
  "m.notice": TextMessageEventContent<"m.notice">;
  /** A picture. */
  "m.image": ImageMessageEventContent;
  /** A video. */
  "m.video": VideoMessageEventContent;
  /** A sound. */
  "m.audio": AudioMessageEventContent;
  /** A file of another kind. */
  "m.file": FileMessageEventContent;
  /** A place. */
  "m.location": LocationMessageEventContent;
  /** Something that the homeserver wants to tell. */
  "m.server_notice": ServerNoticeMessageEventContent;
  /** The wish to verify keys. */
  "m.key.verification.request": VerificationRequestMessageEventContent;
}

/** Content of events for devices, by type. */
export interface ToDeviceContentMap extends VerificationContentMap {
  /** An encrypted event. */
  "m.room.encrypted": EncryptedOlmEventContent;
  /** A room's key. */
  "m.room_key": RoomKeyEventContent;
  /** That a key is not given. */
  "m.room_key.withheld": RoomKeyWithheldEventContent;
  /** That a key is not given, before this was specified. */
  "org.matrix.room_key.withheld": RoomKeyWithheldEventContent;
  /** The wish for a key. */
  "m.room_key_request": RoomKeyRequestEventContent;
  /** A room's key from another device than the one that made it. */
  "m.forwarded_room_key": ForwardedRoomKeyEventContent;
  /** Keys of a room's history. */
  "m.room_key_bundle": RoomKeyBundleEventContent;
  /** Nothing: what counts is that it is encrypted. */
  "m.dummy": DummyEventContent;
  /** The wish for a secret. */
  "m.secret.request": SecretRequestEventContent;
  /** A secret. */
  "m.secret.send": SecretSendEventContent;
  /** The wish to verify keys. */
  "m.key.verification.request": VerificationRequestEventContent;
  /** That a device has got a key. */
  "com.beeper.room_key.ack": BeeperRoomKeyAckEventContent;
}

/** Content of events that are not kept, by type. */
export interface EphemeralContentMap {
  /** Who is typing. */
  "m.typing": TypingEventContent;
  /** Who has read what. */
  "m.receipt": ReceiptEventContent;
  /** Whether a user is there. */
  "m.presence": PresenceEventContent;
}

/** Content of account data that is not about one room, by type. */
export interface GlobalAccountDataContentMap {
  /** Which rooms are direct chats. */
  "m.direct": DirectAccountDataEventContent;
  /** Which events notify the user. */
  "m.push_rules": PushRulesAccountDataEventContent;
  /** Whom the user ignores. */
  "m.ignored_user_list": IgnoredUserListAccountDataEventContent;
  /** Which invites the user takes. */
  "m.invite_permission_config": InvitePermissionConfigAccountDataEventContent;
  /** The user's identity server. */
  "m.identity_server": IdentityServerAccountDataEventContent;
  /** Terms of service that the user has agreed to. */
  "m.accepted_terms": AcceptedTermsAccountDataEventContent;
  /** Packs of emoticons and stickers that the user wants everywhere. */
  "m.image_pack.rooms": ImagePackRoomsAccountDataEventContent;
  /** Emoji that the user likes. */
  "m.recent_emoji": RecentEmojiAccountDataEventContent;
  /** Whether the user wants keys to be backed up. */
  "m.key_backup": KeyBackupAccountDataEventContent;
  /** Which key secrets are encrypted with. */
  "m.secret_storage.default_key": SecretStorageDefaultKeyEventContent;
  /** A key that secrets are encrypted with, without the key itself. */
  [type: `m.secret_storage.key.${string}`]: KeyMetadata;
  /** The private master key, encrypted. */
  "m.cross_signing.master": EncryptedAccountDataEventContent;
  /** The private self-signing key, encrypted. */
  "m.cross_signing.self_signing": EncryptedAccountDataEventContent;
  /** The private user-signing key, encrypted. */
  "m.cross_signing.user_signing": EncryptedAccountDataEventContent;
  /** The private key of the key backup, encrypted. */
  "m.megolm_backup.v1": EncryptedAccountDataEventContent;
}

/** Content of account data about one room, by type. */
export interface RoomAccountDataContentMap {
  /** The room's tags. */
  "m.tag": RoomTagAccountDataEventContent;
  /** Up to where the room was read. */
  "m.fully_read": FullyReadAccountDataEventContent;
  /** Whether the room counts as unread. */
  "m.marked_unread": MarkedUnreadAccountDataEventContent;
}

/** Content of account data, by type. */
export interface AccountDataContentMap extends GlobalAccountDataContentMap, RoomAccountDataContentMap {}
