import type { Deadline } from "./deadline.ts";
import { FileTooLargeError, MatrixResponseError } from "./errors/base.ts";
import type { APIRequestOptions } from "./options.ts";
import { discard, lostConnection } from "./response_body.ts";
import { checkSize } from "./validate.ts";

/** The head of a response, and its body as a stream. */
export interface StreamResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The response's headers. */
  readonly headers: Headers;
  /** The content type, if the server sent it. */
  readonly contentType: string | undefined;
  /** The file name, if the server sent it. */
  readonly fileName: string | undefined;
  /** The size in bytes, if the server sent it. */
  readonly size: number | undefined;
  /**
   * The content. Reading fails with a {@linkcode MatrixError} if the connection is lost, a chunk takes longer than the
   * deadline, or the size is wrong; and with the signal's reason if the caller aborts. Read it to its end or cancel it.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Limits of a download. */
export interface DownloadBounds {
  /** The largest size that is accepted, in bytes. If the server announces more, nothing is read. */
  maxSize?: number | undefined;
  /** Called with the number of bytes that were read, and the total size if it is known. */
  onProgress?: ((received: number, total?: number) => void) | undefined;
}

/** Options of {@linkcode HTTPAPI.prototype.stream}. */
export interface StreamOptions extends APIRequestOptions, DownloadBounds {}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Checks the limits of a download.
 *
 * @throws {RangeError} If `maxSize` is not a number of bytes.
 */
export function checkBounds({ maxSize }: DownloadBounds): void {
  checkSize("Cannot download", "maxSize", maxSize, true);
}

/**
 * Wraps a response, so that each chunk has its deadline and every failure its type.
 *
 * @throws {FileTooLargeError} If the server announces more than `maxSize`.
 */
export async function streamResponse(
  response: Response,
  label: string,
  limit: Deadline,
  bounds: DownloadBounds,
): Promise<StreamResponse> {
  const { headers, status } = response;
  const length = headers.get("content-length");
  // With a content encoding, the length is that of the encoded body.
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
  const wrongSize = () =>
    new MatrixResponseError(`${label}: the body has ${read} bytes, Content-Length is ${size}`);
  // The timer runs only while a chunk is awaited.
  limit.pause();
  return new ReadableStream<Bytes>({
    start(controller) {
      fail = () => {
        controller.error(limit.signal.reason);
        // A custom fetch may not end a body that is being read.
        reader?.cancel(limit.signal.reason).catch(() => {});
      };
      limit.signal.addEventListener("abort", fail, { once: true });
    },
    // Bun 1.4 frees the promises of an async function late: several times a chunk's size at its peak.
    pull(controller) {
      limit.start();
      const next = reader?.read() ?? Promise.resolve({ done: true, value: undefined } as const);
      return next.then(({ done, value }) => {
        limit.pause();
        if (done) {
          limit.clear();
          if (size !== undefined && read !== size) throw wrongSize();
          controller.close();
          return;
        }
        read += value.length;
        if (size !== undefined && read > size) throw wrongSize();
        if (typeof maxSize === "number" && read > maxSize) throw new FileTooLargeError(maxSize);
        onProgress?.(read, size);
        controller.enqueue(value);
      }, (cause) => {
        limit.signal.throwIfAborted();
        throw lostConnection(`${label}: the body ended after ${read} bytes`, cause);
      }).catch((error) => {
        limit.clear();
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
 * Matches one parameter of a header: a name, and a value that is a quoted string or a token. A quote that is never closed
 * is ignored.
 */
const PARAMETER = /;\s*([\w!#$&+^`|~.-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|"?([^;]*))/gs;

/**
 * Returns the file name in a Content-Disposition header: the extended form (`filename*`) before the plain one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266
 * @see https://www.rfc-editor.org/rfc/rfc8187
 */
export function parseFileName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const values = new Map<string, string>();
  for (const [, name = "", quoted, token = ""] of header.matchAll(PARAMETER)) {
    const value = quoted?.replace(/\\(.)/gs, "$1") ?? token.trim();
    // The first one counts if a name is repeated.
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), value);
  }
  return decodeExtended(values.get("filename*")) ?? (values.get("filename") || undefined);
}

/** Decodes a value of RFC 8187, such as `UTF-8'en'a%20b.txt`; `undefined` if it is malformed. */
function decodeExtended(value: string | undefined): string | undefined {
  const match = /^(?:(utf-8)|iso-8859-1)'[^']*'(.+)$/i.exec(value ?? "");
  if (match === null) return undefined;
  const [, isUtf8, text = ""] = match;
  try {
    return isUtf8
      ? decodeURIComponent(text)
      : text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  } catch {
    return undefined;
  }
}
