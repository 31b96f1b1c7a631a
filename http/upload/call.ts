import type { Call } from "../attempt.ts";
import { unlessAborted } from "../deadline.ts";
import { checkHeaderValue } from "../headers.ts";
import {
  checkUpload,
  checkUploadOptions,
  collectUpload,
  isOneShot,
  uploadBody,
  type UploadBodyOptions,
  type UploadData,
  type UploadSource,
} from "./body.ts";

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
