/**
 * Application services: bots and bridges to which the homeserver sends events.
 *
 * @module
 */
export { createRegistration, type CreateRegistrationOptions, registrationYAML } from "./registration.ts";
export {
  type AtomicKeyValueOperation,
  type AtomicKeyValueStore,
  KvTransactionStore,
  MemoryTransactionStore,
  type TransactionClaim,
  type TransactionStore,
} from "./transaction_store.ts";
