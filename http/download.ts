import type { Deadline } from "./retry.ts";
import { FileTooLargeError, MatrixResponseError } from "./errors/base.ts";
import type { APIRequestOptions } from "./options.ts";
import { discard, lostConnection } from "./response.ts";
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

/** The head of a response, and its content. */
export interface DownloadResponse extends Omit<StreamResponse, "body"> {
  /** The content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
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
 * Reads the head of a response.
 *
 * @throws {FileTooLargeError} If the server announces more than `maxSize`.
 */
async function readHead(
  response: Response,
  { maxSize }: DownloadBounds,
): Promise<Omit<StreamResponse, "body">> {
  const { headers, status } = response;
  const length = headers.get("content-length");
  // With a content encoding, the length is that of the encoded body.
  const size = length !== null && /^\d+$/.test(length) && !headers.has("content-encoding")
    ? Number(length)
    : undefined;
  if (typeof maxSize === "number" && size !== undefined && size > maxSize) {
    await discard(response);
    throw new FileTooLargeError(maxSize);
  }
  const contentType = headers.get("content-type") ?? undefined;
  return { status, headers, contentType, fileName: parseFileName(headers.get("content-disposition")), size };
}

/** Counts the bytes of a body, checks their number and reports the progress. */
class Counter {
  /** The number of bytes so far. */
  read = 0;
  readonly #label: string;
  readonly #size: number | undefined;
  readonly #bounds: DownloadBounds;

  constructor(label: string, size: number | undefined, bounds: DownloadBounds) {
    this.#label = label;
    this.#size = size;
    this.#bounds = bounds;
  }

