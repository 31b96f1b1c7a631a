/**
 * Syncing: {@linkcode Client}, its options and stores, and what its handlers get.
 *
 * @module
 */
export { Client } from "./client.ts";
export type { DeliveryOptions } from "./deliver.ts";
export type * from "./encryption.ts";
export type * from "./identity.ts";
export type {
  AnyHandledEvent,
  AnyHandlerContext,
  ContentOf,
  CustomEvent,
  DefaultOrigin,
  EventEncryption,
  EventHandler,
  EventOf,
  EventOrigin,
  HandledEvent,
  HandledEventType,
  HandledRoomEvent,
  HandlerContext,
  HandlerOptions,
  InRoom,
  NotRoomEvent,
  OneHandledEvent,
  ReceivedContent,
  RedactedContent,
  RedactionProof,
  RoomEventOrigin,
  RoomOf,
  SendFromHandler,
  WaitUntilOptions,
} from "./events.ts";
export { autojoin, type AutojoinOptions, followUpgrades } from "./plugins.ts";
export type { Backoff } from "./retry.ts";
export type { ClientOptions, PollOptions, RunOptions, SyncState, SyncStateName } from "./session.ts";
