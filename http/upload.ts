import type { Call } from "./attempt.ts";
import { unlessAborted } from "./retry.ts";
import { FileTooLargeError } from "./errors/base.ts";
import { bytesOf, checkHeaderValue } from "./request.ts";
import { checkSize, kindOf } from "./validate.ts";

/** Content to upload. A string is sent as UTF-8. */
export type UploadSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | string
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Content to upload, or a function that makes it for every attempt. */
export type UploadData = UploadSource | (() => UploadSource | Promise<UploadSource>);

/** Size and progress of an upload. */
export interface UploadBodyOptions {
  /** The size of a stream, in bytes. A stream of known size is not held in memory. */
  size?: number | undefined;
  /** The largest size that is sent, in bytes. */
  maxSize?: number | undefined;
  /** Called with the number of bytes that were passed to the network, and the total size if it is known. */
  onProgress?: ((sent: number, total?: number) => void) | undefined;
}

/** Observes the reading of content. */
export interface UploadWatch {
  /** Stops reading. */
  signal?: AbortSignal;
  /** Called with each piece that is read, to restart the time limit. */
  onPiece?: () => void;
}

/** A body of known length that is ready to be sent. */
export interface UploadBody {
  /** The body for `fetch`. */
  readonly data: BodyInit;
  /** Its size in bytes. */
  readonly size: number;
  /** Whether the Content-Length header must be set, because the runtime cannot derive it. */
  readonly explicitLength: boolean;
  /** The content's own type. */
  readonly type: string | undefined;
  /** Returns the error of the caller's stream. Deno 2.9 only reports that `fetch` failed. */
  readonly failure: () => unknown;
  /** Called when the upload has succeeded. */
  readonly done: () => void;
  /** Whether a redirect must be an error of `fetch`, so that the runtime keeps no copy for the next request. */
  readonly once: boolean;
  /** Releases the caller's stream when the upload has failed. */
  readonly abandon: (reason: unknown) => void;
  /** Further milliseconds for content that is sent without progress. */
  readonly allowance: number;
}

/** The slowest acceptable transfer without progress, in bytes per millisecond. */
const SLOWEST = 16;

/** Workers send a stream with a Content-Length if it comes through this. */
type FixedLengthStreamConstructor = new (size: number) => TransformStream<Bytes, Bytes>;

/**
 * A Blob whose content is a stream.
 *
 * Synapse refuses uploads without a Content-Length, and Deno 2.9 drops that header if the body is a stream. Deno and Node
 * read a Blob through its methods, and send its size.
 */
class LazyBlob extends Blob {
  readonly #size: number;
  readonly #open: () => ReadableStream<Bytes>;

  constructor(size: number, open: () => ReadableStream<Bytes>) {
    super();
    this.#size = size;
    this.#open = open;
  }

  override get size(): number {
    return this.#size;
  }

  override stream(): ReadableStream<Bytes> {
    return this.#open();
  }
}

/** Returns whether the runtime reads a Blob through its methods. Bun 1.4 does not, and would send 0 bytes. */
function readsLazily(): boolean {
  let asked = false;
  const probe = new LazyBlob(0, () => {
    asked = true;
    return new ReadableStream({ start: (controller) => controller.close() });
  });
  void new Response(probe).body;
  return asked;
}

/** Returns whether a request may set its own Content-Length. Browsers ignore the header. */
function setsLength(): boolean {
  return new Request("http://localhost/", { headers: { "content-length": "1" } }).headers.has(
    "content-length",
  );
}

/** Returns whether a value is content that can be uploaded. */
export function isUploadSource(data: unknown): data is UploadSource {
  return typeof data === "string" || data instanceof Blob || data instanceof ReadableStream ||
    bytesOf(data) !== undefined ||
    (typeof data === "object" && data !== null && Symbol.asyncIterator in data);
}

/** Returns the size of content in bytes; `undefined` if only reading it shows that. */
export function knownSize(data: UploadSource): number | undefined {
  return sizeOf(metered(data));
}

/** Returns content as a stream, in pieces that are read when the stream is. */
export function streamOf(data: UploadSource): ReadableStream<Bytes> {
  return new Meter(metered(data), {}).stream();
}

/** Returns whether content can be read only once. */
export function isOneShot(data: UploadData): boolean {
  return typeof data === "object" && data !== null && !(data instanceof Blob) && bytesOf(data) === undefined;
}

/**
 * Checks the options of an upload.
 *
 * @throws {RangeError} If `size` or `maxSize` is not a number of bytes.
 */
export function checkUploadOptions({ size, maxSize }: UploadBodyOptions): void {
  checkSize("Cannot upload", "size", size);
  checkSize("Cannot upload", "maxSize", maxSize, true);
}

/**
 * Checks content before anything is sent.
 *
 * @returns The same content. A Blob may be replaced by another one, whose size is right.
 * @throws {TypeError} If it cannot be uploaded, or is a stream that is being read.
 * @throws {RangeError} If it does not have the size that it should have.
 * @throws {FileTooLargeError} If it is larger than `maxSize`.
 */
