/**
 * End-to-end encryption as a plug-in, and encrypted attachments.
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
