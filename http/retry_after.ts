/**
 * Reads how long a server asks to wait: the `Retry-After` header (seconds or an HTTP date), else `retry_after_ms` of
 * the body.
 *
 * @param header The header, or `null`.
 * @param body The parsed body, of any kind.
 * @returns Milliseconds, or `undefined` when the server does not say.
 */
export function parseRetryAfter(header: string | null, body: unknown): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Date.parse takes much that is no date ("-5"), so only what looks like one gets there.
  if (/^[A-Za-z]{3,9},? /.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return Math.max(0, time - Date.now());
  }
  if (typeof body !== "object" || body === null || !("retry_after_ms" in body)) return undefined;
  const wait = body.retry_after_ms;
  return typeof wait === "number" && wait >= 0 ? wait : undefined;
}
