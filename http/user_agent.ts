/** The library's own User-Agent. */
export const DEFAULT_USER_AGENT = "mtx-client/0.1.0 (+https://jsr.io/@mtx/client)";

/** Tells whether this host says its own name, as pages do: a header of ours would need CORS's consent there. */
export function namesItself(): boolean {
  return globalThis.navigator?.userAgent?.startsWith("Mozilla/") ?? false;
}
