/**
 * Reads the body of a request.
 *
 * @param request The request.
 * @param maxSize The largest size in bytes.
 * @returns The body; `undefined` if it is larger. If the connection is lost, the part that has arrived.
 */
export async function readBody(
  request: Request,
  maxSize: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { body } = request;
  if (body === null) return new Uint8Array();
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > maxSize) {
    await body.cancel().catch(() => {});
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > maxSize) {
        await reader.cancel().catch(() => {});
        return undefined;
      }
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
