/**
 * Application services: bots and bridges to which the homeserver sends events.
 *
 * @example Create a registration
 * ```ts
 * import { createRegistration, registrationYAML } from "@mtx/client/appservice";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const registration = createRegistration({
 *   id: "echo",
 *   url: "https://echo.example.org",
 *   senderLocalpart: "echo",
 * });
 * assertStringIncludes(registrationYAML(registration), "https://echo.example.org");
 * ```
 *
 * @module
 */
export {
  AppService,
  type AppServiceContext,
  type AppServiceHandlerOptions,
  type AppServiceOptions,
  type PuppetOptions,
} from "./app_service.ts";
export type {
  AppServiceCustomEvent,
  AppServiceEvent,
  AppServiceEventOf,
  AppServiceEventType,
  AppServiceOrigin,
  AppServiceRoomOf,
  DefaultAppServiceOrigin,
} from "./events.ts";
export {
  type AppserviceDeviceLists,
  type AppserviceFallbackKeys,
  type AppserviceHandler,
  appserviceHandler,
  type AppserviceHandlerOptions,
  type AppserviceKeyCounts,
  type AppserviceRequestOptions,
  type AppserviceTransaction,
  type ThirdPartyLookups,
} from "./handler.ts";
export {
  type EnsureJoinedOptions,
  type ErrorAndLeaveOptions,
  type GetRoomMembersOptions,
  IntentAPI,
  type IntentOptions,
  type MarkReadOptions,
} from "./intent.ts";
export { createRegistration, type CreateRegistrationOptions, registrationYAML } from "./registration.ts";
export {
  type AtomicKeyValueOperation,
  type AtomicKeyValueStore,
  KvTransactionStore,
  MemoryTransactionStore,
  type TransactionClaim,
  type TransactionStore,
} from "./transaction_store.ts";
