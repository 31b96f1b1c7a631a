/**
 * End-to-end encryption as a plug-in, and encrypted attachments.
 *
 * @example Encrypt and decrypt an attachment
 * ```ts
 * import { decryptAttachment, encryptAttachment } from "@mtx/client/crypto";
 * import { assertEquals } from "@std/assert";
 *
 * const encryption = encryptAttachment();
 * const encrypted = await new Response(new Blob(["Tea"]).stream().pipeThrough(encryption)).blob();
 * const file = { ...await encryption.file, url: "mxc://example.org/tea" } as const;
 *
 * const decrypted = encrypted.stream().pipeThrough(decryptAttachment(file));
 * assertEquals(await new Response(decrypted).text(), "Tea");
 * ```
 *
 * @module
 */
export {
  type AttachmentEncryption,
  decryptAttachment,
  type DecryptAttachmentOptions,
  encryptAttachment,
  type EncryptedFileInfo,
} from "./attachments.ts";
export { MemoryStringStore, StoreTakenOver, type StringStore } from "./string_store.ts";
export {
  type EnumerableStorage,
  type KeyValueDatabase,
  type KeyValueOperation,
  KvStringStore,
  WebStorageStringStore,
} from "./string_stores.ts";
export {
  type BackupKey,
  type CrossSigningState,
  type CryptoChanges,
  type CryptoEngine,
  type CryptoRequest,
  type DecryptedEvent,
  type EngineVerification,
  type IdentityEngine,
  type RoomEncryption,
  Undecryptable,
} from "./engine.ts";
export { CryptoDriver, CryptoStoreOutdated } from "./driver.ts";
export { type OlmSdk, openOlm, openOlmEngine, type OpenOlmOptions } from "./olm.ts";
export type { CryptoConnection } from "./connection.ts";
export type { CryptoSettings } from "./options.ts";
export { formatRecoveryKey, parseRecoveryKey } from "./recovery_key.ts";
export { VerificationCancelled } from "./verification.ts";
export type * from "../sync/encryption.ts";
export type { EventEncryption } from "../sync/events.ts";
export type * from "../sync/identity.ts";
