/**
 * Content by event type. Each type takes one line.
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

/** Content of state events, by event type. */
export interface StateContentMap {
  /** Creation of the room. */
  "m.room.create": RoomCreateStateEventContent;
  /** Membership of a user. The state key is the user ID. */
  "m.room.member": MemberStateEventContent;
  /** Power levels of the room. */
  "m.room.power_levels": PowerLevelStateEventContent;
  /** Rules for joining the room. */
  "m.room.join_rules": JoinRulesStateEventContent;
  /** Visibility of events from before a user joined. */
  "m.room.history_visibility": RoomHistoryVisibilityStateEventContent;
  /** Whether guests may join the room. */
  "m.room.guest_access": RoomGuestAccessStateEventContent;
  /** Name of the room. */
  "m.room.name": RoomNameStateEventContent;
  /** Topic of the room. */
  "m.room.topic": RoomTopicStateEventContent;
  /** Avatar of the room. */
  "m.room.avatar": RoomAvatarStateEventContent;
  /** Main alias and alternative aliases of the room. */
  "m.room.canonical_alias": CanonicalAliasStateEventContent;
  /** Pinned events. */
  "m.room.pinned_events": RoomPinnedEventsStateEventContent;
  /** Encryption settings of the room. */
  "m.room.encryption": RoomEncryptionStateEventContent;
  /** Replacement of the room by another one. */
  "m.room.tombstone": RoomTombstoneStateEventContent;
  /** Invitation of a third-party ID such as an email address. The state key is a token. */
  "m.room.third_party_invite": ThirdPartyInviteStateEventContent;
  /** Servers that may take part in the room. */
  "m.room.server_acl": ServerACLStateEventContent;
  /** Policy server, which checks events before they are sent. */
  "m.room.policy": RoomPolicyStateEventContent;
  /** A pack of emoticons or stickers. */
  "m.room.image_pack": RoomImagePackStateEventContent;
  /** A room in the space. The state key is the room ID. */
  "m.space.child": SpaceChildStateEventContent;
  /** A space that contains the room. The state key is the space's room ID. */
  "m.space.parent": SpaceParentStateEventContent;
  /** Moderation policy about users. */
  "m.policy.rule.user": PolicyRuleStateEventContent;
  /** Moderation policy about rooms. */
  "m.policy.rule.room": PolicyRuleStateEventContent;
  /** Moderation policy about servers. */
  "m.policy.rule.server": PolicyRuleStateEventContent;
}

/** Content of key verification events, which are sent to devices or as room events, by event type. */
export interface VerificationContentMap {
  /** Acceptance of a verification request. */
  "m.key.verification.ready": VerificationReadyEventContent;
  /** Start of a verification, with its method. */
  "m.key.verification.start":
    | VerificationMethodContentMap[keyof VerificationMethodContentMap]
    | VerificationStartEventContent;
  /** Acceptance of a started verification, with the chosen algorithms. */
  "m.key.verification.accept": VerificationAcceptEventContent;
  /** Ephemeral public key of a device. */
  "m.key.verification.key": VerificationKeyEventContent;
  /** MACs of a device's keys. */
  "m.key.verification.mac": VerificationMacEventContent;
  /** Successful end of the verification. */
  "m.key.verification.done": VerificationDoneEventContent;
  /** Cancellation of the verification. */
  "m.key.verification.cancel": VerificationCancelEventContent;
}

/** Content of `m.key.verification.start` events, by method. */
export interface VerificationMethodContentMap {
  /** Comparison of short authentication strings. */
  "m.sas.v1": SASVerificationStartEventContent;
  /** Scan of a QR code. */
  "m.reciprocate.v1": ReciprocateVerificationStartEventContent;
}

/** Content of room events that are not state events, by event type. */
export interface MessageContentMap extends VerificationContentMap {
  /** A message. Its content depends on its `msgtype`, see {@linkcode MessageTypeContentMap}. */
  "m.room.message": MessageEventContent;
  /** An encrypted event. */
  "m.room.encrypted": EncryptedEventContent;
  /** A redaction. */
  "m.room.redaction": RedactionEventContent;
  /** A reaction. */
  "m.reaction": ReactionEventContent;
  /** A sticker. */
  "m.sticker": StickerEventContent;
  /** Invitation to a call. */
  "m.call.invite": CallInviteEventContent;
  /** ICE candidates. */
  "m.call.candidates": CallCandidatesEventContent;
  /** Acceptance of a call. */
  "m.call.answer": CallAnswerEventContent;
  /** Selection of the device with which the call continues. */
  "m.call.select_answer": CallSelectAnswerEventContent;
  /** Renegotiation of a call. */
  "m.call.negotiate": CallNegotiateEventContent;
  /** Change in the purpose of a call's streams. */
  "m.call.sdp_stream_metadata_changed": CallSDPStreamMetadataChangedEventContent;
  /** End of a call. */
  "m.call.hangup": CallHangupEventContent;
  /** Rejection of a call. */
  "m.call.reject": CallRejectEventContent;
  /** Status of a message that was sent through a bridge. */
  "com.beeper.message_send_status": BeeperMessageStatusEventContent;
}

