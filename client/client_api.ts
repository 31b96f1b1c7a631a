import { BridgingMethods } from "./administration.ts";

// Every theme, although the last imports the others one by one. Deno 2.9.6 reads a module twice if it is the first to import
// another, as each of them is without this list. With it, the library loads in nine tenths of the time.
export * from "./discovery.ts";
export * from "./oauth.ts";
export {
  AuthenticationMethods,
  type CreateLoginTokenOptions,
  type LoginOptions,
  type LogoutOptions,
  type SSOLoginOptions,
} from "./authentication.ts";
export * from "./account.ts";
export * from "./events.ts";
export {
  type AttachmentDecryptor,
  type AttachmentEncryption,
  type AttachmentEncryptor,
  type DecryptAttachmentOptions,
  type DownloadMediaOptions,
  type DownloadThumbnailOptions,
  type EncryptedFileInfo,
  type GetUrlPreviewOptions,
  MediaMethods,
  type StreamMediaOptions,
  type ThumbnailMethod,
  type UploadMediaOptions,
} from "./media.ts";
export * from "./sending.ts";
export * from "./users.ts";
export * from "./rooms.ts";
export * from "./directory.ts";
export * from "./room_settings.ts";
export * from "./keys.ts";
export * from "./push.ts";
export * from "./administration.ts";

