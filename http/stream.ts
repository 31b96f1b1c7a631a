import { parseFileName } from "./content_disposition.ts";
import type { Deadline } from "./deadline.ts";
import { MatrixConnectionError, MatrixResponseError } from "./errors.ts";

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

/** Wraps an answer so that each chunk has its deadline and every failure its type. */
export function streamResponse(response: Response, label: string, limit: Deadline): StreamResponse {
  const { headers, status } = response;
  const length = headers.get("content-length");
  // With a content encoding the length is that of the encoded body, which nobody gets to see.
  const size = length !== null && /^\d+$/.test(length) && !headers.has("content-encoding")
    ? Number(length)
    : undefined;
  return {
    status,
    headers,
    contentType: headers.get("content-type") ?? undefined,
    fileName: parseFileName(headers.get("content-disposition")),
    size,
    body: guarded(response.body as ReadableStream<Uint8Array<ArrayBuffer>> | null, size, label, limit),
  };
}

function guarded(
  source: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  size: number | undefined,
  label: string,
  limit: Deadline,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source?.getReader();
  let read = 0;
  let fail: (() => void) | undefined;
  // While nobody reads, the clock stands still; the caller's signal ends the stream all the same.
  limit.pause();
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      fail = () => controller.error(limit.signal.reason);
      limit.signal.addEventListener("abort", fail, { once: true });
    },
    async pull(controller) {
      limit.start();
      try {
        const { done, value } = await reader?.read() ?? { done: true, value: undefined };
        limit.pause();
        if (!done) {
          read += value.length;
          controller.enqueue(value);
          return;
        }
        limit.clear();
        if (size !== undefined && read !== size) {
          throw new MatrixResponseError(`${label}: the body has ${read} bytes, not ${size} as promised`);
        }
        controller.close();
      } catch (cause) {
        limit.clear();
        if (limit.signal.aborted) throw limit.signal.reason;
        if (cause instanceof MatrixResponseError) throw cause;
        throw new MatrixConnectionError(`${label}: the body ended after ${read} bytes`, { cause });
      }
    },
    async cancel(reason) {
      limit.clear();
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
