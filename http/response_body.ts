import type { Deadline } from "./deadline.ts";
import { MatrixConnectionError, MatrixResponseError } from "./errors/base.ts";
import { connectionReason, copyError } from "./redact.ts";

/** Bytes of an error response that are read. */
const MAX_ERROR_SIZE = 64 * 1024;

/** About the longest string that V8 and JavaScriptCore can hold. */
const MAX_RESPONSE_SIZE = 2 ** 29;

/** The part of a body that was read. */
interface Read {
  /** The text so far. */
  text: string;
  /** Whether it is all of the body. */
  whole: boolean;
  /** The error that reading failed with. */
  error?: unknown;
}

/** Cancels an unread response body and ignores errors. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/**
 * Reads a body up to a number of bytes and cancels the rest. A reader costs Deno about 36 µs more than `text()`.
 *
 * @param signal Stops reading, even if the body ignores it. Returns what was read so far.
 */
async function readBounded(response: Response, limit: number, signal: AbortSignal): Promise<Read> {
  const reader = response.body?.getReader();
  if (reader === undefined) return { text: "", whole: true };
  const decoder = new TextDecoder();
  let text = "";
  let left = limit;
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return { text: text + decoder.decode(), whole: true };
      text += decoder.decode(value.length > left ? value.subarray(0, left) : value, { stream: true });
      left -= value.length;
      if (left < 0) break;
    }
    stop();
    return { text, whole: false };
  } catch (error) {
    return { text, whole: false, error };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Reads the body of an error response, at most 64 KiB of it. If the connection is lost or time runs out, returns what was
 * read so far: the status alone shows that the request failed.
 */
export async function readErrorText(
  response: Response,
  signal: AbortSignal,
  outer: AbortSignal | undefined,
): Promise<string> {
  const { text } = await readBounded(response, MAX_ERROR_SIZE, signal);
  outer?.throwIfAborted();
  return text;
}

/**
 * Reads a JSON response.
 *
 * @param response The response.
 * @param limit The attempt's time limit.
 * @param call The action, for messages, and the largest response that is read, in bytes.
 * @returns The parsed JSON.
 * @throws {MatrixConnectionError} If the connection is lost.
 * @throws {MatrixResponseError} If it is not JSON, or too large.
 */
export async function readJson(
  response: Response,
  limit: Deadline,
  { label, maxSize }: { readonly label: string; readonly maxSize: number | undefined },
): Promise<unknown> {
  const { headers } = response;
  const max = maxSize ?? MAX_RESPONSE_SIZE;
  const size = Number(headers.get("content-length") ?? NaN);
  const tooLarge = () => new MatrixResponseError(`${label}: the response is larger than ${max} bytes`);
  if (size > max) {
    await discard(response);
    throw tooLarge();
  }
  // Compressed content expands to an unknown size. That matters only if the caller has set a limit.
  const isBounded = size <= max && (maxSize === undefined || !headers.has("content-encoding"));
  let text: string;
  try {
    if (isBounded) text = await response.text();
    else {
      const read = await readBounded(response, max, limit.signal);
      limit.signal.throwIfAborted();
      if (read.error !== undefined) throw read.error;
      if (!read.whole) throw tooLarge();
      text = read.text;
    }
  } catch (cause) {
    limit.signal.throwIfAborted();
    if (cause instanceof MatrixResponseError) throw cause;
    throw lostConnection(`${label}: the response ended early`, cause);
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which may contain a token.
    const type = (headers.get("content-type") ?? "no content type").slice(0, 100);
    throw new MatrixResponseError(
      text.trim() === "" ? `${label}: the response is empty` : `${label}: the response is not JSON (${type})`,
    );
  }
}

/** Creates the error for a connection that was lost while a body was read. */
export function lostConnection(message: string, error: unknown): MatrixConnectionError {
  const reason = connectionReason(error);
  return new MatrixConnectionError(reason ? `${message} (${reason})` : message, { cause: copyError(error) });
}
