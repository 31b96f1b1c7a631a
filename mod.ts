/**
 * A Matrix client library for Deno, Bun, Node.js, browsers and edge runtimes. {@linkcode ClientAPI} has a method for each endpoint.
 * {@linkcode Client} is a `ClientAPI` that syncs and delivers events to handlers. {@linkcode HTTPAPI} sends the requests.
 *
 * This entry point exports what most programs use, and every error class. `@mtx/client/client`, `@mtx/client/http` and
 * `@mtx/client/types` export everything.
 *
 * @example Log in, send and sync
 * ```ts
 * import { ClientAPI, isRoomMessage } from "@mtx/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
 * await client.login({ identifier: "alice", password: "secret" });
 * const roomId = await client.createRoom({ name: "Lunch", invitees: ["@bob:example.org"] });
 * const { next_batch: since } = await client.sync({ timeout: 0 });
 *
 * await client.sendText(roomId, { html: "<b>Soup</b> today" });
 * const { rooms } = await client.sync({ since });
 * const [event] = rooms?.join?.[roomId]?.timeline?.events ?? [];
 * assertEquals(isRoomMessage(event) && event.content.body, "**Soup** today");
 * ```
 *
 * @example Catch an error by its class
 * ```ts
 * import { ClientAPI, MForbidden } from "@mtx/client";
 * import { assertRejects } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
 * await assertRejects(() => client.joinRoom("#private:example.org"), MForbidden);
 * ```
 *
 * @module
 */