  /** Counts a chunk. */
  add(length: number): void {
    const { maxSize, onProgress } = this.#bounds;
    this.read += length;
    if (this.#size !== undefined && this.read > this.#size) throw this.#wrongSize();
    if (typeof maxSize === "number" && this.read > maxSize) throw new FileTooLargeError(maxSize);
    onProgress?.(this.read, this.#size);
  }

  /** Checks the size at the end of the body. */
  end(): void {
    if (this.#size !== undefined && this.read !== this.#size) throw this.#wrongSize();
  }

  /** Creates the error for a body that cannot be read. */
  lost(cause: unknown): Error {
    return lostConnection(`${this.#label}: the body ended after ${this.read} bytes`, cause);
  }

  #wrongSize(): Error {
    return new MatrixResponseError(
      `${this.#label}: the body has ${this.read} bytes, Content-Length is ${this.#size}`,
    );
  }
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
  const head = await readHead(response, bounds);
  const counter = new Counter(label, head.size, bounds);
  return { ...head, body: guarded(response.body as ReadableStream<Bytes> | null, counter, limit) };
}

function guarded(
  source: ReadableStream<Bytes> | null,
  counter: Counter,
  limit: Deadline,
): ReadableStream<Bytes> {
  const reader = source?.getReader();
  // The timer runs only while a chunk is awaited.
  limit.pause();
  return new ReadableStream<Bytes>({
    start(controller) {
      const fail = () => {
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
          counter.end();
          controller.close();
          return;
        }
        counter.add(value.length);
        controller.enqueue(value);
      }, (cause) => {
        limit.signal.throwIfAborted();
        throw counter.lost(cause);
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

/** The global `fetch` at the time when this module was loaded. */
const runtimeFetch = globalThis.fetch;

/**
 * Reads a response into memory. Each chunk has its deadline and every failure its type.
 *
 * @throws {FileTooLargeError} If the content is larger than `maxSize`.
 */
export async function downloadResponse(
  response: Response,
  { label, fetch }: { readonly label: string; readonly fetch: unknown },
  limit: Deadline,
  bounds: DownloadBounds,
): Promise<DownloadResponse> {
  try {
    const head = await readHead(response, bounds);
    const counter = new Counter(label, head.size, bounds);
    const source = openSource(response.body, counter, limit, head.size !== undefined);
    return { ...head, bytes: await readAll(source, head.size, counter, label, fetch === runtimeFetch) };
  } finally {
    limit.clear();
  }
}

async function readAll(
  source: Source,
  size: number | undefined,
  counter: Counter,
  label: string,
  isOwn: boolean,
): Promise<Bytes> {
  try {
    const bytes = size === undefined
      ? await readChunks(source, isOwn)
      : await readSized(source, allocate(size, label), isOwn);
    counter.end();
    return bytes;
  } catch (error) {
    source.cancel(error);
    throw error;
  }
}

/** A body that is read under a time limit. */
interface Source {
  /** Whether `next()` reads into the memory that it is passed. */
  readonly isByob: boolean;
  /** Reads the next chunk; `undefined` at the end. */
  next(view?: Bytes): Promise<Bytes | undefined>;
  /** Stops reading. */
  cancel(reason: unknown): void;
}

function openSource(
  body: ReadableStream<Uint8Array> | null,
  counter: Counter,
  limit: Deadline,
  isSized: boolean,
): Source {
  const byob = isSized ? byobReader(body) : undefined;
  const reader = byob === undefined ? body?.getReader() : undefined;
  const read = async (view: Bytes | undefined) =>
    await (byob && view ? byob.read(view) : reader?.read()) as ReadableStreamReadResult<Bytes> | undefined;
  return {
    isByob: byob !== undefined,
    async next(view) {
      limit.start();
      let result: ReadableStreamReadResult<Bytes> | undefined;
      try {
        result = await limit.race(read(view));
      } catch (cause) {
        limit.signal.throwIfAborted();
        throw counter.lost(cause);
      }
      limit.pause();
      if (result === undefined || result.done) return undefined;
      counter.add(result.value.length);
      return result.value;
    },
    cancel: (reason) => void (byob ?? reader)?.cancel(reason).catch(() => {}),
  };
}

/** Returns a reader that fills our own buffer. Deno and Node have one for the body of a response, Bun 1.4 has not. */
function byobReader(body: ReadableStream<Uint8Array> | null): ReadableStreamBYOBReader | undefined {
  try {
    return body?.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}

function allocate(size: number, label: string): Bytes {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new MatrixResponseError(`${label}: ${size} bytes do not fit into memory`, { cause });
  }
}

/**
 * Reads content of known size.
 *
 * @param source The body.
 * @param bytes Memory for the content.
 * @param isOwn Whether nobody else can hold the chunks, so that they can be freed at once. Bun 1.4 would otherwise hold
 * twice the content until the next garbage collection. There the chunks of a response and its clone share their memory.
 */
async function readSized(source: Source, bytes: Bytes, isOwn: boolean): Promise<Bytes> {
  const size = bytes.length;
  let offset = 0;
  while (true) {
    // One more byte than expected shows that the content is too long.
    const view = offset < size ? bytes.subarray(offset) : new Uint8Array(1);
    const chunk = await source.next(view);
    if (chunk === undefined) return bytes;
    if (source.isByob) bytes = new Uint8Array(chunk.buffer);
    else bytes.set(chunk, offset);
    offset += chunk.length;
    if (isOwn && !source.isByob) free(chunk);
  }
}

/** Frees the memory of a chunk that has all of its buffer. Node 20 has no `transfer()`. */
function free({ buffer, length }: Bytes): void {
  const { transfer } = buffer as ArrayBuffer & { transfer?: (size: number) => ArrayBuffer };
  if (length === buffer.byteLength) transfer?.call(buffer, 0);
}

/** Reads content of unknown size. */
async function readChunks(source: Source, isOwn: boolean): Promise<Bytes> {
  const chunks: Bytes[] = [];
  let size = 0;
  for (let chunk; (chunk = await source.next()) !== undefined; size += chunk.length) chunks.push(chunk);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
    if (isOwn) free(chunk);
  }
  return bytes;
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
