/** The library's own User-Agent. */
export const DEFAULT_USER_AGENT = "mtx-client/0.1.0 (+https://jsr.io/@mtx/client)";

/** Tells whether this host is a browser: those say their own name, and a header of ours would need CORS's consent. */
export function isBrowser(): boolean {
  return globalThis.navigator?.userAgent?.startsWith("Mozilla/") ?? false;
}
