import type { RequestOptions } from "../http/options.ts";
import {
  checkUpload,
  isOneShot,
  isUploadSource,
  knownSize,
  streamOf,
  type UploadBodyOptions,
  type UploadData,
  type UploadSource,
} from "../http/upload/body.ts";
import { checkUploadCall } from "../http/upload/call.ts";
import { kindOf } from "../http/validate.ts";
import type { EncryptedFile, MediaInfo } from "../types/events/mod.ts";
import type { ContentURI } from "../types/identifiers.ts";
import type { AttachmentEncryption, DecryptAttachmentOptions } from "./crypto/attachments.ts";

/** Content of a file. A string is not content, because it is a content URI. */
export type FileSource = Exclude<UploadSource, string>;

/** Content of a file, or a function that makes it for every attempt to upload it. */
export type FileContent = FileSource | (() => FileSource | Promise<FileSource>);

/** Encrypts an attachment with a new key, as `encryptAttachment()` of `@mtx/client/crypto` does. */
export type AttachmentEncryptor = () => AttachmentEncryption;

/** Decrypts an attachment, as `decryptAttachment()` of `@mtx/client/crypto` does. */
export type AttachmentDecryptor = (
  file: EncryptedFile,
  options?: DecryptAttachmentOptions,
) => TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>;

/** An uploaded file: where it is, and what is known about its content. */
export interface UploadedFile {
  /** The part of a message's content that refers to the file. */
  readonly source: { readonly url: ContentURI } | { readonly file: EncryptedFile };
  /** The size of the content, and its media type if the content has one. */
  readonly info: MediaInfo;
}

/** The functions of a client that {@linkcode uploadFile} needs. */
export interface FileUploader {
  /** Uploads content. */
  upload(
    data: UploadData,
    options: UploadFileOptions & { mimeType?: string; filename?: string },
  ): Promise<ContentURI>;
  /** Returns what encrypts the content; `undefined` to upload it as it is. Called after the checks. */
  encryptor(): Promise<AttachmentEncryptor | undefined>;
}

/** Options of {@linkcode uploadFile}. */
export interface UploadFileOptions extends RequestOptions, UploadBodyOptions {
}

/**
 * Uploads the content of a file, encrypted if the client says so. Each attempt encrypts with a key of its own.
 *
 * @param client The functions of the client.
 * @param content The content, or a function that makes it for every attempt.
 * @param options Size, progress and request options of the upload.
 * @param names The media type and the file name. The homeserver receives them only if the content is not encrypted.
 */
export async function uploadFile(
  client: FileUploader,
  content: FileContent,
  options: UploadFileOptions,
  names: { mimeType?: string; filename?: string },
): Promise<UploadedFile> {
  if (typeof content !== "function") checkFileContent(content);
  const checked = await checkUploadCall(content, { ...options, ...names });
  const encryptor = await client.encryptor();
  let size = typeof checked === "function" ? undefined : knownSize(checked);
  let type = typeof content === "function" ? undefined : ownType(content);
  let encryption: AttachmentEncryption | undefined;
  const encrypted = (source: UploadSource) => {
    if (encryptor === undefined) return source;
    encryption = encryptor();
    return streamOf(source).pipeThrough(encryption);
  };
  const made = async () => {
    const source = await (content as () => FileSource | Promise<FileSource>)();
    checkFileContent(source);
    type = ownType(source);
    return encrypted(await checkUpload(source, options));
  };
  const data = typeof checked === "function"
    ? made
    : encryptor === undefined || isOneShot(checked)
    ? encrypted(checked)
    : () => encrypted(checked);
  const { onProgress } = options;
  const count = (sent: number, total?: number) => {
    size = sent;
    onProgress?.(sent, total);
  };
  const url = await client.upload(data, {
    ...options,
    size: size ?? options.size,
    onProgress: size === undefined ? count : onProgress,
    ...(encryptor === undefined ? names : { mimeType: "application/octet-stream", filename: "" }),
  });
  const info = { ...(type === undefined ? {} : { mimetype: type }), size: size ?? 0 };
  return { source: encryption === undefined ? { url } : { file: { ...await encryption.file, url } }, info };
}

/** Returns the name of a `File`. The name of a `Bun.file()` is not used, because it is the path of the file. */
export function ownName(data: unknown): string | undefined {
  return data instanceof File ? data.name : undefined;
}

function ownType(data: UploadSource): string | undefined {
  return data instanceof Blob && data.type !== "" ? data.type : undefined;
}

function checkFileContent(content: unknown): void {
  if (isUploadSource(content) && typeof content !== "string") return;
  throw new TypeError(
    `Cannot send a file: the content must be a content URI, Blob, buffer, stream or async iterable, received ${
      kindOf(content)
    }`,
  );
}

/** Decrypts bytes in their own memory. */
export async function decryptBytes(
  bytes: Uint8Array<ArrayBuffer>,
  decryption: TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = streamOf(bytes).pipeThrough(decryption).getReader();
  let decrypted = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    // Decrypted content has the size of the encrypted content, so this never overtakes the reading.
    bytes.set(next.value, decrypted);
    decrypted += next.value.length;
  }
  return bytes.subarray(0, decrypted);
}
