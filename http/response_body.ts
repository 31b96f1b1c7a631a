import type { Deadline } from "./deadline.ts";
import { MatrixConnectionError, MatrixResponseError } from "./errors/base.ts";
import { cleanCause } from "./redact.ts";

/** How much of an error's body is read, in bytes. */
const ERROR_LIMIT = 64 * 1024;

/** What was read of a body. */
interface Read {
  /** The text so far. */
  text: string;
  /** Whether that is all of it. */
  whole: boolean;
  /** What reading failed with. */
  error?: unknown;
}

/** Lets an answer go unread. That it has broken off meanwhile does not matter then. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** How many bytes can come of one that is sent. */
function expansion(encoding: string | null): number {
  if (encoding === null) return 1;
  return encoding === "gzip" || encoding === "deflate" ? 1032 : Infinity;
}

/**
 * Reads a body up to a limit, in bytes, and cancels the rest. Counting needs a reader, which is dear; text() is not.
 *
 * @param signal Ends reading, also where the body has no ear for it: what has come is all then.
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
 * Reads the body of an error answer, at most 64 KiB of it. If the connection is lost or time runs out on the way,
 * that is all there is: the status alone says that the request failed.
 */
export async function readErrorText(
  response: Response,
  signal: AbortSignal,
  outer: AbortSignal | undefined,
): Promise<string> {
  const { text } = await readBounded(response, ERROR_LIMIT, signal);
  outer?.throwIfAborted();
  return text;
}

/**
 * Reads a JSON answer.
 *
 * @param response The answer.
 * @param limit The attempt's time limit.
 * @param call The action, for messages, and the largest answer that is read, in bytes.
 * @throws {MatrixConnectionError} If the connection is lost on the way.
 * @throws {MatrixResponseError} If it is not JSON, or too large.
 */
export async function readJSON(
  response: Response,
  limit: Deadline,
  { label, maxSize }: { readonly label: string; readonly maxSize: number },
): Promise<unknown> {
  const { headers } = response;
  const size = Number(headers.get("content-length") ?? NaN);
  const tooLarge = () => new MatrixResponseError(`${label}: the answer is larger than ${maxSize} bytes`);
  if (size > maxSize) {
    await discard(response);
    throw tooLarge();
  }
  let text: string;
  try {
    if (size >= 0 && size * expansion(headers.get("content-encoding")) <= maxSize) {
      text = await response.text();
    } else {
      const read = await readBounded(response, maxSize, limit.signal);
      limit.signal.throwIfAborted();
      if (read.error !== undefined) throw read.error;
      if (!read.whole) throw tooLarge();
      text = read.text;
    }
  } catch (cause) {
    limit.signal.throwIfAborted();
    if (cause instanceof MatrixResponseError) throw cause;
    throw new MatrixConnectionError(`${label}: the answer ended early`, { cause: cleanCause(cause) });
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, and with it perhaps a token.
    const type = (headers.get("content-type") ?? "no content type").slice(0, 100);
    throw new MatrixResponseError(
      text.trim() === "" ? `${label}: the answer is empty` : `${label}: the answer is not JSON (${type})`,
    );
  }
}
