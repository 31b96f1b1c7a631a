import { unlessAborted } from "../deadline.ts";
import { checkHeaderValue } from "../headers.ts";
import type { Call } from "../attempt.ts";
import {
  checkUpload,
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
  /** To be called when it has succeeded. */
  readonly done: () => void;
}

/**
 * Checks content's type before anything is sent, and the content as {@linkcode checkUpload} does.
 *
 * @throws {TypeError} If it cannot be sent.
 * @throws {RangeError} If it does not have the size that it should.
 * @throws {FileTooLargeError} If it is too large.
 */
export function checkUploadCall(data: UploadData, options: UploadBodyOptions & { mimeType?: string }): void {
  checkUpload(data, options);
  if (options.mimeType) checkHeaderValue("content-type", options.mimeType);
}

/**
 * Puts content into a call. A stream of unknown size is read here, into a body that can be sent again.
 *
 * @param base The call without its content.
 * @param data The content, or a function that makes it.
 * @param options What is known of the content, and the caller's signal.
 */
export async function uploadCall(
  base: Call,
  data: UploadData,
  options: UploadBodyOptions & { mimeType?: string; signal?: AbortSignal },
): Promise<UploadCall> {
  checkUploadCall(data, options);
  const { mimeType, size, signal } = options;
  const oneShot = isOneShot(data);
  const collected = oneShot && (size ?? undefined) === undefined
    ? await collectUpload(data as Parameters<typeof collectUpload>[0], options, signal)
    : undefined;
  let spent = false;
  let done = () => {};
  const call: Call = {
    ...base,
    logged: "<content>",
    replayable: () => !spent || collected !== undefined || !oneShot,
    body: async (limit) => {
      const watch = { signal: limit.signal, onPiece: () => limit.start() };
      const source = typeof data === "function" ? await made(data, limit.signal) : data;
      if (typeof data === "function") checkUpload(source, options);
      // What was read once has told of its progress already.
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

/** Has the content made, which must not take longer than the attempt may. */
async function made(
  make: () => UploadSource | Promise<UploadSource>,
  signal: AbortSignal,
): Promise<UploadSource> {
  const content = Promise.resolve(make());
  try {
    return await unlessAborted(content, signal);
  } catch (error) {
    // What comes too late is let go of.
    content.then((late) => late instanceof ReadableStream ? late.cancel(error) : undefined).catch(() => {});
    throw error;
  }
}
