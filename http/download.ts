import type { Deadline } from "./deadline.ts";
import { FileTooLargeError, MatrixConnectionError, MatrixResponseError } from "./errors/base.ts";
import type { APIRequestOptions } from "./options.ts";
import { discard } from "./response_body.ts";
import { cleanCause } from "./redact.ts";

/** The head of an answer, and its body as a stream. */
export interface StreamResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The answer's headers. */
  readonly headers: Headers;
  /** The content type, where the server says one. */
  readonly contentType: string | undefined;
  /** The file name, where the server says one. */
  readonly fileName: string | undefined;
  /** The size in bytes, where the server says it. */
  readonly size: number | undefined;
  /**
   * The bytes. Reading fails with a {@linkcode MatrixError} when the connection is lost, a chunk takes longer than the
   * deadline, or fewer bytes come than promised; and with the signal's reason when the caller aborts. A body that is
   * not read to its end has to be cancelled.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Bounds of a download. */
export interface DownloadBounds {
  /** The most bytes that are taken. If the server says that there are more, none is read. */
  maxSize?: number | undefined;
  /** Told how many bytes were read, and of how many, where that is known. */
  onProgress?: ((received: number, total?: number) => void) | undefined;
}

/** Options of {@linkcode HTTPAPI.prototype.stream}. */
export interface StreamOptions extends APIRequestOptions, DownloadBounds {}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Checks the bounds of a download.
 *
 * @throws {RangeError} If `maxSize` is no number of bytes.
 */
export function checkBounds({ maxSize }: DownloadBounds): void {
  if (maxSize === undefined || maxSize === null || maxSize === Infinity) return;
  if (Number.isSafeInteger(maxSize) && maxSize >= 0) return;
  throw new RangeError("Cannot download: maxSize must be a number of bytes");
}

/**
 * Wraps an answer so that each chunk has its deadline and every failure its type.
 *
 * @throws {FileTooLargeError} If it is larger than it may be.
 */
export async function streamResponse(
  response: Response,
  label: string,
  limit: Deadline,
  bounds: DownloadBounds,
): Promise<StreamResponse> {
  const { headers, status } = response;
  const length = headers.get("content-length");
  // With a content encoding the length is that of the encoded body, which nobody gets to see.
  const size = length !== null && /^\d+$/.test(length) && !headers.has("content-encoding")
    ? Number(length)
    : undefined;
  const { maxSize } = bounds;
  if (typeof maxSize === "number" && size !== undefined && size > maxSize) {
    await discard(response);
    throw new FileTooLargeError(maxSize);
  }
  return {
    status,
    headers,
    contentType: headers.get("content-type") ?? undefined,
    fileName: parseFileName(headers.get("content-disposition")),
    size,
    body: guarded(response.body as ReadableStream<Bytes> | null, size, label, limit, bounds),
  };
}

function guarded(
  source: ReadableStream<Bytes> | null,
  size: number | undefined,
  label: string,
  limit: Deadline,
  { maxSize, onProgress }: DownloadBounds,
): ReadableStream<Bytes> {
  const reader = source?.getReader();
  let read = 0;
  let fail: (() => void) | undefined;
  const promise = () =>
    new MatrixResponseError(`${label}: the body has ${read} bytes, not ${size} as promised`);
  // While nobody reads, the clock stands still; the caller's signal ends the stream all the same.
  limit.pause();
  return new ReadableStream<Bytes>({
    start(controller) {
      fail = () => {
        controller.error(limit.signal.reason);
        // Not every fetch ends a body that is being read.
        reader?.cancel(limit.signal.reason).catch(() => {});
      };
      limit.signal.addEventListener("abort", fail, { once: true });
    },
    // Without async functions: on some hosts those leave much garbage behind, for each chunk.
    pull(controller) {
      limit.start();
      const next = reader?.read() ?? Promise.resolve({ done: true, value: undefined } as const);
      return next.then(({ done, value }) => {
        limit.pause();
        if (done) {
          limit.clear();
          if (size !== undefined && read !== size) throw promise();
          controller.close();
          return;
        }
        read += value.length;
        if (size !== undefined && read > size) throw promise();
        if (typeof maxSize === "number" && read > maxSize) throw new FileTooLargeError(maxSize);
        onProgress?.(read, size);
        controller.enqueue(value);
      }, (cause) => {
        limit.signal.throwIfAborted();
        throw new MatrixConnectionError(`${label}: the body ended after ${read} bytes`, {
          cause: cleanCause(cause),
        });
      }).catch((error) => {
        limit.clear();
        // What is still to come is not waited for.
        reader?.cancel(error).catch(() => {});
        throw error;
      });
    },
    async cancel(reason) {
      limit.clear();
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/**
 * Reads the file name out of a Content-Disposition header: the encoded form (`filename*`) before the plain one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266
 */
export function parseFileName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header);
  if (encoded !== null) {
    try {
      return decodeURIComponent(encoded[1]!);
    } catch {
      // Not the UTF-8 it claims to be: the plain form is next.
    }
  }
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header);
  if (plain === null) return undefined;
  return plain[1]?.replace(/\\(.)/g, "$1") ?? plain[2];
}