export async function checkUpload(data: UploadSource, options: UploadBodyOptions): Promise<UploadSource> {
  if (data instanceof ReadableStream) {
    if (data.locked) throw new TypeError("Cannot upload: the stream must not be locked");
  } else if (!isUploadSource(data)) {
    throw new TypeError(
      `Cannot upload: the content must be a string, Blob, buffer, stream or async iterable, received ${
        kindOf(data)
      }`,
    );
  }
  const content = data instanceof Blob ? await readBeginning(data, options) : data;
  checkTotal(sizeOf(metered(content)), options);
  return content;
}

/**
 * Returns a Blob whose size is right.
 *
 * The size of Bun 1.4's `Bun.file()` is 0 for a missing file and for files in `/proc`, and 4503599627370495 less the start
 * for a slice. It stays the same when the file changes. Once it was read, it even limits the content. So the beginning of
 * the content is read first, and a small Blob is complete then.
 *
 * @throws {RangeError} If the size is wrong.
 * @throws The runtime's own error, if a file cannot be read.
 */
async function readBeginning(blob: Blob, { maxSize }: UploadBodyOptions): Promise<Blob> {
  const beginning = new Uint8Array(await blob.slice(0, PIECE).arrayBuffer());
  const { size, type } = blob;
  if (size === 0 && beginning.length === PIECE) {
    return new Blob([...await collect(new Meter(blob.stream(), { maxSize }).stream())], { type });
  }
  if (size !== 0 && beginning.length !== Math.min(size, PIECE)) throw sizeError(beginning.length, size);
  if (size === 0 && beginning.length === 0) await checkEmpty(blob);
  return size > PIECE ? blob : new Blob([beginning], { type });
}

/**
 * Checks that the file of an empty Blob is empty. If the size of a `Bun.file()` was 0 when it was read, Bun 1.4 reads
 * nothing even if the file has content by now, or is missing. Its `stat()` returns the present size, and that of a Blob
 * without a file returns `undefined`.
 *
 * @throws {RangeError} If the file has content.
 * @throws The runtime's own error, if there is no such file.
 */
async function checkEmpty(blob: Blob & { stat?(): Promise<{ size: number }> | undefined }): Promise<void> {
  const stats = await blob.stat?.();
  if (stats !== undefined && stats.size > 0) throw sizeError(stats.size, 0);
}

/** Checks the size of content, if it is known, against the options. */
function checkTotal(actual: number | undefined, { size, maxSize }: UploadBodyOptions): void {
  if (actual !== undefined && typeof size === "number" && actual !== size) {
    throw new RangeError(`Cannot upload: the content has ${actual} bytes, size is ${size}`);
  }
  const total = actual ?? size;
  if (typeof maxSize === "number" && typeof total === "number" && total > maxSize) {
    throw new FileTooLargeError(maxSize);
  }
}

function sizeOf(content: Metered): number | undefined {
  if (isCollected(content)) return content.reduce((size, piece) => size + piece.length, 0);
  if (content instanceof Blob) return content.size;
  return content instanceof Uint8Array ? content.length : undefined;
}

function metered(source: UploadSource | Collected): Metered {
  if (typeof source === "string") return new TextEncoder().encode(source);
  return bytesOf(source) ?? source as Exclude<typeof source, ArrayBuffer>;
}

/**
 * Makes a body of known length. Content of known size is sent in constant memory, a stream of unknown size is collected
 * first.
 *
 * @param source The content, which {@linkcode checkUpload} has accepted.
 * @param options Its size, and progress.
 * @param watch Observes the reading.
 */
export async function uploadBody(
  source: UploadSource | Collected,
  options: UploadBodyOptions,
  watch: UploadWatch,
): Promise<UploadBody> {
  const type = source instanceof Blob && source.type !== "" ? source.type : undefined;
  const content = metered(source);
  const held = content instanceof Blob || content instanceof Uint8Array || isCollected(content);
  const size = sizeOf(content) ?? options.size ?? undefined;
  const body = {
    type,
    explicitLength: false,
    once: false,
    failure: () => undefined,
    done: () => {},
    abandon: () => {},
    allowance: 0,
  };
  if (held && size! <= PIECE && !options.onProgress) return { ...body, data: whole(content), size: size! };

  const { maxSize, onProgress } = options;
  const meter = new Meter(content, { maxSize, onProgress, size, ...watch });
  if (size === undefined) return await uploadBody(await collect(meter.stream()), {}, watch);
  const streamed = {
    ...body,
    size,
    failure: () => meter.failure,
    abandon: (reason: unknown) => meter.abandon(reason),
  };
  if (size > 0) {
    if (readsLazily()) return { ...streamed, once: true, data: new LazyBlob(size, () => meter.stream()) };
    const { FixedLengthStream } = globalThis as { FixedLengthStream?: FixedLengthStreamConstructor };
    if (FixedLengthStream !== undefined) {
      return { ...streamed, data: meter.stream().pipeThrough(new FixedLengthStream(size)) };
    }
    if (setsLength()) return { ...streamed, data: meter.stream(), explicitLength: true };
  }
  // Browsers send a length only of a body that they hold as a whole, and report no progress.
  const data = whole(held ? content : await collect(meter.stream()));
  return { ...body, data, size, done: () => onProgress?.(size, size), allowance: size / SLOWEST };
}