/**
 * A client of the Matrix client-server API, with a method for each endpoint.
 *
 * It stores only the user, the device, the access token and the versions that the homeserver supports. For endpoints
 * without a method, use `request()` of {@linkcode BaseClientAPI.prototype.api | api}.
 *
 * The methods by theme:
 *
 * - **The client** ({@linkcode BaseClientAPI}):
 *   {@linkcode BaseClientAPI.prototype.mxid | mxid},
 *   {@linkcode BaseClientAPI.prototype.localpart | localpart},
 *   {@linkcode BaseClientAPI.prototype.domain | domain},
 *   {@linkcode BaseClientAPI.prototype.deviceId | deviceId},
 *   {@linkcode BaseClientAPI.prototype.api | api},
 *   {@linkcode BaseClientAPI.prototype.log | log},
 *   {@linkcode BaseClientAPI.prototype.fillMemberEventCallback | fillMemberEventCallback},
 *   {@linkcode BaseClientAPI.parseUserId | parseUserId}
 * - **Discovery** ({@linkcode DiscoveryMethods}):
 *   {@linkcode DiscoveryMethods.discover | discover},
 *   {@linkcode DiscoveryMethods.discoverSupport | discoverSupport},
 *   {@linkcode DiscoveryMethods.discoverPolicyServer | discoverPolicyServer},
 *   {@linkcode DiscoveryMethods.prototype.versions | versions},
 *   {@linkcode DiscoveryMethods.prototype.versionsCache | versionsCache},
 *   {@linkcode DiscoveryMethods.prototype.getCapabilities | getCapabilities}
 * - **Calls** ({@linkcode CallMethods}):
 *   {@linkcode CallMethods.prototype.getTurnServer | getTurnServer}
 * - **OAuth 2.0** ({@linkcode OAuthMethods}):
 *   {@linkcode OAuthMethods.prototype.getAuthMetadata | getAuthMetadata},
 *   {@linkcode OAuthMethods.prototype.registerOAuthClient | registerOAuthClient},
 *   {@linkcode OAuthMethods.prototype.startAuthorization | startAuthorization},
 *   {@linkcode OAuthMethods.prototype.finishAuthorization | finishAuthorization},
 *   {@linkcode OAuthMethods.prototype.startDeviceAuthorization | startDeviceAuthorization},
 *   {@linkcode OAuthMethods.prototype.finishDeviceAuthorization | finishDeviceAuthorization}
 * - **Login and logout** ({@linkcode AuthenticationMethods}):
 *   {@linkcode AuthenticationMethods.prototype.getLoginFlows | getLoginFlows},
 *   {@linkcode AuthenticationMethods.prototype.login | login},
 *   {@linkcode AuthenticationMethods.prototype.logout | logout},
 *   {@linkcode AuthenticationMethods.prototype.logoutAll | logoutAll},
 *   {@linkcode AuthenticationMethods.prototype.whoami | whoami},
 *   {@linkcode AuthenticationMethods.prototype.refreshAccessToken | refreshAccessToken},
 *   {@linkcode AuthenticationMethods.prototype.createLoginToken | createLoginToken},
 *   {@linkcode AuthenticationMethods.prototype.getSSOLoginUrl | getSSOLoginUrl},
 *   {@linkcode AuthenticationMethods.prototype.getUIAFallbackUrl | getUIAFallbackUrl}
 * - **Accounts** ({@linkcode AccountMethods}):
 *   {@linkcode AccountMethods.prototype.register | register},
 *   {@linkcode AccountMethods.prototype.isUsernameAvailable | isUsernameAvailable},
 *   {@linkcode AccountMethods.prototype.isRegistrationTokenValid | isRegistrationTokenValid},
 *   {@linkcode AccountMethods.prototype.changePassword | changePassword},
 *   {@linkcode AccountMethods.prototype.deactivateAccount | deactivateAccount},
 *   {@linkcode AccountMethods.prototype.requestOpenIdToken | requestOpenIdToken}
 * - **Third-party identifiers** ({@linkcode ThirdPartyIDMethods}):
 *   {@linkcode ThirdPartyIDMethods.prototype.getThirdPartyIds | getThirdPartyIds},
 *   {@linkcode ThirdPartyIDMethods.prototype.requestEmailToken | requestEmailToken},
 *   {@linkcode ThirdPartyIDMethods.prototype.requestPhoneToken | requestPhoneToken},
 *   {@linkcode ThirdPartyIDMethods.prototype.submitPhoneToken | submitPhoneToken},
 *   {@linkcode ThirdPartyIDMethods.prototype.addThirdPartyId | addThirdPartyId},
 *   {@linkcode ThirdPartyIDMethods.prototype.bindThirdPartyId | bindThirdPartyId},
 *   {@linkcode ThirdPartyIDMethods.prototype.deleteThirdPartyId | deleteThirdPartyId},
 *   {@linkcode ThirdPartyIDMethods.prototype.unbindThirdPartyId | unbindThirdPartyId}
 * - **Devices** ({@linkcode DeviceMethods}):
 *   {@linkcode DeviceMethods.prototype.createDeviceMsc4190 | createDeviceMsc4190},
 *   {@linkcode DeviceMethods.prototype.getDevices | getDevices},
 *   {@linkcode DeviceMethods.prototype.getDevice | getDevice},
 *   {@linkcode DeviceMethods.prototype.setDeviceName | setDeviceName},
 *   {@linkcode DeviceMethods.prototype.deleteDevice | deleteDevice},
 *   {@linkcode DeviceMethods.prototype.deleteDevices | deleteDevices}
 * - **Filters** ({@linkcode FilterMethods}):
 *   {@linkcode FilterMethods.prototype.createFilter | createFilter},
 *   {@linkcode FilterMethods.prototype.getFilter | getFilter}
 * - **Syncing** ({@linkcode SyncMethods}):
 *   {@linkcode SyncMethods.prototype.sync | sync}
 * - **Peeking** ({@linkcode PeekingMethods}):
 *   {@linkcode PeekingMethods.prototype.peekEvents | peekEvents},
 *   {@linkcode PeekingMethods.prototype.getRoomInitialSync | getRoomInitialSync}
 * - **Room state** ({@linkcode StateMethods}):
 *   {@linkcode StateMethods.prototype.getStateEvent | getStateEvent},
 *   {@linkcode StateMethods.prototype.getState | getState},
 *   {@linkcode StateMethods.prototype.getMembers | getMembers},
 *   {@linkcode StateMethods.prototype.getJoinedMembers | getJoinedMembers},
 *   {@linkcode StateMethods.prototype.sendStateEvent | sendStateEvent}
 * - **Events** ({@linkcode MessageMethods}):
 *   {@linkcode MessageMethods.prototype.getEvent | getEvent},
 *   {@linkcode MessageMethods.prototype.getEventContext | getEventContext},
 *   {@linkcode MessageMethods.prototype.getMessages | getMessages},
 *   {@linkcode MessageMethods.prototype.iterateMessages | iterateMessages},
 *   {@linkcode MessageMethods.prototype.getEventByTimestamp | getEventByTimestamp}
 * - **Relations and threads** ({@linkcode RelationMethods}):
 *   {@linkcode RelationMethods.prototype.getRelations | getRelations},
 *   {@linkcode RelationMethods.prototype.iterateRelations | iterateRelations},
 *   {@linkcode RelationMethods.prototype.getThreads | getThreads},
 *   {@linkcode RelationMethods.prototype.iterateThreads | iterateThreads}
 * - **Media** ({@linkcode MediaMethods}):
 *   {@linkcode MediaMethods.prototype.uploadMedia | uploadMedia},
 *   {@linkcode MediaMethods.prototype.downloadMedia | downloadMedia},
 *   {@linkcode MediaMethods.prototype.downloadThumbnail | downloadThumbnail},
 *   {@linkcode MediaMethods.prototype.streamMedia | streamMedia},
 *   {@linkcode MediaMethods.prototype.createMxc | createMxc},
 *   {@linkcode MediaMethods.prototype.getUrlPreview | getUrlPreview},
 *   {@linkcode MediaMethods.prototype.getMediaRepoConfig | getMediaRepoConfig}
 * - **Sending messages** ({@linkcode SendingMethods}):
 *   {@linkcode SendingMethods.prototype.sendText | sendText},
 *   {@linkcode SendingMethods.prototype.sendNotice | sendNotice},
 *   {@linkcode SendingMethods.prototype.sendEmote | sendEmote},
 *   {@linkcode SendingMethods.prototype.sendMessage | sendMessage},
 *   {@linkcode SendingMethods.prototype.sendFile | sendFile},
 *   {@linkcode SendingMethods.prototype.sendImage | sendImage},
 *   {@linkcode SendingMethods.prototype.sendSticker | sendSticker},
 *   {@linkcode SendingMethods.prototype.react | react},
 *   {@linkcode SendingMethods.prototype.redact | redact},
 *   {@linkcode SendingMethods.prototype.sendMessageEvent | sendMessageEvent}
 * - **Profiles** ({@linkcode ProfileMethods}):
 *   {@linkcode ProfileMethods.prototype.getProfile | getProfile},
 *   {@linkcode ProfileMethods.prototype.getDisplayname | getDisplayname},
 *   {@linkcode ProfileMethods.prototype.setDisplayname | setDisplayname},
 *   {@linkcode ProfileMethods.prototype.getAvatarUrl | getAvatarUrl},
 *   {@linkcode ProfileMethods.prototype.setAvatarUrl | setAvatarUrl},
 *   {@linkcode ProfileMethods.prototype.getProfileField | getProfileField},
 *   {@linkcode ProfileMethods.prototype.setProfileField | setProfileField},
 *   {@linkcode ProfileMethods.prototype.deleteProfileField | deleteProfileField},
 *   {@linkcode ProfileMethods.prototype.beeperUpdateProfile | beeperUpdateProfile}
 * - **Typing, receipts and presence** ({@linkcode ActivityMethods}):
 *   {@linkcode ActivityMethods.prototype.setTyping | setTyping},
 *   {@linkcode ActivityMethods.prototype.sendReceipt | sendReceipt},
 *   {@linkcode ActivityMethods.prototype.setFullyReadMarker | setFullyReadMarker},
 *   {@linkcode ActivityMethods.prototype.setPresence | setPresence},
 *   {@linkcode ActivityMethods.prototype.getPresence | getPresence}
 * - **Account data and tags** ({@linkcode AccountDataMethods}):
 *   {@linkcode AccountDataMethods.prototype.getAccountData | getAccountData},
 *   {@linkcode AccountDataMethods.prototype.setAccountData | setAccountData},
 *   {@linkcode AccountDataMethods.prototype.getRoomTags | getRoomTags},
 *   {@linkcode AccountDataMethods.prototype.getRoomTag | getRoomTag},
 *   {@linkcode AccountDataMethods.prototype.setRoomTag | setRoomTag},
 *   {@linkcode AccountDataMethods.prototype.removeRoomTag | removeRoomTag}
 * - **Membership** ({@linkcode MembershipMethods}):
 *   {@linkcode MembershipMethods.prototype.joinRoom | joinRoom},
 *   {@linkcode MembershipMethods.prototype.joinRoomById | joinRoomById},
 *   {@linkcode MembershipMethods.prototype.leaveRoom | leaveRoom},
 *   {@linkcode MembershipMethods.prototype.inviteUser | inviteUser},
 *   {@linkcode MembershipMethods.prototype.inviteByThirdPartyId | inviteByThirdPartyId},
 *   {@linkcode MembershipMethods.prototype.knockRoom | knockRoom},
 *   {@linkcode MembershipMethods.prototype.kickUser | kickUser},
 *   {@linkcode MembershipMethods.prototype.banUser | banUser},
 *   {@linkcode MembershipMethods.prototype.unbanUser | unbanUser},
 *   {@linkcode MembershipMethods.prototype.sendMemberEvent | sendMemberEvent},
 *   {@linkcode MembershipMethods.prototype.fillMemberEvent | fillMemberEvent}
 * - **Rooms** ({@linkcode RoomMethods}):
 *   {@linkcode RoomMethods.prototype.createRoom | createRoom},
 *   {@linkcode RoomMethods.prototype.getJoinedRooms | getJoinedRooms},
 *   {@linkcode RoomMethods.prototype.forgetRoom | forgetRoom},
 *   {@linkcode RoomMethods.prototype.getRoomSummary | getRoomSummary},
 *   {@linkcode RoomMethods.prototype.upgradeRoom | upgradeRoom},
 *   {@linkcode RoomMethods.prototype.getMutualRooms | getMutualRooms},
 *   {@linkcode RoomMethods.prototype.iterateMutualRooms | iterateMutualRooms}
 * - **Spaces** ({@linkcode SpaceMethods}):
 *   {@linkcode SpaceMethods.prototype.getSpaceHierarchy | getSpaceHierarchy},
 *   {@linkcode SpaceMethods.prototype.iterateSpaceHierarchy | iterateSpaceHierarchy}
 * - **Aliases and directories** ({@linkcode DirectoryMethods}):
 *   {@linkcode DirectoryMethods.prototype.resolveRoomAlias | resolveRoomAlias},
 *   {@linkcode DirectoryMethods.prototype.addRoomAlias | addRoomAlias},
 *   {@linkcode DirectoryMethods.prototype.removeRoomAlias | removeRoomAlias},
 *   {@linkcode DirectoryMethods.prototype.getRoomAliases | getRoomAliases},
 *   {@linkcode DirectoryMethods.prototype.getRoomDirectory | getRoomDirectory},
 *   {@linkcode DirectoryMethods.prototype.iterateRoomDirectory | iterateRoomDirectory},
 *   {@linkcode DirectoryMethods.prototype.getRoomDirectoryVisibility | getRoomDirectoryVisibility},
 *   {@linkcode DirectoryMethods.prototype.setRoomDirectoryVisibility | setRoomDirectoryVisibility},
 *   {@linkcode DirectoryMethods.prototype.searchUsers | searchUsers}
 * - **Search** ({@linkcode SearchMethods}):
 *   {@linkcode SearchMethods.prototype.searchEvents | searchEvents},
 *   {@linkcode SearchMethods.prototype.iterateSearch | iterateSearch}
 * - **Room settings** ({@linkcode RoomSettingsMethods}):
 *   {@linkcode RoomSettingsMethods.prototype.setRoomName | setRoomName},
 *   {@linkcode RoomSettingsMethods.prototype.setRoomTopic | setRoomTopic},
 *   {@linkcode RoomSettingsMethods.prototype.setRoomAvatar | setRoomAvatar},
 *   {@linkcode RoomSettingsMethods.prototype.setJoinRule | setJoinRule},
 *   {@linkcode RoomSettingsMethods.prototype.setHistoryVisibility | setHistoryVisibility},
 *   {@linkcode RoomSettingsMethods.prototype.setGuestAccess | setGuestAccess},
 *   {@linkcode RoomSettingsMethods.prototype.getPowerLevels | getPowerLevels},
 *   {@linkcode RoomSettingsMethods.prototype.setPowerLevels | setPowerLevels},
 *   {@linkcode RoomSettingsMethods.prototype.getPinnedMessages | getPinnedMessages},
 *   {@linkcode RoomSettingsMethods.prototype.setPinnedMessages | setPinnedMessages},
 *   {@linkcode RoomSettingsMethods.prototype.pinMessage | pinMessage},
 *   {@linkcode RoomSettingsMethods.prototype.unpinMessage | unpinMessage},
 *   {@linkcode RoomSettingsMethods.prototype.getDirectRooms | getDirectRooms},
 *   {@linkcode RoomSettingsMethods.prototype.markDirect | markDirect}
 * - **Encryption keys and to-device messages** ({@linkcode KeyMethods}):
 *   {@linkcode KeyMethods.prototype.uploadKeys | uploadKeys},
 *   {@linkcode KeyMethods.prototype.queryKeys | queryKeys},
 *   {@linkcode KeyMethods.prototype.claimKeys | claimKeys},
 *   {@linkcode KeyMethods.prototype.getKeyChanges | getKeyChanges},
 *   {@linkcode KeyMethods.prototype.uploadCrossSigningKeys | uploadCrossSigningKeys},
 *   {@linkcode KeyMethods.prototype.uploadOneSignature | uploadOneSignature},
 *   {@linkcode KeyMethods.prototype.uploadManySignatures | uploadManySignatures},
 *   {@linkcode KeyMethods.prototype.sendToDevice | sendToDevice},
 *   {@linkcode KeyMethods.prototype.sendToOneDevice | sendToOneDevice}
 * - **Key backup** ({@linkcode KeyBackupMethods}):
 *   {@linkcode KeyBackupMethods.prototype.createKeyBackup | createKeyBackup},
 *   {@linkcode KeyBackupMethods.prototype.getCurrentKeyBackup | getCurrentKeyBackup},
 *   {@linkcode KeyBackupMethods.prototype.getKeyBackup | getKeyBackup},
 *   {@linkcode KeyBackupMethods.prototype.updateKeyBackup | updateKeyBackup},
 *   {@linkcode KeyBackupMethods.prototype.deleteKeyBackup | deleteKeyBackup},
 *   {@linkcode KeyBackupMethods.prototype.backUpKeys | backUpKeys},
 *   {@linkcode KeyBackupMethods.prototype.backUpRoomKeys | backUpRoomKeys},
 *   {@linkcode KeyBackupMethods.prototype.backUpSessionKey | backUpSessionKey},
 *   {@linkcode KeyBackupMethods.prototype.getBackedUpKeys | getBackedUpKeys},
 *   {@linkcode KeyBackupMethods.prototype.getBackedUpRoomKeys | getBackedUpRoomKeys},
 *   {@linkcode KeyBackupMethods.prototype.getBackedUpSessionKey | getBackedUpSessionKey},
 *   {@linkcode KeyBackupMethods.prototype.deleteBackedUpKeys | deleteBackedUpKeys},
 *   {@linkcode KeyBackupMethods.prototype.deleteBackedUpRoomKeys | deleteBackedUpRoomKeys},
 *   {@linkcode KeyBackupMethods.prototype.deleteBackedUpSessionKey | deleteBackedUpSessionKey}
 * - **Push rules** ({@linkcode PushMethods}):
 *   {@linkcode PushMethods.prototype.getPushRules | getPushRules},
 *   {@linkcode PushMethods.prototype.getPushRuleset | getPushRuleset},
 *   {@linkcode PushMethods.prototype.getPushRule | getPushRule},
 *   {@linkcode PushMethods.prototype.setPushRule | setPushRule},
 *   {@linkcode PushMethods.prototype.removePushRule | removePushRule},
 *   {@linkcode PushMethods.prototype.getPushRuleActions | getPushRuleActions},
 *   {@linkcode PushMethods.prototype.setPushRuleActions | setPushRuleActions},
 *   {@linkcode PushMethods.prototype.isPushRuleEnabled | isPushRuleEnabled},
 *   {@linkcode PushMethods.prototype.setPushRuleEnabled | setPushRuleEnabled}
 * - **Pushers and notifications** ({@linkcode PusherMethods}):
 *   {@linkcode PusherMethods.prototype.getPushers | getPushers},
 *   {@linkcode PusherMethods.prototype.setPusher | setPusher},
 *   {@linkcode PusherMethods.prototype.deletePusher | deletePusher},
 *   {@linkcode PusherMethods.prototype.getNotifications | getNotifications},
 *   {@linkcode PusherMethods.prototype.iterateNotifications | iterateNotifications}
 * - **Moderation** ({@linkcode ModerationMethods}):
 *   {@linkcode ModerationMethods.prototype.reportEvent | reportEvent},
 *   {@linkcode ModerationMethods.prototype.reportRoom | reportRoom},
 *   {@linkcode ModerationMethods.prototype.reportUser | reportUser},
 *   {@linkcode ModerationMethods.prototype.whois | whois},
 *   {@linkcode ModerationMethods.prototype.isUserLocked | isUserLocked},
 *   {@linkcode ModerationMethods.prototype.setUserLocked | setUserLocked},
 *   {@linkcode ModerationMethods.prototype.isUserSuspended | isUserSuspended},
 *   {@linkcode ModerationMethods.prototype.setUserSuspended | setUserSuspended}
 * - **Bridges** ({@linkcode BridgingMethods}):
 *   {@linkcode BridgingMethods.prototype.getThirdPartyProtocols | getThirdPartyProtocols},
 *   {@linkcode BridgingMethods.prototype.getThirdPartyProtocol | getThirdPartyProtocol},
 *   {@linkcode BridgingMethods.prototype.findThirdPartyLocations | findThirdPartyLocations},
 *   {@linkcode BridgingMethods.prototype.findThirdPartyLocationsByAlias | findThirdPartyLocationsByAlias},
 *   {@linkcode BridgingMethods.prototype.findThirdPartyUsers | findThirdPartyUsers},
 *   {@linkcode BridgingMethods.prototype.findThirdPartyUsersById | findThirdPartyUsersById},
 *   {@linkcode BridgingMethods.prototype.pingAppservice | pingAppservice},
 *   {@linkcode BridgingMethods.prototype.setNetworkDirectoryVisibility | setNetworkDirectoryVisibility}
 *
 * @example Logging in and sending a message
 * ```ts
 * import { ClientAPI } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
 * await client.login({ identifier: "alice", password: "secret" });
 * const roomId = await client.joinRoom("#lobby:example.org");
 * const eventId = await client.sendText(roomId, "Hello");
 * const event = await client.getEvent(roomId, eventId);
 * assertEquals(event.content, { msgtype: "m.text", body: "Hello" });
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/
 */
export class ClientAPI extends BridgingMethods {
}
