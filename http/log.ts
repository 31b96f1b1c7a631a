import { hasSecrets } from "./secrets.ts";

/** Where log lines go. `console` is one. */
export interface Log {
  /** Takes what helps to follow single requests. */
  debug(...data: unknown[]): void;
  /** Takes what is worth knowing. */
  info(...data: unknown[]): void;
  /** Takes what looks wrong but was dealt with. */
  warn(...data: unknown[]): void;
  /** Takes failures that nobody else is told of. */
  error(...data: unknown[]): void;
}

const ignore = () => {};

/** The default log, which is silent. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Makes what a log may say of a request body: the body itself, or its size where it is raw or carries secrets.
 *
 * @param body The body as the caller gave it.
 * @param text The body as it is sent.
 * @param sensitive Whether it carries secrets; found out from its keys when unset.
 * @returns The text for the log.
 */
export function loggedBody(body: unknown, text: string | undefined, sensitive?: boolean): string {
  if (text === undefined) return "";
  const secret = sensitive ?? (typeof body !== "object" || body === null || hasSecrets(text));
  return secret ? `<${text.length} characters>` : text.length > 1000 ? `${text.slice(0, 1000)}…` : text;
}