/** Content of `m.room.message` events, by `msgtype`. */
export interface MessageTypeContentMap {
  /** Text. */
  "m.text": TextMessageEventContent<"m.text">;
  /** An action, as in `/me`. */
  "m.emote": TextMessageEventContent<"m.emote">;
  /** Text from a bot. Bots do not reply to notices. */
  "m.notice": TextMessageEventContent<"m.notice">;
  /** An image. */
  "m.image": ImageMessageEventContent;
  /** A video. */
  "m.video": VideoMessageEventContent;
  /** An audio file. */
  "m.audio": AudioMessageEventContent;
  /** Any other file. */
  "m.file": FileMessageEventContent;
  /** A geographic location. */
  "m.location": LocationMessageEventContent;
  /** A notice from the homeserver. */
  "m.server_notice": ServerNoticeMessageEventContent;
  /** A request to verify keys. */
  "m.key.verification.request": VerificationRequestMessageEventContent;
}

/** Content of to-device events, by event type. */
export interface ToDeviceContentMap extends VerificationContentMap {
  /** An encrypted event. */
  "m.room.encrypted": EncryptedOlmEventContent;
  /** A Megolm session key. */
  "m.room_key": RoomKeyEventContent;
  /** Notice that a Megolm session key is withheld. */
  "m.room_key.withheld": RoomKeyWithheldEventContent;
  /** Notice that a Megolm session key is withheld, under its unstable type. */
  "org.matrix.room_key.withheld": RoomKeyWithheldEventContent;
  /** A request for a Megolm session key. */
  "m.room_key_request": RoomKeyRequestEventContent;
  /** A Megolm session key that another device forwards. */
  "m.forwarded_room_key": ForwardedRoomKeyEventContent;
  /** Session keys of a room's history. */
  "m.room_key_bundle": RoomKeyBundleEventContent;
  /** An empty event, sent to establish an Olm session. */
  "m.dummy": DummyEventContent;
  /** A request for a secret. */
  "m.secret.request": SecretRequestEventContent;
  /** A secret. */
  "m.secret.send": SecretSendEventContent;
  /** A request to verify keys. */
  "m.key.verification.request": VerificationRequestEventContent;
  /** Acknowledgement of a room key. */
  "com.beeper.room_key.ack": BeeperRoomKeyAckEventContent;
}

/** Content of ephemeral events, by event type. */
export interface EphemeralContentMap {
  /** Users who are typing. */
  "m.typing": TypingEventContent;
  /** Read receipts. */
  "m.receipt": ReceiptEventContent;
  /** Presence of a user. */
  "m.presence": PresenceEventContent;
}

/** Content of global account data, by event type. */
export interface GlobalAccountDataContentMap {
  /** Direct chats. */
  "m.direct": DirectAccountDataEventContent;
  /** Push rules. */
  "m.push_rules": PushRulesAccountDataEventContent;
  /** Ignored users. */
  "m.ignored_user_list": IgnoredUserListAccountDataEventContent;
  /** Invites that the user accepts. */
  "m.invite_permission_config": InvitePermissionConfigAccountDataEventContent;
  /** Identity server of the user. */
  "m.identity_server": IdentityServerAccountDataEventContent;
  /** Terms of service that the user accepted. */
  "m.accepted_terms": AcceptedTermsAccountDataEventContent;
  /** Emoticon and sticker packs that are enabled in every room. */
  "m.image_pack.rooms": ImagePackRoomsAccountDataEventContent;
  /** Recently used emoji. */
  "m.recent_emoji": RecentEmojiAccountDataEventContent;
  /** Whether key backup is enabled. */
  "m.key_backup": KeyBackupAccountDataEventContent;
  /** Default key of the secret storage. */
  "m.secret_storage.default_key": SecretStorageDefaultKeyEventContent;
  /** Description of a secret storage key, without the key. */
  [type: `m.secret_storage.key.${string}`]: KeyMetadata;
  /** Encrypted private master key. */
  "m.cross_signing.master": EncryptedAccountDataEventContent;
  /** Encrypted private self-signing key. */
  "m.cross_signing.self_signing": EncryptedAccountDataEventContent;
  /** Encrypted private user-signing key. */
  "m.cross_signing.user_signing": EncryptedAccountDataEventContent;
  /** Encrypted private key of the key backup. */
  "m.megolm_backup.v1": EncryptedAccountDataEventContent;
}

/** Content of account data of a room, by event type. */
export interface RoomAccountDataContentMap {
  /** Tags of the room. */
  "m.tag": RoomTagAccountDataEventContent;
  /** Fully read marker of the room. */
  "m.fully_read": FullyReadAccountDataEventContent;
  /** Whether the room is marked as unread. */
  "m.marked_unread": MarkedUnreadAccountDataEventContent;
}

/** Content of account data, by event type. */
export interface AccountDataContentMap extends GlobalAccountDataContentMap, RoomAccountDataContentMap {}
