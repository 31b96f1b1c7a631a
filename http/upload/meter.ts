import { FileTooLargeError } from "../errors/base.ts";

/** Bytes that are handed out at a time. */
export const PIECE = 256 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a {@linkcode Meter} reads from; a list is content that was collected. */
export type Metered =
  | Uint8Array
  | Blob
  | readonly Bytes[]
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** What a {@linkcode Meter} watches. */
export interface MeterOptions {
  /** The bytes that have to come; any number when unset. */
  size?: number | undefined;
  /** The most bytes that may come. */
  maxSize?: number | undefined;
  /** Told of each piece. */
  onProgress?: ((sent: number, total?: number) => void) | undefined;
  /** Called with each piece: the transfer lives. */
  onPiece?: (() => void) | undefined;
  /** Ends reading. */
  signal?: AbortSignal | undefined;
}

/** Where pieces come from. */
interface Pieces {
  next(): Promise<IteratorResult<Uint8Array, unknown>>;
  /** Gives the content up, also while a piece is awaited. */
  cancel(reason: unknown): Promise<unknown> | void;
}

/** Hands content out piece by piece, counts it, and keeps the error it failed with: hosts report something else. */
export class Meter {
  /** What reading failed with. */
  failure: unknown;
  readonly #content: Metered;
  readonly #options: MeterOptions;
  #fail: ((error: unknown) => void) | undefined;

  /** Makes a meter. */
  constructor(content: Metered, options: MeterOptions) {
    this.#content = content;
    this.#options = options;
  }

  /** Opens the content as a stream that asks for a piece when one is wanted. */
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
          giveUp(source, error);
        };
        abort = () => fail(signal?.reason);
        if (signal?.aborted) abort();
        else signal?.addEventListener("abort", abort);
      },
      // Without async functions: on some hosts those leave much garbage behind, for each piece.
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
            // Hosts stop to ask when they have what was promised: the last piece waits for the proof that it is.
            return isOver(source, sent, size).then(() => pass(controller, piece, true)).catch(fail);
          } catch (error) {
            fail(error);
          }
        }, fail),
      cancel: (reason) => {
        end();
        giveUp(source, reason);
      },
    }, { highWaterMark: 0 });
  }

  /** Lets go of content that nobody is going to read any more. */
  abandon(reason: unknown): void {
    if (this.#fail !== undefined) this.#fail(reason);
    else if (this.#content instanceof ReadableStream) giveUp(pieces(this.#content), reason);
  }
}

/** Tells a source that no more is wanted. How it takes that is its own affair, and may take for ever. */
function giveUp(source: Pieces, reason: unknown): void {
  Promise.resolve(source.cancel(reason)).catch(() => {});
}

/** What came; `undefined` at the end. */
function bytesOf({ done, value }: IteratorResult<Uint8Array, unknown>): Bytes | undefined {
  if (done) return undefined;
  if (value instanceof Uint8Array) return value as Bytes;
  throw new TypeError("Cannot upload: the stream gave something but bytes");
}

/** Makes sure that nothing comes any more. */
async function isOver(source: Pieces, sent: number, size: number): Promise<void> {
  for (let piece; (piece = bytesOf(await source.next())) !== undefined;) {
    if (piece.length > 0) throw sizeError(sent + piece.length, size);
  }
}

function sizeError(sent: number, size: number): RangeError {
  return new RangeError(
    `Cannot upload: the stream gave ${sent} bytes${sent > size ? " or more" : ""}, size says ${size}`,
  );
}

function pieces(content: Metered): Pieces {
  if (content instanceof Uint8Array) {
    return slices(content.length, (start) => content.subarray(start, start + PIECE));
  }
  if (content instanceof Blob) {
    // Where its stream() runs ahead of its reader it costs as much again.
    return slices(content.size, async (start) => {
      return new Uint8Array(await content.slice(start, start + PIECE).arrayBuffer());
    });
  }
  if (isCollected(content)) return slices(content.length * PIECE, (start) => content[start / PIECE]!);
  if (content instanceof ReadableStream) {
    // Not every host can iterate a stream, and no iterator lets go while it waits.
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

/** Tells collected content from a caller's. */
export function isCollected(content: Metered): content is readonly Bytes[] {
  return Array.isArray(content);
}

/** Reads a stream to its end, into pieces that belong to nobody else. */
export async function collect(stream: ReadableStream<Bytes>): Promise<readonly Bytes[]> {
  const reader = stream.getReader();
  const collected: Bytes[] = [];
  let last = new Uint8Array(PIECE);
  let used = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    // The caller may use the chunk's memory again.
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
