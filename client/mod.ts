/**
 * The client: {@linkcode ClientAPI}, one method an endpoint, in themes. Each theme is a class of its own with its own
 * page; the client is made of all of them. {@linkcode ClientAPI}'s page has an index of the methods.
 * {@linkcode Client} is a `ClientAPI` that syncs: it asks again and again, and hands each event to handlers.
 *
 * @example A client that knows who it is
 * ```ts
 * import { ClientAPI } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({
 *   baseUrl: "https://matrix.example.org",
 *   token: "secret",
 *   mxid: "@alice:example.org",
 * });
 * await client.setAccountData("org.example.colour", { colour: "green" });
 * assertEquals(await client.getAccountData("org.example.colour"), { colour: "green" });
 * ```
 *
 * @module
 */
export * from "./client_api.ts";
export {
  BaseClientAPI,
  type ClientAPIOptions,
  type ClientIdentity,
  type EndpointInput,
  type FillMemberEventCallback,
} from "./base.ts";
export {
  answerStages,
  type AnswerStagesOptions,
  makeClientSecret,
  type UIAAnswer,
  type UIACall,
  type UIAStage,
  type UIAStageAnswer,
} from "./authentication.ts";
export * from "./content/html_to_text.ts";
export {
  type IdentifierType,
  matrixToUrl,
  type MatrixURI,
  matrixUri,
  MatrixURIError,
  parseMatrixUri,
  tryParseMatrixUri,
  type URIAction,
} from "../types/identifiers.ts";
export {
  actionLevel,
  type CreateEvent,
  type EnsuredLevel,
  ensureEventLevel,
  ensureUserLevel,
  eventLevel,
  type EventLevelOptions,
  hasCreatorPower,
  type MembershipChange,
  membershipChange,
  notificationLevel,
  type PowerLevelAction,
  type RoomStateEvent,
  setEventLevel,
  setUserLevel,
  userLevel,
} from "./content/room_state.ts";
export * from "./content/push_rules.ts";
export {
  type Edited,
  ensureHtml,
  getEdit,
  getRelatesTo,
  getReplyTo,
  getThreadParent,
  hasRelation,
  makeEdit,
  makeReaction,
  makeReply,
  type Related,
  type RelatedEvent,
  type ReplyOptions,
  setThreadParent,
  type ThreadOptions,
  trimReplyFallback,
  type WithHtml,
} from "./content/message.ts";
export {
  RefreshingTokens,
  type RefreshingTokensOptions,
  type Renewal,
  type SessionEnd,
} from "./session/refreshing_tokens.ts";
export {
  type KeyPart,
  type KeyValueStore,
  type KvCheck,
  type KvDatabase,
  KvSessionStore,
  KvSyncStore,
  type KvTransaction,
  MemorySessionStore,
  MemorySyncStore,
  type SessionStorageLike,
  type SessionStore,
  type StorageLike,
  type SyncStore,
  WebStorageSessionStore,
  WebStorageSyncStore,
} from "./stores.ts";
export { type OAuthSession, type Session, sessionOf } from "./session/session.ts";
export * from "./sync/mod.ts";
