import { DecryptionError, FileTooLargeError } from "../../http/errors/base.ts";
import { kindOf } from "../../http/validate.ts";
import type { EncryptedFile, FileHashes, JSONWebKey } from "../../types/events/mod.ts";
import { decodeBase64, decodeBase64Url, encodeBase64 } from "../encoding.ts";
import { createSha256 } from "./sha256.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that are encrypted or decrypted at once; a multiple of the 16 bytes of a cipher block. */
const PIECE = 256 * 1024;
/** Bytes that `verify: "before"` holds in memory by default: 100 MiB. */
const MAX_SIZE = 100 * 2 ** 20;

/** An {@linkcode EncryptedFile} before its content is uploaded: all fields but `url`. */
export interface EncryptedFileInfo {
  /** The version of this description, `v2`. */
  v: "v2";
  /** The key. */
  key: JSONWebKey;
  /** The counter block, unpadded base64. */
  iv: string;
  /** Hashes of the encrypted content, unpadded base64. */
  hashes: FileHashes;
}

/** An encryption of an attachment: a transform to pipe the content through, and the data to decrypt it. */
export interface AttachmentEncryption {
  /** Takes the content. */
  readonly writable: WritableStream<Uint8Array>;
  /** Produces the encrypted content, as many bytes. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Resolves at the end of the content with its key, counter block and hash. Add the `url` of the upload to it. Rejects
   * if the stream is cancelled or fails.
   */
  readonly file: Promise<EncryptedFileInfo>;
}

/** Options of {@linkcode decryptAttachment}. */
export interface DecryptAttachmentOptions {
  /**
   * When the hash is checked. With `"end"` the content is passed on as it arrives, and the stream fails at its end if
   * the hash does not match. With `"before"` nothing is passed on until the hash has been checked.
   *
   * @default {"end"}
   */
  verify?: "end" | "before" | undefined;
  /**
   * Largest content in bytes that `verify: "before"` holds in memory.
   *
   * @default {104857600}
   */
  maxSize?: number | undefined;
}

/**
 * Encrypts an attachment with a new random key, in constant memory.
 *
 * @example Upload an encrypted file
 * ```ts
 * import { ClientAPI } from "@mtx/client";
 * import { encryptAttachment } from "@mtx/client/crypto";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new ClientAPI({ baseUrl: "https://matrix.example.org", token: "secret" });
 * const content = new Blob(["Tea at five"]);
 *
 * const encryption = encryptAttachment();
 * const url = await client.uploadMedia(content.stream().pipeThrough(encryption), { size: content.size });
 * const file = { ...await encryption.file, url };
 * assertEquals(file.v, "v2");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
 * @returns A transform stream, and the promise of what recipients need to decrypt the content.
 */
export function encryptAttachment(): AttachmentEncryption {
  const iv = new Uint8Array(16);
  // The low half is the block counter. It starts at 0, because some implementations do not carry beyond 64 bits.
  crypto.getRandomValues(iv.subarray(0, 8));
  const hash = createSha256();
  const { promise, resolve, reject } = deferred<EncryptedFileInfo>();
  let key: CryptoKey;
  const { readable, writable } = transform({
    async start() {
      key = await crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    },
    async piece(piece, counter) {
      const encrypted = new Uint8Array(await crypto.subtle.encrypt(counter(iv), key, piece));
      await hash.update(encrypted);
      return encrypted;
    },
    async end() {
      const { k } = await crypto.subtle.exportKey("jwk", key);
      resolve({
        v: "v2",
        key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: k!, ext: true },
        iv: unpadded(iv),
        hashes: { sha256: unpadded(await hash.digest()) },
      });
    },
    failed: reject,
  });
  return { readable, writable, file: promise };
}

/**
 * Decrypts an attachment, in constant memory.
 *
 * @example Decrypt a download
 * ```ts
 * import { decryptAttachment, encryptAttachment } from "@mtx/client/crypto";
 * import { assertEquals } from "@std/assert";
 *
 * const encryption = encryptAttachment();
 * const encrypted = await new Response(new Blob(["Tea"]).stream().pipeThrough(encryption)).blob();
 * const file = { ...await encryption.file, url: "mxc://example.org/tea" } as const;
 *
 * const decrypted = encrypted.stream().pipeThrough(decryptAttachment(file, { verify: "before" }));
 * assertEquals(await new Response(decrypted).text(), "Tea");
 * ```
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments
 * @param file The `file` of a message's content.
 * @param options When to check the hash.
 * @returns A transform stream from the encrypted to the decrypted content. It fails with a {@linkcode DecryptionError} if
 * the hash does not match, and with a {@linkcode FileTooLargeError} if the content is larger than `maxSize`.
 * @throws {DecryptionError} If `file` lacks a field, or one is malformed.
 * @throws {TypeError} If `verify` is neither `"end"` nor `"before"`.
 */