/**
 * Returns content as one body: a Blob, which Deno 2.9 does not send again unasked. Empty content is bytes, because Bun 1.4
 * sends an empty Blob without a Content-Length.
 */
function whole(content: Uint8Array | Blob | Collected): Blob | Bytes {
  if (sizeOf(content) === 0) return new Uint8Array();
  if (content instanceof Blob) return content;
  return new Blob(isCollected(content) ? [...content] : [content as Bytes]);
}

/** Reads a stream of unknown size into memory, so that it can be sent more than once. */
export async function collectUpload(
  source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  options: UploadBodyOptions,
  signal: AbortSignal | undefined,
): Promise<Collected> {
  const { maxSize, onProgress } = options;
  return await collect(new Meter(source, { maxSize, onProgress, signal }).stream());
}

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
            const piece = pieceOf(result);
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
function pieceOf({ done, value }: IteratorResult<Uint8Array, unknown>): Bytes | undefined {
  if (done) return undefined;
  if (value instanceof Uint8Array) return value as Bytes;
  throw new TypeError(
    `Cannot upload: each chunk of the stream must be a Uint8Array, received ${kindOf(value)}`,
  );
}

/** Checks that the source has ended. */
async function isOver(source: Pieces, sent: number, size: number): Promise<void> {
  for (let piece; (piece = pieceOf(await source.next())) !== undefined;) {
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

/** An upload that is ready to be sent. */
export interface UploadCall {
  /** The call. */
  readonly call: Call;
  /** Reports the progress of an upload that has succeeded, if it could not be reported before. */
  readonly done: () => void;
}

/**
 * Checks content and its type before anything is sent.
 *
 * @returns The content to upload in place of `data`.
 * @throws {TypeError} If it cannot be sent.
 * @throws {RangeError} If its size is not the `size` option.
 * @throws {FileTooLargeError} If it is larger than `maxSize`.
 */
export async function checkUploadCall(
  data: UploadData,
  options: UploadBodyOptions & { mimeType?: string },
): Promise<UploadData> {
  if (options.mimeType) checkHeaderValue("content-type", options.mimeType);
  checkUploadOptions(options);
  return typeof data === "function" ? data : await checkUpload(data, options);
}

/**
 * Adds content to a call. A stream of unknown size is collected here, so that it can be sent again.
 *
 * @param base The call without content.
 * @param data The content, or a function that makes it.
 * @param options Its type and size, progress, and the caller's signal.
 */
export async function uploadCall(
  base: Call,
  data: UploadData,
  options: UploadBodyOptions & { mimeType?: string; signal?: AbortSignal },
): Promise<UploadCall> {
  const content = await checkUploadCall(data, options);
  const { mimeType, size, signal } = options;
  const oneShot = isOneShot(content);
  const collected = oneShot && (size ?? undefined) === undefined
    ? await collectUpload(content as Parameters<typeof collectUpload>[0], options, signal)
    : undefined;
  let spent = false;
  let done = () => {};
  const call: Call = {
    ...base,
    logged: "<content>",
    replayable: () => !spent || collected !== undefined || !oneShot,
    body: async (limit) => {
      const watch = { signal: limit.signal, onPiece: () => limit.start() };
      const source = typeof content === "function"
        ? await checkUpload(await made(content, limit.signal), options)
        : content;
      // The progress of collected content was reported while it was collected.
      const body = collected === undefined
        ? await uploadBody(source, options, watch)
        : await uploadBody(collected, {}, watch);
      spent = true;
      done = body.done;
      if (body.allowance > 0) limit.extend(body.allowance);
      const headers: Record<string, string> = {
        "content-type": mimeType || base.headers["content-type"] || body.type || "application/octet-stream",
      };
      if (body.explicitLength) headers["content-length"] = String(body.size);
      const { failure, abandon, once } = body;
      return { data: body.data, headers, failure, abandon, once };
    },
  };
  return { call, done: () => done() };
}

/** Makes the content, within the time limit of the attempt. */
async function made(
  make: () => UploadSource | Promise<UploadSource>,
  signal: AbortSignal,
): Promise<UploadSource> {
  const content = Promise.resolve(make());
  try {
    return await unlessAborted(content, signal);
  } catch (error) {
    // A stream that comes too late is cancelled.
    content.then((late) => late instanceof ReadableStream ? late.cancel(error) : undefined).catch(() => {});
    throw error;
  }
}