// Values come from the files that define them: the other entry points would load files that programs do not need. Types are not
// loaded.
export { ClientAPI } from "./client/client_api.ts";
export { Client } from "./client/sync/client.ts";
export { HTTPAPI } from "./http/http_api.ts";
export { accountUrl } from "./client/oauth.ts";
export { answerStages, makeClientSecret } from "./client/authentication.ts";
export { htmlToText } from "./client/content/html_to_text.ts";
export {
  isContentUri,
  isEventId,
  isRoomAlias,
  isRoomId,
  isUserId,
  matrixToUrl,
  matrixUri,
  MatrixURIError,
  parseMatrixUri,
  parseMxcUri,
  tryParseMatrixUri,
} from "./types/identifiers.ts";
export {
  actionLevel,
  ensureEventLevel,
  ensureUserLevel,
  eventLevel,
  membershipChange,
  notificationLevel,
  setEventLevel,
  setUserLevel,
  userLevel,
} from "./client/content/room_state.ts";
export { isMentioned, matchPushRules } from "./client/content/push_rules.ts";
export {
  ensureHtml,
  getEdit,
  getRelatesTo,
  getReplyTo,
  getThreadParent,
  hasRelation,
  makeEdit,
  makeReply,
  setThreadParent,
  trimReplyFallback,
} from "./client/content/message.ts";
export {
  compareVersions,
  hasLegacyVersions,
  hasModernVersions,
  latestVersion,
  parseVersion,
  supportsAtLeast,
  supportsVersion,
} from "./client/discovery.ts";
export { RefreshingTokens } from "./client/session/refreshing_tokens.ts";
export { sessionOf } from "./client/session/session.ts";
export {
  KvSessionStore,
  KvSyncStore,
  MemorySessionStore,
  MemorySyncStore,
  WebStorageSessionStore,
  WebStorageSyncStore,
} from "./client/stores.ts";
export { autojoin, followUpgrades } from "./client/sync/plugins.ts";
export { silentLog } from "./http/observe.ts";
export { path } from "./http/request.ts";
export {
  CryptoError,
  DecryptedPayloadError,
  DecryptionError,
  DeviceValidationError,
  DuplicateMessageIndex,
  EncryptionError,
  FileTooLargeError,
  GroupSessionWithheldError,
  IntentError,
  MatchingSessionDecryptionError,
  MatrixBadContent,
  MatrixBadRequest,
  MatrixConnectionError,
  MatrixError,
  MatrixInvalidToken,
  MatrixOAuthError,
  MatrixRequestError,
  MatrixResponseError,
  MatrixStandardRequestError,
  MatrixTimeoutError,
  MatrixUIARequired,
  MatrixUnknownRequestError,
  MismatchingRoomError,
  SessionNotFound,
  SessionShareError,
  VerificationError,
  WellKnownError,
  WellKnownInvalidVersionsResponse,
  WellKnownMissingHomeserver,
  WellKnownNotJSON,
  WellKnownNotURL,
  WellKnownUnexpectedStatus,
  WellKnownUnsupportedScheme,
} from "./http/errors/base.ts";
export {
  MAlreadyJoined,
  MAppserviceLoginUnsupported,
  MBadAlias,
  MBadJSON,
  MBadState,
  MBadStatus,
  MCannotLeaveServerNoticeRoom,
  MCannotOverwriteMedia,
  MCaptchaInvalid,
  MCaptchaNeeded,
  MConnectionFailed,
  MConnectionTimeout,
  MDuplicateAnnotation,
  MExclusive,
  MForbidden,
  MGuestAccessForbidden,
  MIncompatibleRoomVersion,
  MInsufficientPower,
  MInvalidParam,
  MInvalidRoomState,
  MInvalidSignature,
  MInvalidUsername,
  MInviteBlocked,
  MKeyTooLarge,
  MLimitExceeded,
  MMissingParam,
  MMissingToken,
  MNotFound,
  MNotJoined,
  MNotJSON,
  MNotYetUploaded,
  MProfileTooLarge,
  MResourceLimitExceeded,
  MRoomInUse,
  MServerNotTrusted,
  MThreepidAuthFailed,
  MThreepidDenied,
  MThreepidInUse,
  MThreepidMediumNotSupported,
  MThreepidNotFound,
  MTooLarge,
  MUnauthorized,
  MUnknown,
  MUnknownDevice,
  MUnknownEndpoint,
  MUnknownToken,
  MUnrecognized,
  MUnsupportedRoomVersion,
  MURLNotSet,
  MUserDeactivated,
  MUserInUse,
  MUserLimitExceeded,
  MUserLocked,
  MUserSuspended,
  MWeakPassword,
  MWrongRoomKeysVersion,
} from "./http/errors/codes.ts";
export { registerErrorCode } from "./http/response.ts";
export { firstFlowOfType, supportsLoginType } from "./types/auth.ts";
export {
  classifyEvent,
  isAccountDataEvent,
  isEdit,
  isEphemeralEvent,
  isMessageEvent,
  isRedacted,
  isRoomMessage,
  isStateEvent,
  isToDeviceEvent,
} from "./types/events/guards.ts";
export type {
  AutojoinOptions,
  ClientAPIOptions,
  ClientOptions,
  CreateRoomOptions,
  DownloadMediaOptions,
  EventHandler,
  EventOrigin,
  GetMessagesOptions,
  HandledEvent,
  HandledRoomEvent,
  HandlerContext,
  HandlerOptions,
  JoinRoomOptions,
  LoginOptions,
  MatrixURI,
  MembershipChange,
  RedactOptions,
  RunOptions,
  SendFileOptions,
  SendImageOptions,
  SendOptions,
  SendTextContent,
  SendTextOptions,
  Session,
  SessionStore,
  SyncOptions,
  SyncState,
  SyncStore,
  UIAAnswer,
  UploadMediaOptions,
  VersionsResponse,
} from "./client/mod.ts";
export type {
  HTTPAPIOptions,
  HTTPHooks,
  RequestOptions,
  RetryPolicy,
  StreamResponse,
  UploadData,
  UploadSource,
} from "./http/mod.ts";
export type {
  AccountDataEvent,
  ContentURI,
  DeviceID,
  EphemeralEvent,
  EventContext,
  EventID,
  ImageInfo,
  JoinedMembers,
  JsonObject,
  JsonValue,
  LoginFlowList,
  LoginResponse,
  MediaInfo,
  Membership,
  MemberStateEventContent,
  MessageContentMap,
  MessageEvent,
  MessageEventContent,
  MessageType,
  PaginatedMessages,
  PowerLevelStateEventContent,
  PresenceState,
  PublicRoomInfo,
  ReactionEvent,
  RedactionEvent,
  RelatesTo,
  RoomAlias,
  RoomDirectoryResponse,
  RoomEvent,
  RoomID,
  RoomMessageEvent,
  StateContentMap,
  StateEvent,
  SyncResponse,
  SyncToken,
  TextMessageEventContent,
  ToDeviceEvent,
  UserID,
  WhoamiResponse,
} from "./types/mod.ts";
