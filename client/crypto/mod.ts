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
