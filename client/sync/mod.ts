/**
 * Syncing: {@linkcode Client}, which hears of everything that happens, and what it is told with.
 *
 * @module
 */
export { Client } from "./client.ts";
export { autojoin, type AutojoinOptions } from "./autojoin.ts";
export { followUpgrades } from "./follow_upgrades.ts";
export type {
  AnyHandledEvent,
  AnyHandlerContext,
  EventHandler,
  EventOrigin,
  HandledEphemeralEvent,
  HandledEvent,
  HandledEventType,
  HandledRoom,
  HandledRoomEvent,
  HandledStateEvent,
  HandlerContext,
  RoomEventType,
} from "./handler_types.ts";
export type {
  Backoff,
  ClientOptions,
  DispatchOptions,
  HandlerOptions,
  RunOptions,
  SyncStreamOptions,
} from "./options.ts";
export type { SyncState, SyncStateName } from "./state.ts";
export {
  type KeyPart,
  type KeyValueStore,
  KvSyncStore,
  MemorySyncStore,
  type StorageLike,
  type SyncStore,
  WebStorageSyncStore,
} from "./stores.ts";
