import { FileTooLargeError } from "../errors/base.ts";
import { bytesOf } from "../request_body.ts";
import { collect, isCollected, Meter, type Metered, PIECE } from "./meter.ts";

/** Content to upload. A string is sent as UTF-8. */
export type UploadSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | string
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Content to upload, or a function that makes it anew for every attempt. */
export type UploadData = UploadSource | (() => UploadSource | Promise<UploadSource>);

/** What is to be known of content beside its bytes. */
export interface UploadBodyOptions {
  /** Bytes that a stream is going to give. With it a stream is never held in memory. */
  size?: number | undefined;
  /** The most bytes that are sent. */
  maxSize?: number | undefined;
  /** Told how many bytes were handed to the network, and of how many, where that is known. */
  onProgress?: ((sent: number, total?: number) => void) | undefined;
}

/** What an upload is told of while its content is read. */
export interface UploadWatch {
  /** Ends reading. */
  signal?: AbortSignal;
  /** Called with each piece that is read: time begins anew. */
  onPiece?: () => void;
}

/** A body that is ready to be sent, with its length known. */
export interface UploadBody {
  /** What `fetch` gets. */
  readonly data: BodyInit;
  /** Bytes in it. */
  readonly size: number;
  /** Content-Length, where the host does not derive it. */
  readonly explicitLength: boolean;
  /** The content's own type. */
  readonly type: string | undefined;
  /** What the caller's stream failed with: hosts report something else. */
  readonly failure: () => unknown;
  /** Called when the upload has succeeded. */
  readonly done: () => void;
  /** Whether a redirect has to be an error of the host's, so that it keeps no copy for the next request. */
  readonly once: boolean;
  /** Called when the upload has failed: lets go of the caller's stream. */
  readonly abandon: (reason: unknown) => void;
  /** Milliseconds that sending may take on top, where nothing is heard of it on the way. */
  readonly allowance: number;
}

/** The slowest sending that is put up with where nothing is heard of it, in bytes a millisecond. */
const SLOWEST = 16;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a stream of unknown size was read into. */
type Collected = readonly Bytes[];

/** Some hosts take a stream's length in this form. */
type FixedLengthStreamConstructor = new (size: number) => TransformStream<Bytes, Bytes>;

/** A blob whose bytes are made when they are read. */
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

/** Asks the host whether it reads a Blob through its methods; then a stream can go out with its length, unread. */
function readsLazily(): boolean {
  let asked = false;
  const probe = new LazyBlob(0, () => {
    asked = true;
    return new ReadableStream({ start: (controller) => controller.close() });
  });
  // Not read any further: there is nothing in it.
  void new Response(probe).body;
  return asked;
}

/** Asks the host whether a request may say its own Content-Length. */
function setsLength(): boolean {
  return new Request("http://localhost/", { headers: { "content-length": "1" } }).headers.has(
    "content-length",
  );
}

/** Tells whether content is gone once it was read. */
export function isOneShot(data: UploadData): boolean {
  return typeof data === "object" && data !== null && !(data instanceof Blob) &&
    !(data instanceof ArrayBuffer) &&
    !ArrayBuffer.isView(data);
}

/**
 * Checks content before anything is sent.
 *
 * @throws {TypeError} If it is nothing that can be uploaded, or a stream that somebody reads already.
 * @throws {RangeError} If `size` or `maxSize` is no number of bytes, or not the size that the content has.
 * @throws {FileTooLargeError} If it is larger than `maxSize`.
 */
export function checkUpload(source: UploadData, options: UploadBodyOptions): void {
  const { size, maxSize } = options;
  for (const [name, value] of [["size", size], ["maxSize", maxSize]] as const) {
    if (value === undefined || value === null || (name === "maxSize" && value === Infinity)) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Cannot upload: ${name} must be a number of bytes`);
    }
  }
  if (typeof source === "function") return;
  // A list is what a stream was read into: only this library makes one.
  if (Array.isArray(source)) throw new TypeError("Cannot upload: the content is a list");
  const actual = sizeOf(source);
  if (actual !== undefined && size !== undefined && size !== null && actual !== size) {
    throw new RangeError(`Cannot upload: the content has ${actual} bytes, size says ${size}`);
  }
  const total = actual ?? size;
  if (typeof maxSize === "number" && typeof total === "number" && total > maxSize) {
    throw new FileTooLargeError(maxSize);
  }
  if (actual !== undefined) return;
  if (source instanceof ReadableStream) {
    if (source.locked) throw new TypeError("Cannot upload: the stream is locked");
  } else if (typeof source !== "object" || source === null || !(Symbol.asyncIterator in source)) {
    throw new TypeError(
      "Cannot upload: the content is no bytes, Blob, string, stream or async iterable of bytes",
    );
  }
}

function sizeOf(source: UploadSource | Collected): number | undefined {
  if (Array.isArray(source)) return source.reduce((size, piece) => size + piece.length, 0);
  if (typeof source === "string") return new TextEncoder().encode(source).length;
  if (source instanceof Blob) return source.size;
  return bytesOf(source)?.length;
}

/**
 * Makes a body whose length is known, because servers refuse uploads without a Content-Length. Known sizes keep memory
 * constant; a stream of unknown size is collected first.
 *
 * @param source The content, as {@linkcode checkUpload} let it pass.
 * @param options What is known of it.
 * @param watch What is told of the reading.
 */
export async function uploadBody(
  source: UploadSource | Collected,
  options: UploadBodyOptions,
  watch: UploadWatch,
): Promise<UploadBody> {
  const type = source instanceof Blob && source.type !== "" ? source.type : undefined;
  const content: Metered = typeof source === "string"
    ? new TextEncoder().encode(source)
    : bytesOf(source) ?? source as Exclude<typeof source, ArrayBuffer>;
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
  // Small content goes as it is.
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
  // Such a host sends only what it holds whole, and tells nothing of its progress.
  const data = whole(held ? content : await collect(meter.stream()));
  return { ...body, data, size, done: () => onProgress?.(size, size), allowance: size / SLOWEST };
}

/** Content as it is sent whole: as a Blob, which no host sends twice unasked, unless it is empty. */
function whole(content: Uint8Array | Blob | Collected): Blob | Bytes {
  // An empty Blob goes out without its length from some hosts.
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
