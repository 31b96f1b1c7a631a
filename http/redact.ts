/** Names of JSON fields whose values are secrets. */
const NAMES = String.raw`\w*(?:password|token|secret|(?:private|recovery|session)_key)\w*`;

/** What errors are made of: whoever has such a password has none, and hiding it would garble every error. */
const WORDS =
  "errcode error retry_after_ms soft_logout flows stages session params completed m.login.password token";

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
 * @param body The request's body, if it was JSON.
 * @param secrets Further secrets of the request.
 */
export function hideSecrets(
  page: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  secrets: readonly string[] = [],
): string {
  // Values of such fields, also of JSON that stands in a string; the whole rest of that string then.
  const values = new RegExp(String.raw`(?<="${NAMES}\\*"\s*:\s*\\*")(?:[^"\\]|\\.)+`, "g");
  const { authorization, cookie } = headers;
  const sent = [authorization?.replace(/^\w+ /, ""), cookie, url.split("?")[1], ...body.match(values) ?? []];
  sent.push(...secrets);
  for (const secret of sent) if (secret) page = hide(page, secret);
  return page.replace(values, "…");
}

/** Blanks a secret. What is short stands in other words by chance, so it has to stand alone; the error code stays. */
function hide(page: string, secret: string): string {
  if (secret.length < 4 || WORDS.includes(secret) || !page.includes(secret)) return page;
  const text = secret.replace(/[^\w\s]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  const [before, after] = secret.length < 8 ? [String.raw`(?<![\w.])`, String.raw`(?!\w)`] : ["", ""];
  const code = String.raw`(?<!"errcode"\s*:\s*"[^"]{0,100})`;
  return page.replace(new RegExp(before + text + code + after, "gu"), "…");
}

/** How many causes of causes are kept. */
const MAX_CAUSES = 8;

/**
 * Takes from what `fetch` threw what some hosts attach to it: the URL with its query, or bytes of the answer.
 *
 * @param cause What was thrown.
 * @param depth How many errors it is the cause of.
 * @returns The error itself if there is nothing of that; else a copy of its name, message, stack, code and cause.
 */
export function cleanCause(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error) || isPlain(cause)) return cause;
  const clean = (text: string) => text.replace(/\?[^\s)'"]*/g, "");
  const copy = new Error(clean(cause.message));
  copy.name = cause.name;
  copy.stack = clean(cause.stack ?? "");
  // Errors can be their own cause.
  if (cause.cause !== undefined && depth < MAX_CAUSES) copy.cause = cleanCause(cause.cause, depth + 1);
  if ("code" in cause) Object.assign(copy, { code: cause.code });
  return copy;
}

/** What hosts attach to errors that tells of the connection only. */
const HARMLESS =
  /^(?:message|stack|name|cause|code|errno|syscall|address|port|hostname|(?:original)?(?:line|column)|sourceURL)$/i;

/** Tells whether an error holds no query, and nothing that a host has attached but what is known to be harmless. */
function isPlain(error: Error, depth = 0): boolean {
  if (depth > MAX_CAUSES) return false;
  return Object.getOwnPropertyNames(error).every((name) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[name];
    if (!HARMLESS.test(name)) return false;
    if (typeof value === "string") return !value.includes("?");
    if (value instanceof Error) return isPlain(value, depth + 1);
    return typeof value !== "object" && typeof value !== "function";
  });
}
