import { within } from "../../http/retry.ts";

/**
 * Reads the body of a request.
 *
 * @param request The request.
 * @param maxSize The largest size in bytes.
 * @param milliseconds The time in which the body must arrive.
 * @returns The body; `"large"` if it is larger, `"late"` if it does not arrive in time. If the connection is lost, the
 * part that has arrived.
 */
export async function readBody(
  request: Request,
  maxSize: number,
  milliseconds: number,
): Promise<Uint8Array<ArrayBuffer> | "large" | "late"> {
  const { body } = request;
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const announced = Number(request.headers.get("content-length") ?? 0);
  const whole = announced > maxSize
    ? "large" as const
    : await within(collect(reader, maxSize), milliseconds, "late" as const);
  // A source that never ends may never be cancelled either.
  if (typeof whole === "string") reader.cancel().catch(() => {});
  return whole;
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxSize: number,
): Promise<Uint8Array<ArrayBuffer> | "large"> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > maxSize) return "large";
      chunks.push(next.value);
    }
  } catch {
    // The connection was lost. What has arrived is not valid JSON.
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
