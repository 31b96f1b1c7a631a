/** Names of JSON fields whose values are secrets. */
const NAMES = String.raw`\w*(?:password|token|secret|(?:private|recovery|session)_key)\w*`;

/** Tells whether the JSON of a request body carries secrets, at whatever depth. */
export function hasSecrets(text: string): boolean {
  return new RegExp(`"(?:auth|${NAMES})":`).test(text);
}

/**
 * Blanks the secrets in what a server has said: those that its page repeats of the request, and those of its own.
 *
 * @param page The body of the answer.
 * @param url The request's URL, whose query is taken for a secret.
 * @param headers The request's headers.
 * @param body The request's body, where it was JSON.
 */
export function hideSecrets(
  page: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): string {
  // Values of such fields, also of JSON that stands in a string; the whole rest of that string then.
  const values = new RegExp(String.raw`(?<="${NAMES}\\*"\s*:\s*\\*")(?:[^"\\]|\\.)+`, "g");
  const { authorization, cookie } = headers;
  const sent = [authorization?.replace(/^\w+ /, ""), cookie, url.split("?")[1], ...body.match(values) ?? []];
  for (const secret of sent) if (secret) page = page.replaceAll(secret, "…");
  return page.replace(values, "…");
}

/**
 * Takes from what `fetch` threw what some hosts attach to it: the URL with its query, or bytes of the answer.
 *
 * @param cause What was thrown.
 * @returns The error itself if there is nothing of that; else a copy of its name, message, stack, code and cause.
 */
export function cleanCause(cause: unknown): unknown {
  if (!(cause instanceof Error) || isPlain(cause)) return cause;
  const clean = (text: string) => text.replace(/\?[^\s)'"]*/g, "");
  const copy = new Error(clean(cause.message));
  copy.name = cause.name;
  copy.stack = clean(cause.stack ?? "");
  if (cause.cause !== undefined) copy.cause = cleanCause(cause.cause);
  if ("code" in cause) Object.assign(copy, { code: cause.code });
  return copy;
}

/** Tells whether an error holds no query, and nothing but words and numbers. */
function isPlain(error: Error): boolean {
  return Object.getOwnPropertyNames(error).every((name) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[name];
    if (typeof value === "string") return !value.includes("?");
    return value instanceof Error ? isPlain(value) : typeof value !== "object" && typeof value !== "function";
  });
}