export function decryptAttachment(
  file: EncryptedFile,
  options?: DecryptAttachmentOptions,
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const { secret, iv, sha256 } = parseFile(file);
  const verify = options?.verify ?? "end";
  const maxSize = options?.maxSize ?? MAX_SIZE;
  if (verify !== "end" && verify !== "before") {
    throw new TypeError(
      `Cannot decrypt the attachment: verify must be "end" or "before", received ${kindOf(verify)}`,
    );
  }
  const hash = createSha256();
  const held: Bytes[] = [];
  let size = 0;
  let key: CryptoKey;
  const decrypt = async (piece: Bytes, counter: Counter) =>
    new Uint8Array(await crypto.subtle.decrypt(counter(iv), key, piece));
  return transform({
    async start() {
      key = await crypto.subtle.importKey("raw", secret, "AES-CTR", false, ["decrypt"]);
    },
    async piece(piece, counter) {
      await hash.update(piece);
      if (verify === "end") return await decrypt(piece, counter);
      size += piece.length;
      if (size > maxSize) throw new FileTooLargeError(maxSize);
      held.push(piece.slice());
      return undefined;
    },
    async end(counterAt, enqueue) {
      if (!equal(await hash.digest(), sha256)) {
        throw new DecryptionError("Cannot decrypt the attachment: its SHA-256 hash does not match");
      }
      let blocks = 0n;
      for (let piece; (piece = held.shift()) !== undefined; blocks += BigInt(PIECE / 16)) {
        enqueue(await decrypt(piece, counterAt(blocks)));
      }
    },
  });
}

/** Makes the parameters of AES-CTR for a piece, from the counter block of the first one. */
type Counter = (iv: Bytes) => AesCtrParams;

/** The parts of a transform that works on pieces of {@linkcode PIECE} bytes, the last one shorter. */
interface PieceTransform {
  start(): Promise<void>;
  piece(piece: Bytes, counter: Counter): Promise<Bytes | undefined>;
  end(counterAt: (blocks: bigint) => Counter, enqueue: (piece: Bytes) => void): Promise<void>;
  failed?(reason: unknown): void;
}

function transform(work: PieceTransform): TransformStream<Uint8Array, Bytes> {
  const buffer = new Uint8Array(PIECE);
  let held = 0;
  let blocks = 0n;
  const process = async (piece: Bytes, controller: TransformStreamDefaultController<Bytes>) => {
    const result = await work.piece(piece, counterAt(blocks));
    blocks += BigInt(Math.ceil(piece.length / 16));
    if (result !== undefined) controller.enqueue(result);
  };
  const guarded = <A extends unknown[]>(step: (...args: A) => Promise<void>) => async (...args: A) => {
    try {
      await step(...args);
    } catch (error) {
      work.failed?.(error);
      throw error;
    }
  };
  const transformer: Transformer<Uint8Array, Bytes> & { cancel(reason: unknown): void } = {
    start: guarded(() => work.start()),
    transform: guarded(async (chunk: Uint8Array, controller) => {
      if (!(chunk instanceof Uint8Array)) {
        throw new TypeError(
          `Cannot process the attachment: a chunk must be a Uint8Array, received ${typeof chunk}`,
        );
      }
      for (let start = 0; start < chunk.length;) {
        const part = chunk.subarray(start, start + PIECE - held);
        start += part.length;
        buffer.set(part, held);
        held += part.length;
        if (held < PIECE) return;
        held = 0;
        await process(buffer, controller);
      }
    }),
    flush: guarded(async (controller) => {
      if (held > 0) await process(buffer.subarray(0, held), controller);
      await work.end(counterAt, (piece) => controller.enqueue(piece));
    }),
    // Called when either side is cancelled. TypeScript's `Transformer` does not know it yet.
    cancel: (reason) => work.failed?.(reason),
  };
  return new TransformStream(transformer);
}

/** Advances the low 64 bits of a counter block, which wrap around. */
function counterAt(blocks: bigint): Counter {
  return (iv) => {
    const counter = iv.slice();
    const low = new DataView(counter.buffer, 8);
    low.setBigUint64(0, low.getBigUint64(0) + blocks);
    return { name: "AES-CTR", counter, length: 64 };
  };
}

function parseFile(file: EncryptedFile): { secret: Bytes; iv: Bytes; sha256: Bytes } {
  const { v, key, iv, hashes } = file ?? {};
  if (v !== "v2" || key?.alg !== "A256CTR") {
    throw new DecryptionError("Cannot decrypt the attachment: only version v2 with A256CTR is known");
  }
  return {
    secret: decode("key.k", decodeBase64Url, key.k, 32),
    iv: decode("iv", decodeBase64, iv, 16),
    sha256: decode("hashes.sha256", decodeBase64, hashes?.sha256, 32),
  };
}

function decode(field: string, decoder: (text: string) => Bytes, text: unknown, length: number): Bytes {
  if (typeof text === "string") {
    try {
      const bytes = decoder(text.replace(/=+$/, ""));
      if (bytes.length === length) return bytes;
    } catch {
      // Not base64: the error below says so, without the value.
    }
  }
  throw new DecryptionError(`Cannot decrypt the attachment: ${field} must be ${length} bytes in base64`);
}

function unpadded(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/=+$/, "");
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** `Promise.withResolvers()`, which Node.js 20 lacks. Nobody has to handle the rejection. */
function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(reason: unknown): void } {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => [resolve, reject] = [yes, no]);
  promise.catch(() => {});
  return { promise, resolve, reject };
}
