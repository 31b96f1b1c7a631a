import { FileTooLargeError } from "../errors/base.ts";
import { kindOf } from "../validate.ts";

/** The size of a piece of content, in bytes. */
export const PIECE = 256 * 1024;

/** Bytes in memory that is not shared. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Content that was collected from a stream: pieces of {@linkcode PIECE} bytes, the last one shorter. */
export type Collected = readonly Bytes[];

/** Content that a {@linkcode Meter} reads. */
export type Metered =
  | Uint8Array
  | Blob
  | Collected
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Options of {@linkcode Meter}. */
export interface MeterOptions {
  /** The exact size, in bytes; any size if it is not set. */
  size?: number | undefined;
  /** The largest size, in bytes. */
  maxSize?: number | undefined;
  /** Called with the number of bytes that were read after each piece. */
  onProgress?: ((sent: number, total?: number) => void) | undefined;
  /** Called with each piece. */
  onPiece?: (() => void) | undefined;
  /** Stops reading. */
  signal?: AbortSignal | undefined;
}

/** A source of pieces. */
interface Pieces {
  next(): Promise<IteratorResult<Uint8Array, unknown>>;
  /** Cancels the source, also while a piece is awaited. */
  cancel(reason: unknown): Promise<unknown> | void;
}

/** Reads content piece by piece and counts it. Keeps the error that it failed with, because Deno 2.9 only reports that `fetch` failed. */
export class Meter {
  /** The error that reading failed with. */
  failure: unknown;
  readonly #content: Metered;
  readonly #options: MeterOptions;
  #fail: ((error: unknown) => void) | undefined;

  /** Creates a meter. */
  constructor(content: Metered, options: MeterOptions) {
    this.#content = content;
    this.#options = options;
  }

  /** Returns the content as a stream. A piece is read when the stream is. */
  stream(): ReadableStream<Bytes> {
    const source = pieces(this.#content);
    const { size, maxSize, onProgress, onPiece, signal } = this.#options;
    let sent = 0;
    let ended = false;
    let abort = () => {};
    const end = () => {
      ended = true;
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => this.#fail?.(error);
    const pass = (controller: ReadableStreamDefaultController<Bytes>, piece?: Bytes, last?: boolean) => {
      if (ended) return;
      if (piece !== undefined) {
        controller.enqueue(piece);
        onPiece?.();
        onProgress?.(sent, size);
      }
      if (!last) return;
      end();
      controller.close();
    };
    return new ReadableStream<Bytes>({
      start: (controller) => {
        this.#fail = (error) => {
          if (ended) return;
          end();
          this.failure = error;
          controller.error(error);
          cancel(source, error);
        };
        abort = () => fail(signal?.reason);
        if (signal?.aborted) abort();
        else signal?.addEventListener("abort", abort);
      },
      // Bun 1.4 frees the promises of an async function late, with the pieces in them.
      pull: (controller) =>
        source.next().then((result) => {
          if (ended) return;
          try {
            const piece = bytesOf(result);
            sent += piece?.length ?? 0;
            if (size !== undefined && (sent > size || (piece === undefined && sent < size))) {
              throw sizeError(sent, size);
            }
            if (typeof maxSize === "number" && sent > maxSize) throw new FileTooLargeError(maxSize);
            if (piece === undefined || sent !== size) return pass(controller, piece, piece === undefined);
            // Runtimes stop pulling after Content-Length bytes, so the last piece is held back until the source has ended.
            return isOver(source, sent, size).then(() => pass(controller, piece, true)).catch(fail);
          } catch (error) {
            fail(error);
          }
        }, fail),
      cancel: (reason) => {
        end();
        cancel(source, reason);
      },
    }, { highWaterMark: 0 });
  }

  /** Releases the content after a failure. */
  abandon(reason: unknown): void {
    if (this.#fail !== undefined) this.#fail(reason);
    else if (this.#content instanceof ReadableStream) cancel(pieces(this.#content), reason);
  }
}

/** Cancels a source without awaiting it, because it may never settle. */
function cancel(source: Pieces, reason: unknown): void {
  Promise.resolve(source.cancel(reason)).catch(() => {});
}

/** Returns a piece; `undefined` at the end. */
function bytesOf({ done, value }: IteratorResult<Uint8Array, unknown>): Bytes | undefined {
  if (done) return undefined;
  if (value instanceof Uint8Array) return value as Bytes;
  throw new TypeError(
    `Cannot upload: each chunk of the stream must be a Uint8Array, received ${kindOf(value)}`,
  );
}

/** Checks that the source has ended. */
async function isOver(source: Pieces, sent: number, size: number): Promise<void> {
  for (let piece; (piece = bytesOf(await source.next())) !== undefined;) {
    if (piece.length > 0) throw sizeError(sent + piece.length, size);
  }
}

/** Creates the error for content that does not have the size that it should have. */
export function sizeError(actual: number, size: number): RangeError {
  return new RangeError(
    `Cannot upload: the content has ${actual} bytes${actual > size ? " or more" : ""}, its size is ${size}`,
  );
}

function pieces(content: Metered): Pieces {
  if (content instanceof Uint8Array) {
    return slices(content.length, (start) => content.subarray(start, start + PIECE));
  }
  if (content instanceof Blob) {
    // Bun 1.4's Blob.stream() reads ahead of its reader, which costs the size of the Blob in memory.
    const { size } = content;
    return slices(size, async (start) => {
      const piece = new Uint8Array(await content.slice(start, start + PIECE).arrayBuffer());
      // A file can shrink while it is read.
      if (piece.length !== Math.min(PIECE, size - start)) throw sizeError(start + piece.length, size);
      return piece;
    });
  }
  if (isCollected(content)) return slices(content.length * PIECE, (start) => content[start / PIECE]!);
  if (content instanceof ReadableStream) {
    // Safari cannot iterate a stream, and an iterator cannot be cancelled while it waits.
    const reader = content.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<Uint8Array, unknown>>,
      cancel: (reason) => reader.cancel(reason),
    };
  }
  const iterator = content[Symbol.asyncIterator]();
  return {
    next: async () => await iterator.next(),
    cancel: async () => await iterator.return?.(),
  };
}

function slices(size: number, slice: (start: number) => Uint8Array | Promise<Uint8Array>): Pieces {
  let start = 0;
  return {
    next: async () => {
      if (start >= size) return { done: true, value: undefined };
      const value = await slice(start);
      start += PIECE;
      return { done: false, value };
    },
    cancel: () => {},
  };
}

/** Returns whether content was collected from a stream. */
export function isCollected(content: unknown): content is Collected {
  return Array.isArray(content);
}

/** Reads a stream to its end, into memory of our own. */
export async function collect(stream: ReadableStream<Bytes>): Promise<Collected> {
  const reader = stream.getReader();
  const collected: Bytes[] = [];
  let last = new Uint8Array(PIECE);
  let used = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    // The caller may reuse the chunk's memory.
    for (let chunk = next.value; chunk.length > 0;) {
      const part = chunk.subarray(0, PIECE - used);
      last.set(part, used);
      used += part.length;
      chunk = chunk.subarray(part.length);
      if (used < PIECE) continue;
      collected.push(last);
      last = new Uint8Array(PIECE);
      used = 0;
    }
  }
  if (used > 0) collected.push(last.slice(0, used));
  return collected;
}
