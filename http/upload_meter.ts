import { FileTooLargeError } from "./errors.ts";

/** Bytes that are handed out at a time. */
export const PIECE = 256 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a {@linkcode Meter} reads from. */
export type Metered = Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** What a {@linkcode Meter} watches. */
export interface MeterOptions {
  /** The bytes that have to come; any number when unset. */
  size?: number;
  /** The most bytes that may come. */
  maxSize?: number;
  /** Told of each piece. */
  onProgress?: (sent: number, total?: number) => void;
}

/** Hands content out piece by piece, counts it, and keeps the error it failed with: hosts report something else. */
export class Meter {
  /** What reading failed with. */
  failure: unknown;
  readonly #options: MeterOptions;

  /** Makes a meter. */
  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /** Opens the content as a stream that asks for a piece when one is wanted. */
  stream(content: Metered): ReadableStream<Bytes> {
    const source = pieces(content);
    const { size, maxSize, onProgress } = this.#options;
    let sent = 0;
    return new ReadableStream<Bytes>({
      pull: async (controller) => {
        try {
          const { done, value } = await source.next();
          if (done) {
            if (size !== undefined && sent !== size) throw sizeError(sent, size);
            controller.close();
            return;
          }
          if (!(value instanceof Uint8Array)) {
            throw new TypeError("Cannot upload: the stream gave something but bytes");
          }
          sent += value.length;
          if (size !== undefined && sent > size) throw sizeError(sent, size);
          if (typeof maxSize === "number" && sent > maxSize) throw new FileTooLargeError(maxSize);
          controller.enqueue(value as Bytes);
          onProgress?.(sent, size);
        } catch (error) {
          this.failure = error;
          controller.error(error);
          await source.return?.(undefined);
        }
      },
      cancel: async () => {
        await source.return?.(undefined);
      },
    }, { highWaterMark: 0 });
  }
}

function sizeError(sent: number, size: number): RangeError {
  return new RangeError(
    `Cannot upload: the stream gave ${sent} bytes${sent > size ? " or more" : ""}, size says ${size}`,
  );
}

function pieces(content: Metered): AsyncIterator<Uint8Array, unknown> {
  if (content instanceof Uint8Array) return slices(content);
  const stream = content instanceof Blob ? content.stream() : content;
  return stream instanceof ReadableStream ? chunks(stream) : stream[Symbol.asyncIterator]();
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
}

/** Reads a stream; not every host can iterate one. */
async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let done = false;
  try {
    while (true) {
      const next = await reader.read();
      done = next.done;
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    done = true;
    throw error;
  } finally {
    if (!done) await reader.cancel();
    reader.releaseLock();
  }
}
